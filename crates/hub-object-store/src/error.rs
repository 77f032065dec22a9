//! Errors of the Hub as errors of object stores.

use std::error::Error as StdError;

use hub_api::ErrorKind;
use object_store::Error;

/// The name of the store in errors.
pub(crate) const STORE: &str = "Hub";

/// What went wrong at `path`.
pub(crate) fn at(path: &str, error: hub_api::Error) -> Error {
    let (path, kind) = (path.to_owned(), error.kind());
    let (is_not_found, is_conflict) = (error.is_not_found(), error.is_conflict());
    let source = Box::new(error);
    match kind {
        _ if is_not_found => Error::NotFound { path, source },
        Some(ErrorKind::Unauthorized | ErrorKind::Auth) => Error::Unauthenticated { path, source },
        Some(ErrorKind::Forbidden | ErrorKind::GatedRepo) => Error::PermissionDenied { path, source },
        _ if is_conflict => Error::Precondition { path, source },
        _ => Error::Generic { store: STORE, source },
    }
}

/// An error that has no kind of its own.
pub(crate) fn other(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::Generic { store: STORE, source: source.into() }
}

pub(crate) fn not_found(path: &str) -> Error {
    Error::NotFound { path: path.to_owned(), source: "the Hub has no such file".into() }
}
