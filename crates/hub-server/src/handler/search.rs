//! `GET /api/models`, `/api/datasets` and `/api/spaces`: searching repositories.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Response, request::Parts};
use hub_types::{RepoType, route};
use serde_json::Value;

use super::{
    info::{self, Depth, Facts, check_expand},
    next_url, with_next,
};
use crate::{
    Body,
    api_error::ApiError,
    context::{Context, Inner},
    respond,
    route::rights::{self, Access},
    store::{FoundRepo, Identity, Order, Position, RepoQuery, StoreError},
};
use hub_types::query::Query;

/// Most repositories of a page, and as many as there are when the caller names no number.
const MAX_PAGE: usize = 1000;
/// Texts, tags and linked repositories that are searched for at once, and the bytes of each.
const MOST_TERMS: usize = 50;
const LONGEST_TERM: usize = 500;

/// What every item of a listing has.
const FIELDS: &[&str] = &["_id", "id", "author", "createdAt", "likes", "private", "tags"];
/// What items of models have besides.
const FIELDS_MODEL: &[&str] = &["modelId", "downloads", "library_name", "pipeline_tag"];
/// What items of datasets have besides.
const FIELDS_DATASET: &[&str] = &["downloads"];
/// What items of Spaces have besides.
const FIELDS_SPACE: &[&str] = &["sdk"];
/// What `full` adds.
const FIELDS_FULL: &[&str] = &["disabled", "gated", "lastModified", "sha", "siblings"];
/// What is left out of a disabled repository: everything that its files say.
const OF_FILES: &[&str] = &["cardData", "config", "siblings", "usedStorage"];
/// What repositories may be searched by that this hub knows of none: such a search finds nothing.
const NEVER_TRUE: [&str; 4] = ["apps", "inference", "inference_provider", "num_parameters"];

/// Lists the repositories of a kind that the caller may see and that fit the query.
pub(crate) async fn list(
    context: Context,
    parts: Parts,
    repo_type: RepoType,
) -> Result<Response<Body>, ApiError> {
    let shape = Shape::read(&context.query, repo_type)?;
    let mut wanted = read(&context.query, repo_type)?;
    let limit = super::page_size(&context.query, MAX_PAGE, MAX_PAGE)?;
    wanted.limit = limit + 1;
    let impossible = context.query.flag("gated") || NEVER_TRUE.iter().any(|name| context.query.has(name));
    let (items, next) = context
        .blocking(move |hub| {
            wanted.namespaces = namespaces(rights::identify(&hub.store, &parts.headers)?.as_ref());
            let mut found = if impossible { Vec::new() } else { hub.store.search_repos(&wanted)? };
            let more = found.len() > limit;
            found.truncate(limit);
            let next = found.last().filter(|_| more).map(|last| cursor(&last.position)).transpose()?;
            let described = found.into_iter().filter_map(|one| shape.describe(hub, one).transpose());
            Ok((described.collect::<Result<Vec<_>, _>>()?, next))
        })
        .await?;
    let response = respond::ok(&items)?;
    Ok(match next {
        Some(cursor) => {
            let changed = [("cursor", cursor), ("limit", limit.to_string())];
            with_next(response, &next_url(&context, &route::list_repos(repo_type), &changed))
        }
        None => response,
    })
}

/// What a query asks for.
pub(crate) fn read(query: &Query, repo_type: RepoType) -> Result<RepoQuery, ApiError> {
    let all = |name| query.all(name).map(str::to_owned);
    let linked = |name, prefix: &str| {
        let ids = all(name).filter(|_| repo_type == RepoType::Space);
        ids.map(|id| format!("{prefix}:{id}")).collect::<Vec<_>>()
    };
    let given: Vec<&str> =
        ["search", "filter", "tags", "datasets", "models"].iter().flat_map(|name| query.all(name)).collect();
    if given.len() > MOST_TERMS || given.iter().any(|term| term.len() > LONGEST_TERM) {
        let message = format!("a search has at most {MOST_TERMS} terms of {LONGEST_TERM} bytes");
        return Err(ApiError::bad_request(message));
    }
    Ok(RepoQuery {
        repo_type,
        namespaces: Vec::new(),
        author: query.get("author").map(str::to_owned),
        search: all("search").collect(),
        tags: [
            all("filter").collect(),
            all("tags").collect(),
            linked("datasets", "dataset"),
            linked("models", "model"),
        ]
        .concat(),
        pipeline_tag: query.get("pipeline_tag").filter(|_| repo_type == RepoType::Model).map(str::to_owned),
        linked: query.flag("linked") && repo_type == RepoType::Space,
        order: query.get("sort").map_or(Ok(Order::Nothing), |name| order(repo_type, name))?,
        ascending: query.get("direction").is_some_and(|direction| direction != "-1"),
        after: query.get("cursor").map(position).transpose()?,
        limit: MAX_PAGE,
    })
}

/// What `sort` names. Nobody counts downloads or likes of a month here: they are taken for equal.
fn order(repo_type: RepoType, name: &str) -> Result<Order, ApiError> {
    match (name, repo_type) {
        ("lastModified" | "last_modified", _) => Ok(Order::LastModified),
        ("createdAt" | "created_at", _) => Ok(Order::CreatedAt),
        ("id", _) => Ok(Order::Id),
        ("likes", _) => Ok(Order::Likes),
        ("likes30d" | "trendingScore" | "trending_score", _)
        | ("downloads", RepoType::Model | RepoType::Dataset)
        | ("num_parameters", RepoType::Model)
        | ("mainSize", RepoType::Dataset) => Ok(Order::Nothing),
        _ => Err(ApiError::bad_request(format!("{repo_type}s cannot be sorted by \"{name}\""))),
    }
}

/// Where the caller belongs: private repositories there are listed for it.
pub(crate) fn namespaces(caller: Option<&Identity>) -> Vec<String> {
    let Some(caller) = caller else { return Vec::new() };
    let orgs = caller.orgs.iter().map(|membership| &membership.org);
    std::iter::once(&caller.user).chain(orgs).map(|account| account.name.to_ascii_lowercase()).collect()
}

/// Which fields the items have.
struct Shape {
    repo_type: RepoType,
    fields: Vec<String>,
    depth: Option<Depth>,
}

impl Shape {
    fn read(query: &Query, repo_type: RepoType) -> Result<Self, ApiError> {
        let expand: Vec<&str> = query.all("expand").collect();
        let full = query.flag("full");
        let (card, config) = (query.flag("cardData"), query.flag("config"));
        if !expand.is_empty() && (full || card || config) {
            return Err(ApiError::bad_request(
                "\"expand\" cannot be combined with \"full\", \"cardData\" and \"config\"",
            ));
        }
        check_expand(repo_type, expand.iter().copied())?;
        let own = match repo_type {
            RepoType::Model => FIELDS_MODEL,
            RepoType::Dataset => FIELDS_DATASET,
            _ => FIELDS_SPACE,
        };
        let mut fields =
            if expand.is_empty() { [FIELDS, own].concat() } else { vec!["_id", "id", "modelId"] };
        fields.extend(&expand);
        if full {
            fields.extend(FIELDS_FULL);
        }
        if card || (full && repo_type != RepoType::Model) {
            fields.push("cardData");
        }
        if config {
            fields.push("config");
        }
        let asks = |name| fields.contains(&name);
        let depth = match (asks("usedStorage"), asks("siblings") || asks("config")) {
            (true, _) => Some(Depth::Sizes),
            (false, true) => Some(Depth::Names),
            (false, false) => None,
        };
        Ok(Self { repo_type, fields: fields.into_iter().map(str::to_owned).collect(), depth })
    }

    /// Describes one repository; nothing when it was deleted meanwhile.
    fn describe(&self, hub: &Inner, found: FoundRepo) -> Result<Option<Value>, ApiError> {
        let FoundRepo { record, tip, last_modified, mut card, mut tags, likes, .. } = found;
        let disabled = record.disabled;
        if disabled {
            (card, tags) = (None, Vec::new());
        }
        let mut facts = Facts {
            access: Access { caller: None, repo: record },
            sha: tip,
            last_modified,
            siblings: Vec::new(),
            card,
            tags,
            used_storage: None,
            config: None,
            likes,
            runtime: None,
        };
        if let Some(depth) = self.depth.filter(|_| !disabled) {
            let git = match hub.store.git(&facts.access.repo) {
                Err(StoreError::RepoNotFound { .. }) => return Ok(None),
                git => git?,
            };
            (facts.siblings, facts.used_storage) = info::files(&git, tip, depth)?;
            facts.config = info::config(&git, self.repo_type, tip)?;
        }
        let mut item = match self.repo_type {
            RepoType::Model => info::json(facts.model()),
            RepoType::Dataset => info::json(facts.dataset()),
            _ => info::json(facts.space()),
        }?;
        if let Value::Object(fields) = &mut item {
            fields.retain(|name, _| {
                self.fields.contains(name) && !(disabled && OF_FILES.contains(&name.as_str()))
            });
        }
        Ok(Some(item))
    }
}

/// What the query of the next page has as `cursor`.
pub(crate) fn cursor(position: &Position) -> Result<String, ApiError> {
    Ok(URL_SAFE_NO_PAD.encode(info::json(position)?.to_string()))
}

fn position(cursor: &str) -> Result<Position, ApiError> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok();
    text.and_then(|text| serde_json::from_slice(&text).ok())
        .ok_or_else(|| ApiError::bad_request("this cursor is not one that this hub gave"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Rank;

    #[test]
    fn cursors_survive_the_round_trip_and_others_are_refused() {
        for value in [Rank::Text("ada/ü".into()), Rank::Number(-1)] {
            let there = Position { value, key: 7 };
            assert_eq!(position(&cursor(&there).unwrap()).unwrap(), there);
        }
        for wrong in ["", "!", "W10", &URL_SAFE_NO_PAD.encode(r#"{"value":1.5,"key":1}"#)] {
            assert!(position(wrong).is_err(), "{wrong}");
        }
    }
}
