//! Requests that several stages make, as data.

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use hub_transport::{Body, Endpoint, Error, PagedEndpoint, RetryClass, decode_json, get, post};
use hub_types::tree::PathsInfoRequest;
use hub_types::{GitCommitInfo, RepoRef, Revision, TreeEntry, route};
use serde::{Deserialize, Serialize};

pub(crate) fn to_json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value)
        .map_err(|source| Error::build("the payload cannot be written as JSON").with_source(source))
}

/// The server's time of an answer, as RFC 3339 without fractions: `2024-05-06T07:08:09`.
pub(crate) fn server_time(head: &Parts) -> Option<String> {
    let date = head.headers.get(http::header::DATE)?.to_str().ok()?;
    let mut words = date.split(' ').skip(1);
    let (day, month, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = names.iter().position(|name| *name == month)? + 1;
    let (day, year): (u32, u32) = (day.parse().ok()?, year.parse().ok()?);
    (time.len() == 8).then(|| format!("{year:04}-{month:02}-{day:02}T{time}"))
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
