//! The files of `tests/contract`: operations that the Hub publishes, which method sends which, and where we depart.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use http::Method;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// What the contract says of one operation.
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// The path with its parameters in braces.
    pub(crate) path: String,
    /// By place (`path`, `query`, `header`) and name.
    pub(crate) parameters: BTreeMap<(String, String), Parameter>,
    /// Judges the JSON that is sent; without one the contract knows no body.
    pub(crate) body: Option<Validator>,
    /// Judges the JSON that is answered, by status.
    pub(crate) responses: BTreeMap<u16, ResponseSchema>,
    /// Whether more than method and path is kept of it.
    described: bool,
}

/// What the contract says of one parameter.
pub(crate) struct Parameter {
    pub(crate) judge: Validator,
    pub(crate) is_list: bool,
    pub(crate) required: bool,
}

/// What the contract says of the responses with one status.
pub(crate) struct ResponseSchema {
    pub(crate) judge: Validator,
    pub(crate) schema: Value,
}

impl Operation {
    /// `GET /api/whoami-v2`
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// What a path gives for each parameter of the template, still percent-encoded; `None` if it does not fit. The
    /// parameter `path` stands for any number of segments, also none.
    pub(crate) fn fit(&self, path: &str) -> Option<BTreeMap<&str, String>> {
        let mut values = BTreeMap::new();
        let mut segments = path.trim_start_matches('/').split('/');
        for part in self.path.trim_start_matches('/').split('/') {
            match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some("path") => {
                    values.insert("path", segments.by_ref().collect::<Vec<_>>().join("/"));
                }
                Some(name) => {
                    values.insert(name, segments.next()?.to_owned());
                }
                None if segments.next() == Some(part) => {}
                None => return None,
            }
        }
        segments.next().is_none().then_some(values)
    }

    /// How much of the path is written out: of two that fit, the one with more is meant.
    pub(crate) fn literal_segments(&self) -> usize {
        self.path.split('/').filter(|part| !part.starts_with('{')).count()
    }
}

fn validator(schema: &Value, shared: &Value) -> Validator {
    let mut whole = Map::from_iter([
        ("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema")),
        ("$defs".to_owned(), shared.clone()),
    ]);
    whole.extend(schema.as_object().unwrap().clone());
    jsonschema::options().should_validate_formats(true).build(&Value::Object(whole)).unwrap()
}

fn all() -> Value {
    serde_json::from_str(include_str!("../../contract/operations.json")).unwrap()
}

/// The schemas that others refer to, by name.
pub(crate) fn shared_schemas() -> Value {
    all()["schemas"].take()
}

/// All operations of `operations.json`.
pub(crate) fn operations() -> Vec<Operation> {
    let facts = all();
    let shared = &facts["schemas"];
    let response =
        |schema: &Value| ResponseSchema { judge: validator(schema, shared), schema: schema.clone() };
    let operation = |fact: &Value| {
        let mut parameters = BTreeMap::new();
        for (place, named) in fact["parameters"].as_object().into_iter().flatten() {
            for (name, parameter) in named.as_object().unwrap() {
                let kept = Parameter {
                    judge: validator(&parameter["schema"], shared),
                    is_list: parameter["schema"]["type"] == "array",
                    required: parameter["required"] == true,
                };
                parameters.insert((place.clone(), name.clone()), kept);
            }
        }
        let responses = fact["responses"].as_object().into_iter().flatten();
        Operation {
            method: fact["method"].as_str().unwrap().parse().unwrap(),
            path: fact["path"].as_str().unwrap().to_owned(),
            parameters,
            body: fact.get("body").map(|schema| validator(schema, shared)),
            responses: responses.map(|(s, schema)| (s.parse().unwrap(), response(schema))).collect(),
            described: fact.get("responses").is_some(),
        }
    };
    facts["operations"].as_array().unwrap().iter().map(operation).collect()
}

/// A name in which `{kind}` stands for the kinds of repositories, written out.
pub(crate) fn each_kind(name: &str) -> Vec<String> {
    if !name.contains("{kind}") {
        return vec![name.to_owned()];
    }
    ["models", "datasets", "spaces"].into_iter().map(|kind| name.replace("{kind}", kind)).collect()
}

/// The methods that send each operation, as `coverage.json` has them.
pub(crate) fn covered() -> BTreeMap<String, BTreeSet<String>> {
    let facts: Value = serde_json::from_str(include_str!("../../contract/coverage.json")).unwrap();
    let mut covered = BTreeMap::new();
    for (names, methods) in facts["methods"].as_object().unwrap() {
        let methods: BTreeSet<String> = serde_json::from_value(methods.clone()).unwrap();
        for name in each_kind(names) {
            covered.insert(name, methods.clone());
        }
    }
    covered
}

/// Where clients and contract disagree.
pub(crate) struct Deviation {
    pub(crate) operations: Vec<String>,
    pub(crate) place: String,
    pub(crate) reason: String,
}

/// The rows of `deviations.json`, one for each place.
pub(crate) fn deviations() -> Vec<Deviation> {
    let rows: Vec<Value> = serde_json::from_str(include_str!("../../contract/deviations.json")).unwrap();
    let places = |row: &Value| -> Vec<Deviation> {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let one = |place: &Value| Deviation {
            operations: each_kind(&text("operation")),
            place: place.as_str().unwrap().to_owned(),
            reason: text("reason"),
        };
        row["where"].as_array().unwrap().iter().map(one).collect()
    };
    rows.iter().flat_map(places).collect()
}

/// Whether the facts of an operation are enough to judge by.
pub(crate) fn is_described(operation: &Operation) -> bool {
    operation.described
}

/// The methods of `HfApi`, as they stand in its files: what is public there and takes `&self`.
pub(crate) fn methods_of_the_client() -> BTreeSet<String> {
    fn collect(folder: &Path, methods: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, methods);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for definition in text.split("\n    pub fn ").skip(1) {
                let (head, arguments) = definition.split_once('(').unwrap();
                if arguments.trim_start().starts_with("&self") {
                    methods.insert(head.split('<').next().unwrap().to_owned());
                }
            }
        }
    }
    let mut methods = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/hub-api/src/api"), &mut methods);
    methods
}
