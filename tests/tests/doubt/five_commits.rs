//! A proxy that answers `200 text/html` to commits that landed once made five commits of one file.

use hub_api::{CommitOperation, CommitOperationAdd};
use hub_tests::either::{Hub, Kind};
use hub_tests::findings;
use hub_tests::model::{Fault, Model, Rules, Trouble, WRONG, Wrong};
use hub_tests::model_client::{in_paused_time, model_user};

use crate::BOTH;

/// A Hub whose commits all land and whose every response to one is this.
async fn spoiled(kind: Kind, response: Trouble) -> Hub {
    let hub = Hub::with_demo(kind, &Rules::default()).await;
    hub.script(move |seen| seen.line.contains("/commit/").then(|| Fault::after(response)));
    hub
}

async fn upload(hub: &Hub) -> Result<hub_api::CommitInfo, hub_api::Error> {
    hub.user("ada", 1).upload_file(&b"once"[..], "a.txt", "ada/demo").await
}

/// On both Hubs: what is wrong with each of these responses.
fn on_both(
    responses: impl IntoIterator<Item = Trouble>,
    problem: impl AsyncFn(Kind, Trouble) -> Option<String>,
) {
    let runs = responses.into_iter().flat_map(|response| BOTH.map(|kind| (kind, response)));
    let problems = runs.filter_map(|(kind, response)| {
        in_paused_time(problem(kind, response)).map(|problem| format!("{kind:?}, {response:?}: {problem}"))
    });
    findings::none(problems.collect());
}

#[test]
fn a_commit_whose_every_response_is_a_web_page_is_made_once_and_found_again() {
    on_both([Trouble::Wrong(Wrong::Html)], async |kind, response| {
        let hub = spoiled(kind, response).await;
        let info = upload(&hub).await;
        let there = hub.there().await;
        let history: Vec<&str> =
            there.demo().branch("main").iter().map(|commit| commit.id.as_str()).collect();
        assert_eq!(history.len(), 2, "the first commit of the repository, and ours: {info:?}");
        let info = info.unwrap();
        assert_eq!((info.oid.as_str(), info.recovered), (history[1], true));
        None
    });
}

#[test]
fn a_commit_that_landed_is_made_once_and_found_again_whatever_the_success_looks_like() {
    let responses =
        WRONG.map(Trouble::Wrong).into_iter().chain([408, 500, 502, 503, 504].map(Trouble::Status));
    on_both(responses, async |kind, response| {
        let hub = spoiled(kind, response).await;
        let result = upload(&hub).await;
        let commits = hub.there().await.demo().branch("main").len();
        match (&result, commits) {
            // Another type and the right content is a success like any other.
            (Ok(info), 2) if info.recovered || response == Trouble::Wrong(Wrong::ContentType) => None,
            _ => Some(format!("{commits} commits, {result:?}")),
        }
    });
}

#[test]
fn on_a_hub_that_ignores_the_parent_a_commit_is_made_once_whatever_the_success_looks_like() {
    let mut wrong = Vec::new();
    for response in WRONG.map(Trouble::Wrong) {
        in_paused_time(async {
            let model = Model::with_demo(Rules { swap: false, ..Rules::default() });
            model.script(move |seen| seen.line.contains("/commit/").then(|| Fault::after(response)));
            let result = model_user(&model, "ada", 1).upload_file(&b"once"[..], "a.txt", "ada/demo").await;
            let commits = model.state().demo().branch("main").len();
            if commits != 2 {
                wrong.push(format!("no_swap {response:?}: {commits} commits, {result:?}"));
            }
        });
    }
    findings::none(wrong);
}

#[test]
fn a_pull_request_is_opened_once_whatever_the_success_looks_like() {
    on_both(WRONG.map(Trouble::Wrong), async |kind, response| {
        let hub = spoiled(kind, response).await;
        let add: CommitOperation = CommitOperationAdd::new("a.txt", b"once".as_slice()).unwrap().into();
        let call = hub.user("ada", 1);
        let result = call.create_commit("ada/demo", vec![add], "Add a").create_pr(true).await;
        let there = hub.there().await;
        let (opened, commits) = (there.demo().discussions.len(), there.demo().branch("main").len());
        ((opened, commits) != (1, 1))
            .then(|| format!("{opened} pull requests, {commits} commits, {result:?}"))
    });
}

#[test]
fn the_commit_after_one_that_answered_with_a_web_page_does_not_repeat_it() {
    on_both(WRONG.map(Trouble::Wrong), async |kind, response| {
        let hub = Hub::with_demo(kind, &Rules::default()).await;
        hub.fail_each("/commit/", [Fault::after(response)]);
        let result = upload(&hub).await;
        let commits = hub.there().await.demo().branch("main").len();
        (commits != 2).then(|| format!("{commits} commits, {result:?}"))
    });
}
