//! The token routes.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, decode_json, get};
use hub_types::{RepoRef, Revision, route};
use hub_xet::wire::XetToken;

/// What an [`XetToken`] permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum XetRight {
    /// Downloads.
    Read,
    /// Uploads, and downloads too.
    Write,
}

/// The CAS of a repository and a token for it: `GET /api/{models}/{id}/xet-{read|write}-token/{rev}`. A Hub without Xet responds with
/// `NotFound`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetXetToken {
    /// The repository.
    pub repo: RepoRef,
    /// What is read, or the branch that will be written to.
    pub revision: Revision,
    /// What the token is for.
    pub right: XetRight,
    /// Whether what is uploaded goes into a new pull request, for which the right to read is enough.
    pub create_pr: bool,
}

impl GetXetToken {
    /// A token for downloads of a revision.
    #[must_use]
    pub fn read(repo: RepoRef, revision: Revision) -> Self {
        Self { repo, revision, right: XetRight::Read, create_pr: false }
    }

    /// A token for uploads to a branch.
    #[must_use]
    pub fn write(repo: RepoRef, revision: Revision) -> Self {
        Self { repo, revision, right: XetRight::Write, create_pr: false }
    }

    /// Whether what is uploaded goes into a new pull request. Default false.
    #[must_use]
    pub fn create_pr(self, create_pr: bool) -> Self {
        Self { create_pr, ..self }
    }
}

impl Endpoint for GetXetToken {
    const NAME: &'static str = "xet_token";
    type Output = XetToken;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let write = self.right == XetRight::Write;
        let create_pr = self.create_pr.then_some(1);
        get(route::repo(&self.repo).xet_token(write, &self.revision)).opt("create_pr", create_pr).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<XetToken, Error> {
        decode_json(head, &body)
    }
}

#[cfg(test)]
mod tests {
    use hub_types::RepoType;

    use super::*;

    #[test]
    fn the_routes_are_those_of_the_protocol() {
        let repo = RepoRef::new(RepoType::Dataset, "ada/nums".parse().unwrap());
        let revision: Revision = "refs/pr/1".parse().unwrap();
        let read = GetXetToken::read(repo.clone(), revision.clone()).request().unwrap();
        assert_eq!(read.uri(), "/api/datasets/ada/nums/xet-read-token/refs%2Fpr%2F1");
        let write = GetXetToken::write(repo, revision).create_pr(true).request().unwrap();
        assert_eq!(write.uri(), "/api/datasets/ada/nums/xet-write-token/refs%2Fpr%2F1?create_pr=1");
    }
}
