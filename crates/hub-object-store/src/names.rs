//! Paths of object stores and paths of repositories.

use hub_api::types::SafeRelPath;
use object_store::{Error, Result, path::Path};

use crate::error::other;

/// A path as text.
pub(crate) fn text(location: &Path) -> &str {
    location.as_ref()
}

/// The path of an object in its repository.
pub(crate) fn in_repo(location: &Path) -> Result<SafeRelPath> {
    text(location).parse().map_err(|error: hub_api::types::ParseError| other(hub_api::Error::from(error)))
}

/// The object at a path of a repository.
pub(crate) fn location(path: &str) -> Result<Path> {
    Path::parse(path).map_err(Error::from)
}

/// The folder that a prefix names; the root is empty.
pub(crate) fn folder(prefix: Option<&Path>) -> Result<String> {
    match prefix {
        Some(prefix) if !text(prefix).is_empty() => Ok(in_repo(prefix)?.to_string()),
        _ => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_as_it_is_written() {
        for name in ["a/b.txt", "a/b%2Fc/d", "%Q", "foo bar/x", "\u{1f600}/y", "$x@@~.txt"] {
            let path = Path::parse(name).unwrap();
            assert_eq!(location(in_repo(&path).unwrap().as_str()).unwrap(), path);
        }
    }

    #[test]
    fn what_no_repository_can_hold_is_refused() {
        for name in ["", ".git/config", "a/.git/x"] {
            assert!(in_repo(&Path::parse(name).unwrap()).is_err(), "{name:?}");
        }
        assert_eq!(folder(Some(&Path::from("/"))).unwrap(), "");
        assert_eq!(folder(Some(&Path::from("a/b"))).unwrap(), "a/b");
    }
}
