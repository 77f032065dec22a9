//! A repository that a call may have made although its response was lost: what making one and copying one have in common.

use std::time::SystemTime;

use hub_transport::{Error, ErrorKind, Transport};
use hub_types::{CreateRepoResponse, ModelInfo, RepoRef, RepoUrl};
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

/// The URL of a repository that is there: what the server states, and where that is on another host, as behind a mirror, its
/// place at this endpoint.
pub(super) fn repo_url(
    transport: &Transport,
    stated: Option<&str>,
    repo: &RepoRef,
) -> Result<RepoUrl, crate::Error> {
    let endpoint = transport.endpoint().as_str();
    match stated.and_then(|url| RepoUrl::parse_with_endpoint(url, endpoint).ok()) {
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
    // What this asks for, every kind of repository has.
    let info = GetInfo::<ModelInfo>::new(repo.into());
    let (info, began) = match read_with_time(transport, &info, begun).await {
        Err(error) if error.is_not_found() => return Ok(None),
        read => read?,
    };
    let made = info.created_at.and_then(|text| text.as_str().parse::<jiff::Timestamp>().ok());
    Ok(Some(made.zip(began).is_some_and(|(made, (earliest, _))| SystemTime::from(made) >= earliest)))
}
