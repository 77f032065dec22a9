//! [`Admin`]: a data folder, used by a server or not.

use std::path::PathBuf;
#[cfg(unix)]
use std::{path::Path, time::Duration};

use serde_json::Value;

use super::{AdminError, AdminErrorKind, AdminRequest};
use crate::EmbeddedHub;

/// The socket in a data folder on which a server takes requests.
#[cfg(unix)]
pub(super) const SOCKET: &str = "admin.sock";
/// How long a request may take to be sent. What comes of it may take as long as it needs.
#[cfg(unix)]
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes of a response: a list of a million tokens.
#[cfg(unix)]
const MOST_BYTES: u64 = 512 << 20;

/// A data folder for those who run the Hub on it. Where a server has the folder, it is asked; else the folder is opened for each request.
#[derive(Debug, Clone)]
pub struct Admin {
    dir: PathBuf,
    secret_key: Option<PathBuf>,
}

impl Admin {
    /// The data folder `dir`.
    pub fn of(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), secret_key: None }
    }

    /// The file with the key of the secrets of Spaces, where it is not in the folder. A server has it by itself.
    #[must_use]
    pub fn secret_key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.secret_key = Some(path.into());
        self
    }

    /// Does what is asked for. Blocks.
    ///
    /// # Errors
    /// When there is no data folder, unless an account is to be made, when a process has it that takes no requests, and as for
    /// [`EmbeddedHub::administer`].
    pub fn run(&self, request: &AdminRequest) -> Result<Value, AdminError> {
        #[cfg(unix)]
        if let Some(value) = ask_server(&self.dir.join(SOCKET), request)? {
            return Ok(value);
        }
        if !request.founds() && !self.dir.join("version").exists() {
            let text = format!("{} is not a data folder of hub: name one with --data", self.dir.display());
            return Err(AdminError::new(AdminErrorKind::NotFound, text));
        }
        let mut hub = EmbeddedHub::open(&self.dir);
        if let Some(file) = &self.secret_key {
            hub = hub.secret_key_file(file);
        }
        hub.build()?.administer(request)
    }
}

/// Asks the server that listens on a socket; `None` where none does.
#[cfg(unix)]
fn ask_server(socket: &Path, request: &AdminRequest) -> Result<Option<Value>, AdminError> {
    use std::{
        io::{ErrorKind, Read, Write},
        os::unix::net::UnixStream,
    };
    let failed = |error: &std::io::Error| {
        AdminError::failed(
            &format!("the server that has this folder cannot be asked on {}", socket.display()),
            error,
        )
    };
    let mut stream = match UnixStream::connect(socket) {
        Ok(stream) => stream,
        // One that was killed leaves its socket.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::InvalidInput
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(failed(&error)),
    };
    let mut line =
        serde_json::to_vec(request).map_err(|error| AdminError::failed("cannot write JSON", &error))?;
    line.push(b'\n');
    let mut response = Vec::new();
    let asked = stream
        .set_write_timeout(Some(SEND_TIMEOUT))
        .and_then(|()| stream.write_all(&line))
        .and_then(|()| (&stream).take(MOST_BYTES).read_to_end(&mut response));
    asked.map_err(|error| failed(&error))?;
    let response: Result<Value, AdminError> = serde_json::from_slice(&response).map_err(|_| {
        let text = "the server ended before the request was done: see its log";
        AdminError::new(AdminErrorKind::Failed, text)
    })?;
    response.map(Some)
}
