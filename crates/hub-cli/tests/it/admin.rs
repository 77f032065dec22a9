//! `hub admin`, from an empty folder to a server that was restored.

use std::fs;

use hub_api::HfApi;

use crate::{
    crash::Served,
    place::{hub, text},
};

fn client(url: &str, token: &str) -> HfApi {
    let once = hub_api::transport::RetryConfig::none();
    HfApi::builder().endpoint(url).token(token).retry(once).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_is_founded_used_backed_up_and_restored() {
    let home = tempfile::tempdir().unwrap();
    let run = |line: &str, code: i32| {
        let output = hub(home.path()).args(line.split(' ')).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{line}: {said}");
        (text(&output.stdout).trim_end().to_owned(), said)
    };
    let serve =
        |data: &str| Served::start_args(home.path(), &["serve", "--listen", "127.0.0.1:0", "--data", data]);
    assert!(run("admin users list --data data", 3).1.contains("--data"));
    run("admin users create ada --data data", 0);
    let token = run("admin tokens create ada laptop --role write --valid-for 90d --data data -q", 0).0;
    assert!(token.starts_with("hf_") && !token.contains('\n'), "{}", token.len());

    let served = serve("data");
    let api = client(&served.url, &token);
    assert_eq!(api.whoami().await.unwrap().name, "ada");
    fs::write(home.path().join("a.txt"), "one").unwrap();
    api.create_repo("ada/demo").await.unwrap();
    api.upload_file(home.path().join("a.txt"), "a.txt", "ada/demo").await.unwrap();

    // The same commands, while the server has the folder.
    let (shown, _) = run("admin tokens list --data data", 0);
    assert!(shown.contains("laptop") && !shown.contains(&token), "{shown}");
    run("admin users create bob --data data", 0);
    assert_eq!(run("admin users create bob --data data", 5).1.lines().count(), 1);
    run("admin backup copy --data data", 0);
    assert!(run("admin backup copy --data data", 2).1.contains("not an empty folder"));
    assert!(run("admin fsck --data data", 0).0.contains("are whole"));
    run("admin tokens revoke ada laptop --yes --data data", 0);
    assert!(api.whoami().await.is_err());
    served.kill();

    run("admin restore copy --data again", 0);
    let served = serve("again");
    let api = client(&served.url, &token);
    assert_eq!(api.list_repo_files("ada/demo").await.unwrap(), [".gitattributes", "a.txt"]);
    served.kill();
    let log = fs::read_to_string(home.path().join("serve.log")).unwrap();
    assert!(!log.contains(&token));
}
