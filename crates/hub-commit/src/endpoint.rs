//! The exchanges of a commit, as data.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use hub_transport::{
    Body, DefaultTimeouts, EffectiveUri, Endpoint, Error, ErrorKind, PagedEndpoint, RetryClass, Timeouts,
    Transfer, decode_json, get, post,
};
use hub_types::commit::{CommitResponse, NDJSON};
use hub_types::preupload::{PreuploadRequest, PreuploadResponse};
use hub_types::route::{self, Route};
use hub_types::tree::PathsInfoRequest;
use hub_types::{
    GitCommitInfo, ParentCommit, RepoRef, Revision, TreeEntry, ValidateYamlRequest, ValidateYamlResponse,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the server may take to begin its answer to a commit: it applies the whole of it first.
const COMMIT_HEAD_TIMEOUT: Duration = Duration::from_secs(300);

pub(crate) fn to_json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value)
        .map_err(|source| Error::build("the payload cannot be written as JSON").with_source(source))
}

/// The server's time of an answer, as RFC 3339 without fractions: `2024-05-06T07:08:09`.
fn server_time(head: &Parts) -> Option<String> {
    let date = head.headers.get(http::header::DATE)?.to_str().ok()?;
    let mut words = date.split(' ').skip(1);
    let (day, month, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = names.iter().position(|name| *name == month)? + 1;
    let (day, year): (u32, u32) = (day.parse().ok()?, year.parse().ok()?);
    (time.len() == 8).then(|| format!("{year:04}-{month:02}-{day:02}T{time}"))
}

/// `POST /api/validate-yaml`
pub(crate) struct ValidateYaml {
    pub(crate) repo: RepoRef,
    pub(crate) content: String,
}

impl Endpoint for ValidateYaml {
    const NAME: &'static str = "validate_yaml";
    type Output = ValidateYamlResponse;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.repo.to_string()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let repo_type = Some(self.repo.repo_type.singular().to_owned());
        post(route::VALIDATE_YAML)
            .json(&ValidateYamlRequest { content: self.content.clone(), repo_type })
            .finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<ValidateYamlResponse, Error> {
        decode_json(head, &body)
    }
}

/// `POST .../preupload/{rev}`
pub(crate) struct Preupload<'a> {
    pub(crate) repo: &'a RepoRef,
    pub(crate) revision: &'a Revision,
    pub(crate) create_pr: bool,
    pub(crate) request: PreuploadRequest,
}

impl Endpoint for Preupload<'_> {
    const NAME: &'static str = "preupload";
    /// The answer and the server's time.
    type Output = (PreuploadResponse, Option<String>);

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let request = post(route::repo(self.repo).preupload(self.revision));
        request.opt("create_pr", self.create_pr.then_some(1)).json(&self.request).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Self::Output, Error> {
        Ok((decode_json(head, &body)?, server_time(head)))
    }
}

/// The head of a revision: `GET .../revision/{rev}`.
pub(crate) struct Head<'a> {
    pub(crate) repo: &'a RepoRef,
    pub(crate) revision: &'a Revision,
}

#[derive(Deserialize)]
struct Sha {
    sha: String,
}

impl Endpoint for Head<'_> {
    const NAME: &'static str = "repo_info";
    /// The commit's id and the server's time.
    type Output = (String, Option<String>);

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::repo(self.repo).info(Some(self.revision))).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Self::Output, Error> {
        Ok((decode_json::<Sha>(head, &body)?.sha, server_time(head)))
    }
}

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

/// `GET .../commits/{rev}`, newest first.
pub(crate) struct Commits {
    pub(crate) repo: RepoRef,
    pub(crate) revision: Revision,
}

impl PagedEndpoint for Commits {
    const NAME: &'static str = "list_repo_commits";
    type Item = GitCommitInfo;

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::repo(&self.repo).commits(&self.revision)).finish()
    }
}

/// `POST .../paths-info/{rev}`
pub(crate) struct PathsInfo<'a> {
    pub(crate) repo: &'a RepoRef,
    pub(crate) revision: &'a Revision,
    pub(crate) paths: Vec<String>,
}

impl Endpoint for PathsInfo<'_> {
    const NAME: &'static str = "get_paths_info";
    type Output = Vec<TreeEntry>;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let request = PathsInfoRequest { paths: self.paths.clone(), expand: false };
        post(route::repo(self.repo).paths_info(self.revision)).json(&request).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Vec<TreeEntry>, Error> {
        decode_json(head, &body)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn head(date: &str) -> Parts {
        let response = http::Response::builder().header("date", date).body(()).unwrap();
        response.into_parts().0
    }

    #[test]
    fn the_servers_time_is_comparable_with_the_times_in_its_json() {
        assert_eq!(server_time(&head("Sun, 06 Nov 1994 08:49:37 GMT")).unwrap(), "1994-11-06T08:49:37");
        for odd in ["", "yesterday", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994"] {
            assert_eq!(server_time(&head(odd)), None, "{odd}");
        }
    }
}
