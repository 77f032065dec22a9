//! The binary `hub`, run as a person or a script runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod addresses;
mod admin;
mod as_typed;
mod bandwidth;
mod cache;
#[cfg(unix)]
mod cache_shared;
mod cache_verify;
mod command_line;
mod control_characters;
mod crash;
mod deploy;
mod discussions;
mod download_dry_run;
mod dry_run;
mod every_command;
mod failures;
mod files;
#[cfg(target_os = "linux")]
mod huge_file;
mod killed;
mod killed_download;
mod killed_upload;
mod log_format;
mod network;
mod newcomer;
mod page_instead;
mod place;
#[cfg(target_os = "linux")]
mod progress;
mod repos;
#[cfg(target_os = "linux")]
mod serve_memory;
mod serve_tls;
mod streams;
mod terminal;
mod tokens;
#[cfg(unix)]
mod upload_every;
mod wording;
