//! What listings need of every repository, kept in the database: tip, date and card of its default branch.
//!
//! A summary is written whenever a default branch moves. One that is missing or old, because a process ended in between, is put
//! right before the first search of a process.

use std::{fs, path::Path, sync::PoisonError};

use hub_types::RepoRef;

use super::{
    GitRepo, RepoRecord, Result, Store, StoreError,
    database::{OptionalExtension, SqlResult, reference},
    repos,
    summary::Summary,
};

impl Store {
    /// Brings every summary up to date, the first time it is called. Commits do not wait for it.
    pub(super) fn check_summaries(&self) -> Result<()> {
        let mut checked = self.shared.summaries_checked.lock().unwrap_or_else(PoisonError::into_inner);
        if *checked {
            return Ok(());
        }
        for (key, tip, repo) in self.known_tips()? {
            // Where the files say the same, nothing is opened.
            if tip.is_some() && tip_by_files(&self.layout().repo(key)) == tip {
                continue;
            }
            let summarised = match self.find_repo(&repo) {
                Ok(Some(record)) => self.git(&record).and_then(|git| self.summarise(&record, &git)),
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            match summarised {
                Ok(()) | Err(StoreError::RepoNotFound { .. }) => {}
                Err(error) => tracing::warn!(%repo, %error, "listings do not show the latest state"),
            }
        }
        *checked = true;
        Ok(())
    }

    /// Every repository with the tip that its summary has.
    fn known_tips(&self) -> Result<Vec<(i64, Option<String>, RepoRef)>> {
        self.database().read(|connection| {
            let mut statement = connection.prepare(
                "SELECT key, tip, repo_type, id FROM repos LEFT JOIN summaries ON summaries.repo = repos.key",
            )?;
            let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?, reference(row, 2)?)))?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }

    /// Brings the summary of a repository up to date. Of two that do so at once, none leaves an older tip behind: each looks
    /// again after it has written.
    pub(super) fn summarise(&self, repo: &RepoRecord, git: &GitRepo) -> Result<()> {
        let branch = git.default_branch()?;
        loop {
            let tip = git.resolve(&branch)?;
            let known: Option<String> = self.database().read(|connection| {
                let mut query = connection.prepare("SELECT tip FROM summaries WHERE repo = ?1")?;
                Ok(query.query_row([repo.key], |row| row.get(0)).optional()?)
            })?;
            if known == Some(tip.to_string()) {
                return Ok(());
            }
            let summary = Summary::at(git, tip, repo.repo.repo_type)?;
            // Made anew at the next start where it was lost.
            self.database().write_soon(|transaction| {
                repos::expect_repo(transaction, repo)?;
                summary.write(transaction, repo.key)
            })?;
        }
    }
}

/// The tip of the default branch, when it is in a file of its own.
fn tip_by_files(repo: &Path) -> Option<String> {
    let head = fs::read_to_string(repo.join("HEAD")).ok()?;
    let tip = fs::read_to_string(repo.join(head.strip_prefix("ref: ")?.trim_end())).ok()?;
    Some(tip.trim_end().to_owned())
}
