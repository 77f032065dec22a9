//! A storage that answers with any range of a blob, at a pace that is counted and not waited for.

use std::{
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::{Method, Request, Response, StatusCode};
use http_body_util::StreamBody;
use hub_download::{DownloadError, FileRequest, Parts, hf_hub_download};
use hub_transport::{Body, BoxError, Clock, Transport};
use hub_types::{RepoRef, RepoType};
use tokio::time::Instant;
use tower::service_fn;

use crate::server::{COMMIT, Content, Place};

pub(crate) const PART: u64 = 64 * 1024;
const CHUNK: usize = 4 * 1024;
/// How long a chunk takes on a connection that has the way for itself.
const TICK: Duration = Duration::from_micros(100);

/// What limits the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Each connection by itself.
    Connection,
    /// The way that all share.
    Way,
}

/// What one request for bytes gets.
pub(crate) enum Served {
    Honest,
    /// The connection ends after so many bytes.
    Breaks(u64),
    /// Nothing comes after so many bytes, and the connection stays.
    Stuck(u64),
    /// The whole content, whatever was asked for.
    Whole,
    /// The range, of a blob with this etag.
    Other(&'static str),
    Status(u16),
    /// Other bytes than those of the content.
    Wrong,
}

/// What comes after the bytes of a body.
#[derive(Clone, Copy)]
enum After {
    End,
    Break,
    Nothing,
}

/// Decides by the number of the request for bytes, from 0, and by what it asks for.
type Serve = dyn Fn(usize, &Range<u64>) -> Served + Send + Sync;

/// The state of a storage, with everything that was asked for.
pub(crate) struct Storage {
    content: Content,
    limit: Limit,
    response: Box<Serve>,
    asked: Mutex<Vec<Range<u64>>>,
    running: AtomicUsize,
    pub(crate) most: AtomicUsize,
    ticks: AtomicU64,
    /// Pauses between two tries so far, at a lock or after a failure.
    pauses: AtomicUsize,
    start: Instant,
}

/// The time that has passed on the way.
#[derive(Debug)]
struct Counted(Arc<Storage>);

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage").finish_non_exhaustive()
    }
}

impl Clock for Counted {
    fn now(&self) -> Instant {
        self.0.start + Duration::from_nanos(self.0.ticks.load(Ordering::SeqCst))
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    /// Pauses between two tries are over at once, and nothing takes so long that patience ends.
    fn sleep(&self, duration: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        match duration {
            pause if pause < Duration::from_secs(10) => {
                self.0.pauses.fetch_add(1, Ordering::SeqCst);
                Box::pin(tokio::task::yield_now())
            }
            _ => Box::pin(std::future::pending()),
        }
    }
}

/// One body under way.
struct Running(Arc<Storage>);

impl Running {
    fn begin(storage: &Arc<Storage>) -> Self {
        let now = storage.running.fetch_add(1, Ordering::SeqCst) + 1;
        storage.most.fetch_max(now, Ordering::SeqCst);
        Self(Arc::clone(storage))
    }

    fn tick(&self) {
        let sharers = match self.0.limit {
            Limit::Connection => self.0.running.load(Ordering::SeqCst) as u32,
            Limit::Way => 1,
        };
        self.0.ticks.fetch_add((TICK / sharers.max(1)).as_nanos() as u64, Ordering::SeqCst);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Storage {
    pub(crate) fn new(
        content: &Content,
        limit: Limit,
        response: impl Fn(usize, &Range<u64>) -> Served + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            content: content.clone(),
            limit,
            response: Box::new(response),
            asked: Mutex::default(),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            ticks: AtomicU64::new(0),
            pauses: AtomicUsize::new(0),
            start: Instant::now(),
        })
    }

    /// What was asked for, in turn.
    pub(crate) fn asked(&self) -> Vec<Range<u64>> {
        self.asked.lock().unwrap().clone()
    }

    /// How many bodies are under way.
    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    /// How many pauses there were between two tries, at a lock or after a failure.
    pub(crate) fn pauses(&self) -> usize {
        self.pauses.load(Ordering::SeqCst)
    }

    pub(crate) fn transport(self: &Arc<Self>) -> Transport {
        let storage = Arc::clone(self);
        let inner_service = service_fn(move |request: Request<Body>| {
            let response = storage.reply(&request);
            async { Ok::<_, BoxError>(response) }
        });
        let clock = Arc::new(Counted(Arc::clone(self)));
        Transport::builder("https://hub.test").clock(clock).inner_service(inner_service).build().unwrap()
    }

    /// Downloads the content to a place, in parts of [`PART`] bytes.
    pub(crate) async fn download(
        self: &Arc<Self>,
        place: &Place,
        connections: usize,
    ) -> Result<Vec<u8>, DownloadError> {
        self.download_in(place, Parts::new().connections(connections).bytes(PART)).await
    }

    /// Downloads the file in parts as given.
    pub(crate) async fn download_in(
        self: &Arc<Self>,
        place: &Place,
        parts: Parts,
    ) -> Result<Vec<u8>, DownloadError> {
        let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
        let wanted = FileRequest::new(repo, "w.bin".parse().unwrap(), place.target.clone());
        let wanted = wanted.options(place.options.clone().parts(parts));
        Ok(std::fs::read(hf_hub_download(&self.transport(), wanted).await?).unwrap())
    }

    fn reply(self: &Arc<Self>, request: &Request<Body>) -> Response<Body> {
        let size = self.content.bytes.len() as u64;
        if request.method() == Method::HEAD {
            let head = Response::builder().header("x-repo-commit", COMMIT).header("x-linked-size", size);
            return head.header("etag", format!("\"{}\"", self.content.id)).body(Body::empty()).unwrap();
        }
        let span = request.headers().get("range").map_or(0..size, |range| {
            let (first, last) = range.to_str().unwrap()["bytes=".len()..].split_once('-').unwrap();
            let end = if last.is_empty() { size } else { last.parse::<u64>().unwrap() + 1 };
            first.parse().unwrap()..end
        });
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(span.clone());
            asked.len() - 1
        };
        let same = request.headers().get("if-range").is_none_or(|etag| etag == "\"storage\"");
        let response = (self.response)(number, &span);
        let stuck = matches!(response, Served::Stuck(_));
        let (span, etag, end, mask) = match response {
            Served::Status(code) => {
                return Response::builder().status(code).body(Body::empty()).unwrap();
            }
            Served::Whole => (0..size, "storage", size, 0),
            _ if !same => (0..size, "storage", size, 0),
            Served::Honest => (span.clone(), "storage", span.end, 0),
            Served::Breaks(count) | Served::Stuck(count) => {
                (span.clone(), "storage", span.end.min(span.start + count), 0)
            }
            Served::Other(etag) => (span.clone(), etag, span.end, 0),
            Served::Wrong => (span.clone(), "storage", span.end, 1),
        };
        let response =
            Response::builder().header("etag", format!("\"{etag}\"")).header("accept-ranges", "bytes");
        let response = if span == (0..size) {
            response
        } else {
            let said = format!("bytes {}-{}/{size}", span.start, span.end - 1);
            response.status(StatusCode::PARTIAL_CONTENT).header("content-range", said)
        };
        let after = match end {
            _ if stuck => After::Nothing,
            end if end < span.end => After::Break,
            _ => After::End,
        };
        response.body(Body::once(StreamBody::new(self.body(span.start..end, mask, after)))).unwrap()
    }

    fn body(
        self: &Arc<Self>,
        span: Range<u64>,
        mask: u8,
        after: After,
    ) -> impl Stream<Item = Result<http_body::Frame<Bytes>, BoxError>> + Send + 'static {
        let running = Running::begin(self);
        stream::unfold((span, running), move |(span, running)| async move {
            if span.is_empty() {
                return match after {
                    After::End => None,
                    After::Break => Some((Err("the connection ended".into()), (span, running))),
                    After::Nothing => std::future::pending().await,
                };
            }
            // Others go on meanwhile.
            tokio::task::yield_now().await;
            running.tick();
            let end = span.end.min(span.start + CHUNK as u64);
            let bytes = &running.0.content.bytes[span.start as usize..end as usize];
            let bytes: Vec<u8> = bytes.iter().map(|byte| byte ^ mask).collect();
            Some((Ok(http_body::Frame::data(bytes.into())), (end..span.end, running)))
        })
    }
}
