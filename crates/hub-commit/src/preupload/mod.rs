//! Which way each file travels: the server is asked, and what it says is kept with the file.

pub(crate) mod classify;
pub(crate) mod decision;
mod endpoint;
