//! [`Failure`]: how the services of the stack tell each other what happened to one attempt.

use std::error::Error as StdError;
use std::fmt;

use hub_types::Message;

use crate::{BoxError, Delivery, ErrorKind};

/// The error of one attempt, for services and layers of the stack.
///
/// An inner service of your own should return it, boxed, where it knows that nothing was sent: an error of another type counts as
/// "may have been processed", and only reads are sent again after it.
#[derive(Debug)]
pub struct Failure {
    kind: ErrorKind,
    delivery: Delivery,
    permanent: bool,
    message: String,
    hint: Option<Message>,
    source: Option<BoxError>,
}

impl Failure {
    /// Provably no byte of the request reached a server; it is safe to send it again.
    pub fn not_sent(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            delivery: Delivery::NotSent,
            permanent: false,
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// The request may have been carried out.
    pub fn maybe_processed(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { delivery: Delivery::MaybeProcessed, ..Self::not_sent(kind, message) }
    }

    /// A response came, and is refused or broken.
    pub fn responded(status: http::StatusCode, kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { delivery: Delivery::Responded(status), ..Self::not_sent(kind, message) }
    }

    /// Marks it as one that a second attempt cannot change.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.permanent = true;
        self
    }

    /// Adds what the reader can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Message>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What may have happened to the request.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// True if a second attempt cannot change it.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.permanent
    }

    /// What the reader can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_ref().map(Message::as_str)
    }

    pub(crate) fn hint_message(&self) -> Option<&Message> {
        self.hint.as_ref()
    }

    pub(crate) fn into_parts(self) -> (ErrorKind, String, Option<Message>, Option<BoxError>) {
        (self.kind, self.message, self.hint, self.source)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// The [`Failure`] in a chain of causes: layers of others may have wrapped it.
pub(crate) fn failure_in<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Failure> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(failure) = error.downcast_ref::<Failure>() {
            return Some(failure);
        }
        next = error.source();
    }
    None
}

/// What may have happened to a request that ended in `error`. Unknown errors prove nothing.
pub(crate) fn delivery_of(error: &BoxError) -> Delivery {
    failure_in(&**error).map_or(Delivery::MaybeProcessed, Failure::delivery)
}
