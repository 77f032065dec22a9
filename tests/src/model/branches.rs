//! Branches and tags.

use http::Method;
use hub_types::{CreateBranchRequest, CreateTagRequest};
use serde_json::{Value, json};

use super::{Asked, Refusal, Reply, State};

fn done() -> Reply {
    Reply::new(200, "text/plain; charset=utf-8", "OK")
}

impl State {
    pub(super) fn refs(&self, asked: &Asked, key: &str) -> Result<Reply, Refusal> {
        let repo = self.found(key)?;
        let below = |prefix: &str| -> Vec<Value> {
            let named = repo.refs.iter().filter_map(|(name, history)| {
                let target = &history.last()?.id;
                Some(json!({"name": name.strip_prefix(prefix)?, "ref": name, "targetCommit": target}))
            });
            named.collect()
        };
        let mut refs = json!({"branches": below("refs/heads/"), "converts": [], "tags": below("refs/tags/")});
        if asked.query("include_prs").is_some() {
            refs["pullRequests"] = below("refs/pr/").into();
        }
        Ok(Reply::json(&refs))
    }

    pub(super) fn branch(&mut self, asked: &Asked, key: &str, name: &str) -> Result<Reply, Refusal> {
        Self::caller(asked)?;
        let reference = format!("refs/heads/{name}");
        if asked.method == Method::DELETE {
            if name == "main" {
                return Err(Refusal::new(403, "Cannot delete refs/heads/main"));
            }
            let removed = self.found_mut(key)?.refs.remove(&reference);
            return removed.map(|_| done()).ok_or_else(|| Refusal::no_revision(name));
        }
        let wanted: CreateBranchRequest =
            if asked.body.is_empty() { CreateBranchRequest::new() } else { asked.json()? };
        let repo = self.found_mut(key)?;
        if repo.refs.contains_key(&reference) && !wanted.overwrite {
            return Err(Refusal::new(409, &format!("Reference {reference} already exists")));
        }
        let history = repo.at(wanted.starting_point.as_deref().unwrap_or("main"))?.to_vec();
        repo.refs.insert(reference, history);
        Ok(done())
    }

    /// In the path the revision when one is made, the tag when one is deleted.
    pub(super) fn tag(&mut self, asked: &Asked, key: &str, named: &str) -> Result<Reply, Refusal> {
        Self::caller(asked)?;
        if asked.method == Method::DELETE {
            let removed = self.found_mut(key)?.refs.remove(&format!("refs/tags/{named}"));
            return removed.map(|_| done()).ok_or_else(|| Refusal::no_revision(named));
        }
        let wanted: CreateTagRequest = asked.json()?;
        let repo = self.found_mut(key)?;
        let reference = format!("refs/tags/{}", wanted.tag);
        if repo.refs.contains_key(&reference) {
            return Err(Refusal::new(409, &format!("Reference {reference} already exists")));
        }
        let history = repo.at(named)?.to_vec();
        repo.refs.insert(reference, history);
        Ok(done())
    }
}
