//! Registers files and xorbs: shards, and what the CAS says while it checks them.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use http_body::Body as _;
use hub_endpoints::XetCas;
use hub_transport::{Body, Error, ErrorKind};
use hub_xet::XetError;
use hub_xet::shard::{FileBlock, MAX_SHARD_BYTES, ShardBuilder, XorbBlock};
use hub_xet::wire::{EventReader, ShardUploadEvent};

use super::endpoint::{PostShardV1, post_shard_v2, shard_call};
use crate::CommitError;
use crate::job::Job;

/// How often a shard is sent while the CAS says that another time may do, or breaks off.
const ATTEMPTS: u32 = 5;
/// Most bytes of all events about a shard: it is a server that never comes to an end.
const MOST: u64 = 64 * 1024 * 1024;

/// Why nothing, or not everything, was registered.
#[derive(Debug)]
pub(super) enum Failure {
    /// The CAS does not accept the files, for this reason.
    Refused(String, CommitError),
    Other(CommitError),
}

impl From<Failure> for CommitError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(_, error) | Failure::Other(error) => error,
        }
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        Self::Other(error)
    }
}

/// Registers xorbs that the CAS has, then files, in as many shards as it takes, one after the other.
pub(super) async fn register(
    job: &Job,
    cas: &XetCas,
    files: &[FileBlock],
    xorbs: &[XorbBlock],
) -> Result<(), Failure> {
    let most = (job.options.memory_budget / 4).clamp(1024 * 1024, MAX_SHARD_BYTES as u64);
    let empty = || ShardBuilder::new().max_bytes(most);
    let mut shard = empty();
    for xorb in xorbs {
        if let Err(XetError::TooLarge { .. }) = shard.push_xorb(xorb) {
            upload(job, cas, std::mem::replace(&mut shard, empty())).await?;
            shard.push_xorb(xorb).map_err(CommitError::of_format)?;
        }
    }
    for file in files {
        if let Err(XetError::TooLarge { .. }) = shard.push_file(file) {
            upload(job, cas, std::mem::replace(&mut shard, empty())).await?;
            // One file may need more than the memory that we should like to spend on it.
            shard = ShardBuilder::new();
            shard.push_file(file).map_err(CommitError::of_format)?;
        }
    }
    upload(job, cas, shard).await
}

async fn upload(job: &Job, cas: &XetCas, shard: ShardBuilder) -> Result<(), Failure> {
    if shard.is_empty() {
        return Ok(());
    }
    let shard = Bytes::from(shard.finish());
    let mut attempt = 1;
    loop {
        let error = match send(cas, &shard).await {
            Ok(()) => return Ok(()),
            Err(Attempt::Failed(failure)) => return Err(failure),
            Err(Attempt::Again(error)) => error,
        };
        if attempt >= ATTEMPTS {
            return Err(Failure::Other(error));
        }
        tracing::debug!(%error, attempt, "registering the files is tried again");
        let clock = job.transport.clock();
        clock.sleep(job.transport.backoff(attempt)).await;
        attempt += 1;
    }
}

/// How one sending of a shard ended without success.
enum Attempt {
    /// Another one may succeed: registering twice is the same as once.
    Again(CommitError),
    Failed(Failure),
}

async fn send(cas: &XetCas, shard: &Bytes) -> Result<(), Attempt> {
    match cas.open(shard_call(), || post_shard_v2(shard.clone())).await {
        Ok(response) => watch(response.into_body()).await,
        // A CAS that speaks the first version only; the transport has no kind of its own for 501.
        Err(error) if error.is_not_found() || error.status() == Some(StatusCode::NOT_IMPLEMENTED) => {
            cas.send(&PostShardV1(shard.clone())).await.map(drop).map_err(refusal)
        }
        Err(error) => Err(refusal(error)),
    }
}

fn refusal(error: Error) -> Attempt {
    Attempt::Failed(match error.kind() {
        ErrorKind::BadRequest => {
            let said = error.server_message().unwrap_or_default().to_owned();
            Failure::Refused(said, CommitError::XetFiles(error))
        }
        _ => Failure::Other(CommitError::XetFiles(error)),
    })
}

/// Reads the events up to the last one.
async fn watch(body: Body) -> Result<(), Attempt> {
    let mut body = std::pin::pin!(body);
    let mut frames = stream::poll_fn(|cx| body.as_mut().poll_frame(cx));
    let (mut events, mut read) = (EventReader::new(), 0u64);
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|error| again(Error::body(error)))?;
        let Ok(data) = frame.into_data() else { continue };
        read = read.saturating_add(data.len() as u64);
        if read > MOST {
            return Err(unreadable("the server says more and more about the files and comes to no end"));
        }
        let mut input: &[u8] = &data;
        while let Some(event) =
            events.next_event(&mut input).map_err(|error| unreadable(&error.to_string()))?
        {
            if let Some(end) = end(event) {
                return end;
            }
        }
    }
    match events.finish() {
        Ok(Some(event)) => end(event).unwrap_or(Ok(())),
        Ok(None) => Ok(()),
        Err(error) => Err(again(Error::new(ErrorKind::Interrupted, error.to_string()))),
    }
}

/// What the last event says; `None` for those before it.
fn end(event: ShardUploadEvent) -> Option<Result<(), Attempt>> {
    match event {
        ShardUploadEvent::Result { .. } => Some(Ok(())),
        ShardUploadEvent::Error { message, retryable } => {
            let error = CommitError::XetRefused { message: message.clone() };
            Some(Err(match retryable {
                true => Attempt::Again(error),
                false => Attempt::Failed(Failure::Refused(message, error)),
            }))
        }
        ShardUploadEvent::Validating { verified, total } => {
            tracing::debug!(verified, total, "the server checks the files");
            None
        }
        _ => None,
    }
}

fn again(error: Error) -> Attempt {
    Attempt::Again(CommitError::XetFiles(error.in_call(&shard_call())))
}

fn unreadable(why: &str) -> Attempt {
    let error = Error::new(ErrorKind::Decode, why.to_owned()).in_call(&shard_call());
    Attempt::Failed(Failure::Other(CommitError::XetFiles(error)))
}
