//! Sends one object: its content, completion, verify; with new URLs when they expire.

use std::ops::Range;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use http::HeaderMap;
use hub_transport::{Body, Error, ErrorKind, RetryClass};
use hub_types::lfs::{CompletedPart, CompletionRequest, ObjectId};

use super::batch::{Pieces, Route, Upload, negotiate};
use super::endpoint::{LfsStep, Put};
use super::range::{Part, Sending};
use crate::CommitError;
use crate::body::encoded::Fault;
use crate::body::read;
use crate::job::Job;

/// How often new URLs are asked for, for one object.
const RENEWALS: u32 = 3;
/// How often verify is tried.
const VERIFICATIONS: u32 = 3;
/// How often completion is tried with the same parts.
const COMPLETIONS: u32 = 3;

/// Why sending an object ended.
enum Failure {
    /// With new URLs it may work.
    Renew(CommitError),
    Final(CommitError),
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        Self::Final(error)
    }
}

/// Uploads one object and has it confirmed.
pub(super) async fn send(job: &Arc<Job>, upload: Upload) -> Result<(), CommitError> {
    let Upload { object, mut route } = upload;
    let path = job.path(object.seen.operation);
    let mut renewals = 0;
    loop {
        let expired = route.expires.is_some_and(|expires| job.transport.clock().now() >= expires);
        let result = if expired {
            Err(Failure::Renew(CommitError::malformed("its URLs expire before they can be used")))
        } else {
            content(job, &object, &route).await
        };
        match result {
            Ok(()) => break,
            Err(Failure::Renew(error)) => {
                renewals += 1;
                if renewals > RENEWALS {
                    return Err(error);
                }
                tracing::debug!(path, "asking for new upload URLs");
                let Some(renewed) = negotiate(job, vec![object.clone()]).await?.pop() else { return Ok(()) };
                route = renewed.route;
            }
            Err(Failure::Final(error)) => return Err(error),
        }
    }
    match &route.verify {
        Some((href, headers)) => {
            let step = step(path, href, headers, &ObjectId::new(&object.oid, object.size()))?;
            verify(job, path, step).await
        }
        None => Ok(()),
    }
}

async fn content(job: &Arc<Job>, object: &super::object::Object, route: &Route) -> Result<(), Failure> {
    let path = job.path(object.seen.operation);
    match &route.pieces {
        Pieces::Whole(href) => {
            let sending = Arc::new(Sending::new(job, object.clone(), 1));
            put(&sending, 0, 0..object.size(), href, &route.headers).await?;
            sending.check()?;
            Ok(())
        }
        Pieces::Parts { size, urls, complete } => {
            let sending = Arc::new(Sending::new(job, object.clone(), urls.len()));
            // Indices, because a stream of references is not `Send` for every lifetime.
            let count = u32::try_from(urls.len()).unwrap_or(u32::MAX);
            let mut parts = stream::iter(0..count)
                .map(|index| {
                    let sending = &sending;
                    async move {
                        let href = usize::try_from(index).ok().and_then(|index| urls.get(index));
                        let href = href.ok_or_else(|| CommitError::malformed("too many parts"))?;
                        let start = u64::from(index).saturating_mul(*size);
                        let range = start..start.saturating_add(*size).min(object.size());
                        let etag = part(sending, index, range, href).await?;
                        Ok::<_, Failure>(CompletedPart::new(index + 1, etag))
                    }
                })
                .buffer_unordered(job.at_once.transfers)
                .try_collect::<Vec<_>>()
                .await?;
            parts.sort_unstable_by_key(|part| part.part_number);
            sending.check()?;
            completion(job, object, path, complete, parts).await
        }
    }
}

/// A part has to answer with an `ETag`; without one it is sent once more.
async fn part(sending: &Arc<Sending>, index: u32, range: Range<u64>, href: &str) -> Result<String, Failure> {
    let no_headers = HeaderMap::new();
    let slot = usize::try_from(index).unwrap_or(usize::MAX);
    for _ in 0..2 {
        if let Some(etag) = put(sending, slot, range.clone(), href, &no_headers).await? {
            return Ok(etag);
        }
    }
    let path = sending.job.path(sending.object.seen.operation);
    Err(CommitError::malformed(format!("part {} of {path:?} was answered without an ETag", index + 1)).into())
}

async fn put(
    sending: &Arc<Sending>,
    part: usize,
    range: Range<u64>,
    href: &str,
    headers: &HeaderMap,
) -> Result<Option<String>, Failure> {
    let job = &sending.job;
    let path = job.path(sending.object.seen.operation);
    let clock = job.transport.clock();
    let permit = job.transfers.enter(|| clock.now()).await;
    let fault = Fault::default();
    let make = || -> Body {
        let (sending, range) = (Arc::clone(sending), range.clone());
        read::body(range.end - range.start, &fault, move || Part::open(&sending, part, range.clone()))
    };
    let endpoint = Put { target: path, href, headers, body: &make };
    let result = fault.guard(job.transport.send(&endpoint)).await?;
    drop(permit);
    if result.is_ok() {
        job.transfers.note(range.end - range.start, clock.now());
    }
    result.map_err(|source| {
        // Stores response 403 when a signature is too old; 410 and 404 when the upload it belongs to is gone.
        let renew = source.is_not_found() || source.kind() == ErrorKind::Forbidden;
        let error = CommitError::Upload { path: path.to_owned(), source };
        if renew { Failure::Renew(error) } else { Failure::Final(error) }
    })
}

/// Completes a multipart upload. When the response is lost, a new batch tells whether it is done: then it has no actions. So it
/// does after a refusal: an earlier attempt may have ended the upload that this one speaks of.
async fn completion(
    job: &Arc<Job>,
    object: &super::object::Object,
    path: &str,
    href: &str,
    parts: Vec<CompletedPart>,
) -> Result<(), Failure> {
    let request = CompletionRequest::new(&object.oid, parts);
    let headers = HeaderMap::new();
    let mut attempt = 1;
    loop {
        let mut step = step(path, href, &headers, &request)?;
        step.class = RetryClass::Ambiguous;
        step.with_token = false;
        let Err(source) = job.transport.send(&step).await else { return Ok(()) };
        let again = source.is_retryable() || source.maybe_processed();
        let gone = source.is_not_found() || source.kind() == ErrorKind::Forbidden;
        let error = CommitError::Upload { path: path.to_owned(), source };
        match negotiate(job, vec![object.clone()]).await {
            Ok(missing) if missing.is_empty() => return Ok(()),
            _ if !again && !gone => return Err(Failure::Final(error)),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        if !again || attempt >= COMPLETIONS {
            return Err(Failure::Renew(error));
        }
        pause(job, attempt).await;
        attempt += 1;
    }
}

async fn verify(job: &Arc<Job>, path: &str, step: LfsStep<'_>) -> Result<(), CommitError> {
    let mut attempt = 1;
    loop {
        let Err(source) = job.transport.send(&step).await else { return Ok(()) };
        // What is worth repeating at once was repeated by the transport; a refusal may be a store that is still busy.
        if attempt >= VERIFICATIONS || source.is_retryable() {
            return Err(CommitError::VerifyFailed { path: path.to_owned(), source });
        }
        pause(job, attempt).await;
        attempt += 1;
    }
}

async fn pause(job: &Job, attempt: u32) {
    job.transport.clock().sleep(job.transport.backoff(attempt)).await;
}

fn step<'a>(
    path: &'a str,
    href: &'a str,
    headers: &'a HeaderMap,
    message: &impl serde::Serialize,
) -> Result<LfsStep<'a>, CommitError> {
    let body = serde_json::to_vec(message).map_err(|error| CommitError::Upload {
        path: path.to_owned(),
        source: Error::build("the payload cannot be written as JSON").with_source(error),
    })?;
    Ok(LfsStep { target: path, href, headers, body, class: RetryClass::Read, with_token: true })
}
