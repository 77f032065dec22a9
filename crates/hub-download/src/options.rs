//! What files and snapshots have in common.

use std::{fmt, sync::Arc, time::Duration};

use hub_transport::{DefaultTimeouts, Timeouts};
use hub_types::progress::Progress;
use tokio::sync::Semaphore;

use crate::setters::setters;
use crate::{Disk, SystemDisk, XetPolicy};

/// How a large file comes over several connections. It begins with one, and there are twice as many for as long as that
/// makes it faster by a tenth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parts {
    pub(crate) connections: usize,
    pub(crate) bytes: u64,
}

impl Default for Parts {
    fn default() -> Self {
        Self { connections: 8, bytes: 16 * 1024 * 1024 }
    }
}

impl Parts {
    /// The defaults of the setters below.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections at most bring one file. The second to last are shared by all files of a download. 8 unless set;
    /// with 1 every file comes in one piece.
    #[must_use]
    pub const fn connections(mut self, most: usize) -> Self {
        self.connections = most;
        self
    }

    /// How many bytes are asked for at a time, at least 1: 16 MiB unless set, and more for files of more than 128 such
    /// parts. Only what is left of a file after two parts is divided, and only if that is four or more.
    #[must_use]
    pub const fn bytes(mut self, length: u64) -> Self {
        self.bytes = length;
        self
    }

    /// A permit for each connection that files may have beyond their first.
    pub(crate) fn extra(self) -> Semaphore {
        Semaphore::new(self.connections.saturating_sub(1).min(Semaphore::MAX_PERMITS))
    }
}

/// How long a download waits for a server that says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DownloadTimeouts {
    pub(crate) metadata: Duration,
    pub(crate) content: Option<Duration>,
}

impl Default for DownloadTimeouts {
    fn default() -> Self {
        Self { metadata: Duration::from_secs(10), content: None }
    }
}

impl DownloadTimeouts {
    /// The defaults of the setters below.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How long the Hub may take to say what a file or revision is, where what is kept can stand in for its response: connection
    /// and redirects included, and asked once. 10 s unless set. Python: `etag_timeout`, `HF_HUB_ETAG_TIMEOUT`.
    #[must_use]
    pub const fn metadata(mut self, limit: Duration) -> Self {
        self.metadata = limit;
        self
    }

    /// How long the response with a blob may take to begin, and then stand still, before the transfer is continued over another
    /// connection. Unless set what the transport says of transfers, else 10 s. Python: `HF_HUB_DOWNLOAD_TIMEOUT`.
    #[must_use]
    pub const fn content(mut self, limit: Duration) -> Self {
        self.content = Some(limit);
        self
    }

    /// The limits of a question that something else can answer.
    pub(crate) fn of_metadata(self) -> Timeouts {
        Timeouts::new().head(self.metadata).idle(self.metadata).total(self.metadata)
    }

    /// The limits of a request for a blob that were asked for.
    pub(crate) fn of_content(self) -> Timeouts {
        self.content.map_or(Timeouts::new(), |limit| Timeouts::new().head(limit).idle(limit))
    }

    /// Those of a request for a blob of which nobody says anything.
    pub(crate) const fn usual_of_content() -> DefaultTimeouts {
        let usual = Duration::from_secs(10);
        DefaultTimeouts(Timeouts::new().head(usual).idle(usual))
    }
}

/// How something is downloaded.
#[derive(Clone)]
#[non_exhaustive]
pub struct DownloadOptions {
    pub(crate) force: bool,
    pub(crate) local_files_only: bool,
    pub(crate) parts: Parts,
    pub(crate) timeouts: DownloadTimeouts,
    pub(crate) xet: XetPolicy,
    pub(crate) shared_blobs: bool,
    pub(crate) progress: Option<Arc<dyn Progress>>,
    pub(crate) disk: Arc<dyn Disk>,
}

impl Default for DownloadOptions {
    fn default() -> Self {
        Self {
            force: false,
            local_files_only: false,
            parts: Parts::default(),
            timeouts: DownloadTimeouts::default(),
            xet: XetPolicy::default(),
            shared_blobs: true,
            progress: None,
            disk: Arc::new(SystemDisk),
        }
    }
}

impl DownloadOptions {
    /// The defaults of the setters below.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether files are fetched although they are there already. Off unless set. Python: `force_download`.
    #[must_use]
    pub fn force_download(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    setters! {
        /// Whether the Hub is never asked. Off unless set. Python: `local_files_only`.
        local_files_only: bool,
        /// How a large file comes over several connections.
        parts: Parts,
        /// How long to wait for a server that says nothing.
        timeouts: DownloadTimeouts,
        /// Whether files come by Xet where the Hub has it: from 16 MiB on, and smaller ones of more than 1 MiB of which an older version is in
        /// the cache, unless set. Those of up to 128 KiB never do.
        xet: XetPolicy,
        /// Whether a cache keeps what comes by Xet once for all its repositories, and takes from there what one of them has. On unless set;
        /// with [`XetPolicy::Never`] it is off. What is there already is read and deleted all the same. Python: `HF_HUB_DISABLE_SHARED_BLOBS`.
        shared_blobs: bool,
        /// Where progress is reported; nowhere unless set.
        progress: Arc<dyn Progress>,
        /// The disk; the operating system's unless set.
        disk: Arc<dyn Disk>,
    }

    /// Whether the store that repositories share is used.
    pub(crate) fn uses_shared_blobs(&self) -> bool {
        self.shared_blobs && self.xet != XetPolicy::Never
    }
}

impl fmt::Debug for DownloadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadOptions")
            .field("force", &self.force)
            .field("local_files_only", &self.local_files_only)
            .field("parts", &self.parts)
            .field("timeouts", &self.timeouts)
            .field("xet", &self.xet)
            .field("shared_blobs", &self.shared_blobs)
            .field("progress", &self.progress.is_some())
            .field("disk", &self.disk)
            .finish()
    }
}
