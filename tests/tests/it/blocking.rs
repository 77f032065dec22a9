//! The blocking client: the same calls without a runtime, and inside of one.

use hub_tests::{ADA, ada, client_of, hub};

#[test]
fn calls_are_sent_without_a_runtime() {
    let hub = hub();
    let api = client_of(&hub).token(ADA).build_blocking().unwrap();
    assert_eq!(api.whoami().send().unwrap().name, "ada");
    api.upload_file(&b"1"[..], "a", "ada/demo").send().unwrap();
    assert_eq!(api.list_repo_files("ada/demo").send().unwrap(), [".gitattributes", "a"]);
    let names: Vec<String> = api.list_repo_tree("ada/demo").iter().map(|entry| entry.unwrap().path).collect();
    assert_eq!(names, [".gitattributes", "a"]);
}

#[tokio::test]
async fn a_blocking_client_works_inside_a_runtime() {
    let hub = hub();
    let api = ada(&hub).blocking();
    let name = tokio::task::spawn_blocking(move || api.whoami().send().unwrap().name).await.unwrap();
    assert_eq!(name, "ada");
}

#[tokio::test(flavor = "current_thread")]
async fn a_blocking_client_may_even_block_the_runtime_it_is_used_in() {
    let hub = hub();
    let api = ada(&hub).blocking();
    assert_eq!(api.whoami().send().unwrap().name, "ada");
}
