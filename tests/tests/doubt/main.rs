//! Doubt: a response was lost, or says success and cannot be read. What was asked for is there once or not at all, and what
//! the client says about it is true. The Hub is the model of one, which shares no code with the embedded Hub.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod five_commits;
