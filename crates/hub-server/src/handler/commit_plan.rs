//! The lines of a commit, one after the other, become the changes that it makes.

use hub_types::{
    SafeRelPath, base64,
    commit::{CommitHeader, CommitLine, Encoding, InlineFile, LfsFile, MAX_LFS_FILES},
    lfs::{self, Pointer},
};

use super::git_files;
use crate::{
    api_error::ApiError,
    card,
    context::Inner,
    store::{Change, RepoRecord, Room, Stage},
};

/// The largest file inside a commit, in bytes. Larger ones are for LFS, whatever they hold.
pub(crate) const MAX_INLINE: usize = 10 << 20;
/// The longest title and text together, in bytes.
const MAX_MESSAGE: usize = 64 << 10;

/// A commit that is being read.
pub(crate) struct Draft<'h> {
    hub: &'h Inner,
    repo: &'h RepoRecord,
    stage: Stage,
    header: Option<CommitHeader>,
    changes: Vec<Change>,
    lfs_paths: Vec<String>,
    /// Bytes of content that git is to store.
    inline_bytes: u64,
    lfs_objects: Vec<String>,
    /// Memory of the last decoded content.
    decoded: Vec<u8>,
}

/// Everything that a commit is made of.
pub(crate) struct Drafted {
    pub(crate) header: CommitHeader,
    pub(crate) stage: Stage,
    pub(crate) changes: Vec<Change>,
    pub(crate) lfs_paths: Vec<String>,
    pub(crate) lfs_objects: Vec<String>,
    /// Held until the commit is made.
    pub(crate) room: Option<Room>,
}

/// Bytes of the name of a file or folder.
const LONGEST_NAME: usize = 255;

/// The refusal of an inline file that belongs into LFS, in the Hub's words.
pub(crate) fn too_large() -> ApiError {
    ApiError::bad_request(
        "Your push was rejected because it contains files larger than 10 MiB. Please use git-lfs to store large files.",
    )
}

impl<'h> Draft<'h> {
    pub(crate) fn new(hub: &'h Inner, repo: &'h RepoRecord, stage: Stage) -> Self {
        Self {
            hub,
            repo,
            stage,
            header: None,
            changes: Vec::new(),
            lfs_paths: Vec::new(),
            inline_bytes: 0,
            lfs_objects: Vec::new(),
            decoded: Vec::new(),
        }
    }

    /// Takes one line.
    pub(crate) fn line(&mut self, line: CommitLine<'_>) -> Result<(), ApiError> {
        match line {
            CommitLine::Header(header) => self.take_header(header),
            CommitLine::File(file) => self.inline(file),
            CommitLine::LfsFile(file) => self.lfs(file),
            CommitLine::DeletedFile(deleted) => self.delete(&deleted.path, |path| {
                // Clients of today send this for folders too, and the Hub deletes them.
                Change::DeleteEntry { path }
            }),
            CommitLine::DeletedFolder(deleted) => {
                self.delete(&deleted.path, |path| Change::DeleteFolder { path })
            }
            CommitLine::DeletedEntry(deleted) => {
                self.delete(&deleted.path, |path| Change::DeleteEntry { path })
            }
        }
    }

    fn take_header(&mut self, header: CommitHeader) -> Result<(), ApiError> {
        if header.summary.trim().is_empty() {
            return Err(ApiError::bad_request("the commit needs a summary"));
        }
        if header.summary.len() + header.description.len() > MAX_MESSAGE {
            return Err(ApiError::bad_request(format!(
                "the commit message is longer than {MAX_MESSAGE} bytes"
            )));
        }
        if [&header.summary, &header.description].into_iter().any(|text| text.contains('\0')) {
            return Err(ApiError::bad_request(
                "the commit message has a NUL character, which git does not take",
            ));
        }
        self.header = Some(header);
        Ok(())
    }

    fn inline(&mut self, file: InlineFile<'_>) -> Result<(), ApiError> {
        let path = checked(&file.path)?;
        let content = match file.encoding {
            Encoding::Utf8 => file.content.as_bytes(),
            Encoding::Base64 => {
                base64::decode_to(&file.content, &mut self.decoded).map_err(|error| {
                    ApiError::bad_request(format!("the content of {path:?} is not base64: {error}"))
                })?;
                &self.decoded
            }
        };
        if content.len() > MAX_INLINE {
            return Err(too_large());
        }
        if path == "README.md"
            && let Some(refusal) = card::refusal(self.repo.repo.repo_type, content)
        {
            return Err(ApiError::bad_request(refusal));
        }
        if let Some(problem) = git_files::problem(&path, content) {
            return Err(ApiError::bad_request(problem));
        }
        if let Some(pointer) = Pointer::parse(content) {
            self.stored(&path, &pointer.oid, Some(pointer.size))?;
            self.lfs_objects.push(pointer.oid);
        }
        self.inline_bytes = self.inline_bytes.saturating_add(content.len() as u64);
        let blob = self.stage.write_blob(content)?;
        self.changes.push(Change::Put { path, blob });
        Ok(())
    }

    fn lfs(&mut self, file: LfsFile) -> Result<(), ApiError> {
        let path = checked(&file.path)?;
        if file.algo != "sha256" || !lfs::is_oid(&file.oid) {
            return Err(ApiError::bad_request(format!("the LFS object of {path:?} needs a sha256 oid")));
        }
        if self.lfs_paths.len() >= MAX_LFS_FILES {
            return Err(ApiError::bad_request(format!("at most {MAX_LFS_FILES} LFS files go in one commit")));
        }
        let size = self.stored(&path, &file.oid, file.size)?;
        self.lfs_objects.push(file.oid.clone());
        let pointer = Pointer::new(file.oid, size).to_string();
        let blob = self.stage.write_blob(pointer.as_bytes())?;
        self.changes.push(Change::Put { path: path.clone(), blob });
        self.lfs_paths.push(path);
        Ok(())
    }

    /// The size of the LFS object that a file leads to. Nothing may lead to content that the repository has not, or
    /// has not any more.
    fn stored(&self, path: &str, oid: &str, size: Option<u64>) -> Result<u64, ApiError> {
        let stored = self.hub.store.whole(self.repo, oid)?;
        stored.filter(|stored| size.is_none_or(|size| size == *stored)).ok_or_else(|| {
            ApiError::bad_request(format!("LFS pointer pointed to a file that does not exist: {path:?}"))
        })
    }

    fn delete(&mut self, path: &str, change: impl FnOnce(String) -> Change) -> Result<(), ApiError> {
        self.changes.push(change(checked(path.trim_end_matches('/'))?));
        Ok(())
    }

    /// Everything that a commit is made of.
    pub(crate) fn finish(self) -> Result<Drafted, ApiError> {
        let Self { hub, repo, stage, header, changes, lfs_paths, lfs_objects, inline_bytes, .. } = self;
        let header = header.ok_or_else(|| ApiError::bad_request("the commit has no header"))?;
        let room = hub.store.hold_room(repo, &[], inline_bytes)?;
        Ok(Drafted { header, stage, changes, lfs_paths, lfs_objects, room })
    }
}

fn checked(path: &str) -> Result<String, ApiError> {
    let path: SafeRelPath =
        path.parse().map_err(|error: hub_types::ParseError| ApiError::bad_request(error.to_string()))?;
    // As a push: on Windows it would be two names.
    if path.as_str().contains('\\') {
        let message = format!("{:?} has a name with a backslash; folders are parted by `/`", path.as_str());
        return Err(ApiError::bad_request(message));
    }
    if path.as_str().split('/').any(|name| name.len() > LONGEST_NAME) {
        let message = format!(
            "{:?} has a name of more than {LONGEST_NAME} bytes, which no file system takes",
            path.as_str()
        );
        return Err(ApiError::bad_request(message));
    }
    Ok(path.as_str().to_owned())
}
