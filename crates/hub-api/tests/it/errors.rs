//! The questions that an error answers, whichever crate it is from.

use std::time::Duration;

use hub_api::{
    Error, HfApi,
    commit::CommitError,
    download::DownloadError,
    transport::testing::{Script, Step, reply},
};

fn contended() -> Error {
    CommitError::Contended { attempts: 5, waited: Duration::from_secs(60) }.into()
}

#[test]
fn what_a_commit_met_is_answered_for_as_the_commit_does() {
    let moved = CommitError::ParentMismatch { expected: "a".into(), actual: None };
    let changed = CommitError::SourceChanged { path: "a.txt".into() };
    let (moved, changed) = (Error::from(moved), Error::from(changed));
    assert!(contended().is_retryable() && changed.is_retryable() && !moved.is_retryable());
    assert!(contended().is_conflict() && moved.is_conflict() && !changed.is_conflict());
    assert!(!contended().is_not_found() && !contended().maybe_processed());
    let busy = Error::from(CommitError::FolderBusy { folder: "/f".into() });
    let clash = Error::from(CommitError::PathClash { file: "a".into(), inside: "a/b".into() });
    let gone = Error::from(CommitError::Sources(Vec::new()));
    assert!(busy.is_conflict() && !busy.is_invalid_input());
    assert!(clash.is_invalid_input() && gone.is_invalid_input());
}

#[test]
fn what_is_not_on_this_machine_is_not_found() {
    let what = || "model ada/demo a.txt at main".to_owned();
    let missing = DownloadError::LocalEntryNotFound { what: what(), cache: "/c".into(), reason: "offline" };
    let empty = DownloadError::NoCommit { repo: "model ada/demo".into(), revision: "main".into() };
    assert!(Error::from(missing).is_not_found() && Error::from(empty).is_not_found());
    let wrong = DownloadError::SizeMismatch { path: "a".into(), expected: 1, actual: 2 };
    assert!(!Error::from(wrong).is_not_found());
}

#[tokio::test(start_paused = true)]
async fn what_a_server_said_is_answered_for_as_the_transport_does() {
    let ask = async |step: Step| {
        let api = HfApi::builder()
            .endpoint("https://hub.test")
            .inner_service(Script::always(step))
            .build()
            .unwrap();
        api.delete_repo("ada/demo").await.unwrap_err()
    };
    assert!(ask(reply(409)).await.is_conflict() && ask(reply(404)).await.is_not_found());
    assert!(ask(Step::maybe_processed()).await.maybe_processed());
    let limited = ask(reply(429).header("retry-after", "900")).await;
    assert!(limited.is_retryable());
    assert_eq!(limited.retry_after(), Some(Duration::from_secs(900)));
}
