//! What repositories can be searched by, and metrics.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, decode_json, get};
use hub_types::{DatasetInfo, MetricInfo, ModelInfo, RepoType, TagsByType, route};

use super::{kinds::Identified, search::ListRepos};
use crate::{Async, Call, HfApi, Mode, Operation};

/// The call that [`HfApi::get_model_tags`] and [`HfApi::get_dataset_tags`] make.
pub type GetTagsCall<M = Async> = Call<GetTags, M>;
/// The call that [`HfApi::list_metrics`] makes.
pub type ListMetricsCall<M = Async> = Call<ListMetrics, M>;
/// The call that [`HfApi::get_full_repo_name`] makes.
pub type GetFullRepoNameCall<M = Async> = Call<GetFullRepoName, M>;
/// The call that [`HfApi::model_search_arguments`] makes.
pub type ModelSearchArgumentsCall<M = Async> = Call<GetSearchArguments<ModelInfo>, M>;
/// The call that [`HfApi::dataset_search_arguments`] makes.
pub type DatasetSearchArgumentsCall<M = Async> = Call<GetSearchArguments<DatasetInfo>, M>;

/// `GET /api/models-tags-by-type` or `GET /api/datasets-tags-by-type`
#[derive(Debug, Clone)]
pub struct GetTags {
    repo_type: RepoType,
    only: Option<String>,
}

impl Endpoint for GetTags {
    const NAME: &'static str = "get_tags";
    type Output = TagsByType;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.repo_type.plural().to_owned()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::tags_by_type(self.repo_type)).opt("type", self.only.as_ref()).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<TagsByType, Error> {
        decode_json(head, &body)
    }
}

impl<M: Mode> GetTagsCall<M> {
    /// The only group to return, such as `library`; all unless set.
    pub fn only(self, kind: impl Into<String>) -> Self {
        self.edit(|operation| operation.only = Some(kind.into()))
    }
}

/// `GET /api/metrics`
#[derive(Debug, Clone)]
pub struct GetMetrics {}

impl Endpoint for GetMetrics {
    const NAME: &'static str = "list_metrics";
    type Output = Vec<MetricInfo>;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::METRICS).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Vec<MetricInfo>, Error> {
        decode_json(head, &body)
    }
}

/// Lists metrics, and says so when the server has none to offer any more.
#[derive(Debug, Clone)]
pub struct ListMetrics {}

impl Operation for ListMetrics {
    type Output = Vec<MetricInfo>;

    async fn run(self, api: HfApi) -> Result<Vec<MetricInfo>, crate::Error> {
        let response = api.transport()?.send(&GetMetrics {}).await;
        Ok(response.map_err(|error| match error.is_not_found() {
            true => {
                error.with_hint("this server no longer lists metrics: they moved to the evaluate library")
            }
            false => error,
        })?)
    }
}

/// Puts the caller's namespace before a name.
#[derive(Debug, Clone)]
pub struct GetFullRepoName {
    model_id: String,
    organization: Option<String>,
}

impl Operation for GetFullRepoName {
    type Output = String;

    async fn run(self, api: HfApi) -> Result<String, crate::Error> {
        let Self { model_id, organization } = self;
        match organization {
            Some(organization) => Ok(format!("{organization}/{model_id}")),
            None if model_id.contains('/') => Ok(model_id),
            None => Ok(format!("{}/{model_id}", api.whoami().await?.name)),
        }
    }
}

impl<M: Mode> GetFullRepoNameCall<M> {
    /// The organisation to name instead of the caller. Python: `organization`.
    pub fn organization(self, name: impl Into<String>) -> Self {
        self.edit(|operation| operation.organization = Some(name.into()))
    }
}

/// What models or datasets can be searched by. Python: `ModelSearchArguments`, `DatasetSearchArguments`.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct SearchArguments {
    /// Tags in groups.
    pub tags: TagsByType,
    /// Who owns repositories; empty unless [`names`](Call::names) asks for it.
    pub authors: BTreeSet<String>,
    /// Names of repositories without their owners; empty unless [`names`](Call::names) asks for it.
    /// Python: `model_name`, `dataset_name`.
    pub names: BTreeSet<String>,
}

/// Asks what repositories can be searched by.
#[derive(Debug, Clone)]
pub struct GetSearchArguments<T> {
    most_repos: usize,
    kind: std::marker::PhantomData<fn() -> T>,
}

impl<T> GetSearchArguments<T> {
    const fn new() -> Self {
        Self { most_repos: 0, kind: std::marker::PhantomData }
    }
}

impl<T: Identified> Operation for GetSearchArguments<T> {
    type Output = SearchArguments;

    async fn run(self, api: HfApi) -> Result<SearchArguments, crate::Error> {
        let transport = api.transport()?;
        let tags = transport.send(&GetTags { repo_type: T::REPO_TYPE, only: None }).await?;
        let mut found = SearchArguments { tags, ..SearchArguments::default() };
        let mut repos = transport.stream(ListRepos::<T>::default(), Some(self.most_repos)).boxed();
        while let Some(repo) = repos.try_next().await? {
            let name = match repo.id().split_once('/') {
                Some((author, name)) => {
                    found.authors.insert(author.to_owned());
                    name
                }
                None => repo.id(),
            };
            found.names.insert(name.to_owned());
        }
        Ok(found)
    }
}

impl<T: Identified, M: Mode> Call<GetSearchArguments<T>, M> {
    /// Also lists authors and names, from at most this many repositories. The public Hub has millions, a thousand a
    /// request; none are asked for unless this is set.
    pub fn names(self, most_repos: usize) -> Self {
        self.edit(|operation| operation.most_repos = most_repos)
    }
}

impl<M: Mode> HfApi<M> {
    /// The tags that models can be searched by, in groups. Python: `get_model_tags`.
    ///
    /// # Errors
    /// When the server cannot be asked.
    ///
    /// Endpoint: `GET /api/models-tags-by-type`.
    pub fn get_model_tags(&self) -> GetTagsCall<M> {
        self.call(GetTags { repo_type: RepoType::Model, only: None })
    }

    /// The tags that datasets can be searched by, in groups. Python: `get_dataset_tags`.
    ///
    /// # Errors
    /// When the server cannot be asked.
    ///
    /// Endpoint: `GET /api/datasets-tags-by-type`.
    pub fn get_dataset_tags(&self) -> GetTagsCall<M> {
        self.call(GetTags { repo_type: RepoType::Dataset, only: None })
    }

    /// What models can be searched by: tags, and authors and names if asked for. Python: `ModelSearchArguments`.
    ///
    /// # Errors
    /// When the server cannot be asked.
    ///
    /// Endpoints: `GET /api/models-tags-by-type`, and with [`names`](Call::names) `GET /api/models`.
    pub fn model_search_arguments(&self) -> ModelSearchArgumentsCall<M> {
        self.call(GetSearchArguments::new())
    }

    /// What datasets can be searched by: tags, and authors and names if asked for. Python: `DatasetSearchArguments`.
    ///
    /// # Errors
    /// When the server cannot be asked.
    ///
    /// Endpoints: `GET /api/datasets-tags-by-type`, and with [`names`](Call::names) `GET /api/datasets`.
    pub fn dataset_search_arguments(&self) -> DatasetSearchArgumentsCall<M> {
        self.call(GetSearchArguments::new())
    }

    /// The metrics that the server lists. Python: `list_metrics`, until 0.26.
    ///
    /// # Errors
    /// `NotFound` when the server no longer has them: the public Hub has moved metrics elsewhere.
    ///
    /// Endpoint: `GET /api/metrics`.
    pub fn list_metrics(&self) -> ListMetricsCall<M> {
        self.call(ListMetrics {})
    }

    /// `namespace/name` for a name: the namespace is the organisation that is set, otherwise the caller. An id that has a
    /// namespace is returned as it is, where Python repeats the namespace. Python: `get_full_repo_name`.
    ///
    /// # Errors
    /// `Unauthorized` when the caller's name is needed and there is no token.
    ///
    /// Endpoint: none, or `GET /api/whoami-v2`.
    pub fn get_full_repo_name(&self, model_id: impl Into<String>) -> GetFullRepoNameCall<M> {
        self.call(GetFullRepoName { model_id: model_id.into(), organization: None })
    }
}
