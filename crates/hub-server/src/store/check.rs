//! Whether a data folder is whole.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use sha2::{Digest, Sha256};

use crate::git_env::MISLEADING;

use super::{
    CommitId, RepoRecord, Result, Store, StoreError, copying::Stop, disk, git, kept::MOST_PROBLEMS, layout,
    with_causes,
};
use crate::store::database::{SqlResult, params};

/// Most bytes that are read of what git says of one repository.
const MOST_SAID: u64 = 64 << 10;
/// How often a git program is looked after.
const LOOK: Duration = Duration::from_millis(20);

/// What was looked at, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) repos: u64,
    pub(crate) large_files: u64,
    /// Each a sentence that names the thing.
    pub(crate) problems: Vec<String>,
}

impl Checked {
    fn fault(&mut self, text: String) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(text);
        }
    }
}

impl Store {
    /// Checks the database, every git repository with git's own `fsck`, that pull requests have their refs, that large files which
    /// branches, tags and pull requests name are there, and that large files and xorbs are what their names say. With `quick` these are
    /// compared by their sizes alone. A large file is lost when it is stored neither as an LFS object nor by Xet.
    ///
    /// # Errors
    /// `GivenUp`, when git cannot be started, and what the file system and the database say.
    pub(crate) fn fsck(&self, git_program: &Path, quick: bool, stop: &Stop) -> Result<Checked> {
        let mut checked = Checked::default();
        self.check_database(&mut checked)?;
        for repo in self.all_repos()? {
            stop.check()?;
            checked.repos += 1;
            if let Err(error) = self.check_repo(&repo, git_program, stop, &mut checked) {
                match error {
                    StoreError::GivenUp => return Err(error),
                    // It was deleted meanwhile.
                    StoreError::RepoNotFound { .. } if self.find_repo(&repo.repo)?.is_none() => {
                        checked.repos -= 1
                    }
                    error => checked.fault(format!("{}: {}", repo.repo, with_causes(&error))),
                }
            }
        }
        self.check_unknown_repos(&mut checked)?;
        checked.large_files = self.stored(|stored| stored.losses(stop, |text| checked.fault(text)))?;
        if !quick {
            self.check_objects(stop, &mut checked)?;
        }
        self.xet().check(quick, stop, |text| checked.fault(text))?;
        Ok(checked)
    }

    /// Others look after themselves.
    fn check_database(&self, checked: &mut Checked) -> Result<()> {
        if !self.database().is_file() {
            return Ok(());
        }
        self.database().read(|connection| {
            let mut statement = connection.prepare("PRAGMA integrity_check(100)")?;
            for said in statement.query_map((), |row| row.get::<_, String>(0))? {
                let said = said?;
                if said != "ok" {
                    checked.fault(format!("database: {said}"));
                }
            }
            let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
            for table in statement.query_map((), |row| row.get::<_, String>(0))? {
                checked.fault(format!("database: a row of {} belongs to nothing", table?));
            }
            Ok(())
        })
    }

    fn check_repo(
        &self,
        repo: &RepoRecord,
        git_program: &Path,
        stop: &Stop,
        checked: &mut Checked,
    ) -> Result<()> {
        let git = self.git(repo)?;
        for line in git_fsck(git_program, git.path(), stop)? {
            checked.fault(format!("{}: {line}", repo.repo));
        }
        let refs = git.refs()?;
        let numbers: Vec<u64> = self.database().read(|connection| {
            let mut statement = connection
                .prepare("SELECT number FROM discussions WHERE repo = ?1 AND target IS NOT NULL")?;
            Ok(statement.query_map(params![repo.key], |row| row.get(0))?.collect::<SqlResult<_>>()?)
        })?;
        for number in numbers {
            let name = format!("refs/pr/{number}");
            if !refs.iter().any(|found| found.full_name == name) {
                checked.fault(format!("{}: pull request {number} has no {name}", repo.repo));
            }
        }
        let mut tips: Vec<CommitId> = refs.into_iter().map(|found| found.target_commit).collect();
        tips.sort_unstable();
        tips.dedup();
        for tip in tips {
            stop.check()?;
            for entry in git.list(tip, "", true)? {
                if let Some(pointer) = entry.lfs
                    && self.lfs().has(repo, &pointer.oid)? != Some(pointer.size)
                {
                    let (path, oid) = (entry.path, pointer.oid);
                    checked
                        .fault(format!("{}: the large file {path} ({oid}) of {tip} is not there", repo.repo));
                }
            }
        }
        Ok(())
    }

    /// Repositories that the database does not know, for example because it is an older one than the folder.
    fn check_unknown_repos(&self, checked: &mut Checked) -> Result<()> {
        let mut found = Vec::new();
        for folder in disk::entries(&self.layout().repos())? {
            found.extend(disk::entries(&folder)?);
        }
        // By now whatever made one of these has committed its row, or has given up.
        let known: HashSet<PathBuf> = self.database().write(|transaction| {
            let mut keys = transaction.prepare("SELECT key FROM repos")?;
            let mut trash = transaction.prepare("SELECT path FROM trash")?;
            let keys = keys.query_map((), |row| Ok(layout::repo_name(row.get(0)?)))?;
            let all = keys.chain(trash.query_map((), |row| row.get(0))?);
            Ok(all.map(|name| name.map(|name| self.dir().join(name))).collect::<SqlResult<_>>()?)
        })?;
        for folder in found {
            if !known.contains(&folder) && !git::is_new(&folder) {
                let name = folder.strip_prefix(self.dir()).unwrap_or(&folder).display();
                checked.fault(format!("{name}: the database knows of no such repository"));
            }
        }
        Ok(())
    }

    /// Compares the content of LFS objects with their names. Those that are missing, or have another length, were told before.
    fn check_objects(&self, stop: &Stop, checked: &mut Checked) -> Result<()> {
        for (oid, size) in self.stored(|stored| stored.objects())? {
            stop.check()?;
            let path = self.layout().large_file(&oid);
            if disk::size_problem(&path, size).is_none()
                && sha256(&path, stop)?.is_some_and(|found| found != oid)
            {
                checked.fault(format!("large file {oid}: its content has another sha256"));
            }
        }
        Ok(())
    }
}

/// The sha256 of a file, in hexadecimal digits; `None` if it is not there any more.
fn sha256(path: &Path, stop: &Stop) -> Result<Option<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("open", path)(error)),
    };
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        stop.check()?;
        let length = file.read(&mut piece).map_err(StoreError::io("read", path))?;
        let Some(read) = piece.get(..length).filter(|read| !read.is_empty()) else { break };
        hash.update(read);
    }
    Ok(Some(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// What `git fsck` finds wrong, a line each.
fn git_fsck(program: &Path, repo: &Path, stop: &Stop) -> Result<Vec<String>> {
    let failed = |error| StoreError::io("run git fsck on", repo)(error);
    // Not a pipe, which would be full when git says much.
    let mut said = tempfile::tempfile().map_err(failed)?;
    let clone = || said.try_clone().map(Stdio::from);
    let mut command = Command::new(program);
    for name in MISLEADING {
        command.env_remove(name);
    }
    let mut child = command
        .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("LC_ALL", "C")])
        .args(["-c", "safe.directory=*", "--git-dir"])
        .arg(repo)
        .args(["fsck", "--full", "--strict", "--no-dangling", "--no-progress"])
        .stdin(Stdio::null())
        .stdout(clone().map_err(failed)?)
        .stderr(clone().map_err(failed)?)
        .spawn()
        .map_err(failed)?;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if let Err(given_up) = stop.check() {
            let _ = child.kill();
            let _ = child.wait();
            return Err(given_up);
        }
        thread::sleep(LOOK);
    };
    let mut text = Vec::new();
    said.seek(SeekFrom::Start(0)).map_err(failed)?;
    said.take(MOST_SAID).read_to_end(&mut text).map_err(failed)?;
    let mut lines: Vec<String> = String::from_utf8_lossy(&text)
        .lines()
        .filter(|line| {
            line.starts_with("error")
                || line.starts_with("fatal")
                || line.starts_with("missing")
                || line.starts_with("broken")
        })
        .map(str::to_owned)
        .collect();
    if !status.success() && lines.is_empty() {
        lines.push(format!("git fsck ended with {status}"));
    }
    Ok(lines)
}
