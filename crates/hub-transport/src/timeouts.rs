//! [`Timeouts`]: time limits as settings that lie over each other, and [`Limits`], what comes of them.

use std::time::Duration;

use http::Extensions;

use crate::Transfer;

/// Time limits as far as somebody set them. Those of a request lie over those of the client, and those over the defaults:
/// what one does not set, the next below decides. For one request they go into its extensions.
///
/// A duration that no clock reaches, such as [`Duration::MAX`], is no limit. Zero is a limit that is over at once.
///
/// ```
/// use std::time::Duration;
/// use hub_transport::{Limits, Timeouts};
///
/// let client = Timeouts::new().head(Duration::from_secs(20)).idle(Duration::from_secs(5));
/// let call = Timeouts::new().head(Duration::from_secs(90));
/// let limits = call.over(client).over_defaults(Limits::default());
/// assert_eq!((limits.head.as_secs(), limits.idle.as_secs(), limits.min_rate), (90, 5, 1024));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    head: Option<Duration>,
    idle: Option<Duration>,
    min_rate: Option<u32>,
    total: Option<Total>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Total {
    Unlimited,
    Within(Duration),
}

impl Timeouts {
    /// Nothing set.
    #[must_use]
    pub const fn new() -> Self {
        Self { head: None, idle: None, min_rate: None, total: None }
    }

    /// How long a response may take to begin once the request was sent, for each attempt. 60 s unless set, 300 s for a commit.
    #[must_use]
    pub const fn head(self, limit: Duration) -> Self {
        Self { head: Some(limit), ..self }
    }

    /// How long a body may stand still, in either direction. 30 s unless set.
    #[must_use]
    pub const fn idle(self, limit: Duration) -> Self {
        Self { idle: Some(limit), ..self }
    }

    /// The lowest accepted speed of a response's body in bytes per second, over 60 s of waiting; 0 for none. 1024 unless set.
    #[must_use]
    pub const fn min_rate(self, bytes_per_second: u32) -> Self {
        Self { min_rate: Some(bytes_per_second), ..self }
    }

    /// All attempts, waits and the response's body together. Unless set: 180 s, to which the waits that a server asks for do
    /// not count where the request is a part of longer work ([`Patience`](crate::Patience)); no limit for file contents.
    #[must_use]
    pub const fn total(self, limit: Duration) -> Self {
        Self { total: Some(Total::Within(limit)), ..self }
    }

    /// No limit for the whole.
    #[must_use]
    pub const fn no_total(self) -> Self {
        Self { total: Some(Total::Unlimited), ..self }
    }

    /// These settings, and those of `below` where these say nothing.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            head: self.head.or(below.head),
            idle: self.idle.or(below.idle),
            min_rate: self.min_rate.or(below.min_rate),
            total: self.total.or(below.total),
        }
    }

    /// These settings, and `defaults` where they say nothing.
    #[must_use]
    pub fn over_defaults(self, defaults: Limits) -> Limits {
        Limits {
            head: self.head.unwrap_or(defaults.head),
            idle: self.idle.unwrap_or(defaults.idle),
            min_rate: self.min_rate.unwrap_or(defaults.min_rate),
            total: match self.total {
                None => defaults.total,
                Some(Total::Unlimited) => None,
                Some(Total::Within(limit)) => Some(limit),
            },
        }
    }

    /// Whether somebody set a limit for the whole.
    fn has_total(&self) -> bool {
        matches!(self.total, Some(Total::Within(_)))
    }
}

/// What a kind of request needs in place of the defaults, in its extensions. The settings of the client and of the request
/// itself lie over it.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultTimeouts(pub Timeouts);

/// The time limits that hold for one request. The default is for calls that exchange metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// See [`Timeouts::head`].
    pub head: Duration,
    /// See [`Timeouts::idle`].
    pub idle: Duration,
    /// See [`Timeouts::min_rate`].
    pub min_rate: u32,
    /// See [`Timeouts::total`]; `None` for no limit.
    pub total: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(60),
            idle: Duration::from_secs(30),
            min_rate: 1024,
            total: Some(Duration::from_secs(180)),
        }
    }
}

/// What a client set.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Settings {
    /// For every request.
    pub(crate) all: Timeouts,
    /// Over them, for file contents.
    pub(crate) transfers: Timeouts,
}

impl Settings {
    /// The limits of the request with these extensions, and whether its total was set by somebody.
    pub(crate) fn limits(&self, request: &Extensions) -> (Limits, bool) {
        let mut set = request.get::<Timeouts>().copied().unwrap_or_default();
        let mut defaults = request.get::<DefaultTimeouts>().copied().unwrap_or_default().0;
        if request.get::<Transfer>().is_some() {
            set = set.over(self.transfers);
            defaults = defaults.over(Timeouts::new().no_total());
        }
        let set = set.over(self.all);
        (set.over(defaults).over_defaults(Limits::default()), set.has_total())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_timeouts() -> impl Strategy<Value = Timeouts> {
        let duration = || {
            proptest::option::of(prop_oneof![
                Just(Duration::ZERO),
                Just(Duration::MAX),
                any::<u32>().prop_map(|ms| Duration::from_millis(ms.into()))
            ])
        };
        let total = duration().prop_map(|limit| limit.map_or(Total::Unlimited, Total::Within));
        (duration(), duration(), any::<Option<u32>>(), proptest::option::of(total))
            .prop_map(|(head, idle, min_rate, total)| Timeouts { head, idle, min_rate, total })
    }

    proptest! {
        #[test]
        fn each_setting_is_decided_by_the_topmost_that_sets_it(
            call in any_timeouts(), transfers in any_timeouts(), all in any_timeouts(), kind in any_timeouts(),
            transfer in any::<bool>(),
        ) {
            let mut request = Extensions::new();
            request.insert(call);
            request.insert(DefaultTimeouts(kind));
            let mut layers = vec![call];
            if transfer {
                request.insert(Transfer);
                layers.push(transfers);
            }
            layers.extend([all, kind]);
            let (limits, _) = Settings { all, transfers }.limits(&request);
            let first = |of: fn(&Timeouts) -> Option<Duration>| layers.iter().find_map(of);
            prop_assert_eq!(limits.head, first(|t| t.head).unwrap_or(Duration::from_secs(60)));
            prop_assert_eq!(limits.idle, first(|t| t.idle).unwrap_or(Duration::from_secs(30)));
            prop_assert_eq!(limits.min_rate, layers.iter().find_map(|t| t.min_rate).unwrap_or(1024));
            let total = match layers.iter().find_map(|t| t.total) {
                Some(Total::Within(limit)) => Some(limit),
                Some(Total::Unlimited) => None,
                None => (!transfer).then_some(Duration::from_secs(180)),
            };
            prop_assert_eq!(limits.total, total);
        }
    }
}
