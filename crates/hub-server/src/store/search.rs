//! Searching repositories: one query for filters, order and page.

use hub_types::{RepoType, TagInfo, TagsByType};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::{
    CommitId, RepoRecord, Result, Store,
    database::{Column, FromValue, Row, SqlResult, Value, ValueRef, corrupt, time_from_column},
    repos,
};
use crate::card::LINKED_MODEL;

/// What repositories are wanted. Everything that is set must apply.
#[derive(Debug, Clone)]
pub(crate) struct RepoQuery {
    /// Of which kind.
    pub(crate) repo_type: RepoType,
    /// Namespaces whose private repositories the caller sees, in lower case.
    pub(crate) namespaces: Vec<String>,
    /// The owner.
    pub(crate) author: Option<String>,
    /// Parts of the id, in any case.
    pub(crate) search: Vec<String>,
    /// Tags that it must have.
    pub(crate) tags: Vec<String>,
    /// The task of its card.
    pub(crate) pipeline_tag: Option<String>,
    /// Whether its card must name a model or a dataset.
    pub(crate) linked: bool,
    /// What it is ordered by; those that are equal by age.
    pub(crate) order: Order,
    /// Whether the order is from least to most.
    pub(crate) ascending: bool,
    /// Position of the last one of the page before.
    pub(crate) after: Option<Position>,
    /// The most that are returned.
    pub(crate) limit: usize,
}

impl RepoQuery {
    /// The public repositories of a kind by their ids, `limit` at most.
    pub(crate) fn of_all(repo_type: RepoType, limit: usize) -> Self {
        Self {
            repo_type,
            namespaces: Vec::new(),
            author: None,
            search: Vec::new(),
            tags: Vec::new(),
            pipeline_tag: None,
            linked: false,
            order: Order::Id,
            ascending: true,
            after: None,
            limit,
        }
    }
}

/// What a listing is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// What nobody counts here, such as downloads: by age alone.
    Nothing,
    /// When the default branch last changed.
    LastModified,
    /// When it was made.
    CreatedAt,
    /// The id.
    Id,
    /// How many users like it.
    Likes,
}

/// A place in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// What the listing is ordered by.
    pub(crate) value: Rank,
    /// Key of the repository.
    pub(crate) key: i64,
}

/// What one repository has in the column that a listing is ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Rank {
    /// A count, or a time in milliseconds.
    Number(i64),
    /// An id in lower case.
    Text(String),
}

impl From<Rank> for Value {
    fn from(rank: Rank) -> Self {
        match rank {
            Rank::Number(number) => Self::Integer(number),
            Rank::Text(text) => Self::Text(text),
        }
    }
}

impl FromValue for Rank {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Integer(number) => Some(Self::Number(number)),
            ValueRef::Text(text) => Some(Self::Text(text.to_owned())),
            _ => None,
        }
    }
}

/// A repository that a search found.
#[derive(Debug, Clone)]
pub(crate) struct FoundRepo {
    /// As in the database.
    pub(crate) record: RepoRecord,
    /// Tip of its default branch.
    pub(crate) tip: CommitId,
    /// When that was committed.
    pub(crate) last_modified: Timestamp,
    /// The front matter of its card.
    pub(crate) card: Option<Map<String, serde_json::Value>>,
    /// The tags of its card.
    pub(crate) tags: Vec<String>,
    /// How many users like it.
    pub(crate) likes: u64,
    /// Its place in the listing.
    pub(crate) position: Position,
}

impl Order {
    const fn column(self) -> &'static str {
        match self {
            Self::Nothing => "0",
            Self::LastModified => "changed_at",
            Self::CreatedAt => "created_at",
            Self::Id => "folded",
            Self::Likes => "likes",
        }
    }
}

/// The part of the id before the slash, in lower case.
pub(super) const NAMESPACE: &str = "substr(folded, 1, instr(folded, '/') - 1)";

impl Store {
    /// Finds repositories, in order, from a position on. By its card a disabled one is not found.
    pub(crate) fn search_repos(&self, query: &RepoQuery) -> Result<Vec<FoundRepo>> {
        self.check_summaries()?;
        let (sql, values) = statement(query);
        self.database().read(|connection| {
            let found =
                connection.prepare(&sql)?.query_map(values.clone(), found)?.collect::<SqlResult<_>>()?;
            Ok(found)
        })
    }

    /// The tags of all public repositories of a kind that are not disabled, in groups.
    pub(crate) fn tags_by_type(&self, repo_type: RepoType) -> Result<TagsByType> {
        self.check_summaries()?;
        self.database().read(|connection| {
            let mut query = connection.prepare(
                "SELECT DISTINCT kind, tag FROM repo_tags JOIN repos ON repos.key = repo_tags.repo
                 WHERE repo_type = ?1 AND private = 0 AND disabled = 0 ORDER BY kind, tag",
            )?;
            let mut rows = query.query([repo_type.singular()])?;
            let mut groups = TagsByType::default();
            while let Some(row) = rows.next()? {
                let (kind, tag): (String, String) = (row.get(0)?, row.get(1)?);
                let label = tag.strip_prefix(&format!("{kind}:")).unwrap_or(&tag).to_owned();
                let mut info = TagInfo::new(tag);
                info.label = Some(label);
                info.kind = Some(kind.clone());
                groups.0.entry(kind).or_default().push(info);
            }
            Ok(groups)
        })
    }
}

/// The statement of a query, and what it is about.
fn statement(query: &RepoQuery) -> (String, Vec<Value>) {
    let column = query.order.column();
    // Those of one owner are looked up and sorted; otherwise an index has the order, and the first that fit are enough.
    let by = match (&query.author, query.order) {
        (None, _) => column.to_owned(),
        (Some(_), Order::Id) => format!("({column} || '')"),
        (Some(_), _) => format!("({column} + 0)"),
    };
    let (order, beyond) = if query.ascending { ("ASC", ">") } else { ("DESC", "<") };
    let columns = repos::COLUMNS;
    let mut values = Vec::new();
    // Only what is asked for is in the query, so that it can be answered from an index.
    let mut only = String::new();
    let mut bind = |condition: &str, value: Value| {
        values.push(value);
        only.push_str(" AND ");
        only.push_str(&condition.replace(":v", &format!("?{}", values.len())));
    };
    bind("repo_type = :v", text(query.repo_type.singular()));
    if query.namespaces.is_empty() {
        bind("private = :v", Value::Integer(0));
    } else {
        let belongs = format!("(private = 0 OR {NAMESPACE} IN (SELECT value FROM json_each(:v)))");
        bind(&belongs, Value::Text(json(&query.namespaces)));
    }
    if let Some(author) = &query.author {
        bind(&format!("{NAMESPACE} = :v"), text(&author.to_ascii_lowercase()));
    }
    for part in &query.search {
        bind("instr(folded, :v) > 0", text(&part.to_ascii_lowercase()));
    }
    // The task is among the tags, where it is found without a look at each card.
    for tag in query.tags.iter().chain(&query.pipeline_tag) {
        bind("repos.key IN (SELECT repo FROM repo_tags WHERE tag = :v)", text(tag));
    }
    if let Some(task) = &query.pipeline_tag {
        bind("json_extract(card, '$.pipeline_tag') = :v", text(task));
    }
    if query.linked {
        let linked = "EXISTS (SELECT 1 FROM repo_tags WHERE repo = repos.key AND kind IN (:v, 'dataset'))";
        bind(linked, text(LINKED_MODEL));
    }
    if !query.tags.is_empty() || query.pipeline_tag.is_some() || query.linked {
        bind("disabled = :v", Value::Integer(0));
    }
    let by_age = query.order == Order::Nothing;
    if let Some(Position { value, key }) = &query.after {
        if by_age {
            bind(&format!("repos.key {beyond} :v"), Value::Integer(*key));
        } else {
            bind(&format!("{by} {beyond}= :v"), value.clone().into());
            bind(&format!("({by} <> :v OR repos.key {beyond} {key})"), value.clone().into());
        }
    }
    let ordered = if by_age { String::new() } else { format!("{by} {order}, ") };
    let sql = format!(
        "SELECT {columns}, tip, card, likes, {column} AS place,
             (SELECT json_group_array(tag) FROM
                 (SELECT tag FROM repo_tags WHERE repo = repos.key AND kind <> '{LINKED_MODEL}' ORDER BY position) AS named) AS tags,
             last_modified
         FROM repos JOIN summaries ON summaries.repo = repos.key
         WHERE true{only} ORDER BY {ordered}repos.key {order} LIMIT {}",
        query.limit
    );
    (sql, values)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn json(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}

fn found(row: &Row<'_>) -> SqlResult<FoundRepo> {
    let record = repos::from_row(row)?;
    let column = |name: &str| name.number(row);
    let (tip, card, tags) = (column("tip")?, column("card")?, column("tags")?);
    let parse_card = |text: String| serde_json::from_str(&text).map_err(corrupt(card));
    Ok(FoundRepo {
        likes: row.get("likes")?,
        position: Position { value: row.get("place")?, key: record.key },
        tip: row.get::<_, String>(tip)?.parse().map_err(corrupt(tip))?,
        last_modified: time_from_column(row, "last_modified")?,
        card: row.get::<_, Option<String>>(card)?.map(parse_card).transpose()?,
        tags: serde_json::from_str(&row.get::<_, String>(tags)?).map_err(corrupt(tags))?,
        record,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{commit, git, model, on_sqlite, temporary};

    fn all() -> RepoQuery {
        RepoQuery::of_all(RepoType::Model, 100)
    }

    fn ids(found: &[FoundRepo]) -> Vec<&str> {
        found.iter().map(|one| one.record.repo.id.as_str()).collect()
    }

    #[test]
    fn pages_follow_each_other_in_every_order() {
        let store = temporary();
        for name in ["ada/c", "ada/a", "ada/b"] {
            let repo = model(&store, name);
            commit(&store, &repo, &[("a.txt", Some(name))]).unwrap();
        }
        let cases = [
            (Order::Id, true, ["ada/a", "ada/b", "ada/c"]),
            (Order::Id, false, ["ada/c", "ada/b", "ada/a"]),
            (Order::LastModified, false, ["ada/b", "ada/a", "ada/c"]),
            (Order::CreatedAt, true, ["ada/c", "ada/a", "ada/b"]),
            (Order::Nothing, false, ["ada/b", "ada/a", "ada/c"]),
        ];
        for (order, ascending, expected) in cases {
            let mut query = RepoQuery { order, ascending, limit: 1, ..all() };
            let mut seen = Vec::new();
            while let [one] = store.search_repos(&query).unwrap().as_slice() {
                seen.push(one.record.repo.id.to_string());
                query.after = Some(one.position.clone());
            }
            assert_eq!(seen, expected, "{order:?}");
        }
    }

    #[test]
    fn every_order_is_that_of_an_index_and_the_repositories_of_an_owner_are_looked_up() {
        if !on_sqlite() {
            return;
        }
        let store = temporary();
        let plan = |query: &RepoQuery| {
            let (sql, values) = statement(query);
            let read = store.database().read(|connection| {
                let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let steps = statement.query_map(values.clone(), |row| row.get::<_, String>("detail"))?;
                Ok(steps.collect::<SqlResult<Vec<_>>>()?)
            });
            read.unwrap().join("; ")
        };
        let after = Position { value: Rank::Number(5), key: 7 };
        for order in [Order::Nothing, Order::LastModified, Order::CreatedAt, Order::Id, Order::Likes] {
            for (namespaces, after) in [(&[][..], None), (&["ada".to_owned()][..], Some(after.clone()))] {
                for search in [&[][..], &["x".to_owned()][..]] {
                    let (namespaces, search) = (namespaces.to_vec(), search.to_vec());
                    let query = RepoQuery { order, namespaces, search, after: after.clone(), ..all() };
                    let found = plan(&query);
                    assert!(!found.contains("FOR ORDER BY"), "{order:?}: {found}");
                    let found = plan(&RepoQuery { author: Some("ada".into()), ..query });
                    assert!(found.contains("repos_by_namespace"), "{order:?}: {found}");
                }
            }
        }
    }

    #[test]
    fn a_change_that_nobody_noted_is_found_after_the_store_is_opened_again() {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        assert_eq!(ids(&store.search_repos(&all()).unwrap()), ["ada/demo"]);
        let before = store.git(&repo).unwrap().resolve("main").unwrap();
        let tip = commit(&store, &repo, &[("README.md", Some("---\ntags: [x]\n---\n"))]).unwrap();
        git(&store, &repo, &["update-ref", "refs/heads/main", &before.to_string()]);
        store.git(&repo).unwrap().pushed();
        git(&store, &repo, &["update-ref", "refs/heads/main", &tip.to_string()]);
        assert!(store.search_repos(&all()).unwrap()[0].tags.is_empty());
        let store = store.reopen();
        let found = store.search_repos(&all()).unwrap();
        assert_eq!((found[0].tip, found[0].tags.as_slice()), (tip, ["x".to_owned()].as_slice()));
        store.delete_repo(&repo).unwrap();
        assert!(store.search_repos(&all()).unwrap().is_empty());
    }
}
