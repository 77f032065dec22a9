//! A repository that a call may have made although its response was lost: what making one and copying one have in common.

use std::time::SystemTime;

use hub_endpoints::GetWhoAmI;
use hub_transport::{CallInfo, Endpoint, Error, ErrorKind, Transport};
use hub_types::{CreateRepoResponse, ErrorCode, ModelInfo, RepoId, RepoInfo, RepoRef, RepoUrl};
use tokio::time::Instant;

use super::{begun::read_with_time, info::GetInfo};

/// The response to a call that makes a repository, if it names the one that was asked for.
pub(super) fn made_repo(
    response: CreateRepoResponse,
    namespace: Option<&str>,
    name: &str,
) -> Result<CreateRepoResponse, Error> {
    let mut segments = response.url.trim_end_matches('/').rsplit('/');
    let same =
        |segment: Option<&str>, wanted: &str| segment.is_some_and(|text| text.eq_ignore_ascii_case(wanted));
    let is_it = same(segments.next(), name) && namespace.is_none_or(|wanted| same(segments.next(), wanted));
    match is_it {
        true => Ok(response),
        false => Err(Error::new(ErrorKind::Decode, "the response is about another repository")),
    }
}

/// A repository under its whole name: one without a namespace is the caller's own.
pub(super) async fn in_namespace(transport: &Transport, repo: &RepoRef) -> Result<RepoRef, Error> {
    if repo.id.namespace().is_some() {
        return Ok(repo.clone());
    }
    let me = transport.send(&GetWhoAmI).await?;
    let id = RepoId::new(&me.name, repo.id.name());
    let id = id.map_err(|error| Error::decode("the caller has a name that cannot be a namespace", error))?;
    Ok(RepoRef::new(repo.repo_type, id))
}

/// What a call without a result of its own means whose response says nothing: it may have been done, or nobody has heard of it.
pub(super) fn silent<E: Endpoint>(endpoint: &E) -> Error {
    let error = Error::new(ErrorKind::Decode, "the response does not say that it was done");
    let call = CallInfo::new(E::NAME, endpoint.target(), endpoint.class());
    error.with_hint("check the endpoint; a proxy may be in between").in_call(&call).in_doubt()
}

/// The URL of a repository that is there: what the server states, and where that is on another host, as behind a mirror or a
/// tunnel, its place at this endpoint.
pub(super) fn repo_url(
    transport: &Transport,
    stated: Option<&str>,
    repo: &RepoRef,
) -> Result<RepoUrl, crate::Error> {
    let endpoint = transport.endpoint().as_str();
    let here = |url: &str| RepoUrl::parse_with_endpoint(url, endpoint).ok();
    let moved_here = |url: &str| {
        let (_, path) = url.split_once("://")?.1.split_once('/')?;
        here(&format!("{endpoint}/{path}"))
    };
    match stated.and_then(|url| here(url).or_else(|| moved_here(url))) {
        Some(url) => Ok(url),
        None => Ok(RepoUrl::new(endpoint, repo.clone())?),
    }
}

/// The name under which the making of a repository is claimed.
pub(super) fn repo_claim(repo: &RepoRef) -> String {
    format!("new {repo}").to_lowercase()
}

/// Forgets who made a repository that is there no more under this name, and what was made in it.
pub(super) fn forget_repo(transport: &Transport, repo: &RepoRef) {
    let (claim, inside) = (repo_claim(repo), format!(" of {repo}"));
    transport.claims().release(|made| made == claim || made.ends_with(&inside));
}

/// Whether a repository is there, and was made after `begun` by the server's own clock. `None` if it is not there.
pub(super) async fn made_since(
    transport: &Transport,
    repo: &RepoRef,
    begun: Instant,
) -> Result<Option<bool>, Error> {
    let repo = in_namespace(transport, repo).await?;
    // What this asks for, every kind of repository has.
    let info = GetInfo::<ModelInfo>::new((&repo).into());
    let (info, began) = match read_with_time(transport, &info, begun).await {
        Err(error) if says_missing(&error) => return Ok(None),
        read => read?,
    };
    let made = info.created_at.and_then(|text| text.as_str().parse::<jiff::Timestamp>().ok());
    Ok(Some(made.zip(began).is_some_and(|(made, (earliest, _))| SystemTime::from(made) >= earliest)))
}

/// Whether a repository is not there, by the Hub's own word: a plain 404 may come from anybody. `None` if nobody says.
pub(super) async fn is_gone(transport: &Transport, repo: &RepoRef) -> Option<bool> {
    let repo = in_namespace(transport, repo).await.ok()?;
    match transport.send(&GetInfo::<RepoInfo>::new((&repo).into())).await {
        // An old name leads to the repository that had it.
        Ok(info) => Some(!info.id().eq_ignore_ascii_case(repo.id.as_str())),
        Err(error) => says_missing(&error).then_some(true),
    }
}

/// Whether the Hub itself says that there is no such repository.
fn says_missing(error: &Error) -> bool {
    error.status().is_some_and(|status| status == http::StatusCode::NOT_FOUND)
        && error.error_code() == Some(&ErrorCode::RepoNotFound)
}
