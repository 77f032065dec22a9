//! Everything that goes through more than one module: the stack over scripts, over real TCP, over TLS.
#![allow(unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bandwidth;
mod budget;
mod clocks;
mod compress;
mod extension_points;
mod faults;
mod hosts;
mod leaks;
mod odd_servers;
mod pages;
mod proxy;
mod redirects;
mod retries;
mod settings;
mod stack;
mod support;
mod timeouts;
mod tls;
mod token_sources;
mod waits;
mod wire;
