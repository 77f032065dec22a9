//! The discussions and pull requests of a repository.

use askama::Template;
use http::Response;
use hub_types::query::Query;
use url::form_urlencoded::Serializer;

use super::{
    discussion_events::Status,
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
    shown::{self, When},
};
use crate::{
    Body,
    api_error::ApiError,
    handler::discussions::one_of,
    route::rights::Access,
    store::{DiscussionFilter, DiscussionRecord},
};

/// Discussions of a page.
const PAGE: usize = 30;
/// The longest name that is asked for.
const LONGEST_NAME: usize = 100;

#[derive(Template)]
#[template(path = "discussions.html")]
struct DiscussionsPage {
    shell: Shell,
    head: RepoHead,
    filter: Filter,
    count: String,
    rows: Vec<Row>,
    /// The pages before and after this one.
    before: Option<String>,
    next: Option<String>,
}

/// What is looked for, as the form has it.
struct Filter {
    kind: String,
    status: String,
    author: String,
}

struct Row {
    number: u64,
    path: String,
    title: String,
    status: Status,
    author: String,
    author_path: String,
    when: When,
    comments: u64,
}

impl Filter {
    /// Open ones, unless the query says something else.
    fn of(query: &Query) -> Self {
        let text = |name: &str, default: &str| match query.get(name) {
            None | Some("") => default.to_owned(),
            Some(text) => text.to_owned(),
        };
        let author = shown::cut(query.get("author").unwrap_or_default().trim(), LONGEST_NAME);
        Self { kind: text("type", "all"), status: text("status", "open"), author }
    }

    fn for_store(&self) -> Result<DiscussionFilter, ApiError> {
        Ok(DiscussionFilter {
            is_pull_request: one_of(Some(&self.kind), "type", ["discussion", "pull_request"])?,
            open: one_of(Some(&self.status), "status", ["closed", "open"])?,
            author: (!self.author.is_empty()).then(|| self.author.clone()),
        })
    }

    /// The query of one of its pages.
    fn page(&self, number: usize) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("type", &self.kind).append_pair("status", &self.status);
        if !self.author.is_empty() {
            query.append_pair("author", &self.author);
        }
        query.append_pair("p", &number.to_string()).finish()
    }

    fn is_kind(&self, kind: &str) -> bool {
        self.kind == kind
    }

    fn is_status(&self, status: &str) -> bool {
        self.status == status
    }
}

pub(super) async fn page(request: &Request, access: Access) -> Result<Response<Body>, ApiError> {
    let query = request.context.query.clone();
    let number = query.number("p")?.unwrap_or(0);
    let filter = Filter::of(&query);
    let wanted = filter.for_store()?;
    let (head, list) = request
        .read(access, Tab::Discussions, move |hub, access, _| {
            Ok(hub.store.list_discussions(&access.repo, &wanted, number.saturating_mul(PAGE), PAGE)?)
        })
        .await?;
    let shown = number.saturating_mul(PAGE).saturating_add(list.page.len()) as u64;
    let to = |number| format!("{}/discussions?{}", head.paths.base(), filter.page(number));
    let next = (!list.page.is_empty() && shown < list.count).then(|| to(number.saturating_add(1)));
    request.html(&DiscussionsPage {
        shell: request.shell(head.title("Discussions")),
        before: number.checked_sub(1).map(to),
        next,
        count: shown::count(list.count),
        rows: list.page.into_iter().map(|one| Row::new(one, &head)).collect(),
        filter,
        head,
    })
}

impl Row {
    fn new(one: DiscussionRecord, head: &RepoHead) -> Self {
        Self {
            number: one.number,
            path: head.paths.discussion(one.number),
            status: Status::of(&one),
            title: shown::title(&one.title),
            author_path: shown::account(&one.author),
            author: one.author,
            when: When::new(one.created_at),
            comments: one.comments,
        }
    }
}
