//! Which blobs of repositories lead to an entry.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::{Component, Path, PathBuf},
};

use super::entry_lock::with_ending;
use super::modes::{no_follow, open_to_all};
use super::{FOLDER, SharedStore};
use crate::Disk;
use crate::disk::beside;

/// The longest manifest that is read: of about 100,000 users.
const LONGEST: u64 = 16 * 1024 * 1024;

/// The blobs that lead to each entry, by the links that are there.
pub(crate) type Linked = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

impl SharedStore {
    /// What the links of all repositories of the cache lead to. A manifest may lack some of them.
    pub(crate) fn linked(&self) -> Linked {
        let mut linked = Linked::new();
        let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
        let repos = entries(&self.cache).filter(|repo| repo.file_name().to_string_lossy().contains("--"));
        for blob in repos.flat_map(|repo| entries(&repo.path().join(FOLDER)).collect::<Vec<_>>()) {
            let blob = blob.path();
            if let Some(entry) = self.entry_of(&blob) {
                linked.entry(entry).or_default().insert(blob);
            }
        }
        linked
    }

    /// The blobs that lead to an entry, by its manifest or a link; `None` when nobody can tell.
    pub(crate) fn users_of(&self, entry: &Path, linked: &Linked) -> Option<BTreeSet<PathBuf>> {
        let mut users = self.users(entry)?;
        users.extend(linked.get(entry).into_iter().flatten().cloned());
        Some(users)
    }

    /// The blobs that lead to an entry, of those that its manifest names; `None` when nobody can tell.
    pub(crate) fn users(&self, entry: &Path) -> Option<BTreeSet<PathBuf>> {
        let manifest = with_ending(entry, "refs");
        let metadata = fs::symlink_metadata(&manifest).ok()?;
        if !metadata.is_file() || metadata.len() > LONGEST {
            return None;
        }
        let mut users = BTreeSet::new();
        for line in fs::read_to_string(&manifest).ok()?.lines() {
            let Some(blob) = blob_in(&self.cache, line) else { continue };
            match fs::symlink_metadata(&blob) {
                Ok(metadata) if metadata.is_symlink() => {
                    let link = fs::read_link(&blob).ok()?;
                    if self.entry_at(&link).as_deref() == Some(entry) {
                        users.insert(blob);
                    }
                }
                Ok(_) => {}
                Err(error) if is_absent(&error) => {}
                // It may be a user.
                Err(_) => return None,
            }
        }
        Some(users)
    }

    /// The line of a blob of a repository of this cache.
    pub(super) fn line_of(&self, blob: &Path) -> Option<String> {
        let parts: Vec<&str> = blob
            .strip_prefix(&self.cache)
            .ok()?
            .components()
            .map(|part| part.as_os_str().to_str())
            .collect::<Option<_>>()?;
        let line = parts.join("/");
        blob_in(&self.cache, &line).is_some_and(|read_back| read_back == blob).then_some(line)
    }
}

/// Adds a user. The line is fsynced before anything leads to the entry.
pub(super) fn add(disk: &dyn Disk, entry: &Path, line: &str) -> io::Result<()> {
    let mut file = no_follow().append(true).create(true).open(with_ending(entry, "refs"))?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("the manifest is no regular file"));
    }
    open_to_all(&file);
    // In one write, so that no line of another gets between.
    file.write_all(format!("{line}\n").as_bytes())?;
    disk.sync(&file)
}

/// Writes the manifest of an entry anew.
pub(super) fn rewrite(
    store: &SharedStore,
    disk: &dyn Disk,
    entry: &Path,
    users: &BTreeSet<PathBuf>,
) -> io::Result<()> {
    let manifest = with_ending(entry, "refs");
    let lines: String =
        users.iter().filter_map(|blob| store.line_of(blob)).map(|line| format!("{line}\n")).collect();
    let made = beside(&manifest, "tmp");
    let write = || {
        let mut file = no_follow().write(true).create_new(true).open(&made)?;
        file.write_all(lines.as_bytes())?;
        open_to_all(&file);
        disk.sync(&file)?;
        fs::rename(&made, &manifest)
    };
    write().inspect_err(|_| drop(fs::remove_file(&made)))
}

/// The blob that a line names: `models--ada--demo/blobs/ETAG`, and nothing that leads elsewhere.
fn blob_in(cache: &Path, line: &str) -> Option<PathBuf> {
    let path = Path::new(line);
    let parts: Vec<&str> = path
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let [repo, FOLDER, name] = parts.as_slice() else { return None };
    let is_repo = repo.split_once("--").is_some_and(|(kind, id)| !kind.is_empty() && !id.is_empty());
    (is_repo && !line.contains(['\r', '\n'])).then(|| cache.join(repo).join(FOLDER).join(name))
}

/// Whether there is nothing at a path.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use proptest::prelude::*;

    use super::*;
    use crate::SystemDisk;
    use crate::cache::shared::tests::{HASH, marked};

    #[test]
    fn a_line_counts_only_if_it_names_a_link_to_this_entry() {
        let cache = tempfile::tempdir().unwrap();
        let store = marked(cache.path());
        let entry = store.entry(HASH).unwrap();
        fs::create_dir_all(entry.parent().unwrap()).unwrap();
        assert_eq!(store.users(&entry), None, "without a manifest nobody can tell");
        let blobs = cache.path().join("models--ada--demo/blobs");
        fs::create_dir_all(&blobs).unwrap();
        symlink(format!("../../blobs/cd/{HASH}"), blobs.join("right")).unwrap();
        symlink(format!("../../blobs/ab/{}", "ab".repeat(32)), blobs.join("other")).unwrap();
        fs::write(blobs.join("file"), "x").unwrap();
        for line in [
            "models--ada--demo/blobs/right",
            "models--ada--demo/blobs/right",
            "models--ada--demo/blobs/other",
            "models--ada--demo/blobs/file",
            "models--ada--demo/blobs/gone",
            "models--ada--demo/blobs/../blobs/right",
            "models--ada--demo/blobs",
            "blobs/cd/x",
            "/models--ada--demo/blobs/right",
            "../x/models--ada--demo/blobs/right",
            "",
        ] {
            add(&SystemDisk, &entry, line).unwrap();
        }
        let right = BTreeSet::from([blobs.join("right")]);
        assert_eq!(store.users(&entry), Some(right.clone()));
        rewrite(&store, &SystemDisk, &entry, &right).unwrap();
        let manifest = with_ending(&entry, "refs");
        assert_eq!(fs::read_to_string(&manifest).unwrap(), "models--ada--demo/blobs/right\n");
        assert_eq!(fs::read_dir(entry.parent().unwrap()).unwrap().count(), 1, "nothing half made stays");

        fs::write(&manifest, [0xff, 0xfe]).unwrap();
        assert_eq!(store.users(&entry), None, "what is no text says nothing");
        fs::remove_file(&manifest).unwrap();
        symlink("/dev/null", &manifest).unwrap();
        assert_eq!(store.users(&entry), None, "a link is no manifest");
    }

    proptest! {
        #[test]
        fn no_line_leads_out_of_the_cache(line in "(models--a--b|blobs|\\.\\.|\\.|/|x){0,7}") {
            if let Some(blob) = blob_in(Path::new("/cache"), &line) {
                let parts: Vec<_> = blob.strip_prefix("/cache").unwrap().iter().collect();
                prop_assert!(parts.len() == 3 && parts[1] == "blobs", "{parts:?}");
                prop_assert!(!parts.contains(&"..".as_ref()), "{parts:?}");
            }
        }
    }
}
