//! [`Error`]: what was asked, what went wrong, and what to do.

mod classify;
mod failure;
mod foreign;
mod kind;

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use hub_types::Message;
use hub_types::error_code::ErrorCode;

pub(crate) use classify::request_id;
pub use classify::{Classified, MAX_SNIPPET, classify};
pub use failure::Failure;
pub(crate) use failure::{delivery_of, failure_in};
pub use foreign::Foreign;
pub use kind::ErrorKind;

use crate::{BoxError, CallInfo, RedactedUrl, TokenUse, redact};

/// Why a call failed. Small, and the same type for everything this crate does.
///
/// `Display` is one line without the source: operation, target, what went wrong, status and request id, attempts, hint.
/// `source()` leads on to the cause. Neither holds a token or the query of a signed URL.
pub struct Error(Box<Repr>);

struct Repr {
    kind: ErrorKind,
    message: Message,
    hint: Option<Message>,
    retry_after: Option<(Duration, SystemTime)>,
    context: Context,
    source: Option<BoxError>,
}

/// The circumstances of a failed call. Fields are `None` or empty where they do not apply.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Context {
    /// The operation: `list_repo_refs`.
    pub operation: Option<&'static str>,
    /// What it was about: `model ada/demo`.
    pub target: String,
    /// Method of the last request.
    pub method: Option<Method>,
    /// Where the last request went.
    pub url: Option<RedactedUrl>,
    /// Which token the last request to the Hub went out with; `None` if none was sent, or the request brought its own.
    pub token: Option<TokenUse>,
    /// Status of the response, if one came.
    pub status: Option<StatusCode>,
    /// The server's name for the request, for its operators.
    pub request_id: Option<String>,
    /// The server's machine-readable reason.
    pub error_code: Option<ErrorCode>,
    /// The server's reason in words; several are joined by newlines.
    pub server_message: Option<String>,
    /// How often the request was sent.
    pub attempts: u32,
    /// Time from the beginning of the call.
    pub elapsed: Duration,
    /// See [`Error::maybe_processed`].
    pub maybe_processed: bool,
    /// The beginning of a response's body that was not JSON, cleaned, at most 512 bytes.
    pub body: Option<String>,
    /// The URL of what is in the way, when the server names it: the repository that exists already.
    pub existing_url: Option<String>,
    /// The commit that was looked at, when the server says it (`X-Repo-Commit`): also for a file that it has not.
    pub repo_commit: Option<String>,
}

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<Message>) -> Self {
        Self(Box::new(Repr {
            kind,
            message: message.into(),
            hint: None,
            retry_after: None,
            context: Context::default(),
            source: None,
        }))
    }

    /// Bad input; nothing was sent.
    pub fn build(message: impl Into<Message>) -> Self {
        Self::new(ErrorKind::Build, message)
    }

    /// A response that could not be read.
    pub fn decode(message: impl Into<Message>, source: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Decode, message).with_source(source)
    }

    /// The error of a response body that broke off while it was read from [`Transport::open`](crate::Transport::open).
    pub fn body(error: BoxError) -> Self {
        let kind = failure_in(&*error).map_or(ErrorKind::Interrupted, Failure::kind);
        Self::new(kind, "the response broke off").with_source(Foreign::new(error))
    }

    /// Adds what the reader can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Message>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Sets how long the server asked to wait, from `now` on.
    #[must_use]
    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>, now: SystemTime) -> Self {
        self.0.retry_after = wait.map(|wait| (wait, now.checked_add(wait).unwrap_or(now)));
        self
    }

    /// Marks it as one after which nobody knows whether the call was carried out; see [`Error::maybe_processed`].
    #[must_use]
    pub fn in_doubt(mut self) -> Self {
        self.0.context.maybe_processed = true;
        self
    }

    /// Names the call that it belongs to: for what goes wrong after [`Transport::open`](crate::Transport::open) returned.
    #[must_use]
    pub fn in_call(mut self, call: &CallInfo) -> Self {
        self.0.context.operation = Some(call.name);
        self.0.context.target.clone_from(&call.target);
        self
    }

    pub(crate) fn context_mut(&mut self) -> &mut Context {
        &mut self.0.context
    }

    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Everything known about the call.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.0.context
    }

    /// What went wrong, without the context.
    #[must_use]
    pub fn message(&self) -> &str {
        self.0.message.as_str()
    }

    /// What the reader can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_ref().map(Message::as_str)
    }

    /// Status of the response, if one came.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.context.status
    }

    /// The server's name for the request: the first of `X-Request-Id`, `X-Amzn-Trace-Id`, `x-amz-cf-id`.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.context.request_id.as_deref()
    }

    /// The server's machine-readable reason, from `X-Error-Code`.
    #[must_use]
    pub fn error_code(&self) -> Option<&ErrorCode> {
        self.0.context.error_code.as_ref()
    }

    /// The server's reason in words.
    #[must_use]
    pub fn server_message(&self) -> Option<&str> {
        self.0.context.server_message.as_deref()
    }

    /// How long the server asked to wait before the next request.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after.map(|(wait, _)| wait)
    }

    /// Until when the server asked to wait, by the clock of this machine.
    #[must_use]
    pub fn retry_at(&self) -> Option<SystemTime> {
        self.0.retry_after.map(|(_, until)| until)
    }

    /// True if the repository, revision, file or other thing does not exist, or not for this caller.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind.is_not_found()
    }

    /// True if the same call may succeed later, whether or not it is safe to repeat it; for that see
    /// [`Error::maybe_processed`].
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.kind.is_transient()
    }

    /// True when this call, in any of its attempts, may have been carried out by the server although no response said so.
    #[must_use]
    pub fn maybe_processed(&self) -> bool {
        self.0.context.maybe_processed
    }
}

/// A moment that can be written as a date: years 1970 to 9999.
fn within_dates(time: SystemTime) -> SystemTime {
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    time.clamp(SystemTime::UNIX_EPOCH, end)
}

/// The words that the readers of a program know: for one whose people have never heard of methods and their arguments.
pub trait Voice {
    /// What stands for the name of an operation, such as `list_repo_refs`; `None` leaves it out.
    fn operation(&self, name: &str) -> Option<String>;

    /// What stands for the name of an argument, such as `exist_ok`.
    fn argument(&self, name: &str) -> String;

    /// Another hint than the error's own; `None` leaves that.
    fn hint(&self, _error: &Error) -> Option<String> {
        None
    }
}

/// Says what the library says.
struct Library;

impl Voice for Library {
    fn operation(&self, name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    fn argument(&self, name: &str) -> String {
        name.to_owned()
    }
}

impl Error {
    /// What `Display` writes, in other words.
    #[must_use]
    pub fn said_by(&self, voice: &dyn Voice) -> String {
        let mut said = String::new();
        // Writing to a string does not fail.
        let _ = self.say(voice, &mut said);
        said
    }

    fn say(&self, voice: &dyn Voice, f: &mut dyn fmt::Write) -> fmt::Result {
        let context = &self.0.context;
        if let Some(operation) = context.operation {
            let operation = voice.operation(operation);
            let target = Some(redact::clean(&context.target, 300)).filter(|target| !target.is_empty());
            let about: Vec<String> = operation.into_iter().chain(target).collect();
            if !about.is_empty() {
                write!(f, "{}: ", about.join(" "))?;
            }
        }
        f.write_str(&redact::clean(&self.0.message.with_names(|name| voice.argument(name)), 1000))?;
        let mut notes = Vec::new();
        if let Some(status) = context.status {
            notes.push(status.as_u16().to_string());
            // Only a refusal can be due to the token.
            let token = context.token.as_ref().filter(|_| status.is_client_error());
            notes.extend(token.map(|token| redact::clean(&token.to_string(), 300)));
        }
        if let Some(id) = &context.request_id {
            notes.push(format!("request id {id}"));
        }
        if context.attempts > 1 {
            notes.push(format!(
                "after {} attempts in {:.1} s",
                context.attempts,
                context.elapsed.as_secs_f64()
            ));
        }
        if let Some((wait, until)) = self.0.retry_after {
            let until = httpdate::fmt_http_date(within_dates(until));
            notes.push(format!("the server asks to wait {} s, until {until}", wait.as_secs()));
        }
        if !notes.is_empty() {
            write!(f, " ({})", notes.join(", "))?;
        }
        let own = || self.0.hint.as_ref().map(|hint| hint.with_names(|name| voice.argument(name)));
        match voice.hint(self).or_else(own) {
            Some(hint) => write!(f, "; {}", redact::clean(&hint, 500)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.say(&Library, f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("hint", &self.0.hint)
            .field("retry_after", &self.0.retry_after)
            .field("context", &self.0.context)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn display_is_one_line_without_the_source() {
        let mut error = Error::new(ErrorKind::RevisionNotFound, "revision \"v9\"\nnot found")
            .with_source("the cause")
            .with_hint("list the branches");
        *error.context_mut() = Context {
            operation: Some("list_repo_refs"),
            target: "a/b".into(),
            token: Some(TokenUse::With(hub_auth::TokenOrigin::Env("HF_TOKEN".into()))),
            status: Some(StatusCode::NOT_FOUND),
            request_id: Some("01J".into()),
            attempts: 3,
            elapsed: Duration::from_millis(1250),
            ..Context::default()
        };
        assert_eq!(
            error.to_string(),
            "list_repo_refs a/b: revision \"v9\" not found (404, with the token of HF_TOKEN, request id 01J, \
             after 3 attempts in 1.2 s); list the branches"
        );
        assert_eq!(error.source().unwrap().to_string(), "the cause");
    }
}
