//! What a server does around the hub for those who run it: it counts requests, and writes down changes.

use std::{net::IpAddr, sync::Arc, time::Instant};

use http::{Method, Request, Response, StatusCode, request::Parts};
use hub_types::{
    error_code::X_REQUEST_ID,
    route::{self, LockRoute, RepoRoute, Route},
};
use tower::Service;

use super::audit::{AuditLog, Entry, now};
use crate::{
    AdminRequest, Body, BoxError, EmbeddedHub, RateLimit, body,
    context::Subject,
    limits::rates::{Bucket, Caller, Rates},
    refused,
    route::{
        cas, rights,
        table::{self, Needs, Operation},
    },
    store::Identity,
};
#[cfg(feature = "page")]
use crate::{base_url::base_url, page};

/// Limits and the audit log of a server.
#[derive(Debug, Default)]
pub(super) struct Oversight {
    rates: Option<Rates>,
    audit: Option<AuditLog>,
}

impl Oversight {
    pub(super) fn new(
        users: Option<RateLimit>,
        addresses: Option<RateLimit>,
        audit: Option<AuditLog>,
    ) -> Arc<Self> {
        let rates = (users.is_some() || addresses.is_some()).then(|| Rates::new(users, addresses));
        Arc::new(Self { rates, audit })
    }

    /// Whether every change so far was written down.
    pub(super) fn is_whole(&self) -> bool {
        self.audit.as_ref().is_none_or(AuditLog::is_whole)
    }

    /// Has a request answered by the hub, if its caller may make one more; notes what it changed.
    pub(super) async fn answer<B>(
        &self,
        hub: &mut EmbeddedHub,
        (mut parts, body): (Parts, B),
        address: IpAddr,
    ) -> Result<Response<Body>, BoxError>
    where
        B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        #[cfg(feature = "page")]
        carry_token(hub, &mut parts).await;
        let (asked, started) = (Asked::of(hub, &parts), Instant::now());
        let audit = self.audit.as_ref().filter(|_| asked.change.is_some());
        let bucket = self.rates.as_ref().zip(asked.bucket);
        if audit.is_none() && bucket.is_none() {
            return hub.call(Request::from_parts(parts, body)).await;
        }
        let caller = identity(hub, &parts).await;
        let counted = bucket.and_then(|(rates, bucket)| {
            rates.count(
                caller.as_ref().map_or(Caller::Address(address), |it| Caller::User(it.user.key)),
                bucket,
            )
        });
        if let Some(counted) = counted.filter(|counted| counted.is_refused) {
            let mut response = refused::logged(hub.inner(), &parts, counted.refusal(), started);
            counted.describe(response.headers_mut());
            body::drain(&mut body::erase(body)).await;
            return Ok(response);
        }
        let subject = Subject::default();
        parts.extensions.insert(subject.clone());
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let mut response = hub.call(Request::from_parts(parts, body)).await?;
        if let Some(counted) = counted {
            counted.describe(response.headers_mut());
        }
        if let (Some(audit), Some(change)) = (audit, asked.change)
            && (response.status().is_success() || response.status() == StatusCode::SEE_OTHER)
        {
            let id = response.headers().get(X_REQUEST_ID).and_then(|id| id.to_str().ok());
            let changed = subject.take();
            let (method, operation, path) = (method, change.path, path);
            #[cfg(feature = "page")]
            let (method, operation, path) =
                changed.asked_for.and_then(stood_for).unwrap_or((method, operation, path));
            let entry = Entry {
                time: now(),
                user: caller.as_ref().map(|caller| caller.user.name.clone()),
                token: caller.map(|caller| caller.token_name),
                address: Some(address.to_canonical()),
                method: method.to_string(),
                operation: operation.to_owned(),
                path: Some(path),
                subject: changed.subject.or(asked.repo),
                details: changed.details,
                status: Some(response.status().as_u16()),
                request_id: id.map(str::to_owned),
            };
            let audit = audit.clone();
            // Before the response goes out: whoever has it finds the line.
            let _ = tokio::task::spawn_blocking(move || audit.write(&entry)).await;
        }
        Ok(response)
    }

    /// Notes what an administrator on this machine changed. Blocks on the disk.
    pub(super) fn note(&self, request: &AdminRequest, user: Option<u32>) {
        let Some(audit) = &self.audit else { return };
        let mut details = serde_json::to_value(request).unwrap_or_default();
        let operation = details.as_object_mut().and_then(|fields| fields.remove("do"));
        let field = |key: &str| details.get(key)?.as_str().map(str::to_owned);
        let repo = field("repo_type").zip(field("repo_id")).map(|(kind, id)| format!("{kind} {id}"));
        // Of a token its user is changed, and of a membership the organisation.
        let subject = repo.or_else(|| ["org", "account", "user", "name"].into_iter().find_map(field));
        audit.write(&Entry {
            time: now(),
            user: None,
            token: None,
            address: None,
            method: "admin".to_owned(),
            operation: operation.as_ref().and_then(|word| word.as_str()).unwrap_or_default().to_owned(),
            path: user.map(|id| format!("uid {id}")),
            subject,
            // No request has a secret in it.
            details: Some(details),
            status: None,
            request_id: None,
        });
    }
}

/// What of a request matters here.
struct Asked {
    /// Among what it is counted.
    bucket: Option<Bucket>,
    /// What it changes.
    change: Option<&'static Operation>,
    repo: Option<String>,
}

impl Asked {
    #[cfg_attr(not(feature = "page"), expect(unused_variables, reason = "pages have forms"))]
    fn of(hub: &EmbeddedHub, parts: &Parts) -> Self {
        #[cfg(feature = "page")]
        if page::is_needed_to_sign_in(hub.inner(), parts) {
            return Self { bucket: None, change: None, repo: None };
        }
        #[cfg(feature = "page")]
        if page::signs_in(hub.inner(), parts) {
            return Self { bucket: Some(Bucket::SignIn), change: None, repo: None };
        }
        #[cfg(feature = "page")]
        if let Some((operation, repo)) = page::change(hub.inner(), parts) {
            let repo = repo.map(|repo| repo.to_string());
            return Self { bucket: Some(Bucket::Api), change: Some(operation), repo };
        }
        // The token for the store of Xet was counted, and says who may what there.
        if cas::parse(parts.uri.path()).is_some() {
            return Self { bucket: None, change: None, repo: None };
        }
        let Ok(route) = route::parse(parts.uri.path()) else {
            return Self { bucket: Some(Bucket::Api), change: None, repo: None };
        };
        let bucket = match &route {
            Route::Repo { action: RepoRoute::Resolve(..) | RepoRoute::Raw(..), .. } => {
                Some(Bucket::Resolvers)
            }
            // It was counted when its URL was asked for.
            Route::Repo { action: RepoRoute::LfsLink(_), .. } => None,
            _ => Some(Bucket::Api),
        };
        let is_read = matches!(parts.method, Method::GET | Method::HEAD)
            || matches!(
                &route,
                Route::Repo { action: RepoRoute::Preupload(_) | RepoRoute::LfsLocks(LockRoute::Verify), .. }
            );
        let operation = table::of(&route).iter().find(|operation| operation.answers(&parts.method));
        let change = operation.filter(|operation| {
            let writes = matches!(
                operation.needs,
                Needs::Write | Needs::WriteInNamespace | Needs::Contribute | Needs::SignedUrl
            );
            writes && !is_read
        });
        let repo = match &route {
            Route::Repo { repo, .. } => Some(repo.to_string()),
            _ => None,
        };
        Self { bucket, change, repo }
    }
}

/// The operation of the API that a form stands for, with its method and path.
#[cfg(feature = "page")]
fn stood_for((method, path): (Method, String)) -> Option<(Method, &'static str, String)> {
    let route = route::parse(&path).ok()?;
    let operation = table::of(&route).iter().find(|operation| operation.answers(&method))?;
    Some((method, operation.path, path))
}

/// Finds out who asks through a browser, before requests are counted and changes are written down.
#[cfg(feature = "page")]
async fn carry_token(hub: &EmbeddedHub, parts: &mut Parts) {
    let base = base_url(parts, hub.inner().public_url.as_deref());
    page::carry_token(hub.inner(), &base, parts).await;
}

/// Whose token a request has; `None` without a valid one, which the hub refuses itself.
async fn identity(hub: &EmbeddedHub, parts: &Parts) -> Option<Identity> {
    let (hub, headers) = (hub.clone(), parts.headers.clone());
    let found = tokio::task::spawn_blocking(move || rights::identify(hub.store(), &headers)).await;
    found.ok()?.ok()?
}
