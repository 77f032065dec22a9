//! The Hub of these tests as a service, which does what it is asked, or what goes wrong instead.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};
use hub_transport::{Body, BoxError};
use serde_json::{Value, json};

use crate::hub::{Hub, Repo, reply};

/// What goes wrong with a request.
#[derive(Clone)]
pub(crate) enum Fault {
    /// This status instead of doing anything.
    Refuse(u16),
    /// `503` with so many seconds to wait, instead of doing anything.
    Busy(u64),
    /// This status after doing it.
    DoneThen(u16),
    /// The connection ends before anything is done.
    LostBefore,
    /// The connection ends after it was done.
    LostAfter,
    /// The connection ends; it is done when the next request of this kind arrives, before that one.
    Late,
    /// Something happens to the repository first; then all is well.
    First(fn(&mut Repo)),
    /// This response instead of doing anything.
    Say(Value),
    /// This text, as it is, instead of doing anything.
    Text(String),
    /// This text again and again, without an end.
    Endless(String),
    /// This text as the response, after doing it.
    DoneText(String),
    /// The response of what is done, cut off in the middle.
    Cut,
    /// The response without its `ETag`.
    NoEtag,
    /// A success that says nothing, after doing it or instead of it.
    Unreadable(Unreadable, Effect),
}

/// Whether a request takes effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Effect {
    Done,
    Nothing,
}

/// The ways in which a success can say nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unreadable {
    /// `200 text/html`: a proxy, a login page.
    Page,
    /// `200` without content.
    Empty,
    /// `204`.
    NoContent,
    /// JSON that breaks off.
    Truncated,
    /// JSON without what the response is about.
    WithoutField,
    /// The right words as `text/plain`.
    WrongType,
    /// The way to a page, which a browser would follow.
    ToLogin,
    /// What another repository would be told.
    OfAnother,
}

impl Unreadable {
    pub(crate) const ALL: [Self; 8] = [
        Self::Page,
        Self::Empty,
        Self::NoContent,
        Self::Truncated,
        Self::WithoutField,
        Self::WrongType,
        Self::ToLogin,
        Self::OfAnother,
    ];

    /// In place of `response`, which is in memory.
    fn instead_of(self, response: &Response<Body>) -> Response<Body> {
        let json = response.body().as_bytes().cloned().unwrap_or_default();
        let text = String::from_utf8_lossy(&json).into_owned();
        let (status, kind, body) = match self {
            Self::Page => (200, "text/html", "<html>Welcome</html>".to_owned()),
            Self::Empty => (200, "application/json", String::new()),
            Self::NoContent => (204, "application/json", String::new()),
            Self::Truncated => (200, "application/json", text[..text.len() / 2].to_owned()),
            Self::WithoutField => (200, "application/json", r#"{"success":true}"#.to_owned()),
            Self::WrongType => (200, "text/plain", text),
            Self::ToLogin => (302, "text/html", String::new()),
            Self::OfAnother => (200, "application/json", text.replace("ada/demo", "bob/other")),
        };
        let response = Response::builder().status(status).header("content-type", kind);
        response.header("location", "/login").body(Body::bytes(body)).unwrap()
    }
}

impl tower::Service<Request<Body>> for Hub {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let hub = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let (path, query) = (head.uri.path().to_owned(), head.uri.query().unwrap_or_default().to_owned());
            let line = format!("{} {path}", head.method);
            let announced = body.size_hint().exact();
            let body = body.collect().await?.to_bytes();
            let _running =
                (head.method == Method::PUT || line.contains("/xorbs/")).then(|| Running::new(&hub));
            tokio::task::yield_now().await;
            let slow = hub.repo().slow.filter(|_| line.contains("/xorbs/"));
            if let Some(time) = slow {
                tokio::time::sleep(time).await;
            }
            if head.method == Method::PUT {
                assert_eq!(announced, Some(body.len() as u64), "uploads carry their length");
            }
            let fault = {
                let mut repo = hub.repo();
                repo.log.push(line.clone());
                if head.method == Method::PUT || line.contains("/commit/") {
                    repo.received += body.len() as u64;
                }
                let found = repo.faults.iter().position(|(on, _)| line.contains(on));
                found.map(|at| repo.faults.remove(at).1)
            };
            let done = |body: &Bytes| hub.response(&head.method, &path, body, &query);
            let late: Vec<Bytes> = {
                let mut repo = hub.repo();
                let (due, rest) = std::mem::take(&mut repo.late).into_iter().partition(|(of, _)| *of == line);
                repo.late = rest;
                due
            }
            .into_iter()
            .map(|(_, body)| body)
            .collect();
            for body in late {
                done(&body);
            }
            let lost = || -> BoxError { "the connection was lost".into() };
            match fault {
                None => Ok(done(&body)),
                Some(Fault::Refuse(status)) => Ok(reply(status, json!({"error": "refused"}))),
                Some(Fault::Busy(seconds)) => {
                    let mut response = reply(503, json!({"error": "busy"}));
                    response.headers_mut().insert("retry-after", seconds.into());
                    Ok(response)
                }
                Some(Fault::DoneThen(status)) => {
                    done(&body);
                    Ok(reply(status, json!({"error": "trouble"})))
                }
                Some(Fault::Unreadable(kind, Effect::Done)) => Ok(kind.instead_of(&done(&body))),
                Some(Fault::Unreadable(kind, Effect::Nothing)) => {
                    let page = json!({"commitOid": "5".repeat(40), "commitUrl": "http://hub.test/bob/other/commit/5"});
                    Ok(kind.instead_of(&reply(200, page)))
                }
                Some(Fault::LostBefore) => Err(lost()),
                Some(Fault::LostAfter) => {
                    done(&body);
                    Err(lost())
                }
                Some(Fault::Late) => {
                    hub.repo().late.push((line, body));
                    Err(lost())
                }
                Some(Fault::First(change)) => {
                    change(&mut hub.repo());
                    Ok(done(&body))
                }
                Some(Fault::Say(value)) => Ok(reply(200, value)),
                Some(Fault::Text(text)) => Ok(Response::new(Body::bytes(text))),
                Some(Fault::DoneText(text)) => {
                    done(&body);
                    Ok(Response::new(Body::bytes(text)))
                }
                Some(Fault::Endless(text)) => {
                    let text = Bytes::from(text);
                    let frames = futures_util::stream::repeat_with(move || {
                        Ok::<_, BoxError>(Frame::data(text.clone()))
                    });
                    Ok(Response::new(Body::once(StreamBody::new(frames))))
                }
                Some(Fault::Cut) => {
                    let whole = done(&body).into_body().collect().await?.to_bytes();
                    let half = whole.slice(..whole.len() / 2);
                    let frames = futures_util::stream::iter([Ok(Frame::data(half)), Err(lost())]);
                    Ok(Response::new(Body::once(StreamBody::new(frames))))
                }
                Some(Fault::NoEtag) => {
                    let mut response = done(&body);
                    response.headers_mut().remove("etag");
                    *response.status_mut() = StatusCode::OK;
                    Ok(response)
                }
            }
        })
    }
}

/// Counts an upload as long as it lives.
struct Running(Hub);

impl Running {
    fn new(hub: &Hub) -> Self {
        let mut repo = hub.repo();
        repo.running += 1;
        repo.most_running = repo.most_running.max(repo.running);
        Self(hub.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.repo().running -= 1;
    }
}
