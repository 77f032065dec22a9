//! Searches over the whole store.

mod simulation;
