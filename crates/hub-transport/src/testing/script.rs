//! [`Script`]: an inner service that answers what it was told to.

use std::collections::VecDeque;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use serde::Serialize;
use tower::Service;

use super::{Recorded, Recorder};
use crate::{Body, BoxError, ErrorKind, Failure};

/// An inner service that plays steps in order, one for each request, and keeps the requests. Clones share both.
///
/// ```
/// use hub_transport::testing::{Script, reply};
/// use hub_transport::{CallInfo, RetryClass, Transport, get};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), hub_transport::Error> {
/// let script = Script::new([reply(503), reply(200).text("hello")]);
/// let hub = Transport::builder("https://hub.test").inner_service(script.clone()).build()?;
/// let call = CallInfo::new("greet", "", RetryClass::Read);
/// assert_eq!(hub.open(call, get("/greeting").finish()?).await?.status(), 200);
/// assert_eq!(script.requests().len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Script {
    steps: Arc<Mutex<VecDeque<Step>>>,
    otherwise: Option<Arc<Step>>,
    recorder: Recorder,
}

/// What happens to one request.
#[derive(Debug, Clone)]
pub struct Step {
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Answer { status: u16, headers: Vec<(HeaderName, HeaderValue)>, body: Bytes, broken: bool },
    NotSent,
    MaybeProcessed,
    Pending,
}

/// A step that answers with `status`, to be completed with headers and a body. An invalid status becomes 500.
#[must_use]
pub fn reply(status: u16) -> Step {
    Step { what: What::Answer { status, headers: Vec::new(), body: Bytes::new(), broken: false } }
}

impl Step {
    /// The request fails before any byte of it is sent.
    #[must_use]
    pub fn not_sent() -> Self {
        Self { what: What::NotSent }
    }

    /// The connection ends after the request was sent.
    #[must_use]
    pub fn maybe_processed() -> Self {
        Self { what: What::MaybeProcessed }
    }

    /// No response ever comes.
    #[must_use]
    pub fn pending() -> Self {
        Self { what: What::Pending }
    }

    /// Adds a header to the response; one that HTTP has no form for is left out. Letters beyond ASCII are sent as they are.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (What::Answer { headers, .. }, Ok(name), Ok(value)) =
            (&mut self.what, name.try_into(), HeaderValue::from_bytes(value.as_bytes()))
        {
            headers.push((name, value));
        }
        self
    }

    /// Sets the response's body.
    #[must_use]
    pub fn text(mut self, text: impl Into<Bytes>) -> Self {
        if let What::Answer { body, .. } = &mut self.what {
            *body = text.into();
        }
        self
    }

    /// Sets the response's body and its content type. A value that cannot be written as JSON leaves an empty body.
    #[must_use]
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        let json = serde_json::to_vec(value).unwrap_or_default();
        self.header(CONTENT_TYPE.as_str(), "application/json").text(json)
    }

    /// Lets the connection end after the given body instead of completing the response.
    #[must_use]
    pub fn broken(mut self) -> Self {
        if let What::Answer { broken, .. } = &mut self.what {
            *broken = true;
        }
        self
    }

    async fn play(self) -> Result<Response<Body>, BoxError> {
        match self.what {
            What::NotSent => Err(Failure::not_sent(ErrorKind::Connect, "scripted: no connection").into()),
            What::MaybeProcessed => {
                Err(Failure::maybe_processed(ErrorKind::Interrupted, "scripted: the connection ended").into())
            }
            What::Pending => pending().await,
            What::Answer { status, headers, body, broken } => {
                let body = if broken { cut_off(body) } else { Body::bytes(body) };
                let mut response = Response::new(body);
                *response.status_mut() =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                for (name, value) in headers {
                    response.headers_mut().append(name, value);
                }
                Ok(response)
            }
        }
    }
}

fn cut_off(body: Bytes) -> Body {
    let end: BoxError = "scripted: the connection ended in the body".into();
    Body::once(StreamBody::new(futures_util::stream::iter([Ok(Frame::data(body)), Err(end)])))
}

impl Script {
    /// Plays `steps`, one for each request; further requests fail.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps = Arc::new(Mutex::new(steps.into_iter().collect()));
        Self { steps, otherwise: None, recorder: Recorder::new() }
    }

    /// Plays `step` for every request.
    #[must_use]
    pub fn always(step: Step) -> Self {
        Self { otherwise: Some(Arc::new(step)), ..Self::new([]) }
    }

    /// All requests so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.recorder.requests()
    }

    /// The number of steps that were not played.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Service<Request<Body>> for Script {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let script = self.clone();
        Box::pin(async move {
            let (record, _) = Recorded::of(request).await?;
            let line = format!("{} {}", record.method, record.uri.path());
            script.recorder.push(record);
            let next = script.steps.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            match next.or_else(|| script.otherwise.as_deref().cloned()) {
                Some(step) => step.play().await,
                None => {
                    Err(Failure::not_sent(ErrorKind::Other, format!("the script has no step for {line}"))
                        .permanent()
                        .into())
                }
            }
        })
    }
}
