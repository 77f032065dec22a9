//! How many bytes the repositories of a namespace have, and how many they may have.

use std::{collections::HashSet, path::Path};

use hub_types::RepoRef;

use super::{
    RepoRecord, Result, Store, StoreError,
    disk::entries,
    noted, repos,
    room::{Coming, Room},
};
use crate::store::database::{Connection, OptionalExtension, SqlResult, params};

impl Store {
    /// What an account may have and has: `(quota, used)`, in bytes.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub(crate) fn storage(&self, name: &str) -> Result<(Option<u64>, u64)> {
        let account =
            self.find_account(name)?.ok_or_else(|| StoreError::AccountNotFound { name: name.to_owned() })?;
        Ok((self.quota(&account.name)?, self.used(&account.name, &[])?))
    }

    /// Refuses to store `more` bytes for a repository whose namespace has no room for them, beside what is on its way there.
    ///
    /// Where there is no quota nothing is counted, and what takes no room is never refused.
    ///
    /// # Errors
    /// `QuotaExceeded`.
    pub(crate) fn must_have_room(&self, repo: &RepoRef, more: u64) -> Result<()> {
        match self.limit(repo, more)? {
            Some((namespace, quota)) => self.must_fit(namespace, quota, more, None),
            None => Ok(()),
        }
    }

    /// As [`must_have_room`](Self::must_have_room), for large files by oid and size. Those that the repository has take no room, and one that
    /// is named twice takes it once.
    ///
    /// # Errors
    /// `QuotaExceeded`.
    pub(crate) fn must_have_room_for(&self, repo: &RepoRecord, files: &[(&str, u64)]) -> Result<()> {
        self.must_have_room(&repo.repo, sum(&self.new_files(repo, files)?))
    }

    /// As [`must_have_room_for`](Self::must_have_room_for), and for `rest` bytes besides. The room is held until the value is dropped: until
    /// the files are there, or do not come.
    ///
    /// # Errors
    /// `QuotaExceeded`.
    pub(crate) fn hold_room(
        &self,
        repo: &RepoRecord,
        files: &[(&str, u64)],
        rest: u64,
    ) -> Result<Option<Room>> {
        let all = sum(files).saturating_add(rest);
        let Some((namespace, quota)) = self.limit(&repo.repo, all)? else { return Ok(None) };
        let new = self.new_files(repo, files)?;
        let more = sum(&new).saturating_add(rest);
        if more == 0 {
            return Ok(None);
        }
        let files = new.into_iter().map(|(oid, size)| (oid.to_owned(), size)).collect();
        let folded = namespace.to_ascii_lowercase();
        let room = self.shared.rooms.hold(Coming { folded, repo: repo.key, files, rest });
        self.must_fit(namespace, quota, more, Some(&room))?;
        Ok(Some(room))
    }

    /// Those of some large files that a repository has not, each once.
    fn new_files<'f>(&self, repo: &RepoRecord, files: &[(&'f str, u64)]) -> Result<Vec<(&'f str, u64)>> {
        self.database().read(|connection| {
            let (mut new, mut seen) = (Vec::new(), HashSet::new());
            for (oid, size) in files {
                if seen.insert(*oid) && noted::size_of(connection, repo.key, oid)?.is_none() {
                    new.push((*oid, *size));
                }
            }
            Ok(new)
        })
    }

    /// The namespace and its quota, where something has to be counted.
    fn limit<'r>(&self, repo: &'r RepoRef, more: u64) -> Result<Option<(&'r str, u64)>> {
        let Some(namespace) = repo.id.namespace().filter(|_| more > 0) else { return Ok(None) };
        Ok(self.quota(namespace)?.map(|quota| (namespace, quota)))
    }

    fn must_fit(&self, namespace: &str, quota: u64, more: u64, room: Option<&Room>) -> Result<()> {
        let coming = self.shared.rooms.coming(&namespace.to_ascii_lowercase(), room);
        let used = self.used(namespace, &coming)?;
        if used.saturating_add(more) > quota {
            return Err(StoreError::QuotaExceeded { namespace: namespace.to_owned(), quota, used, more });
        }
        Ok(())
    }

    fn quota(&self, namespace: &str) -> Result<Option<u64>> {
        self.database().read(|connection| {
            let found = connection
                .prepare("SELECT quota FROM accounts WHERE folded = ?1")?
                .query_row([namespace.to_ascii_lowercase()], |row| row.get(0))
                .optional()?;
            Ok(found.flatten())
        })
    }

    /// Large files, each once for each repository that has it, and the folders of git; and what is on its way and not there yet.
    fn used(&self, namespace: &str, coming: &[Coming]) -> Result<u64> {
        let folded = namespace.to_ascii_lowercase();
        let (large, repos) = self.database().read_moment(|connection| {
            // What arrives meanwhile is counted once.
            const THEIRS: &str = "folded > ?1 || '/' AND folded < ?1 || '0'";
            let query = format!(
                "SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM (
                     SELECT repo, oid, size FROM lfs_objects WHERE repo IN (SELECT key FROM repos WHERE {THEIRS})
                     UNION SELECT repo, oid, size FROM xet_repo_files JOIN xet_files USING (file)
                     WHERE repo IN (SELECT key FROM repos WHERE {THEIRS})) AS files"
            );
            let large: u64 = connection.prepare(&query)?.query_row([&folded], |row| row.get(0))?;
            let large = coming.iter().try_fold(large, |sum, coming| -> Result<u64> {
                Ok(sum.saturating_add(still_to_come(connection, coming)?))
            })?;
            let query = format!("SELECT {} FROM repos WHERE {THEIRS}", repos::COLUMNS);
            let mut statement = connection.prepare(&query)?;
            let repos: Vec<RepoRecord> =
                statement.query_map(params![folded], repos::from_row)?.collect::<SqlResult<_>>()?;
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

/// Bytes of large files, as far as they can be counted.
fn sum(files: &[(&str, u64)]) -> u64 {
    files.iter().fold(0, |sum, (_, size)| sum.saturating_add(*size))
}

fn still_to_come(connection: &Connection, coming: &Coming) -> Result<u64> {
    let mut sum = coming.rest;
    for (oid, size) in &coming.files {
        if noted::size_of(connection, coming.repo, oid)?.is_none() {
            sum = sum.saturating_add(*size);
        }
    }
    Ok(sum)
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

    #[test]
    fn a_file_that_is_named_twice_takes_room_once() {
        let store = temporary();
        store.add_user("ada", None, None).unwrap();
        let repo = model(&store, "ada/demo");
        let used = store.storage("ada").unwrap().1;
        store.set_quota("ada", Some(used + 100)).unwrap();
        let twice = [("a", 60), ("b", 30), ("a", 60)];
        store.must_have_room_for(&repo, &twice).unwrap();
        let room = store.hold_room(&repo, &twice, 10).unwrap();
        assert!(store.must_have_room(&repo.repo, 1).is_err(), "100 bytes are held");
        drop(room);
        assert!(store.hold_room(&repo, &twice, 11).is_err());
    }

    #[test]
    fn what_is_on_its_way_takes_room_until_it_is_there_or_does_not_come() {
        let store = temporary();
        store.add_user("ada", None, None).unwrap();
        let repo = model(&store, "ada/demo");
        let used = store.storage("ada").unwrap().1;
        store.set_quota("ada", Some(used + 100)).unwrap();
        let first = store.hold_room(&repo, &[("a", 60)], 0).unwrap();
        assert!(first.is_some());
        let error = store.hold_room(&repo, &[("b", 60)], 0).unwrap_err();
        assert!(matches!(error, StoreError::QuotaExceeded { more: 60, .. }), "{error}");
        assert!(store.must_have_room(&repo.repo, 41).is_err());
        let rest = store.hold_room(&repo, &[], 40).unwrap();
        drop(first);
        let again = store.hold_room(&repo, &[("b", 60)], 0).unwrap();
        // It arrives, and is counted once.
        let arrive = "INSERT INTO lfs_objects (repo, oid, size, created_at) VALUES (1, 'b', 60, 0)";
        store.database().write(|transaction| Ok(transaction.execute_batch(arrive)?)).unwrap();
        drop(rest);
        store.must_have_room(&repo.repo, 40).unwrap();
        drop(again);
        store.must_have_room(&repo.repo, 40).unwrap();
        assert!(store.must_have_room(&repo.repo, 41).is_err());

        store.set_quota("ada", Some(1)).unwrap();
        store.must_have_room(&repo.repo, 0).unwrap();
        assert!(store.hold_room(&repo, &[("b", 60)], 0).unwrap().is_none(), "it is there");
        let full = store.must_have_room(&repo.repo, 1).unwrap_err().to_string();
        assert!(full.contains("of 1 bytes are used. Delete"), "{full}");
    }
}
