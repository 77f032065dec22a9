//! What is being deleted: moved out of everybody's sight first, so that a kill leaves nothing half deleted.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    DownloadError,
    disk::{beside, io_error, made_beside},
};

/// The folder of locks, which no client takes for a repository.
const LOCKS: &str = ".locks";
/// The name of what is being deleted; what is between is a mark of its own. Folders with the locks of a repository begin with
/// the kind of it.
const DOOMED_NAME: &str = "deletion";
const DOOMED: &str = "deleting";

/// Moves what is to be deleted out of everybody's sight. What cannot be moved, to another file system for example, is deleted.
pub(crate) fn put_aside(path: &Path, aside: &Path) -> Result<(), DownloadError> {
    match fs::rename(path, aside) {
        Ok(()) => Ok(()),
        // Another process may have completed "our" deletion: then the folder to move to is gone, and not what is to be deleted.
        Err(_) => match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => remove_tree(path),
            Ok(_) => gone(path, fs::remove_file(path)),
            Err(_) => Ok(()),
        },
    }
}

/// Completes the deletions of processes that were killed. That another process is still at work on one does no harm to either.
pub(crate) fn finish_deletions(cache: &Path) {
    for entry in fs::read_dir(cache.join(LOCKS)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if is_doomed(&name.to_string_lossy())
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Err(error) = remove_tree(&entry.path())
        {
            tracing::debug!(%error, "what an interrupted deletion left stays");
        }
    }
}

/// Whether this is the name of what is being deleted: `deletion.1a2b3c4d.deleting`, and `deleting-` with the number of a process
/// of earlier versions.
fn is_doomed(name: &str) -> bool {
    made_beside(name, DOOMED) == Some(DOOMED_NAME)
        || name.strip_prefix("deleting-").is_some_and(|process| process.parse::<u32>().is_ok())
}

/// Deletes a folder and all in it, also while somebody else does so.
pub(crate) fn remove_tree(path: &Path) -> Result<(), DownloadError> {
    const TRIES: usize = 5;
    let mut outcome = Ok(());
    for _ in 0..TRIES {
        outcome = fs::remove_dir_all(path);
        if outcome.is_ok() || !path.exists() {
            return Ok(());
        }
    }
    gone(path, outcome)
}

pub(crate) fn gone(path: &Path, result: io::Result<()>) -> Result<(), DownloadError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("delete", path, error)),
        _ => Ok(()),
    }
}

/// A new folder for what is to be deleted.
pub(crate) fn doomed_folder(cache: &Path) -> Result<PathBuf, DownloadError> {
    let doomed = beside(&cache.join(LOCKS).join(DOOMED_NAME), DOOMED);
    fs::create_dir_all(&doomed).map_err(|error| io_error("create", &doomed, error))?;
    Ok(doomed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_deletion_has_put_aside_is_taken_for_that() {
        for (name, expected) in [
            ("deletion.0badcafe.deleting", true),
            ("deleting-4711", true),
            ("models--ada--deletion.0badcafe.deleting", false),
            ("models--ada--x.deleting", false),
            ("deletion.deleting", false),
            ("deletion.0badcaf.deleting", false),
            ("deletion..deleting", false),
            ("deleting-", false),
            ("deleting-x", false),
            ("models--ada--demo", false),
        ] {
            assert_eq!(is_doomed(name), expected, "{name}");
        }
    }
}
