//! The entries at given paths.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, Timeouts, Transport, decode_json, post};
use hub_types::{RepoRef, Revision, TreeEntry, route, tree::PathsInfoRequest};

/// Most paths that one request asks about.
const PATHS_PER_REQUEST: usize = 500;

/// `POST /api/{models}/{id}/paths-info/{rev}`. For any number of paths: [`paths_info`].
#[derive(Debug, Clone)]
pub struct PathsInfo<'a> {
    /// The repository.
    pub repo: &'a RepoRef,
    /// Branch, tag or commit.
    pub revision: &'a Revision,
    /// At most 500.
    pub paths: Vec<String>,
    /// Whether each entry comes with its last commit.
    pub expand: bool,
    /// With limits it is asked for once and within them.
    pub once_within: Option<Timeouts>,
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
        let request = PathsInfoRequest::new(self.paths.clone()).expand(self.expand);
        post(route::repo(self.repo).paths_info(self.revision))
            .json(&request)
            .once_within(self.once_within)
            .finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Vec<TreeEntry>, Error> {
        decode_json(head, &body)
    }
}

/// What is at `paths`; those that do not exist are left out. With `expand` each entry comes with its last commit. Python:
/// `get_paths_info`.
///
/// # Errors
/// `RepoNotFound`, `RevisionNotFound`, and what else can go wrong with a request.
///
/// Endpoint: `POST /api/{models}/{id}/paths-info/{rev}`, 500 paths a request.
pub async fn paths_info(
    transport: &Transport,
    repo: &RepoRef,
    revision: &Revision,
    paths: &[String],
    expand: bool,
) -> Result<Vec<TreeEntry>, Error> {
    let mut entries = Vec::new();
    for paths in paths.chunks(PATHS_PER_REQUEST) {
        let endpoint = PathsInfo { repo, revision, paths: paths.to_vec(), expand, once_within: None };
        entries.extend(transport.send(&endpoint).await?);
    }
    Ok(entries)
}
