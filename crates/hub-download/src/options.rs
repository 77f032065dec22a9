//! What files and snapshots have in common.

use std::{fmt, sync::Arc, time::Duration};

use hub_transport::{DefaultTimeouts, Timeouts};
use hub_types::progress::Progress;
use tokio::sync::Semaphore;

use crate::{Disk, SystemDisk};

/// How a large file comes over several connections. It begins with one, and there are twice as many for as long as that
/// makes it faster by a tenth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// How many connections at most bring one file. The second to last are shared by all files of a download. 8 unless set;
    /// with 1 every file comes in one piece.
    pub connections: usize,
    /// How many bytes are asked for at a time, at least 1: 16 MiB unless set, and more for files of more than 128 such
    /// parts. Only what is left of a file after two parts is divided, and only if that is four or more.
    pub bytes: u64,
}

impl Default for Parts {
    fn default() -> Self {
        Self { connections: 8, bytes: 16 * 1024 * 1024 }
    }
}

impl Parts {
    /// A permit for each connection that files may have beyond their first.
    pub(crate) fn extra(self) -> Semaphore {
        Semaphore::new(self.connections.saturating_sub(1).min(Semaphore::MAX_PERMITS))
    }
}

/// How long a download waits for a server that says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadTimeouts {
    /// How long the Hub may take to say what a file or revision is, where what is kept can stand in for its answer: connection
    /// and redirects included, and asked once. 10 s unless set. Python: `etag_timeout`, `HF_HUB_ETAG_TIMEOUT`.
    pub metadata: Duration,
    /// How long the answer with a content may take to begin, and then stand still, before the transfer is continued over another
    /// connection. Unless set what the transport says of transfers, else 10 s. Python: `HF_HUB_DOWNLOAD_TIMEOUT`.
    pub content: Option<Duration>,
}

impl Default for DownloadTimeouts {
    fn default() -> Self {
        Self { metadata: Duration::from_secs(10), content: None }
    }
}

impl DownloadTimeouts {
    /// The limits of a question that something else can answer.
    pub(crate) fn of_metadata(self) -> Timeouts {
        Timeouts::new().head(self.metadata).idle(self.metadata).total(self.metadata)
    }

    /// The limits of a request for a content that were asked for.
    pub(crate) fn of_content(self) -> Timeouts {
        self.content.map_or(Timeouts::new(), |limit| Timeouts::new().head(limit).idle(limit))
    }

    /// Those of a request for a content of which nobody says anything.
    pub(crate) const fn usual_of_content() -> DefaultTimeouts {
        let usual = Duration::from_secs(10);
        DefaultTimeouts(Timeouts::new().head(usual).idle(usual))
    }
}

/// How something is downloaded.
#[derive(Clone)]
pub struct DownloadOptions {
    /// Whether files are fetched although they are there already. Off unless set. Python: `force_download`.
    pub force: bool,
    /// Whether the Hub is never asked. Off unless set. Python: `local_files_only`.
    pub local_files_only: bool,
    /// How a large file comes over several connections.
    pub parts: Parts,
    /// How long to wait for a server that says nothing.
    pub timeouts: DownloadTimeouts,
    /// Where progress is reported; nowhere unless set.
    pub progress: Option<Arc<dyn Progress>>,
    /// The disk; the operating system's unless set.
    pub disk: Arc<dyn Disk>,
}

impl Default for DownloadOptions {
    fn default() -> Self {
        Self {
            force: false,
            local_files_only: false,
            parts: Parts::default(),
            timeouts: DownloadTimeouts::default(),
            progress: None,
            disk: Arc::new(SystemDisk),
        }
    }
}

impl fmt::Debug for DownloadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadOptions")
            .field("force", &self.force)
            .field("local_files_only", &self.local_files_only)
            .field("parts", &self.parts)
            .field("timeouts", &self.timeouts)
            .field("progress", &self.progress.is_some())
            .field("disk", &self.disk)
            .finish()
    }
}
