//! A user or an organisation: who belongs to it, its repositories, and what it likes. Never an e-mail address.

use std::sync::Arc;

use askama::Template;
use http::{Response, StatusCode};
use hub_types::{RepoRef, RepoType, route};

use super::{
    list::{self, Filters},
    repo_item::RepoItem,
    request::Request,
    shell::Shell,
    shown::{self, When},
};
use crate::{
    Body,
    api_error::ApiError,
    context::Inner,
    handler::search,
    store::{Account, Identity, OrgRole, RepoQuery},
};

/// Repositories of each kind, members, and likes that are shown at once.
const REPOS: usize = 10;
const MEMBERS: usize = 100;
const LIKES: usize = 30;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    shell: Shell,
    name: String,
    fullname: Option<String>,
    is_org: bool,
    since: When,
    members: Vec<Member>,
    more_members: bool,
    orgs: Vec<String>,
    kinds: Vec<Kind>,
    likes: Vec<Like>,
    next_likes: Option<String>,
    is_first: bool,
}

struct Member {
    name: String,
    /// For other members alone.
    role: Option<OrgRole>,
}

/// The repositories of a kind.
struct Kind {
    repo_type: RepoType,
    items: Vec<RepoItem>,
    /// The listing with all of them, where there are more.
    all: Option<String>,
}

struct Like {
    kind: &'static str,
    id: String,
    path: String,
    when: When,
}

/// What the page is made from.
struct Read {
    account: Account,
    members: Vec<(String, OrgRole)>,
    orgs: Vec<String>,
    kinds: Vec<Kind>,
    likes: Vec<Like>,
    next: Option<u64>,
}

/// Shows it.
pub(super) async fn page(request: &Request, name: &str) -> Result<Response<Body>, ApiError> {
    let before = request.context.query.number("before")?;
    let (asked, caller) = (name.to_owned(), request.caller.clone());
    let read = request
        .context
        .blocking(move |hub| {
            read(hub, &asked, caller.as_ref(), before.and_then(|key| u64::try_from(key).ok()))
        })
        .await?;
    let Read { account, mut members, orgs, kinds, likes, next } = read;
    let is_member = request
        .caller
        .as_ref()
        .is_some_and(|caller| caller.orgs.iter().any(|membership| membership.org.key == account.key));
    let more_members = members.len() > MEMBERS;
    members.truncate(MEMBERS);
    let page = AccountPage {
        shell: request.shell(account.name.clone()),
        members: members
            .into_iter()
            .map(|(name, role)| Member { name, role: Some(role).filter(|_| is_member) })
            .collect(),
        more_members,
        orgs,
        kinds,
        likes,
        next_likes: next.map(|key| format!("{}?before={key}", shown::account(&account.name))),
        is_first: before.is_none(),
        since: When::new(account.created_at),
        is_org: account.is_org,
        fullname: account.fullname.filter(|fullname| *fullname != account.name),
        name: account.name,
    };
    request.html(&page)
}

fn read(
    hub: &Inner,
    name: &str,
    caller: Option<&Arc<Identity>>,
    before: Option<u64>,
) -> Result<Read, ApiError> {
    let store = &hub.store;
    let nobody =
        || ApiError::new(StatusCode::NOT_FOUND, "There is no user and no organisation of this name.");
    let account = store.find_account(name)?.ok_or_else(nobody)?;
    let namespaces = search::namespaces(caller.map(|caller| &**caller));
    let kinds = RepoType::ALL.into_iter().map(|repo_type| repos(hub, &account, repo_type, &namespaces));
    let kinds = kinds.collect::<Result<_, _>>()?;
    let (members, orgs, mut liked) = if account.is_org {
        (store.members_of(&account, MEMBERS + 1)?, Vec::new(), Vec::new())
    } else {
        (Vec::new(), store.orgs_of(&account)?, store.liked_by(&account, before, LIKES + 1)?)
    };
    let more = liked.len() > LIKES;
    liked.truncate(LIKES);
    let next = liked.last().filter(|_| more).map(|last| last.key);
    let likes = liked
        .into_iter()
        .map(|like| {
            let RepoRef { repo_type, id, .. } = &like.what;
            Like {
                kind: shown::kind(*repo_type),
                id: id.to_string(),
                path: route::repo(&like.what).page(),
                when: When::new(like.created_at),
            }
        })
        .collect();
    Ok(Read { account, members, orgs, kinds, likes, next })
}

/// Those that changed last.
fn repos(
    hub: &Inner,
    account: &Account,
    repo_type: RepoType,
    namespaces: &[String],
) -> Result<Kind, ApiError> {
    let mut filters = Filters::default();
    account.name.clone_into(&mut filters.author);
    let wanted =
        RepoQuery { namespaces: namespaces.to_vec(), limit: REPOS + 1, ..filters.wanted(repo_type, None)? };
    let found = hub.store.search_repos(&wanted)?;
    Ok(Kind {
        repo_type,
        items: found.iter().take(REPOS).map(RepoItem::new).collect(),
        all: (found.len() > REPOS).then(|| filters.path(repo_type)),
    })
}

impl AccountPage {
    fn kind(&self) -> &'static str {
        if self.is_org { "Organisation" } else { "User" }
    }

    fn has_aside(&self) -> bool {
        self.is_org || !self.orgs.is_empty()
    }

    fn has_repos(&self) -> bool {
        self.kinds.iter().any(|kind| !kind.items.is_empty())
    }
}

impl Kind {
    fn title(&self) -> &'static str {
        list::title(self.repo_type)
    }
}
