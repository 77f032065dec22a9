//! Whether an exchange is what the contract says, and where it is not.

use std::collections::BTreeSet;

use jsonschema::{Validator, error::ValidationErrorKind};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::{facts::Operation, watch::Exchange};

/// The operation that an exchange belongs to, if the contract has it.
pub(crate) fn operation_of<'o>(operations: &'o [Operation], exchange: &Exchange) -> Option<&'o Operation> {
    let path = exchange.uri.path();
    let fitting = |operation: &&Operation| {
        operation.method == exchange.method
            && operation.fit(path).is_some_and(|values| {
                // A kind that does not exist makes another operation of it.
                let mut kinds = values.iter().filter(|(name, _)| **name == "repoType");
                kinds.all(|(name, value)| accepts(operation, "path", name, value))
            })
    };
    operations.iter().filter(fitting).max_by_key(|operation| operation.literal_segments())
}

fn accepts(operation: &Operation, place: &str, name: &str, value: &str) -> bool {
    let known = operation.parameters.get(&(place.to_owned(), name.to_owned()));
    known.is_none_or(|parameter| parameter.judge.is_valid(&value.into()))
}

/// Every place where an exchange departs from its operation, as `body /files/*/size missing`.
pub(crate) fn departures(operation: &Operation, exchange: &Exchange) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    path(operation, exchange, &mut found);
    query(operation, exchange, &mut found);
    headers(operation, exchange, &mut found);
    body(operation, exchange, &mut found);
    response(operation, exchange, &mut found);
    found
}

fn path(operation: &Operation, exchange: &Exchange, found: &mut BTreeSet<String>) {
    for (name, value) in operation.fit(exchange.uri.path()).unwrap() {
        let value = percent_decode_str(&value).decode_utf8().unwrap().into_owned();
        if value.is_empty() {
            found.insert(format!("path {name} missing"));
        } else if !accepts(operation, "path", name, &value) {
            found.insert(format!("path {name}"));
        }
    }
}

fn query(operation: &Operation, exchange: &Exchange, found: &mut BTreeSet<String>) {
    let url = url::Url::parse(&exchange.uri.to_string()).unwrap();
    let given: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    for ((_, name), parameter) in operation.parameters.iter().filter(|((place, _), _)| place == "query") {
        let values: Vec<&str> =
            given.iter().filter(|(given, _)| given == name).map(|(_, value)| &**value).collect();
        let fits = match values.as_slice() {
            [] if parameter.required => {
                found.insert(format!("query {name} missing"));
                continue;
            }
            [] => true,
            values if parameter.is_list => parameter.judge.is_valid(&values.into()),
            [value] => {
                // The text `5` is a number where the contract has a number.
                let read = serde_json::from_str::<Value>(value);
                parameter.judge.is_valid(&(*value).into())
                    || read.is_ok_and(|value| parameter.judge.is_valid(&value))
            }
            _ => false,
        };
        if !fits {
            found.insert(format!("query {name}"));
        }
    }
    for (name, _) in given {
        if !operation.parameters.contains_key(&("query".to_owned(), name.clone())) {
            found.insert(format!("query {name} unexpected"));
        }
    }
}

fn headers(operation: &Operation, exchange: &Exchange, found: &mut BTreeSet<String>) {
    for ((_, name), parameter) in operation.parameters.iter().filter(|((place, _), _)| place == "header") {
        let Some(value) = exchange.headers.get(name) else { continue };
        if !parameter.judge.is_valid(&value.to_str().unwrap().into()) {
            found.insert(format!("header {name}"));
        }
    }
}

fn body(operation: &Operation, exchange: &Exchange, found: &mut BTreeSet<String>) {
    match &operation.body {
        None if exchange.body.is_empty() => {}
        None => {
            found.insert("body unexpected".to_owned());
        }
        Some(judge) if exchange.body.is_empty() => {
            if !judge.is_valid(&serde_json::json!({})) {
                found.insert("body missing".to_owned());
            }
        }
        Some(judge) => match serde_json::from_slice(&exchange.body) {
            Ok(sent) => misfits(judge, &sent, "body", found),
            Err(_) => {
                found.insert("body is not JSON".to_owned());
            }
        },
    }
}

fn response(operation: &Operation, exchange: &Exchange, found: &mut BTreeSet<String>) {
    let status = exchange.status;
    let Some(described) = operation.responses.get(&status) else {
        // The contract leaves out failures, and the responses of some operations altogether.
        if status < 400 && !operation.responses.is_empty() {
            found.insert(format!("response {status} unexpected"));
        }
        return;
    };
    if status >= 300 && exchange.response.is_empty() {
        return;
    }
    if !exchange.response_type.starts_with("application/json") {
        found.insert(format!("response {status} is not JSON"));
        return;
    }
    let said = serde_json::from_slice(&exchange.response).unwrap();
    misfits(&described.judge, &said, &format!("response {status}"), found);
}

/// Finds the places where a value does not fit. What is there too much is then taken away and the rest judged again, so
/// that nothing hides behind it.
fn misfits(judge: &Validator, value: &Value, what: &str, found: &mut BTreeSet<String>) {
    let mut value = value.clone();
    loop {
        let places = misfits_once(judge, &value);
        let extra: Vec<String> =
            places.iter().filter_map(|place| place.strip_suffix(" unexpected")).map(str::to_owned).collect();
        found.extend(places.into_iter().map(|place| format!("{what} {place}")));
        let mut removed = false;
        for pointer in extra {
            let parts: Vec<&str> = pointer.split('/').skip(1).collect();
            removed |= remove(&mut value, &parts);
        }
        if !removed {
            return;
        }
    }
}

fn misfits_once(judge: &Validator, value: &Value) -> BTreeSet<String> {
    let is_unevaluated =
        |kind: &ValidationErrorKind| matches!(kind, ValidationErrorKind::UnevaluatedProperties { .. });
    let (unevaluated, others): (Vec<_>, Vec<_>) =
        judge.iter_errors(value).partition(|error| is_unevaluated(error.kind()));
    // Nothing of an alternative that failed counts as known: then what is too much cannot be told.
    let told = if others.is_empty() { unevaluated } else { others };
    told.iter().flat_map(|error| places_of(error.kind(), error.instance_path().as_str())).collect()
}

/// Takes away what is at a place, in each item of the lists on the way.
fn remove(value: &mut Value, place: &[&str]) -> bool {
    match (value, place) {
        (Value::Object(fields), [name]) => fields.remove(*name).is_some(),
        (Value::Object(fields), [name, rest @ ..]) => {
            fields.get_mut(*name).is_some_and(|field| remove(field, rest))
        }
        (Value::Array(items), ["*", rest @ ..]) => {
            items.iter_mut().filter_map(|item| remove(item, rest).then_some(())).count() > 0
        }
        _ => false,
    }
}

/// Where an error is: of several alternatives that failed, that in which the fewest places do.
fn places_of(kind: &ValidationErrorKind, at: &str) -> BTreeSet<String> {
    let at = without_positions(at);
    let named = |names: &[String], what: &str| {
        names.iter().map(|name| format!("{at}/{name} {what}")).collect::<BTreeSet<_>>()
    };
    match kind {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => context
            .iter()
            .map(|errors| {
                let places = errors.iter().flat_map(|e| places_of(e.kind(), e.instance_path().as_str()));
                places.collect::<BTreeSet<_>>()
            })
            .min_by_key(BTreeSet::len)
            .unwrap_or_default(),
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => named(unexpected, "unexpected"),
        ValidationErrorKind::Required { property } => {
            named(&[property.as_str().unwrap_or_default().to_owned()], "missing")
        }
        other => BTreeSet::from([format!("{at} {}", other.keyword())]),
    }
}

/// `/files/3/size` as `/files/*/size`.
fn without_positions(pointer: &str) -> String {
    let is_position = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> =
        pointer.split('/').map(|part| if is_position(part) { "*" } else { part }).collect();
    parts.join("/")
}
