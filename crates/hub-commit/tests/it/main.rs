//! Whole jobs against a small Hub in memory that misbehaves when it is told to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod cas;
mod commits;
mod contention;
mod doubt;
mod faults;
mod hub;
mod jobs;
mod large;
mod limits;
mod many_files;
mod plans;
mod sources;
mod uploads;
mod watched;
mod xet;
mod xet_faults;
mod xet_known;
mod xet_large;
