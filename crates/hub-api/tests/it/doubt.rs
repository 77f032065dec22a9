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
    let builder = HfApi::builder().endpoint("https://hub.test").leaf(script.clone());
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
    let script = Script::new([lost(), reply(404), reply(403), reply(404)]);
    is_in_doubt(over(&script).create_repo("ada/demo").await, Some(403));
    let script = Script::new([lost(), discussion("old"), reply(403), discussion("old")]);
    is_in_doubt(over(&script).rename_discussion("ada/demo", 4, "new title").await, Some(403));
    assert_eq!(script.remaining(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_first_sending_has_done_is_found_also_when_the_second_is_refused() {
    let script = Script::new([lost(), refs(None), reply(403), refs(Some(FIRST)), info()]);
    over(&script).create_branch("ada/demo", "dev").await.unwrap();
    let script = Script::new([lost(), reply(404), reply(403), info()]);
    assert_eq!(over(&script).create_repo("ada/demo").await.unwrap().to_string(), "https://hub.test/ada/demo");
}

#[tokio::test(start_paused = true)]
async fn a_second_sending_is_paid_for() {
    let poor = |script: &Script| {
        let config = RetryConfig { budget_fraction: 0.0, budget_floor: 0, ..RetryConfig::default() };
        let builder = HfApi::builder().endpoint("https://hub.test").leaf(script.clone()).retry(config);
        builder.token("hf_example").build().unwrap()
    };
    let script = Script::new([lost(), refs(None)]);
    is_in_doubt(poor(&script).create_branch("ada/demo", "dev").await, None);
    let script = Script::new([lost(), reply(404)]);
    is_in_doubt(poor(&script).create_repo("ada/demo").await, None);
    let script = Script::new([lost(), discussion("old")]);
    is_in_doubt(poor(&script).rename_discussion("ada/demo", 4, "new title").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_hub_took_and_that_cannot_be_looked_up_is_in_doubt() {
    let script = Script::new([reply(200).json(&json!({})), reply(404)]);
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
    let script = Script::new([reply(200), reply(200), lost(), refs(Some(FIRST)), info()]);
    let api = over(&script);
    api.create_branch("ada/demo", "dev").await.unwrap();
    api.delete_branch("ada/demo", "dev").await.unwrap();
    api.create_branch("ada/demo", "dev").await.unwrap();

    let script = Script::new([reply(200), reply(200), lost(), refs(Some(FIRST)), info()]);
    let api = over(&script);
    api.create_tag("ada/demo", "dev").await.unwrap();
    api.delete_tag("ada/demo", "dev").await.unwrap();
    api.create_tag("ada/demo", "dev").await.unwrap();

    let script =
        Script::new([made(), reply(200), reply(200), lost(), info(), lost(), refs(Some(FIRST)), info()]);
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
