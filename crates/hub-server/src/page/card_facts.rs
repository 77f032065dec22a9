//! What the front matter of a card says of its repository, with links to more of the kind.

use hub_types::{RepoRef, RepoType};
use serde_json::{Map, Value};
use url::form_urlencoded::Serializer;

use super::shown::{self, Paths};
use crate::{
    api_error::ApiError,
    card::{self, LINKED_MODEL},
    context::Inner,
    route::rights::{self, Access},
};

/// Tags that are shown, and other repositories of each kind.
const MOST_TAGS: usize = 60;
const MOST_NAMED: usize = 20;
/// Letters of each.
const LONGEST: usize = 100;

/// A word that leads to a page, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) text: String,
    pub(super) path: Option<String>,
}

/// What a card says.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// As in `Task`, and what is said.
    pub(super) named: Vec<(&'static str, Vec<Link>)>,
    pub(super) tags: Vec<Link>,
    /// Tags beside these.
    pub(super) more_tags: usize,
    pub(super) library: Option<String>,
    pub(super) task: Option<String>,
}

impl Facts {
    /// Reads them. Blocks.
    pub(super) fn read(hub: &Inner, access: &Access, fields: &Map<String, Value>) -> Result<Self, ApiError> {
        let repo_type = access.repo.repo.repo_type;
        let listing = |key: &str, value: &str, text: &str| {
            let mut query = Serializer::new(String::new());
            query.append_pair(key, value);
            let path = format!("{}?{}", shown::listing(repo_type), query.finish());
            Link { text: shown::cut(text, LONGEST), path: Some(path) }
        };
        let (library, task) = (card::text(fields, "library_name"), card::text(fields, "pipeline_tag"));
        let mut facts = Self { library, task, ..Self::default() };
        let (mut languages, mut licences, mut tasks, mut libraries) = (vec![], vec![], vec![], vec![]);
        let mut others = Vec::new();
        for found in card::typed_tags(repo_type, fields) {
            let tag = found.tag.as_str();
            let bare = tag.split_once(':').map_or(tag, |(_, bare)| bare);
            match found.kind {
                "language" => languages.push(listing("filter", tag, bare)),
                "license" => licences.push(listing("filter", tag, bare)),
                "task_categories" => tasks.push(listing("filter", tag, bare)),
                "pipeline_tag" => tasks.push(listing("pipeline_tag", tag, tag)),
                "library" => libraries.push(listing("library", tag, tag)),
                // These are named below.
                "dataset" | LINKED_MODEL => {}
                _ if tag.starts_with("base_model:") || tag.starts_with("dataset:") => {}
                _ => others.push(listing("filter", tag, tag)),
            }
        }
        facts.more_tags = others.len().saturating_sub(MOST_TAGS);
        others.truncate(MOST_TAGS);
        facts.tags = others;
        for (title, mut links) in
            [("Task", tasks), ("Library", libraries), ("Licence", licences), ("Languages", languages)]
        {
            links.truncate(MOST_NAMED);
            facts.add(title, links);
        }
        for (title, key, kind) in [
            ("Made from", "base_model", RepoType::Model),
            ("Models", "models", RepoType::Model),
            ("Datasets", "datasets", RepoType::Dataset),
        ] {
            if key == "models" && repo_type != RepoType::Space {
                continue;
            }
            let names = texts(fields, key).take(MOST_NAMED);
            let links = names.map(|name| named(hub, access, kind, name)).collect::<Result<_, _>>()?;
            facts.add(title, links);
        }
        Ok(facts)
    }

    pub(super) fn add(&mut self, title: &'static str, links: Vec<Link>) {
        if !links.is_empty() {
            self.named.push((title, links));
        }
    }
}

/// Another repository. It is linked to where it is here and the viewer sees it.
fn named(hub: &Inner, access: &Access, repo_type: RepoType, name: &str) -> Result<Link, ApiError> {
    let text = shown::cut(name, LONGEST);
    let Ok(id) = name.parse() else { return Ok(Link { text, path: None }) };
    let repo = RepoRef::new(repo_type, id);
    let found = hub.store.find_repo(&repo)?;
    let found = found.filter(|found| rights::sees(access.caller.as_ref(), found) && !found.disabled);
    Ok(Link { text, path: found.map(|found| Paths::new(&found.repo).base().to_owned()) })
}

/// The texts of a field that holds one or several.
fn texts<'f>(fields: &'f Map<String, Value>, name: &str) -> impl Iterator<Item = &'f str> {
    let values: &[Value] = match fields.get(name) {
        Some(Value::Array(values)) => values,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    values.iter().filter_map(Value::as_str).filter(|text| !text.is_empty())
}
