//! A program's own test against an embedded Hub: no account, no network, and a Hub that fails when it is told to.
//!
//! `cargo run --example test_with_embedded_hub`; in a project of yours, `main` would be a `#[tokio::test]`.

use hub_api::{Error, HfApi};
use hub_server::{EmbeddedHub, Fault, TokenRole};

/// What the program does: it takes a client, so that a test can give it another one.
async fn publish(api: &HfApi, report: &'static [u8]) -> Result<String, Error> {
    api.create_repo("ada/reports").exist_ok(true).await?;
    Ok(api.upload_file(report, "report.txt", "ada/reports").await?.oid)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hub = EmbeddedHub::temporary().token("ada", "hf_ada", TokenRole::Write).build()?;
    let api = HfApi::builder()
        .endpoint("http://hub.localhost")
        .token("hf_ada")
        .inner_service(hub.clone())
        .inner_is_private()
        .build()?;

    let first = publish(&api, b"all is well").await?;
    assert_eq!(api.model_info("ada/reports").await?.sha.as_ref(), Some(&first));

    // The server is busy, then it commits and the response is lost: still one more commit, and no error.
    hub.fault(Fault::status(503).on("POST").path("/preupload/").times(2));
    hub.fault(Fault::lose_response().on("POST").path("/commit/"));
    let second = publish(&api, b"all is still well").await?;
    let history = api.list_repo_commits("ada/reports").all().await?;
    let ids: Vec<&str> = history.iter().map(|commit| commit.id.as_str()).collect();
    assert_eq!(ids.first(), Some(&second.as_str()));
    assert_eq!(ids.len(), 3, "the empty repository, and two reports");

    println!("two reports, two commits");
    Ok(())
}
