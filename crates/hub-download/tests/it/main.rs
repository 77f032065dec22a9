//! Downloads from servers and onto disks that do all that can go wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod disk;
mod extremes;
mod hostile;
mod interrupted;
mod left;
mod leftovers;
mod memory_hub;
mod names;
mod parts;
mod readers;
mod seekable;
mod server;
#[cfg(unix)]
mod shared;
mod stand_in;
mod storage;
mod watched;
mod ways;
mod weights;
mod wrong;
mod xet;
mod xet_hostile;
mod xet_hub;
