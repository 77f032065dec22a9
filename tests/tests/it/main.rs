//! Tests that cross crates: the whole client over the embedded Hub, and faults between them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod blocking;
mod commits;
mod discussions;
mod downloads;
mod input;
mod repos;
mod requests;
mod tokens;
mod uploads;
