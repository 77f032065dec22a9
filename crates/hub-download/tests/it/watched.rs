//! Callers' progress callbacks that panic or stand still, and odd things on the disk: a download goes on all the same.

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use hub_download::{Cache, DownloadError};
use hub_types::progress::Event;

use crate::server::{places, targets};

#[tokio::test(start_paused = true)]
async fn f89_a_progress_callback_that_panics_at_any_event_leaves_the_download_as_it_is() {
    for n in 0..4 {
        for (mut place, content) in places() {
            let calls = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&calls);
            place.options = place.options.clone().progress(Arc::new(move |_: &Event<'_>| {
                assert_ne!(counted.fetch_add(1, Ordering::SeqCst), n, "a callback that panics");
            }));
            for _ in 0..2 {
                let steps = [content.head(), content.whole()];
                place.options = place.options.clone().force_download(true);
                let found = place.download(steps).await.0.unwrap();
                assert!(fs::read(found).unwrap() == content.bytes);
            }
        }
    }
}

#[tokio::test]
async fn f90_a_progress_callback_that_never_returns_holds_no_download_up() {
    for (mut place, content) in places() {
        let (done, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        // It returns when the test has ended.
        place.options = place
            .options
            .clone()
            .progress(Arc::new(move |_: &Event<'_>| drop(wait.lock().map(|wait| wait.recv()))));
        let start = Instant::now();
        let found = place.download([content.head(), content.whole()]).await.0.unwrap();
        assert!(fs::read(found).unwrap() == content.bytes);
        assert!(start.elapsed() < Duration::from_secs(60), "the callback has a second to catch up");
        drop(done);
    }
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn f70_links_in_a_circle_are_an_error_of_the_download_and_no_part_of_a_cache() {
    use std::os::unix::fs::symlink;
    for place in targets() {
        let content = crate::server::Content::new(1_000);
        let (outcome, _) = place.download([content.head(), content.whole()]).await;
        let found = outcome.unwrap();
        let folder = found.parent().unwrap();
        symlink(folder.join("two"), folder.join("one")).unwrap();
        symlink(folder.join("one"), folder.join("two")).unwrap();
        symlink(folder, folder.join("up")).unwrap();
        if matches!(place.target, hub_download::Target::Cache(_)) {
            let info = Cache::new(place.folder.path()).scan().unwrap();
            assert_eq!(info.repos[0].revisions[0].files.len(), 1);
            assert_eq!(info.warnings.len(), 3, "{:?}", info.warnings);
        } else {
            let (outcome, script) = place.snapshot(&["one/x.txt"]).await;
            let error = outcome.unwrap_err();
            assert!(
                matches!(error, DownloadError::Io { .. } | DownloadError::LeavesFolder { .. }),
                "{error}"
            );
            assert_eq!(script.requests().len(), 1, "nothing is fetched that cannot be put anywhere");
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn f71_a_name_in_a_cache_that_is_no_text_is_a_warning_and_harms_nothing_else() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let (place, content) = (targets().next().unwrap(), crate::server::Content::new(1_000));
    let (outcome, _) = place.download([content.head(), content.whole()]).await;
    let found = outcome.unwrap();
    fs::write(found.with_file_name(OsStr::from_bytes(b"\xff\xfe")), "x").unwrap();
    fs::create_dir(place.folder.path().join(OsStr::from_bytes(b"models--\xff"))).unwrap();
    let cache = Cache::new(place.folder.path());
    let info = cache.scan().unwrap();
    assert_eq!((info.repos.len(), info.repos[0].revisions[0].files.len(), info.warnings.len()), (1, 1, 2));
    let all = info.revisions().map(|(repo, revision)| (&repo.repo, &revision.commit));
    info.delete_revisions(all).execute(&cache).unwrap();
    assert!(!found.exists() && cache.scan().unwrap().repos.is_empty());
}
