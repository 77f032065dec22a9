//! How many things run at once.

pub(crate) mod adaptive;
pub(crate) mod budget;
