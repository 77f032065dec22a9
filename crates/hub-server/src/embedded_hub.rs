//! [`EmbeddedHub`]: the embedded Hub as a service that answers HTTP requests.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
    time::{Instant, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, DATE},
    request::Parts,
};
use hub_types::{RepoRef, error_code::X_REQUEST_ID};

#[cfg(feature = "page")]
use crate::page::dispatch;
#[cfg(not(feature = "page"))]
use crate::router::operation as dispatch;
use crate::{
    Body, BoxError, Fault, OpenError,
    api_error::{ApiError, busy, header_text},
    base_url::{ListenAddress, base_url},
    body::{self, Incoming},
    browser,
    context::{Context, Inner, LISTS},
    handler::git,
    limits::work::{WatchedBody, Work},
    refused,
    respond::{self, request_id},
    store::{Store, StoreError, Upgraded, with_causes},
};
use hub_types::query::Query;

/// An embedded Hub. Clones share it; the data folder is free again when the last one is dropped.
///
/// It is a [`tower::Service`] for requests with any body of [`Bytes`], and needs a tokio runtime with timers to be
/// called. The service fails only where a [`Fault`] says so; everything else is a response.
#[derive(Clone)]
pub struct EmbeddedHub {
    inner: Arc<Inner>,
}

/// Who sent a request over a port, as an extension of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PeerAddress(pub(crate) IpAddr);

impl EmbeddedHub {
    /// Adds a scripted failure while the hub runs.
    pub fn fault(&self, fault: Fault) {
        self.inner.faults.add(fault);
    }

    /// Switches a repository off, as the public Hub does with what must not be distributed: whoever may see it is told so
    /// with 403, and gets nothing of it. Blocks on the disk.
    ///
    /// # Errors
    /// When there is no such repository, or the database cannot be written.
    pub fn disable(&self, repo: &RepoRef, disabled: bool) -> Result<(), OpenError> {
        let store = &self.inner.store;
        let missing = || StoreError::RepoNotFound { repo: repo.to_string() };
        let record = store.find_repo(repo)?.ok_or_else(missing)?;
        Ok(store.set_disabled(&record, disabled)?)
    }

    /// The data folder.
    pub fn dir(&self) -> &Path {
        self.inner.store.dir()
    }

    /// The bare git repository behind an id: its folder has a number, which stays when the repository is moved. `None` when there
    /// is no such repository. Blocks on the disk.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn git_dir(&self, repo: &RepoRef) -> Result<Option<PathBuf>, OpenError> {
        Ok(self.inner.store.git_dir(repo)?)
    }

    /// What was changed in the data folder when it was opened, if an earlier release had written it.
    pub fn upgraded(&self) -> Option<&Upgraded> {
        self.inner.store.upgraded()
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn git_program(&self) -> &Path {
        self.inner.git_program()
    }

    /// How many requests are worked on, and how many git programs run.
    #[cfg(feature = "serve")]
    pub(crate) fn load(&self) -> (usize, usize) {
        self.inner.load()
    }

    /// The host of the configured public URL.
    #[cfg(feature = "serve")]
    pub(crate) fn public_host(&self) -> Option<String> {
        let url = url::Url::parse(self.inner.public_url.as_deref()?).ok()?;
        url.host_str().map(str::to_owned)
    }

    async fn response(self, parts: Parts, body: Incoming) -> Result<Response<Body>, BoxError> {
        let started = Instant::now();
        let work = Work::new(Arc::clone(&self.inner.in_flight));
        let mut body = body::erase(WatchedBody::new(body, Arc::clone(&work)));
        let method = parts.method.clone();
        let path = parts.uri.path().to_owned();
        let id = match request_id(&parts.headers) {
            Ok(id) => id,
            Err(error) => return Ok(respond::error(error)),
        };
        let request_id = id.to_str().unwrap_or_default().to_owned();
        let is_browser = browser::asks(&parts.headers);
        let asked = is_browser.then(|| parts.clone());
        let on_a_port = parts.extensions.get::<ListenAddress>().is_some();
        let fault = self.inner.faults.take(&method, &path);

        let scripted = match &fault {
            Some(fault) => fault.before().await,
            None => None,
        };
        let mut response = match scripted {
            Some(response) => response,
            None => {
                let expired_links = fault.as_ref().is_some_and(Fault::expires_links);
                self.handle(parts, &mut body, &work, expired_links, &request_id).await.unwrap_or_else(
                    |error| match &asked {
                        Some(asked) => refused::response(&self.inner, asked, &request_id, error),
                        None => respond::error(error),
                    },
                )
            }
        };
        if is_browser {
            browser::ask_for_no_password(response.headers_mut());
        }
        if on_a_port && !response.status().is_success() {
            body::drain(&mut body).await;
        }
        response.headers_mut().insert(X_REQUEST_ID, id);
        // Clients read the server's clock from it, in process as on a port.
        response.headers_mut().insert(DATE, header_text(&httpdate::fmt_http_date(SystemTime::now())));
        if method == Method::HEAD {
            response = without_body(response);
        }
        if let Some(respond::Cause(error)) = response.extensions_mut().remove() {
            tracing::error!(%method, path, request_id, error, "a request failed inside the hub");
        }
        respond::log((&method, &path), response.status(), started, &request_id);
        let response = response.map(|body| {
            body.watched(move |error| {
                let error = with_causes(&**error);
                tracing::error!(%method, path, request_id, error, "the response broke off inside the hub");
            })
        });
        match fault {
            Some(fault) => fault.apply(response).await,
            None => Ok(response),
        }
    }

    async fn handle(
        &self,
        parts: Parts,
        body: &mut Incoming,
        work: &Work,
        expired_links: bool,
        #[cfg_attr(not(feature = "page"), expect(unused_variables, reason = "pages show it"))]
        request_id: &str,
    ) -> Result<Response<Body>, ApiError> {
        if !work.begin().await {
            return Err(busy());
        }
        if let Some(encoding) = parts.headers.get(CONTENT_ENCODING)
            && encoding != "identity"
            && !git::reads_compressed(&parts.method, parts.uri.path())
        {
            let message = "compressed request bodies are not taken; send it without Content-Encoding";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        let query = Query::parse(parts.uri.query().unwrap_or_default().as_bytes());
        query.once_each(&LISTS)?;
        let base = base_url(&parts, self.inner.public_url.as_deref());
        browser::must_not_lend_its_password(&parts, &base)?;
        let context = Context {
            hub: self.inner.clone(),
            base: base.into(),
            query: Arc::new(query),
            head: parts.method == Method::HEAD,
            reads: matches!(parts.method, Method::GET | Method::HEAD),
            expired_links,
            peer: parts.extensions.get().map(|PeerAddress(peer)| *peer),
            #[cfg(feature = "page")]
            request_id: request_id.into(),
            subject: parts.extensions.get().cloned(),
        };
        dispatch(context, parts, body).await
    }
}

impl std::fmt::Debug for EmbeddedHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedHub").field("dir", &self.dir()).finish_non_exhaustive()
    }
}

impl<B> tower::Service<Request<B>> for EmbeddedHub
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        Box::pin(self.clone().response(parts, body::erase(body)))
    }
}

/// The headers of a response to `GET` as the response to `HEAD`, with the length that the body would have had.
fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    // A 304 is about a body that has another length than none.
    if parts.status != StatusCode::NOT_MODIFIED
        && !parts.headers.contains_key(CONTENT_LENGTH)
        && let Some(size) = http_body::Body::size_hint(&body).exact()
    {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    }
    Response::from_parts(parts, Body::empty())
}
