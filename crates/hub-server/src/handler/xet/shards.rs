//! `POST /v2/shards`, which tells how far it is, and `POST /v1/shards`, which only ends.

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{
    future::{self, Either},
    stream,
};
use http::{
    HeaderValue, Response,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use http_body::Frame;
use http_body_util::StreamBody;
use hub_xet::wire::{ShardUploadEvent, ShardUploadResponse};
use tokio::sync::mpsc;

use crate::{
    Body, BoxError,
    api_error::ApiError,
    body::{self, Incoming},
    context::Context,
    respond,
    route::rights::Access,
    store::{ShardCheck, StoreError, XetFault},
};

/// Events that wait to be sent. One that has no room is left out: another follows.
const QUEUE: usize = 4;
/// How long nothing is said at most. Proxies and clients take a silent server for a dead one.
const SILENCE: Duration = Duration::from_secs(10);

/// Registers a shard, and says how far that is while it goes on.
pub(super) async fn second(
    context: &Context,
    access: Access,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let events = begin(context, access, body).await?;
    let first = ShardUploadEvent::Validating { verified: 0, total: events.total };
    let lines = stream::unfold((events, first), |(mut events, last)| async move {
        let event = match tokio::time::timeout(SILENCE, events.next.recv()).await {
            Ok(None) => return None,
            Ok(Some(step)) => step.map_or_else(error, event),
            Err(_) => last,
        };
        let frame = Ok::<_, BoxError>(Frame::data(Bytes::from(event.to_line())));
        Some((frame, (events, event)))
    });
    let mut response = Response::new(Body::new(StreamBody::new(lines)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// Registers a shard.
pub(super) async fn first(
    context: &Context,
    access: Access,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let mut events = begin(context, access, body).await?;
    while let Some(step) = events.next.recv().await {
        if let Step::Done(is_new) = step? {
            return respond::ok(&ShardUploadResponse { result: is_new.into() });
        }
    }
    Err(XetFault::Gone.into())
}

/// What happens to a shard.
enum Step {
    Check(ShardCheck),
    /// It is registered; whether the repository has something new.
    Done(bool),
}

struct Events {
    next: mpsc::Receiver<Result<Step, XetFault>>,
    /// Files of the shard.
    total: u64,
}

/// Takes a shard in and begins to register it. That ends when nobody takes the events any more.
async fn begin(context: &Context, access: Access, body: &mut Incoming) -> Result<Events, ApiError> {
    let xet = context.hub().store.xet().clone();
    let shard = xet.receive_shard(body::data_stream(body)).await?;
    let (sender, next) = mpsc::channel(QUEUE);
    let total = shard.file_count();
    let user = access.user()?.user.key;
    let (hub, repo) = (Arc::clone(&context.hub), access.repo.clone());
    let room = move |files: &[(&str, u64)]| hub.store.hold_room(&repo, files, 0);
    tokio::spawn(async move {
        let steps = sender.clone();
        let report = move |check| {
            // Without room the caller takes what is there first.
            let _ = steps.try_send(Ok(Step::Check(check)));
            !steps.is_closed()
        };
        // It is given up also while it waits for its turn.
        let (register, closed) =
            (pin!(xet.register((access.repo, user), shard, room, report)), pin!(sender.closed()));
        if let Either::Left((registered, _)) = future::select(register, closed).await {
            // Nobody waits any more when this fails.
            let _ = sender.send(registered.map(Step::Done)).await;
        }
    });
    Ok(Events { next, total })
}

fn event(step: Step) -> ShardUploadEvent {
    match step {
        Step::Check(ShardCheck::Validating { verified, total }) => {
            ShardUploadEvent::Validating { verified, total }
        }
        Step::Check(ShardCheck::Committing) => ShardUploadEvent::Committing { stage: "syncing".to_owned() },
        Step::Done(is_new) => ShardUploadEvent::Result { result: Some(is_new.into()) },
    }
}

fn error(fault: XetFault) -> ShardUploadEvent {
    let (message, retryable) = match fault {
        XetFault::Store(error @ StoreError::QuotaExceeded { .. }) => (error.to_string(), false),
        XetFault::Store(error) => {
            let error = ApiError::from(error);
            if let Some(cause) = &error.0.cause {
                tracing::error!(error = cause, "a shard could not be registered");
            }
            (error.to_string(), true)
        }
        XetFault::Gone => (fault.to_string(), true),
        other => (other.to_string(), false),
    };
    ShardUploadEvent::Error { message, retryable }
}
