//! Files and folders as `ls` and `find` list them, on the Hub and on this machine.

use std::{fs, io, path::Path, path::PathBuf};

use futures_util::StreamExt;
use hub_api::{HfApi, types::TreeEntry};
use serde::Serialize;

use crate::{
    args::EntryKind,
    failure::{Code, Failure},
    location::{Location, OnDisk, OnHub, name_of},
    shown::entry_line,
};

/// A file or folder.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    #[serde(rename = "type")]
    pub(crate) kind: EntryKind,
    /// Its address, or its path: what other commands take.
    pub(crate) path: String,
    /// From the listed folder on.
    pub(crate) name: String,
    /// Bytes of a file.
    pub(crate) size: Option<u64>,
    /// What identifies the content of a file of the Hub: its sha256 in LFS, else its git id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
}

impl Listed {
    fn of(entry: &TreeEntry, folder: &OnHub, name: &str) -> Self {
        let is_file = entry.is_file();
        Self {
            kind: if is_file { EntryKind::File } else { EntryKind::Folder },
            path: folder.with_path(entry.path.as_str()).address(),
            name: name.to_owned(),
            size: is_file.then_some(entry.size),
            id: is_file.then(|| entry.content_id().to_owned()),
        }
    }

    /// A line for people: the size, then the name, with `/` behind that of a folder.
    pub(crate) fn line(&self, human_readable: bool) -> String {
        entry_line(self.size, &self.name, human_readable)
    }

    /// The last part of the name.
    pub(crate) fn file_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

/// Gives each entry of a folder, or the file itself, as it is found. With `recursive` also what is in the folders below.
pub(crate) async fn each(
    api: &HfApi,
    location: &Location,
    recursive: bool,
    mut take: impl FnMut(Listed) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match location {
        Location::Hub(folder) => each_on_hub(api, folder, recursive, &mut take).await,
        Location::Local(place) => each_on_disk(place, recursive, &mut take),
    }
}

async fn each_on_hub(
    api: &HfApi,
    folder: &OnHub,
    recursive: bool,
    take: &mut impl FnMut(Listed) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut listing = api.list_repo_tree(&folder.repo).path_in_repo(&folder.path).recursive(recursive);
    if let Some(revision) = &folder.revision {
        listing = listing.revision(revision);
    }
    let mut entries = listing.stream();
    let mut is_first = true;
    while let Some(entry) = entries.next().await {
        let entry = match entry {
            Ok(entry) => entry,
            // The Hub lists folders only.
            Err(error) if is_first && error.is_not_found() && !folder.is_root() && !folder.has_slash => {
                let file = on_hub(api, folder).await?.filter(TreeEntry::is_file).ok_or(error)?;
                return take(Listed::of(&file, folder, folder.name()));
            }
            Err(error) => return Err(error.into()),
        };
        is_first = false;
        let inside = entry.path.strip_prefix(&folder.path).unwrap_or(&entry.path).trim_start_matches('/');
        take(Listed::of(&entry, folder, inside))?;
    }
    Ok(())
}

/// What is at a path of a repository.
pub(crate) async fn on_hub(api: &HfApi, at: &OnHub) -> Result<Option<TreeEntry>, Failure> {
    let mut call = api.get_paths_info(&at.repo, [at.path.as_str()]);
    if let Some(revision) = &at.revision {
        call = call.revision(revision);
    }
    Ok(call.await?.into_iter().find(|entry| entry.path.trim_end_matches('/') == at.path))
}

fn each_on_disk(
    place: &OnDisk,
    recursive: bool,
    take: &mut impl FnMut(Listed) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let found = fs::metadata(&place.path).map_err(|error| unreadable(&place.path, error))?;
    if !found.is_dir() {
        let text = place.path.to_string_lossy().into_owned();
        let name = name_of(&place.path).unwrap_or_else(|| text.clone());
        return take(Listed { kind: EntryKind::File, path: text, name, size: Some(found.len()), id: None });
    }
    // What is still to be listed, the next one last.
    let mut folders = vec![(place.path.clone(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let mut below = Vec::new();
        for (path, name) in entries_of(&folder)? {
            let is_link = fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink());
            let found = fs::metadata(&path).or_else(|_| fs::symlink_metadata(&path));
            let found = found.map_err(|error| unreadable(&path, error))?;
            let name = format!("{prefix}{name}");
            let kind = if found.is_dir() { EntryKind::Folder } else { EntryKind::File };
            let size = (kind == EntryKind::File).then_some(found.len());
            if recursive && kind == EntryKind::Folder && !is_link {
                below.push((path.clone(), format!("{name}/")));
            }
            take(Listed { kind, path: path.to_string_lossy().into_owned(), name, size, id: None })?;
        }
        folders.extend(below.into_iter().rev());
    }
    Ok(())
}

/// The entries of a folder by name.
fn entries_of(folder: &Path) -> Result<Vec<(PathBuf, String)>, Failure> {
    let fail = |error| unreadable(folder, error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        entries.push((entry.path(), entry.file_name().to_string_lossy().into_owned()));
    }
    entries.sort_unstable();
    Ok(entries)
}

/// Why something of this machine cannot be read.
pub(crate) fn unreadable(path: &Path, error: io::Error) -> Failure {
    let code = if error.kind() == io::ErrorKind::NotFound { Code::NotFound } else { Code::Failed };
    Failure::new(code, format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_this_machine_is_listed_by_name_and_links_are_not_followed_in_circles() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("b/c")).unwrap();
        fs::write(folder.path().join("b/c/d.txt"), b"12345").unwrap();
        fs::write(folder.path().join("a.txt"), b"1").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), folder.path().join("b/round")).unwrap();
        let names = |recursive| {
            let place = OnDisk { path: folder.path().to_owned(), has_slash: false };
            let mut names = Vec::new();
            each_on_disk(&place, recursive, &mut |entry| {
                names.push(entry.line(false).trim().to_owned());
                Ok(())
            })
            .unwrap();
            names
        };
        assert_eq!(names(false), ["1  a.txt", "b/"]);
        #[cfg(unix)]
        assert_eq!(names(true), ["1  a.txt", "b/", "b/c/", "b/round/", "5  b/c/d.txt"]);
    }
}
