//! Finding out whether a change was made although no response said so.

use std::time::SystemTime;

use hub_transport::{Claims, Endpoint, Error, Transport, Turn};
use hub_types::Timestamp;
use tokio::time::Instant;

use crate::api::{begun::read_with_time, identity::GetWhoAmI};

/// Tells what this call wrote from what others did, or the same caller before.
#[derive(Debug, Clone, Default)]
pub struct Own {
    me: Option<String>,
    /// When the call began, by the server's clock: not before the first, and not after the second.
    began: Option<(SystemTime, SystemTime)>,
    /// The name of the call.
    call: String,
    claims: Option<Transport>,
}

/// Whether something was written by this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// By somebody else, by another call, or before.
    No,
    /// By the caller, at about the time when the call began: `Date` has whole seconds, so it may have been there before.
    Perhaps,
    /// By the caller, after the call began.
    Yes,
}

impl Own {
    /// Whether this call wrote it, by the author, the time, and the name under which calls of this client claim it. When
    /// something of that is not known, it did not.
    pub(super) fn wrote(&self, author: &str, at: &Timestamp, claim: &str) -> Written {
        let at = at.as_str().parse::<jiff::Timestamp>().ok().map(SystemTime::from);
        let claimed = self.claims.as_ref().is_some_and(|all| all.claims().is_anothers(claim, &self.call));
        match at.zip(self.began) {
            Some((at, (earliest, latest))) if self.me.as_deref() == Some(author) && !claimed => match at {
                at if at < earliest => Written::No,
                at if at < latest => Written::Perhaps,
                _ => Written::Yes,
            },
            _ => Written::No,
        }
    }
}

/// What the server shows of a change whose response was lost.
#[derive(Debug)]
pub enum Seen<T> {
    /// Nothing of it.
    Nothing,
    /// Something that may be it, or the work of another call.
    Perhaps(String),
    /// It was made.
    Done(T),
}

impl<T> Seen<T> {
    /// The only one that the call surely wrote; more than one cannot be told apart.
    pub(super) fn only(candidates: impl IntoIterator<Item = (Written, String, T)>) -> Self {
        let mut seen = Self::Nothing;
        for (written, name, value) in candidates {
            seen = match (written, seen) {
                (Written::No, seen) => seen,
                (Written::Yes, Self::Nothing) => Self::Done(value),
                _ => return Self::Perhaps(name),
            };
        }
        seen
    }
}

/// A call that adds something, while it runs. Calls that nothing tells apart take turns.
pub(super) struct Adding {
    pub(super) begun: Instant,
    /// Names this call alone.
    pub(super) call: String,
    /// Names all calls that add the same.
    what: String,
    transport: Transport,
    _turn: Turn,
}

impl Adding {
    /// Begins when no other call of this client adds the same.
    pub(super) async fn begin(transport: &Transport, what: String) -> Self {
        let turn = crate::api::turn(transport, &what).await;
        let call = Claims::owner(&**transport.rng());
        Self { begun: transport.clock().now(), call, what, transport: transport.clone(), _turn: turn }
    }

    /// Whether an earlier call that added the same may still be carried out, so that what is there may be its work.
    pub(super) fn is_doubtful(&self) -> bool {
        self.transport.claims().is_doubtful(&self.what)
    }

    /// Claims what the call made; false if another call has.
    pub(super) fn claim(&self, made: &str) -> bool {
        self.transport.claims().claim(made, &self.call)
    }

    /// Notes that nobody knows what became of it.
    pub(super) fn doubt(&self) {
        self.transport.claims().doubt(&self.what);
    }
}

/// Reads something after `adding` has begun, and who is asking.
pub(super) async fn look<E: Endpoint>(endpoint: &E, adding: &Adding) -> Result<(E::Output, Own), Error> {
    let transport = &adding.transport;
    let me = transport.send(&GetWhoAmI).await?.name;
    let (found, began) = read_with_time(transport, endpoint, adding.begun).await?;
    Ok((found, Own { me: Some(me), began, call: adding.call.clone(), claims: Some(transport.clone()) }))
}

#[cfg(test)]
mod tests {
    use http::Request;
    use hub_transport::Body;

    use super::*;

    fn own() -> Own {
        let time = |text: &str| SystemTime::from(text.parse::<jiff::Timestamp>().unwrap());
        let began = Some((time("2024-05-06T07:08:09Z"), time("2024-05-06T07:08:10.5Z")));
        Own { me: Some("ada".into()), began, call: "call".into(), claims: None }
    }

    #[test]
    fn only_what_the_caller_wrote_after_the_call_began_is_surely_its_own() {
        for (author, at, expected) in [
            ("ada", "2024-05-06T07:08:10.500Z", Written::Yes),
            ("ada", "2024-05-06T07:08:10.499Z", Written::Perhaps),
            ("ada", "2024-05-06T07:08:09.000Z", Written::Perhaps),
            ("ada", "2024-05-06T07:08:08.999Z", Written::No),
            ("bob", "2024-05-06T07:08:11.000Z", Written::No),
            ("ada", "yesterday", Written::No),
        ] {
            assert_eq!(own().wrote(author, &Timestamp::new(at), "x"), expected, "{author} {at}");
        }
        let at = Timestamp::new("2024-05-06T07:08:11.000Z");
        assert_eq!(Own::default().wrote("ada", &at, "x"), Written::No);
    }

    #[test]
    fn what_another_call_has_claimed_is_not_this_ones() {
        let service = tower::service_fn(|_: Request<Body>| async {
            Ok::<_, hub_transport::BoxError>(http::Response::new(Body::empty()))
        });
        let transport = Transport::from_service(service, "https://hub.test").unwrap();
        assert!(transport.claims().claim("discussion 4", "another"));
        let own = Own { claims: Some(transport), ..own() };
        let at = Timestamp::new("2024-05-06T07:08:11.000Z");
        assert_eq!(own.wrote("ada", &at, "discussion 4"), Written::No);
        assert_eq!(own.wrote("ada", &at, "discussion 5"), Written::Yes);
    }

    #[test]
    fn of_several_that_may_be_it_none_is() {
        let seen = |all: &[Written]| Seen::only(all.iter().map(|written| (*written, String::new(), ())));
        assert!(matches!(seen(&[]), Seen::Nothing) && matches!(seen(&[Written::No]), Seen::Nothing));
        assert!(matches!(seen(&[Written::No, Written::Yes, Written::No]), Seen::Done(())));
        assert!(matches!(seen(&[Written::Yes, Written::Yes]), Seen::Perhaps(_)));
        assert!(matches!(seen(&[Written::Yes, Written::Perhaps]), Seen::Perhaps(_)));
        assert!(matches!(seen(&[Written::Perhaps]), Seen::Perhaps(_)));
    }
}
