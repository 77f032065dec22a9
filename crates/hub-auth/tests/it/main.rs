//! The token store over real files. Unix only: modes and links are what it is about.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod atomic;
mod command;
mod files;
mod git_credential;
mod plain;
mod precedence;
mod sandbox;
mod sources;
mod stored;
