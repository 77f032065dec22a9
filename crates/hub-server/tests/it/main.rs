//! The embedded Hub, asked as its clients ask it: in process, and on a port where that matters.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod admin;
mod authorisation;
mod branches;
mod commit;
mod conditional;
mod contract;
mod crowds;
mod damaged;
mod discussions;
mod errors;
mod faults;
mod git;
mod git_limits;
mod lfs;
mod likes;
mod locks;
mod manners;
mod moves;
mod opening;
mod oversight;
#[cfg(feature = "page")]
mod page;
mod preupload;
mod reading;
mod repos;
mod resolve;
mod search;
mod serve;
mod settings;
mod support;
mod tls;
mod xet;
