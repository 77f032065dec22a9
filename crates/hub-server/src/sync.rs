//! The locks that decide who comes first. Files that take them from here, and nothing else that blocks, are also built with
//! locks under which every order is tried (`tests/races`).

pub(crate) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
