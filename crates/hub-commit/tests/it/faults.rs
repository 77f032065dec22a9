//! The Hub of these tests as a service, which does what it is asked, or what goes wrong instead.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use hub_transport::{Body, BoxError};
use serde_json::{Value, json};

use crate::hub::{Hub, Repo, reply};

/// What goes wrong with a request.
#[derive(Clone)]
pub(crate) enum Fault {
    /// This status instead of doing anything.
    Refuse(u16),
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
    /// This answer instead of doing anything.
    Say(Value),
    /// The answer without its `ETag`.
    NoEtag,
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
            let _running = (head.method == Method::PUT).then(|| Running::new(&hub));
            tokio::task::yield_now().await;
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
            let done = |body: &Bytes| hub.answer(&head.method, &path, &head.headers, body, &query);
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
                Some(Fault::DoneThen(status)) => {
                    done(&body);
                    Ok(reply(status, json!({"error": "trouble"})))
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
