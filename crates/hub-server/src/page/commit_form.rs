//! What the forms have in common that end in a commit: `templates/commit_fields.html`.

use http::{Method, StatusCode};
use hub_types::{
    ParentCommit, Revision,
    commit::{CommitHeader, CommitLine, CommitResponse, NDJSON},
    route,
};

use super::{form, request::Request, shown};
use crate::{
    api_error::ApiError,
    body::Incoming,
    context::Inner,
    route::{exceptions, rights::Access},
    store::{CommitId, GitRepo},
};

/// The fields about the commit, as they are shown and as they came.
#[derive(Debug, Clone, Default)]
pub(super) struct CommitFields {
    pub(super) summary: String,
    pub(super) description: String,
    /// The summary where none is given.
    pub(super) usual: String,
    /// What is changed, as a person says it.
    pub(super) branch: String,
    pub(super) may_commit: bool,
    pub(super) may_propose: bool,
    /// Whether a pull request is asked for.
    pub(super) proposes: bool,
}

/// The branch, or the pull request, that is changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) tip: CommitId,
    /// Whether the viewer may commit to it.
    pub(super) may_commit: bool,
    /// Whether the viewer may propose a change of it.
    pub(super) may_propose: bool,
}

impl Target {
    /// Finds what a page changes. Blocks.
    ///
    /// # Errors
    /// 404 for a revision that is not there, 422 for a tag or a commit, 403 for who may do nothing with it.
    pub(super) fn find(hub: &Inner, access: &Access, revision: &Revision) -> Result<Self, ApiError> {
        let git = hub.store.git(&access.repo)?;
        let tip = git.resolve(revision.as_str())?;
        if git.commit_target(revision.as_str())?.is_none() {
            let message = format!(
                "{revision} is a tag or a commit, and stays as it is: go to a branch to change files"
            );
            return Err(ApiError::unprocessable(message));
        }
        let may = |proposes| exceptions::may_commit(&hub.store, access, revision, proposes);
        let may_propose = revision.pull_request_number().is_none() && may(true).is_ok();
        match may(false) {
            Err(error) if !may_propose => Err(error),
            committing => Ok(Self { tip, may_commit: committing.is_ok(), may_propose }),
        }
    }

    /// Refuses what was not offered.
    ///
    /// # Errors
    /// 403.
    pub(super) fn must(self, proposes: bool) -> Result<Self, ApiError> {
        match proposes {
            true if !self.may_propose => {
                Err(ApiError::forbidden("A pull request of this branch cannot be opened here"))
            }
            false if !self.may_commit => Err(ApiError::forbidden(
                "You don't have the rights to commit here: open a pull request instead",
            )),
            _ => Ok(self),
        }
    }

    /// What the commit must follow, after somebody has looked at some paths in the commit `seen`. What happened elsewhere meanwhile
    /// is in nobody's way. Blocks.
    ///
    /// # Errors
    /// 412 where one of the paths was changed since.
    pub(super) fn follow(
        self,
        git: &GitRepo,
        seen: CommitId,
        proposes: bool,
        paths: &[&str],
    ) -> Result<ParentCommit, ApiError> {
        let parent = if proposes || seen == self.tip { seen } else { self.tip };
        if parent != seen {
            for path in paths {
                let id =
                    |commit| Ok::<_, ApiError>(git.entry(commit, path)?.map(|entry| (entry.kind, entry.oid)));
                if id(seen)? != id(self.tip)? {
                    return Err(ApiError::parent_mismatch());
                }
            }
        }
        Ok(parent.to_string().parse()?)
    }
}

impl CommitFields {
    /// Those of a page that is shown first.
    pub(super) fn new(revision: &Revision, target: Target, usual: impl Into<String>) -> Self {
        Self { usual: usual.into(), proposes: !target.may_commit, ..Self::default() }.of(revision, target)
    }

    /// As they were sent. `get` gives the text of a field.
    ///
    /// # Errors
    /// 400 for what is neither a commit nor a pull request.
    pub(super) fn sent<'f>(get: impl Fn(&str) -> &'f str) -> Result<Self, ApiError> {
        let proposes = match get("how") {
            "propose" => true,
            "commit" | "" => false,
            _ => return Err(ApiError::bad_request("\"how\" must be \"commit\" or \"propose\".")),
        };
        Ok(Self {
            summary: get("summary").trim().to_owned(),
            description: shown::lines(get("description")).trim().to_owned(),
            proposes,
            ..Self::default()
        })
    }

    /// With what may be done.
    pub(super) fn of(mut self, revision: &Revision, target: Target) -> Self {
        self.branch = match revision.pull_request_number() {
            Some(number) => format!("pull request {number}"),
            None => format!("the branch {revision}"),
        };
        self.may_commit = target.may_commit;
        self.may_propose = target.may_propose;
        self
    }

    /// The first line of a commit.
    pub(super) fn header(&self, parent: Option<ParentCommit>) -> Result<String, ApiError> {
        let summary = if self.summary.is_empty() { &self.usual } else { &self.summary };
        let header =
            CommitHeader::new(summary.as_str()).description(self.description.as_str()).parent_commit(parent);
        line(&CommitLine::Header(header))
    }
}

/// A line of a commit.
pub(super) fn line(line: &CommitLine<'_>) -> Result<String, ApiError> {
    let mut text = serde_json::to_string(line).map_err(|error| ApiError::internal(&error))?;
    text.push('\n');
    Ok(text)
}

/// Has the commit made, and says which page shows it.
///
/// # Errors
/// What the API says.
pub(super) async fn send(
    request: &Request,
    access: &Access,
    revision: &Revision,
    proposes: bool,
    body: Incoming,
) -> Result<String, ApiError> {
    let routes = route::repo(&access.repo.repo);
    let mut path = routes.commit(revision);
    if proposes {
        path.push_str("?create_pr=1");
    }
    let answer = form::call_with(request, Method::POST, &path, NDJSON, body).await?;
    let made: CommitResponse = serde_json::from_value(answer).map_err(|error| ApiError::internal(&error))?;
    let number = made.pull_request_url.as_deref().and_then(|url| url.rsplit_once('/')?.1.parse().ok());
    Ok(number.map_or_else(|| routes.commit_page(&made.commit_oid), |number| routes.discussion_page(number)))
}

/// The commit that a form was shown for.
///
/// # Errors
/// 412 for one that is not there any more.
pub(super) fn seen(git: &GitRepo, text: &str) -> Result<CommitId, ApiError> {
    let parent: ParentCommit = text.parse()?;
    git.resolve(parent.as_str()).map_err(|error| {
        let error = ApiError::from(error);
        if error.0.status == StatusCode::NOT_FOUND { ApiError::parent_mismatch() } else { error }
    })
}
