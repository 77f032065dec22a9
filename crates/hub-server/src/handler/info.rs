//! `GET /api/{models}/{id}` and `.../revision/{rev}`.

use http::{Response, request::Parts};
use hub_types::{
    BlobLfsInfo, DatasetInfo, Gated, ModelInfo, RepoFile, RepoType, Revision, SpaceInfo, space::SpaceRuntime,
};
use serde_json::{Map, Value, json};

use super::{spaces, timestamp};
use crate::{
    Body,
    api_error::ApiError,
    card,
    conditional::Validator,
    context::{Context, Inner},
    respond,
    route::rights::Access,
    store::{CommitId, Entry, GitRepo, RepoRecord},
};

/// Files that are named. Python takes a list of more than 50,000 for one that may not be whole, and asks for the tree.
const MOST_SIBLINGS: usize = 50_001;

/// What `expand` may name, for every kind.
const EXPAND: &[&str] = &[
    "author",
    "cardData",
    "createdAt",
    "disabled",
    "lastModified",
    "likes",
    "private",
    "resourceGroup",
    "sha",
    "siblings",
    "tags",
    "trendingScore",
    "usedStorage",
    "xetEnabled",
];
/// What `expand` may name besides, for models.
const EXPAND_MODEL: &[&str] = &[
    "baseModels",
    "childrenModelCount",
    "config",
    "downloads",
    "downloadsAllTime",
    "evalResults",
    "gated",
    "gguf",
    "inference",
    "inferenceProviderMapping",
    "library_name",
    "mask_token",
    "model-index",
    "pipeline_tag",
    "safetensors",
    "securityRepoStatus",
    "spaces",
    "transformersInfo",
    "widgetData",
];
/// What `expand` may name besides, for datasets.
const EXPAND_DATASET: &[&str] =
    &["citation", "description", "downloads", "downloadsAllTime", "gated", "mainSize", "paperswithcode_id"];
/// What `expand` may name besides, for Spaces.
const EXPAND_SPACE: &[&str] = &["datasets", "host", "models", "region", "runtime", "sdk", "subdomain"];

/// Says what the hub knows of a repository at a revision.
pub(crate) async fn info(
    context: &Context,
    access: Access,
    parts: &Parts,
    revision: Option<Revision>,
) -> Result<Response<Body>, ApiError> {
    let validator = Validator::of(context, parts);
    let mut depth = if context.query.flag("blobs") { Depth::Blobs } else { Depth::Names };
    let repo_type = access.repo.repo.repo_type;
    let expand: Vec<String> = context.query.all("expand").map(str::to_owned).collect();
    check_expand(repo_type, expand.iter().map(String::as_str))?;
    if depth == Depth::Names && expand.iter().any(|name| name == "usedStorage") {
        depth = Depth::Sizes;
    }
    let (tag, facts) = context
        .blocking(move |hub| {
            let state = State::of(hub, access, revision)?;
            // The state of a Space changes by itself.
            if repo_type == RepoType::Space {
                return Ok((None, Some(Facts::collect(hub, state, depth)?)));
            }
            let (tag, is_known) = state.on(validator).tag();
            let facts = if is_known { None } else { Some(Facts::collect(hub, state, depth)?) };
            Ok((Some(tag), facts))
        })
        .await?;
    let Some(facts) = facts else {
        return Ok(tag.map_or_else(|| Response::new(Body::empty()), |tag| tag.not_modified()));
    };
    let tagged = |response| match &tag {
        Some(tag) => tag.on(response),
        None => response,
    };
    // Written as it is where nothing of it is left out or added.
    if expand.is_empty() && !context.query.flag("securityStatus") {
        return Ok(tagged(match repo_type {
            RepoType::Model => respond::ok(&facts.model()),
            RepoType::Dataset => respond::ok(&facts.dataset()),
            _ => respond::ok(&facts.space()),
        }?));
    }
    let mut response = match repo_type {
        RepoType::Model => json(facts.model()),
        RepoType::Dataset => json(facts.dataset()),
        _ => json(facts.space()),
    }?;
    if repo_type == RepoType::Model
        && (context.query.flag("securityStatus") || expand.iter().any(|name| name == "securityRepoStatus"))
        && let Value::Object(fields) = &mut response
    {
        // Nothing is scanned here. Older clients know only the second name.
        fields.insert("securityRepoStatus".to_owned(), json!({"scansDone": false, "filesWithIssues": []}));
        fields.insert("securityStatus".to_owned(), json!({"containsInfected": false}));
    }
    if !expand.is_empty()
        && let Value::Object(fields) = &mut response
    {
        fields.retain(|name, _| matches!(name.as_str(), "_id" | "id" | "modelId") || expand.contains(name));
    }
    Ok(tagged(respond::ok(&response)?))
}

pub(super) fn json<T: serde::Serialize>(info: T) -> Result<Value, ApiError> {
    serde_json::to_value(info).map_err(|error| ApiError::internal(&error))
}

/// Refuses names that `expand` does not know, with those that it knows, as the Hub does.
pub(super) fn check_expand<'n>(
    repo_type: RepoType,
    mut names: impl Iterator<Item = &'n str>,
) -> Result<(), ApiError> {
    let own = match repo_type {
        RepoType::Model => EXPAND_MODEL,
        RepoType::Dataset => EXPAND_DATASET,
        _ => EXPAND_SPACE,
    };
    if names.all(|name| EXPAND.contains(&name) || own.contains(&name)) {
        return Ok(());
    }
    let mut known: Vec<&str> = EXPAND.iter().chain(own).copied().collect();
    known.sort_unstable();
    Err(ApiError::bad_request(format!("\"expand\" must be one of [{}]", known.join(", "))))
}

/// How closely the files are looked at. Sizes cost a look at every blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    Names,
    Sizes,
    Blobs,
}

/// Sets the fields that all three kinds have.
macro_rules! describe {
    ($kind:ident, $facts:ident) => {{
        let record = &$facts.access.repo;
        let mut info = $kind::new(record.repo.id.to_string());
        info.internal_id = Some(record.internal_id.clone());
        info.author = record.repo.id.namespace().map(str::to_owned);
        info.sha = Some($facts.sha.to_string());
        info.last_modified = Some(timestamp($facts.last_modified));
        info.created_at = Some(timestamp(record.created_at));
        info.private = Some(record.private);
        info.disabled = Some(record.disabled);
        info.likes = Some($facts.likes);
        info.tags = Some($facts.tags);
        info.card_data = $facts.card.and_then(|card| serde_json::from_value(Value::Object(card)).ok());
        info.siblings = Some($facts.siblings);
        info.used_storage = $facts.used_storage;
        info
    }};
}

/// What the responses for all three kinds are made of.
pub(super) struct Facts {
    pub(super) access: Access,
    pub(super) sha: CommitId,
    pub(super) last_modified: jiff::Timestamp,
    pub(super) siblings: Vec<RepoFile>,
    pub(super) card: Option<Map<String, Value>>,
    pub(super) tags: Vec<String>,
    pub(super) used_storage: Option<u64>,
    pub(super) config: Option<Value>,
    pub(super) likes: u64,
    /// Of a Space, when one was asked for alone.
    pub(super) runtime: Option<SpaceRuntime>,
}

/// What a response depends on, besides the request.
struct State {
    access: Access,
    /// The commit that is shown.
    sha: CommitId,
    /// The tip of the default branch.
    tip: CommitId,
    likes: u64,
}

impl State {
    fn of(hub: &Inner, access: Access, revision: Option<Revision>) -> Result<Self, ApiError> {
        let git = hub.store.git(&access.repo)?;
        let tip = git.resolve(&git.default_branch()?)?;
        let sha = revision.map_or(Ok(tip), |revision| git.resolve(revision.as_str()))?;
        let likes = hub.store.count_likes(&access.repo)?;
        Ok(Self { access, sha, tip, likes })
    }

    fn on(&self, validator: Validator) -> Validator {
        let RepoRecord { repo, internal_id, private, gated, disabled, .. } = &self.access.repo;
        validator
            .with(repo.id.as_str())
            .with(internal_id)
            .with(format!("{private} {disabled} {gated:?} {}", self.likes))
            .with(self.sha.as_slice())
            .with(self.tip.as_slice())
    }
}

impl Facts {
    fn collect(hub: &Inner, state: State, depth: Depth) -> Result<Self, ApiError> {
        let State { access, sha, tip, likes } = state;
        let git = hub.store.git(&access.repo)?;
        let last_modified = git.commit(tip)?.time;
        let (siblings, used_storage) = files(&git, sha, depth)?;
        let card = git.card(sha)?;
        let config = config(&git, access.repo.repo.repo_type, sha)?;
        let tags = card.as_ref().map_or_else(Vec::new, |card| card::tags(access.repo.repo.repo_type, card));
        let is_space = access.repo.repo.repo_type == RepoType::Space;
        let runtime = is_space.then(|| spaces::glance(hub, &access.repo)).transpose()?;
        Ok(Self { access, sha, last_modified, siblings, card, tags, used_storage, config, likes, runtime })
    }

    fn gated(&self) -> Gated {
        self.access.repo.gated.clone().map_or(Gated::Flag(false), Gated::Mode)
    }

    fn card_text(&self, name: &str) -> Option<String> {
        self.card.as_ref().and_then(|card| card::text(card, name))
    }

    pub(super) fn model(self) -> ModelInfo {
        let (pipeline_tag, library_name) = (self.card_text("pipeline_tag"), self.card_text("library_name"));
        let gated = self.gated();
        let config = self.config.clone();
        let mut info = describe!(ModelInfo, self);
        info.model_id = Some(info.id.clone());
        info.pipeline_tag = pipeline_tag;
        info.library_name = library_name;
        info.config = config;
        info.gated = Some(gated);
        info.downloads = Some(0);
        info.spaces = Some(Vec::new());
        info
    }

    pub(super) fn dataset(self) -> DatasetInfo {
        let gated = self.gated();
        let mut info = describe!(DatasetInfo, self);
        info.gated = Some(gated);
        info.downloads = Some(0);
        info
    }

    pub(super) fn space(self) -> SpaceInfo {
        let sdk = self.card_text("sdk").or_else(|| self.access.repo.sdk.clone());
        let runtime = self.runtime.clone();
        let mut info = describe!(SpaceInfo, self);
        info.sdk = sdk;
        info.runtime = runtime;
        info
    }
}

/// What a model's `config.json` says; other kinds have none.
pub(super) fn config(
    git: &GitRepo,
    repo_type: RepoType,
    commit: CommitId,
) -> Result<Option<Value>, ApiError> {
    if repo_type == RepoType::Model { Ok(git.model_config(commit)?) } else { Ok(None) }
}

pub(super) fn files(
    git: &GitRepo,
    commit: CommitId,
    depth: Depth,
) -> Result<(Vec<RepoFile>, Option<u64>), ApiError> {
    if depth == Depth::Names {
        let paths = git.first_paths(commit, MOST_SIBLINGS)?;
        return Ok((paths.into_iter().map(RepoFile::new).collect(), None));
    }
    let (mut siblings, mut total) = (Vec::new(), 0_u64);
    git.each_file(commit, "", |file| {
        total = total.saturating_add(file.size);
        if siblings.len() < MOST_SIBLINGS {
            siblings.push(if depth == Depth::Blobs { with_blob(file) } else { RepoFile::new(file.path) });
        }
    })?;
    Ok((siblings, Some(total)))
}

fn with_blob(file: Entry) -> RepoFile {
    let mut sibling = RepoFile::new(file.path);
    sibling.size = Some(file.size);
    sibling.blob_id = Some(file.oid.to_string());
    let pointer_size = file.pointer_size;
    sibling.lfs = file.lfs.map(|lfs| BlobLfsInfo::new(lfs.oid, lfs.size).pointer_size(pointer_size));
    sibling
}
