//! Plans: what they say, and that doing one does that and nothing else.

use hub_commit::folder::{FolderOptions, list};
use hub_commit::{
    Action, CommitError, CommitOperation, CommitOperationCopy, CommitOperationDelete, CommitPlan, IsFolder,
    PlanEntry, Reason, create_commit, execute, plan_commit,
};
use hub_types::preupload::UploadMode;

use crate::faults::Fault;
use crate::hub::{Hub, Repo, add, content, options};

async fn plan(hub: &Hub, operations: Vec<CommitOperation>) -> CommitPlan {
    plan_commit(&hub.transport(), operations, Vec::new(), options()).await.unwrap()
}

fn delete(path: &str) -> CommitOperation {
    CommitOperationDelete::new(path, IsFolder::Auto).unwrap().into()
}

fn entry<'a>(plan: &'a CommitPlan, path: &str) -> &'a PlanEntry {
    plan.entries().iter().find(|entry| entry.path == path).unwrap()
}

/// A Hub that has some files.
async fn stocked() -> Hub {
    let hub = Hub::new();
    let files = vec![add("same.txt", "same"), add("old.txt", "old"), add("w.bin", content(300))];
    create_commit(&hub.transport(), files, options()).await.unwrap();
    hub.repo().log.clear();
    hub
}

fn changes() -> Vec<CommitOperation> {
    vec![
        delete("w.bin"),
        delete("logs/"),
        add("same.txt", "same"),
        add("old.txt", "new"),
        add("new.txt", "1234"),
        add("moved.bin", content(300)),
        add("large.bin", content(500)),
        add("twin.bin", content(500)),
        add("out.tmp", "x"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_what_happens_to_each_path_and_changes_nothing() {
    let hub = stocked().await.with(|repo| repo.ignored = vec!["out.tmp".into()]);
    let plan = plan(&hub, changes()).await;
    let said: Vec<_> = plan
        .entries()
        .iter()
        .map(|entry| (entry.path.as_str(), entry.action, entry.mode, entry.stored, entry.reason.clone()))
        .collect();
    let (regular, lfs) = (Some(UploadMode::Regular), Some(UploadMode::Lfs));
    let expected = [
        ("w.bin", Action::Delete, None, false, None),
        ("logs/", Action::Delete, None, false, None),
        ("old.txt", Action::Replace, regular, false, None),
        ("new.txt", Action::Add, regular, false, None),
        ("moved.bin", Action::Add, lfs, true, None),
        ("large.bin", Action::Add, lfs, false, None),
        ("twin.bin", Action::Add, lfs, true, None),
        ("out.tmp", Action::Skip, None, false, Some(Reason::GitIgnore)),
        ("same.txt", Action::Skip, None, false, Some(Reason::Unchanged)),
    ];
    assert_eq!(said, expected);
    let totals = plan.totals();
    assert_eq!((totals.add, totals.replace, totals.delete, totals.skip), (4, 1, 2, 2));
    assert_eq!(totals.bytes, 3 + 4 + 300 + 500 + 500);
    assert_eq!(plan.head(), hub.repo().head().id);
    assert_eq!(hub.commits(), 2);
    assert_eq!((hub.count("/store/"), hub.count("/commit/")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn doing_a_plan_makes_the_commit_that_create_commit_makes() {
    for part_size in [None, Some(64)] {
        let (planned, direct) = (stocked().await, stocked().await);
        planned.repo().part_size = part_size;
        let plan = plan(&planned, changes()).await;
        planned.repo().log.clear();
        let requests = plan.totals().requests;
        let done = execute(&planned.transport(), plan).await.unwrap();
        assert!(done.created);
        assert_eq!(done.oid, planned.repo().head().id);
        let log = planned.repo().log.clone();
        assert_eq!(log.len() as u64, requests, "{log:?}");
        create_commit(&direct.transport(), changes(), options()).await.unwrap();
        let made = planned.repo().head().tree.clone();
        assert_eq!(made, direct.repo().head().tree);
    }
}

#[tokio::test(start_paused = true)]
async fn the_bytes_of_a_plan_are_those_that_travel() {
    let hub = stocked().await;
    let plan = plan(&hub, changes()).await;
    let said = plan.totals().bytes_to_send;
    hub.repo().received = 0;
    execute(&hub.transport(), plan).await.unwrap();
    assert_eq!(hub.repo().received, said);
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_not_done_on_a_branch_that_moved() {
    let hub = stocked().await;
    for when in ["before", "during"] {
        let plan = plan(&hub, changes()).await;
        let commits = hub.commits() + 1;
        match when {
            "before" => hub.repo().other_commit(),
            _ => drop(hub.clone().fault("/commit/main", Fault::First(Repo::other_commit))),
        }
        hub.repo().log.clear();
        let (expected, error) = (plan.head().to_owned(), execute(&hub.transport(), plan).await.unwrap_err());
        let CommitError::ParentMismatch { expected: parent, actual } = &error else { panic!("{error:?}") };
        assert_eq!((parent, actual), (&expected, &Some(hub.repo().head().id.clone())));
        assert_eq!(hub.commits(), commits);
        assert_eq!(hub.count("PUT") == 0, when == "before");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_not_done_with_other_files() {
    let hub = Hub::new();
    let dir = tempfile::tempdir().unwrap();
    for (name, size) in [("a.txt", 5), ("w.bin", 300)] {
        std::fs::write(dir.path().join(name), content(size)).unwrap();
    }
    for name in ["a.txt", "w.bin"] {
        let files = list(dir.path(), &FolderOptions::new()).unwrap().operations;
        let plan = plan(&hub, files).await;
        std::fs::write(dir.path().join(name), content(7)).unwrap();
        let error = execute(&hub.transport(), plan.clone()).await.unwrap_err();
        assert!(matches!(&error, CommitError::SourceChanged { path } if path == name), "{error:?}");
        std::fs::remove_file(dir.path().join(name)).unwrap();
        let error = execute(&hub.transport(), plan).await.unwrap_err();
        assert!(matches!(error, CommitError::Sources(_)), "{error:?}");
        std::fs::write(dir.path().join(name), content(300)).unwrap();
    }
    assert_eq!((hub.count("PUT"), hub.count("/commit/"), hub.commits()), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn content_of_the_same_size_in_memory_is_compared_too() {
    let hub = Hub::new();
    let reader = std::sync::Arc::new(std::sync::Mutex::new(std::io::Cursor::new(b"12345".to_vec())));
    let source = hub_commit::AddSource::Reader(reader.clone());
    let file = hub_commit::CommitOperationAdd::new("a.txt", source).unwrap();
    let plan = plan(&hub, vec![file.into()]).await;
    *reader.lock().unwrap() = std::io::Cursor::new(b"54321".to_vec());
    let error = execute(&hub.transport(), plan).await.unwrap_err();
    assert!(matches!(error, CommitError::SourceChanged { .. }), "{error:?}");
    assert_eq!(hub.commits(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_plan_without_changes_makes_no_commit() {
    let hub = stocked().await;
    let plan = plan(&hub, vec![add("same.txt", "same"), add("w.bin", content(300))]).await;
    assert!(plan.is_empty());
    assert_eq!((plan.totals().bytes_to_send, plan.totals().requests, plan.totals().skip), (0, 1, 2));
    hub.repo().log.clear();
    let done = execute(&hub.transport(), plan).await.unwrap();
    assert!(!done.created && done.oid == hub.repo().head().id);
    let requests = hub.repo().log.len();
    assert_eq!((requests, hub.commits()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn what_a_folder_leaves_out_is_part_of_its_plan() {
    let hub = Hub::new();
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join(".git")).unwrap();
    std::fs::create_dir_all(dir.path().join("empty")).unwrap();
    std::fs::write(dir.path().join(".hidden"), "x").unwrap();
    let found = list(dir.path(), &FolderOptions::new()).unwrap();
    let plan = plan_commit(&hub.transport(), found.operations, found.skipped, options()).await.unwrap();
    assert_eq!(entry(&plan, ".hidden").action, Action::Add);
    assert_eq!(entry(&plan, ".git/").reason, Some(Reason::Git));
    assert_eq!(entry(&plan, "empty/").reason, Some(Reason::EmptyFolder));
}

#[tokio::test(start_paused = true)]
async fn copies_are_planned_as_what_they_become() {
    let hub = stocked().await;
    let copy = |from, to| CommitOperation::from(CommitOperationCopy::new(from, to).unwrap());
    let copies = vec![copy("w.bin", "copy.bin"), copy("w.bin", "old.txt"), copy("same.txt", "same.txt")];
    let plan = plan(&hub, copies).await;
    let actions: Vec<_> =
        plan.entries().iter().map(|entry| (entry.path.as_str(), entry.action, entry.stored)).collect();
    let expected = [
        ("copy.bin", Action::Add, true),
        ("old.txt", Action::Replace, true),
        ("same.txt", Action::Skip, false),
    ];
    assert_eq!(actions, expected);
    execute(&hub.transport(), plan).await.unwrap();
    let repo = hub.repo();
    assert_eq!(repo.head().tree["copy.bin"], repo.head().tree["w.bin"]);
}

#[tokio::test(start_paused = true)]
async fn what_stops_a_commit_stops_its_plan() {
    let hub = stocked().await;
    let head = hub.repo().head().id.clone();
    let elsewhere = options().parent_commit(Some("abcdef".parse().unwrap()));
    let error = plan_commit(&hub.transport(), changes(), Vec::new(), elsewhere).await.unwrap_err();
    assert!(matches!(&error, CommitError::ParentMismatch { actual: Some(actual), .. } if *actual == head));
    let hub = hub.with(|repo| repo.card_error = Some("no license".into()));
    let card = vec![add("README.md", "---\n---\n")];
    let error = plan_commit(&hub.transport(), card, Vec::new(), options()).await.unwrap_err();
    assert!(matches!(error, CommitError::ReadmeRejected { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_plan_for_a_pull_request_opens_one() {
    let hub = stocked().await;
    let proposal = options().create_pr(true);
    let plan = plan_commit(&hub.transport(), changes(), Vec::new(), proposal).await.unwrap();
    let done = execute(&hub.transport(), plan).await.unwrap();
    assert_eq!((done.pr_num, hub.pulls(), hub.commits()), (Some(1), 1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_plan_whose_response_is_lost_is_done_once() {
    for fault in [Fault::LostAfter, Fault::DoneThen(500), Fault::Late, Fault::LostBefore] {
        let hub = stocked().await;
        let plan = plan(&hub, changes()).await;
        let hub = hub.fault("/commit/main", fault);
        let done = execute(&hub.transport(), plan).await.unwrap();
        assert_eq!((hub.commits(), done.oid), (3, hub.repo().head().id.clone()));
    }
}
