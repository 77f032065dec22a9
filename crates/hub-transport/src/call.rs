//! [`Call`]: one call while it runs, and how its failures get their context.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http::response::Parts;
use http::{Method, Uri};
use tokio::time::Instant;
use tracing::Span;

use hub_types::Message;
use hub_types::error_code::X_REPO_COMMIT;

use crate::clock::after;
use crate::error::{classify, delivery_of, failure_in};
use crate::options::{CallLog, Deadline};
use crate::ratelimit::server_wait;
use crate::shared::Shared;
use crate::{BoxError, CallInfo, Delivery, Error, ErrorKind, Failure, Foreign, Outcome, RedactedUrl, redact};

/// Most bytes of a foreign error in a message.
const MAX_FOREIGN: usize = 800;

pub(crate) struct Call {
    info: CallInfo,
    log: CallLog,
    shared: Arc<Shared>,
    started: Instant,
    deadline: Option<Deadline>,
    method: Option<Method>,
    uri: Uri,
}

impl Call {
    pub(crate) fn start(shared: &Arc<Shared>, info: CallInfo) -> Self {
        Self {
            info,
            log: CallLog::default(),
            shared: Arc::clone(shared),
            started: shared.clock.now(),
            deadline: None,
            method: None,
            uri: Uri::default(),
        }
    }

    pub(crate) fn span(&self) -> Span {
        tracing::debug_span!("hub", call = self.info.name, target = %self.info.target)
    }

    pub(crate) fn info(&self) -> &CallInfo {
        &self.info
    }

    pub(crate) fn log(&self) -> &CallLog {
        &self.log
    }

    /// When it has to be over: made once, so that the waits that a server asks for count however often it is asked.
    pub(crate) fn deadline(&mut self, total: Option<Duration>, patient: bool) -> Option<Deadline> {
        if self.deadline.is_none() {
            let end = total.and_then(|total| after(self.started, total));
            self.deadline = end.map(if patient { Deadline::without_waits } else { Deadline::at });
        }
        self.deadline.clone()
    }

    pub(crate) fn method(&self) -> Option<&Method> {
        self.method.as_ref()
    }

    /// The absolute URI, so far as it is known.
    pub(crate) fn uri(&self) -> Uri {
        let join = |path: &http::uri::PathAndQuery| self.shared.endpoint.join(path.as_str()).ok();
        let relative = if self.uri.scheme().is_none() { self.uri.path_and_query() } else { None };
        relative.and_then(join).unwrap_or_else(|| self.uri.clone())
    }

    pub(crate) fn set_request(&mut self, method: Method, uri: Uri) {
        self.method = Some(method);
        self.uri = uri;
    }

    pub(crate) fn set_uri(&mut self, uri: Uri) {
        self.uri = uri;
    }

    /// Adds what is known about the call.
    pub(crate) fn error(&self, mut error: Error) -> Error {
        let context = error.context_mut();
        context.operation = Some(self.info.name);
        context.target.clone_from(&self.info.target);
        if let Some(method) = &self.method {
            context.method = Some(method.clone());
            context.url = Some(RedactedUrl::new(&self.uri(), Some(self.shared.endpoint.origin())));
            context.attempts = self.log.attempts();
            context.elapsed = self.shared.clock.now().saturating_duration_since(self.started);
            context.maybe_processed = self.log.maybe_processed();
            context.token = self.log.token();
        }
        error
    }

    /// A response that came with `head` but cannot be used.
    pub(crate) fn answered(&self, error: Error, head: &Parts) -> Error {
        let mut error = self.error(error);
        let context = error.context_mut();
        context.status = Some(head.status);
        context.request_id = crate::error::request_id(&head.headers);
        error
    }

    /// No usable response: the error of the stack.
    pub(crate) fn failed(&mut self, error: BoxError) -> Error {
        let delivery = delivery_of(&error);
        let unread = match delivery {
            Delivery::MaybeProcessed => true,
            // A server that has done it may send the caller on to a page; one that sends on the request itself has not.
            Delivery::Responded(status) => matches!(status.as_u16(), 301..=303),
            Delivery::NotSent => false,
        };
        if unread {
            self.log.record_maybe_processed();
        }
        let error = match error.downcast::<Failure>() {
            Ok(failure) => {
                let (kind, message, hint, source) = failure.into_parts();
                let error = Error::new(kind, message);
                let error = hint.into_iter().fold(error, Error::with_hint);
                source.map(Foreign::new).into_iter().fold(error, Error::with_source)
            }
            Err(error) => {
                let inner = failure_in(&*error).map(|inner| {
                    let error = Error::new(inner.kind(), inner.to_string());
                    inner.hint_message().cloned().into_iter().fold(error, Error::with_hint)
                });
                let foreign = Foreign::new(error);
                let failed =
                    || Error::new(ErrorKind::Other, format!("the request failed: {}", chain(&foreign)));
                inner.unwrap_or_else(failed).with_source(foreign)
            }
        };
        let mut error = self.error(error);
        if let Delivery::Responded(status) = delivery {
            error.context_mut().status = Some(status);
        }
        error
    }

    /// A response that says no.
    pub(crate) fn refused(&self, head: &Parts, body: &[u8]) -> Error {
        // The standard stack has judged each attempt, and knows whether the body was whole; a stack of others may not have.
        let whole = self.shared.budget.is_none();
        if Outcome::response(head.status).body_complete(whole).is_ambiguous() {
            self.log.record_maybe_processed();
        }
        let said = classify(head.status, &head.headers, &self.uri(), body);
        let wall = self.shared.clock.wall();
        let wait = server_wait(head.status, &head.headers, wall);
        let mut error = Error::new(said.kind, said.message).with_retry_after(wait, wall);
        let withheld = self.log.token_withheld()
            && matches!(said.kind, ErrorKind::Unauthorized | ErrorKind::RepoNotFound | ErrorKind::GatedRepo);
        if withheld {
            let hint =
                "the token was not sent because the endpoint uses plain http; use https, or allow it with ";
            error = error.with_hint(Message::from(hint).and_argument("allow_http_token"));
        } else if let Some(hint) = said.hint {
            error = error.with_hint(hint);
        }
        let mut error = self.answered(error, head);
        let context = error.context_mut();
        context.request_id = said.request_id;
        context.error_code = said.error_code;
        context.server_message = said.server_message;
        context.body = said.snippet;
        context.existing_url = said.existing_url;
        context.repo_commit =
            head.headers.get(X_REPO_COMMIT).and_then(|commit| Some(commit.to_str().ok()?.to_owned()));
        error
    }
}

/// The text of an error that is not ours and of its causes, each once.
fn chain(error: &Foreign) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = cause.source();
    }
    redact::clean(&text, MAX_FOREIGN)
}
