//! One download of a blob at a time.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
    sync::Arc,
    time::Duration,
};

use hub_transport::Transport;

use crate::{
    Disk, DownloadError,
    disk::{blocking, io_error, make_folder},
};

/// The longest time between two looks at a lock that another has.
const PATIENCE: Duration = Duration::from_millis(200);
/// How often it is said that somebody else has the lock.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// The right to download a blob, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    /// Whether nobody else can have it: false on file systems whose locks do nothing.
    pub(crate) exclusive: bool,
}

impl Lock {
    /// Waits until nobody else has the lock, and says so every 10 s. Between two looks no thread is held, so that any number can
    /// wait.
    pub(crate) async fn wait(
        transport: &Transport,
        disk: &Arc<dyn Disk>,
        path: &Path,
    ) -> Result<Self, DownloadError> {
        let clock = transport.clock();
        let (mut pause, start) = (Duration::from_millis(5), clock.now());
        let mut said = start;
        loop {
            let (disk, place) = (Arc::clone(disk), path.to_owned());
            if let Some(lock) = blocking(move || Self::take(&*disk, &place)).await? {
                return Ok(lock);
            }
            let now = clock.now();
            if now.saturating_duration_since(said) >= SAY_EVERY {
                let waited_s = now.saturating_duration_since(start).as_secs();
                tracing::warn!(waited_s, lock = %path.display(), "waiting for another download of the same file");
                said = now;
            }
            clock.sleep(pause).await;
            pause = (pause * 2).min(PATIENCE);
        }
    }

    fn take(disk: &dyn Disk, path: &Path) -> Result<Option<Self>, DownloadError> {
        if path.is_symlink() {
            return Err(DownloadError::LeavesFolder { path: path.to_owned() });
        }
        path.parent().map(make_folder).transpose()?;
        let open = || OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = open().map_err(|error| io_error("create", path, error))?;
        match disk.try_lock(&file) {
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, path = %path.display(), "this file system has no locks");
                Ok(Some(Self { _file: file, exclusive: false }))
            }
            // Some file systems grant every lock: there a second handle gets it too.
            Ok(()) => {
                let second = open().map_err(|error| io_error("create", path, error))?;
                let exclusive = disk.try_lock(&second).is_err();
                Ok(Some(Self { _file: file, exclusive }))
            }
        }
    }
}
