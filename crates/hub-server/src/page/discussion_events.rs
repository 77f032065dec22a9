//! What happened in a discussion, as its page shows it.

use hub_types::{
    DiscussionStatus,
    discussion::{CommentData, CommitData, StatusChangeData, TitleChangeData},
};
use serde::de::DeserializeOwned;

use super::{
    markdown,
    repo_head::RepoHead,
    shown::{self, When},
};
use crate::store::{DiscussionRecord, EventRecord};

/// Bytes of HTML of all comments of a page.
const MOST_HTML: usize = 270_000;
/// Bytes that one character takes at most.
const LONGEST_SIGN: usize = 6;

/// Where a discussion stands.
#[derive(Debug, Clone)]
pub(super) struct Status {
    pub(super) class: &'static str,
    word: String,
    is_pull_request: bool,
}

impl Status {
    pub(super) fn of(one: &DiscussionRecord) -> Self {
        let class = match one.status {
            DiscussionStatus::Draft => "draft",
            DiscussionStatus::Open => "open",
            DiscussionStatus::Merged => "merged",
            _ => "closed",
        };
        Self { class, word: one.status.to_string(), is_pull_request: one.pull_request.is_some() }
    }

    /// `open discussion`, `merged pull request`.
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.word, if self.is_pull_request { "pull request" } else { "discussion" })
    }
}

/// Something that happened.
#[derive(Debug)]
pub(super) struct EventView {
    pub(super) id: String,
    pub(super) author: String,
    /// The page of the author, who has an account; whom a commit names may have none.
    pub(super) author_path: Option<String>,
    pub(super) when: When,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Comment(CommentView),
    /// What was done: `closed this`.
    Status(String),
    Title {
        from: String,
        to: String,
    },
    Commit {
        subject: String,
        short: String,
        page: Option<String>,
    },
    Other(String),
}

#[derive(Debug)]
pub(super) struct CommentView {
    pub(super) text: Text,
    pub(super) is_edited: bool,
    /// The page that has a form with it.
    pub(super) edit: Option<String>,
    /// Where the form is sent that hides it.
    pub(super) hide: Option<String>,
}

/// What a comment says.
#[derive(Debug)]
pub(super) enum Text {
    /// It was hidden, and by whom.
    Hidden(String),
    Nothing,
    Html(String),
    /// As it was written, when its HTML is too long for the page; and whether it is cut.
    Plain(String, bool),
}

/// Shows events, as far as they are text.
pub(super) struct Events<'p> {
    pub(super) head: &'p RepoHead,
    pub(super) number: u64,
    /// Who looks at them, if it is somebody who may write.
    pub(super) viewer: Option<&'p str>,
    html: usize,
}

impl<'p> Events<'p> {
    pub(super) fn new(head: &'p RepoHead, number: u64, viewer: Option<&'p str>) -> Self {
        Self { head, number, viewer, html: MOST_HTML }
    }

    pub(super) fn show(&mut self, event: EventRecord) -> EventView {
        let what = self.what(&event);
        let is_by_git = matches!(what, What::Commit { .. });
        EventView {
            author_path: (!is_by_git).then(|| shown::account(&event.author)),
            author: shown::title(&event.author),
            when: When::new(event.created_at),
            id: event.id,
            what,
        }
    }

    fn what(&mut self, event: &EventRecord) -> What {
        fn read<T: DeserializeOwned>(event: &EventRecord) -> Option<T> {
            T::deserialize(&event.data).ok()
        }
        let known = match event.kind.as_str() {
            "comment" => read(event).map(|data| What::Comment(self.comment(event, &data))),
            "status-change" => read(event).map(|data: StatusChangeData| {
                What::Status(match data.status {
                    DiscussionStatus::Open => "opened this".to_owned(),
                    DiscussionStatus::Closed => "closed this".to_owned(),
                    DiscussionStatus::Merged => "merged this".to_owned(),
                    other => format!("made this {other}"),
                })
            }),
            "title-change" => read(event).map(|data: TitleChangeData| What::Title {
                from: shown::title(&data.from),
                to: shown::title(&data.to),
            }),
            "commit" => read(event).map(|data: CommitData| What::Commit {
                subject: shown::title(&data.subject),
                short: shown::short(&data.oid).to_owned(),
                page: self.head.may_read_files.then(|| self.head.paths.commit(&data.oid)),
            }),
            _ => None,
        };
        known.unwrap_or_else(|| What::Other(shown::title(&event.kind)))
    }

    fn comment(&mut self, event: &EventRecord, data: &CommentData) -> CommentView {
        let at = format!("{}/comment/{}", self.head.paths.discussion(self.number), event.id);
        let is_own = self.viewer == Some(&*event.author);
        let may_hide = self.viewer.is_some() && (is_own || self.head.may_write);
        CommentView {
            text: self.text(event, data),
            is_edited: data.edited && !data.hidden,
            edit: (is_own && !data.hidden)
                .then(|| format!("{}?edit={}", self.head.paths.discussion(self.number), event.id)),
            hide: (may_hide && !data.hidden).then(|| format!("{at}/hide")),
        }
    }

    fn text(&mut self, event: &EventRecord, data: &CommentData) -> Text {
        if data.hidden {
            let by = data.extra.get("hiddenBy").and_then(serde_json::Value::as_str);
            return Text::Hidden(by.unwrap_or("its author").to_owned());
        }
        let raw = data.latest.raw.as_str();
        if raw.trim().is_empty() {
            return Text::Nothing;
        }
        let html = markdown::render_comment(raw, &self.head.paths, &self.head.default_branch, &event.id);
        if let Some(rest) = self.html.checked_sub(html.len()) {
            self.html = rest;
            return Text::Html(html);
        }
        // Some hundred more stand for whatever is cut away.
        let room = (self.html / LONGEST_SIGN).max(200);
        let plain = shown::cut(raw, room);
        self.html = self.html.saturating_sub(plain.len() * LONGEST_SIGN);
        let is_cut = plain.len() < raw.len();
        Text::Plain(plain, is_cut)
    }
}
