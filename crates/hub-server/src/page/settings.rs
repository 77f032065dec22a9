//! Settings of a repository: each form is an operation of the API, and comes back to the page with what was done.

use askama::Template;
use http::{Method, Response, StatusCode};
use hub_types::{
    DeleteRepoRequest, MoveRepoRequest, RepoId, RepoRef, RepoType,
    query::Query,
    route::{self, SpaceRoute},
    space::{SpaceSetting, SpaceSettingKey},
};
use serde_json::{Value, json};

use super::{
    form, new_repo,
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
    shown::{self, When},
};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    route::{page::SettingChange, rights::Access},
    store::{RepoRecord, SettingKind, StoredSetting},
};

/// Most secrets, and variables, that are shown, and how much of a value.
const MOST: usize = 100;
const VALUE: usize = 200;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    shell: Shell,
    head: RepoHead,
    private: bool,
    /// `no`, `auto` or `manual`.
    gating: String,
    owners: Vec<String>,
    secrets: Vec<Setting>,
    variables: Vec<Setting>,
    done: Option<&'static str>,
    problem: Option<String>,
}

impl SettingsPage {
    fn is_space(&self) -> bool {
        self.head.repo_type == RepoType::Space
    }

    fn at(&self, what: &str) -> String {
        format!("{}/settings/{what}", self.head.paths.base())
    }
}

/// A secret, without its value, or a variable.
struct Setting {
    key: String,
    value: String,
    description: String,
    since: When,
}

impl Setting {
    fn new(stored: StoredSetting) -> Self {
        let SpaceSetting { key, value, description, .. } = stored.setting;
        Self {
            key,
            value: shown::cut(&value, VALUE),
            description: description.unwrap_or_default(),
            since: When::new(stored.updated_at),
        }
    }
}

/// What a form did: the word in the address of the page, and the words for people.
const DONE: [(&str, &str); 6] = [
    ("access", "Who sees it and who gets its files was saved."),
    ("moved", "It has its new name. The old one leads here until somebody else uses it."),
    ("secret", "The secret was saved. Nobody is shown it again."),
    ("variable", "The variable was saved."),
    ("no-secret", "The secret was deleted."),
    ("no-variable", "The variable was deleted."),
];

/// The settings.
pub(super) async fn page(request: &Request, access: Access) -> Result<Response<Body>, ApiError> {
    show(request, access, None).await
}

async fn show(
    request: &Request,
    access: Access,
    problem: Option<(StatusCode, String)>,
) -> Result<Response<Body>, ApiError> {
    let owners = new_repo::namespaces(request.viewer()?);
    let (private, gated) = (access.repo.private, access.repo.gated.clone());
    let (head, (secrets, variables)) = request
        .read(access, Tab::Settings, |hub, access, _| {
            let settings = |kind| -> Result<Vec<Setting>, ApiError> {
                if access.repo.repo.repo_type != RepoType::Space {
                    return Ok(Vec::new());
                }
                let all = hub.store.space_settings(&access.repo, kind)?;
                Ok(all.into_iter().take(MOST).map(Setting::new).collect())
            };
            Ok((settings(SettingKind::Secret)?, settings(SettingKind::Variable)?))
        })
        .await?;
    let (status, problem) = problem.unzip();
    let asked = request.context.query.get("done");
    let done = DONE.into_iter().find(|(word, _)| asked == Some(*word)).map(|(_, text)| text);
    let page = SettingsPage {
        shell: request.shell(head.title("Settings")),
        head,
        private,
        gating: gated.unwrap_or_else(|| "no".to_owned()),
        owners,
        secrets,
        variables,
        done: done.filter(|_| problem.is_none()),
        problem,
    };
    request.html_with(status, &page)
}

/// Has done what a form says.
pub(super) async fn change(
    request: &Request,
    access: Access,
    body: &mut Incoming,
    change: SettingChange,
) -> Result<Response<Body>, ApiError> {
    let form = form::read(request, body).await?;
    let done = match operation(&access.repo, change, &form) {
        Ok(Operation { method, path, json, then }) => {
            form::call(request, method, &path, &json).await.map(|_| then)
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(then) => Ok(request.see(&then)),
        Err(error) => show(request, access, Some(form::problem(error)?)).await,
    }
}

/// An operation of the API, and the page that is shown then.
#[derive(Debug, PartialEq)]
struct Operation {
    method: Method,
    path: String,
    json: Value,
    then: String,
}

fn operation(record: &RepoRecord, change: SettingChange, form: &Query) -> Result<Operation, ApiError> {
    use SettingChange as C;
    let repo = &record.repo;
    let routes = route::repo(repo);
    let get = |name: &str| form.get(name).unwrap_or_default();
    let back = |repo: &RepoRef, done: &str| format!("{}/settings?done={done}", route::repo(repo).page());
    let value = |request: serde_json::Result<Value>| request.map_err(|error| ApiError::internal(&error));
    let setting = || {
        let description = Some(get("description").trim()).filter(|text| !text.is_empty());
        let setting = SpaceSetting::new(get("key").trim(), shown::lines(get("value")));
        value(serde_json::to_value(setting.description(description.map(str::to_owned))))
    };
    let key = || value(serde_json::to_value(SpaceSettingKey::new(get("key"))));
    let (method, path, json, then) = match change {
        C::Access => {
            (Method::PUT, routes.settings(), access_settings(repo.repo_type, form)?, back(repo, "access"))
        }
        C::Move => {
            let id = RepoId::new(get("owner"), get("name").trim())?;
            let request = MoveRepoRequest::new(repo.repo_type, repo.id.clone(), id.clone());
            let then = back(&RepoRef::new(repo.repo_type, id), "moved");
            (Method::POST, route::MOVE_REPO.to_owned(), value(serde_json::to_value(request))?, then)
        }
        C::Delete => {
            if repo.id != get("confirm").trim() {
                let message = format!("Type {} to delete it. Nothing was deleted.", repo.id);
                return Err(ApiError::bad_request(message));
            }
            let request = DeleteRepoRequest::new(repo.repo_type, &repo.id);
            let then = shown::account(repo.id.namespace().unwrap_or_default());
            (Method::DELETE, route::DELETE_REPO.to_owned(), value(serde_json::to_value(request))?, then)
        }
        C::AddSecret => (Method::POST, routes.space(SpaceRoute::Secrets), setting()?, back(repo, "secret")),
        C::AddVariable => {
            (Method::POST, routes.space(SpaceRoute::Variables), setting()?, back(repo, "variable"))
        }
        C::DeleteSecret => {
            (Method::DELETE, routes.space(SpaceRoute::Secrets), key()?, back(repo, "no-secret"))
        }
        C::DeleteVariable => {
            (Method::DELETE, routes.space(SpaceRoute::Variables), key()?, back(repo, "no-variable"))
        }
    };
    let is_of_any_kind = matches!(change, C::Access | C::Move | C::Delete);
    if !is_of_any_kind && repo.repo_type != RepoType::Space {
        return Err(ApiError::nowhere());
    }
    Ok(Operation { method, path, json, then })
}

/// Who sees it, and who gets its files.
fn access_settings(repo_type: RepoType, form: &Query) -> Result<Value, ApiError> {
    let private = match form.get("visibility") {
        Some("private") => true,
        Some("public") => false,
        _ => return Err(ApiError::bad_request("Choose who sees it.")),
    };
    let gated = match form.get("gated") {
        _ if repo_type == RepoType::Space => return Ok(json!({"private": private})),
        Some("no") => json!(false),
        Some(mode @ ("auto" | "manual")) => json!(mode),
        _ => return Err(ApiError::bad_request("Choose who gets its files.")),
    };
    Ok(json!({"private": private, "gated": gated}))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn record(repo_type: RepoType) -> RepoRecord {
        RepoRecord {
            key: 1,
            repo: RepoRef::new(repo_type, "ada/demo".parse().unwrap()),
            internal_id: String::new(),
            private: false,
            sdk: None,
            created_at: Timestamp::UNIX_EPOCH,
            creator: 1,
            lfs_multipart_threshold: None,
            gated: None,
            disabled: false,
        }
    }

    fn asked(repo_type: RepoType, change: SettingChange, form: &str) -> Result<Operation, ApiError> {
        operation(&record(repo_type), change, &Query::parse(form.as_bytes()))
    }

    #[test]
    fn each_form_is_an_operation_of_the_api() {
        use RepoType::{Dataset, Model, Space};
        use SettingChange as C;
        let cases = [
            (
                (Model, C::Access, "visibility=private&gated=auto"),
                (Method::PUT, "/api/models/ada/demo/settings", json!({"private": true, "gated": "auto"})),
                "/ada/demo/settings?done=access",
            ),
            (
                (Space, C::Access, "visibility=public&gated=auto"),
                (Method::PUT, "/api/spaces/ada/demo/settings", json!({"private": false})),
                "/spaces/ada/demo/settings?done=access",
            ),
            (
                (Dataset, C::Move, "owner=lab&name=new"),
                (
                    Method::POST,
                    "/api/repos/move",
                    json!({"fromRepo": "ada/demo", "toRepo": "lab/new", "type": "dataset"}),
                ),
                "/datasets/lab/new/settings?done=moved",
            ),
            (
                (Model, C::Delete, "confirm=ada%2Fdemo"),
                (
                    Method::DELETE,
                    "/api/repos/delete",
                    json!({"name": "demo", "organization": "ada", "type": "model"}),
                ),
                "/ada",
            ),
            (
                (Space, C::AddSecret, "key=KEY&value=a%0D%0Ab"),
                (Method::POST, "/api/spaces/ada/demo/secrets", json!({"key": "KEY", "value": "a\nb"})),
                "/spaces/ada/demo/settings?done=secret",
            ),
            (
                (Space, C::DeleteVariable, "key=KEY"),
                (Method::DELETE, "/api/spaces/ada/demo/variables", json!({"key": "KEY"})),
                "/spaces/ada/demo/settings?done=no-variable",
            ),
        ];
        for ((repo_type, change, form), (method, path, json), then) in cases {
            let expected = Operation { method, path: path.to_owned(), json, then: then.to_owned() };
            assert_eq!(asked(repo_type, change, form).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_not_said_whole_is_not_done() {
        use RepoType::{Model, Space};
        use SettingChange as C;
        for (repo_type, change, form) in [
            (Model, C::Access, "visibility=private"),
            (Model, C::Access, "gated=no"),
            (Model, C::Access, "visibility=private&gated=yes"),
            (Model, C::Move, "owner=lab&name=a/b"),
            (Model, C::Delete, ""),
            (Model, C::Delete, "confirm=demo"),
            (Model, C::AddSecret, "key=KEY&value=a"),
            (Space, C::Delete, "confirm=ada/other"),
        ] {
            assert!(asked(repo_type, change, form).is_err(), "{change:?} {form}");
        }
    }
}
