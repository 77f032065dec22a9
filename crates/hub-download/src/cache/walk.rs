//! Everything below a folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::DownloadError;
use crate::disk::io_error;

/// Everything in a folder and its folders that is no folder itself. Links are not followed; a folder that is not there is empty.
pub(crate) fn walk(folder: &Path, found: &mut dyn FnMut(&Path)) -> Result<(), DownloadError> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in entries(&folder)? {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => found(&entry.path()),
            }
        }
    }
    Ok(())
}

/// What is in a folder; nothing if there is no such folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>, DownloadError> {
    let fail = |error| io_error("read", folder, error);
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(fail(error)),
        Ok(entries) => entries.map(|entry| entry.map_err(fail)).collect(),
    }
}

/// The links below a folder that lead to nothing, by their path in it with `/` between its parts.
pub(crate) fn dangling(folder: &Path) -> Result<Vec<String>, DownloadError> {
    let mut links: Vec<PathBuf> = Vec::new();
    walk(folder, &mut |place| {
        if fs::metadata(place).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            links.push(place.to_owned());
        }
    })?;
    let mut paths: Vec<String> = links.iter().map(|link| path_in(folder, link)).collect();
    paths.sort_unstable();
    Ok(paths)
}

/// The path of something below a folder, as repositories write it.
pub(crate) fn path_in(folder: &Path, place: &Path) -> String {
    let below = place.strip_prefix(folder).unwrap_or(place);
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
