//! The retry rule: what may have happened, times the declared class, times the status. Pure.

use http::StatusCode;

use crate::error::failure_in;
use crate::{BoxError, Delivery, ErrorKind, Failure, RetryClass};

/// How one attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// What may have happened to the request.
    pub delivery: Delivery,
    /// `None` if a response came whole, else what went wrong.
    pub error: Option<ErrorKind>,
    /// True if a second attempt cannot change it.
    pub permanent: bool,
    /// Whether the whole body of the request had been handed on when the response came. True where nobody looked.
    pub body_complete: bool,
}

/// What the rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The result stands.
    Stop,
    /// Send it again, but only one time for this reason.
    Once,
    /// Send it again.
    Again,
}

impl Outcome {
    /// A response with this status arrived.
    #[must_use]
    pub fn response(status: StatusCode) -> Self {
        Self { delivery: Delivery::Responded(status), error: None, permanent: false, body_complete: true }
    }

    /// The same, with whether the whole body of the request had been handed on by then.
    #[must_use]
    pub fn body_complete(self, complete: bool) -> Self {
        Self { body_complete: complete, ..self }
    }

    /// The attempt ended in an error. Errors that are not a [`Failure`] prove nothing and count as "may have been
    /// processed".
    #[must_use]
    pub fn failure(error: &BoxError) -> Self {
        match failure_in(&**error) {
            Some(failure) => Self {
                delivery: failure.delivery(),
                error: Some(failure.kind()),
                permanent: Failure::is_permanent(failure),
                body_complete: true,
            },
            None => Self {
                delivery: Delivery::MaybeProcessed,
                error: Some(ErrorKind::Other),
                permanent: false,
                body_complete: true,
            },
        }
    }

    /// True if the server may have carried out the request although no response says so.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        match self.delivery {
            Delivery::NotSent => false,
            Delivery::MaybeProcessed => true,
            Delivery::Responded(_) if self.error.is_some() => true,
            Delivery::Responded(status) => match status.as_u16() {
                // A layer or a proxy says it too when its own patience ended, whatever the server behind it has done.
                408 => self.body_complete,
                // These say that nothing was done, and that it never will be.
                501 | 505 | 511 => false,
                // A gateway that gave up, or a server that failed on the way, does not say how far the work went.
                500..=599 => true,
                // Codes that no registry has come from proxies, such as 499 and 460 for a caller who has left.
                code @ 400..=499 => !is_registered(code),
                _ => false,
            },
        }
    }
}

/// The 4xx codes of the HTTP Status Code Registry (RFC 9110, section 16.2.1).
fn is_registered(code: u16) -> bool {
    matches!(code, 400..=418 | 421..=426 | 428 | 429 | 431 | 451)
}

/// The retry rule.
///
/// | what happened | read, set | ambiguous, append, unknown class |
/// |---|---|---|
/// | not sent | again | again |
/// | 429; 408 before the whole body was handed on | again | again: these say that nothing was done |
/// | 408 after it | again | stop |
/// | 421, 425 | once | once |
/// | may have been processed | again | stop |
/// | not HTTP | once | stop |
/// | 500, 502, 503, 504 | again | stop |
/// | a good head, then a broken body | again | stop |
/// | every other response | stop | stop |
///
/// A permanent failure (a certificate, a token that cannot be read) and a body that exists only once stop it always.
#[must_use]
pub fn decide(outcome: &Outcome, class: Option<RetryClass>, replayable: bool) -> Verdict {
    let repeatable = class.is_some_and(RetryClass::is_repeatable);
    if outcome.permanent || !replayable {
        return Verdict::Stop;
    }
    let if_repeatable = |verdict| if repeatable { verdict } else { Verdict::Stop };
    match (outcome.delivery, outcome.error) {
        (Delivery::NotSent, _) => Verdict::Again,
        (Delivery::MaybeProcessed, Some(ErrorKind::Protocol)) => if_repeatable(Verdict::Once),
        (Delivery::MaybeProcessed, _) | (Delivery::Responded(_), Some(_)) => if_repeatable(Verdict::Again),
        (Delivery::Responded(status), None) => match status.as_u16() {
            429 => Verdict::Again,
            408 if outcome.body_complete => if_repeatable(Verdict::Again),
            408 => Verdict::Again,
            421 | 425 => Verdict::Once,
            500 | 502 | 503 | 504 => if_repeatable(Verdict::Again),
            _ => Verdict::Stop,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSES: [Option<RetryClass>; 5] = [
        Some(RetryClass::Read),
        Some(RetryClass::Set),
        Some(RetryClass::Ambiguous),
        Some(RetryClass::Append),
        None,
    ];

    fn status(code: u16) -> Outcome {
        Outcome::response(StatusCode::from_u16(code).unwrap())
    }

    fn failed(delivery: Delivery, kind: ErrorKind) -> Outcome {
        Outcome { delivery, error: Some(kind), permanent: false, body_complete: true }
    }

    #[test]
    fn f22_to_f37_the_rule_as_a_table_of_state_class_and_status() {
        use Verdict::{Again, Once, Stop};
        let ok = StatusCode::OK;
        // The verdict for repeatable classes, and for all others.
        let mut table = vec![
            (failed(Delivery::NotSent, ErrorKind::Connect), Again, Again),
            (failed(Delivery::NotSent, ErrorKind::Timeout), Again, Again),
            (failed(Delivery::MaybeProcessed, ErrorKind::Interrupted), Again, Stop),
            (failed(Delivery::MaybeProcessed, ErrorKind::Timeout), Again, Stop),
            (failed(Delivery::MaybeProcessed, ErrorKind::Protocol), Once, Stop),
            (failed(Delivery::Responded(ok), ErrorKind::Interrupted), Again, Stop),
        ];
        for code in 100..600 {
            let (read, other) = match code {
                429 => (Again, Again),
                408 => (Again, Stop),
                421 | 425 => (Once, Once),
                500 | 502 | 503 | 504 => (Again, Stop),
                _ => (Stop, Stop),
            };
            table.push((status(code), read, other));
        }
        table.push((status(408).body_complete(false), Again, Again));
        for (outcome, repeatable, other) in table {
            for class in CLASSES {
                let expected = if class.is_some_and(RetryClass::is_repeatable) { repeatable } else { other };
                assert_eq!(decide(&outcome, class, true), expected, "{outcome:?} {class:?}");
                assert_eq!(
                    decide(&outcome, class, false),
                    Stop,
                    "a body that exists once: {outcome:?} {class:?}"
                );
                let permanent = Outcome { permanent: true, ..outcome };
                assert_eq!(decide(&permanent, class, true), Stop, "permanent: {outcome:?} {class:?}");
            }
        }
    }

    #[test]
    fn what_is_not_settled_by_a_response_is_ambiguous() {
        let interrupted = failed(Delivery::MaybeProcessed, ErrorKind::Interrupted);
        let half = failed(Delivery::Responded(StatusCode::OK), ErrorKind::Interrupted);
        for (outcome, expected) in [
            (failed(Delivery::NotSent, ErrorKind::Connect), false),
            (interrupted, true),
            (half, true),
            (status(200), false),
            (status(404), false),
            (status(408), true),
            (status(408).body_complete(false), false),
            (status(429), false),
            (status(499), true),
            (status(500), true),
            (status(501), false),
            (status(504), true),
        ] {
            assert_eq!(outcome.is_ambiguous(), expected, "{outcome:?}");
        }
    }

    #[test]
    fn f25_what_may_have_been_done_is_never_repeated_unless_its_class_allows_it() {
        let kinds = [None, Some(ErrorKind::Interrupted), Some(ErrorKind::Protocol), Some(ErrorKind::Connect)];
        let statuses = (100..600).map(|code| Delivery::Responded(StatusCode::from_u16(code).unwrap()));
        for delivery in statuses.chain([Delivery::MaybeProcessed]) {
            for (error, body_complete) in kinds.into_iter().flat_map(|kind| [(kind, true), (kind, false)]) {
                let outcome = Outcome { delivery, error, permanent: false, body_complete };
                for class in CLASSES.into_iter().filter(|class| !class.is_some_and(RetryClass::is_repeatable))
                {
                    let repeated = decide(&outcome, class, true) != Verdict::Stop;
                    assert!(!(repeated && outcome.is_ambiguous()), "{outcome:?} {class:?}");
                }
            }
        }
    }

    #[test]
    fn an_unknown_error_proves_nothing() {
        let outcome = Outcome::failure(&BoxError::from("something"));
        assert_eq!(outcome.delivery, Delivery::MaybeProcessed);
    }
}
