//! The program when its process is killed, when the power fails, under load and under attack: lanes "kill", "power", "soak" and
//! "attack" of docs/proof.md.
//!
//! Not at some moments but at some changes: `recorder.c` counts what the program changes on disk, and kills it instead of one.
//! HUB_DEEP_KILLS and HUB_DEEP_POWER are the numbers of kills of the server and of seeds for what a power failure takes.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod attack;
mod attack_pages;
mod disk;
mod killed_client;
mod killed_serve;
mod killed_token;
mod place;
mod power;
mod power_client;
mod power_serve;
mod recorder;
mod soak;
