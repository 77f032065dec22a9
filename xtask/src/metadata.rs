//! What `cargo metadata` says about the workspace and what it depends on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::{Outcome, cargo, output};

/// A package of the workspace and what its manifest names.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Where its manifest is.
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// For tests and examples only.
    pub(crate) dev: bool,
    /// A package of this workspace.
    pub(crate) local: bool,
}

/// The packages of the workspace, by name.
pub(crate) fn members() -> Outcome<Vec<Member>> {
    let metadata = metadata(&["--no-deps"])?;
    let mut members: Vec<Member> = array(&metadata, "packages").map(member).collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(members)
}

fn member(package: &Value) -> Member {
    let dependencies = array(package, "dependencies")
        .map(|dependency| Dependency {
            name: text(dependency, "name"),
            dev: text(dependency, "kind") == "dev",
            local: dependency.get("path").is_some_and(Value::is_string),
        })
        .collect();
    let manifest = PathBuf::from(text(package, "manifest_path"));
    let folder = manifest.parent().unwrap_or(&manifest).to_owned();
    Member { name: text(package, "name"), folder, dependencies }
}

/// What each package leads to in an ordinary build of the whole workspace, directly or through others.
pub(crate) struct Graph {
    names: BTreeMap<String, String>,
    edges: BTreeMap<String, Vec<String>>,
}

impl Graph {
    pub(crate) fn load() -> Outcome<Self> {
        let metadata = metadata(&["--locked"])?;
        let names = array(&metadata, "packages")
            .map(|package| (text(package, "id"), text(package, "name")))
            .collect();
        let resolve = metadata.get("resolve").unwrap_or(&Value::Null);
        let edges = array(resolve, "nodes").map(|node| (text(node, "id"), ordinary(node))).collect();
        Ok(Self { names, edges })
    }

    /// Names of all packages behind the one of this name.
    pub(crate) fn behind(&self, package: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&String> =
            self.names.iter().filter(|(_, name)| *name == package).map(|(id, _)| id).collect();
        while let Some(id) = open.pop() {
            open.extend(self.edges.get(id).into_iter().flatten().filter(|next| seen.insert(*next)));
        }
        seen.into_iter().filter_map(|id| self.names.get(id)).map(String::as_str).collect()
    }
}

/// Ids of what a package is built with, without what only its tests or build script use.
fn ordinary(node: &Value) -> Vec<String> {
    array(node, "deps")
        .filter(|dependency| {
            array(dependency, "dep_kinds").any(|kind| kind.get("kind").is_none_or(Value::is_null))
        })
        .map(|dependency| text(dependency, "pkg"))
        .collect()
}

/// What `cargo metadata` prints with these arguments.
pub(crate) fn metadata(arguments: &[&str]) -> Outcome<Value> {
    let json = output(cargo().args(["metadata", "--format-version", "1"]).args(arguments))?;
    serde_json::from_str(&json).map_err(|error| format!("cannot read the output of cargo metadata: {error}"))
}

fn array<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
