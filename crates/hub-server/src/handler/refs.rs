//! `GET /api/{models}/{id}/refs` and `.../compare/{base}..{head}`.

use http::{Response, StatusCode, request::Parts};
use hub_types::{GitRefInfo, GitRefs, Revision};

use crate::{
    Body, api_error::ApiError, conditional::Validator, context::Context, respond, route::rights::Access,
};

/// Lists branches, conversions, tags, and with `include_prs` pull requests.
pub(crate) async fn refs(
    context: &Context,
    access: Access,
    parts: &Parts,
) -> Result<Response<Body>, ApiError> {
    let mut validator = Validator::of(context, parts);
    let refs = context.blocking(move |hub| Ok(hub.store.git(&access.repo)?.refs()?)).await?;
    for found in &refs {
        validator = validator.with(&found.full_name).with(found.target_commit.as_slice());
    }
    let (tag, is_known) = validator.tag();
    if is_known {
        return Ok(tag.not_modified());
    }
    let (mut branches, mut converts, mut tags) = (Vec::new(), Vec::new(), Vec::new());
    let mut pull_requests = Vec::new();
    for found in refs {
        let lists = [
            ("refs/heads/", &mut branches),
            ("refs/convert/", &mut converts),
            ("refs/tags/", &mut tags),
            ("refs/pr/", &mut pull_requests),
        ];
        for (prefix, list) in lists {
            if let Some(name) = found.full_name.strip_prefix(prefix) {
                list.push(GitRefInfo::new(name, found.full_name.as_str(), found.target_commit.to_string()));
            }
        }
    }
    let pull_requests = context.query.flag("include_prs").then_some(pull_requests);
    let refs = GitRefs::new(branches, tags).converts(converts).pull_requests(pull_requests);
    Ok(tag.on(respond::ok(&refs)?))
}

/// The difference between two revisions, as `git diff` writes it.
pub(crate) async fn compare(
    context: &Context,
    access: Access,
    base: Revision,
    head: Revision,
) -> Result<Response<Body>, ApiError> {
    let diff = context
        .blocking(move |hub| {
            let git = hub.store.git(&access.repo)?;
            Ok(git.diff(git.resolve(base.as_str())?, git.resolve(head.as_str())?)?)
        })
        .await?;
    Ok(respond::whole(StatusCode::OK, "text/plain; charset=utf-8", diff))
}
