//! [`AuditLog`]: who changed what, when and from where.

use std::{
    fs::File,
    io::{self, Write},
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::Timestamp;
use serde::Serialize;

/// A file to which a server adds a line of JSON for each change that it made. Clones share it.
///
/// | field | what it is |
/// |---|---|
/// | `time` | in UTC, with milliseconds |
/// | `user`, `token` | the names of the caller and of its token; null for a signed URL, which carries its permission |
/// | `address` | from where it was asked; null for an administrator on this machine |
/// | `method`, `operation` | what was done, as [`routes`](crate::routes) names it; of a form of a page, the operation of the API that it stands for, if there is one |
/// | `path` | the path of the request, or of that operation, without its query |
/// | `subject` | the repository, or the account, that was changed, where the path does not say it |
/// | `details` | what was set, or what else the request of an administrator named, as an object; never a secret. Null where there is no more to say |
/// | `status` | of the response |
/// | `request_id` | the `X-Request-Id` of the response, which the log has too |
#[derive(Debug, Clone)]
pub struct AuditLog {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    file: Mutex<File>,
    /// Whether the last line could not be written.
    is_broken: AtomicBool,
}

/// A line.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    pub(super) time: String,
    pub(super) user: Option<String>,
    pub(super) token: Option<String>,
    pub(super) address: Option<IpAddr>,
    pub(super) method: String,
    pub(super) operation: String,
    pub(super) path: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) details: Option<serde_json::Value>,
    pub(super) status: Option<u16>,
    pub(super) request_id: Option<String>,
}

impl AuditLog {
    /// Opens the file, or makes it, for its owner alone. Lines are added at its end.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let file = Mutex::new(append_to(&path)?);
        Ok(Self { shared: Arc::new(Shared { path, file, is_broken: AtomicBool::new(false) }) })
    }

    /// Opens the file anew, after it was renamed to begin another one.
    ///
    /// # Errors
    /// What the file system says; then the old file goes on.
    pub fn reopen(&self) -> io::Result<()> {
        let fresh = append_to(&self.shared.path)?;
        *self.shared.file.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Whether the last line could be written.
    pub(super) fn is_whole(&self) -> bool {
        !self.shared.is_broken.load(Ordering::Relaxed)
    }

    /// Adds a line, whole or not at all, and hands it to the system. Blocks on the disk.
    pub(super) fn write(&self, entry: &Entry) {
        let written = serde_json::to_vec(entry).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            let mut file = self.shared.file.lock().unwrap_or_else(PoisonError::into_inner);
            let before = file.metadata()?.len();
            file.write_all(&line).inspect_err(|_| {
                // Half a line would spoil the next one.
                let _ = file.set_len(before);
            })
        });
        self.shared.is_broken.store(written.is_err(), Ordering::Relaxed);
        if let Err(error) = written {
            let (path, entry) =
                (self.shared.path.display(), serde_json::to_string(entry).unwrap_or_default());
            tracing::error!(%error, entry, "a change is missing in the audit log {path}: make room for it");
        }
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The present, as lines have it.
pub(super) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(user: &str) -> Entry {
        Entry {
            time: now(),
            user: Some(user.to_owned()),
            token: None,
            address: Some([127, 0, 0, 1].into()),
            method: "POST".to_owned(),
            operation: "/api/repos/create".to_owned(),
            path: None,
            subject: Some("model ada/demo".to_owned()),
            details: None,
            status: Some(200),
            request_id: None,
        }
    }

    #[test]
    fn lines_are_added_and_go_to_a_new_file_after_the_old_one_was_renamed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        std::fs::write(&path, "{}\n").unwrap();
        let log = AuditLog::open(&path).unwrap();
        log.write(&entry("ada"));
        std::fs::rename(&path, dir.path().join("old.jsonl")).unwrap();
        log.write(&entry("bob"));
        log.reopen().unwrap();
        log.write(&entry("cora"));
        let users = |name: &str| -> Vec<String> {
            let text = std::fs::read_to_string(dir.path().join(name)).unwrap();
            let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            lines.filter_map(|line| line["user"].as_str().map(str::to_owned)).collect()
        };
        assert_eq!(
            (users("old.jsonl"), users("audit.jsonl")),
            (vec!["ada".into(), "bob".into()], vec!["cora".into()])
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_noticed() {
        let log = AuditLog::open("/dev/full").unwrap();
        assert!(log.is_whole());
        log.write(&entry("ada"));
        assert!(!log.is_whole());
    }
}
