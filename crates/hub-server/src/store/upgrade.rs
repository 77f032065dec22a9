//! Data folders of earlier versions. Each step can be interrupted and begun again: the version is written when all is done.

use std::{
    collections::BTreeSet,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use hub_types::{RepoRef, RepoType};

use super::{
    Result, StoreError,
    database::{Database, OptionalExtension, SqlResult, reference},
    disk::{create_folder_durably, entries, remove_all, sync_folder},
    layout::{Layout, VERSION},
};

/// What was changed in a data folder of an earlier version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upgraded {
    /// The version that it had.
    pub from: u64,
    /// The version that it has.
    pub to: u64,
    /// Repositories whose folders have another name now.
    pub repositories: usize,
    /// Repositories that the database names and that have no folder: they had none before.
    pub without_folder: usize,
}

impl fmt::Display for Upgraded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, repositories, without_folder } = self;
        write!(f, "the data folder was brought from version {from} to version {to}: ")?;
        write!(f, "the folders of {repositories} repositories are named by number now")?;
        match without_folder {
            0 => Ok(()),
            _ => write!(f, "; {without_folder} repositories have no folder, and had none before"),
        }
    }
}

/// Brings a data folder to the layout of this program.
pub(super) fn upgrade(layout: &Layout, database: &Database) -> Result<Option<Upgraded>> {
    let from = layout.version();
    if from >= VERSION {
        return Ok(None);
    }
    let (repositories, without_folder) = name_by_key(layout, database)?;
    layout.write_version()?;
    Ok(Some(Upgraded { from, to: VERSION, repositories, without_folder }))
}

/// From version 1: folders were `repos/models/ada/demo.git`, and a move was noted in a table before it was made.
fn name_by_key(layout: &Layout, database: &Database) -> Result<(usize, usize)> {
    let (repos, moving) = database.read(|connection| {
        let mut statement = connection.prepare("SELECT key, repo_type, id FROM repos")?;
        let repos: Vec<(i64, RepoRef)> = statement
            .query_map((), |row| Ok((row.get(0)?, reference(row, 1)?)))?
            .collect::<SqlResult<_>>()?;
        let noted = connection
            .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'moving'", (), |_| Ok(()))
            .optional()?;
        let mut moving: Vec<(String, String)> = Vec::new();
        if noted.is_some() {
            let mut statement = connection.prepare("SELECT source, target FROM moving")?;
            let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
            moving = rows.collect::<SqlResult<_>>()?;
        }
        Ok((repos, moving))
    })?;
    let (mut named, mut missing, mut changed) = (0, 0, BTreeSet::new());
    for (key, repo) in &repos {
        let to = layout.repo(*key);
        if to.exists() {
            named += 1;
            continue;
        }
        let by_name = format!("repos/{}/{}.git", repo.repo_type.plural(), repo.id);
        // A move that was interrupted: nobody was told of it.
        let moved = moving.iter().find(|(source, _)| *source == by_name).map(|(_, target)| target);
        let candidates = std::iter::once(&by_name).chain(moved).map(|name| layout.dir().join(name));
        let Some(from) = candidates.into_iter().find(|folder| folder.exists()) else {
            tracing::warn!(%repo, "the repository has no folder");
            missing += 1;
            continue;
        };
        let parent = to.parent().unwrap_or(&to);
        create_folder_durably(parent)?;
        fs::rename(&from, &to).map_err(StoreError::io("move", &from))?;
        changed.extend([&from, &to].iter().filter_map(|path| path.parent().map(Path::to_path_buf)));
        named += 1;
    }
    changed.iter().filter(|folder| folder.is_dir()).try_for_each(|folder| sync_folder(folder))?;
    let deleted: Vec<String> = database.read(|connection| {
        let mut statement = connection.prepare("SELECT path FROM trash")?;
        Ok(statement.query_map((), |row| row.get(0))?.collect::<SqlResult<_>>()?)
    })?;
    deleted.iter().try_for_each(|path| remove_all(&layout.dir().join(path)))?;
    for repo_type in RepoType::ALL {
        remove_empty(&layout.repos().join(repo_type.plural()))?;
    }
    sync_folder(&layout.repos())?;
    database.write(|transaction| {
        transaction.execute_batch("DELETE FROM trash; DROP TABLE IF EXISTS moving;")?;
        Ok(())
    })?;
    Ok((named, missing))
}

/// Removes the folder of a kind and those of its namespaces, as far as nothing is in them.
fn remove_empty(kind: &Path) -> Result<()> {
    let mut folders: Vec<PathBuf> = entries(kind)?;
    folders.push(kind.to_path_buf());
    for folder in folders {
        match fs::remove_dir(&folder) {
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory
                ) =>
            {
                return Err(StoreError::io("remove", &folder)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        CommitId, RepoRecord, Store,
        testing::{commit, fsck, model, on_sqlite, temporary},
    };

    /// A folder as version 1 has it, with so many repositories; a further one was being moved, and one deleted.
    struct Old {
        dir: tempfile::TempDir,
        repos: Vec<(RepoRecord, CommitId)>,
    }

    impl Old {
        fn with(count: usize) -> Self {
            let store = temporary();
            let made = |number| {
                let record = model(&store, &format!("ada/r{number}"));
                let tip = commit(&store, &record, &[("a.txt", Some("a"))]).unwrap();
                (record, tip)
            };
            let repos: Vec<_> = (0..count).map(made).collect();
            let moved = repos.last().unwrap().0.repo.id.name().to_owned();
            let moving = format!(
                "CREATE TABLE moving (source TEXT PRIMARY KEY, target TEXT NOT NULL) STRICT, WITHOUT ROWID;
                 INSERT INTO moving VALUES ('repos/models/ada/{moved}.git', 'repos/models/bob/new.git');
                 INSERT INTO trash VALUES ('repos/models/ada/deleted.git');"
            );
            store.database().write(|transaction| Ok(transaction.execute_batch(&moving)?)).unwrap();
            let dir = store.close();
            let models = dir.path().join("repos/models");
            fs::create_dir_all(models.join("ada/deleted.git")).unwrap();
            fs::create_dir_all(models.join("bob")).unwrap();
            for (record, _) in &repos {
                let name = record.repo.id.name();
                let old = if name == moved { "bob/new.git".into() } else { format!("ada/{name}.git") };
                let new = dir.path().join(super::super::layout::repo_name(record.key));
                fs::rename(&new, models.join(old)).unwrap();
                fs::remove_dir(new.parent().unwrap()).unwrap();
            }
            fs::write(dir.path().join("version"), "1\n").unwrap();
            Self { dir, repos }
        }

        fn check(&self) {
            let store = Store::open(self.dir.path(), None).unwrap();
            for (record, tip) in &self.repos {
                assert_eq!(store.find_repo(&record.repo).unwrap().as_ref(), Some(record));
                assert_eq!(store.git(record).unwrap().resolve("main").unwrap(), *tip);
                fsck(&store, record);
            }
            assert!(!self.dir.path().join("repos/models").exists());
            assert_eq!(fs::read_to_string(self.dir.path().join("version")).unwrap(), "2\n");
            drop(store);
            assert_eq!(Store::open(self.dir.path(), None).unwrap().upgraded(), None);
        }
    }

    #[test]
    fn a_folder_of_version_1_is_brought_to_version_2_with_all_that_is_in_it() {
        if !on_sqlite() {
            return;
        }
        let old = Old::with(3);
        let store = Store::open(old.dir.path(), None).unwrap();
        let upgraded = *store.upgraded().unwrap();
        assert_eq!(
            (upgraded.from, upgraded.to, upgraded.repositories, upgraded.without_folder),
            (1, 2, 3, 0)
        );
        drop(store);
        old.check();
    }

    /// What a process that is killed leaves is what was done so far: each of these is followed by another start.
    #[test]
    fn an_upgrade_that_is_killed_is_finished_at_the_next_start() {
        if !on_sqlite() {
            return;
        }
        for done in 0..=3 {
            let old = Old::with(3);
            for (record, _) in old.repos.iter().take(done) {
                let name = record.repo.id.name();
                let from = old.dir.path().join(format!("repos/models/ada/{name}.git"));
                let from = if from.exists() { from } else { old.dir.path().join("repos/models/bob/new.git") };
                let to = old.dir.path().join(super::super::layout::repo_name(record.key));
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::rename(from, to).unwrap();
            }
            old.check();
        }
        // After the database was changed, before the version is written.
        let old = Old::with(2);
        drop(Store::open(old.dir.path(), None).unwrap());
        fs::write(old.dir.path().join("version"), "1\n").unwrap();
        old.check();
    }

    #[test]
    fn a_repository_without_a_folder_and_folders_of_nobody_stop_nothing() {
        if !on_sqlite() {
            return;
        }
        let old = Old::with(2);
        let models = old.dir.path().join("repos/models");
        fs::remove_dir_all(models.join("ada/r0.git")).unwrap();
        fs::create_dir_all(models.join("eve/unknown.git")).unwrap();
        let store = Store::open(old.dir.path(), None).unwrap();
        let upgraded = *store.upgraded().unwrap();
        assert_eq!((upgraded.repositories, upgraded.without_folder), (1, 1));
        assert!(models.join("eve/unknown.git").exists(), "what is not known is left alone");
    }
}
