//! Doubt: a response was lost, or says success and cannot be read. What was asked for is there once or not at all, and what
//! the client says about it is true. The Hub is the model of one, which shares no code with the embedded Hub; and then, with
//! fewer runs, the embedded Hub.
//!
//! A finding begins with its kind and its seed; `HUB_SEED=7 cargo test -p hub-tests --test doubt KIND` is that run alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod commits;
mod discussions;
mod five_commits;
mod lfs;
mod refs;

use hub_tests::either::Kind;

/// Both Hubs.
const BOTH: [Kind; 2] = [Kind::Model, Kind::Embedded];

/// The seeds from 0 to `count`, or the one that `HUB_SEED` names.
fn seeds(count: u64) -> Box<dyn Iterator<Item = u64>> {
    match std::env::var("HUB_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => Box::new(std::iter::once(seed)),
        None => Box::new(0..count),
    }
}

/// A thousand seeds on the model, or as many as `HUB_DEEP_SEEDS` says, and a twentieth of them on the embedded Hub, whose
/// runs take far longer.
fn runs() -> impl Iterator<Item = (Kind, u64)> {
    let count = std::env::var("HUB_DEEP_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(1000);
    let on = |kind: Kind, count: u64| seeds(count).map(move |seed| (kind, seed));
    on(Kind::Model, count).chain(on(Kind::Embedded, count.div_ceil(20)))
}
