//! A model of a Hub: what the protocol says, in maps, and nothing else.
//!
//! It shares no code with the embedded Hub, so that client and server cannot share a mistake: routes and messages come from
//! `hub-types`, everything else is here. It knows no header of our own, and it is as unhelpful as the protocol allows, one
//! request at a time: a [script](Model::script) says what happens to request number k.
//!
//! [`Model`] is a tower service: a client takes it in place of the network, and [`serve`] puts it on a port. Its time is that
//! of the runtime, so paused time is its time too.

mod body;
mod branches;
mod commit;
mod discussions;
mod fault;
mod files;
mod lfs;
mod reply;
mod repos;
mod resolve;
mod serve;
mod state;
mod time;
mod wrong;

use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::BodyExt;

pub use body::ModelBody;
pub use fault::{Change, Fault, Seen, Trouble, WRONG, Wrong};
pub use serve::{Served, serve};
pub use state::{Commit, Discussion, Event, File, Repo, Rules, State};
pub use time::START;

/// What goes over the wire when something is wrong with it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Says what happens to a request; `None`: what was asked.
type Script = Box<dyn FnMut(&Seen) -> Option<Fault> + Send>;

/// The Hub. Clones are the same Hub.
#[derive(Clone)]
pub struct Model(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
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
#[derive(Clone)]
pub(crate) struct Asked {
    method: Method,
    path: String,
    query: String,
    headers: http::HeaderMap,
    body: Bytes,
    /// Where it was sent: `http://hub.test`.
    origin: String,
}

impl Asked {
    fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The first value of a query parameter, not decoded.
    fn query(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, v)| v)
    }

    fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, reply::Refusal> {
        serde_json::from_slice(&self.body).map_err(|error| reply::Refusal::new(400, &error.to_string()))
    }
}

impl Default for Model {
    fn default() -> Self {
        Self::new(Rules::default())
    }
}

impl Model {
    /// A Hub with the users `ada` and `bob`, whose tokens are `hf_` and their names, and no repository.
    pub fn new(rules: Rules) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State::new(rules)),
            script: Mutex::new(None),
            traffic: Mutex::new(Traffic::default()),
        }))
    }

    /// The same with the model `ada/demo`.
    pub fn with_demo(rules: Rules) -> Self {
        let model = Self::new(rules);
        model.state().make_repo("models/ada/demo", false);
        model
    }

    /// What the Hub knows.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
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

    /// The server ends: whoever waits for a response loses the connection, and what was not done yet is not done any more.
    /// Nobody reaches it until [`start`](Self::start).
    pub fn crash(&self) {
        let mut traffic = self.traffic();
        traffic.epoch += 1;
        traffic.down = true;
        traffic.late.clear();
        self.state().forget_sessions();
    }

    /// The server is there again, with what it had stored.
    pub fn start(&self) {
        self.traffic().down = false;
    }

    /// Carries out what is still on its way.
    pub fn deliver_late(&self) {
        let late = std::mem::take(&mut self.traffic().late);
        for asked in late {
            self.state().handle(&asked);
        }
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

    async fn run<B>(self, request: Request<B>) -> Result<Response<ModelBody>, BoxError>
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
        self.deliver_late_of(&asked);
        if let Trouble::Late = fault.trouble {
            self.traffic().late.push(asked);
            return Err(lost(io::ErrorKind::ConnectionReset));
        }
        let reply = {
            let mut state = self.state();
            if let Some(first) = &fault.first {
                first(&mut state);
            }
            fault.applies.then(|| state.handle(&asked))
        };
        pause(fault.after).await;
        self.is_alive(arrival.epoch)?;
        let reply = match fault.trouble {
            Trouble::None => reply.unwrap_or_else(|| reply::Reply::refused(503, "nothing was done")),
            Trouble::Reset => return Err(lost(io::ErrorKind::ConnectionReset)),
            Trouble::Close => return Err(lost(io::ErrorKind::UnexpectedEof)),
            Trouble::Stall => return pending().await,
            Trouble::Refuse | Trouble::CutRequest | Trouble::Late => return pending().await,
            Trouble::Status(status) => reply::Reply::refused(status, "trouble"),
            // What is not carried out has no response of its own to spoil: what it would have been.
            Trouble::Short | Trouble::Broken | Trouble::Halt | Trouble::Corrupt | Trouble::Wrong(_) => {
                reply.unwrap_or_else(|| self.state().clone().handle(&asked)).spoiled(&fault.trouble, &asked)
            }
        };
        let date = self.state().date();
        Ok(reply.into_response(date.as_deref()))
    }

    fn deliver_late_of(&self, asked: &Asked) {
        let line = asked.line();
        let due: Vec<Asked> = {
            let mut traffic = self.traffic();
            let (due, rest) =
                std::mem::take(&mut traffic.late).into_iter().partition(|late| late.line() == line);
            traffic.late = rest;
            due
        };
        for late in due {
            self.state().handle(&late);
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

impl<B> tower::Service<Request<B>> for Model
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<ModelBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(self.clone().run(request))
    }
}
