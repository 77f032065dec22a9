use std::{fs, io, ops::Range};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};

use super::*;
use crate::store::StoreError;
use crate::store::testing::{Temporary, model, temporary};

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A body that arrives in pieces of `piece` bytes.
fn body(content: &[u8], piece: usize) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    stream::iter(content.chunks(piece).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect::<Vec<_>>())
}

fn noise(length: usize) -> Vec<u8> {
    (0..length as u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

async fn read(store: &Temporary, oid: &str, range: Range<u64>) -> Vec<u8> {
    let pieces: Vec<Bytes> = store.lfs().read(oid, range).await.unwrap().try_collect().await.unwrap();
    pieces.concat()
}

/// Files below `lfs`, complete and incoming.
fn stored(store: &Temporary) -> (usize, usize) {
    fn count(folder: &std::path::Path) -> usize {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
    }
    (count(&store.dir().join("lfs/objects")), count(&store.dir().join("lfs/incoming")))
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_sent() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    for length in [0, 1, 3_000_000] {
        let content = noise(length);
        let oid = sha256(&content);
        store.lfs().put(&repo, &oid, length as u64, body(&content, 70_000)).await.unwrap();
        assert_eq!(store.lfs().has(&repo, &oid).unwrap(), Some(length as u64));
        assert_eq!(read(&store, &oid, 0..length as u64).await, content);
    }
    let content = noise(3_000_000);
    assert_eq!(read(&store, &sha256(&content), 299_999..1_300_001).await, content[299_999..1_300_001]);
    assert_eq!(stored(&store), (3, 0));
    let store = store.reopen();
    assert_eq!(store.lfs().has(&repo, &sha256(&content)).unwrap(), Some(3_000_000));
}

#[tokio::test]
async fn content_that_does_not_match_is_never_visible() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let content = noise(2_000_000);
    let (right, wrong) = (sha256(&content), sha256(b"other"));
    for (oid, size) in [(&wrong, 2_000_000), (&right, 1_999_999), (&right, 2_000_001), (&right, 0)] {
        let error = store.lfs().put(&repo, oid, size, body(&content, 10_000)).await.unwrap_err();
        assert!(matches!(error, LfsError::Mismatch { .. }), "{error}");
        assert_eq!(store.lfs().has(&repo, oid).unwrap(), None);
        assert!(store.lfs().read(oid, 0..1).await.is_err());
    }
    let broken = body(&content, 10_000).chain(stream::iter([Err(io::ErrorKind::ConnectionReset.into())]));
    let error = store.lfs().put(&repo, &right, 2_000_000, broken).await.unwrap_err();
    assert!(matches!(error, LfsError::Body(_)));
    assert_eq!(stored(&store), (0, 0));
}

#[tokio::test]
async fn an_endless_body_is_cut_off() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let endless = stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[0; 4096])));
    let error = store.lfs().put(&repo, &"a".repeat(64), 10_000, endless).await.unwrap_err();
    assert!(matches!(error, LfsError::Mismatch { .. }));
}

#[tokio::test]
async fn each_repository_has_what_was_sent_to_it() {
    let store = temporary();
    let (one, two) = (model(&store, "ada/one"), model(&store, "ada/two"));
    let content = noise(1000);
    let oid = sha256(&content);
    store.lfs().put(&one, &oid, 1000, body(&content, 100)).await.unwrap();
    assert_eq!(store.lfs().has(&two, &oid).unwrap(), None);
    let forged = noise(999);
    assert!(store.lfs().put(&two, &oid, 1000, body(&forged, 100)).await.is_err());
    assert_eq!(store.lfs().has(&two, &oid).unwrap(), None);
    store.lfs().put(&two, &oid, 1000, body(&content, 100)).await.unwrap();
    assert_eq!(stored(&store), (1, 0));
    store.delete_repo(&one).unwrap();
    assert_eq!(store.lfs().has(&two, &oid).unwrap(), Some(1000));
    let error = store.lfs().put(&one, &oid, 1000, body(&content, 100)).await.unwrap_err();
    assert!(matches!(error, LfsError::Store(StoreError::RepoNotFound { .. })));
}

#[tokio::test]
async fn the_same_object_may_be_sent_many_times_at_once() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let content = noise(500_000);
    let oid = sha256(&content);
    let uploads = (0..8).map(|_| store.lfs().put(&repo, &oid, 500_000, body(&content, 9_999)));
    for result in futures_util::future::join_all(uploads).await {
        result.unwrap();
    }
    assert_eq!(read(&store, &oid, 0..500_000).await, content);
    assert_eq!(stored(&store), (1, 0));
}

#[tokio::test]
async fn parts_may_come_in_any_order_and_again() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let content = noise(2_500_000);
    let oid = sha256(&content);
    let id = store.lfs().begin_upload(&repo, &oid, 2_500_000, 1_000_000).unwrap();
    let mut etags = vec![String::new(); 3];
    store.lfs().put_part(&id, 2, body(&noise(1_000_000), 5000)).await.unwrap();
    for number in [3_u32, 1, 2] {
        let part = content.chunks(1_000_000).nth(number as usize - 1).unwrap();
        etags[number as usize - 1] = store.lfs().put_part(&id, number, body(part, 5000)).await.unwrap();
    }
    assert!(etags.iter().all(|etag| etag.starts_with('"') && etag.ends_with('"')));
    let mut parts: Vec<_> = (1..).zip(etags).collect();
    parts[0].1 = parts[0].1.trim_matches('"').to_owned();
    store.lfs().complete(&repo, &oid, &id, &parts).await.unwrap();
    assert_eq!(read(&store, &oid, 0..2_500_000).await, content);
    assert_eq!(stored(&store), (1, 0));
    store.lfs().complete(&repo, &oid, &id, &parts).await.unwrap();
    let error = store.lfs().put_part(&id, 1, body(&content, 5000)).await.unwrap_err();
    assert!(matches!(error, LfsError::UnknownUpload));
}

#[tokio::test]
async fn parts_that_do_not_fit_are_refused_and_may_be_sent_again() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let content = noise(25);
    let oid = sha256(&content);
    let id = store.lfs().begin_upload(&repo, &oid, 25, 10).unwrap();
    for (number, length) in [(0, 10), (4, 10), (1, 9), (1, 11), (3, 10), (u32::MAX, 1)] {
        let error = store.lfs().put_part(&id, number, body(&noise(length), 4)).await.unwrap_err();
        assert!(matches!(error, LfsError::InvalidPart { .. }), "{number} {length}: {error}");
    }
    let mut parts = Vec::new();
    for (number, part) in (1..).zip(content.chunks(10)) {
        parts.push((number, store.lfs().put_part(&id, number, body(part, 4)).await.unwrap()));
    }
    let replaced = parts[1].1.clone();
    parts[1].1 = store.lfs().put_part(&id, 2, body(&content[10..20], 4)).await.unwrap();
    let wrong = [
        vec![],
        parts[..2].to_vec(),
        vec![parts[1].clone(), parts[0].clone(), parts[2].clone()],
        vec![parts[0].clone(), (2, replaced), parts[2].clone()],
    ];
    for parts in wrong {
        let error = store.lfs().complete(&repo, &oid, &id, &parts).await.unwrap_err();
        assert!(matches!(error, LfsError::InvalidPart { .. }), "{error}");
    }
    let other = model(&store, "ada/other");
    assert!(matches!(store.lfs().complete(&other, &oid, &id, &parts).await, Err(LfsError::UnknownUpload)));
    store.lfs().complete(&repo, &oid, &id, &parts).await.unwrap();
    assert_eq!(read(&store, &oid, 0..25).await, content);
}

/// A connection that hangs must not write into an object that is complete.
#[tokio::test]
async fn a_part_that_is_still_arriving_cannot_change_a_complete_object() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let content = noise(20);
    let oid = sha256(&content);
    let id = store.lfs().begin_upload(&repo, &oid, 20, 10).unwrap();
    let (sender, receiver) = tokio::sync::mpsc::channel::<io::Result<Bytes>>(1);
    let slow = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
    let late = async {
        // Begins before the other attempts and ends after the completion.
        sender.send(Ok(Bytes::from_static(b"EVIL"))).await.unwrap();
        // There is room again once the first piece was taken: the attempt has begun.
        drop(sender.reserve().await.unwrap());
        let mut parts = Vec::new();
        for (number, part) in (1..).zip(content.chunks(10)) {
            parts.push((number, store.lfs().put_part(&id, number, body(part, 4)).await.unwrap()));
        }
        store.lfs().complete(&repo, &oid, &id, &parts).await.unwrap();
        sender.send(Ok(Bytes::from_static(b" BYTES"))).await.unwrap();
        drop(sender);
    };
    let (hanging, ()) = futures_util::join!(store.lfs().put_part(&id, 1, slow), late);
    assert!(matches!(hanging, Err(LfsError::InvalidPart { .. } | LfsError::UnknownUpload)));
    assert_eq!(read(&store, &oid, 0..20).await, content);
    assert_eq!(stored(&store), (1, 0));
}

#[tokio::test]
async fn a_completion_whose_caller_is_gone_can_be_asked_for_again() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let content = noise(20);
    let oid = sha256(&content);
    let id = store.lfs().begin_upload(&repo, &oid, 20, 10).unwrap();
    let mut parts = Vec::new();
    for (number, part) in (1..).zip(content.chunks(10)) {
        parts.push((number, store.lfs().put_part(&id, number, body(part, 4)).await.unwrap()));
    }
    for _ in 0..3 {
        let mut gone = Box::pin(store.lfs().complete(&repo, &oid, &id, &parts));
        let _ = futures_util::poll!(&mut gone);
        drop(gone);
        tokio::task::yield_now().await;
    }
    store.lfs().complete(&repo, &oid, &id, &parts).await.unwrap();
    assert_eq!(read(&store, &oid, 0..20).await, content);
}

#[tokio::test]
async fn parts_that_are_not_the_object_end_the_upload() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let oid = sha256(b"something else");
    let id = store.lfs().begin_upload(&repo, &oid, 20, 10).unwrap();
    let mut parts = Vec::new();
    for number in [1, 2] {
        parts.push((number, store.lfs().put_part(&id, number, body(&noise(10), 4)).await.unwrap()));
    }
    assert!(matches!(store.lfs().complete(&repo, &oid, &id, &parts).await, Err(LfsError::Mismatch { .. })));
    assert!(matches!(store.lfs().complete(&repo, &oid, &id, &parts).await, Err(LfsError::UnknownUpload)));
    assert_eq!(stored(&store), (0, 0));
}

#[tokio::test]
async fn a_completion_that_nobody_remembers_says_done_only_of_what_is_stored() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let content = noise(20);
    let oid = sha256(&content);
    store.lfs().put(&repo, &oid, 20, body(&content, 20)).await.unwrap();
    store.lfs().complete(&repo, &oid, "forgotten", &[]).await.unwrap();
    let stored = store.dir().join("lfs/objects").join(&oid[..2]).join(&oid[2..4]).join(&oid);
    let ways: [fn(&std::path::Path) -> io::Result<()>; 2] =
        [|path| fs::write(path, "short"), |path| fs::remove_file(path)];
    for damage in ways {
        damage(&stored).unwrap();
        let done = store.lfs().complete(&repo, &oid, "forgotten", &[]).await;
        assert!(matches!(done, Err(LfsError::UnknownUpload)), "it has to come again");
    }
}

#[tokio::test]
async fn a_restart_forgets_unfinished_uploads_and_their_bytes() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let id = store.lfs().begin_upload(&repo, &"a".repeat(64), 20, 10).unwrap();
    store.lfs().put_part(&id, 1, body(&noise(10), 4)).await.unwrap();
    assert_eq!(stored(&store), (0, 1));
    let store = store.reopen();
    assert_eq!(stored(&store), (0, 0));
    assert!(matches!(store.lfs().put_part(&id, 2, body(&noise(10), 4)).await, Err(LfsError::UnknownUpload)));
}

#[tokio::test]
async fn what_is_discarded_is_checked_and_known_and_not_stored() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    store.lfs().discard(DiscardLfs::Checked);
    let content = noise(2_000_000);
    let oid = sha256(&content);
    let wrong = store.lfs().put(&repo, &oid, 3, body(b"abc", 3)).await;
    assert!(matches!(wrong, Err(LfsError::Mismatch { .. })));
    store.lfs().put(&repo, &oid, 2_000_000, body(&content, 70_000)).await.unwrap();
    assert_eq!(store.lfs().has(&repo, &oid).unwrap(), Some(2_000_000));
    let other = sha256(b"parts");
    let upload = store.lfs().begin_upload(&repo, &other, 5, 3).unwrap();
    let first = store.lfs().put_part(&upload, 1, body(b"par", 3)).await.unwrap();
    assert!(store.lfs().put_part(&upload, 2, body(b"t", 1)).await.is_err());
    let second = store.lfs().put_part(&upload, 2, body(b"ts", 1)).await.unwrap();
    store.lfs().complete(&repo, &other, &upload, &[(1, first), (2, second)]).await.unwrap();
    assert_eq!(store.lfs().has(&repo, &other).unwrap(), Some(5));
    assert_eq!(stored(&store), (0, 0));
}
