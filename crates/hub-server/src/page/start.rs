//! What a visitor sees first: a search over all kinds, and the newest and most liked of each.

use askama::Template;
use http::Response;
use hub_types::RepoType;

use super::{list, repo_item::RepoItem, request::Request, shell::Shell, shown};
use crate::{
    Body,
    api_error::ApiError,
    context::Inner,
    handler::search,
    store::{Order, RepoQuery},
};

/// Repositories of each list.
const SHOWN: usize = 5;
/// What a search shows of each kind.
const FOUND: usize = 10;

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    shell: Shell,
    kinds: Vec<Kind>,
}

#[derive(Template)]
#[template(path = "found.html")]
struct FoundPage {
    shell: Shell,
    search: String,
    /// A user or an organisation of this name.
    account: Option<String>,
    kinds: Vec<Found>,
}

/// What the first page has of a kind.
struct Kind {
    repo_type: RepoType,
    count: String,
    newest: Vec<RepoItem>,
    liked: Vec<RepoItem>,
}

/// What a search found of a kind.
struct Found {
    repo_type: RepoType,
    /// The listing with all of them.
    path: String,
    items: Vec<RepoItem>,
    more: bool,
}

impl Kind {
    fn title(&self) -> &'static str {
        list::title(self.repo_type)
    }

    fn path(&self) -> String {
        shown::listing(self.repo_type)
    }
}

impl Found {
    fn title(&self) -> &'static str {
        list::title(self.repo_type)
    }
}

/// Shows it, or what the field `search` finds.
pub(super) async fn page(request: &Request) -> Result<Response<Body>, ApiError> {
    let search = request.context.query.get("search").unwrap_or_default().trim();
    if search.is_empty() {
        let namespaces = search::namespaces(request.caller.as_deref());
        let kinds = request
            .context
            .blocking(move |hub| {
                RepoType::ALL.into_iter().map(|kind| of_kind(hub, kind, &namespaces)).collect()
            })
            .await?;
        return request.html(&StartPage { shell: request.shell("Models, datasets and Spaces"), kinds });
    }
    let search = search.to_owned();
    let caller = request.caller.clone();
    let asked = search.clone();
    let (account, kinds) = request
        .context
        .blocking(move |hub| {
            let account = hub.store.find_account(&asked)?.map(|account| account.name);
            let found = |kind| found(hub, kind, &asked, &search::namespaces(caller.as_deref()));
            Ok((account, RepoType::ALL.into_iter().map(found).collect::<Result<_, _>>()?))
        })
        .await?;
    let shell = request.shell(format!("{} · Search", shown::cut(&search, 60)));
    request.html(&FoundPage { shell, search, account, kinds })
}

fn of_kind(hub: &Inner, repo_type: RepoType, namespaces: &[String]) -> Result<Kind, ApiError> {
    let by = |order| {
        let query = RepoQuery {
            namespaces: namespaces.to_vec(),
            order,
            ascending: false,
            ..RepoQuery::of_all(repo_type, SHOWN)
        };
        hub.store.search_repos(&query)
    };
    let newest = by(Order::CreatedAt)?;
    let liked = by(Order::Likes)?;
    Ok(Kind {
        repo_type,
        count: shown::count(hub.store.count_repos(repo_type, namespaces)?),
        newest: newest.iter().map(RepoItem::new).collect(),
        liked: liked.iter().filter(|one| one.likes > 0).map(RepoItem::new).collect(),
    })
}

fn found(hub: &Inner, repo_type: RepoType, text: &str, namespaces: &[String]) -> Result<Found, ApiError> {
    let mut filters = list::Filters::default();
    text.clone_into(&mut filters.search);
    let query =
        RepoQuery { namespaces: namespaces.to_vec(), limit: FOUND + 1, ..filters.wanted(repo_type, None)? };
    let found = hub.store.search_repos(&query)?;
    let more = found.len() > FOUND;
    Ok(Found {
        repo_type,
        path: filters.path(repo_type),
        items: found.iter().take(FOUND).map(RepoItem::new).collect(),
        more,
    })
}
