//! The socket on which a server takes the requests of those who run it: a line of JSON each, and a line back.

use std::{fs, io, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::Semaphore,
};

use super::{
    AdminError, AdminErrorKind, AdminRequest,
    address::{Address, SOCKET},
};
use crate::{EmbeddedHub, store::Stop};

/// Requests at the same time; further ones wait.
const AT_ONCE: usize = 4;
/// How long a request may take to come, and how many bytes it may have.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 64 << 10;
/// How long a response may take to be read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

/// A socket in the data folder of a hub; removed when dropped.
pub(crate) struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl AdminSocket {
    /// Makes the socket, for the folder's owner alone. Nobody else has one there: the folder is this process's.
    pub(crate) fn bind(hub: &EmbeddedHub) -> io::Result<Self> {
        let path = hub.dir().join(SOCKET);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(Address::of(hub.dir())?.path())?;
        let socket = Self { listener, path };
        fs::set_permissions(&socket.path, fs::Permissions::from_mode(0o600))?;
        Ok(socket)
    }

    /// Answers until it is dropped. `note` is told of each change that was made.
    pub(crate) async fn serve(
        self,
        hub: EmbeddedHub,
        note: impl Fn(&AdminRequest, Option<u32>) + Clone + Send + 'static,
    ) {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let mut running = tokio::task::JoinSet::new();
        loop {
            while running.try_join_next().is_some() {}
            let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a request of an administrator could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let (hub, note) = (hub.clone(), note.clone());
            running.spawn(async move {
                answer(stream, hub, note).await;
                drop(turn);
            });
        }
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Ends long work when dropped.
struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.now();
    }
}

async fn answer(
    mut stream: UnixStream,
    hub: EmbeddedHub,
    note: impl Fn(&AdminRequest, Option<u32>) + Send + 'static,
) {
    let user = stream.peer_cred().ok().map(|peer| peer.uid());
    let request = match tokio::time::timeout(READ_TIMEOUT, read(&mut stream)).await {
        Ok(Ok(request)) => request,
        Ok(Err(error)) => return write(&mut stream, &Err(error)).await,
        Err(_) => return,
    };
    let stop = StopOnDrop(Stop::default());
    let (until, asked) = (stop.0.clone(), request.clone());
    let work = tokio::task::spawn_blocking(move || hub.administer_until(&asked, until));
    let mut rest = [0];
    let done = tokio::select! {
        done = work => done,
        // Whoever asked has gone, or says more than a request.
        _ = stream.read(&mut rest) => return,
    };
    let done = done.unwrap_or_else(|error| Err(AdminError::failed("the request was stopped", &error)));
    match &done {
        Ok(_) => {
            tracing::info!(?user, request = ?request, "an administrator's request");
            if request.is_change() {
                let _ = tokio::task::spawn_blocking(move || note(&request, user)).await;
            }
        }
        Err(error) => tracing::warn!(?user, request = ?request, %error, "an administrator's request failed"),
    }
    write(&mut stream, &done).await;
}

async fn read(stream: &mut UnixStream) -> Result<AdminRequest, AdminError> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let came = stream.read_buf(&mut line).await;
        if line.len() > MOST_BYTES || !came.is_ok_and(|length| length > 0) {
            return Err(AdminError::new(AdminErrorKind::Invalid, "the request broke off or is too long"));
        }
    }
    serde_json::from_slice(&line).map_err(|_| {
        let text = "the server does not know this request: is it of another version than this command?";
        AdminError::invalid(text)
    })
}

async fn write(stream: &mut UnixStream, response: &Result<Value, AdminError>) {
    let Ok(mut line) = serde_json::to_vec(response) else { return };
    line.push(b'\n');
    let written = async {
        stream.write_all(&line).await?;
        stream.shutdown().await
    };
    if !matches!(tokio::time::timeout(WRITE_TIMEOUT, written).await, Ok(Ok(()))) {
        tracing::warn!("an administrator did not read the response");
    }
}
