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
use crate::cache::shared::{SharedEntry, SharedStore};
use crate::destination::local_dir::{LocalDir, Note};
use crate::disk::io_error;
use crate::{Cache, Disk, DownloadError, DownloadOptions, RemoteFile, cache};

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
    /// A link at `pointer` leads to the content. `shared` is what the store of all repositories calls it, if that is used.
    Cache { folder: RepoFolder, pointer: PathBuf, shared: Option<SharedEntry> },
    /// A note says what the content is.
    Folder(Note),
}

impl Destination {
    /// The places of files in a cache. Every name is checked before anything is made.
    pub(crate) fn all_in_cache(
        cache: &Cache,
        files: Vec<RemoteFile>,
        options: &DownloadOptions,
    ) -> Result<Vec<Self>, DownloadError> {
        let is_shared = options.uses_shared_blobs();
        let place = |file: RemoteFile| {
            let folder = cache.folder(&file.repo);
            let pointer = folder.pointer(&file.commit, &file.path)?;
            let content = folder.blob(&file.id);
            let (stem, lock) = (content.clone(), folder.lock(&file.id));
            let shared = SharedEntry::of(cache.root(), &file).filter(|_| is_shared);
            Ok(Self { file, content, stem, lock, kind: Kind::Cache { folder, pointer, shared } })
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

    /// Whether the file is there with its content. Mends a link, a note or a line of a manifest that is missing, and takes what another
    /// repository of the cache has.
    pub(crate) fn is_current(&self, disk: &dyn Disk) -> Result<bool, DownloadError> {
        match &self.kind {
            Kind::Cache { folder, pointer, shared } => {
                let link = || cache::link(folder, &self.content, pointer, self.file.size);
                if link()? {
                    SharedStore::of(folder.cache()).note_user(disk, &self.content);
                    return Ok(true);
                }
                Ok(shared.as_ref().is_some_and(|one| one.take(disk, &self.content)) && link()?)
            }
            Kind::Folder(note) => note.confirms(&self.content, &self.file),
        }
    }

    /// Gives a content to the store of all repositories, once its Xet hash was found right. With `replace` what is there is replaced.
    pub(crate) fn share(&self, disk: &dyn Disk, replace: bool) -> Result<(), DownloadError> {
        let Kind::Cache { shared: Some(entry), .. } = &self.kind else { return Ok(()) };
        match entry.publish(disk, &self.content, replace) {
            Ok(_) => Ok(()),
            Err(error) => Err(io_error("write", &self.content, error)),
        }
    }

    /// Makes what leads to the content that was published: a link, or a note.
    pub(crate) fn settle(&self) -> Result<(), DownloadError> {
        match &self.kind {
            Kind::Cache { folder, pointer, .. } => {
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
