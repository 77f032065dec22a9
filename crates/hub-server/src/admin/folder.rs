//! [`Admin`]: a data folder, used by a server or not.

use std::{io::ErrorKind, path::PathBuf};
#[cfg(unix)]
use std::{path::Path, time::Duration};

use serde_json::Value;

#[cfg(unix)]
use super::address::{Address, SOCKET};
use super::{AdminError, AdminErrorKind, AdminRequest};
use crate::{EmbeddedHub, store::must_be_own};

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
    database: Option<String>,
}

impl Admin {
    /// The data folder `dir`.
    pub fn of(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), secret_key: None, database: None }
    }

    /// The file with the key of the secrets of Spaces, where it is not in the folder. A server has it by itself.
    #[must_use]
    pub fn secret_key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.secret_key = Some(path.into());
        self
    }

    /// The URL of the database, where it is not in the folder. A server has it by itself.
    #[must_use]
    pub fn database(mut self, url: impl Into<String>) -> Self {
        self.database = Some(url.into());
        self
    }

    /// Does what is asked for. Blocks.
    ///
    /// # Errors
    /// When there is no data folder, unless an account is to be made, when it belongs to another user, when a process has it that takes no
    /// requests, and as for [`EmbeddedHub::administer`].
    pub fn run(&self, request: &AdminRequest) -> Result<Value, AdminError> {
        #[cfg(unix)]
        if let Some(value) = ask_server(&self.dir, request)? {
            return Ok(value);
        }
        let looked = std::fs::metadata(self.dir.join("version")).map_err(|error| error.kind());
        let is_none = matches!(looked, Err(ErrorKind::NotFound | ErrorKind::NotADirectory));
        if is_none && !request.founds() {
            let text = format!("{} is not a data folder of hub: name one with --data", self.dir.display());
            return Err(AdminError::new(AdminErrorKind::NotFound, text));
        }
        must_be_own(&self.dir, true)?;
        let mut hub = EmbeddedHub::open(&self.dir);
        if let Some(file) = &self.secret_key {
            hub = hub.secret_key_file(file);
        }
        if let Some(url) = &self.database {
            hub = hub.database(url);
        }
        hub.build()?.administer(request)
    }
}

/// Asks the server that listens on the socket of a folder; `None` where none does.
#[cfg(unix)]
fn ask_server(dir: &Path, request: &AdminRequest) -> Result<Option<Value>, AdminError> {
    use std::{
        io::{Read, Write},
        os::unix::net::UnixStream,
    };
    let failed = |error: &std::io::Error| {
        let socket = dir.join(SOCKET);
        AdminError::failed(
            &format!("the server that has this folder cannot be asked on {}", socket.display()),
            error,
        )
    };
    let connected = Address::of(dir).and_then(|address| UnixStream::connect(address.path()));
    let mut stream = match connected {
        Ok(stream) => stream,
        // One that was killed leaves its socket.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound
                    | ErrorKind::NotADirectory
                    | ErrorKind::ConnectionRefused
                    | ErrorKind::InvalidInput
            ) =>
        {
            return Ok(None);
        }
        // Whether there is a server nobody else can see.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            must_be_own(dir, true)?;
            return Err(failed(&error));
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
