//! The repositories of a kind, with filters: `/models`, `/datasets` and `/spaces`. What the query may say is as in the API.

use askama::Template;
use http::Response;
use hub_types::{RepoType, query::Query};

use super::{repo_item::RepoItem, request::Request, shell::Shell, shown};
use crate::{
    Body,
    api_error::ApiError,
    handler::search,
    store::{CommonTag, Order, RepoQuery},
};

const PAGE: usize = 30;
/// Tags that are looked through for those that are offered.
const LOOKED_AT: usize = 500;

/// Bytes of a tag that is offered.
const LONGEST: usize = 100;

/// What a listing can be sorted by, as in the query and in words. The first is meant where nothing is said.
const SORTS: [(&str, &str); 4] =
    [("lastModified", "Last changed"), ("createdAt", "Newest"), ("likes", "Most liked"), ("id", "Name")];

/// Groups of tags that are offered, their headings, and how many of each.
type Offered = &'static [(&'static str, &'static str, usize)];
const OF_MODELS: Offered = &[
    ("pipeline_tag", "Tasks", 12),
    ("library", "Libraries", 10),
    ("other", "Tags", 20),
    ("language", "Languages", 12),
    ("license", "Licences", 8),
];
const OF_DATASETS: Offered = &[
    ("task_categories", "Tasks", 12),
    ("size_categories", "Sizes", 8),
    ("other", "Tags", 20),
    ("language", "Languages", 12),
    ("license", "Licences", 8),
];
const OF_SPACES: Offered =
    &[("other", "Tags", 20), ("language", "Languages", 12), ("license", "Licences", 8)];

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    shell: Shell,
    repo_type: RepoType,
    filters: Filters,
    items: Vec<RepoItem>,
    chosen: Vec<Link>,
    groups: Vec<Group>,
    next: Option<String>,
    is_first: bool,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filters {
    pub(super) search: String,
    pub(super) author: String,
    task: String,
    library: String,
    tags: Vec<String>,
    sort: String,
}

/// A group of tags that are offered.
struct Group {
    kind: String,
    heading: &'static str,
    links: Vec<Link>,
}

/// A filter that is chosen, or can be.
struct Link {
    label: String,
    /// As the query has it.
    value: String,
    path: String,
}

/// What the repositories of a kind are called.
pub(super) const fn title(repo_type: RepoType) -> &'static str {
    match repo_type {
        RepoType::Dataset => "Datasets",
        RepoType::Space => "Spaces",
        _ => "Models",
    }
}

/// Shows a page of them.
pub(super) async fn page(request: &Request, repo_type: RepoType) -> Result<Response<Body>, ApiError> {
    let filters = Filters::read(&request.context.query);
    let after = request.context.query.get("cursor").filter(|cursor| !cursor.is_empty());
    let wanted = RepoQuery {
        namespaces: search::namespaces(request.caller.as_deref()),
        limit: PAGE + 1,
        ..filters.wanted(repo_type, after)?
    };
    let (mut found, common) = request
        .context
        .blocking(move |hub| {
            Ok((hub.store.search_repos(&wanted)?, hub.store.common_tags(repo_type, LOOKED_AT)?))
        })
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = match found.last().filter(|_| more) {
        Some(last) => Some(filters.path_from(repo_type, Some(&search::cursor(&last.position)?))),
        None => None,
    };
    let page = ListPage {
        shell: request.shell(title(repo_type)),
        repo_type,
        chosen: filters.chosen(repo_type),
        groups: filters.offered(repo_type, &common),
        items: found.iter().map(RepoItem::new).collect(),
        is_first: after.is_none(),
        filters,
        next,
    };
    request.html(&page)
}

impl Filters {
    fn read(query: &Query) -> Self {
        let text = |name| query.get(name).unwrap_or_default().trim().to_owned();
        let mut tags: Vec<String> = Vec::new();
        for tag in query.all("filter").map(str::trim).filter(|tag| !tag.is_empty()) {
            if !tags.iter().any(|other| other == tag) {
                tags.push(tag.to_owned());
            }
        }
        Self {
            search: text("search"),
            author: text("author"),
            task: text("pipeline_tag"),
            library: text("library"),
            tags,
            sort: text("sort"),
        }
    }

    /// As the query of the API has it, but for the library.
    fn pairs(&self) -> Vec<(&'static str, &str)> {
        let tags = self.tags.iter().map(|tag| ("filter", tag.as_str()));
        let texts = [
            ("search", &self.search),
            ("author", &self.author),
            ("pipeline_tag", &self.task),
            ("library", &self.library),
            ("sort", &self.sort),
        ];
        texts
            .into_iter()
            .map(|(name, text)| (name, text.as_str()))
            .chain(tags)
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }

    /// The query of the store, as the API reads it.
    pub(super) fn wanted(&self, repo_type: RepoType, cursor: Option<&str>) -> Result<RepoQuery, ApiError> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs().into_iter().filter(|(name, _)| *name != "library"));
        query.extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
        // To the API a library is a tag like others.
        query.extend_pairs(
            Some(&self.library).filter(|library| !library.is_empty()).map(|tag| ("filter", tag)),
        );
        let mut wanted = search::read(&Query::parse(query.finish().as_bytes()), repo_type)?;
        if self.sort.is_empty() {
            wanted.order = Order::LastModified;
        }
        wanted.ascending = wanted.order == Order::Id;
        Ok(wanted)
    }

    /// The listing with these filters.
    pub(super) fn path(&self, repo_type: RepoType) -> String {
        self.path_from(repo_type, None)
    }

    fn path_from(&self, repo_type: RepoType, cursor: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs()).extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
        match query.finish() {
            query if query.is_empty() => shown::listing(repo_type),
            query => format!("{}?{query}", shown::listing(repo_type)),
        }
    }

    /// The listing with one filter changed.
    fn with(&self, repo_type: RepoType, change: impl FnOnce(&mut Self)) -> String {
        let mut changed = self.clone();
        change(&mut changed);
        changed.path(repo_type)
    }

    /// What is chosen, each with the listing without it.
    fn chosen(&self, repo_type: RepoType) -> Vec<Link> {
        let mut chosen = Vec::new();
        let mut add = |label: &str, value: &str, path: String| {
            if !value.is_empty() {
                let label = format!("{label}: {}", shown::cut(value, 60));
                chosen.push(Link { label, value: value.to_owned(), path });
            }
        };
        add("Name", &self.search, self.with(repo_type, |it| it.search.clear()));
        add("Owner", &self.author, self.with(repo_type, |it| it.author.clear()));
        add("Task", &self.task, self.with(repo_type, |it| it.task.clear()));
        add("Library", &self.library, self.with(repo_type, |it| it.library.clear()));
        for tag in &self.tags {
            add("Tag", tag, self.with(repo_type, |it| it.tags.retain(|other| other != tag)));
        }
        chosen
    }

    fn has(&self, tag: &str) -> bool {
        self.task == tag || self.library == tag || self.tags.iter().any(|other| other == tag)
    }

    /// Common tags that are not chosen, each with the listing that has it too.
    fn offered(&self, repo_type: RepoType, common: &[CommonTag]) -> Vec<Group> {
        let groups = match repo_type {
            RepoType::Dataset => OF_DATASETS,
            RepoType::Space => OF_SPACES,
            _ => OF_MODELS,
        };
        let link = |kind: &str, tag: &str| {
            let path = self.with(repo_type, |it| match kind {
                "pipeline_tag" => tag.clone_into(&mut it.task),
                "library" => tag.clone_into(&mut it.library),
                _ => it.tags.push(tag.to_owned()),
            });
            let label = tag.strip_prefix(kind).and_then(|rest| rest.strip_prefix(':')).unwrap_or(tag);
            Link { label: shown::cut(label, 40), value: tag.to_owned(), path }
        };
        let group = |&(kind, heading, most): &(&str, &'static str, usize)| {
            let fits = |one: &&CommonTag| one.kind == kind && one.tag.len() <= LONGEST && !self.has(&one.tag);
            let fitting = common.iter().filter(fits);
            Group {
                kind: kind.to_owned(),
                heading,
                links: fitting.take(most).map(|one| link(kind, &one.tag)).collect(),
            }
        };
        groups.iter().map(group).filter(|group| !group.links.is_empty()).collect()
    }
}

impl ListPage {
    fn title(&self) -> &'static str {
        title(self.repo_type)
    }

    fn path(&self) -> String {
        shown::listing(self.repo_type)
    }

    fn has_tasks(&self) -> bool {
        self.repo_type == RepoType::Model
    }

    /// What a field of the form offers: what is chosen, and the common ones of a group.
    fn options(&self, kind: &str, chosen: &str) -> Vec<(String, bool)> {
        let offered = self.groups.iter().filter(|group| group.kind == kind).flat_map(|group| &group.links);
        let chosen = Some(chosen).filter(|chosen| !chosen.is_empty()).map(|chosen| (chosen.to_owned(), true));
        chosen.into_iter().chain(offered.map(|link| (link.value.clone(), false))).collect()
    }

    fn tasks(&self) -> Vec<(String, bool)> {
        self.options("pipeline_tag", &self.filters.task)
    }

    fn libraries(&self) -> Vec<(String, bool)> {
        self.options("library", &self.filters.library)
    }

    /// The words of the query and of people, and whether it is the one that is chosen.
    fn sorts(&self) -> Vec<(&'static str, &'static str, bool)> {
        SORTS.into_iter().map(|(word, text)| (word, text, self.filters.sort == word)).collect()
    }

    fn first(&self) -> String {
        self.filters.path(self.repo_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(query: &str) -> Filters {
        Filters::read(&Query::parse(query.as_bytes()))
    }

    #[test]
    fn filters_survive_the_round_trip_and_empty_fields_are_none() {
        let path = "/models?search=a+b&author=ada&pipeline_tag=fill-mask&library=candle&sort=likes&filter=x&filter=license%3Amit";
        let read = filters(path.split_once('?').unwrap().1);
        assert_eq!(read.path(RepoType::Model), path);
        assert_eq!(filters("search=&author=+&filter=&sort=&cursor="), Filters::default());
        assert_eq!(filters("filter=x&filter=x").tags, ["x"]);
        assert_eq!(Filters::default().path(RepoType::Space), "/spaces");
    }

    #[test]
    fn each_filter_that_is_chosen_can_be_removed() {
        let read = filters("search=a&filter=x&filter=y&library=candle");
        let chosen = read.chosen(RepoType::Model);
        let links: Vec<_> = chosen.iter().map(|link| (link.label.as_str(), link.path.as_str())).collect();
        let expected = [
            ("Name: a", "/models?library=candle&filter=x&filter=y"),
            ("Library: candle", "/models?search=a&filter=x&filter=y"),
            ("Tag: x", "/models?search=a&library=candle&filter=y"),
            ("Tag: y", "/models?search=a&library=candle&filter=x"),
        ];
        assert_eq!(links, expected);
    }

    #[test]
    fn the_store_is_asked_as_by_the_api() {
        let wanted =
            filters("library=candle&filter=x&sort=id&pipeline_tag=t").wanted(RepoType::Model, None).unwrap();
        assert_eq!(
            (wanted.tags, wanted.pipeline_tag.as_deref()),
            (vec!["x".into(), "candle".into()], Some("t"))
        );
        assert_eq!((wanted.order, wanted.ascending), (Order::Id, true));
        let wanted = filters("").wanted(RepoType::Model, None).unwrap();
        assert_eq!((wanted.order, wanted.ascending), (Order::LastModified, false));
        assert!(filters("sort=beauty").wanted(RepoType::Model, None).is_err());
        assert!(filters("").wanted(RepoType::Model, Some("x")).is_err());
    }

    #[test]
    fn common_tags_are_offered_in_their_groups_unless_they_are_chosen() {
        let tag = |kind: &str, tag: &str| CommonTag { kind: kind.into(), tag: tag.into() };
        let common = [
            tag("license", "license:mit"),
            tag("pipeline_tag", "fill-mask"),
            tag("other", "x"),
            tag("dataset", "dataset:a"),
        ];
        let groups = filters("filter=x").offered(RepoType::Model, &common);
        let links: Vec<_> = groups
            .iter()
            .map(|group| (group.heading, group.links[0].label.as_str(), group.links[0].path.as_str()))
            .collect();
        let expected = [
            ("Tasks", "fill-mask", "/models?pipeline_tag=fill-mask&filter=x"),
            ("Licences", "mit", "/models?filter=x&filter=license%3Amit"),
        ];
        assert_eq!(links, expected);
    }
}
