//! Tests that cross crates: the whole client over the embedded Hub, and faults between them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod blocking;
mod branches;
mod builder;
mod cache;
mod cached_facts;
mod cards;
mod commits;
mod copies;
mod discussions;
mod download_plans;
mod download_requests;
mod downloads;
mod downloads_together;
mod errors;
mod handles;
mod input;
mod large_uploads;
mod likes;
mod network;
mod own_requests;
mod pages;
mod plans;
mod reading;
mod repos;
mod requests;
mod search;
mod settings;
#[cfg(unix)]
mod shared_blobs;
mod spaces;
mod token_sources;
mod tokens;
mod uploads;
mod verify;
mod weights;
mod xet_downloads;
mod xet_uploads;
