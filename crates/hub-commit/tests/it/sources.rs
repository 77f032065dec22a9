//! Files that cannot be read, or that change while they are uploaded.

use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hub_commit::source::{Files, SourceFile, Stamp};
use hub_commit::{CommitError, CommitOperation, CommitOperationAdd, create_commit};

use crate::hub::{Hub, content, options};

const BLOCK: usize = 16 * 1024 * 1024;

/// One file, whose content is another from the `changes_at`th opening on, while its size and time stay.
#[derive(Debug)]
struct Changing {
    before: Vec<u8>,
    after: Vec<u8>,
    opened: AtomicUsize,
    changes_at: usize,
}

struct Open(Cursor<Vec<u8>>);

impl Read for Open {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Seek for Open {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        self.0.seek(target)
    }
}

impl SourceFile for Open {
    fn stamp(&mut self) -> io::Result<Stamp> {
        Ok(Stamp::of_size(self.0.get_ref().len() as u64))
    }
}

impl Files for Changing {
    fn open(&self, _: &Path) -> io::Result<(Box<dyn SourceFile>, Stamp)> {
        let count = self.opened.fetch_add(1, Ordering::SeqCst);
        let content = if count >= self.changes_at { &self.after } else { &self.before };
        let mut file = Open(Cursor::new(content.clone()));
        let stamp = file.stamp()?;
        Ok((Box::new(file), stamp))
    }
}

fn any_file() -> (tempfile::TempDir, CommitOperation) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    fs::write(&path, "").unwrap();
    let add = CommitOperationAdd::new("f", path).unwrap();
    (dir, add.into())
}

/// Openings: the look at all sources, which takes the sample, the hash pass, then the upload.
async fn run(hub: &Hub, before: Vec<u8>, after: Vec<u8>, changes_at: usize) -> Result<(), CommitError> {
    let (_dir, add) = any_file();
    let files = Changing { before, after, opened: AtomicUsize::new(0), changes_at };
    create_commit(&hub.transport(), vec![add], options().files(Arc::new(files))).await.map(|_| ())
}

fn is_refused(hub: &Hub, result: Result<(), CommitError>) {
    let error = result.unwrap_err();
    assert!(matches!(&error, CommitError::SourceChanged { path } if path == "f"), "{error:?}");
    let repo = hub.repo();
    assert_eq!((repo.commits.len(), repo.objects.len(), repo.count("verify")), (1, 0, 0), "{:?}", repo.log);
}

#[tokio::test(start_paused = true)]
async fn f65_a_change_in_any_block_is_noticed_while_it_is_sent() {
    let before = content(2 * BLOCK + 100);
    for (part_size, at) in [
        (None, 0),
        (None, BLOCK - 1),
        (None, BLOCK),
        (None, 2 * BLOCK + 99),
        (Some(5_000_001), 4_999_999),
        (Some(5_000_001), 5_000_001),
        (Some(20_000_000), BLOCK + 5),
        (Some(20_000_000), 20_000_003),
        (Some(20_000_000), 2 * BLOCK + 99),
    ] {
        let mut after = before.clone();
        after[at] ^= 1;
        let hub = Hub::new().with(|repo| repo.part_size = part_size);
        let result = run(&hub, before.clone(), after, 2).await;
        assert_eq!(hub.count("complete"), 0, "{part_size:?} {at}");
        is_refused(&hub, result);
    }
}

#[tokio::test(start_paused = true)]
async fn f66_f67_a_file_that_shrinks_or_grows_is_noticed() {
    for size in [999, 1001] {
        for changes_at in [1, 2] {
            let hub = Hub::new();
            let result = run(&hub, content(1000), content(size), changes_at).await;
            is_refused(&hub, result);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_regular_file_that_changes_before_it_is_sent_is_noticed() {
    let hub = Hub::new();
    let result = run(&hub, b"12345".to_vec(), b"1234".to_vec(), 1).await;
    is_refused(&hub, result);
}

#[tokio::test(start_paused = true)]
async fn f69_everything_that_cannot_be_read_is_named_before_anything_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let add = |name: &str| {
        let path = dir.path().join(name);
        fs::write(&path, "x").unwrap();
        CommitOperation::from(CommitOperationAdd::new(name, path).unwrap())
    };
    let operations = vec![add("ok"), add("gone"), add("folder")];
    fs::remove_file(dir.path().join("gone")).unwrap();
    fs::remove_file(dir.path().join("folder")).unwrap();
    fs::create_dir(dir.path().join("folder")).unwrap();
    let hub = Hub::new();
    let error = create_commit(&hub.transport(), operations, options()).await.unwrap_err();
    let CommitError::Sources(problems) = &error else { panic!("{error:?}") };
    assert_eq!(problems.len(), 2);
    assert!(hub.repo().log.is_empty());
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_file_that_becomes_a_socket_does_not_stop_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    fs::write(&path, "x").unwrap();
    let add = CommitOperationAdd::new("f", path.clone()).unwrap();
    fs::remove_file(&path).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let error = create_commit(&Hub::new().transport(), vec![add.into()], options()).await.unwrap_err();
    assert!(error.to_string().contains("is not a regular file"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn real_files_are_uploaded_from_disk() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("w.bin"), content(1_000_000)).unwrap();
    fs::write(dir.path().join("a.txt"), "hi").unwrap();
    let operations = hub_commit::folder::scan(dir.path(), &hub_commit::folder::FolderOptions::new()).unwrap();
    let hub = Hub::new().with(|repo| repo.part_size = Some(300_001));
    create_commit(&hub.transport(), operations, options()).await.unwrap();
    let repo = hub.repo();
    assert!(repo.objects[&repo.head().tree["w.bin"].oid] == content(1_000_000));
}
