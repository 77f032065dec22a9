//! What all handlers share, and what each knows of its request.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

#[cfg(feature = "page")]
use http::Method;
use tempfile::TempDir;
use tokio::sync::Semaphore;

use crate::{
    api_error::{ApiError, busy},
    documents::Documents,
    fault::Faults,
    limits::per_address::{Place, Places},
    signed::Signer,
    store::Store,
};
use hub_types::query::Query;

/// Requests that are worked on at the same time; others wait for a moment, and are then answered 503.
const IN_FLIGHT: usize = 128;
/// Threads that answer requests which read at the same time, and as many those which write: so that reading waits for no lock. Each of
/// many more would have memory of its own, and they would only wait for each other.
const WORKERS: usize = 16;
/// Git programs that run at the same time, and how long the first request of an address waits for its turn.
const GIT_PROGRAMS: usize = 16;
const GIT_WAIT: Duration = Duration::from_secs(30);

/// What a query or a form may name more than once. Everything else has one value, for us and for git alike.
pub(crate) const LISTS: [&str; 9] =
    ["apps", "datasets", "expand", "file_id", "filter", "inference_provider", "models", "search", "tags"];

/// How the hub answers.
pub(crate) struct Options {
    pub(crate) public_url: Option<String>,
    /// Whether files come and go by Xet.
    pub(crate) offers_xet: bool,
    /// Whether browsers are shown pages.
    #[cfg(feature = "page")]
    pub(crate) shows_pages: bool,
    pub(crate) git_program: PathBuf,
}

/// What all clones and all running requests share.
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) signer: Signer,
    pub(crate) documents: Documents,
    pub(crate) public_url: Option<String>,
    /// Whether files come and go by Xet.
    pub(crate) offers_xet: bool,
    /// Whether browsers are shown pages.
    #[cfg(feature = "page")]
    pub(crate) shows_pages: bool,
    git_program: PathBuf,
    git_slots: Places,
    pub(crate) faults: Faults,
    /// Held while garbage is collected.
    pub(crate) collecting: Arc<tokio::sync::Mutex<()>>,
    pub(crate) in_flight: Arc<Semaphore>,
    readers: Arc<Semaphore>,
    writers: Arc<Semaphore>,
    // Dropped last: the store closes its files first.
    _temporary: Option<TempDir>,
}

/// What a handler knows of its request besides path and body.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) hub: Arc<Inner>,
    /// Scheme and authority under which the caller reaches the hub, without a slash at the end.
    pub(crate) base: Arc<str>,
    /// The query.
    pub(crate) query: Arc<Query>,
    /// Whether only the headers are asked for.
    pub(crate) head: bool,
    /// Whether the request only reads.
    pub(crate) reads: bool,
    /// Whether a fault asks for expired URLs.
    pub(crate) expired_links: bool,
    /// Who asks, over a port.
    pub(crate) peer: Option<IpAddr>,
    /// The id of the response.
    #[cfg(feature = "page")]
    pub(crate) request_id: Arc<str>,
    /// Where to say what is changed.
    pub(crate) subject: Option<Subject>,
}

/// What a request changed, where its path does not say it, for whoever writes down changes. An extension of the request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subject(Arc<Mutex<Changed>>);

/// What was changed. Only a server on a port reads it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changed {
    /// The repository or account.
    pub(crate) subject: Option<String>,
    /// What was set, without secrets.
    pub(crate) details: Option<serde_json::Value>,
    /// Method and path of what a form asked the API for.
    #[cfg(feature = "page")]
    pub(crate) asked_for: Option<(Method, String)>,
}

impl Subject {
    fn set(&self, set: impl FnOnce(&mut Changed)) {
        set(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    #[cfg(feature = "serve")]
    pub(crate) fn take(&self) -> Changed {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    pub(crate) fn new(
        store: Store,
        signer: Signer,
        documents: Documents,
        options: Options,
        temporary: Option<TempDir>,
    ) -> Self {
        Self {
            store,
            signer,
            documents,
            public_url: options.public_url,
            offers_xet: options.offers_xet,
            #[cfg(feature = "page")]
            shows_pages: options.shows_pages,
            git_program: options.git_program,
            git_slots: Places::new(GIT_PROGRAMS),
            faults: Faults::default(),
            collecting: Arc::default(),
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT)),
            readers: Arc::new(Semaphore::new(WORKERS)),
            writers: Arc::new(Semaphore::new(WORKERS)),
            _temporary: temporary,
        }
    }

    /// The right to run one git program.
    pub(crate) async fn git_slot(&self, peer: Option<IpAddr>) -> Result<Place, ApiError> {
        self.git_slots.take(peer, GIT_WAIT).await.ok_or_else(busy)
    }

    /// How many requests are worked on, and how many git programs run.
    #[cfg(feature = "serve")]
    pub(crate) fn load(&self) -> (usize, usize) {
        let working = IN_FLIGHT.saturating_sub(self.in_flight.available_permits());
        (working, self.git_slots.taken())
    }

    /// The program that answers git.
    pub(crate) fn git_program(&self) -> &Path {
        &self.git_program
    }
}

impl Context {
    /// That of a request that is refused before anything of it is looked at.
    #[cfg(feature = "page")]
    pub(crate) fn unasked(hub: &Arc<Inner>, base: &str, request_id: &str) -> Self {
        Self {
            hub: Arc::clone(hub),
            base: base.into(),
            query: Arc::default(),
            head: false,
            reads: true,
            expired_links: false,
            peer: None,
            request_id: request_id.into(),
            subject: None,
        }
    }

    /// Runs what waits for disk or database on a thread that may wait, when it is its turn.
    pub(crate) async fn blocking<T, F>(&self, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Inner) -> Result<T, ApiError> + Send + 'static,
    {
        let turns = if self.reads { &self.hub.readers } else { &self.hub.writers };
        // It is never closed. The turn ends with the work, also when the caller is gone before.
        let turn = Arc::clone(turns).acquire_owned().await;
        let work = move |hub: &Inner| {
            let _turn = turn;
            work(hub)
        };
        self.blocking_on_body(work).await
    }

    /// As [`blocking`](Self::blocking), for what waits for the caller too. It takes nobody's turn.
    pub(crate) async fn blocking_on_body<T, F>(&self, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Inner) -> Result<T, ApiError> + Send + 'static,
    {
        let hub = self.hub.clone();
        match tokio::task::spawn_blocking(move || work(&hub)).await {
            Ok(result) => result,
            Err(error) => Err(ApiError::internal(&error)),
        }
    }

    /// Says what the request changed, where its path does not.
    pub(crate) fn changed(&self, what: impl Into<String>) {
        if let Some(subject) = &self.subject {
            subject.set(|changed| changed.subject = Some(what.into()));
        }
    }

    /// Says what the request set, where its path does not. Never a secret.
    pub(crate) fn details(&self, what: serde_json::Value) {
        if let Some(subject) = &self.subject {
            subject.set(|changed| changed.details = Some(what));
        }
    }

    /// Says what a form was sent on to.
    #[cfg(feature = "page")]
    pub(crate) fn asked_for(&self, method: Method, path: String) {
        if let Some(subject) = &self.subject {
            subject.set(|changed| changed.asked_for = Some((method, path)));
        }
    }

    /// The store, for what does not block.
    pub(crate) fn hub(&self) -> &Inner {
        &self.hub
    }

    /// An absolute URL for a path that begins with a slash.
    pub(crate) fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The host in the base URL, for synthetic e-mail addresses.
    pub(crate) fn host(&self) -> &str {
        let authority = self.base.split_once("://").map_or(&*self.base, |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or(authority);
        let port_free =
            authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        port_free.map_or(authority, |(host, _)| host)
    }
}
