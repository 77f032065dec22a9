//! Making, moving and deleting repositories, and what is said about them.

use http::Method;
use hub_types::{CreateRepoRequest, DeleteRepoRequest, MoveRepoRequest, RepoType};
use serde_json::{Value, json};

use super::state::page_of;
use super::{Asked, Refusal, Reply, State, time};

fn key_of(kind: Option<RepoType>, organization: Option<&str>, name: &str, caller: &str) -> String {
    let kind = kind.unwrap_or(RepoType::Model).plural();
    format!("{kind}/{}/{name}", organization.unwrap_or(caller))
}

impl State {
    pub(super) fn create_repo(&mut self, asked: &Asked) -> Result<Reply, Refusal> {
        let caller = Self::caller(asked)?;
        let request: CreateRepoRequest = asked.json()?;
        let key = key_of(request.repo_type, request.organization.as_deref(), &request.name, caller);
        let url = format!("{}{}", asked.origin, page_of(&key));
        if self.repos.contains_key(&key) {
            return Err(Refusal::new(409, "You already created this repo").with("url", url));
        }
        let private = request.private.unwrap_or(request.visibility.as_deref() == Some("private"));
        self.make_repo(&key, private);
        let id = self.found(&key)?.id.clone();
        let name = key.split_once('/').map_or("", |(_, name)| name);
        Ok(Reply::json(&json!({"url": url, "name": name, "id": id})))
    }

    pub(super) fn delete_repo(&mut self, asked: &Asked) -> Result<Reply, Refusal> {
        let caller = Self::caller(asked)?;
        let request: DeleteRepoRequest = asked.json()?;
        let key = key_of(request.repo_type, request.organization.as_deref(), &request.name, caller);
        self.repos.remove(&key).ok_or_else(Refusal::no_repo)?;
        Ok(Reply::new(200, "text/plain; charset=utf-8", "OK"))
    }

    pub(super) fn move_repo(&mut self, asked: &Asked) -> Result<Reply, Refusal> {
        Self::caller(asked)?;
        let request: MoveRepoRequest = asked.json()?;
        let key = |id: &hub_types::RepoId| format!("{}/{id}", request.repo_type.plural());
        let (from, to) = (key(&request.from_repo), key(&request.to_repo));
        if self.repos.contains_key(&to) {
            return Err(Refusal::new(409, &format!("A repository called {to} already exists")));
        }
        let repo = self.repos.remove(&from).ok_or_else(Refusal::no_repo)?;
        self.moved.insert(from, to.clone());
        self.repos.insert(to, repo);
        Ok(Reply::new(200, "text/plain; charset=utf-8", "OK"))
    }

    pub(super) fn list_repos(&self, asked: &Asked, kind: RepoType) -> Result<Reply, Refusal> {
        let prefix = format!("{}/", kind.plural());
        let all = self.repos.iter().filter_map(|(key, repo)| Some((key.strip_prefix(&prefix)?, repo)));
        let shown = all.filter(|(_, repo)| !repo.private);
        let items: Vec<Value> =
            shown.map(|(id, repo)| json!({"id": id, "_id": repo.id, "private": false, "likes": 0})).collect();
        Ok(self.page(asked, items))
    }

    /// One page of a listing, with a link to the next one.
    pub(super) fn page(&self, asked: &Asked, items: Vec<Value>) -> Reply {
        let start: usize = asked.query("cursor").and_then(|text| text.parse().ok()).unwrap_or_default();
        let wanted = asked.query("limit").and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
        let end = start.saturating_add(self.rules.page.min(wanted).max(1)).min(items.len());
        let more = end < items.len();
        let total = items.len();
        let shown: Vec<Value> = items.into_iter().skip(start).take(end.saturating_sub(start)).collect();
        let reply = Reply::json(&Value::from(shown)).header("x-total-count", total.to_string());
        if !more {
            return reply;
        }
        let others = asked.query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
        let query: Vec<String> = others.map(str::to_owned).chain([format!("cursor={end}")]).collect();
        let link = format!("<{}{}?{}>; rel=\"next\"", asked.origin, asked.path, query.join("&"));
        reply.header("link", link)
    }

    pub(super) fn info(&self, asked: &Asked, key: &str, revision: &str) -> Result<Reply, Refusal> {
        let repo = self.found(key)?;
        if repo.private {
            Self::caller(asked)?;
        }
        let head = repo.commit(revision)?;
        let id = key.split_once('/').map_or("", |(_, id)| id);
        let siblings: Vec<Value> = head
            .tree
            .iter()
            .map(|(path, file)| match &file.lfs {
                Some(sha256) => json!({"rfilename": path, "size": file.size, "blobId": file.blob,
                                       "lfs": {"sha256": sha256, "size": file.size, "pointerSize": 130}}),
                None => json!({"rfilename": path, "size": file.size, "blobId": file.blob}),
            })
            .collect();
        Ok(Reply::json(&json!({
            "_id": repo.id, "id": id, "modelId": id, "author": id.split('/').next(), "sha": head.id,
            "lastModified": time::in_json(head.at), "createdAt": time::in_json(repo.at), "private": repo.private,
            "disabled": false, "gated": false, "downloads": 0, "likes": 0, "tags": [], "siblings": siblings,
        })))
    }

    pub(super) fn settings(&mut self, asked: &Asked, key: &str) -> Result<Reply, Refusal> {
        Self::caller(asked)?;
        if asked.method != Method::PUT {
            return Err(Refusal::new(405, "settings are put"));
        }
        let wanted: Value = asked.json()?;
        let repo = self.found_mut(key)?;
        if let Some(private) = wanted["private"].as_bool() {
            repo.private = private;
        }
        if let Some(visibility) = wanted["visibility"].as_str() {
            repo.private = visibility == "private";
        }
        Ok(Reply::json(&wanted))
    }
}
