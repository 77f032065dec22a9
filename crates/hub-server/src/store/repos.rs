//! Repositories as the database knows them, and how they come and go.

use std::fs;

use hub_types::RepoRef;
use jiff::Timestamp;

use super::{
    Result, Signature, Store, StoreError,
    database::{
        Connection, OptionalExtension, Row, SqlResult, Transaction, now, params, reference, time_from_column,
    },
    disk::{create_folder_durably, remove_all, sync_folder},
    git,
    layout::repo_name,
    random::random_hex,
    summary::Summary,
};

/// A repository that exists, or existed when this was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RepoRecord {
    /// Key in the database; never used again after the repository is deleted.
    pub(crate) key: i64,
    /// Kind and canonical id, as it was first written.
    pub(crate) repo: RepoRef,
    /// 24 hexadecimal digits: the `_id` of info messages.
    pub(crate) internal_id: String,
    /// Whether only its owners see it.
    pub(crate) private: bool,
    /// `gradio`, `static` ... of a Space.
    pub(crate) sdk: Option<String>,
    /// When it was created.
    pub(crate) created_at: Timestamp,
    /// Key of the account that created it.
    pub(crate) creator: i64,
    /// From which size in bytes large files go in parts, when the creator set it.
    pub(crate) lfs_multipart_threshold: Option<u64>,
    /// `auto` or `manual` when the files are for those with access only.
    pub(crate) gated: Option<String>,
    /// Whether it was switched off: nobody gets anything of it.
    pub(crate) disabled: bool,
}

impl RepoRecord {
    /// The error for a repository that is gone.
    pub(super) fn not_found(&self) -> StoreError {
        StoreError::RepoNotFound { repo: self.repo.to_string() }
    }
}

/// What a new repository is to be.
#[derive(Debug, Clone)]
pub(crate) struct NewRepo {
    /// Kind and id; the id must name a namespace.
    pub(crate) repo: RepoRef,
    /// Whether only its owners see it.
    pub(crate) private: bool,
    /// `gradio`, `static` ... for a Space.
    pub(crate) sdk: Option<String>,
    /// Key of the user who creates it.
    pub(crate) creator: i64,
    /// Author of the first commit.
    pub(crate) author: Signature,
    /// From which size in bytes large files go in parts.
    pub(crate) lfs_multipart_threshold: Option<u64>,
}

/// The columns that [`from_row`] reads, first in its row.
pub(super) const COLUMNS: &str = "key, repo_type, id, internal_id, private, sdk, created_at, creator, lfs_multipart_threshold, gated, disabled";

impl Store {
    /// The folder of the git repository behind a record, whether it is there or not.
    pub(super) fn repo_folder(&self, repo: &RepoRecord) -> std::path::PathBuf {
        self.layout().repo(repo.key)
    }

    /// Makes a repository whose first commit holds `.gitattributes`, and for a Space `README.md`.
    ///
    /// # Errors
    /// `RepoExists`, ids compared without regard to case; `InvalidRepo` when the id has no namespace.
    pub(crate) fn create_repo(&self, new: NewRepo) -> Result<RepoRecord> {
        let exists = || StoreError::RepoExists { repo: new.repo.to_string() };
        if new.repo.id.namespace().is_none() {
            return Err(StoreError::InvalidRepo {
                repo: new.repo.to_string(),
                reason: "the id must be \"namespace/name\"",
            });
        }
        if self.find_repo(&new.repo)?.is_some() {
            return Err(exists());
        }
        let created_at = now();
        let fresh = tempfile::Builder::new()
            .prefix("new-repository-")
            .tempdir_in(self.layout().tmp())
            .map_err(StoreError::io("create a folder in", &self.layout().tmp()))?;
        let git = git::create(fresh.path(), &self.layout().tmp(), &new, created_at)?;
        let summary = Summary::of(&git, new.repo.repo_type)?;
        // The key under which the folder is, once it is.
        let mut placed = None;
        let record = self.database().write(|transaction| {
            let key = placed.map_or_else(|| self.free_key(transaction), Ok)?;
            let inserted = transaction
                .query_row(
                    &format!(
                        "INSERT INTO repos (repo_type, id, folded, internal_id, private, sdk, created_at, creator, lfs_multipart_threshold, key)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (repo_type, folded) DO NOTHING RETURNING {COLUMNS}"
                    ),
                    params![
                        new.repo.repo_type.singular(),
                        new.repo.id.as_str(),
                        new.repo.id.as_str().to_ascii_lowercase(),
                        random_id()?,
                        new.private,
                        new.sdk,
                        created_at.as_millisecond(),
                        new.creator,
                        new.lfs_multipart_threshold,
                        key,
                    ],
                    from_row,
                )
                .optional()?
                .ok_or_else(exists)?;
            if placed.is_none() {
                let path = self.layout().repo(key);
                let parent = path.parent().unwrap_or(&path);
                create_folder_durably(parent)?;
                fs::rename(fresh.path(), &path).map_err(StoreError::io("create", &path))?;
                sync_folder(parent)?;
                placed = Some(key);
            }
            forget_old_name(transaction, &new.repo)?;
            summary.write(transaction, inserted.key)?;
            Ok(inserted)
        })?;
        Ok(record)
    }

    /// The next key, for which nothing is stored. A folder without a row is what a crash between the two left behind, or a repository that
    /// a database of before does not know: it stays where it is.
    fn free_key(&self, transaction: &Transaction<'_>) -> Result<i64> {
        let mut key = transaction.next_repo_key()?;
        while fs::symlink_metadata(self.layout().repo(key)).is_ok() {
            key += 1;
        }
        Ok(key)
    }

    /// Every repository, in the order in which they were made.
    pub(crate) fn all_repos(&self) -> Result<Vec<RepoRecord>> {
        let query = format!("SELECT {COLUMNS} FROM repos ORDER BY key");
        self.database().read(|connection| {
            Ok(connection.prepare(&query)?.query_map((), from_row)?.collect::<SqlResult<_>>()?)
        })
    }

    /// The repository of this kind and id; upper and lower case are the same.
    pub(crate) fn find_repo(&self, repo: &RepoRef) -> Result<Option<RepoRecord>> {
        self.database().read(|connection| {
            let query = format!("SELECT {COLUMNS} FROM repos WHERE repo_type = ?1 AND folded = ?2");
            let found = connection
                .prepare(&query)?
                .query_row(
                    params![repo.repo_type.singular(), repo.id.as_str().to_ascii_lowercase()],
                    from_row,
                )
                .optional()?;
            Ok(found)
        })
    }

    /// The repository with this `_id`.
    pub(crate) fn repo_by_internal_id(&self, internal_id: &str) -> Result<Option<RepoRecord>> {
        self.database().read(|connection| {
            let query = format!("SELECT {COLUMNS} FROM repos WHERE internal_id = ?1");
            Ok(connection.prepare(&query)?.query_row([internal_id], from_row).optional()?)
        })
    }

    /// Removes a repository with everything in it. A commit that is being made is finished first.
    ///
    /// # Errors
    /// `RepoNotFound` when somebody else was faster.
    pub(crate) fn delete_repo(&self, repo: &RepoRecord) -> Result<()> {
        let folder = repo_name(repo.key);
        self.database().write(|transaction| {
            expect_repo(transaction, repo)?;
            transaction.execute("DELETE FROM repos WHERE key = ?1", [repo.key])?;
            transaction.execute("INSERT INTO trash (path) VALUES (?1)", [&folder])?;
            Ok(())
        })?;
        self.open_repos().close(repo.key);
        self.remove_trash(&folder)
    }

    /// Removes the folders of deleted repositories that an interrupted process left.
    pub(super) fn empty_trash(&self) -> Result<()> {
        let folders: Vec<String> = self.database().read(|connection| {
            let mut statement = connection.prepare("SELECT path FROM trash")?;
            Ok(statement.query_map((), |row| row.get(0))?.collect::<SqlResult<_>>()?)
        })?;
        folders.iter().try_for_each(|folder| self.remove_trash(folder))
    }

    /// Removes a folder that is in the trash.
    fn remove_trash(&self, folder: &str) -> Result<()> {
        remove_all(&self.dir().join(folder))?;
        let removed = self.dir().join(folder);
        // A backup has the row of a deletion that went on, and nothing of the folder.
        removed.parent().filter(|parent| parent.is_dir()).map_or(Ok(()), sync_folder)?;
        self.database().write(|transaction| {
            transaction.execute("DELETE FROM trash WHERE path = ?1", [folder])?;
            Ok(())
        })
    }

    /// The folder of a repository's git data; `None` when there is no such repository.
    pub(crate) fn git_dir(&self, repo: &RepoRef) -> Result<Option<std::path::PathBuf>> {
        Ok(self.find_repo(repo)?.map(|record| self.layout().repo(record.key)))
    }
}

/// Reads [`COLUMNS`].
pub(super) fn from_row(row: &Row<'_>) -> SqlResult<RepoRecord> {
    Ok(RepoRecord {
        key: row.get(0)?,
        repo: reference(row, 1)?,
        internal_id: row.get(3)?,
        private: row.get(4)?,
        sdk: row.get(5)?,
        created_at: time_from_column(row, 6)?,
        creator: row.get(7)?,
        lfs_multipart_threshold: row.get(8)?,
        gated: row.get(9)?,
        disabled: row.get(10)?,
    })
}

/// A name that a repository has does not lead to another one.
pub(super) fn forget_old_name(transaction: &Transaction<'_>, repo: &RepoRef) -> Result<()> {
    transaction.execute(
        "DELETE FROM old_names WHERE repo_type = ?1 AND folded = ?2",
        params![repo.repo_type.singular(), folded(repo)],
    )?;
    Ok(())
}

pub(super) fn folded(repo: &RepoRef) -> String {
    repo.id.as_str().to_ascii_lowercase()
}

/// Kind and id that a repository has now: since the record was read, it may have been renamed.
pub(super) fn current_name(connection: &Connection, repo: &RepoRecord) -> Result<RepoRef> {
    let found = connection
        .prepare(&format!("SELECT {COLUMNS} FROM repos WHERE key = ?1"))?
        .query_row([repo.key], from_row)
        .optional()?;
    found.map(|record| record.repo).ok_or_else(|| repo.not_found())
}

/// Whether the row is still there, for changes that belong to a repository.
pub(super) fn expect_repo(connection: &Connection, repo: &RepoRecord) -> Result<()> {
    let found: bool = connection
        .prepare("SELECT EXISTS (SELECT 1 FROM repos WHERE key = ?1)")?
        .query_row([repo.key], |row| row.get(0))?;
    if found { Ok(()) } else { Err(repo.not_found()) }
}

/// 24 random hexadecimal digits.
pub(super) fn random_id() -> Result<String> {
    random_hex::<12>()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use hub_types::{RepoRef, RepoType};

    use crate::store::{
        Store, StoreError,
        testing::{fsck, model, new_repo, on_sqlite, temporary},
    };

    #[test]
    fn a_new_repository_has_one_commit_with_lfs_rules() {
        let store = temporary();
        for (kind, files) in [
            (RepoType::Model, &[".gitattributes"][..]),
            (RepoType::Dataset, &[".gitattributes"]),
            (RepoType::Space, &[".gitattributes", "README.md"]),
        ] {
            let record = store.create_repo(new_repo(kind, "ada/demo")).unwrap();
            assert_eq!((record.internal_id.len(), record.private), (24, false));
            let git = store.git(&record).unwrap();
            let tip = git.resolve("main").unwrap();
            let paths: Vec<_> = git.all_files(tip).unwrap().into_iter().map(|entry| entry.path).collect();
            assert_eq!(paths, files);
            assert_eq!(git.log(tip, 0, 9).unwrap().0[0].title, "initial commit");
            assert_eq!(git.attributes_at(tip).unwrap().is_lfs("a/model.safetensors"), Some(true));
            fsck(&store, &record);
        }
    }

    #[test]
    fn ids_are_found_in_any_case_and_taken_once() {
        let store = temporary();
        let record = model(&store, "ada/Demo");
        let other_case = RepoRef::new(RepoType::Model, "ADA/demo".parse().unwrap());
        assert_eq!(store.find_repo(&other_case).unwrap().as_ref(), Some(&record));
        assert_eq!(record.repo.id.as_str(), "ada/Demo");
        let error = store.create_repo(new_repo(RepoType::Model, "ada/DEMO")).unwrap_err();
        assert!(matches!(error, StoreError::RepoExists { .. }));
        store.create_repo(new_repo(RepoType::Dataset, "ada/Demo")).unwrap();
    }

    #[test]
    fn an_id_without_a_namespace_is_refused() {
        let error = temporary().create_repo(new_repo(RepoType::Model, "demo")).unwrap_err();
        assert!(matches!(error, StoreError::InvalidRepo { .. }));
    }

    #[test]
    fn a_deleted_repository_is_gone_and_its_name_free() {
        let store = temporary();
        let record = model(&store, "ada/demo");
        let held = store.git(&record).unwrap();
        store.delete_repo(&record).unwrap();
        assert_eq!(store.find_repo(&record.repo).unwrap(), None);
        assert!(matches!(store.git(&record), Err(StoreError::RepoNotFound { .. })));
        assert!(matches!(held.resolve("main"), Err(StoreError::RepoNotFound { .. })));
        assert!(matches!(store.delete_repo(&record), Err(StoreError::RepoNotFound { .. })));
        assert_eq!(fs::read_dir(store.dir().join("tmp")).unwrap().count(), 0);
        let again = model(&store, "ada/demo");
        assert!(again.key > record.key);
        assert!(matches!(held.resolve("main"), Err(StoreError::RepoNotFound { .. })));
    }

    #[test]
    fn repositories_come_and_go_at_once() {
        let store = temporary();
        let work = |worker: usize| {
            for number in 0..10 {
                let repo = model(&store, &format!("ada/of-{worker}-{number}"));
                crate::store::testing::commit(&store, &repo, &[("a.txt", Some("a"))]).unwrap();
                if number % 2 == 0 {
                    store.delete_repo(&repo).unwrap();
                }
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|worker| drop(scope.spawn(move || work(worker)))));
        assert_eq!(store.all_repos().unwrap().len(), 20);
    }

    #[test]
    fn a_deleted_folder_of_which_nothing_is_left_keeps_nobody_from_opening_the_store() {
        let store = temporary();
        let note = "INSERT INTO trash (path) VALUES ('repos/0c/12.git')";
        store.database().write(|transaction| Ok(transaction.execute_batch(note)?)).unwrap();
        let store = store.reopen();
        let count = "SELECT count(*) FROM trash";
        let left: u64 = store
            .database()
            .read(|connection| Ok(connection.query_row(count, (), |row| row.get(0))?))
            .unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn a_folder_without_a_row_is_never_replaced() {
        if !on_sqlite() {
            return;
        }
        let store = temporary();
        let old = model(&store, "ada/old");
        let folder = store.git_dir(&old.repo).unwrap().unwrap();
        // As with a database of before it was made.
        let forget = "DELETE FROM repos; DELETE FROM sqlite_sequence WHERE name = 'repos'";
        store.database().write(|transaction| Ok(transaction.execute_batch(forget)?)).unwrap();
        let tip = fs::read(folder.join("refs/heads/main")).unwrap();
        let new = model(&store, "ada/new");
        assert_eq!((new.key, model(&store, "ada/next").key), (2, 3));
        assert_eq!(fs::read(folder.join("refs/heads/main")).unwrap(), tip);
    }

    #[test]
    fn a_folder_whose_database_is_gone_is_refused_and_left_alone() {
        if !on_sqlite() {
            return;
        }
        for what in ["missing", "empty", "another"] {
            let store = temporary();
            let repo = model(&store, "ada/demo");
            let folder = store.git_dir(&repo.repo).unwrap().unwrap();
            let dir = store.close();
            let database = dir.path().join("hub.db");
            for name in ["hub.db", "hub.db-wal", "hub.db-shm"] {
                let _ = fs::remove_file(dir.path().join(name));
            }
            match what {
                "empty" => fs::write(&database, "").unwrap(),
                // What is left when only the first page ever came to the disk.
                "another" => {
                    let fresh = rusqlite::Connection::open(&database).unwrap();
                    fresh.pragma_update(None, "journal_mode", "wal").unwrap();
                }
                _ => {}
            }
            for _ in 0..2 {
                let error = Store::open(dir.path(), None).err().unwrap();
                assert!(matches!(error, StoreError::DatabaseMissing { .. }), "{what}: {error}");
            }
            assert!(folder.join("HEAD").exists() && (what != "missing" || !database.exists()), "{what}");
        }
    }

    #[test]
    fn a_first_start_that_was_interrupted_goes_on() {
        if !on_sqlite() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        drop(Store::open(dir.path(), None).unwrap());
        for name in ["hub.db", "hub.db-wal", "hub.db-shm"] {
            let _ = fs::remove_file(dir.path().join(name));
        }
        fs::remove_file(dir.path().join("secret.key")).unwrap();
        drop(Store::open(dir.path(), None).unwrap());
    }

    #[test]
    fn a_deletion_that_was_interrupted_is_finished_when_the_store_is_opened() {
        let store = temporary();
        let record = model(&store, "ada/demo");
        let folder = store.git_dir(&record.repo).unwrap().unwrap();
        store
            .database()
            .write(|transaction| {
                transaction.execute("DELETE FROM repos", ())?;
                transaction.execute("INSERT INTO trash (path) VALUES ('repos/01/1.git')", ())?;
                Ok(())
            })
            .unwrap();
        assert!(folder.exists());
        let store = store.reopen();
        assert!(!folder.exists());
        assert_eq!(store.find_repo(&record.repo).unwrap(), None);
    }
}
