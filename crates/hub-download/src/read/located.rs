//! [`Located`]: a file of a commit, and whether it is in the cache or on the Hub.

use std::{fs::File, ops::Range, path::PathBuf};

use hub_transport::Transport;

use crate::disk::{blocking, io_error};
use crate::{DownloadError, DownloadTimeouts, FileReader, RemoteFile};

/// A file of a commit that can be read again and again.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    pub(crate) file: RemoteFile,
    /// Its place in the cache; `None` if it is read from the Hub.
    place: Option<PathBuf>,
}

impl Located {
    /// A file that the Hub has.
    pub(crate) fn on_hub(file: RemoteFile) -> Self {
        Self { file, place: None }
    }

    /// A file that is in the cache.
    pub(crate) fn in_cache(file: RemoteFile, place: PathBuf) -> Self {
        Self { file, place: Some(place) }
    }

    /// Opens bytes `range`. An end behind the file's is the file's.
    pub(crate) async fn open(
        &self,
        transport: &Transport,
        range: Range<u64>,
        timeouts: DownloadTimeouts,
    ) -> Result<FileReader, DownloadError> {
        let Some(place) = self.place.clone() else {
            return FileReader::open(transport, self.file.clone(), range, timeouts).await;
        };
        let opened = blocking(move || File::open(&place).map_err(|error| io_error("read", &place, error)));
        FileReader::from_disk(self.file.clone(), range, opened.await?)
    }

    /// Bytes `range` at once. An end behind the file's is the file's.
    pub(crate) async fn read(
        &self,
        transport: &Transport,
        range: Range<u64>,
        timeouts: DownloadTimeouts,
    ) -> Result<Vec<u8>, DownloadError> {
        let mut reader = self.open(transport, range, timeouts).await?;
        let bytes = reader.take_bytes(usize::MAX).await?;
        reader.end().await?;
        Ok(bytes)
    }
}
