//! What commands that commit are told, and what they say

use hub_api::{Call, CommitInfo, api::HasCommit};

use crate::{args::CommitArgs, client::Session, failure::Failure, output::Brief};

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
    let human = || match (&commit.pr_url, commit.created) {
        (_, false) => format!("Nothing has changed; no commit was made.\n{}", commit.commit_url),
        (Some(pull_request), true) => pull_request.clone(),
        (None, true) => commit.commit_url.clone(),
    };
    session.output.value(commit, human, Brief::One(&commit.commit_url))
}
