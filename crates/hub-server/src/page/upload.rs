//! Files that are uploaded in a browser: they come as a form, wait on the disk until all of it is there, and become one commit.

use askama::Template;
use http::{Response, StatusCode};
use hub_types::Revision;

use super::{
    commit_form::{self, CommitFields, Target},
    form,
    multipart::{Fields, Multipart},
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
    shown, uploading,
};
use crate::{Body, api_error::ApiError, body::Incoming, route::rights::Access};

/// How many of the files that were left out are named.
const NAMED: usize = 100;

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage {
    shell: Shell,
    head: RepoHead,
    fields: CommitFields,
    action: String,
    folder: String,
    ignored: bool,
    problem: Option<String>,
}

impl UploadPage {
    #[allow(clippy::unused_self)]
    fn most(&self) -> String {
        shown::count(uploading::MOST_FILES)
    }
}

/// What was uploaded, where not all was.
#[derive(Template)]
#[template(path = "uploaded.html")]
struct UploadedPage {
    shell: Shell,
    head: RepoHead,
    action: String,
    made: String,
    proposed: bool,
    count: usize,
    left_out: Vec<String>,
    more: usize,
}

impl UploadedPage {
    fn what(&self) -> &'static str {
        if self.proposed { "The pull request" } else { "The commit" }
    }
}

/// What a form says besides its files.
struct Typed {
    fields: CommitFields,
    folder: String,
    /// Whether files come along that `.gitignore` leaves out.
    ignored: bool,
}

impl Typed {
    fn of(fields: &Fields) -> Result<Self, ApiError> {
        Ok(Self {
            fields: CommitFields::sent(|name| fields.get(name))?,
            folder: fields.get("folder").trim().trim_matches('/').to_owned(),
            ignored: fields.get("ignored") == "yes",
        })
    }
}

/// The form.
pub(super) async fn page(
    request: &Request,
    access: Access,
    revision: Revision,
) -> Result<Response<Body>, ApiError> {
    let folder = request.context.query.get("folder").unwrap_or_default();
    let folder: String = folder.trim_matches('/').chars().take(1000).collect();
    show(request, access, revision, None, Typed { fields: CommitFields::default(), folder, ignored: false })
        .await
}

/// The form, for the first time or with what was wrong with it.
async fn show(
    request: &Request,
    access: Access,
    revision: Revision,
    problem: Option<(StatusCode, String)>,
    typed: Typed,
) -> Result<Response<Body>, ApiError> {
    let (is_first, wanted) = (problem.is_none(), revision.clone());
    let (head, fields) = request
        .read(access, Tab::Files, move |hub, access, _| {
            let target = Target::find(hub, access, &wanted)?;
            let usual = "Upload files";
            Ok(if is_first {
                CommitFields::new(&wanted, target, usual)
            } else {
                CommitFields { usual: usual.to_owned(), ..typed.fields }.of(&wanted, target)
            })
        })
        .await?;
    let (status, problem) = problem.unzip();
    let page = UploadPage {
        shell: request.shell(head.title("Upload")),
        action: head.paths.upload(revision.as_str()),
        head,
        fields,
        folder: typed.folder,
        ignored: typed.ignored,
        problem,
    };
    request.html_with(status, &page)
}

/// Takes the files.
pub(super) async fn commit(
    request: &Request,
    access: Access,
    body: &mut Incoming,
    revision: Revision,
) -> Result<Response<Body>, ApiError> {
    let Some(length) = http_body::Body::size_hint(body).exact() else {
        let message = "the upload must say how long it is, in a header Content-Length";
        return Err(ApiError::new(StatusCode::LENGTH_REQUIRED, message));
    };
    let mut parts = Multipart::new(request, body)?;
    let (sent, first) = parts.fields(request).await?;
    let mut typed = Typed::of(&sent)?;
    let made = async {
        let (asked, wanted, proposes) = (access.clone(), revision.clone(), typed.fields.proposes);
        let target =
            request.context.blocking(move |hub| Target::find(hub, &asked, &wanted)?.must(proposes)).await?;
        let taken = uploading::take(request, &access, (&mut parts, first), &typed.folder, length).await?;
        let count = taken.count();
        typed.fields.usual = taken.usual();
        let ready = taken.decide(request, &access, target.tip, typed.ignored).await?;
        let (body, left_out) = ready.keep(request, &access, &typed.fields).await?;
        let made = commit_form::send(request, &access, &revision, proposes, body).await?;
        Ok::<_, ApiError>((made, count - left_out.len(), left_out))
    };
    match made.await {
        Ok((made, _, left_out)) if left_out.is_empty() => Ok(request.see(&made)),
        Ok((made, count, left_out)) => {
            let proposed = typed.fields.proposes;
            uploaded(request, access, &revision, (made, proposed), (count, left_out)).await
        }
        Err(error) => {
            let problem = form::problem(error)?;
            show(request, access, revision, Some(problem), typed).await
        }
    }
}

async fn uploaded(
    request: &Request,
    access: Access,
    revision: &Revision,
    (made, proposed): (String, bool),
    (count, mut left_out): (usize, Vec<String>),
) -> Result<Response<Body>, ApiError> {
    let (head, ()) = request.read(access, Tab::Files, |_, _, _| Ok(())).await?;
    let more = left_out.len().saturating_sub(NAMED);
    left_out.truncate(NAMED);
    request.html(&UploadedPage {
        shell: request.shell(head.title("Uploaded")),
        action: head.paths.upload(revision.as_str()),
        head,
        made,
        proposed,
        count,
        left_out,
        more,
    })
}
