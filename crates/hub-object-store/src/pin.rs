//! The commit that a store shows, and what is known of its files.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use hub_api::{
    HfApi, RepoRef,
    types::{CommitHash, SafeRelPath, TreeEntry},
};
use object_store::{ObjectMeta, Result};
use tokio::sync::OnceCell;

use crate::{
    error::{at, other},
    names,
};

/// Most files that are remembered of one commit.
const REMEMBERED: usize = 10_000;

/// One commit of a repository.
#[derive(Debug)]
pub(crate) struct Pin {
    pub(crate) commit: CommitHash,
    date: OnceCell<DateTime<Utc>>,
    known: Mutex<HashMap<String, Known>>,
}

/// What is known of a file.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) size: u64,
    /// sha256 of the content in LFS, else its git id.
    pub(crate) id: String,
    /// When it was last changed, where that was asked for.
    date: Option<DateTime<Utc>>,
}

/// A file that was asked about.
#[derive(Debug)]
struct Known {
    facts: Facts,
    /// Whether its date was asked for, which the Hub need not know.
    dated: bool,
}

impl Facts {
    fn of(entry: &TreeEntry) -> Result<Self> {
        let date = entry.last_commit.as_ref().map(|commit| time(commit.date.as_str())).transpose()?;
        Ok(Self { size: entry.size, id: entry.content_id().to_owned(), date })
    }
}

/// A time as the Hub writes it.
fn time(text: &str) -> Result<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).map_err(other)
}

impl Pin {
    pub(crate) fn new(commit: CommitHash) -> Self {
        Self { commit, date: OnceCell::new(), known: Mutex::default() }
    }

    /// The commit that a revision leads to now, with its time.
    pub(crate) async fn look_up(api: &HfApi, repo: &RepoRef, revision: &str) -> Result<Self> {
        let newest = api.list_repo_commits(repo).revision(revision).limit(1).all().await;
        let newest = newest.map_err(|error| at(repo.id.as_str(), error))?.into_iter().next();
        let newest = newest.ok_or_else(|| other(format!("{repo} has no commit yet")))?;
        let pin = Self::new(newest.id.parse().map_err(other)?);
        let _ = pin.date.set(time(newest.date.as_str())?);
        Ok(pin)
    }

    /// When the commit was made.
    pub(crate) async fn date(&self, api: &HfApi, repo: &RepoRef) -> Result<DateTime<Utc>> {
        let look_up = || async {
            let same = Self::look_up(api, repo, self.commit.as_str()).await?;
            same.date.get().copied().ok_or_else(|| other("the commit has no time"))
        };
        self.date.get_or_try_init(look_up).await.copied()
    }

    /// What is known of a file, if it is one.
    pub(crate) async fn facts(
        &self,
        api: &HfApi,
        repo: &RepoRef,
        path: &SafeRelPath,
        dates: bool,
    ) -> Result<Option<Facts>> {
        match self.known(path.as_str(), dates) {
            Some(known) => Ok(Some(known)),
            None => Ok(self.files(api, repo, &[path], dates).await?.remove(path.as_str())),
        }
    }

    /// Asks the Hub about paths, and gives those that are files.
    pub(crate) async fn files(
        &self,
        api: &HfApi,
        repo: &RepoRef,
        paths: &[&SafeRelPath],
        dates: bool,
    ) -> Result<HashMap<String, Facts>> {
        let names = paths.iter().map(|path| path.as_str());
        let call = api.get_paths_info(repo, names).revision(&self.commit).expand(dates);
        let first = paths.first().map_or(repo.id.as_str(), |path| path.as_str());
        let entries = call.await.map_err(|error| at(first, error))?;
        let files = entries.into_iter().filter(TreeEntry::is_file);
        files.map(|entry| Ok((entry.path.clone(), self.remember(&entry, dates)?))).collect()
    }

    fn known(&self, path: &str, dates: bool) -> Option<Facts> {
        let all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { facts, .. } = all.get(path).filter(|known| known.dated || !dates)?;
        Some(Facts { date: facts.date.filter(|_| dates), ..facts.clone() })
    }

    /// Keeps what a response says of a file.
    fn remember(&self, entry: &TreeEntry, dates: bool) -> Result<Facts> {
        let facts = Facts::of(entry)?;
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_more =
            all.get(entry.path.as_str()).map_or(all.len() < REMEMBERED, |known| dates && !known.dated);
        if is_more {
            all.insert(entry.path.clone(), Known { facts: facts.clone(), dated: dates });
        }
        Ok(facts)
    }

    /// A file as object stores describe it; `date` is for one whose own is not known.
    pub(crate) fn meta(&self, path: &str, facts: Facts, date: DateTime<Utc>) -> Result<ObjectMeta> {
        Ok(ObjectMeta {
            location: names::location(path)?,
            last_modified: facts.date.unwrap_or(date),
            size: facts.size,
            e_tag: Some(facts.id),
            version: Some(self.commit.to_string()),
        })
    }

    /// As [`Pin::meta`], for an entry of a listing, which is remembered: what is listed is often read.
    pub(crate) fn meta_of(&self, entry: &TreeEntry, date: DateTime<Utc>, dates: bool) -> Result<ObjectMeta> {
        let facts = self.remember(entry, dates)?;
        self.meta(&entry.path, facts, date)
    }
}
