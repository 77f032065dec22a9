//! Settings at their ends: nothing panics, and a download is whole or says why not.

use std::{fs, time::Duration};

use hub_download::{
    Cache, DownloadOptions, DownloadTimeouts, FileReader, Parts, RemoteFile, SnapshotRequest, Target,
    file_metadata, snapshot_download,
};
use hub_transport::ErrorKind;
use hub_types::{RepoRef, RepoType};

use crate::{
    server::Content,
    ways::{Asked, PATH, Way},
};

fn repo() -> RepoRef {
    RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap())
}

fn honest(content: &Content) -> Asked {
    let content = content.clone();
    Asked::new(move |asked| asked.honest(&content))
}

#[tokio::test(start_paused = true)]
async fn parts_and_workers_of_any_number_bring_the_file() {
    for size in [0, 1_000, 300_000] {
        for connections in [0, 1, usize::MAX] {
            for bytes in [0, 1, u64::MAX] {
                for workers in [0, 1, usize::MAX] {
                    let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(size));
                    let parts = Parts::new().connections(connections).bytes(bytes);
                    let target = Target::Cache(Cache::new(folder.path()));
                    let options = DownloadOptions::new().parts(parts);
                    let wanted = SnapshotRequest::new(repo(), target).workers(workers).options(options);
                    let place = snapshot_download(&honest(&content).transport, wanted).await.unwrap();
                    let what = format!("{size} bytes, {parts:?}, {workers} workers");
                    assert!(fs::read(place.join(PATH)).unwrap() == content.bytes, "{what}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn waits_of_any_length_are_survived() {
    for metadata in [Duration::ZERO, Duration::MAX] {
        for contents in [Duration::ZERO, Duration::MAX] {
            let timeouts = DownloadTimeouts::new().metadata(metadata).content(contents);
            let options = DownloadOptions::new().timeouts(timeouts);
            for way in Way::ALL.into_iter().filter(|way| *way != Way::Stream) {
                let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(300_000));
                let server = honest(&content);
                for _ in 0..2 {
                    match way.download_with(&server.transport, folder.path(), options.clone()).await {
                        Ok(found) => assert!(found == content.bytes),
                        Err(error) => {
                            let kind = error.as_transport().map(hub_transport::Error::kind);
                            assert_eq!(
                                (kind, contents),
                                (Some(ErrorKind::Timeout), Duration::ZERO),
                                "{error}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ranges_of_any_ends_are_read_or_refused() {
    let content = Content::new(1_000);
    let transport = honest(&content).transport;
    let (revision, path) = ("main".parse().unwrap(), PATH.parse::<hub_types::SafeRelPath>().unwrap());
    let facts = file_metadata(&transport, &repo(), &revision, &path).await.unwrap();
    for size in [0, 1_000, u64::MAX] {
        for start in [0, 999, 1_000, 1_001, u64::MAX] {
            for end in [0, 1, 1_000, u64::MAX] {
                let (commit, id) = (facts.commit.clone(), facts.id.clone());
                let file = RemoteFile::new(repo(), commit, path.clone(), size, id);
                let opened =
                    FileReader::open(&transport, file, start..end, DownloadTimeouts::default()).await;
                if let Ok(reader) = opened {
                    let range = reader.range();
                    assert!(
                        range.start <= range.end && range.end <= size,
                        "{start}..{end} of {size}: {range:?}"
                    );
                }
            }
        }
    }
}
