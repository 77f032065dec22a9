//! What commands that commit are told, and what they say; and which commit a revision is.

use hub_api::{Call, CommitInfo, Error, HfApi, HfUri, RepoRef, Revision, api::HasCommit, types::CommitHash};

use crate::{
    args::CommitArgs,
    client::Session,
    failure::{Code, Failure},
    location::OnHub,
    output::Brief,
};

/// Sets what every commit can be told.
pub(super) fn told<O: HasCommit>(call: Call<O>, args: &CommitArgs) -> Call<O> {
    let mut call = call.create_pr(args.create_pr);
    if let Some(message) = &args.commit_message {
        call = call.commit_message(message);
    }
    if let Some(description) = &args.commit_description {
        call = call.commit_description(description);
    }
    if let Some(revision) = &args.revision {
        call = call.revision(revision);
    }
    call
}

pub(super) fn show(session: &Session, commit: &CommitInfo) -> Result<(), Failure> {
    session.output.value(commit, || described(commit), Brief::One(&commit.commit_url))
}

/// What came of a commit, for people.
pub(super) fn described(commit: &CommitInfo) -> String {
    match (&commit.pr_url, commit.created) {
        (_, false) => format!("Nothing has changed; no commit was made.\n{}", commit.commit_url),
        (Some(pull_request), true) => pull_request.clone(),
        (None, true) => commit.commit_url.clone(),
    }
}

/// Makes the revision of an address and that of `--revision` one.
pub(super) fn agree(at: &mut OnHub, args: &mut CommitArgs) -> Result<(), Failure> {
    let said = args.revision.as_deref().map(str::parse::<Revision>).transpose().map_err(Error::from)?;
    let uri = HfUri::new(at.repo.clone()).map_err(Error::from)?.with_revision(at.revision.clone());
    at.revision = uri.agreed_revision(said).map_err(Error::from)?;
    args.revision = at.revision.as_ref().map(ToString::to_string);
    Ok(())
}

/// The commit that a revision leads to; without one the default branch.
pub(super) async fn commit_of(
    api: &HfApi,
    repo: &RepoRef,
    revision: Option<&Revision>,
) -> Result<CommitHash, Failure> {
    if let Some(commit) = revision.and_then(Revision::as_commit) {
        return Ok(commit);
    }
    let mut call = api.repo_info(repo);
    if let Some(revision) = revision {
        call = call.revision(revision);
    }
    let commit = call.await?.sha().and_then(|sha| sha.parse().ok());
    commit.ok_or_else(|| Failure::new(Code::NotFound, format!("{repo} has no commit yet")))
}
