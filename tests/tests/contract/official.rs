//! What the official Python client sends for a method, this client sends too: verb, URL, and each query parameter and
//! field of the body with the form of its value. The facts are recorded from the client itself (`cargo xtask interop`).

use std::collections::{BTreeMap, BTreeSet};

use hub_api::types::route::{self, Route};
use serde::Deserialize;
use serde_json::Value;

use crate::watch::Exchange;

const NEWEST: &str = include_str!("../../parity/requests.json");
const OLD: &str = include_str!("../../parity/requests-0.12.json");
const DIFFERENCES: &str = include_str!("../../parity/differences.json");

#[derive(Deserialize)]
struct Recorded {
    calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    call: String,
    requests: Vec<Sent>,
}

#[derive(Deserialize)]
struct Sent {
    verb: String,
    path: String,
    #[serde(default)]
    query: BTreeMap<String, Value>,
    json: Option<Value>,
    lines: Option<Vec<Value>>,
    form: Option<BTreeMap<String, Value>>,
}

/// A difference that is meant.
#[derive(Deserialize)]
struct Difference {
    call: String,
    what: String,
    reason: String,
}

/// What a method sends to one kind of URL: query parameters and fields of the body, alone and with the form of the value.
type Names = BTreeMap<(String, String), BTreeSet<String>>;

/// What the official client sends and this one does not, as `create_repo: POST CreateRepo body visibility`.
pub(crate) fn missing(exchanges: &[Exchange]) -> BTreeSet<String> {
    let mut ours = Names::new();
    for exchange in exchanges {
        let Some(by) = exchange.by else { continue };
        let place = format!("{} {}", exchange.method, url(exchange.uri.path()));
        let query = url_pairs(exchange.uri.query().unwrap_or_default());
        let names = ours.entry((by.to_owned(), place)).or_default();
        names.extend(query);
        let body = body_names(&exchange.body);
        names.extend(body.iter().filter_map(|field| field.split(':').next()).map(str::to_owned));
        names.extend(body);
    }
    let mut missing = BTreeSet::new();
    for Call { call, requests } in recorded(NEWEST).into_iter().chain(recorded(OLD)) {
        for sent in requests.iter().filter(|sent| sent.path != "<server>") {
            let place = format!("{} {}", sent.verb, url(&sent.path));
            let Some(names) = ours.get(&(call.clone(), place.clone())) else {
                missing.insert(format!("{call}: {place}"));
                continue;
            };
            let lost = sent.names().into_iter().filter(|name| !names.contains(name));
            missing.extend(lost.map(|name| format!("{call}: {place} {name}")));
        }
    }
    missing
}

/// The differences that are meant, without their reasons.
pub(crate) fn meant() -> BTreeSet<String> {
    let differences: Vec<Difference> = serde_json::from_str(DIFFERENCES).unwrap();
    assert!(differences.iter().all(|difference| !difference.reason.is_empty()));
    differences.into_iter().map(|difference| format!("{}: {}", difference.call, difference.what)).collect()
}

fn recorded(text: &str) -> Vec<Call> {
    serde_json::from_str::<Recorded>(text).unwrap().calls
}

impl Sent {
    fn names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<_> = self
            .query
            .iter()
            .flat_map(|(name, value)| values(value).map(|value| parameter(name, value)))
            .collect();
        names.extend(self.json.iter().flat_map(fields));
        names.extend(self.lines.iter().flatten().flat_map(line_fields));
        // A form and a document have the same fields; all values of a form are text, so names are all it has.
        names.extend(self.form.iter().flat_map(|form| form.keys()).map(|name| format!("body {name}")));
        names
    }
}

/// The values of a parameter that may be repeated.
fn values(value: &Value) -> impl Iterator<Item = &str> {
    let one = value.as_str().into_iter();
    one.chain(value.as_array().into_iter().flatten().filter_map(Value::as_str))
}

fn body_names(body: &[u8]) -> BTreeSet<String> {
    match serde_json::from_slice::<Value>(body) {
        Ok(document) if !document["value"].is_object() => fields(&document),
        _ => serde_json::Deserializer::from_slice(body)
            .into_iter::<Value>()
            .filter_map(Result::ok)
            .flat_map(|line| line_fields(&line))
            .collect(),
    }
}

/// Fields of a document: `body private: boolean`.
fn fields(document: &Value) -> BTreeSet<String> {
    let fields = document.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    fields.map(|(name, value)| format!("body {name}: {}", form(value))).collect()
}

/// Fields of a line of a commit: `line header.summary: text`.
fn line_fields(line: &Value) -> BTreeSet<String> {
    let key = line["key"].as_str().unwrap_or_default();
    let fields = line["value"].as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    fields.map(|(name, value)| format!("line {key}.{name}: {}", form(value))).collect()
}

/// The form of a value of JSON: of an array that of its first element, of an object the names of its fields.
fn form(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "text".to_owned(),
        Value::Array(items) => format!("[{}]", items.first().map(form).unwrap_or_default()),
        Value::Object(fields) => {
            let names: BTreeSet<_> = fields.keys().map(String::as_str).collect();
            format!("{{{}}}", names.into_iter().collect::<Vec<_>>().join(", "))
        }
    }
}

/// A query parameter with the form of its value; a truth value keeps how it is spelled.
fn parameter(name: &str, value: &str) -> String {
    let form = match value {
        "true" | "false" => "true or false",
        "True" | "False" => "True or False",
        _ if value.parse::<i64>().is_ok() => "number",
        _ => "text",
    };
    format!("query {}: {form}", name.trim_end_matches("[]"))
}

fn url_pairs(query: &str) -> BTreeSet<String> {
    url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| parameter(&name, &value)).collect()
}

/// The kind of a URL, without what it names: `DiscussionAction Comment`.
fn url(path: &str) -> String {
    let path = path.replace("<oid>", &"a".repeat(40)).replace("<id>", "abc");
    let shown = match route::parse(&path).unwrap_or_else(|error| panic!("{path}: {error}")) {
        Route::Repo { action, .. } => format!("{action:?}"),
        other => format!("{other:?}"),
    };
    let mut words = String::new();
    for (number, part) in shown.split('"').enumerate() {
        if number % 2 == 0 {
            words.push_str(part);
        }
    }
    let words = words.replace(": false", "").replace(": true", "");
    let words = words.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    words.filter(|word| !matches!(*word, "Some" | "None" | "Revision")).collect::<Vec<_>>().join(" ")
}
