//! Where a branch is.

use bytes::Bytes;
use http::{Request, header::DATE, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, Timeouts, decode_json, get};
use hub_types::{RepoRef, Revision, route};
use serde::Deserialize;

/// The commit that a revision leads to now: `GET /api/{models}/{id}/revision/{rev}`, and of what that says no more.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The repository.
    pub repo: &'a RepoRef,
    /// Branch, tag or commit.
    pub revision: &'a Revision,
    /// With limits it is asked for once and within them.
    pub once_within: Option<Timeouts>,
}

impl<'a> Head<'a> {
    /// The head of `revision`, asked for as every read is.
    #[must_use]
    pub fn new(repo: &'a RepoRef, revision: &'a Revision) -> Self {
        Self { repo, revision, once_within: None }
    }
}

/// What [`Head`] gives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HeadInfo {
    /// The commit's id; `None` where there is no commit.
    pub sha: Option<String>,
    /// The server's time; see [`server_time`].
    #[serde(skip)]
    pub server_time: Option<String>,
}

impl Endpoint for Head<'_> {
    const NAME: &'static str = "repo_info";
    type Output = HeadInfo;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::repo(self.repo).info(Some(self.revision))).once_within(self.once_within).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<HeadInfo, Error> {
        Ok(HeadInfo { server_time: server_time(head), ..decode_json(head, &body)? })
    }
}

/// The server's time of a response, as RFC 3339 without fractions: `2024-05-06T07:08:09`.
#[must_use]
pub fn server_time(head: &Parts) -> Option<String> {
    let date = head.headers.get(DATE)?.to_str().ok()?;
    let mut words = date.split(' ').skip(1);
    let (day, month, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = names.iter().position(|name| *name == month)? + 1;
    let (day, year): (u32, u32) = (day.parse().ok()?, year.parse().ok()?);
    (time.len() == 8).then(|| format!("{year:04}-{month:02}-{day:02}T{time}"))
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
