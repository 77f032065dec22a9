//! What listings need of every repository, kept in the database: tip, date and card of its default branch.
//!
//! A summary is written after each change of a default branch. One that is missing or old, because a process ended in
//! between or a branch was moved by other means, is put right before the first search of a process.

use std::sync::PoisonError;

use hub_types::RepoType;
use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value};

use super::{CommitId, Entry, EntryKind, GitRepo, RepoRecord, Result, Store, StoreError, repos};
use crate::card::{self, Card};

/// The largest README whose front matter is read, and the largest `config.json`.
const MAX_FILE: u64 = 16 << 20;

impl Store {
    /// Brings the summary of a repository up to date. What goes wrong is logged: the change itself has been made.
    pub(crate) fn note_summary(&self, repo: &RepoRecord) {
        let _only_writer = self.shared.summaries_checked.lock().unwrap_or_else(PoisonError::into_inner);
        self.try_summarise(repo);
    }

    /// Brings every summary up to date, the first time it is called.
    pub(super) fn check_summaries(&self) -> Result<()> {
        let mut checked = self.shared.summaries_checked.lock().unwrap_or_else(PoisonError::into_inner);
        if !*checked {
            for repo_type in RepoType::ALL {
                self.repos_of(repo_type)?.iter().for_each(|repo| self.try_summarise(repo));
            }
            *checked = true;
        }
        Ok(())
    }

    fn try_summarise(&self, repo: &RepoRecord) {
        match self.summarise(repo) {
            Ok(()) | Err(StoreError::RepoNotFound { .. }) => {}
            Err(error) => tracing::warn!(repo = %repo.repo, %error, "listings do not show the latest state"),
        }
    }

    fn summarise(&self, repo: &RepoRecord) -> Result<()> {
        let git = self.git(repo)?;
        let tip = git.resolve(&git.default_branch()?)?;
        let known: Option<String> = self.database().read(|connection| {
            let mut query = connection.prepare_cached("SELECT tip FROM summaries WHERE repo = ?1")?;
            Ok(query.query_row([repo.key], |row| row.get(0)).optional()?)
        })?;
        if known == Some(tip.to_string()) {
            return Ok(());
        }
        let last_modified = git.commit(tip)?.time.as_millisecond();
        let card = git.card(tip)?;
        let tags = card.as_ref().map_or_else(Vec::new, |card| card::typed_tags(repo.repo.repo_type, card));
        let card = card.map(|card| Value::Object(card).to_string());
        self.database().write(|transaction| {
            repos::expect_repo(transaction, repo)?;
            transaction.execute(
                "INSERT OR REPLACE INTO summaries (repo, tip, last_modified, card) VALUES (?1, ?2, ?3, ?4)",
                params![repo.key, tip.to_string(), last_modified, card],
            )?;
            transaction.execute("DELETE FROM repo_tags WHERE repo = ?1", [repo.key])?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO repo_tags (repo, position, kind, tag) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (position, tag) in tags.iter().enumerate() {
                insert.execute(params![repo.key, position as u64, tag.kind, tag.tag])?;
            }
            Ok(())
        })
    }
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
