//! Standard input as a file.

use std::io;

use hub_api::AddSource;

use crate::failure::Failure;

/// Stands for standard input, and for standard output where something is written.
pub(super) const STREAM: &str = "-";

/// Standard input, as a file that can be read twice: once for its hash, once to be sent.
pub(super) fn keep() -> Result<AddSource, Failure> {
    let fail = |error| Failure::other("cannot keep standard input in a temporary file", error);
    let mut file = tempfile::tempfile().map_err(fail)?;
    io::copy(&mut io::stdin().lock(), &mut file)
        .map_err(|error| Failure::other("cannot read standard input", error))?;
    Ok(AddSource::reader(file))
}
