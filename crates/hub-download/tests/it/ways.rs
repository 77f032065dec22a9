//! Every way on which a file is downloaded, and a server that is asked by what is asked and not in a fixed order.

use std::{fs, path::Path, sync::Arc};

use futures_util::TryStreamExt;
use http::{Method, Request};
use hub_download::{
    Cache, DownloadError, DownloadOptions, DownloadTimeouts, FileReader, FileRequest, RemoteFile,
    SnapshotRequest, Target, file_metadata, hf_hub_download, snapshot_download,
};
use hub_transport::{
    Body, Transport,
    testing::{Recorded, Recorder, Script, Step, TestToken, reply},
};
use hub_types::{RepoRef, RepoType};
use serde_json::json;
use tower::{ServiceExt, service_fn};

use crate::server::{COMMIT, Content};

pub(crate) const PATH: &str = "d/w.bin";

/// How a file is downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    File,
    FileToFolder,
    Snapshot,
    SnapshotToFolder,
    Stream,
}

impl Way {
    pub(crate) const ALL: [Self; 5] =
        [Self::File, Self::FileToFolder, Self::Snapshot, Self::SnapshotToFolder, Self::Stream];

    pub(crate) fn is_snapshot(self) -> bool {
        matches!(self, Self::Snapshot | Self::SnapshotToFolder)
    }

    /// Downloads [`PATH`] of `main` to `folder` and gives its content.
    pub(crate) async fn download(
        self,
        transport: &Transport,
        folder: &Path,
    ) -> Result<Vec<u8>, DownloadError> {
        self.download_with(transport, folder, DownloadOptions::default()).await
    }

    pub(crate) async fn download_with(
        self,
        transport: &Transport,
        folder: &Path,
        options: DownloadOptions,
    ) -> Result<Vec<u8>, DownloadError> {
        let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
        let (revision, path) = ("main".parse().unwrap(), PATH.parse().unwrap());
        let target = match self {
            Self::FileToFolder | Self::SnapshotToFolder => Target::Folder(folder.to_owned()),
            _ => Target::Cache(Cache::new(folder)),
        };
        let place = match self {
            Self::File | Self::FileToFolder => {
                let wanted = FileRequest::new(repo, path, target).revision(revision).options(options);
                hf_hub_download(transport, wanted).await?
            }
            Self::Snapshot | Self::SnapshotToFolder => {
                let wanted = SnapshotRequest::new(repo, target).revision(revision).options(options);
                snapshot_download(transport, wanted).await?.join(PATH)
            }
            Self::Stream => {
                let facts = file_metadata(transport, &repo, &revision, &path).await?;
                let file = RemoteFile::new(repo, facts.commit, path, facts.size, facts.id);
                let chunks: Vec<_> =
                    FileReader::open(transport, file, 0..u64::MAX, DownloadTimeouts::default())
                        .await?
                        .try_collect()
                        .await?;
                return Ok(chunks.concat());
            }
        };
        Ok(fs::read(place).unwrap())
    }
}

/// What a server is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    /// Commit, hash and size of a file.
    Describe,
    /// The commit of a branch.
    Head,
    /// The files of a commit.
    Listing,
    /// Hash and size of a file, where the response about it has none that can be right.
    Confirm,
    /// The content of a file.
    Content,
    /// Something of another host.
    Elsewhere,
}

impl RequestKind {
    fn of(request: &Request<Body>) -> Self {
        let path = request.uri().path();
        match request.method() {
            _ if request.uri().host() != Some("hub.test") => Self::Elsewhere,
            &Method::HEAD => Self::Describe,
            _ if path.contains("/tree/") => Self::Listing,
            _ if path.contains("/paths-info/") => Self::Confirm,
            _ if path.starts_with("/api/") => Self::Head,
            _ => Self::Content,
        }
    }

    /// Whether this is asked on the way.
    pub(crate) fn is_on(self, way: Way) -> bool {
        match self {
            Self::Describe | Self::Confirm => !way.is_snapshot(),
            Self::Head | Self::Listing => way.is_snapshot(),
            Self::Content | Self::Elsewhere => true,
        }
    }

    /// The right response.
    pub(crate) fn honest(self, content: &Content) -> Step {
        match self {
            Self::Describe => content.head(),
            Self::Head => reply(200).json(&json!({ "sha": COMMIT })),
            Self::Listing | Self::Confirm => reply(200).json(&[entry(PATH, content)]),
            Self::Content | Self::Elsewhere => content.whole(),
        }
    }
}

/// A file as a listing has it.
pub(crate) fn entry(path: &str, content: &Content) -> serde_json::Value {
    let (size, oid) = (content.bytes.len(), "74e0f12e3246e5d0b556558359a30e0991092cdc");
    let lfs = json!({ "oid": content.id, "size": size, "pointerSize": 130 });
    json!({ "type": "file", "oid": oid, "size": size, "path": path, "lfs": lfs })
}

/// Answers each request by what it asks for.
pub(crate) struct Asked {
    pub(crate) transport: Transport,
    recorder: Recorder,
}

impl Asked {
    pub(crate) fn new(response: impl Fn(RequestKind) -> Step + Clone + Send + Sync + 'static) -> Self {
        let recorder = Recorder::new();
        let inner_service = service_fn(move |request: Request<Body>| {
            Script::new([response(RequestKind::of(&request))]).oneshot(request)
        });
        let transport = Transport::builder("https://hub.test")
            .token_source(Arc::new(TestToken))
            .inner_service(inner_service)
            .attempt_layer(recorder.layer())
            .build()
            .unwrap();
        Self { transport, recorder }
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.recorder.requests()
    }
}
