//! Where one file belongs, and how it gets there.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    Disk, DownloadError, RemoteFile, cache,
    disk::io_error,
    layout::RepoFolder,
    local_dir::Note,
    partial::publish_bytes,
    sink::{Sink, Store},
};

/// The places of one file. All methods wait for the disk.
#[derive(Debug, Clone)]
pub(crate) struct Place {
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

impl Place {
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

    /// Publishes a complete content.
    pub(crate) fn publish(&self, disk: &dyn Disk, sink: Sink) -> Result<(), DownloadError> {
        match sink.store {
            Store::Memory(content) => publish_bytes(disk, &self.stem, &self.content, &content)?,
            Store::Partial(partial) => match partial.publish(&self.content) {
                // Where locks do nothing, another may have published this content from under us. What was there before, under
                // the same name, may be what was to be replaced: only its bytes tell.
                Err(_) if self.is_right() => {}
                outcome => outcome?,
            },
        }
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

    /// Whether the content is there, by its hash.
    fn is_right(&self) -> bool {
        matches!(self.kind, Kind::Cache { .. })
            && fs::metadata(&self.content).is_ok_and(|there| there.len() == self.file.size)
            && self.file.id.matches_file(&self.content).is_ok_and(|same| same == Some(true))
    }
}
