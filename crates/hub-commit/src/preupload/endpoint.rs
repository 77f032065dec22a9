//! The requests of this stage, as data.

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use hub_endpoints::server_time;
use hub_transport::{Body, Endpoint, Error, RetryClass, decode_json, post};
use hub_types::preupload::{PreuploadRequest, PreuploadResponse};
use hub_types::{RepoRef, Revision, ValidateYamlRequest, ValidateYamlResponse, route};

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
        let repo_type = self.repo.repo_type.singular().to_owned();
        post(route::VALIDATE_YAML)
            .json(&ValidateYamlRequest::new(&self.content).repo_type(repo_type))
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
    /// The response and the server's time.
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
