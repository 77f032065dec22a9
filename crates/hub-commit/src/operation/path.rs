//! Paths in the repository that an operation may change.

use hub_types::SafeRelPath;

use crate::CommitError;

pub(crate) fn repo_path(text: &str) -> Result<SafeRelPath, CommitError> {
    SafeRelPath::from_user(text).map_err(|error| CommitError::invalid(error.to_string()))
}

/// A path where content may go.
pub(crate) fn content_path(text: &str) -> Result<SafeRelPath, CommitError> {
    no_cache(repo_path(text)?)
}

/// The Hub's own clients keep their bookkeeping in `.cache`; the Hub refuses it as it refuses `.git`.
pub(crate) fn no_cache(path: SafeRelPath) -> Result<SafeRelPath, CommitError> {
    if path.segments().any(|part| part == ".cache") {
        let message =
            format!("invalid path in the repository {:?}: \".cache\" is not uploaded", path.as_str());
        return Err(CommitError::invalid(message));
    }
    Ok(path)
}
