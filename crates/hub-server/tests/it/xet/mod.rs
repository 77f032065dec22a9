//! Xet: uploads that are checked, files put together, and what is refused.

mod backup;
mod bridge;
mod damaged;
pub(crate) mod desk;
mod files;
mod garbage;
mod operating;
mod refused;
mod scope;
