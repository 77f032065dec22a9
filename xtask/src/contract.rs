//! The part of `cargo xtask parity` about operations: docs/operations.md says how each one that the Hub publishes can be
//! sent. The facts are in tests/contract, where a test compares them with what the client does.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::Outcome;
use crate::page::{Page, facts};

/// The kinds of repositories that `{kind}` stands for in the names of coverage.json.
const KINDS: [&str; 3] = ["models", "datasets", "spaces"];

/// How an operation can be sent.
#[derive(Debug, Clone, PartialEq)]
enum Way {
    /// These methods of `HfApi` send it.
    Methods(Vec<String>),
    /// `HfApi::request` with method, path and JSON.
    Request,
    /// `HfApi::request` with an endpoint of one's own, and why JSON will not do.
    OwnEndpoint(String),
    /// No call does, and why.
    Not(String),
}

/// Which call sends each operation.
pub(crate) fn page() -> Outcome<Page> {
    let rows = rows(&facts("contract/operations.json")?, &facts("contract/coverage.json")?)?;
    let summary = summary(&rows);
    Ok(Page { name: "docs/operations.md", text: written(&rows, &summary), summary })
}

/// Each operation, in the order of the facts, with its way.
fn rows(operations: &Value, coverage: &Value) -> Outcome<Vec<(String, Way)>> {
    let mut rows = Vec::new();
    for operation in operations["operations"].as_array().into_iter().flatten() {
        let text = |key: &str| operation[key].as_str().unwrap_or_default();
        rows.push((format!("{} {}", text("method"), text("path")), Way::Request));
    }
    let mut set = |names: &str, way: &Way| -> Outcome {
        for name in each_kind(names) {
            match rows.iter_mut().find(|(operation, _)| *operation == name) {
                Some((_, old @ Way::Request)) => *old = way.clone(),
                Some(_) => return Err(format!("tests/contract/coverage.json has {name} twice")),
                None => return Err(format!("tests/contract/coverage.json: there is no operation {name}")),
            }
        }
        Ok(())
    };
    let section = |key: &str| -> Outcome<&Map<String, Value>> {
        coverage[key].as_object().ok_or_else(|| format!("tests/contract/coverage.json has no {key:?}"))
    };
    for (names, methods) in section("methods")? {
        let methods = methods.as_array().into_iter().flatten().filter_map(Value::as_str);
        set(names, &Way::Methods(methods.map(str::to_owned).collect()))?;
    }
    for (names, reason) in section("own_endpoint")? {
        set(names, &Way::OwnEndpoint(reason.as_str().unwrap_or_default().to_owned()))?;
    }
    for (names, reason) in section("not")? {
        set(names, &Way::Not(reason.as_str().unwrap_or_default().to_owned()))?;
    }
    Ok(rows)
}

fn each_kind(names: &str) -> Vec<String> {
    if names.contains("{kind}") {
        KINDS.iter().map(|kind| names.replace("{kind}", kind)).collect()
    } else {
        vec![names.to_owned()]
    }
}

fn summary(rows: &[(String, Way)]) -> String {
    let count = |is: fn(&Way) -> bool| rows.iter().filter(|(_, way)| is(way)).count();
    let not = count(|way| matches!(way, Way::Not(_)));
    format!(
        "{} of {} operations can be sent: {} by a method, {} by `HfApi::request` with method, path and JSON, {} by \
         `HfApi::request` with an endpoint of your own; {not} cannot",
        rows.len() - not,
        rows.len(),
        count(|way| matches!(way, Way::Methods(_))),
        count(|way| matches!(way, Way::Request)),
        count(|way| matches!(way, Way::OwnEndpoint(_))),
    )
}

fn written(rows: &[(String, Way)], summary: &str) -> String {
    let mut page = format!(
        "# Operations of the Hub\n\n\
         After this page you know which operations of the Hub this client has, and what sends each one.\n\n\
         `cargo xtask parity --write` makes this page from the\n\
         files in `tests/contract`; `cargo xtask parity` fails when it is out of date, and a test\n\
         fails when a method sends something else than this page says.\n\n\
         {summary}.\n\n\
         | operation | sent by |\n|---|---|\n"
    );
    for (operation, way) in rows {
        let way = match way {
            Way::Methods(names) => {
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            }
            Way::Request => "`HfApi::request`".to_owned(),
            Way::OwnEndpoint(reason) => format!("`HfApi::request` with an endpoint of your own: {reason}"),
            Way::Not(reason) => format!("not: {reason}"),
        };
        // Writing to a text cannot fail.
        let _ = writeln!(page, "| `{operation}` | {way} |");
    }
    page
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(coverage: &Value) -> Outcome<String> {
        let operation = |method: &str, path: &str| json!({"method": method, "path": path});
        let operations = json!({"operations": [
            operation("GET", "/api/whoami-v2"),
            operation("PUT", "/api/models/x"),
            operation("PUT", "/api/datasets/x"),
            operation("PUT", "/api/spaces/x"),
            operation("GET", "/api/logs"),
            operation("GET", "/api/papers"),
        ]});
        let rows = rows(&operations, coverage)?;
        Ok(written(&rows, &summary(&rows)))
    }

    #[test]
    fn each_operation_has_a_row_that_says_what_sends_it() {
        let page = made(&json!({
            "methods": {"GET /api/whoami-v2": ["a", "b"], "PUT /api/{kind}/x": ["c"]},
            "own_endpoint": {},
            "not": {"GET /api/logs": "it never ends"},
        }))
        .unwrap();
        for row in [
            "5 of 6 operations can be sent: 4 by a method, 1 by `HfApi::request` with method",
            "| `GET /api/whoami-v2` | `a`, `b` |\n",
            "| `PUT /api/spaces/x` | `c` |\n",
            "| `GET /api/logs` | not: it never ends |\n",
            "| `GET /api/papers` | `HfApi::request` |\n",
        ] {
            assert!(page.contains(row), "{row} in\n{page}");
        }
    }

    #[test]
    fn names_that_do_not_exist_or_come_twice_are_faults() {
        let unknown = json!({"methods": {"GET /api/none": ["a"]}, "own_endpoint": {}, "not": {}});
        assert!(made(&unknown).unwrap_err().contains("there is no operation GET /api/none"));
        let twice =
            json!({"methods": {"GET /api/logs": ["a"]}, "own_endpoint": {}, "not": {"GET /api/logs": "x"}});
        assert!(made(&twice).unwrap_err().contains("GET /api/logs twice"));
        assert!(made(&json!({"methods": {}})).is_err());
    }

    #[test]
    fn the_page_is_up_to_date() {
        page().unwrap().check().unwrap();
    }
}
