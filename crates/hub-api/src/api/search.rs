//! Searching models, datasets and Spaces.

use std::marker::PhantomData;

use http::Request;
use hub_transport::{Body, Error, PagedEndpoint, get};
use hub_types::{DatasetInfo, Message, ModelInfo, SpaceInfo, route};

use super::filter::{Emissions, FilterArg};
pub use super::kinds::Listed;
use crate::{Async, HfApi, Listing, Mode};

/// The listing that [`HfApi::list_models`] makes.
pub type ListModelsListing<M = Async> = Listing<ListRepos<ModelInfo>, M>;
/// The listing that [`HfApi::list_datasets`] makes.
pub type ListDatasetsListing<M = Async> = Listing<ListRepos<DatasetInfo>, M>;
/// The listing that [`HfApi::list_spaces`] makes.
pub type ListSpacesListing<M = Async> = Listing<ListRepos<SpaceInfo>, M>;

/// The largest page that servers give.
const MAX_PAGE: usize = 1000;
/// Longest text that is searched for, in bytes: many of them fit into one URL.
const MAX_TEXT: usize = 2_000;

/// `GET /api/models`, `/api/datasets` or `/api/spaces`
#[derive(Debug, Clone)]
pub struct ListRepos<T> {
    filter: Vec<String>,
    author: Option<String>,
    search: Vec<String>,
    sort: Option<String>,
    direction: Option<i32>,
    limit: Option<usize>,
    full: bool,
    expand: Vec<String>,
    gated: Option<bool>,
    linked: bool,
    datasets: Vec<String>,
    models: Vec<String>,
    model: ModelOptions,
    item: PhantomData<fn() -> T>,
}

/// What only models can be searched by.
#[derive(Debug, Clone, Default)]
struct ModelOptions {
    apps: Vec<String>,
    inference: Option<String>,
    inference_provider: Vec<String>,
    pipeline_tag: Option<String>,
    num_parameters: Option<String>,
    card_data: bool,
    config: bool,
    emissions: Option<Emissions>,
}

impl<T> Default for ListRepos<T> {
    fn default() -> Self {
        Self {
            filter: Vec::new(),
            author: None,
            search: Vec::new(),
            sort: None,
            direction: None,
            limit: None,
            full: false,
            expand: Vec::new(),
            gated: None,
            linked: false,
            datasets: Vec::new(),
            models: Vec::new(),
            model: ModelOptions::default(),
            item: PhantomData,
        }
    }
}

impl<T: Listed> PagedEndpoint for ListRepos<T> {
    const NAME: &'static str = T::METHOD;
    type Item = T;

    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        self.check_texts()?;
        let model = &self.model;
        let emissions = model.emissions.as_ref();
        emissions.map(Emissions::check).transpose()?;
        let expands = !self.expand.is_empty();
        if expands && (self.full || model.card_data || model.config) {
            return Err(Error::build(
                Message::argument("expand")
                    .text(" cannot be combined with ")
                    .and_argument("full")
                    .text(", ")
                    .and_argument("card_data")
                    .text(" or ")
                    .and_argument("fetch_config"),
            ));
        }
        if expands && emissions.is_some() && !self.expand.iter().any(|name| name == "cardData") {
            return Err(Error::build(
                Message::argument("emissions_thresholds")
                    .text(" needs \"cardData\" among the fields of ")
                    .and_argument("expand"),
            ));
        }
        // The card says what a model emits: without it there would be nothing to compare.
        let card_data = model.card_data || (emissions.is_some() && !expands);
        get(route::list_repos(T::REPO_TYPE))
            .many("filter", &self.filter)
            .opt("author", self.author.as_ref())
            .many("apps", &model.apps)
            .opt("gated", self.gated)
            .opt("inference", model.inference.as_ref())
            .many("inference_provider", &model.inference_provider)
            .opt("pipeline_tag", model.pipeline_tag.as_ref())
            .opt("num_parameters", model.num_parameters.as_ref())
            .many("search", &self.search)
            .opt("sort", self.sort.as_deref().map(wire_name))
            .opt("direction", self.direction)
            .opt("limit", self.limit.map(|limit| limit.min(MAX_PAGE)))
            .flag("linked", self.linked)
            .many("datasets", &self.datasets)
            .many("models", &self.models)
            .flag("full", self.full)
            .flag("config", model.config)
            .flag("cardData", card_data)
            .many("expand", &self.expand)
            .finish()
    }

    fn set_limit(&mut self, limit: usize) {
        self.limit = Some(limit);
    }

    fn keep(&self, item: &T) -> bool {
        self.model.emissions.as_ref().is_none_or(|emissions| item.emits_within(emissions))
    }
}

impl<T: Listed> ListRepos<T> {
    /// Refuses what no search can mean.
    fn check_texts(&self) -> Result<(), Error> {
        let wrong = |argument, why| Err(Error::build(Message::argument(argument).text(why)));
        if self.sort.as_deref().is_some_and(|sort| sort.trim().is_empty()) {
            return wrong("sort", " is empty");
        }
        if self.direction.is_some_and(|direction| direction.abs() != 1) {
            return wrong("direction", " is -1, from most to least, or 1");
        }
        let texts = [("search", &self.search), ("filter", &self.filter)];
        let all = texts.into_iter().flat_map(|(name, texts)| texts.iter().map(move |text| (name, text)));
        for (name, text) in all.chain(self.author.iter().map(|author| ("author", author))) {
            if text.chars().any(char::is_control) {
                return wrong(name, " has a control character in it");
            }
            if text.len() > MAX_TEXT {
                return wrong(name, " is longer than 2,000 bytes");
            }
        }
        Ok(())
    }
}

/// Python spells some names of `sort` in its own way.
fn wire_name(sort: &str) -> &str {
    match sort {
        "last_modified" => "lastModified",
        "created_at" => "createdAt",
        "trending_score" => "trendingScore",
        other => other,
    }
}

fn texts<S: Into<String>>(values: impl IntoIterator<Item = S>) -> Vec<String> {
    values.into_iter().map(Into::into).collect()
}

impl<T: Listed, M: Mode> Listing<ListRepos<T>, M> {
    /// Only repositories with these tags: one, several of which all must be there, or a
    /// [`ModelFilter`](hub_types::ModelFilter) or [`DatasetFilter`](hub_types::DatasetFilter). Python: `filter`.
    ///
    /// An author or a name in such a filter is used unless [`author`](Self::author) or [`search`](Self::search) says
    /// otherwise, before or after. May be called again for more, all of which must apply.
    pub fn filter(self, filter: impl Into<FilterArg>) -> Self {
        let FilterArg { author, search, tags } = filter.into();
        self.edit(|operation| {
            operation.filter.extend(tags);
            operation.author = operation.author.take().or(author);
            if operation.search.is_empty() {
                operation.search.extend(search);
            }
        })
    }

    /// Only repositories of this user or organisation. Python: `author`.
    pub fn author(self, author: impl Into<String>) -> Self {
        self.edit(|operation| operation.author = Some(author.into()))
    }

    /// Only repositories whose id contains this text. Python: `search`.
    pub fn search(self, text: impl Into<String>) -> Self {
        self.edit(|operation| operation.search = vec![text.into()])
    }

    /// The order: `lastModified`, `createdAt`, `likes`, `downloads`, `trendingScore` and what else the server knows; Python's
    /// `last_modified`, `created_at` and `trending_score` are the same. From most to least, unless
    /// [`direction`](Self::direction) says otherwise. Python: `sort`.
    pub fn sort(self, by: impl Into<String>) -> Self {
        self.edit(|operation| operation.sort = Some(by.into()))
    }

    /// -1 for the order from most to least, 1 for the opposite. Not sent unless set; not every server minds it.
    /// Python: `direction`, until 2026.
    pub fn direction(self, direction: i32) -> Self {
        self.edit(|operation| operation.direction = Some(direction))
    }

    /// Whether items have nearly everything: commit, files, date of the last change, for datasets and Spaces the card.
    /// Off unless set. Python: `full`.
    pub fn full(self, yes: bool) -> Self {
        self.edit(|operation| operation.full = yes)
    }

    /// The only fields that items have besides the id, such as `downloads`; not together with `full`, `card_data` and
    /// `fetch_config`. Python: `expand`.
    pub fn expand<S: Into<String>>(self, fields: impl IntoIterator<Item = S>) -> Self {
        self.edit(|operation| operation.expand = texts(fields))
    }
}

impl<M: Mode> ListModelsListing<M> {
    /// Only models that run in these applications, such as `ollama`. Python: `apps`.
    pub fn apps<S: Into<String>>(self, apps: impl IntoIterator<Item = S>) -> Self {
        self.edit(|operation| operation.model.apps = texts(apps))
    }

    /// Only models to which access must be asked for, or only others. Python: `gated`.
    pub fn gated(self, yes: bool) -> Self {
        self.edit(|operation| operation.gated = Some(yes))
    }

    /// Only models in this state of inference: `warm`. Python: `inference`.
    pub fn inference(self, state: impl Into<String>) -> Self {
        self.edit(|operation| operation.model.inference = Some(state.into()))
    }

    /// Only models that these providers serve; `all` for any provider. Python: `inference_provider`.
    pub fn inference_provider<S: Into<String>>(self, providers: impl IntoIterator<Item = S>) -> Self {
        self.edit(|operation| operation.model.inference_provider = texts(providers))
    }

    /// Only models for this task: `text-generation`. Python: `pipeline_tag`.
    pub fn pipeline_tag(self, task: impl Into<String>) -> Self {
        self.edit(|operation| operation.model.pipeline_tag = Some(task.into()))
    }

    /// Only models of this size: `min:1B,max:8B`, or one of the two. Python: `num_parameters`.
    pub fn num_parameters(self, range: impl Into<String>) -> Self {
        self.edit(|operation| operation.model.num_parameters = Some(range.into()))
    }

    /// Whether items have the front matter of the card. Off unless set. Python: `cardData`.
    pub fn card_data(self, yes: bool) -> Self {
        self.edit(|operation| operation.model.card_data = yes)
    }

    /// Whether items have what `config.json` says about the architecture. Off unless set. Python: `fetch_config`.
    pub fn fetch_config(self, yes: bool) -> Self {
        self.edit(|operation| operation.model.config = yes)
    }

    /// Only models whose card states emissions within these bounds, in grams of CO2 equivalents, bounds included. One of
    /// them may be left out. Asks for the card by itself. Python: `emissions_thresholds`.
    ///
    /// Servers do not filter by it: the models are compared here, and those outside count towards the limit.
    pub fn emissions_thresholds(self, least: impl Into<Option<f64>>, most: impl Into<Option<f64>>) -> Self {
        let emissions = Emissions::new(least.into(), most.into());
        self.edit(|operation| operation.model.emissions = Some(emissions))
    }
}

impl<M: Mode> ListDatasetsListing<M> {
    /// Whether items have the front matter of the card: the same as [`full`](Self::full). Off unless set. Python:
    /// `cardData`.
    pub fn card_data(self, yes: bool) -> Self {
        self.full(yes)
    }

    /// Only datasets to which access must be asked for, or only others. Python: `gated`.
    pub fn gated(self, yes: bool) -> Self {
        self.edit(|operation| operation.gated = Some(yes))
    }
}

impl<M: Mode> ListSpacesListing<M> {
    /// Only Spaces that use these datasets. Python: `datasets`.
    pub fn datasets<S: Into<String>>(self, ids: impl IntoIterator<Item = S>) -> Self {
        self.edit(|operation| operation.datasets = texts(ids))
    }

    /// Only Spaces that use these models. Python: `models`.
    pub fn models<S: Into<String>>(self, ids: impl IntoIterator<Item = S>) -> Self {
        self.edit(|operation| operation.models = texts(ids))
    }

    /// Whether only Spaces are listed that use a model or a dataset. Off unless set. Python: `linked`.
    pub fn linked(self, yes: bool) -> Self {
        self.edit(|operation| operation.linked = yes)
    }
}

impl<M: Mode> HfApi<M> {
    /// The models that fit what is set; all of them otherwise. Python: `list_models`.
    ///
    /// # Errors
    /// Before anything is sent when arguments do not fit together; `BadRequest` for what the server does not know.
    ///
    /// Endpoint: `GET /api/models`.
    pub fn list_models(&self) -> ListModelsListing<M> {
        self.listing(ListRepos::default())
    }

    /// The datasets that fit what is set; all of them otherwise. Python: `list_datasets`.
    ///
    /// # Errors
    /// As for [`list_models`](Self::list_models).
    ///
    /// Endpoint: `GET /api/datasets`.
    pub fn list_datasets(&self) -> ListDatasetsListing<M> {
        self.listing(ListRepos::default())
    }

    /// The Spaces that fit what is set; all of them otherwise. Python: `list_spaces`.
    ///
    /// # Errors
    /// As for [`list_models`](Self::list_models).
    ///
    /// Endpoint: `GET /api/spaces`.
    pub fn list_spaces(&self) -> ListSpacesListing<M> {
        self.listing(ListRepos::default())
    }
}
