//! Where one file belongs, and whether it is there.

mod collision;
pub(crate) mod local_dir;
pub(crate) mod target;

pub use self::target::Target;

use std::{
    io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::URL_SAFE};
use sha1::Digest;

use crate::cache::doomed::finish_deletions;
use crate::cache::layout::RepoFolder;
use crate::destination::local_dir::{LocalDir, Note};
use crate::disk::io_error;
use crate::{Cache, DownloadError, RemoteFile, cache};

/// The places of one file. All methods wait for the disk.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    pub(crate) file: RemoteFile,
    /// Where its content is published.
    pub(crate) content: PathBuf,
    /// Where its content is while it arrives, without the ending.
    pub(crate) stem: PathBuf,
    pub(crate) lock: PathBuf,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A link at `pointer` leads to the content.
    Cache { folder: RepoFolder, pointer: PathBuf },
    /// A note says what the content is.
    Folder(Note),
}

impl Destination {
    /// The places of files in a cache. Every name is checked before anything is made.
    pub(crate) fn all_in_cache(cache: &Cache, files: Vec<RemoteFile>) -> Result<Vec<Self>, DownloadError> {
        let place = |file: RemoteFile| {
            let folder = cache.folder(&file.repo);
            let pointer = folder.pointer(&file.commit, &file.path)?;
            let content = folder.blob(&file.id);
            let (stem, lock) = (content.clone(), folder.lock(&file.id));
            Ok(Self { file, content, stem, lock, kind: Kind::Cache { folder, pointer } })
        };
        let places = files.into_iter().map(place).collect::<Result<Vec<_>, DownloadError>>()?;
        cache.open()?;
        finish_deletions(cache.root());
        Ok(places)
    }

    /// The places of files in a folder, with the folders that they need. Every name is checked before anything is made.
    pub(crate) fn all_in_folder(
        folder: &LocalDir,
        files: Vec<RemoteFile>,
    ) -> Result<Vec<Self>, DownloadError> {
        for file in &files {
            file.path.under(folder.root())?;
        }
        let place = |file: RemoteFile| {
            let (content, note) = folder.spots(&file.path)?;
            let hash = sha1::Sha1::digest(note.place.file_name().unwrap_or_default().as_encoded_bytes());
            let name = format!("{}.{}", URL_SAFE.encode(hash), file.id.file_name());
            let (stem, lock) = (note.place.with_file_name(name), note.place.with_extension("lock"));
            Ok(Self { file, content, stem, lock, kind: Kind::Folder(note) })
        };
        files.into_iter().map(place).collect()
    }

    /// Where the caller finds the file.
    pub(crate) fn path(&self) -> &Path {
        match &self.kind {
            Kind::Cache { pointer, .. } => pointer,
            Kind::Folder(_) => &self.content,
        }
    }

    /// Whether the file is there with its content. Mends a link or a note that is missing.
    pub(crate) fn is_current(&self) -> Result<bool, DownloadError> {
        match &self.kind {
            Kind::Cache { folder, pointer } => cache::link(folder, &self.content, pointer, self.file.size),
            Kind::Folder(note) => note.confirms(&self.content, &self.file),
        }
    }

    /// Makes what leads to the content that was published: a link, or a note.
    pub(crate) fn settle(&self) -> Result<(), DownloadError> {
        match &self.kind {
            Kind::Cache { folder, pointer } => {
                if cache::link(folder, &self.content, pointer, self.file.size)? {
                    return Ok(());
                }
                let gone =
                    io::Error::new(io::ErrorKind::NotFound, "it was deleted meanwhile; download it again");
                Err(io_error("find", &self.content, gone))
            }
            Kind::Folder(note) => note.write(&self.file),
        }
    }
}
