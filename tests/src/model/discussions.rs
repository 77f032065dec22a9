//! Discussions and pull requests.

use http::Method;
use hub_types::discussion::{
    CommentRequest, CreateDiscussionRequest, EditCommentRequest, StatusRequest, TitleRequest,
};
use hub_types::route::DiscussionAction;
use serde_json::{Value, json};

use super::state::page_of;
use super::{Asked, Discussion, Refusal, Reply, State, time};

/// Discussions in one response.
const PAGE: usize = 10;

fn summary(key: &str, one: &Discussion) -> Value {
    let (kind, id) = key.split_once('/').unwrap_or_default();
    json!({"num": one.num, "title": one.title, "status": one.status, "isPullRequest": one.pull_request,
           "createdAt": time::in_json(one.at), "pinned": false, "author": {"name": one.author},
           "repo": {"name": id, "type": kind.trim_end_matches('s')}, "numComments": one.comments().len()})
}

impl State {
    fn event(&mut self, kind: &str, author: &str, data: Value) -> Value {
        let at = time::in_json(self.now());
        json!({"id": self.new_id(), "type": kind, "createdAt": at, "author": {"name": author}, "data": data})
    }

    fn comment(&mut self, author: &str, text: &str) -> Value {
        let at = time::in_json(self.now());
        let html = format!("<p>{text}</p>");
        let latest = json!({"raw": text, "html": html, "updatedAt": at, "author": {"name": author}});
        let data = json!({"edited": false, "hidden": false, "numEdits": 0, "latest": latest, "editors": [author],
                          "reactions": []});
        self.event("comment", author, data)
    }

    /// Opens a discussion and gives its number.
    pub(super) fn open(
        &mut self,
        key: &str,
        author: &str,
        title: &str,
        text: &str,
        pull_request: bool,
        status: &str,
    ) -> Result<u64, Refusal> {
        let (at, first) = (self.now(), self.comment(author, text));
        let repo = self.found_mut(key)?;
        let num = repo.discussions.len() as u64 + 1;
        let (title, status, author) = (title.to_owned(), status.to_owned(), author.to_owned());
        let events = vec![first];
        repo.discussions.push(Discussion {
            num,
            title,
            status,
            pull_request,
            author,
            at,
            events,
            merged: None,
        });
        Ok(num)
    }

    pub(super) fn discussions(&mut self, asked: &Asked, key: &str) -> Result<Reply, Refusal> {
        if asked.method == Method::POST {
            return self.open_discussion(asked, key);
        }
        let page: usize = asked.query("p").and_then(|text| text.parse().ok()).unwrap_or_default();
        let (kind, status, author) = (asked.query("type"), asked.query("status"), asked.query("author"));
        let shown = |one: &&Discussion| {
            kind.is_none_or(|kind| kind == "all" || (kind == "pull_request") == one.pull_request)
                && status.is_none_or(|status| {
                    status == "all" || (status == "open") == matches!(one.status.as_str(), "open" | "draft")
                })
                && author.is_none_or(|author| author == one.author)
        };
        let all: Vec<&Discussion> = self.found(key)?.discussions.iter().rev().filter(shown).collect();
        let start = page.saturating_mul(PAGE);
        let list: Vec<Value> = all.iter().skip(start).take(PAGE).map(|one| summary(key, one)).collect();
        Ok(Reply::json(
            &json!({"discussions": list, "count": all.len(), "start": start, "numClosedDiscussions": 0}),
        ))
    }

    fn open_discussion(&mut self, asked: &Asked, key: &str) -> Result<Reply, Refusal> {
        let caller = Self::caller(asked)?;
        let wanted: CreateDiscussionRequest = asked.json()?;
        let status = if wanted.pull_request { "draft" } else { "open" };
        let num = self.open(key, caller, &wanted.title, &wanted.description, wanted.pull_request, status)?;
        if wanted.pull_request {
            let repo = self.found_mut(key)?;
            let base = repo.branch("main").to_vec();
            repo.refs.insert(format!("refs/pr/{num}"), base);
        }
        let url = format!("{}{}/discussions/{num}", asked.origin, page_of(key));
        Ok(Reply::json(&json!({"url": url, "num": num, "pullRequest": wanted.pull_request})))
    }

    fn one(&mut self, key: &str, num: u64) -> Result<&mut Discussion, Refusal> {
        let one = self.found_mut(key)?.discussions.iter_mut().find(|one| one.num == num);
        one.ok_or_else(|| Refusal::new(404, "there is no such discussion"))
    }

    pub(super) fn discussion(&mut self, _: &Asked, key: &str, num: u64) -> Result<Reply, Refusal> {
        let one = self.one(key, num)?.clone();
        let mut details = summary(key, &one);
        details["events"] = one.events.into();
        details["locked"] = false.into();
        if one.pull_request {
            details["filesWithConflicts"] = json!([]);
            details["diff"] = "".into();
            details["changes"] = json!({"base": "refs/heads/main"});
            if let Some(id) = one.merged {
                details["changes"]["mergeCommitId"] = id.into();
            }
        }
        Ok(Reply::json(&details))
    }

    pub(super) fn change_discussion(
        &mut self,
        asked: &Asked,
        key: &str,
        num: u64,
        action: &DiscussionAction,
    ) -> Result<Reply, Refusal> {
        let caller = Self::caller(asked)?;
        self.one(key, num)?;
        match action {
            DiscussionAction::Comment => {
                let CommentRequest { comment, .. } = asked.json()?;
                let event = self.comment(caller, &comment);
                self.one(key, num)?.events.push(event.clone());
                let mut reply = Reply::json(&json!({"newMessage": event}));
                reply.status = 201;
                Ok(reply)
            }
            DiscussionAction::Title => {
                let TitleRequest { title, .. } = asked.json()?;
                let from = self.one(key, num)?.title.clone();
                let event = self.event("title-change", caller, json!({"from": from, "to": title}));
                let one = self.one(key, num)?;
                one.title = title;
                one.events.push(event.clone());
                Ok(Reply::json(&json!({"newTitle": event})))
            }
            DiscussionAction::Status => {
                let StatusRequest { status, comment, .. } = asked.json()?;
                if self.one(key, num)?.status == "merged" {
                    return Err(Refusal::new(400, "a merged pull request stays merged"));
                }
                let event = self.set_status(key, num, caller, status.as_str(), comment)?;
                Ok(Reply::json(&json!({"newStatus": event})))
            }
            DiscussionAction::Merge => self.merge(key, num, caller),
            DiscussionAction::EditComment(id) => {
                let EditCommentRequest { content, .. } = asked.json()?;
                self.edit(key, num, id, |data| {
                    data["latest"]["raw"] = content.as_str().into();
                    data["edited"] = true.into();
                    data["numEdits"] = (data["numEdits"].as_u64().unwrap_or_default() + 1).into();
                })
            }
            DiscussionAction::HideComment(id) => self.edit(key, num, id, |data| {
                data["latest"]["raw"] = "".into();
                data["hidden"] = true.into();
            }),
        }
    }

    fn set_status(
        &mut self,
        key: &str,
        num: u64,
        caller: &str,
        status: &str,
        comment: Option<String>,
    ) -> Result<Value, Refusal> {
        let said = comment.map(|text| self.comment(caller, &text));
        let event = self.event("status-change", caller, json!({"status": status}));
        let one = self.one(key, num)?;
        one.status = status.to_owned();
        one.events.push(event.clone());
        one.events.extend(said);
        Ok(event)
    }

    fn edit(
        &mut self,
        key: &str,
        num: u64,
        id: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<Reply, Refusal> {
        let one = self.one(key, num)?;
        let event = one.events.iter_mut().find(|event| event["id"] == id && event["type"] == "comment");
        let event = event.ok_or_else(|| Refusal::new(404, "there is no such comment"))?;
        change(&mut event["data"]);
        Ok(Reply::json(&json!({"updatedComment": event})))
    }

    fn merge(&mut self, key: &str, num: u64, caller: &str) -> Result<Reply, Refusal> {
        let one = self.one(key, num)?.clone();
        if !one.pull_request || one.status != "open" {
            return Err(Refusal::new(400, "only an open pull request can be merged"));
        }
        let repo = self.found(key)?;
        let (ours, theirs) = (repo.commit("main")?, repo.commit(&format!("refs/pr/{num}"))?);
        let mut tree = ours.tree.clone();
        tree.extend(theirs.tree.iter().map(|(path, file)| (path.clone(), file.clone())));
        let title = format!("{} (#{num})", one.title);
        let id = self.push(key, "refs/heads/main", caller, &title, "", tree);
        self.one(key, num)?.merged = Some(id);
        self.set_status(key, num, caller, "merged", None)?;
        Ok(Reply::json(&json!({"ok": true})))
    }
}
