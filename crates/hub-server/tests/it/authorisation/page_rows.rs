//! What every caller is answered by each page and each form, asked with a browser.

use http::Method;
use serde_json::{Value, json};

use super::rows::{READ, Row};
use crate::{
    page::Browser,
    support::{Call, WIM},
};

/// Statuses of forms of those who write, which lead to another page.
const WRITE: ([u16; 5], [u16; 5]) = ([401, 403, 403, 303, 403], [401, 404, 403, 303, 403]);
/// Statuses of forms of those who may see it and have a token that writes.
const CONTRIBUTE: ([u16; 5], [u16; 5]) = ([401, 303, 303, 303, 403], [401, 404, 303, 303, 403]);
/// Statuses of the pages with such forms.
const BEFORE_WRITE: ([u16; 5], [u16; 5]) = super::rows::WRITE;
const BEFORE_CONTRIBUTE: ([u16; 5], [u16; 5]) = super::rows::CONTRIBUTE;
/// As [`WRITE`], where a writer is told that something is wrong, so that the repository stays what it is.
const REFUSED: ([u16; 5], [u16; 5]) = ([401, 403, 403, 400, 403], [401, 404, 403, 400, 403]);

/// A form with the fields of `body`. What is an object is a file.
pub(super) fn request(browser: &Browser<'_>, method: &Method, uri: &str, body: &Value) -> Call {
    let Some(fields) = body.as_object().filter(|_| *method == Method::POST) else {
        let request = browser.call(method.clone(), uri);
        return if *method == Method::POST { browser.form(uri, &[]) } else { request };
    };
    let texts = fields.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let texts: Vec<(&str, &str)> = texts.collect();
    let file = fields.iter().find_map(|(field, value)| {
        let value = value.as_object()?;
        Some((field.as_str(), value["name"].as_str()?, value["content"].as_str()?.as_bytes()))
    });
    match file {
        Some(file) => browser.form_with_files(uri, &texts, &[file]),
        None => browser.form(uri, &texts),
    }
}

fn row(method: Method, route: &'static str, body: Value, (public, private): ([u16; 5], [u16; 5])) -> Row {
    Row { method, route, body, public, private, is_page: true }
}

fn get(route: &'static str, statuses: ([u16; 5], [u16; 5])) -> Row {
    row(Method::GET, route, json!(null), statuses)
}

fn post(route: &'static str, body: Value, statuses: ([u16; 5], [u16; 5])) -> Row {
    row(Method::POST, route, body, statuses)
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/{}", READ),
        get("/{}/tree/main", READ),
        get("/{}/blob/main/a.txt", READ),
        get("/{}/commits/main", READ),
        get("/{}/commits/main/a.txt", READ),
        get("/{}/commit/main", READ),
        get("/{}/compare/refs%2Fpr%2F2..main", READ),
        get("/{}/activity", READ),
        get("/{}/refs", READ),
        get("/{}/discussions", READ),
        get("/{}/discussions/1", READ),
        get("/{}/discussions/2", READ),
        get("/{}/discussions/2/files", READ),
        get("/{}/discussions/new", BEFORE_CONTRIBUTE),
        get("/{}/settings", BEFORE_WRITE),
        get("/{}/upload/main", BEFORE_CONTRIBUTE),
        get("/{}/edit/main/new.txt", BEFORE_CONTRIBUTE),
        get("/{}/delete/main/a.txt", BEFORE_CONTRIBUTE),
        post("/{}/like", json!({"like": "yes"}), CONTRIBUTE),
        post("/{}/refs/create-branch", json!({"branch": "page", "start": "main"}), WRITE),
        post("/{}/refs/delete-branch", json!({"branch": "page"}), WRITE),
        post("/{}/refs/create-tag", json!({"tag": "page", "revision": "main"}), WRITE),
        post("/{}/refs/delete-tag", json!({"tag": "page"}), WRITE),
        post("/{}/discussions/new", json!({"title": "Title", "description": "x"}), CONTRIBUTE),
        post("/{}/discussions/1/comment", json!({"comment": "x"}), CONTRIBUTE),
        post("/{}/discussions/1/title", json!({"title": "Title"}), WRITE),
        post("/{}/discussions/1/status", json!({"status": "open"}), WRITE),
        post("/{}/discussions/1/comment/ID/edit", json!({"comment": "x"}), WRITE),
        post("/{}/discussions/1/comment/ID/hide", json!({}), WRITE),
        // A discussion is no pull request, which a writer is told.
        post("/{}/discussions/1/merge", json!({}), REFUSED),
        // It stays what it is: the fields are those of `Kind::access`.
        post("/{}/settings/access", json!({}), WRITE),
        post("/{}/settings/move", json!({"owner": "analytical", "name": "a/b"}), REFUSED),
        post("/{}/settings/delete", json!({"confirm": "something else"}), REFUSED),
        post(
            "/{}/upload/main",
            json!({"how": "propose", "files": {"name": "u.txt", "content": "x"}}),
            CONTRIBUTE,
        ),
        post(
            "/{}/edit/main/new.txt",
            json!({"how": "propose", "path": "new.txt", "text": "x", "parent": "TIP"}),
            CONTRIBUTE,
        ),
        post("/{}/delete/main/a.txt", json!({"how": "propose", "parent": "TIP"}), CONTRIBUTE),
    ]
}

pub(super) fn space_rows() -> Vec<Row> {
    let (pair, key) = (json!({"key": "A", "value": "x"}), json!({"key": "A"}));
    vec![
        get("/spaces/{}", READ),
        get("/spaces/{}/settings", BEFORE_WRITE),
        post("/spaces/{}/settings/add-secret", pair.clone(), WRITE),
        post("/spaces/{}/settings/delete-secret", key.clone(), WRITE),
        post("/spaces/{}/settings/add-variable", pair, WRITE),
        post("/spaces/{}/settings/delete-variable", key, WRITE),
    ]
}

/// Pages of no repository.
pub(super) fn rows_without_repository() -> Vec<(Method, &'static str, Value, [u16; 5])> {
    let get = |route, statuses| (Method::GET, route, json!(null), statuses);
    vec![
        get("/", [200; 5]),
        get("/_page/style.css", [200; 5]),
        get("/activity", [200; 5]),
        get("/models", [200; 5]),
        get("/datasets", [200; 5]),
        get("/spaces", [200; 5]),
        get("/ada", [200; 5]),
        get("/analytical", [200; 5]),
        get("/login", [200; 5]),
        get("/new", [401, 200, 200, 200, 200]),
        get("/settings/tokens", [401, 200, 200, 200, 200]),
        (Method::POST, "/login", json!({"token": WIM, "back": "/"}), [303; 5]),
        (Method::POST, "/logout", json!({}), [303; 5]),
        (
            Method::POST,
            "/new",
            json!({"type": "model", "owner": "analytical", "name": "page"}),
            [401, 403, 403, 303, 403],
        ),
        // A token that reads makes none that writes, and ends none but itself.
        (
            Method::POST,
            "/settings/tokens",
            json!({"name": "page", "role": "write"}),
            [401, 200, 200, 200, 403],
        ),
        (Method::POST, "/settings/tokens/revoke", json!({"name": "page"}), [401, 303, 303, 303, 403]),
    ]
}
