//! Disks that are full, fail, or do half of what they were asked.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hub_download::{Disk, DownloadError};
use hub_transport::testing::reply;

use crate::server::{Content, places, targets};

/// Fails once, at one of the operations.
#[derive(Debug)]
struct Failing {
    left: AtomicUsize,
    error: io::ErrorKind,
}

impl Failing {
    fn at(operation: usize, error: io::ErrorKind) -> Arc<Self> {
        Arc::new(Self { left: AtomicUsize::new(operation), error })
    }

    fn step(&self) -> io::Result<()> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left == Ok(1) { Err(self.error.into()) } else { Ok(()) }
    }

    fn failed(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

impl Disk for Failing {
    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<usize> {
        self.step()?;
        io::Write::write(file, &bytes[..bytes.len().min(60_000)])
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        self.step()?;
        file.sync_data()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        std::fs::rename(from, to)
    }

    fn free(&self, _: &Path) -> Option<u64> {
        Some(4_000_000)
    }
}

#[tokio::test(start_paused = true)]
async fn f63_what_does_not_fit_is_refused_before_it_is_asked_for() {
    #[derive(Debug)]
    struct Small;
    impl Disk for Small {
        fn free(&self, _: &Path) -> Option<u64> {
            Some(999)
        }
    }
    for (mut place, content) in places() {
        place.options = place.options.clone().disk(Arc::new(Small));
        let size = content.bytes.len() as u64;
        let error = place.download([content.head()]).await.0.unwrap_err();
        assert!(matches!(error, DownloadError::DiskFull { need, free: 999, .. } if need == size), "{error}");
        place.assert_empty();
    }
}

#[tokio::test(start_paused = true)]
async fn f63_a_disk_that_fills_up_meanwhile_keeps_the_old_file_and_no_part_of_the_new_one() {
    for (mut place, content) in places() {
        let old = Content::new(900);
        let path = place.download([old.head(), old.whole()]).await.0.unwrap();
        let before = place.contents();
        place.options = place.options.clone().disk(Failing::at(1, io::ErrorKind::StorageFull));
        let error = place.download([content.head(), content.whole()]).await.0.unwrap_err();
        let size = content.bytes.len() as u64;
        assert!(
            matches!(error, DownloadError::DiskFull { need, free: 4_000_000, .. } if need == size),
            "{error}"
        );
        assert_eq!(std::fs::read(path).unwrap(), old.bytes);
        assert_eq!(place.contents(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn f64_whichever_operation_fails_the_old_file_or_the_new_one_is_there_and_the_next_run_completes() {
    for (mut place, content) in places() {
        let old = Content::new(900);
        let mut operations = 0;
        loop {
            place.options = place.options.clone().force_download(true);
            let path = place.download([old.head(), old.whole()]).await.0.unwrap();
            place.options = place.options.clone().force_download(false);
            operations += 1;
            let disk = Failing::at(operations, io::ErrorKind::Other);
            place.options = place.options.clone().disk(disk.clone());
            let script = [content.head(), content.whole()];
            let outcome = place.download(script).await.0;
            if !disk.failed() {
                assert_eq!(std::fs::read(outcome.unwrap()).unwrap(), content.bytes);
                break;
            }
            let error = outcome.unwrap_err();
            assert!(matches!(error, DownloadError::Io { .. }), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), old.bytes, "operation {operations}");
            let partial = place.contents().into_iter().find(|(name, _)| name.ends_with(".incomplete"));
            let rest = match partial {
                // A complete one is only checked.
                Some((_, length)) if length == content.bytes.len() as u64 => None,
                Some((_, length)) => Some(content.rest(length as usize)),
                None => Some(content.whole()),
            };
            let (outcome, _) = place.download([content.head()].into_iter().chain(rest)).await;
            assert_eq!(std::fs::read(outcome.unwrap()).unwrap(), content.bytes);
            place = place.another();
        }
        // Writes, a rename, and for a large file a sync.
        assert!(operations > if content.bytes.len() > 100_000 { 6 } else { 2 }, "{operations}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_content_that_cannot_be_published_is_no_success_because_something_of_its_size_is_there() {
    #[derive(Debug)]
    struct Stuck;
    impl Disk for Stuck {
        fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    // Of a small one, of a large one, and of one whose etag is no hash.
    for (size, etag) in [(1_000, None), (300_000, None), (300_000, Some("v1"))] {
        let (mut place, content) = (targets().next().unwrap(), Content::new(size));
        let described = || match etag {
            Some(etag) => vec![crate::server::described(crate::server::COMMIT, etag, size), reply(404)],
            None => vec![content.head()],
        };
        let responses = || described().into_iter().chain([content.whole()]);
        let path = place.download(responses()).await.0.unwrap();
        let blob = path.canonicalize().unwrap();
        std::fs::write(&blob, vec![7; size]).unwrap();
        place.options = place.options.clone().force_download(true);
        place.options = place.options.clone().disk(Arc::new(Stuck));
        let error = place.download(responses()).await.0.unwrap_err();
        assert!(matches!(error, DownloadError::Io { .. }), "{size} {etag:?}: {error}");
        place.options = place.options.clone().disk(Arc::new(hub_download::SystemDisk));
        if size > 100_000 && etag.is_none() {
            // Another process was faster.
            std::fs::write(&blob, &content.bytes).unwrap();
            assert_eq!(place.download(responses()).await.0.unwrap(), path);
        }
        place.options = place.options.clone().disk(Arc::new(hub_download::SystemDisk));
        let found = place.download(responses()).await.0.unwrap();
        assert!(std::fs::read(found).unwrap() == content.bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn f64_short_and_interrupted_writes_are_completed() {
    #[derive(Debug, Default)]
    struct Lazy(AtomicUsize);
    impl Disk for Lazy {
        fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<usize> {
            if self.0.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            io::Write::write(file, &bytes[..bytes.len().min(777)])
        }
    }
    for (mut place, content) in places() {
        place.options = place.options.clone().disk(Arc::new(Lazy::default()));
        let (outcome, _) = place.download([content.head(), content.whole()]).await;
        assert_eq!(std::fs::read(outcome.unwrap()).unwrap(), content.bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn f64_a_failed_sync_is_not_made_good_by_a_later_one() {
    #[derive(Debug, Default)]
    struct Once(AtomicUsize);
    impl Disk for Once {
        fn sync(&self, _: &File) -> io::Result<()> {
            let first = self.0.fetch_add(1, Ordering::SeqCst) == 0;
            if first { Err(io::ErrorKind::Other.into()) } else { Ok(()) }
        }
    }
    // So large that a part is synced while the rest arrives.
    let content = Content::new(40 * 1024 * 1024);
    for mut place in targets() {
        let disk = Arc::new(Once::default());
        place.options = place.options.clone().disk(disk.clone());
        let error = place.download([content.head(), content.whole()]).await.0.unwrap_err();
        assert!(matches!(error, DownloadError::Io { .. }), "{error}");
        assert_eq!(disk.0.load(Ordering::SeqCst), 1);
        place.assert_empty();
        let (outcome, _) = place.download([content.head(), content.whole()]).await;
        assert!(std::fs::read(outcome.unwrap()).unwrap() == content.bytes);
    }
}
