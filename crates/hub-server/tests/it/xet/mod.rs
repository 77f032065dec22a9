//! Xet: uploads that are checked, files put together, and what is refused.

mod bridge;
mod desk;
mod files;
mod refused;
mod scope;
