//! The request that each method sends: the call on the left, method and address on the right.

use hub_api::{HfApi, RepoType};

fn shown(request: Result<http::Request<hub_api::transport::Body>, hub_api::Error>) -> String {
    let request = request.unwrap();
    format!("{} {}", request.method(), request.uri())
}

#[test]
fn calls_say_what_they_would_send() {
    let api = HfApi::builder().build().unwrap();
    let table = [
        (shown(api.whoami().request()), "GET /api/whoami-v2"),
        (shown(api.model_info("a/b").request()), "GET /api/models/a/b"),
        (
            shown(
                api.model_info("a/b")
                    .revision("refs/pr/1")
                    .files_metadata(true)
                    .security_status(true)
                    .request(),
            ),
            "GET /api/models/a/b/revision/refs%2Fpr%2F1?securityStatus=true&blobs=true",
        ),
        (shown(api.dataset_info("a/b").request()), "GET /api/datasets/a/b"),
        (
            shown(api.space_info("gpt2").expand(["sha", "sdk"]).request()),
            "GET /api/spaces/gpt2?expand=sha&expand=sdk",
        ),
        (shown(api.repo_info("a/b").repo_type(RepoType::Dataset).request()), "GET /api/datasets/a/b"),
        (shown(api.list_repo_refs("a/b").request()), "GET /api/models/a/b/refs"),
        (
            shown(api.list_repo_refs("a/b").include_pull_requests(true).request()),
            "GET /api/models/a/b/refs?include_prs=true",
        ),
        (
            shown(api.get_discussion_details("a/b", 7).repo_type(RepoType::Dataset).request()),
            "GET /api/datasets/a/b/discussions/7?diff=1",
        ),
    ];
    for (request, expected) in table {
        assert_eq!(request, expected);
    }
}

#[test]
fn a_call_that_cannot_be_sent_says_so_when_asked() {
    let api = HfApi::builder().build().unwrap();
    assert!(api.model_info("a//b").request().unwrap_err().is_invalid_input());
    assert!(
        api.model_info("a/b").expand(["sha"]).files_metadata(true).request().unwrap_err().is_invalid_input()
    );
}
