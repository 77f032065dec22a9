//! The requests of this stage, as data.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use hub_transport::{
    Body, DefaultTimeouts, EffectiveUri, Endpoint, Error, ErrorKind, RetryClass, Timeouts, Transfer,
    decode_json, get, post,
};
use hub_types::commit::{CommitResponse, NDJSON};
use hub_types::route::{self, Route};
use hub_types::{ParentCommit, RepoRef, Revision};
use serde::Deserialize;

/// How long the server may take to begin its response to a commit: it applies the whole of it first.
const COMMIT_HEAD_TIMEOUT: Duration = Duration::from_secs(300);

/// `POST .../commit/{rev}`
pub(crate) struct Commit<'a> {
    pub(crate) repo: &'a RepoRef,
    pub(crate) revision: &'a Revision,
    pub(crate) create_pr: bool,
    pub(crate) class: RetryClass,
    /// A body that can be copied; behind a lock, because bodies cannot be shared.
    pub(crate) body: &'a Mutex<Body>,
}

impl Endpoint for Commit<'_> {
    const NAME: &'static str = "create_commit";
    type Output = CommitResponse;

    fn class(&self) -> RetryClass {
        self.class
    }

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let body = self.body.lock().unwrap_or_else(PoisonError::into_inner).try_clone();
        let body = body.ok_or_else(|| Error::build("the commit's body can be sent only once"))?;
        post(route::repo(self.repo).commit(self.revision))
            .opt("create_pr", self.create_pr.then_some(1))
            .header(http::header::CONTENT_TYPE, NDJSON)
            .extension(DefaultTimeouts(Timeouts::new().head(COMMIT_HEAD_TIMEOUT)))
            .extension(Transfer)
            .body(body)
            .finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<CommitResponse, Error> {
        let response: CommitResponse = decode_json(head, &body)?;
        let odd = |what| Err(Error::new(ErrorKind::Decode, format!("the response to the commit {what}")));
        if response.commit_oid.parse::<ParentCommit>().is_err() {
            return odd("names a commit that cannot be one");
        }
        if !names(&response.commit_url, &response.commit_oid, self.repo, head) {
            return odd("is about another repository");
        }
        if self.create_pr && response.pull_request_url.is_none() {
            return odd("does not name the pull request");
        }
        Ok(response)
    }
}

/// Whether the page of a commit belongs to the repository that the request was for, or was led to.
fn names(page: &str, oid: &str, repo: &RepoRef, head: &Parts) -> bool {
    let led =
        head.extensions.get::<EffectiveUri>().and_then(|EffectiveUri(uri)| match route::parse(uri.path()) {
            Ok(Route::Repo { repo, .. }) => Some(repo),
            _ => None,
        });
    let page = page.to_ascii_lowercase();
    let ends = |repo: &RepoRef| page.ends_with(&route::repo(repo).commit_page(oid).to_ascii_lowercase());
    // Servers may have pages of another kind, which say nothing either way.
    !page.contains("/commit/") || ends(repo) || led.is_some_and(|led| ends(&led))
}

/// `GET .../discussions`: one page of open pull requests.
pub(crate) struct OpenPullRequests<'a> {
    pub(crate) repo: &'a RepoRef,
    pub(crate) author: Option<&'a str>,
    pub(crate) page: u32,
}

/// A page of [`OpenPullRequests`].
#[derive(Debug, Deserialize)]
pub(crate) struct DiscussionPage {
    pub(crate) discussions: Vec<Discussion>,
}

/// As much of a discussion as tells whether it is ours.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Discussion {
    pub(crate) num: u64,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) is_pull_request: bool,
    #[serde(default)]
    pub(crate) created_at: Option<String>,
    #[serde(default)]
    pub(crate) author: Option<DiscussionAuthor>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct DiscussionAuthor {
    #[serde(default)]
    pub(crate) name: String,
}

impl Endpoint for OpenPullRequests<'_> {
    const NAME: &'static str = "get_repo_discussions";
    type Output = DiscussionPage;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.repo.to_string()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::repo(self.repo).discussions())
            .query("p", self.page)
            .query("type", "pull_request")
            .query("status", "open")
            .opt("author", self.author)
            .finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<DiscussionPage, Error> {
        decode_json(head, &body)
    }
}
