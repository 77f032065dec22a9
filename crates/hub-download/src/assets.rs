//! Folders in which libraries keep what they make of downloads.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::DownloadError;
use crate::disk::io_error;

/// Makes and gives the folder `ASSETS/library/namespace/subfolder`, in which a library keeps files that are not the Hub's own: what it
/// unpacked or computed, for example. Waits for the disk. Python: `cached_assets_path`.
///
/// Blanks and both kinds of slashes in the three names become `--`, so that `ada/demo` is one folder.
///
/// # Errors
/// [`DownloadError::Io`] for a name that is empty or leads elsewhere, and when the folder cannot be made, for
/// example because a file is in the way.
///
/// ```
/// let assets = tempfile::tempdir()?;
/// let place = hub_download::cached_assets_path(assets.path(), "datasets", "ada/squad", "extracted")?;
/// assert_eq!(place, assets.path().join("datasets/ada--squad/extracted"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cached_assets_path(
    assets: &Path,
    library_name: &str,
    namespace: &str,
    subfolder: &str,
) -> Result<PathBuf, DownloadError> {
    let mut place = assets.to_owned();
    for name in [library_name, namespace, subfolder] {
        let name = name.replace([' ', '/', '\\'], "--");
        if matches!(name.as_str(), "" | "." | "..") || name.contains('\0') {
            let error =
                io::Error::new(io::ErrorKind::InvalidInput, format!("{name:?} is no name of a folder"));
            return Err(io_error("make a folder in", assets, error));
        }
        place.push(name);
    }
    fs::create_dir_all(&place).map_err(|error| io_error("create", &place, error))?;
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_folder_below_the_assets() {
        let assets = tempfile::tempdir().unwrap();
        for (names, expected) in [
            (["lib", "default", "default"], "lib/default/default"),
            (["my lib", "ada/demo", "a\\b"], "my--lib/ada--demo/a--b"),
            (["../x", "..\\..", "/etc"], "..--x/..--../--etc"),
        ] {
            let [library, namespace, subfolder] = names;
            let place = cached_assets_path(assets.path(), library, namespace, subfolder).unwrap();
            assert_eq!(place, assets.path().join(expected));
            assert!(place.is_dir());
        }
        for name in ["", ".", "..", "\0"] {
            assert!(cached_assets_path(assets.path(), "lib", name, "x").is_err(), "{name:?}");
        }
        fs::write(assets.path().join("file"), "").unwrap();
        assert!(cached_assets_path(assets.path(), "file", "x", "y").is_err());
    }
}
