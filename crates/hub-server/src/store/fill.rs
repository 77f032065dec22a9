//! Rows and folders in large numbers, for measurements of what a server does with them.

use std::fs;

use super::{
    CommitId, NewDiscussion, NewPullRequest, RepoRecord, Result, Store, StoreError, discussions, reference,
    repos::random_id,
};
use crate::store::database::params;

/// Rows that are written together.
const AT_ONCE: u64 = 5_000;

impl Store {
    /// Adds the rows of pull requests 1 to `count`, whose refs are there: each changes what is on top of the commit before.
    pub(crate) fn fill_pull_requests(&self, repo: &RepoRecord, count: u64) -> Result<()> {
        let git = self.git(repo)?;
        let mut heads: Vec<(u64, CommitId, CommitId)> = Vec::new();
        for number in 1..=count {
            let head = git.resolve(&reference(number))?;
            let base = git.commit(head)?.parents.first().copied().unwrap_or(head);
            heads.push((number, base, head));
        }
        self.database().write(|transaction| {
            for &(number, base, head) in &heads {
                let new = NewDiscussion {
                    title: format!("Change {number}"),
                    description: "A change.".to_owned(),
                    author: "ada".to_owned(),
                    pull_request: Some(NewPullRequest {
                        target: "refs/heads/main".to_owned(),
                        base,
                        draft: false,
                    }),
                };
                discussions::insert(transaction, repo, number, &new)?;
                transaction.execute(
                    "UPDATE discussions SET head = ?3 WHERE repo = ?1 AND number = ?2",
                    params![repo.key, number, head.to_string()],
                )?;
            }
            transaction
                .execute("UPDATE repos SET last_number = ?2 WHERE key = ?1", params![repo.key, count])?;
            Ok(())
        })
    }

    /// Adds copies of a repository, named `org0/m0`, `org1/m1` ... in 1,000 namespaces, each with 4 of 1,000 tags and some likes.
    /// Nothing of it is synced.
    pub(crate) fn fill_repos(&self, template: &RepoRecord, count: u64) -> Result<()> {
        let source = self.layout().repo(template.key);
        let git = self.git(template)?;
        let tip = git.resolve("main")?.to_string();
        let mut files = Vec::new();
        let mut folders = vec![source.clone()];
        let mut at = 0;
        while let Some(folder) = folders.get(at).cloned() {
            at += 1;
            for entry in fs::read_dir(&folder).map_err(StoreError::io("list", &folder))?.flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let content = fs::read(&path).map_err(StoreError::io("read", &path))?;
                    files.push((path, content));
                }
            }
        }
        for first in (0..count).step_by(usize::try_from(AT_ONCE).unwrap_or(1)) {
            self.database().write_soon(|transaction| {
                for number in first..(first + AT_ONCE).min(count) {
                    let id = format!("org{}/m{number}", number % 1_000);
                    let key: i64 = transaction
                        .prepare(
                            "INSERT INTO repos (repo_type, id, folded, internal_id, private, created_at, creator, likes)
                             VALUES ('model', ?1, ?1, ?2, 0, ?3, 1, ?4) RETURNING key",
                        )?
                        .query_row(
                            params![id, random_id()?, 1_600_000_000_000 + number, number * 7_919 % 5_000],
                            |row| row.get(0),
                        )?;
                    transaction
                        .prepare("INSERT INTO summaries (repo, tip, last_modified) VALUES (?1, ?2, ?3)")?
                        .execute(params![key, tip, 1_700_000_000_000 + number])?;
                    for position in 0..4 {
                        let tag = format!("tag{}", (number * 31 + position * 257) % 1_000);
                        transaction
                            .prepare("INSERT INTO repo_tags (repo, position, kind, tag) VALUES (?1, ?2, 'other', ?3)")?
                            .execute(params![key, position, tag])?;
                    }
                    let folder = self.layout().repo(key);
                    let moved = |path: &std::path::Path| folder.join(path.strip_prefix(&source).unwrap_or(path));
                    for path in &folders {
                        let path = moved(path);
                        fs::create_dir_all(&path).map_err(StoreError::io("create", &path))?;
                    }
                    for (path, content) in &files {
                        let path = moved(path);
                        fs::write(&path, content).map_err(StoreError::io("write", &path))?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}
