//! Asks where objects go. A response is checked as a whole before any byte of its objects is sent.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use hub_types::lfs::{Actions, BatchObject, BatchRef, BatchRequest, ObjectId, Operation};
use hub_types::progress::Phase;
use tokio::time::Instant;

use super::endpoint::Batch;
use crate::CommitError;
use crate::error::RejectedObject;
use crate::job::Job;
use crate::lfs::object::Object;
use crate::lfs::url;

/// Objects in one request.
pub(super) const MAX_OBJECTS: usize = 256;

/// An object and where it goes.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) object: Object,
    pub(super) route: Route,
}

/// Where an object goes, checked.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) pieces: Pieces,
    pub(super) headers: HeaderMap,
    pub(super) verify: Option<(String, HeaderMap)>,
    /// From when on the URLs are no longer valid.
    pub(super) expires: Option<Instant>,
}

/// In how many pieces an object is sent.
pub(super) enum Pieces {
    /// One `PUT` to this URL.
    Whole(String),
    /// Parts of `size` bytes to these URLs, then completion at `complete`.
    Parts { size: u64, urls: Vec<String>, complete: String },
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(_) => f.write_str("Whole"),
            Self::Parts { size, urls, .. } => write!(f, "Parts({} of {size} bytes)", urls.len()),
        }
    }
}

impl Route {
    /// How many requests it takes to send an object this way when all goes well.
    pub(super) fn requests(&self) -> u64 {
        let content = match &self.pieces {
            Pieces::Whole(_) => 1,
            Pieces::Parts { urls, .. } => urls.len() as u64 + 1,
        };
        content + u64::from(self.verify.is_some())
    }
}

/// The objects that have to be uploaded, with their URLs. Objects that the server has are not among them.
pub(super) async fn negotiate(job: &Arc<Job>, objects: Vec<Object>) -> Result<Vec<Upload>, CommitError> {
    let ids = objects.iter().map(|object| ObjectId::new(&object.oid, object.size())).collect();
    let branch = (!job.options.create_pr).then(|| BatchRef::new(job.options.revision.as_str()));
    let request = BatchRequest::new(Operation::Upload, ids)
        .transfers(["basic".into(), "multipart".into()])
        .reference(branch)
        .hash_algo("sha256".to_owned());
    let asked = job.transport.clock().now();
    let endpoint = Batch { repo: &job.options.repo, request };
    let response = job.transport.send(&endpoint).await.map_err(CommitError::LfsBatch)?;
    let transfer = response.transfer.as_deref().unwrap_or("basic");
    if !["basic", "multipart"].contains(&transfer) {
        return Err(CommitError::malformed(format!("the transfer {transfer:?} was not offered")));
    }
    let mut responses = by_oid(response.objects)?;
    let mut uploads = Vec::new();
    let mut rejected = Vec::new();
    for object in objects {
        let path = job.path(object.seen.operation);
        let response = responses
            .remove(&object.oid)
            .ok_or_else(|| CommitError::malformed(format!("nothing was said about {path:?}")))?;
        if let Some(error) = response.error {
            rejected.push(RejectedObject { path: path.to_owned(), code: error.code, message: error.message });
            continue;
        }
        if response.size != object.size() {
            let (said, size) = (response.size, object.size());
            return Err(CommitError::malformed(format!("{path:?} has {size} bytes, the server says {said}")));
        }
        match response.actions {
            Some(Actions { upload: Some(action), verify, .. }) => {
                let route = route(job, path, &object, &action, verify.as_ref(), asked)?;
                uploads.push(Upload { object, route });
            }
            _ => {
                let size = object.size();
                job.reporter.file(Phase::Uploading, path, size, size);
            }
        }
    }
    if !rejected.is_empty() {
        return Err(CommitError::LfsRejected(rejected));
    }
    if !responses.is_empty() {
        return Err(CommitError::malformed("it names objects that were not asked about"));
    }
    Ok(uploads)
}

fn by_oid(objects: Vec<BatchObject>) -> Result<HashMap<String, BatchObject>, CommitError> {
    let mut found = HashMap::with_capacity(objects.len());
    for object in objects {
        if let Some(twice) = found.insert(object.oid.clone(), object) {
            return Err(CommitError::malformed(format!("it names the object {:?} twice", twice.oid)));
        }
    }
    Ok(found)
}

fn route(
    job: &Job,
    path: &str,
    object: &Object,
    action: &hub_types::lfs::Action,
    verify: Option<&hub_types::lfs::Action>,
    asked: Instant,
) -> Result<Route, CommitError> {
    let endpoint = job.transport.endpoint();
    let parts = action
        .multipart(object.size())
        .map_err(|error| CommitError::malformed(format!("for {path:?}: {error}")))?;
    let href = url::usable(endpoint, &action.href)?;
    let headers = match &parts {
        // The headers of a multipart action describe the parts; they are not for the store.
        Some(_) => url::headers(endpoint, &href, &BTreeMap::new()),
        None => url::headers(endpoint, &href, &action.header),
    };
    let pieces = match parts {
        Some(parts) => Pieces::Parts {
            size: parts.chunk_size,
            urls: parts.parts.iter().map(|part| url::usable(endpoint, part)).collect::<Result<_, _>>()?,
            complete: href,
        },
        None => Pieces::Whole(href),
    };
    let verify = match verify {
        Some(action) => {
            let href = url::usable(endpoint, &action.href)?;
            let headers = url::headers(endpoint, &href, &action.header);
            Some((href, headers))
        }
        None => None,
    };
    let expires = action.expires_in.and_then(|seconds| asked.checked_add(Duration::from_secs(seconds)));
    Ok(Route { pieces, headers, verify, expires })
}
