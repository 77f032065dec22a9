//! The path of the socket in a data folder, in a form that the system takes however long the folder's own path is.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

/// The socket in a data folder on which a server takes requests.
pub(super) const SOCKET: &str = "admin.sock";
/// Bytes that the path of a socket may have on every system.
const LONGEST: usize = 100;

/// A path to bind or connect to; good until the value is dropped.
#[derive(Debug)]
pub(super) struct Address {
    path: PathBuf,
    _folder: Option<File>,
}

impl Address {
    /// The address of the socket of a data folder.
    ///
    /// # Errors
    /// When the folder cannot be opened, or its path is too long and the system has no other name for it.
    pub(super) fn of(dir: &Path) -> io::Result<Self> {
        let path = dir.join(SOCKET);
        if path.as_os_str().len() <= LONGEST { Ok(Self { path, _folder: None }) } else { by_descriptor(dir) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(target_os = "linux")]
fn by_descriptor(dir: &Path) -> io::Result<Address> {
    use std::os::fd::AsRawFd;
    let folder = File::open(dir)?;
    let path = format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd()).into();
    Ok(Address { path, _folder: Some(folder) })
}

#[cfg(not(target_os = "linux"))]
fn by_descriptor(_: &Path) -> io::Result<Address> {
    let text = "the path of the data folder is too long for a socket: name the folder by a symbolic link with a shorter path";
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}
