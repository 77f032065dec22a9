//! What listings need of every repository, kept in the database: tip, date and card of its default branch.
//!
//! A summary is written whenever a default branch moves. One that is missing or old, because a process ended in between, is put
//! right before the first search of a process.

use std::{fs, path::Path, sync::PoisonError};

use hub_types::{RepoRef, RepoType};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::{Map, Value};

use super::{CommitId, Entry, EntryKind, GitRepo, RepoRecord, Result, Store, StoreError, repos};
use crate::card::{self, Card};

/// The largest README whose front matter is read, and the largest `config.json`.
const MAX_FILE: u64 = 4 << 20;

/// What listings need of one repository.
pub(super) struct Summary {
    tip: CommitId,
    last_modified: i64,
    card: Option<Map<String, Value>>,
    repo_type: RepoType,
}

impl Summary {
    /// Reads it from the default branch.
    pub(super) fn of(git: &GitRepo, repo_type: RepoType) -> Result<Self> {
        let tip = git.resolve(&git.default_branch()?)?;
        Self::at(git, tip, repo_type)
    }

    fn at(git: &GitRepo, tip: CommitId, repo_type: RepoType) -> Result<Self> {
        let last_modified = git.commit(tip)?.time.as_millisecond();
        Ok(Self { tip, last_modified, card: git.card(tip)?, repo_type })
    }

    /// Replaces what is kept.
    pub(super) fn write(&self, transaction: &Transaction<'_>, repo: i64) -> Result<()> {
        let tags = self.card.as_ref().map_or_else(Vec::new, |card| card::typed_tags(self.repo_type, card));
        let card = self.card.as_ref().map(serde_json::to_string).transpose();
        let card = card.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO summaries (repo, tip, last_modified, card) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![repo, self.tip.to_string(), self.last_modified, card])?;
        transaction.prepare_cached("DELETE FROM repo_tags WHERE repo = ?1")?.execute([repo])?;
        let mut insert = transaction
            .prepare_cached("INSERT INTO repo_tags (repo, position, kind, tag) VALUES (?1, ?2, ?3, ?4)")?;
        for (position, tag) in tags.iter().enumerate() {
            insert.execute(params![repo, position as u64, tag.kind, tag.tag])?;
        }
        Ok(())
    }
}

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
            let rows =
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, repos::reference(row, 2)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Brings the summary of a repository up to date. Of two that do so at once, none leaves an older tip behind: each looks
    /// again after it has written.
    pub(super) fn summarise(&self, repo: &RepoRecord, git: &GitRepo) -> Result<()> {
        let branch = git.default_branch()?;
        loop {
            let tip = git.resolve(&branch)?;
            let known: Option<String> = self.database().read(|connection| {
                let mut query = connection.prepare_cached("SELECT tip FROM summaries WHERE repo = ?1")?;
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

impl GitRepo {
    /// The front matter of the card at a commit, if it has one that can be read.
    pub(crate) fn card(&self, commit: CommitId) -> Result<Option<Map<String, Value>>> {
        let Some(text) = self.text_at(commit, "README.md")? else { return Ok(None) };
        Ok(match card::parse(&text) {
            Card::Fields(fields) => Some(fields),
            Card::Missing | Card::Broken(_) => None,
        })
    }

    /// What `config.json` says about the architecture, if it is there and can be read.
    pub(crate) fn model_config(&self, commit: CommitId) -> Result<Option<Value>> {
        let Some(text) = self.text_at(commit, "config.json")? else { return Ok(None) };
        let Ok(Value::Object(mut fields)) = serde_json::from_str(&text) else { return Ok(None) };
        fields.retain(|name, _| matches!(name.as_str(), "architectures" | "model_type" | "auto_map"));
        Ok(Some(Value::Object(fields)))
    }

    fn text_at(&self, commit: CommitId, path: &str) -> Result<Option<String>> {
        let readable =
            |file: &Entry| file.kind == EntryKind::File && file.lfs.is_none() && file.size <= MAX_FILE;
        let Some(file) = self.entry(commit, path)?.filter(readable) else { return Ok(None) };
        Ok(String::from_utf8(self.blob(file.oid)?).ok())
    }
}
