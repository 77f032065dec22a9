//! Several downloads of one file at the same time.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
    sync::Arc,
};

use hub_api::{
    download::{
        Cache, Disk, DownloadError, DownloadOptions, FileRequest, SystemDisk, Target, hf_hub_download,
    },
    transport::{Transport, testing::Recorder},
    types::{RepoRef, RepoType},
};
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ada, lfs_hub as hub, noise};

const SIZE: usize = 600_000;

/// Grants every lock.
#[derive(Debug)]
struct Lying;

impl Disk for Lying {
    fn try_lock(&self, _: &File) -> Result<(), TryLockError> {
        Ok(())
    }
}

/// Has no locks.
#[derive(Debug)]
struct Without;

impl Disk for Without {
    fn try_lock(&self, _: &File) -> Result<(), TryLockError> {
        Err(TryLockError::Error(io::ErrorKind::Unsupported.into()))
    }
}

/// Downloads `w.bin` with a client of its own.
async fn download(
    hub: EmbeddedHub,
    recorder: Recorder,
    target: Target,
    disk: Arc<dyn Disk>,
) -> Result<Vec<u8>, DownloadError> {
    let transport = Transport::builder("http://hub.localhost")
        .inner_service(hub)
        .inner_is_private()
        .attempt_layer(recorder.layer());
    let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    let wanted = FileRequest::new(repo, "w.bin".parse().unwrap(), target);
    let wanted = wanted.options(DownloadOptions::new().disk(disk));
    Ok(fs::read(hf_hub_download(&transport.build().unwrap(), wanted).await?).unwrap())
}

fn targets(folder: &Path) -> [Target; 2] {
    [Target::Cache(Cache::new(folder.join("cache"))), Target::Folder(folder.join("folder"))]
}

fn transfers(recorder: &Recorder) -> usize {
    recorder.requests().iter().filter(|request| request.uri.path().contains("/info/lfs/objects/")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f84_sixteen_clients_fetch_a_file_once_where_locks_work_and_rightly_where_they_do_not() {
    let hub = hub();
    let content = noise(1, SIZE);
    ada(&hub).upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
    let disks: [(Arc<dyn Disk>, bool); 3] =
        [(Arc::new(SystemDisk), true), (Arc::new(Lying), false), (Arc::new(Without), false)];
    for (disk, once) in disks {
        let folder = tempfile::tempdir().unwrap();
        for target in targets(folder.path()) {
            for count in [2, 16] {
                let recorder = Recorder::new();
                let tasks: Vec<_> = (0..count)
                    .map(|_| download(hub.clone(), recorder.clone(), target.clone(), Arc::clone(&disk)))
                    .map(tokio::spawn)
                    .collect();
                for task in tasks {
                    assert!(task.await.unwrap().unwrap() == content, "{disk:?}");
                }
                assert!(!once || transfers(&recorder) == 1, "{:?}", recorder.requests());
                if let Target::Cache(cache) = &target {
                    let scan = cache.scan().unwrap();
                    assert_eq!((scan.repos[0].incomplete, scan.warnings.len()), (0, 0));
                }
                fs::remove_dir_all(target.root()).unwrap();
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn f85_when_the_one_that_fetches_is_dropped_another_takes_over() {
    let hub = hub();
    let content = noise(2, SIZE);
    ada(&hub).upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for target in targets(folder.path()) {
        let (fault, held) = Fault::hold_response();
        hub.fault(fault.on("GET").path("/info/lfs/objects/"));
        let start = || {
            let recorder = Recorder::new();
            let disk = Arc::new(SystemDisk);
            (tokio::spawn(download(hub.clone(), recorder.clone(), target.clone(), disk)), recorder)
        };
        let (leader, _) = start();
        held.reached().await;
        let (follower, recorder) = start();
        // Time passes only when nobody has anything to do.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert_eq!(transfers(&recorder), 0, "it waits for the first");
        leader.abort();
        assert!(follower.await.unwrap().unwrap() == content);
        assert_eq!(transfers(&recorder), 1);
        held.release();
    }
}
