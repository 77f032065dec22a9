//! Xet: uploads that are checked, files put together, and what is refused.

mod bridge;
mod desk;
mod files;
mod operating;
mod refused;
mod scope;
