//! What the forms of a discussion do.

use askama::Template;
use http::{Method, Response, StatusCode};
use hub_types::{
    query::Query,
    route::{self, DiscussionAction},
};
use serde_json::{Value, json};

use super::{
    discussion::{self, Typed},
    form,
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
    shown,
};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    route::{page::DiscussionChange, rights::Access},
};

#[derive(Template)]
#[template(path = "new_discussion.html")]
struct NewPage {
    shell: Shell,
    head: RepoHead,
    title: String,
    description: String,
    is_pull_request: bool,
    problem: Option<String>,
}

pub(super) async fn new_page(request: &Request, access: Access) -> Result<Response<Body>, ApiError> {
    new_with(request, access, &Query::default(), None).await
}

/// The form for a new discussion, with what was typed into it.
async fn new_with(
    request: &Request,
    access: Access,
    typed: &Query,
    problem: Option<(StatusCode, String)>,
) -> Result<Response<Body>, ApiError> {
    let (head, ()) = request.read(access, Tab::Discussions, |_, _, _| Ok(())).await?;
    let (status, problem) = problem.unzip();
    let text = |name| typed.get(name).unwrap_or_default().to_owned();
    let page = NewPage {
        shell: request.shell(head.title("New discussion")),
        head,
        title: text("title"),
        description: text("description"),
        is_pull_request: typed.has("pull_request"),
        problem,
    };
    request.html_with(status, &page)
}

/// Opens a discussion, or a pull request as a draft.
pub(super) async fn create(
    request: &Request,
    access: Access,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let form = form::read(request, body).await?;
    let routes = route::repo(&access.repo.repo);
    let json = json!({
        "title": form.get("title").unwrap_or_default(),
        "description": shown::lines(form.get("description").unwrap_or_default()),
        "pullRequest": form.has("pull_request"),
    });
    match form::call(request, Method::POST, &routes.discussions(), &json).await {
        Ok(made) => {
            let number = made.get("num").and_then(Value::as_u64).unwrap_or_default();
            Ok(request.see(&routes.discussion_page(number)))
        }
        Err(error) => {
            let problem = form::problem(error)?;
            new_with(request, access, &form, Some(problem)).await
        }
    }
}

/// Does to a discussion what a form says, and shows it again. What the API refuses is said there, with what was typed.
pub(super) async fn change(
    request: &Request,
    access: Access,
    body: &mut Incoming,
    number: u64,
    change: DiscussionChange,
) -> Result<Response<Body>, ApiError> {
    let form = form::read(request, body).await?;
    let (action, json) = wanted(&change, &form);
    let routes = route::repo(&access.repo.repo);
    let path = routes.discussion_action(number, &action);
    let error = match form::call(request, Method::POST, &path, &json).await {
        Ok(done) => {
            let page = routes.discussion_page(number);
            return Ok(request.see(&match event(&done) {
                Some(id) => format!("{page}?at={id}#event-{id}"),
                None => page,
            }));
        }
        Err(error) => error,
    };
    let problem = form::problem(error)?;
    let text = |name| form.get(name).unwrap_or_default().to_owned();
    match action {
        DiscussionAction::EditComment(id) => {
            discussion::edit_page(request, access, number, id, Some((text("comment"), problem))).await
        }
        DiscussionAction::Title => {
            let typed = Typed { title: Some(text("title")), ..Typed::default() };
            discussion::show(request, access, number, typed, Some(problem)).await
        }
        _ => {
            let typed = Typed { comment: text("comment"), ..Typed::default() };
            discussion::show(request, access, number, typed, Some(problem)).await
        }
    }
}

/// The operation of the API that a form stands for, and its body. The form that comments has buttons that close or open too.
fn wanted(change: &DiscussionChange, form: &Query) -> (DiscussionAction, Value) {
    let comment = shown::lines(form.get("comment").unwrap_or_default());
    // A comment that goes with something may be left out.
    let and_comment = (!comment.trim().is_empty()).then(|| comment.clone());
    match (change, form.get("status")) {
        (DiscussionChange::Comment, None) => (DiscussionAction::Comment, json!({"comment": comment})),
        (DiscussionChange::Comment | DiscussionChange::Status, status) => {
            let mut json = json!({"status": status.unwrap_or_default()});
            if let (Some(comment), Value::Object(fields)) = (and_comment, &mut json) {
                fields.insert("comment".to_owned(), json!(comment));
            }
            (DiscussionAction::Status, json)
        }
        (DiscussionChange::Title, _) => {
            (DiscussionAction::Title, json!({"title": form.get("title").unwrap_or_default()}))
        }
        (DiscussionChange::Merge, _) => {
            let json = and_comment.map_or(Value::Null, |comment| json!({"comment": comment}));
            (DiscussionAction::Merge, json)
        }
        (DiscussionChange::EditComment(id), _) => {
            (DiscussionAction::EditComment(id.clone()), json!({"content": comment}))
        }
        (DiscussionChange::HideComment(id), _) => (DiscussionAction::HideComment(id.clone()), Value::Null),
    }
}

/// The id of the event that was made or changed.
fn event(done: &Value) -> Option<&str> {
    let Value::Object(fields) = done else { return None };
    let id = fields.values().find_map(|event| event.get("id")?.as_str())?;
    id.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted_of(change: DiscussionChange, form: &str) -> (DiscussionAction, Value) {
        wanted(&change, &Query::parse(form.as_bytes()))
    }

    #[test]
    fn a_form_says_what_a_program_says_in_json() {
        use DiscussionAction as A;
        use DiscussionChange as C;
        for (change, form, action, json) in [
            (C::Comment, "comment=a%0D%0Ab", A::Comment, json!({"comment": "a\nb"})),
            (C::Comment, "comment=&status=closed", A::Status, json!({"status": "closed"})),
            (C::Status, "comment=bye&status=open", A::Status, json!({"status": "open", "comment": "bye"})),
            (C::Title, "title=Better", A::Title, json!({"title": "Better"})),
            (C::Merge, "comment=+", A::Merge, Value::Null),
            (C::Merge, "comment=good", A::Merge, json!({"comment": "good"})),
            (
                C::EditComment("7".into()),
                "comment=new",
                A::EditComment("7".into()),
                json!({"content": "new"}),
            ),
            (C::HideComment("7".into()), "", A::HideComment("7".into()), Value::Null),
        ] {
            assert_eq!(wanted_of(change, form), (action, json), "{form}");
        }
    }

    #[test]
    fn the_event_is_found_in_what_the_api_says() {
        assert_eq!(event(&json!({"newMessage": {"id": "0af"}})), Some("0af"));
        for nothing in [json!({}), json!(null), json!({"newMessage": {"id": "a b"}})] {
            assert_eq!(event(&nothing), None);
        }
    }
}
