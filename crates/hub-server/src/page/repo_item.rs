//! A repository in a list: `templates/repo_item.html`, which finds it in a variable `item`.

use hub_types::{RepoRef, RepoType, route};

use super::shown::{self, When};
use crate::{card, store::FoundRepo};

/// A repository in a list.
#[derive(Debug, Clone)]
pub(super) struct RepoItem {
    pub(super) path: String,
    pub(super) id: String,
    /// The task of a model, the SDK of a Space.
    pub(super) task: Option<String>,
    pub(super) changed: When,
    pub(super) private: bool,
    pub(super) gated: bool,
    pub(super) disabled: bool,
    likes: u64,
}

impl RepoItem {
    pub(super) fn new(found: &FoundRepo) -> Self {
        let record = &found.record;
        let RepoRef { repo_type, id, .. } = &record.repo;
        let task = match repo_type {
            RepoType::Model => found.card.as_ref().and_then(|card| card::text(card, "pipeline_tag")),
            RepoType::Space => record.sdk.clone(),
            _ => None,
        };
        Self {
            path: route::repo(&record.repo).page(),
            id: id.to_string(),
            task: task.filter(|_| !record.disabled).map(|task| shown::cut(&task, 60)),
            changed: When::new(found.last_modified),
            private: record.private,
            gated: record.gated.is_some(),
            disabled: record.disabled,
            likes: found.likes,
        }
    }

    pub(super) fn likes(&self) -> String {
        match self.likes {
            1 => "1 like".to_owned(),
            likes => format!("{} likes", shown::count(likes)),
        }
    }
}
