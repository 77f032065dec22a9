//! [`Summary`]: what listings need of one repository, read from it and written to the database.

use hub_types::RepoType;
use serde_json::{Map, Value};

use super::{
    CommitId, CommitRecord, Entry, EntryKind, GitRepo, Result,
    database::{OptionalExtension, SqlError, Transaction, now, params},
};
use crate::card::{self, Card};

/// The largest README whose front matter is read, and the largest `config.json`.
const MAX_FILE: u64 = 4 << 20;
/// Most characters that are kept of a title, and of the name of an author.
const LONGEST_TITLE: usize = 200;
const LONGEST_NAME: usize = 100;

/// What listings need of one repository.
pub(super) struct Summary {
    tip: CommitRecord,
    card: Option<Map<String, Value>>,
    repo_type: RepoType,
}

impl Summary {
    /// Reads it from the default branch.
    pub(super) fn of(git: &GitRepo, repo_type: RepoType) -> Result<Self> {
        let tip = git.resolve(&git.default_branch()?)?;
        Self::at(git, tip, repo_type)
    }

    /// Reads it at a commit.
    pub(super) fn at(git: &GitRepo, tip: CommitId, repo_type: RepoType) -> Result<Self> {
        Ok(Self { tip: git.commit(tip)?, card: git.card(tip)?, repo_type })
    }

    /// Replaces what is kept, and notes that the branch moved if it is not new.
    pub(super) fn write(&self, transaction: &Transaction<'_>, repo: i64) -> Result<()> {
        let tip = self.tip.id.to_string();
        let before: Option<String> = transaction
            .prepare("SELECT tip FROM summaries WHERE repo = ?1")?
            .query_row([repo], |row| row.get(0))
            .optional()?;
        if let Some(before) = before.filter(|before| *before != tip) {
            self.note_push(transaction, repo, &before)?;
        }
        let tags = self.card.as_ref().map_or_else(Vec::new, |card| card::typed_tags(self.repo_type, card));
        let card = self.card.as_ref().map(serde_json::to_string).transpose();
        let card = card.map_err(SqlError::from)?;
        transaction.prepare("DELETE FROM summaries WHERE repo = ?1")?.execute([repo])?;
        transaction
            .prepare("INSERT INTO summaries (repo, tip, last_modified, card) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![repo, tip, self.tip.time.as_millisecond(), card])?;
        transaction.prepare("DELETE FROM repo_tags WHERE repo = ?1")?.execute([repo])?;
        let mut insert = transaction
            .prepare("INSERT INTO repo_tags (repo, position, kind, tag) VALUES (?1, ?2, ?3, ?4)")?;
        for (position, tag) in tags.iter().enumerate() {
            insert.execute(params![repo, position as u64, tag.kind, tag.tag])?;
        }
        Ok(())
    }

    /// The time is when this Hub saw it: a commit may claim any.
    fn note_push(&self, transaction: &Transaction<'_>, repo: i64, before: &str) -> Result<()> {
        let CommitRecord { id, title, author, parents, .. } = &self.tip;
        let alone = before.parse().is_ok_and(|before: CommitId| parents.first() == Some(&before));
        let cut = |text: &str, longest| text.chars().take(longest).collect::<String>();
        transaction
            .prepare(
                "INSERT INTO pushes (repo, created_at, tip, title, author, alone) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                repo,
                now().as_millisecond(),
                id.to_string(),
                cut(title, LONGEST_TITLE),
                cut(author, LONGEST_NAME),
                alone,
            ])?;
        Ok(())
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
