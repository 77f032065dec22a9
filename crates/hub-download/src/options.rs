//! What files and snapshots have in common.

use std::{fmt, sync::Arc};

use hub_types::progress::Progress;

use crate::{Disk, SystemDisk};

/// How something is downloaded.
#[derive(Clone)]
pub struct DownloadOptions {
    /// Whether files are fetched although they are there already. Off unless set. Python: `force_download`.
    pub force: bool,
    /// Whether the Hub is never asked. Off unless set. Python: `local_files_only`.
    pub local_files_only: bool,
    /// Where progress is reported; nowhere unless set.
    pub progress: Option<Arc<dyn Progress>>,
    /// The disk; the operating system's unless set.
    pub disk: Arc<dyn Disk>,
}

impl Default for DownloadOptions {
    fn default() -> Self {
        Self { force: false, local_files_only: false, progress: None, disk: Arc::new(SystemDisk) }
    }
}

impl fmt::Debug for DownloadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadOptions")
            .field("force", &self.force)
            .field("local_files_only", &self.local_files_only)
            .field("progress", &self.progress.is_some())
            .field("disk", &self.disk)
            .finish()
    }
}
