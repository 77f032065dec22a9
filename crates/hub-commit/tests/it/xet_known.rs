//! What is known of the chunks that the server has: from earlier uploads, from the server, and when it is no longer true.

use std::path::Path;

use hub_commit::{CommitError, CommitOptions, create_commit};

use crate::cas::{Cas, random};
use crate::faults::Fault;
use crate::hub::{Hub, add, options};
use crate::xet::{hub, received, stored};

const SIZE: usize = 4_000_000;

/// A file, and a variation with some bytes replaced and some inserted.
fn versions() -> (Vec<u8>, Vec<u8>) {
    let first = random(11, SIZE);
    let mut second = first.clone();
    second.splice(1_000_000..1_000_010, random(12, 500));
    second[3_000_000] ^= 1;
    (first, second)
}

async fn upload(hub: &Hub, path: &str, content: &[u8], options: CommitOptions) -> Result<(), CommitError> {
    create_commit(&hub.transport(), vec![add(path, content)], options).await.map(drop)
}

fn with_index(folder: &Path) -> CommitOptions {
    options().xet_index(folder)
}

#[tokio::test(start_paused = true)]
async fn of_a_new_version_only_what_changed_is_sent() {
    let (first, second) = versions();
    let (hub, dir) = (hub(), tempfile::tempdir().unwrap());
    upload(&hub, "a", &first, with_index(dir.path())).await.unwrap();
    assert!(received(&hub) >= SIZE as u64);
    upload(&hub, "a", &second, with_index(dir.path())).await.unwrap();
    let sent = received(&hub);
    assert!(stored(&hub, "a") == second && sent < 500_000, "{sent}");
    upload(&hub, "b", &first, with_index(dir.path())).await.unwrap();
    assert!(stored(&hub, "b") == first && received(&hub) == 0);
}

#[tokio::test(start_paused = true)]
async fn a_long_file_of_which_nothing_is_new_is_read_to_its_end() {
    let content = random(13, 20_000_000);
    let (hub, dir) = (hub(), tempfile::tempdir().unwrap());
    upload(&hub, "a", &content, with_index(dir.path())).await.unwrap();
    received(&hub);
    for path in ["b", "c", "d"] {
        upload(&hub, path, &content, with_index(dir.path())).await.unwrap();
        assert!(stored(&hub, path) == content && received(&hub) == 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_is_asked_about_what_nobody_here_knows() {
    let (first, second) = versions();
    let hub = hub().with(|repo| repo.cas.as_mut().unwrap().answers = true);
    upload(&hub, "a", &first, options()).await.unwrap();
    received(&hub);
    let dir = tempfile::tempdir().unwrap();
    upload(&hub, "b", &second, with_index(dir.path())).await.unwrap();
    let (sent, asked) = (received(&hub), hub.count("/chunks/"));
    assert!(stored(&hub, "b") == second && sent < 500_000 && asked >= 2, "{sent} {asked}");
    // The response is kept as well.
    upload(&hub, "c", &[&second[..], b"more"].concat(), with_index(dir.path())).await.unwrap();
    assert!(received(&hub) < 300_000 && hub.count("/chunks/") == asked);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_say_is_no_obstacle_and_is_soon_left_alone() {
    for fault in [
        Fault::Refuse(500),
        Fault::Refuse(429),
        Fault::LostBefore,
        Fault::Text("no shard".into()),
        Fault::Endless("x".repeat(100_000)),
    ] {
        let mut hub = hub();
        for _ in 0..20 {
            hub = hub.fault("/chunks/", fault.clone());
        }
        let contents: Vec<Vec<u8>> = (0..20).map(|seed| random(seed, 300_000)).collect();
        let operations = contents.iter().enumerate().map(|(i, content)| add(&i.to_string(), content.clone()));
        create_commit(&hub.transport(), operations.collect(), options()).await.unwrap();
        assert!((0..20).all(|i| stored(&hub, &i.to_string()) == contents[i]));
        // As many as were on their way when the third one failed.
        let asked = hub.count("/chunks/");
        assert!((3..=10).contains(&asked), "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_believed_of_another_instance() {
    let (first, _) = versions();
    let (hub, dir) = (hub(), tempfile::tempdir().unwrap());
    upload(&hub, "a", &first, with_index(dir.path())).await.unwrap();
    hub.repo().cas = Some(Cas { id: 2, ..Cas::new() });
    upload(&hub, "b", &first, with_index(dir.path())).await.unwrap();
    assert!(stored(&hub, "b") == first && received(&hub) >= SIZE as u64);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_has_lost_is_sent_again() {
    let (first, second) = versions();
    for names_missing in [true, false] {
        for v1_only in [None, Some(404), Some(501)] {
            let hub = hub().with(|repo| {
                let cas = repo.cas.as_mut().unwrap();
                (cas.names_missing, cas.v1_only) = (names_missing, v1_only);
            });
            let dir = tempfile::tempdir().unwrap();
            upload(&hub, "a", &first, with_index(dir.path())).await.unwrap();
            received(&hub);
            hub.repo().cas.as_mut().unwrap().lose_everything();
            upload(&hub, "b", &second, with_index(dir.path())).await.unwrap();
            assert!(stored(&hub, "b") == second && received(&hub) >= SIZE as u64);
            // And is known from then on.
            upload(&hub, "c", &[&second[..], b"more"].concat(), with_index(dir.path())).await.unwrap();
            assert!(received(&hub) < 300_000);
        }
    }
}

/// A server names one xorb at a time.
#[tokio::test(start_paused = true)]
async fn however_many_xorbs_the_server_has_lost_one_upload_sends_them_again() {
    for names_missing in [true, false] {
        let hub = hub().with(|repo| repo.cas.as_mut().unwrap().names_missing = names_missing);
        let dir = tempfile::tempdir().unwrap();
        let contents: Vec<Vec<u8>> = (20..26).map(|seed| random(seed, 500_000)).collect();
        for content in &contents {
            upload(&hub, "a", content, with_index(dir.path())).await.unwrap();
        }
        received(&hub);
        hub.repo().cas.as_mut().unwrap().lose_everything();
        let all = contents.concat();
        let operations = vec![add("all", all.clone()), add("last", [&contents[5][..], b"more"].concat())];
        create_commit(&hub.transport(), operations, with_index(dir.path())).await.unwrap();
        assert!(stored(&hub, "all") == all && received(&hub) >= all.len() as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn files_that_are_refused_twice_are_an_error() {
    let refused = || Fault::Text("{\"type\":\"error\",\"message\":\"no,\\nnever\"}\n".into());
    let (first, second) = versions();
    let (hub, dir) = (hub(), tempfile::tempdir().unwrap());
    upload(&hub, "a", &first, with_index(dir.path())).await.unwrap();
    let hub = hub.fault("/shards", refused()).fault("/shards", refused());
    let error = upload(&hub, "b", &second, with_index(dir.path())).await.unwrap_err();
    assert!(matches!(error, CommitError::XetRefused { .. }), "{error:?}");
    assert!(error.to_string().ends_with(r"no,\nnever"), "{error}");
    assert_eq!((hub.commits(), hub.count("/shards")), (2, 3));

    // Where nothing was believed, it may have been changed on the way: once.
    let hub = crate::xet::hub().fault("/shards", refused()).fault("/shards", refused());
    let error = upload(&hub, "b", &second, options()).await.unwrap_err();
    assert!(matches!(error, CommitError::XetRefused { .. }), "{error:?}");
    assert_eq!((hub.commits(), hub.count("/shards")), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_spoilt_index_costs_nothing_but_bytes() {
    let (first, _) = versions();
    let (hub, dir) = (hub(), tempfile::tempdir().unwrap());
    upload(&hub, "a", &first, with_index(dir.path())).await.unwrap();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        std::fs::write(entry.unwrap().path(), vec![0xA5; 50_000]).unwrap();
    }
    upload(&hub, "b", &first, with_index(dir.path())).await.unwrap();
    upload(&hub, "c", &[&first[..], b"more"].concat(), with_index(dir.path())).await.unwrap();
    assert!(stored(&hub, "b") == first);
    received(&hub);
    let taken = dir.path().join("file");
    std::fs::write(&taken, "x").unwrap();
    upload(&hub, "d", &first, with_index(&taken)).await.unwrap();
    assert!(stored(&hub, "d") == first && received(&hub) >= SIZE as u64);
}
