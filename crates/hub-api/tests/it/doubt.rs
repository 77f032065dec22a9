//! What is said and sent when nobody knows whether a call was carried out. Time is paused.

use std::fmt::Debug;

use hub_api::{
    HfApi,
    transport::{
        RetryConfig,
        testing::{Script, Step, reply},
    },
};
use serde_json::{Value, json};

const FIRST: &str = "1111111111111111111111111111111111111111";

fn over(script: &Script) -> HfApi {
    let builder = HfApi::builder().endpoint("https://hub.test").inner_service(script.clone());
    builder.token("hf_example").build().unwrap()
}

fn lost() -> Step {
    Step::maybe_processed()
}

fn says(value: &Value) -> Step {
    reply(200).header("date", "Mon, 06 May 2024 07:08:09 GMT").json(value)
}

/// The branches and tags that there are, each by the name `dev`.
fn refs(commit: Option<&str>) -> Step {
    let all: Vec<_> = commit
        .iter()
        .map(|commit| json!({"name": "dev", "ref": "refs/heads/dev", "targetCommit": commit}))
        .collect();
    says(&json!({"branches": all, "tags": all, "converts": []}))
}

/// The Hub's word that there is no such repository.
fn missing() -> Step {
    reply(404).header("x-error-code", "RepoNotFound")
}

/// The Hub's word that it was done.
fn done() -> Step {
    reply(200).text("OK")
}

/// A repository at its first commit, made as the calls of these tests begin.
fn info() -> Step {
    says(&json!({"id": "ada/demo", "sha": FIRST, "createdAt": "2024-05-06T07:08:09.000Z"}))
}

/// A discussion of this title.
fn discussion(title: &str) -> Step {
    says(&json!({
        "num": 4, "title": title, "status": "open", "isPullRequest": false,
        "author": {"name": "ada"}, "createdAt": "2024-05-06T07:08:09.000Z", "events": [],
    }))
}

#[track_caller]
fn is_in_doubt(outcome: Result<impl Debug, hub_api::Error>, status: Option<u16>) {
    let error = outcome.unwrap_err();
    let error = error.transport().unwrap();
    assert_eq!(error.status().map(|status| status.as_u16()), status, "{error}");
    assert!(error.maybe_processed() && error.hint().is_some(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_second_sending_that_is_refused_leaves_the_first_in_doubt() {
    let script = Script::new([lost(), refs(None), reply(403), refs(None)]);
    is_in_doubt(over(&script).create_branch("ada/demo", "dev").await, Some(403));
    let script = Script::new([lost(), missing(), reply(403), missing()]);
    is_in_doubt(over(&script).create_repo("ada/demo").await, Some(403));
    let script = Script::new([lost(), discussion("old"), reply(403), discussion("old")]);
    is_in_doubt(over(&script).rename_discussion("ada/demo", 4, "new title").await, Some(403));
    assert_eq!(script.remaining(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_first_sending_has_done_is_found_also_when_the_second_is_refused() {
    let script = Script::new([lost(), refs(None), reply(403), refs(Some(FIRST)), info()]);
    over(&script).create_branch("ada/demo", "dev").await.unwrap();
    let script = Script::new([lost(), missing(), reply(403), info()]);
    assert_eq!(over(&script).create_repo("ada/demo").await.unwrap().to_string(), "https://hub.test/ada/demo");
}

#[tokio::test(start_paused = true)]
async fn a_second_sending_is_paid_for() {
    let poor = |script: &Script| {
        let config = RetryConfig::new().budget_fraction(0.0).budget_floor(0);
        let builder =
            HfApi::builder().endpoint("https://hub.test").inner_service(script.clone()).retry(config);
        builder.token("hf_example").build().unwrap()
    };
    let script = Script::new([lost(), refs(None)]);
    is_in_doubt(poor(&script).create_branch("ada/demo", "dev").await, None);
    let script = Script::new([lost(), missing()]);
    is_in_doubt(poor(&script).create_repo("ada/demo").await, None);
    let script = Script::new([lost(), discussion("old")]);
    is_in_doubt(poor(&script).rename_discussion("ada/demo", 4, "new title").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_hub_took_and_that_cannot_be_looked_up_is_in_doubt() {
    let script = Script::new([reply(200).json(&json!({})), missing()]);
    is_in_doubt(over(&script).merge_pull_request("ada/demo", 4).await, Some(404));
}

#[tokio::test(start_paused = true)]
async fn of_two_calls_one_has_made_the_branch() {
    let found = || [lost(), refs(Some(FIRST)), info()];
    let script = Script::new(found().into_iter().chain(found()));
    let api = over(&script);
    api.create_branch("ada/demo", "dev").await.unwrap();
    let error = api.create_branch("ada/demo", "dev").await.unwrap_err();
    assert!(error.to_string().contains("another call has made it"), "{error}");
}

fn made() -> Step {
    says(&json!({"url": "https://hub.test/ada/demo"}))
}

#[tokio::test(start_paused = true)]
async fn a_name_that_was_given_up_can_be_made_anew_although_the_response_is_lost() {
    let script = Script::new([done(), done(), lost(), refs(Some(FIRST)), info()]);
    let api = over(&script);
    api.create_branch("ada/demo", "dev").await.unwrap();
    api.delete_branch("ada/demo", "dev").await.unwrap();
    api.create_branch("ada/demo", "dev").await.unwrap();

    let script = Script::new([done(), done(), lost(), refs(Some(FIRST)), info()]);
    let api = over(&script);
    api.create_tag("ada/demo", "dev").await.unwrap();
    api.delete_tag("ada/demo", "dev").await.unwrap();
    api.create_tag("ada/demo", "dev").await.unwrap();

    let script = Script::new([made(), done(), done(), lost(), info(), lost(), refs(Some(FIRST)), info()]);
    let api = over(&script);
    api.create_repo("ada/demo").await.unwrap();
    api.create_branch("ada/demo", "dev").await.unwrap();
    api.delete_repo("ada/demo").await.unwrap();
    api.create_repo("ada/demo").await.unwrap();
    api.create_branch("ada/demo", "dev").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_discussion_that_was_opened_and_cannot_be_read_is_said_to_be_open() {
    let script =
        Script::new([says(&json!({"num": 7, "url": "https://hub.test/ada/demo/discussions/7"})), reply(404)]);
    let outcome = over(&script).create_discussion("ada/demo", "a title").await;
    assert!(outcome.as_ref().unwrap_err().to_string().contains("discussion 7 was opened"), "{outcome:?}");
    is_in_doubt(outcome, Some(404));
}

#[tokio::test(start_paused = true)]
async fn looking_for_what_was_made_is_tried_again_and_ends_in_its_time() {
    let script = Script::new([lost(), reply(503), info().broken(), info()]);
    over(&script).create_repo("ada/demo").await.unwrap();
    let script = Script::new([lost(), Step::pending(), Step::pending(), Step::pending(), Step::pending()]);
    let begun = tokio::time::Instant::now();
    is_in_doubt(over(&script).create_repo("ada/demo").await, None);
    assert!(begun.elapsed() <= std::time::Duration::from_secs(180), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_repository_whose_url_is_on_another_host_is_at_this_endpoint() {
    let url =
        json!({"url": "https://upstream.test/ada/demo", "error": "You already created this model repo"});
    let here = "https://hub.test/ada/demo";
    let script = Script::new([says(&url), reply(409).json(&url), says(&url), reply(409).json(&url)]);
    let api = over(&script);
    assert_eq!(api.create_repo("ada/demo").await.unwrap().to_string(), here);
    assert_eq!(api.create_repo("ada/demo").exist_ok(true).await.unwrap().to_string(), here);
    let copy = || api.duplicate_repo("bob/demo").to_id("ada/demo");
    assert_eq!(copy().await.unwrap().to_string(), here);
    assert_eq!(copy().exist_ok(true).await.unwrap().to_string(), here);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_was_there_before_is_not_said_to_be_missing() {
    let old = || says(&json!({"id": "ada/demo", "createdAt": "2023-01-01T00:00:00.000Z"}));
    let script = Script::new([lost(), old(), lost(), old()]);
    let api = over(&script);
    let copy = || api.duplicate_repo("bob/demo").to_id("ada/demo");
    let error = copy().await.unwrap_err();
    assert!(error.to_string().contains("it exists, and it is not known"), "{error}");
    copy().exist_ok(true).await.unwrap();
}

/// The caller, whose repositories `demo` and `ada/demo` are one.
fn me() -> Step {
    reply(200).json(&json!({"type": "user", "id": "1", "name": "ada", "orgs": []}))
}

#[tokio::test(start_paused = true)]
async fn a_repository_is_gone_when_the_hub_says_so_under_its_whole_name_and_not_before() {
    for (name, asks) in [("ada/demo", vec![]), ("demo", vec![me()])] {
        for (looked_up, is_gone) in [
            (missing(), true),
            (reply(404), false),
            (reply(401), false),
            (reply(410), false),
            (reply(401).header("x-error-code", "RepoNotFound"), false),
            (info(), false),
        ] {
            for first in [lost(), reply(200), reply(200).json(&json!({}))] {
                let script = Script::new([first].into_iter().chain(asks.clone()).chain([looked_up.clone()]));
                let outcome = over(&script).delete_repo(name).await;
                assert_eq!(outcome.is_ok(), is_gone, "{name}: {outcome:?}");
                let last = script.requests().pop().unwrap();
                assert_eq!(last.uri.path(), "/api/models/ada/demo");
                assert!(outcome.is_ok() || outcome.unwrap_err().maybe_processed());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_repository_without_a_namespace_is_looked_for_among_ones_own() {
    let script = Script::new([lost(), me(), info(), me()]);
    let url = over(&script).create_repo("demo").await.unwrap();
    assert_eq!(url.to_string(), "https://hub.test/ada/demo");
    assert_eq!(script.remaining(), 0);
    // One of somebody else with that name is no sign of it.
    let script = Script::new([lost(), me(), missing(), lost(), me(), missing()]);
    let error = over(&script).create_repo("demo").exist_ok(true).await.unwrap_err();
    assert!(error.maybe_processed(), "{error}");
    assert!(script.requests().iter().all(|request| request.uri.path() != "/api/models/demo"));
}

#[tokio::test(start_paused = true)]
async fn a_repository_whose_url_is_that_of_another_host_is_the_one_at_this_endpoint() {
    for (name, stated) in
        [("demo", "https://hub.example.org/ada/demo"), ("ada/demo", "http://10.0.0.1:80/ada/demo")]
    {
        let script = Script::new([says(&json!({"url": stated}))]);
        let url = over(&script).create_repo(name).await.unwrap();
        assert_eq!(url.to_string(), "https://hub.test/ada/demo");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_that_says_nothing_is_looked_up() {
    let silent = || [reply(200), reply(204), reply(200).json(&json!(null)), reply(200).json(&json!({}))];
    for said in silent() {
        let script = Script::new([said.clone(), refs(Some(FIRST)), info()]);
        over(&script).create_branch("ada/demo", "dev").await.unwrap();
        let script = Script::new([said.clone(), refs(None), said.clone(), refs(None)]);
        is_in_doubt(over(&script).create_tag("ada/demo", "dev").await, None);
        let script = Script::new([said.clone(), refs(None)]);
        over(&script).delete_branch("ada/demo", "dev").await.unwrap();
        let script = Script::new([said.clone(), refs(Some(FIRST))]);
        is_in_doubt(over(&script).delete_tag("ada/demo", "dev").await, None);
        let script = Script::new([said, missing()]);
        is_in_doubt(over(&script).move_repo("ada/demo", "ada/new").await, None);
        assert_eq!(script.remaining(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_waits_for_its_repository_as_long_as_the_hub_asks() {
    let busy = reply(429).header("retry-after", "300");
    let script = Script::new([busy, made(), reply(500)]);
    let api = over(&script);
    let create = api.create_repo("ada/demo").exist_ok(true);
    let begun = tokio::time::Instant::now();
    let outcome = api.upload_file(b"hello", "a.txt", "ada/demo").create_repo(create).await;
    // The repository was made after the wait; what comes then is not in the script.
    assert!(outcome.is_err() && begun.elapsed().as_secs() >= 300, "{:?}", begun.elapsed());
    assert_eq!(
        script.requests().iter().filter(|request| request.uri.path() == "/api/repos/create").count(),
        2
    );
}
