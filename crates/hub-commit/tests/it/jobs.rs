//! Jobs in which nothing goes wrong.

use std::sync::{Arc, Mutex};
use std::task::Poll;

use hub_commit::{CommitError, CommitOperationDelete, IsFolder, create_commit};
use hub_types::progress::{Event, Progress};

use crate::hub::{Hub, add, content, hex, options, regular};
use sha2::Digest;

#[tokio::test(start_paused = true)]
async fn files_travel_as_the_server_decides_and_one_commit_is_made() {
    let hub = Hub::new();
    let operations = vec![add("a.txt", "hello"), add("w.bin", content(300)), add("empty.bin", "")];
    let info = create_commit(&hub.transport(), operations, options().description("why")).await.unwrap();
    let repo = hub.repo();
    assert_eq!(repo.commits.len(), 2);
    assert_eq!((info.oid.as_str(), info.created, info.recovered), (repo.head().id.as_str(), true, false));
    assert_eq!((repo.head().title.as_str(), repo.head().message.as_str()), ("Add files", "why"));
    let tree = &repo.head().tree;
    assert_eq!(tree["a.txt"], regular(b"hello"));
    assert_eq!(tree["empty.bin"], regular(b""));
    assert!(tree["w.bin"].lfs && tree["w.bin"].oid == hex(&sha2::Sha256::digest(content(300))));
    assert_eq!(repo.count("revision"), 0, "preupload already told the head: {:?}", repo.log);
}

#[tokio::test(start_paused = true)]
async fn a_second_upload_sends_nothing_and_makes_no_commit() {
    let hub = Hub::new();
    let operations = || vec![add("a.txt", "hello"), add("w.bin", content(300))];
    let first = create_commit(&hub.transport(), operations(), options()).await.unwrap();
    hub.repo().log.clear();
    let second = create_commit(&hub.transport(), operations(), options()).await.unwrap();
    assert_eq!((second.created, &second.oid), (false, &first.oid));
    assert_eq!(second.commit_url, first.commit_url);
    let repo = hub.repo();
    assert_eq!((repo.count("PUT"), repo.count("/commit/"), repo.count("batch")), (0, 0, 0), "{:?}", repo.log);
}

#[tokio::test(start_paused = true)]
async fn only_what_changed_is_committed() {
    let hub = Hub::new();
    create_commit(&hub.transport(), vec![add("a", "1"), add("b", "2")], options()).await.unwrap();
    create_commit(&hub.transport(), vec![add("a", "1"), add("b", "3")], options()).await.unwrap();
    assert_eq!(hub.repo().head().tree["b"], regular(b"3"));
}

#[tokio::test(start_paused = true)]
async fn ignored_files_are_left_out() {
    let hub = Hub::new().with(|repo| repo.ignored.push("x.tmp".into()));
    create_commit(&hub.transport(), vec![add("a", "1"), add("x.tmp", "2")], options()).await.unwrap();
    assert_eq!(hub.repo().head().tree.keys().collect::<Vec<_>>(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn deletions_need_no_preupload() {
    let hub = Hub::new();
    create_commit(&hub.transport(), vec![add("d/a", "1"), add("b", "2"), add("c", "3")], options())
        .await
        .unwrap();
    hub.repo().log.clear();
    let deletions = vec![
        CommitOperationDelete::new("d/", IsFolder::Auto).unwrap().into(),
        CommitOperationDelete::new("b", IsFolder::Auto).unwrap().into(),
    ];
    create_commit(&hub.transport(), deletions, options()).await.unwrap();
    let repo = hub.repo();
    assert_eq!(repo.head().tree.keys().collect::<Vec<_>>(), ["c"]);
    assert_eq!(repo.log, ["GET /api/models/ada/demo/revision/main", "POST /api/models/ada/demo/commit/main"]);
}

#[tokio::test(start_paused = true)]
async fn no_operations_make_no_commit() {
    let hub = Hub::new();
    let info = create_commit(&hub.transport(), Vec::new(), options()).await.unwrap();
    assert!(!info.created && info.oid == hub.repo().head().id);
    assert_eq!(hub.commits(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_empty_message_is_refused_before_anything_is_sent() {
    let hub = Hub::new();
    let error =
        create_commit(&hub.transport(), vec![add("a", "1")], options().message(" ")).await.unwrap_err();
    assert!(matches!(error, CommitError::InvalidOperation(_)));
    assert!(hub.repo().log.is_empty());
}

#[tokio::test(start_paused = true)]
async fn many_files_are_asked_about_in_batches() {
    let hub = Hub::new();
    let operations = (0..600).map(|i| add(&format!("f{i}"), i.to_string())).collect();
    create_commit(&hub.transport(), operations, options()).await.unwrap();
    let repo = hub.repo();
    assert_eq!((repo.count("preupload"), repo.head().tree.len()), (3, 600));
}

#[tokio::test(start_paused = true)]
async fn content_that_two_files_share_is_sent_once() {
    let hub = Hub::new();
    let operations = vec![add("a", content(200)), add("b", content(200)), add("c", content(201))];
    create_commit(&hub.transport(), operations, options()).await.unwrap();
    let repo = hub.repo();
    assert_eq!((repo.count("PUT"), repo.head().tree.len()), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn many_lfs_files_are_negotiated_in_batches() {
    let hub = Hub::new();
    let operations = (0..300).map(|i| add(&format!("f{i}"), content(200 + i))).collect();
    create_commit(&hub.transport(), operations, options()).await.unwrap();
    let repo = hub.repo();
    assert_eq!((repo.count("PUT"), repo.head().tree.len()), (300, 300));
}

#[tokio::test(start_paused = true)]
async fn a_card_that_the_server_refuses_stops_the_upload() {
    let hub = Hub::new().with(|repo| repo.card_error = Some("license is unknown".into()));
    let operations = vec![add("README.md", "---\nlicense: x\n---"), add("w", content(200))];
    let error = create_commit(&hub.transport(), operations, options()).await.unwrap_err();
    assert!(
        matches!(&error, CommitError::ReadmeRejected { message } if message == "license is unknown"),
        "{error:?}"
    );
    assert_eq!(hub.count("PUT"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_the_card_check_is_no_obstacle() {
    let hub = Hub::new();
    create_commit(&hub.transport(), vec![add("README.md", "hi")], options()).await.unwrap();
    assert_eq!((hub.count("validate-yaml"), hub.commits()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_pull_request_is_opened_on_demand() {
    let hub = Hub::new();
    let info = create_commit(&hub.transport(), vec![add("a", "1")], options().create_pr(true)).await.unwrap();
    assert_eq!(info.pr_num, Some(1));
    assert_eq!((hub.commits(), hub.pulls()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn progress_covers_every_byte_and_ends() {
    let hub = Hub::new().with(|repo| repo.part_size = Some(128));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let progress = move |event: &Event<'_>| sink.lock().unwrap().push(format!("{event:?}"));
    let operations = vec![add("a", "12345"), add("w", content(1000))];
    create_commit(&hub.transport(), operations, options().progress(Arc::new(progress))).await.unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], "Started { files: 2, bytes: 1005 }");
    assert_eq!(seen.last().unwrap(), "Finished");
    for done in [
        r#"File { phase: Hashing, path: "w", position: 1000, total: 1000 }"#,
        r#"File { phase: Uploading, path: "w", position: 1000, total: 1000 }"#,
        r#"File { phase: Uploading, path: "a", position: 5, total: 5 }"#,
    ] {
        assert!(seen.iter().any(|event| event == done), "{done}: {seen:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn f89_f90_a_progress_callback_that_panics_or_never_returns_breaks_no_job() {
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let hangs = move |_: &Event<'_>| {
        let _ = gate.lock().unwrap().recv();
    };
    let panics = |_: &Event<'_>| panic!("a mistake of the caller");
    let callbacks: [Arc<dyn Progress>; 2] = [Arc::new(hangs), Arc::new(panics)];
    for callback in callbacks {
        let hub = Hub::new();
        let operations = vec![add("a", "12345"), add("w", content(1000))];
        create_commit(&hub.transport(), operations, options().progress(callback)).await.unwrap();
        assert_eq!(hub.repo().head().tree.len(), 2);
    }
    drop(go);
}

#[test]
fn a_job_can_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&create_commit(&Hub::new().transport(), Vec::new(), options()));
}

#[tokio::test(start_paused = true)]
async fn f87_a_job_that_is_dropped_anywhere_leaves_nothing_half_done() {
    // Until one job gets to its end before it would be dropped.
    let mut ended = None;
    for polls in 0..10_000 {
        let hub = Hub::new().with(|repo| repo.part_size = Some(100));
        let transport = hub.transport();
        let operations = || vec![add("a", "1"), add("w", content(500))];
        let end = {
            let mut job = std::pin::pin!(create_commit(&transport, operations(), options()));
            let mut end = None;
            for _ in 0..polls {
                if let Poll::Ready(outcome) = futures_util::poll!(job.as_mut()) {
                    end = Some(outcome.unwrap());
                    break;
                }
                tokio::task::yield_now().await;
                tokio::task::spawn_blocking(|| ()).await.unwrap();
            }
            end
        };
        create_commit(&transport, operations(), options()).await.unwrap();
        let repo = hub.repo();
        assert!(repo.commits.len() == 2 && repo.head().tree.len() == 2, "{polls}: {:?}", repo.log);
        if end.is_some() {
            ended = Some(polls);
            break;
        }
    }
    let polls = ended.expect("no job got to its end");
    assert!(polls > 5, "the job was dropped at {polls} points only");
}
