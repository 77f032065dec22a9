//! The files of an upload: operation k of the file system goes wrong, for every k.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hub_api::commit::source::{Files, SourceFile, Stamp, SystemFiles};
use hub_api::commit::{CommitError, CommitOptions, create_commit};
use hub_api::{CommitOperation, CommitOperationAdd};
use hub_tests::model::{Model, Rules};
use hub_tests::model_client::{in_paused_time, model_transport};
use hub_tests::noise;
use hub_types::{RepoRef, RepoType};

/// What an operation does in place of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// An error of the device.
    Error,
    /// A signal came; the same again goes well.
    Interrupted,
    /// The end of the file, too early.
    End,
    /// The file is another one by now.
    Changed,
}

/// Files whose operation number `at` (from 0) goes wrong.
#[derive(Debug, Clone)]
struct Failing {
    count: Arc<AtomicUsize>,
    at: usize,
    wrong: Wrong,
}

impl Failing {
    fn new(at: usize, wrong: Wrong) -> Self {
        Self { count: Arc::default(), at, wrong }
    }

    fn hit(&self) -> Option<Wrong> {
        (self.count.fetch_add(1, Ordering::SeqCst) == self.at).then_some(self.wrong)
    }

    fn step(&self) -> io::Result<()> {
        match self.hit() {
            Some(Wrong::Error) => Err(io::Error::other("the device failed")),
            _ => Ok(()),
        }
    }
}

impl Files for Failing {
    fn open(&self, path: &Path) -> io::Result<(Box<dyn SourceFile>, Stamp)> {
        self.step()?;
        let (inner, stamp) = SystemFiles.open(path)?;
        Ok((Box::new(Open { inner, files: self.clone() }), stamp))
    }
}

struct Open {
    inner: Box<dyn SourceFile>,
    files: Failing,
}

impl Read for Open {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.files.hit() {
            Some(Wrong::Error) => Err(io::Error::other("the device failed")),
            Some(Wrong::Interrupted) => Err(io::ErrorKind::Interrupted.into()),
            Some(Wrong::End) => Ok(0),
            _ => self.inner.read(buf),
        }
    }
}

impl Seek for Open {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        self.files.step()?;
        self.inner.seek(target)
    }
}

impl SourceFile for Open {
    fn stamp(&mut self) -> io::Result<Stamp> {
        match self.files.hit() {
            Some(Wrong::Error) => Err(io::Error::other("the device failed")),
            Some(Wrong::Changed) => Ok(Stamp::of_size(7)),
            _ => self.inner.stamp(),
        }
    }
}

/// One upload of a regular file and one for LFS; how many operations there were, what is left, and what was said.
fn upload(files: &Failing) -> (usize, Model, Result<(), CommitError>) {
    let folder = tempfile::tempdir().unwrap();
    let operations: Vec<CommitOperation> = [("a.txt", noise(1, 50)), ("w.bin", noise(2, 300))]
        .map(|(path, content)| {
            let place = folder.path().join(path);
            std::fs::write(&place, content).unwrap();
            CommitOperationAdd::new(path, place).unwrap().into()
        })
        .into();
    in_paused_time(async {
        let model = Model::with_demo(Rules { part_size: Some(128), ..Rules::default() });
        let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
        let options = CommitOptions::new(repo, "Add files").files(Arc::new(files.clone()));
        let transport = model_transport(&model, "ada", 7).build().unwrap();
        let result = create_commit(&transport, operations, options).await.map(drop);
        (files.count.load(Ordering::SeqCst), model, result)
    })
}

#[test]
fn f64_whichever_operation_on_the_files_of_an_upload_fails_all_of_it_is_committed_or_nothing() {
    let (count, clean, result) = upload(&Failing::new(usize::MAX, Wrong::Error));
    result.unwrap();
    let wanted = clean.state().demo().files();
    assert!(count > 5, "{count} operations");
    for wrong in [Wrong::Error, Wrong::Interrupted, Wrong::End, Wrong::Changed] {
        for at in 0..count {
            let (_, model, result) = upload(&Failing::new(at, wrong));
            let state = model.state();
            match result {
                Ok(()) => assert_eq!(state.demo().files(), wanted, "{wrong:?} at {at}"),
                Err(error) => {
                    assert_ne!(wrong, Wrong::Interrupted, "at {at}: {error}");
                    assert_eq!(state.demo().branch("main").len(), 1, "{wrong:?} at {at}: {error}");
                    let of_the_file =
                        matches!(error, CommitError::Sources(_) | CommitError::SourceChanged { .. });
                    assert!(of_the_file, "{wrong:?} at {at}: {error:?}");
                }
            }
        }
    }
}
