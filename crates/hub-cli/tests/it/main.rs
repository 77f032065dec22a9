//! The binary `hub`, run as a person or a script runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod auth;
mod cache_verify;
mod command_line;
mod commands;
mod crash;
mod download_dry_run;
mod dry_run;
mod killed;
mod killed_download;
mod killed_upload;
mod spaces;
