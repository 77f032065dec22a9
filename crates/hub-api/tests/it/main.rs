//! Calls over a scripted Hub: what is sent, and what is said when responses are lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod addresses;
mod doubt;
mod errors;
mod token_sources;
