//! Doubt: a response was lost, or says success and cannot be read. What was asked for is there once or not at all, and what
//! the client says about it is true. The Hub is the model of one, which shares no code with the embedded Hub.
//!
//! A finding begins with its kind and its seed; `HUB_SEED=7 cargo test -p hub-tests --test doubt KIND` is that run alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod commits;
mod discussions;
mod five_commits;
mod lfs;
mod refs;

/// The seeds from 0 to `count`, or the one that `HUB_SEED` names.
fn seeds(count: u64) -> Box<dyn Iterator<Item = u64>> {
    match std::env::var("HUB_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => Box::new(std::iter::once(seed)),
        None => Box::new(0..count),
    }
}
