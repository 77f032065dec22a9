//! What all files of one download share.

use hub_transport::{Reporter, Transport};
use hub_types::progress::Phase;
use tokio::sync::Semaphore;

use crate::cas::LazyCas;
use crate::{DownloadOptions, RemoteFile};

/// What all files of one download share.
#[derive(Clone, Copy)]
pub(crate) struct Job<'j> {
    pub(crate) transport: &'j Transport,
    pub(crate) options: &'j DownloadOptions,
    pub(crate) reporter: &'j Reporter,
    /// Permits for connections that files have beyond their first.
    pub(crate) extra: &'j Semaphore,
    /// The CAS that has their repository's large files by Xet.
    pub(crate) xet: &'j LazyCas,
}

impl Job<'_> {
    /// Reports a file that is there already as downloaded.
    pub(crate) fn announce(&self, file: &RemoteFile) {
        self.report(file, file.size);
    }

    pub(crate) fn report(&self, file: &RemoteFile, position: u64) {
        self.reporter.file(Phase::Downloading, file.path.as_str(), position, file.size);
    }
}
