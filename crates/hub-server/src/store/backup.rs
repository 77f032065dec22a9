//! Backups: a data folder that is copied while it is used, and put back.
//!
//! A backup is a data folder. Everything that was acknowledged before it began is in it:
//!
//! 1. The database is copied as it is at one moment.
//! 2. Each repository of that moment is copied: its refs first and then its objects, which are written before a ref leads to them. So
//!    refs lead to what they did at that moment, or to something newer.
//! 3. Large files that came meanwhile are noted in the copy, since newer commits may name them, and all that are noted are copied.
//!
//! The file `version` is written last: what a backup left that broke off is not taken for one. A repository whose refs are newer than
//! its rows is what a kill between a ref and its row leaves too, and is read as such.

use std::{fs, path::Path};

use super::{
    GitRepo, RepoRecord, Result, Store, StoreError,
    copying::{Copier, Stop, create_empty, must_be_apart, sync_all_below},
    database::{Connection, SqlResult, params},
    disk::{self, entries, keep_private, write_durably},
    folder_lock,
    kept::{MOST_PROBLEMS, Stored},
    layout::{self, is_of_the_system},
    owner::must_be_own,
    repos,
};

/// What a folder of data has that no copy needs: it is made anew, or belongs to the process that has the folder.
const LEFT_OUT: [&str; 6] = ["version", "version.new", "lock", "tmp", "hooks", "admin.sock"];
/// How often objects that were packed meanwhile are looked for in the packs.
const ATTEMPTS: usize = 10;

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) repos: u64,
    pub(crate) large_files: u64,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Large files that are damaged or missing in the copy, because they were before: each a sentence that names one.
    pub(crate) problems: Vec<String>,
}

impl Store {
    /// Copies the data folder to the folder `to`, which must be empty or not be there, while it is used.
    ///
    /// # Errors
    /// `Nested`, `NotEmpty`, `GivenUp`, or what the file system and the database say.
    pub(crate) fn backup(&self, to: &Path, stop: Stop) -> Result<Copied> {
        if !self.database().is_file() {
            return Err(StoreError::NoBackup);
        }
        must_be_apart(self.dir(), to)?;
        create_empty(to)?;
        let to = fs::canonicalize(to).map_err(StoreError::io("find", to))?;
        let database = to.join("hub.db");
        self.database().read(|connection| {
            connection.execute("VACUUM INTO ?1", [&*database.to_string_lossy()])?;
            Ok(())
        })?;
        keep_private(&database)?;
        let copy = Connection::open_file(&database)?;
        let mut copier = Copier::new(stop);
        self.copy_repos(&copy, &to, &mut copier)?;
        self.note_newer_files(&copy)?;
        self.copy_large_files(&copy, &to, &mut copier)?;
        let (repos, large_files) = count(&copy)?;
        let rest = |path: &Path| {
            let Some(first) = path.iter().next().and_then(|name| name.to_str()) else { return true };
            is_kept(path) && !matches!(first, "repos" | "lfs") && !first.starts_with("hub.db")
        };
        copier.folder(self.dir(), &to, rest)?;
        let problems = lost(&Stored::new(&copy, &to, self.lfs().discards().is_some()), copier.stop())?;
        copy.close()?;
        finish(&to, &self.dir().join("version"))?;
        Ok(Copied { repos, large_files, files: copier.files, bytes: copier.bytes, problems })
    }

    fn copy_repos(&self, copy: &Connection, to: &Path, copier: &mut Copier) -> Result<()> {
        let query = format!("SELECT {} FROM repos ORDER BY key", repos::COLUMNS);
        let all: Vec<RepoRecord> =
            copy.prepare(&query)?.query_map((), repos::from_row)?.collect::<SqlResult<_>>()?;
        for repo in all {
            copier.stop().check()?;
            let place = self.repo_folder(&repo);
            let target = to.join(place.strip_prefix(self.dir()).unwrap_or(&place));
            match self.git(&repo).and_then(|git| copy_repo(&git, &target, copier)) {
                Ok(last_number) => {
                    // A pull request that came meanwhile has its ref already, and its number is not given again.
                    copy.execute(
                        "UPDATE repos SET last_number = max(last_number, ?1) WHERE key = ?2",
                        params![last_number, repo.key],
                    )?;
                }
                // It was deleted meanwhile.
                Err(_)
                    if self
                        .git(&repo)
                        .is_err_and(|error| matches!(error, StoreError::RepoNotFound { .. })) =>
                {
                    copy.execute_batch("PRAGMA foreign_keys = on")?;
                    copy.execute("DELETE FROM repos WHERE key = ?1", [repo.key])?;
                    disk::remove_all(&target)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Notes in the copy what came into repositories since it was made: commits that were copied may name it.
    fn note_newer_files(&self, copy: &Connection) -> Result<()> {
        const TABLES: [(&str, &str); 5] = [
            ("lfs_objects", "WHERE repo IN (SELECT key FROM main.repos)"),
            ("xet_xorbs", ""),
            ("xet_files", ""),
            ("xet_file_xorbs", ""),
            ("xet_repo_files", "WHERE repo IN (SELECT key FROM main.repos)"),
        ];
        let live = self.layout().database();
        copy.execute("ATTACH DATABASE ?1 AS live", [&*live.to_string_lossy()])?;
        // In one transaction: rows that refer to each other are of one moment.
        copy.execute_batch("BEGIN")?;
        for (table, which) in TABLES {
            copy.execute(
                &format!("INSERT OR IGNORE INTO main.{table} SELECT * FROM live.{table} {which}"),
                (),
            )?;
        }
        copy.execute_batch("COMMIT")?;
        copy.execute("DETACH DATABASE live", ())?;
        Ok(())
    }

    fn copy_large_files(&self, copy: &Connection, to: &Path, copier: &mut Copier) -> Result<()> {
        let mut statement = copy.prepare("SELECT DISTINCT oid FROM lfs_objects")?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let oid: String = row.get(0)?;
            let from = self.layout().large_file(&oid);
            let target = to.join(from.strip_prefix(self.dir()).unwrap_or(&from));
            // One that is not there is told at the end.
            copier.file(&from, &target)?;
        }
        Ok(())
    }
}

/// Whether a path below a data folder is worth keeping; what is being received is not.
fn is_kept(path: &Path) -> bool {
    let Some(first) = path.iter().next() else { return true };
    !first.to_str().is_some_and(|first| LEFT_OUT.contains(&first))
        && !is_of_the_system(Path::new(first))
        && !["lfs/incoming", "xet/incoming"].into_iter().any(|left_out| path == Path::new(left_out))
}

/// Copies a git repository that others write to. Gives the highest number of its pull requests.
fn copy_repo(git: &GitRepo, to: &Path, copier: &mut Copier) -> Result<u64> {
    let from = git.path();
    let is_lock = |path: &Path| path.extension().is_some_and(|extension| extension == "lock");
    // A ref that is packed meanwhile is in the one or in the other, in this order.
    copier.folder(&from.join("refs"), &to.join("refs"), |path| !is_lock(path))?;
    copier.folder(from, to, |path| {
        !path.starts_with("refs") && !path.starts_with("objects") && !is_lock(path)
    })?;
    fs::create_dir_all(to.join("refs")).map_err(StoreError::io("create", to))?;
    let (objects, target) = (from.join("objects"), to.join("objects"));
    let unfinished = |path: &Path| {
        path.iter().any(|name| {
            name.to_str().is_some_and(|name| name.starts_with("tmp_") || name.starts_with("incoming-"))
        })
    };
    for _ in 0..ATTEMPTS {
        // Objects that are packed are in a pack before they are nowhere else.
        if copier.folder(&objects, &target, |path| !is_lock(path) && !unfinished(path))? {
            return highest_pull_request(to);
        }
    }
    Err(StoreError::io("copy", from)(std::io::Error::other("it changed all the time")))
}

/// The highest number below `refs/pr` of a git repository; 0 without one.
fn highest_pull_request(repo: &Path) -> Result<u64> {
    let loose = entries(&repo.join("refs/pr"))?;
    let loose = loose.iter().filter_map(|path| path.file_name()?.to_str()?.parse::<u64>().ok());
    let packed = fs::read_to_string(repo.join("packed-refs")).unwrap_or_default();
    let packed = packed.lines().filter_map(|line| line.split_once(" refs/pr/")?.1.parse().ok());
    Ok(loose.chain(packed).max().unwrap_or(0))
}

/// Makes a copy durable, and a data folder of the version that the file says.
fn finish(folder: &Path, version: &Path) -> Result<()> {
    let version = fs::read(version).map_err(StoreError::io("read", version))?;
    sync_all_below(folder)?;
    write_durably(folder, "version", &version)
}

/// Copies a backup to the folder `to`, which must be empty or not be there, and opens it once, with the key of its secrets.
///
/// # Errors
/// As for [`copy_back`] and [`Store::open`].
pub(crate) fn restore(backup: &Path, to: &Path, secret_key: Option<&Path>, stop: Stop) -> Result<Copied> {
    let (files, bytes) = copy_back(backup, to, stop.clone())?;
    let store = Store::open(to, secret_key)?;
    let (repos, large_files) = store.database().read(count)?;
    let problems = store.stored(|stored| lost(stored, &stop))?;
    Ok(Copied { repos, large_files, files, bytes, problems })
}

/// What of the large files is missing in a folder.
fn lost(stored: &Stored<'_>, stop: &Stop) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    stored.losses(stop, |problem| {
        if problems.len() < MOST_PROBLEMS {
            problems.push(problem);
        }
    })?;
    Ok(problems)
}

/// How many repositories and large files a database names.
fn count(connection: &Connection) -> Result<(u64, u64)> {
    const COUNTS: &str = "SELECT (SELECT count(*) FROM repos),
        (SELECT count(DISTINCT oid) FROM lfs_objects) + (SELECT count(*) FROM xet_files)";
    Ok(connection.query_row(COUNTS, (), |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Copies a backup to the folder `to`, which must be empty or not be there. Gives how many files and bytes were copied.
///
/// # Errors
/// `NotAStore` when `backup` is not a whole backup, `NewerVersion`, `Nested`, `InUse` when a process has it, `NotOwner`, `NotEmpty`, or what
/// the file system says.
fn copy_back(backup: &Path, to: &Path, stop: Stop) -> Result<(u64, u64)> {
    if layout::check_version(backup)?.is_none() {
        let reason = "it has no file \"version\": it is empty, or a backup that broke off";
        return Err(StoreError::NotAStore { path: backup.to_path_buf(), reason });
    }
    must_be_apart(backup, to)?;
    must_be_own(to, true)?;
    // A folder that changes meanwhile is no backup.
    let _locked = folder_lock::keep_from_others(backup)?;
    create_empty(to)?;
    let mut copier = Copier::new(stop);
    // Clients know of the store of Xet under its name what may not be in the backup: it gets another.
    let is_data = |path: &Path| is_kept(path) && path != Path::new("xet/instance");
    if !copier.folder(backup, to, is_data)? {
        return Err(StoreError::io("copy", backup)(std::io::Error::other("it changed meanwhile")));
    }
    finish(to, &backup.join("version"))?;
    Ok((copier.files, copier.bytes))
}
