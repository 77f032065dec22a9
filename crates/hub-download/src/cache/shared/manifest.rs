//! Which blobs of repositories lead to an entry.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Read, Write},
    path::{Component, Path, PathBuf},
};

use super::entry_lock::{EntryLock, with_ending};
use super::modes::{no_follow, open_to_all};
use super::{FOLDER, SharedStore};
use crate::Disk;
use crate::disk::replace;

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
        let mut users = BTreeSet::new();
        for line in read(entry)?.lines() {
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

    /// Adds the line of a blob that leads to an entry, if the manifest lacks it: a client that goes by manifests alone would take the
    /// entry for unused. An entry without a manifest, or with one that cannot be read, is never deleted, and stays as it is. That it fails
    /// is no failure of a download.
    pub(crate) fn note_user(&self, disk: &dyn Disk, blob: &Path) {
        let Some(entry) = self.entry_of(blob) else { return };
        let Some(line) = self.line_of(blob) else { return };
        if read(&entry).is_none_or(|manifest| has(&manifest, &line)) {
            return;
        }
        let noted = EntryLock::take(disk, &entry).and_then(|_lock| {
            // Somebody may have deleted it meanwhile.
            if self.entry_of(blob).as_ref() == Some(&entry) { add(disk, &entry, &line) } else { Ok(()) }
        });
        if let Err(error) = noted {
            tracing::debug!(%error, entry = %entry.display(), "the manifest of a shared blob still lacks a user");
        }
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

/// Adds a user, unless it is there. The line is fsynced before anything leads to the entry.
pub(super) fn add(disk: &dyn Disk, entry: &Path, line: &str) -> io::Result<()> {
    let mut file = no_follow().read(true).append(true).create(true).open(with_ending(entry, "refs"))?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("the manifest is no regular file"));
    }
    open_to_all(&file);
    let mut there = Vec::new();
    (&file).take(LONGEST).read_to_end(&mut there)?;
    if !has(&String::from_utf8_lossy(&there), line) {
        // A kill may have left half a line.
        let begin = if there.last().is_none_or(|last| *last == b'\n') { "" } else { "\n" };
        // In one write, so that no line of another gets between.
        file.write_all(format!("{begin}{line}\n").as_bytes())?;
    }
    disk.sync(&file)
}

/// The text of a manifest; `None` if there is none that can be read.
fn read(entry: &Path) -> Option<String> {
    let manifest = with_ending(entry, "refs");
    let metadata = fs::symlink_metadata(&manifest).ok()?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return None;
    }
    fs::read_to_string(manifest).ok()
}

fn has(manifest: &str, line: &str) -> bool {
    manifest.lines().any(|one| one == line)
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
    replace(&manifest, manifest.parent().unwrap_or(entry), |made| {
        let mut file = no_follow().write(true).create_new(true).open(made)?;
        file.write_all(lines.as_bytes())?;
        open_to_all(&file);
        disk.sync(&file)
    })
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

    /// A store with an entry, and a blob that leads to it.
    fn led_to(cache: &Path) -> (SharedStore, PathBuf, PathBuf) {
        let store = marked(cache);
        let (entry, blob) = (store.entry(HASH).unwrap(), cache.join("models--ada--demo/blobs/etag"));
        for folder in [entry.parent(), blob.parent()] {
            fs::create_dir_all(folder.unwrap()).unwrap();
        }
        fs::write(&entry, "content").unwrap();
        symlink(format!("../../blobs/cd/{HASH}"), &blob).unwrap();
        (store, entry, blob)
    }

    #[test]
    fn a_user_has_one_line_and_half_a_line_of_another_does_not_spoil_it() {
        let cache = tempfile::tempdir().unwrap();
        let (store, entry, blob) = led_to(cache.path());
        let (manifest, line) = (with_ending(&entry, "refs"), "models--ada--demo/blobs/etag");
        for there in ["", "models--ada--demo/blobs/etag\n", "models--ada--other/blobs/x\n", "models--ada--de"]
        {
            fs::write(&manifest, there).unwrap();
            for _ in 0..2 {
                add(&SystemDisk, &entry, line).unwrap();
            }
            let text = fs::read_to_string(&manifest).unwrap();
            assert_eq!(text.lines().filter(|one| *one == line).count(), 1, "{there:?}: {text:?}");
            assert!(text.starts_with(there) && text.ends_with('\n'), "{there:?}: {text:?}");
            assert_eq!(store.users(&entry), Some([blob.clone()].into()));
        }
    }

    #[test]
    fn a_blob_that_a_manifest_lacks_is_noted_and_one_without_a_manifest_is_not() {
        let cache = tempfile::tempdir().unwrap();
        let (store, entry, blob) = led_to(cache.path());
        let manifest = with_ending(&entry, "refs");
        store.note_user(&SystemDisk, &blob);
        assert!(!manifest.exists(), "nobody knows who else leads there");
        fs::write(&manifest, "models--ada--gone/blobs/etag\n").unwrap();
        for _ in 0..2 {
            store.note_user(&SystemDisk, &blob);
            let expected = "models--ada--gone/blobs/etag\nmodels--ada--demo/blobs/etag\n";
            assert_eq!(fs::read_to_string(&manifest).unwrap(), expected);
        }
        let own = blob.with_file_name("own");
        fs::write(&own, "content").unwrap();
        store.note_user(&SystemDisk, &own);
        assert_eq!(fs::read_to_string(&manifest).unwrap().lines().count(), 2, "it leads nowhere");
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
