//! A Hub whose traffic goes wrong: one request at a time, as a [script](Faulty::script) says.
//!
//! [`Faulty`] is a tower service: a client takes it in place of the network. What answers when nothing is wrong is a
//! [`Server`]: the [model](crate::model) of a Hub, or the [embedded](crate::embedded) one. Its time is that of the runtime, so
//! paused time is its time too.

mod body;
mod fault;
mod reply;
mod wrong;

use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;

pub use body::FaultyBody;
pub use fault::{Change, Fault, Seen, Trouble, WRONG, Wrong};
pub(crate) use reply::Refusal;
pub use reply::Reply;

/// What goes over the wire when something is wrong with it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Something that is being done.
pub type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Says what happens to a request; `None`: what was asked.
type Script = Box<dyn FnMut(&Seen) -> Option<Fault> + Send>;

/// What answers when nothing is wrong.
pub trait Server: Send + Sync + 'static {
    /// Carries out a request.
    fn response(&self, asked: &Asked) -> Work<Reply>;

    /// What the response would be if the request were carried out. Nothing is.
    fn would_answer(&self, asked: &Asked) -> Work<Reply>;

    /// The header `Date` of responses that come from elsewhere; `None`: they have none.
    fn date(&self) -> Option<String>;
}

/// A server behind faults. Clones are the same one.
pub struct Faulty<S>(Arc<Shared<S>>);

impl<S> Clone for Faulty<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<S> {
    server: S,
    script: Mutex<Option<Script>>,
    traffic: Mutex<Traffic>,
}

/// What is lost when the server's process ends.
#[derive(Default)]
struct Traffic {
    /// Requests so far.
    count: usize,
    log: Vec<String>,
    /// Requests that are carried out when the next one of their kind arrives.
    late: Vec<Asked>,
    /// How often the server has been started.
    epoch: u64,
    down: bool,
}

/// A request with its whole body.
#[derive(Debug, Clone)]
pub struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Where it was sent: `http://hub.test`.
    pub(crate) origin: String,
}

impl Asked {
    fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The first value of a query parameter, not decoded.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, v)| v)
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.body).map_err(|error| Refusal::new(400, &error.to_string()))
    }
}

impl<S: Server> Faulty<S> {
    /// Puts a server behind faults; there are none yet.
    pub fn new(server: S) -> Self {
        Self(Arc::new(Shared { server, script: Mutex::new(None), traffic: Mutex::new(Traffic::default()) }))
    }

    /// What answers.
    pub fn server(&self) -> &S {
        &self.0.server
    }

    /// Asks `script` what happens to each request from now on.
    pub fn script(&self, script: impl FnMut(&Seen) -> Option<Fault> + Send + 'static) {
        *self.0.script.lock().unwrap() = Some(Box::new(script));
    }

    /// Something goes wrong with request number `number` (from 0), once.
    pub fn fail(&self, number: usize, fault: Fault) {
        self.script(move |seen| (seen.number == number).then(|| fault.clone()));
    }

    /// Something goes wrong with the first requests whose method and path contain `on`: each of these once, in turn.
    pub fn fail_each(&self, on: &'static str, faults: impl IntoIterator<Item = Fault>) {
        let mut faults: std::collections::VecDeque<Fault> = faults.into_iter().collect();
        self.script(move |seen| if seen.line.contains(on) { faults.pop_front() } else { None });
    }

    /// All is well again.
    pub fn heal(&self) {
        *self.0.script.lock().unwrap() = None;
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.traffic().count
    }

    /// Requests so far, as `POST /path`.
    pub fn log(&self) -> Vec<String> {
        self.traffic().log.clone()
    }

    /// How many requests contain `part` in method and path.
    pub fn count(&self, part: &str) -> usize {
        self.traffic().log.iter().filter(|line| line.contains(part)).count()
    }

    /// Whoever waits for a response loses the connection, and what was not done yet is not done any more. Nobody reaches the
    /// server until [`start`](Self::start).
    pub(crate) fn stop(&self) {
        let mut traffic = self.traffic();
        traffic.epoch += 1;
        traffic.down = true;
        traffic.late.clear();
    }

    /// The server is there again, with what it had stored.
    pub fn start(&self) {
        self.traffic().down = false;
    }

    /// Carries out what is still on its way.
    pub async fn deliver_late(&self) {
        let late = std::mem::take(&mut self.traffic().late);
        for asked in late {
            self.carry_out(&asked).await;
        }
    }

    /// What the server answers; the page to log in is there whatever the server is.
    async fn carry_out(&self, asked: &Asked) -> Reply {
        if asked.path == wrong::LOGIN { wrong::page() } else { self.server().response(asked).await }
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.0.traffic.lock().unwrap()
    }

    /// Notes a request and finds out what is to happen to it.
    fn arrive(&self, line: &str) -> Arrival {
        let (number, epoch, down) = {
            let mut traffic = self.traffic();
            let number = traffic.count;
            traffic.count += 1;
            traffic.log.push(line.to_owned());
            (number, traffic.epoch, traffic.down)
        };
        let seen = Seen { number, line: line.to_owned() };
        let fault = self.0.script.lock().unwrap().as_mut().and_then(|script| script(&seen));
        Arrival { fault: fault.unwrap_or_default(), epoch, down }
    }

    fn is_alive(&self, epoch: u64) -> Result<(), BoxError> {
        let traffic = self.traffic();
        if traffic.epoch == epoch { Ok(()) } else { Err(lost(io::ErrorKind::ConnectionReset)) }
    }

    async fn run<B>(self, request: Request<B>) -> Result<Response<FaultyBody>, BoxError>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let (head, body) = request.into_parts();
        let arrival = self.arrive(&format!("{} {}", head.method, head.uri.path()));
        if arrival.down {
            return Err(lost(io::ErrorKind::ConnectionRefused));
        }
        let fault = arrival.fault;
        if let Trouble::Refuse = fault.trouble {
            return Err(lost(io::ErrorKind::ConnectionRefused));
        }
        if let Trouble::CutRequest = fault.trouble {
            let mut body = std::pin::pin!(body);
            body.frame().await.transpose().map_err(Into::into)?;
            return Err(lost(io::ErrorKind::ConnectionReset));
        }
        let body = body.collect().await.map_err(Into::into)?.to_bytes();
        let host = head.headers.get("host").and_then(|host| host.to_str().ok());
        let host = head.uri.authority().map(|authority| authority.as_str()).or(host).unwrap_or("hub.test");
        let asked = Asked {
            origin: format!("{}://{host}", head.uri.scheme_str().unwrap_or("http")),
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
        };
        pause(fault.before).await;
        self.is_alive(arrival.epoch)?;
        self.deliver_late_of(&asked).await;
        if let Trouble::Late = fault.trouble {
            self.traffic().late.push(asked);
            return Err(lost(io::ErrorKind::ConnectionReset));
        }
        if let Some(first) = &fault.first {
            first().await;
        }
        let reply = if fault.applies { Some(self.carry_out(&asked).await) } else { None };
        pause(fault.after).await;
        self.is_alive(arrival.epoch)?;
        let reply = match fault.trouble {
            Trouble::None => reply.unwrap_or_else(|| Reply::refused(503, "nothing was done")),
            Trouble::Reset => return Err(lost(io::ErrorKind::ConnectionReset)),
            Trouble::Close => return Err(lost(io::ErrorKind::UnexpectedEof)),
            Trouble::Stall => return pending().await,
            Trouble::Refuse | Trouble::CutRequest | Trouble::Late => return pending().await,
            Trouble::Status(status) => Reply::refused(status, "trouble"),
            Trouble::Short | Trouble::Broken | Trouble::Halt | Trouble::Corrupt | Trouble::Wrong(_) => {
                // What is not carried out has no response of its own to spoil: what it would have been.
                let reply = match reply {
                    Some(reply) => reply,
                    None => self.server().would_answer(&asked).await,
                };
                reply.spoiled(&fault.trouble, &asked)
            }
        };
        let date = self.server().date();
        Ok(reply.into_response(date.as_deref()))
    }

    async fn deliver_late_of(&self, asked: &Asked) {
        let line = asked.line();
        let due: Vec<Asked> = {
            let mut traffic = self.traffic();
            let (due, rest) =
                std::mem::take(&mut traffic.late).into_iter().partition(|late| late.line() == line);
            traffic.late = rest;
            due
        };
        for late in due {
            self.carry_out(&late).await;
        }
    }
}

struct Arrival {
    fault: Fault,
    epoch: u64,
    down: bool,
}

fn lost(kind: io::ErrorKind) -> BoxError {
    io::Error::new(kind, "the connection was lost").into()
}

async fn pause(time: Duration) {
    if time.is_zero() {
        // Others get their turn between two steps, as on a network.
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(time).await;
    }
}

impl<S, B> tower::Service<Request<B>> for Faulty<S>
where
    S: Server,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<FaultyBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(self.clone().run(request))
    }
}
