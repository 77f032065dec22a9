//! A proxy that answers `200 text/html` to commits that landed once made five commits of one file.

use hub_api::{CommitOperation, CommitOperationAdd};
use hub_tests::findings;
use hub_tests::model::{Fault, Model, Rules, Trouble, WRONG, Wrong};
use hub_tests::model_client::{in_paused_time, model_user};

/// A Hub whose commits all land and whose every answer to one is this.
fn spoiled(answer: Trouble) -> Model {
    let model = Model::with_demo(Rules::default());
    model.script(move |seen| seen.line.contains("/commit/").then(|| Fault::after(answer)));
    model
}

#[test]
fn a_commit_whose_every_answer_is_a_web_page_is_made_once_and_found_again() {
    in_paused_time(async {
        let model = spoiled(Trouble::Wrong(Wrong::Html));
        let info = model_user(&model, "ada", 1).upload_file(&b"once"[..], "a.txt", "ada/demo").await;
        let history: Vec<String> =
            model.state().demo().branch("main").iter().map(|commit| commit.id.clone()).collect();
        assert_eq!(history.len(), 2, "the first commit of the repository, and ours: {info:?}");
        let info = info.unwrap();
        assert_eq!((info.oid.as_str(), info.recovered), (history[1].as_str(), true));
    });
}

#[test]
fn a_commit_that_landed_is_made_once_and_found_again_whatever_the_success_looks_like() {
    let answers = WRONG.map(Trouble::Wrong).into_iter().chain([408, 500, 502, 503, 504].map(Trouble::Status));
    let mut wrong = Vec::new();
    for answer in answers {
        in_paused_time(async {
            let model = spoiled(answer);
            let result = model_user(&model, "ada", 1).upload_file(&b"once"[..], "a.txt", "ada/demo").await;
            let commits = model.state().demo().branch("main").len();
            match (&result, commits) {
                // Another type and the right content is a success like any other.
                (Ok(info), 2) if info.recovered || answer == Trouble::Wrong(Wrong::ContentType) => {}
                _ => wrong.push(format!("five {answer:?}: {commits} commits, {result:?}")),
            }
        });
    }
    findings::none(wrong);
}

#[test]
fn on_a_hub_that_ignores_the_parent_a_commit_is_made_once_whatever_the_success_looks_like() {
    let mut wrong = Vec::new();
    for answer in WRONG.map(Trouble::Wrong) {
        in_paused_time(async {
            let model = Model::with_demo(Rules { swap: false, ..Rules::default() });
            model.script(move |seen| seen.line.contains("/commit/").then(|| Fault::after(answer)));
            let result = model_user(&model, "ada", 1).upload_file(&b"once"[..], "a.txt", "ada/demo").await;
            let commits = model.state().demo().branch("main").len();
            if commits != 2 {
                wrong.push(format!("no_swap {answer:?}: {commits} commits, {result:?}"));
            }
        });
    }
    findings::none(wrong);
}

#[test]
fn a_pull_request_is_opened_once_whatever_the_success_looks_like() {
    let mut wrong = Vec::new();
    for answer in WRONG.map(Trouble::Wrong) {
        in_paused_time(async {
            let model = spoiled(answer);
            let add: CommitOperation = CommitOperationAdd::new("a.txt", b"once".as_slice()).unwrap().into();
            let api = model_user(&model, "ada", 1);
            let result = api.create_commit("ada/demo", vec![add], "Add a").create_pr(true).await;
            let opened = model.state().demo().discussions.len();
            if opened != 1 || model.state().demo().branch("main").len() != 1 {
                wrong.push(format!("pull {answer:?}: {opened} pull requests, {result:?}"));
            }
        });
    }
    findings::none(wrong);
}

#[test]
fn the_commit_after_one_that_answered_with_a_web_page_does_not_repeat_it() {
    let mut wrong = Vec::new();
    for answer in WRONG.map(Trouble::Wrong) {
        in_paused_time(async {
            let model = Model::with_demo(Rules::default());
            model.fail_each("/commit/", [Fault::after(answer)]);
            let result = model_user(&model, "ada", 1).upload_file(&b"once"[..], "a.txt", "ada/demo").await;
            let commits = model.state().demo().branch("main").len();
            if commits != 2 {
                wrong.push(format!("once {answer:?}: {commits} commits, {result:?}"));
            }
        });
    }
    findings::none(wrong);
}
