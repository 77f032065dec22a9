//! A scripted server, and the places that files go to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use hub_download::{
    Cache, DownloadError, DownloadOptions, FileRequest, SnapshotRequest, Target, hf_hub_download,
    snapshot_download,
};
use hub_transport::{
    Transport,
    testing::{Recorded, Script, Step, reply},
};
use hub_types::{RepoRef, RepoType};
use sha2::Digest;

pub(crate) const COMMIT: &str = "1111111111111111111111111111111111111111";

/// A blob with its hash.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    pub(crate) id: String,
}

impl Content {
    pub(crate) fn new(size: usize) -> Self {
        Self::of((0..size).map(|at| (at * 7 + at / 251) as u8).collect())
    }

    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        let id = sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { bytes, id }
    }

    pub(crate) fn head(&self) -> Step {
        described(COMMIT, &self.id, self.bytes.len())
    }

    /// The whole content.
    pub(crate) fn whole(&self) -> Step {
        reply(200).header("etag", "\"storage\"").text(self.bytes.clone())
    }

    /// The first bytes, and then the connection ends.
    pub(crate) fn broken(&self, bytes: usize) -> Step {
        reply(200).header("etag", "\"storage\"").text(self.bytes[..bytes].to_vec()).broken()
    }

    /// The bytes from `first` on.
    pub(crate) fn rest(&self, first: usize) -> Step {
        self.range(&format!("bytes {first}-{}/{}", self.bytes.len() - 1, self.bytes.len()), first)
    }

    /// The bytes from `first` on, under any name.
    pub(crate) fn range(&self, said: &str, first: usize) -> Step {
        let response = reply(206).header("etag", "\"storage\"").header("content-range", said);
        response.text(self.bytes[first..].to_vec())
    }
}

/// The response to a question about a file.
pub(crate) fn described(commit: &str, etag: &str, size: usize) -> Step {
    reply(200)
        .header("x-repo-commit", commit)
        .header("etag", &format!("\"{etag}\""))
        .header("x-linked-size", &size.to_string())
}

/// One kind of target in a folder of its own.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) target: Target,
    pub(crate) options: DownloadOptions,
}

/// Each kind of target, and each way that blobs take: through memory and through a partial file.
pub(crate) fn places() -> impl Iterator<Item = (Place, Content)> {
    [1_000, 300_000].into_iter().flat_map(|size| targets().map(move |place| (place, Content::new(size))))
}

pub(crate) fn targets() -> impl Iterator<Item = Place> {
    let cache = |path: &Path| Target::Cache(Cache::new(path));
    let folder = |path: &Path| Target::Folder(path.to_owned());
    [cache as fn(&Path) -> Target, folder].into_iter().map(|target| {
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path());
        Place { folder, target, options: DownloadOptions::default() }
    })
}

fn repo() -> RepoRef {
    RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap())
}

fn client(script: &Script) -> Transport {
    Transport::builder("https://hub.test").inner_service(script.clone()).build().unwrap()
}

impl Place {
    /// The same kind of target in another folder.
    pub(crate) fn another(&self) -> Self {
        let index = usize::from(matches!(self.target, Target::Folder(_)));
        Self { options: self.options.clone(), ..targets().nth(index).unwrap() }
    }

    /// Downloads `w.bin` from a server that answers with these steps; also gives the requests for blobs.
    pub(crate) async fn download(
        &self,
        steps: impl IntoIterator<Item = Step>,
    ) -> (Result<PathBuf, DownloadError>, Vec<Recorded>) {
        let script = Script::new(steps);
        let wanted = FileRequest::new(repo(), "w.bin".parse().unwrap(), self.target.clone());
        let wanted = wanted.options(self.options.clone());
        let outcome = hf_hub_download(&client(&script), wanted).await;
        assert_eq!(script.remaining(), 0, "{outcome:?}");
        (outcome, script.requests().into_iter().filter(|request| request.method == "GET").collect())
    }

    /// Downloads everything from a server whose commit has these files, of one byte each.
    pub(crate) async fn snapshot(&self, paths: &[&str]) -> (Result<PathBuf, DownloadError>, Script) {
        let entry = |path: &&str| {
            let oid = "74e0f12e3246e5d0b556558359a30e0991092cdc";
            serde_json::json!({"type": "file", "oid": oid, "size": 1, "path": path})
        };
        let tree: Vec<_> = paths.iter().map(entry).collect();
        let listed = [reply(200).json(&tree)];
        let script = Script::new(listed.into_iter().chain(paths.iter().map(|_| reply(200).text("!"))));
        let wanted = SnapshotRequest::new(repo(), self.target.clone());
        let wanted = wanted.revision(COMMIT.parse().unwrap()).options(self.options.clone());
        (snapshot_download(&client(&script), wanted).await, script)
    }

    /// All files below the folder but locks and notes, with their lengths.
    pub(crate) fn contents(&self) -> Vec<(String, u64)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let metadata = fs::symlink_metadata(&path).unwrap();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                let own = [".lock", ".metadata", ".gitignore", "CACHEDIR.TAG", ".json"];
                match metadata {
                    metadata if metadata.is_dir() && name != "refs" => folders.push(path),
                    metadata if metadata.is_file() && !own.iter().any(|end| name.ends_with(end)) => {
                        found.push((name, metadata.len()));
                    }
                    _ => {}
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// Fails unless nothing was published and nothing is left.
    pub(crate) fn assert_empty(&self) {
        assert_eq!(self.contents(), [], "{:?}", self.target);
    }

    /// What is left to be continued, if nothing was published.
    pub(crate) fn partial(&self) -> Option<u64> {
        match self.contents().as_slice() {
            [] => None,
            [(name, length)] if name.ends_with(".incomplete") => Some(*length),
            other => panic!("{other:?} in {:?}", self.target),
        }
    }
}
