//! How many bytes the repositories of a namespace have, and how many they may have.

use std::path::Path;

use hub_types::RepoRef;
use rusqlite::{OptionalExtension, params};

use super::{RepoRecord, Result, Store, StoreError, layout::entries, repos};

impl Store {
    /// What an account may have and has: `(quota, used)`, in bytes.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub(crate) fn storage(&self, name: &str) -> Result<(Option<u64>, u64)> {
        let account =
            self.find_account(name)?.ok_or_else(|| StoreError::AccountNotFound { name: name.to_owned() })?;
        Ok((self.quota(&account.name)?, self.used(&account.name)?))
    }

    /// Refuses to store `more` bytes for a repository whose namespace has no room for them.
    ///
    /// Where there is no quota nothing is counted. Uploads that run at the same time may go beyond it together by what they bring.
    ///
    /// # Errors
    /// `QuotaExceeded`.
    pub(crate) fn must_have_room(&self, repo: &RepoRef, more: u64) -> Result<()> {
        let Some(namespace) = repo.id.namespace() else { return Ok(()) };
        let Some(quota) = self.quota(namespace)? else { return Ok(()) };
        let used = self.used(namespace)?;
        if used.saturating_add(more) > quota {
            return Err(StoreError::QuotaExceeded { namespace: namespace.to_owned(), quota, used, more });
        }
        Ok(())
    }

    fn quota(&self, namespace: &str) -> Result<Option<u64>> {
        self.database().read(|connection| {
            let found = connection
                .prepare_cached("SELECT quota FROM accounts WHERE folded = ?1")?
                .query_row([namespace.to_ascii_lowercase()], |row| row.get(0))
                .optional()?;
            Ok(found.flatten())
        })
    }

    /// Large files, each once for each repository that has it, and the folders of git.
    fn used(&self, namespace: &str) -> Result<u64> {
        let folded = namespace.to_ascii_lowercase();
        let (large, repos) = self.database().read(|connection| {
            const THEIRS: &str = "folded > ?1 || '/' AND folded < ?1 || '0'";
            let query = format!(
                "SELECT coalesce(sum(size), 0) FROM (
                     SELECT repo, oid, size FROM lfs_objects WHERE repo IN (SELECT key FROM repos WHERE {THEIRS})
                     UNION SELECT repo, oid, size FROM xet_repo_files JOIN xet_files USING (file)
                     WHERE repo IN (SELECT key FROM repos WHERE {THEIRS}))"
            );
            let large: u64 = connection.prepare_cached(&query)?.query_row([&folded], |row| row.get(0))?;
            let query = format!("SELECT {} FROM repos WHERE {THEIRS}", repos::COLUMNS);
            let mut statement = connection.prepare_cached(&query)?;
            let repos: Vec<RepoRecord> =
                statement.query_map(params![folded], repos::from_row)?.collect::<rusqlite::Result<_>>()?;
            Ok((large, repos))
        })?;
        repos.iter().try_fold(large, |sum, repo| match self.git(repo) {
            Ok(git) => Ok(sum.saturating_add(size_of_folder(git.path())?)),
            // It was deleted meanwhile.
            Err(StoreError::RepoNotFound { .. }) => Ok(sum),
            Err(error) => Err(error),
        })
    }
}

/// Bytes of all files below a folder. Files come and go meanwhile.
fn size_of_folder(folder: &Path) -> Result<u64> {
    let (mut open, mut sum) = (vec![folder.to_path_buf()], 0_u64);
    while let Some(folder) = open.pop() {
        for entry in entries(&folder)? {
            match entry.symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => open.push(entry),
                Ok(metadata) => sum = sum.saturating_add(metadata.len()),
                Err(_) => {}
            }
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{commit, model, temporary};

    #[test]
    fn a_namespace_has_room_up_to_its_quota_and_others_are_not_counted() {
        let store = temporary();
        for user in ["ada", "ada0"] {
            store.add_user(user, None, None).unwrap();
            let repo = model(&store, &format!("{user}/demo"));
            commit(&store, &repo, &[("a", Some("text"))]).unwrap();
        }
        let repo = |id: &str| RepoRef::new(hub_types::RepoType::Model, id.parse().unwrap());
        assert_eq!(store.storage("ada").unwrap().0, None);
        store.must_have_room(&repo("ada/demo"), u64::MAX).unwrap();
        let used = store.storage("ada").unwrap().1;
        assert!((500..100_000).contains(&used), "{used}");
        store.set_quota("Ada", Some(used + 100)).unwrap();
        store.must_have_room(&repo("ada/demo"), 100).unwrap();
        store.must_have_room(&repo("ada0/demo"), 1 << 40).unwrap();
        let error = store.must_have_room(&repo("ADA/new"), 101).unwrap_err();
        assert!(matches!(error, StoreError::QuotaExceeded { more: 101, .. }), "{error}");
        store.set_quota("ada", None).unwrap();
        store.must_have_room(&repo("ada/demo"), 101).unwrap();
    }
}
