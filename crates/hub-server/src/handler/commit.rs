//! `POST /api/{models}/{id}/commit/{rev}`: newline-delimited JSON becomes one commit, or nothing.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE, request::Parts};
use hub_types::{
    Revision,
    commit::{CommitBodyError, CommitReader, CommitResponse, MAX_REGULAR_PAYLOAD},
    route,
};
use tokio::sync::mpsc;

use super::{
    commit_plan::{Draft, Drafted, too_large},
    repos::signature,
};
use crate::{
    Body,
    api_error::ApiError,
    body::{self, Incoming},
    context::{Context, Inner},
    respond,
    route::rights::Access,
    store::{CommitPlan, CommitTarget, GitRepo, NewDiscussion, NewPullRequest, Signature},
};

/// Pieces of the body that wait to be worked on.
const QUEUE: usize = 4;
/// A body up to so many bytes is read before work on it begins.
const WHOLE_AT_MOST: usize = 256 << 10;
/// The longest body: what clients may send inline, and as much again for everything else.
const MAX_BODY: u64 = 2 * MAX_REGULAR_PAYLOAD;

/// A piece of the body, or its proper end. Without the end the sender gave up, and nothing is committed.
enum Piece {
    Data(Bytes),
    End,
}

/// Makes a commit.
pub(crate) async fn commit(
    context: &Context,
    access: Access,
    parts: &Parts,
    body: &mut Incoming,
    revision: Revision,
) -> Result<Response<Body>, ApiError> {
    check_media_type(parts)?;
    let author = signature(access.user()?, context);
    let job = Job {
        create_pr: context.query.flag("create_pr"),
        context: context.clone(),
        access,
        author,
        revision,
    };
    let mut begin = Vec::new();
    let mut length = 0;
    while length <= WHOLE_AT_MOST as u64 {
        let Some(data) = body::next_data(body).await? else {
            let mut pieces = begin.into_iter().map(Piece::Data).chain([Piece::End]);
            return respond::ok(&context.blocking(move |hub| job.run(hub, || pieces.next())).await?);
        };
        length += data.len() as u64;
        begin.push(data);
    }
    let (sender, mut pieces) = mpsc::channel(QUEUE);
    let mut begin = begin.into_iter();
    let next = move || begin.next().map(Piece::Data).or_else(|| pieces.blocking_recv());
    let worker = context.blocking_on_body(move |hub| job.run(hub, next));
    let feeder = async move {
        while let Some(data) = body::next_data(body).await? {
            length += data.len() as u64;
            if length > MAX_BODY {
                let message = format!("the commit is larger than {MAX_BODY} bytes: send large files to LFS");
                return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
            }
            if sender.send(Piece::Data(data)).await.is_err() {
                return Ok(());
            }
        }
        // The worker has stopped early when this fails, and says why itself.
        let _ = sender.send(Piece::End).await;
        Ok(())
    };
    let (fed, response) = futures_util::future::join(feeder, worker).await;
    fed?;
    respond::ok(&response?)
}

fn check_media_type(parts: &Parts) -> Result<(), ApiError> {
    let is_form = |value: &HeaderValue| value.as_bytes().starts_with(b"multipart/form-data");
    match parts.headers.get(CONTENT_TYPE) {
        Some(value) if value == "application/json" || is_form(value) => {
            let message = "a commit is sent as application/x-ndjson";
            Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
        }
        _ => Ok(()),
    }
}

struct Job {
    context: Context,
    access: Access,
    author: Signature,
    revision: Revision,
    create_pr: bool,
}

struct Made {
    commit: String,
    pull_request: Option<u64>,
}

impl Job {
    fn run(self, hub: &Inner, mut next: impl FnMut() -> Option<Piece>) -> Result<CommitResponse, ApiError> {
        let git = hub.store.git(&self.access.repo)?;
        let target = self.target(&git)?;
        let mut draft = Draft::new(hub, &self.access.repo, git.stage()?);
        let mut lines = CommitReader::new();
        loop {
            match next() {
                Some(Piece::Data(data)) => lines.push(&data, |line| draft.line(line))?,
                Some(Piece::End) => break,
                None => return Err(ApiError::bad_request("the commit broke off before its end")),
            }
        }
        lines.finish(|line| draft.line(line))?;

        let made = self.finish(hub, &git, target, draft)?;
        self.context.changed(format!("{} {}", self.access.repo.repo, made.commit));
        Ok(self.response(&made))
    }

    /// Full name of the branch, or of the pull request's ref. A commit goes on nothing else.
    fn target(&self, git: &GitRepo) -> Result<String, ApiError> {
        let revision = self.revision.as_str();
        git.commit_target(revision)?.ok_or_else(|| ApiError::revision_not_found(revision))
    }

    fn finish(&self, hub: &Inner, git: &GitRepo, branch: String, draft: Draft<'_>) -> Result<Made, ApiError> {
        let Drafted { header, stage, changes, lfs_paths, lfs_objects, room: _room } = draft.finish()?;
        let message = match header.description.as_str() {
            "" => header.summary.clone(),
            description => format!("{}\n\n{description}", header.summary),
        };
        let plan = |target| CommitPlan {
            target,
            changes,
            lfs_paths,
            lfs_objects,
            author: self.author.clone(),
            time: jiff::Timestamp::now(),
            message,
        };
        if !self.create_pr {
            let target = CommitTarget::Branch {
                full_name: branch,
                expected_parent: header.parent_commit,
                create: false,
            };
            let commit = stage.finish(plan(target))?.to_string();
            return Ok(Made { commit, pull_request: None });
        }
        let tip = git.resolve(&branch)?;
        let base = match &header.parent_commit {
            Some(parent) if !parent.matches(&tip.to_string()) => git.resolve(parent.as_str())?,
            _ => tip,
        };
        let discussion = NewDiscussion {
            title: header.summary,
            description: header.description,
            author: self.author.name.clone(),
            pull_request: Some(NewPullRequest { target: branch, base, draft: false }),
        };
        let (number, commit) = hub.store.open_pull_request(&self.access.repo, &discussion, |full_name| {
            stage.finish(plan(CommitTarget::NewRef { full_name: full_name.to_owned(), base }))
        })?;
        Ok(Made { commit: commit.to_string(), pull_request: Some(number) })
    }

    fn response(&self, made: &Made) -> CommitResponse {
        let routes = route::repo(&self.access.repo.repo);
        let page = |number| self.context.absolute(&routes.discussion_page(number));
        CommitResponse::new(&made.commit, self.context.absolute(&routes.commit_page(&made.commit)))
            .hook_output(String::new())
            .pull_request_url(made.pull_request.map(page))
    }
}

impl From<CommitBodyError> for ApiError {
    fn from(error: CommitBodyError) -> Self {
        match error {
            CommitBodyError::LineTooLong { .. } => too_large(),
            other => Self::bad_request(other.to_string()),
        }
    }
}
