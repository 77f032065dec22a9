//! Where things are in the data folder, and who has it.
//!
//! ```text
//! DIR/version                               the layout's version, as text
//! DIR/lock                                  locked while a process has the folder
//! DIR/hub.db                                accounts, repositories, and what else is not git or large
//! DIR/secret.key                            the key of the secrets in it, unless that is in another file
//! DIR/repos/01/1.git                        bare git repositories: the key of the row, in folders by its last byte in hexadecimal
//! DIR/lfs/objects/aa/bb/SHA256              large files
//! DIR/lfs/incoming/                         large files that are being received
//! DIR/xet/xorbs/aa/HASH, HASH.idx           chunks of large files, and where each of them is
//! DIR/xet/files/aa/HASH                     of which chunks large files consist
//! DIR/xet/incoming/                         chunks that are being received
//! DIR/xet/instance                          the name of this store, by which clients keep what they know of it
//! DIR/hooks/                                what git asks before it takes a push; written anew when the folder is opened
//! DIR/tmp/                                  what is not finished; emptied when the folder is opened
//! ```

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{
    Result, StoreError,
    disk::{create_folder_durably, entries, keep_private, remove_all, write_durably},
    folder_lock,
    owner::must_be_own,
};

/// The version of the layout that this program writes, and the newest that it reads.
pub(super) const VERSION: u64 = 2;
/// What a new file system has, and what a new user's home: neither is anybody's data.
const OF_THE_SYSTEM: [&str; 4] = ["lost+found", ".bash_logout", ".bashrc", ".profile"];

/// A data folder with its lock.
pub(super) struct Layout {
    dir: PathBuf,
    /// The version that the folder had when it was opened.
    version: u64,
    _lock: File,
}

impl Layout {
    /// Takes the folder for this process, and makes what is missing in it.
    pub(super) fn open(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).map_err(StoreError::io("create", dir))?;
        must_be_own(dir, false)?;
        check_version(dir)?;
        let lock = folder_lock::take(dir)?;
        keep_private(dir)?;
        let found = check_version(dir)?;
        let layout = Self { dir: dir.to_path_buf(), version: found.unwrap_or(VERSION), _lock: lock };
        if found.is_none() {
            layout.write_version()?;
        }
        for folder in
            [layout.tmp(), layout.incoming(), layout.large_files(), layout.xet_incoming(), layout.repos()]
        {
            create_folder_durably(&folder)?;
        }
        layout.sweep()?;
        Ok(layout)
    }

    /// The data folder.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The version that the folder had when it was opened.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Refuses a folder without a database that has what a database has named: a new one would not know of it, and give its names again.
    ///
    /// # Errors
    /// `DatabaseMissing`.
    pub(super) fn must_be_new(&self) -> Result<()> {
        let (large, xet) = (self.large_files(), self.xet());
        let mut has_data = ["token", "link-key"].iter().any(|name| self.dir.join(name).exists());
        for folder in [self.repos(), large, xet.join("xorbs"), xet.join("files")] {
            has_data |= !entries(&folder)?.is_empty();
        }
        if has_data { Err(StoreError::DatabaseMissing { path: self.database() }) } else { Ok(()) }
    }

    /// Notes that the folder has the layout of this program.
    pub(super) fn write_version(&self) -> Result<()> {
        write_durably(&self.dir, "version", format!("{VERSION}\n").as_bytes())
    }

    /// The database.
    pub(super) fn database(&self) -> PathBuf {
        self.dir.join("hub.db")
    }

    /// The key of the secrets in it, unless another file is named.
    pub(super) fn secret_key(&self) -> PathBuf {
        self.dir.join("secret.key")
    }

    /// For what is not finished, on the same file system as everything else.
    pub(super) fn tmp(&self) -> PathBuf {
        self.dir.join("tmp")
    }

    /// The root of the storage of large files.
    pub(super) fn lfs(&self) -> PathBuf {
        self.dir.join("lfs")
    }

    /// Large files that are complete.
    fn large_files(&self) -> PathBuf {
        self.lfs().join("objects")
    }

    /// A large file that is complete.
    pub(super) fn large_file(&self, oid: &str) -> PathBuf {
        self.dir.join(large_file_name(oid))
    }

    /// Large files that are being received.
    pub(super) fn incoming(&self) -> PathBuf {
        self.lfs().join("incoming")
    }

    /// The root of the storage of Xet.
    pub(super) fn xet(&self) -> PathBuf {
        self.dir.join("xet")
    }

    /// Xorbs and shards that are being received.
    pub(super) fn xet_incoming(&self) -> PathBuf {
        self.xet().join("incoming")
    }

    /// All git repositories.
    pub(super) fn repos(&self) -> PathBuf {
        self.dir.join("repos")
    }

    /// The git repository with a key.
    pub(super) fn repo(&self, key: i64) -> PathBuf {
        self.dir.join(repo_name(key))
    }

    /// Removes what an interrupted process left behind. Nobody else is here: the folder is locked.
    fn sweep(&self) -> Result<()> {
        for folder in [self.tmp(), self.incoming(), self.xet_incoming()] {
            for entry in entries(&folder)? {
                remove_all(&entry)?;
            }
        }
        Ok(())
    }
}

/// A large file that is complete, relative to the data folder.
pub(super) fn large_file_name(oid: &str) -> String {
    format!("lfs/{}", large_file_in_lfs(oid))
}

/// A large file that is complete, relative to the root of the storage of large files.
pub(super) fn large_file_in_lfs(oid: &str) -> String {
    let (first, second) = (oid.get(..2).unwrap_or_default(), oid.get(2..4).unwrap_or_default());
    format!("objects/{first}/{second}/{oid}")
}

/// Whether something at the top of a folder came with the file system or the user's home, and is nobody's data.
pub(super) fn is_of_the_system(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| OF_THE_SYSTEM.contains(&name))
}

/// The folder of the git repository with a key, relative to the data folder.
pub(super) fn repo_name(key: i64) -> String {
    format!("repos/{:02x}/{key}.git", key & 0xff)
}

/// Removes what an interrupted process left behind in a git repository that nobody has opened since.
pub(super) fn sweep_repo(repo: &Path) -> Result<()> {
    remove_lock_files(&repo.join("refs"))?;
    let objects = repo.join("objects");
    // What pushes and repacking had not finished.
    for folder in [&objects, &objects.join("pack")] {
        for entry in entries(folder)? {
            let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if ["tmp_", ".tmp-", "incoming-"].iter().any(|begin| name.starts_with(begin)) {
                remove_all(&entry)?;
            }
        }
    }
    remove_half_packs(&objects.join("pack"))
}

/// Reads the version, and refuses folders that are not ours.
pub(super) fn check_version(dir: &Path) -> Result<Option<u64>> {
    let path = dir.join("version");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let ours = |entry: &PathBuf| {
                let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                matches!(name, "lock" | "version" | "version.new") || is_of_the_system(entry)
            };
            return if entries(dir)?.iter().all(ours) {
                Ok(None)
            } else {
                Err(StoreError::NotAStore {
                    path: dir.to_path_buf(),
                    reason: "it holds other files; use an empty folder",
                })
            };
        }
        Err(error) => return Err(StoreError::io("read", &path)(error)),
    };
    let found: u64 = text.trim().parse().map_err(|_| StoreError::NotAStore {
        path: dir.to_path_buf(),
        reason: "its file \"version\" does not hold a number",
    })?;
    if found > VERSION {
        return Err(StoreError::NewerVersion { path: dir.to_path_buf(), found, known: VERSION });
    }
    Ok(Some(found))
}

/// Removes `*.lock` of refs: commits that were interrupted left them, and git programs that the hub started ended with it.
fn remove_lock_files(folder: &Path) -> Result<()> {
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in entries(&folder)? {
            if entry.is_dir() {
                open.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "lock") {
                remove_all(&entry)?;
            }
        }
    }
    Ok(())
}

/// Removes packs that have no index: git does not see them, and the commit that wrote them was never finished.
fn remove_half_packs(folder: &Path) -> Result<()> {
    for entry in entries(folder)? {
        if entry.extension().is_some_and(|extension| extension == "pack")
            && !entry.with_extension("idx").exists()
        {
            remove_all(&entry)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_may_have_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let first = Layout::open(dir.path()).unwrap();
        assert!(matches!(Layout::open(dir.path()), Err(StoreError::InUse { .. })));
        drop(first);
        Layout::open(dir.path()).unwrap();
    }

    #[test]
    fn a_newer_folder_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("version"), "3\n").unwrap();
        let error = Layout::open(dir.path()).err().unwrap();
        assert!(matches!(error, StoreError::NewerVersion { found: 3, known: 2, .. }), "{error}");
        assert_eq!(entries(dir.path()).unwrap().len(), 1);
    }

    #[test]
    fn a_folder_with_other_files_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "").unwrap();
        assert!(matches!(Layout::open(dir.path()), Err(StoreError::NotAStore { .. })));
        assert_eq!(entries(dir.path()).unwrap().len(), 1);
    }

    #[test]
    fn a_new_file_system_and_a_new_home_are_empty_folders() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("lost+found")).unwrap();
        for name in &OF_THE_SYSTEM[1..] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        Layout::open(dir.path()).unwrap();
    }

    #[test]
    fn opening_removes_what_was_not_finished() {
        let dir = tempfile::tempdir().unwrap();
        drop(Layout::open(dir.path()).unwrap());
        let heads = dir.path().join("repos/01/1.git/refs/heads");
        fs::create_dir_all(dir.path().join("tmp/quarantine/deep")).unwrap();
        fs::create_dir_all(&heads).unwrap();
        for file in ["tmp/quarantine/deep/x", "lfs/incoming/y"] {
            fs::write(dir.path().join(file), "half").unwrap();
        }
        fs::write(heads.join("main.lock"), "half").unwrap();
        fs::write(heads.join("main"), "whole").unwrap();
        let layout = Layout::open(dir.path()).unwrap();
        sweep_repo(&layout.repo(1)).unwrap();
        for gone in ["tmp/quarantine", "lfs/incoming/y", "repos/01/1.git/refs/heads/main.lock"] {
            assert!(!dir.path().join(gone).exists(), "{gone}");
        }
        assert!(heads.join("main").exists());
    }
}
