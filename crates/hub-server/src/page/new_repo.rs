//! Making a repository.

use askama::Template;
use http::{Method, Response, StatusCode};
use hub_types::{RepoId, RepoRef, RepoType, query::Query, route};
use serde_json::json;

use super::{form, request::Request, shell::Shell, shown};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    store::{Identity, OrgRole, TokenRole},
};

/// What may run a Space, as a person chooses it.
const SDKS: [&str; 3] = ["gradio", "docker", "static"];

#[derive(Template)]
#[template(path = "new_repo.html")]
struct NewRepoPage {
    shell: Shell,
    kinds: Vec<(&'static str, &'static str)>,
    kind: String,
    owners: Vec<String>,
    owner: String,
    name: String,
    visibility: String,
    sdks: [&'static str; 3],
    sdk: String,
    may_create: bool,
    problem: Option<String>,
}

/// What a form says, or the address of one.
struct Typed {
    kind: RepoType,
    owner: String,
    name: String,
    visibility: String,
    sdk: String,
}

impl Typed {
    fn of(fields: &Query, own: &str) -> Self {
        let get = |name: &str| fields.get(name).unwrap_or_default().trim().to_owned();
        let kind = get("type");
        let owner = get("owner");
        Self {
            kind: RepoType::ALL.into_iter().find(|known| known.singular() == kind).unwrap_or_default(),
            owner: if owner.is_empty() { own.to_owned() } else { owner },
            name: get("name"),
            visibility: get("visibility"),
            sdk: get("sdk"),
        }
    }

    /// What a program would say. What is null is left to the API.
    fn request(&self) -> serde_json::Value {
        let said = ["public", "private"].into_iter().find(|word| *word == self.visibility);
        let sdk = (self.kind == RepoType::Space).then_some(&self.sdk);
        json!({
            "type": self.kind, "organization": self.owner, "name": self.name, "visibility": said, "sdk": sdk,
        })
    }
}

/// The namespaces in which somebody may make repositories: the own one first.
pub(super) fn namespaces(caller: &Identity) -> Vec<String> {
    let orgs = caller.orgs.iter().filter(|membership| membership.role > OrgRole::Read);
    std::iter::once(&caller.user)
        .chain(orgs.map(|membership| &membership.org))
        .map(|it| it.name.clone())
        .collect()
}

/// The form.
pub(super) fn page(request: &Request) -> Result<Response<Body>, ApiError> {
    let own = &request.viewer()?.user.name;
    show(request, Typed::of(&request.context.query, own), None)
}

fn show(
    request: &Request,
    typed: Typed,
    problem: Option<(StatusCode, String)>,
) -> Result<Response<Body>, ApiError> {
    let viewer = request.viewer()?;
    let (status, problem) = problem.unzip();
    let page = NewRepoPage {
        shell: request.shell("New repository"),
        kinds: RepoType::ALL.into_iter().map(|kind| (kind.singular(), shown::kind(kind))).collect(),
        kind: typed.kind.singular().to_owned(),
        owners: namespaces(viewer),
        owner: typed.owner,
        name: typed.name,
        visibility: typed.visibility,
        sdks: SDKS,
        sdk: typed.sdk,
        may_create: viewer.role != TokenRole::Read,
        problem,
    };
    request.html_with(status, &page)
}

/// Makes it and shows it.
pub(super) async fn create(request: &Request, body: &mut Incoming) -> Result<Response<Body>, ApiError> {
    let fields = form::read(request, body).await?;
    let typed = Typed::of(&fields, &request.viewer()?.user.name);
    match form::call(request, Method::POST, route::CREATE_REPO, &typed.request()).await {
        Ok(made) => {
            let name = made.get("name").and_then(|name| name.as_str());
            let id: RepoId = name.unwrap_or_default().parse()?;
            Ok(request.see(&route::repo(&RepoRef::new(typed.kind, id)).page()))
        }
        Err(error) => {
            let problem = form::problem(error)?;
            show(request, typed, Some(problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(form: &str) -> serde_json::Value {
        Typed::of(&Query::parse(form.as_bytes()), "ada").request()
    }

    #[test]
    fn a_form_says_what_a_program_says() {
        let said = |kind: &str, owner: &str, visibility: Option<&str>, sdk: Option<&str>| json!({"type": kind, "organization": owner, "name": "a", "visibility": visibility, "sdk": sdk});
        let cases = [
            ("name=a", said("model", "ada", None, None)),
            (
                "name=+a+&owner=lab&type=dataset&visibility=private&sdk=gradio",
                said("dataset", "lab", Some("private"), None),
            ),
            ("name=a&type=space&sdk=static&visibility=default", said("space", "ada", None, Some("static"))),
        ];
        for (form, expected) in cases {
            assert_eq!(request(form), expected, "{form}");
        }
    }
}
