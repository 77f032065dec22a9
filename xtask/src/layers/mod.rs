//! `cargo xtask layers`: which crate depends on which, and the invariants of docs/architecture.md that can be checked.

mod modules;

use std::path::{Path, PathBuf};

use modules::{Modules, circles};

use crate::metadata::{Graph, Member, members};
use crate::{Outcome, read, root};

/// Every edge that may exist. A new one is a decision for docs/architecture.md, not for a manifest.
const ALLOWED: [(&str, &[&str]); 11] = [
    ("hub-types", &[]),
    ("hub-xet", &[]),
    ("hub-auth", &[]),
    ("hub-transport", &["hub-auth", "hub-types"]),
    ("hub-endpoints", &["hub-transport", "hub-types", "hub-xet"]),
    ("hub-commit", &["hub-endpoints", "hub-transport", "hub-types", "hub-xet"]),
    ("hub-download", &["hub-endpoints", "hub-transport", "hub-types", "hub-xet"]),
    ("hub-server", &["hub-types", "hub-xet"]),
    ("hub-api", &["hub-commit", "hub-download", "hub-endpoints", "hub-transport", "hub-auth", "hub-types"]),
    ("hub-object-store", &["hub-api"]),
    ("hub-cli", &["hub-api", "hub-server"]),
];

/// Edges that exist for tests and examples only.
const ALLOWED_DEV: [(&str, &str); 4] = [
    ("hub-api", "hub-server"),
    ("hub-object-store", "hub-server"),
    ("hub-object-store", "hub-transport"),
    ("hub-cli", "hub-tests"),
];

/// Packages that no other one depends on, and which may use all of them.
const FREE: [&str; 4] = ["hub-examples", "hub-races", "hub-tests", "xtask"];

/// What a crate must not lead to, not even through others.
const WITHOUT: [(&str, &[&str]); 4] = [
    ("hub-types", &["http", "http-body", "hyper", "tokio", "tower"]),
    ("hub-xet", &["http", "http-body", "hyper", "tokio", "tower"]),
    ("hub-auth", &["http", "hyper", "tokio"]),
    ("hub-server", &["hub-transport", "hub-endpoints", "hub-api", "hub-auth", "hub-commit", "hub-download"]),
];

/// The files that may read environment variables, the last for tests alone. The command line may do so anywhere.
const ENVIRONMENT_READERS: [&str; 3] = [
    "crates/hub-auth/src/env.rs",
    "crates/hub-api/src/config.rs",
    "crates/hub-server/src/store/database/engine_of_tests.rs",
];
const ENVIRONMENT_CALLS: [&str; 5] =
    ["env::var", "env::home_dir", "env::temp_dir", "env::args", "env::set_var"];

pub(crate) fn run() -> Outcome {
    let members = members()?;
    print_graph(&members);
    let mut faults = new_edges(&members);
    faults.extend(forbidden_packages(&Graph::load()?));
    for file in source_files(&root().join("crates"))? {
        let name = file.strip_prefix(root()).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        faults.extend(forbidden_text(&name, &read(&file)?));
    }
    for member in members.iter().filter(|member| !FREE.contains(&member.name.as_str())) {
        faults.extend(circles_of(&member.name, &Modules::of(&member.folder.join("src"))?));
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("the layers are broken:\n  {}", faults.join("\n  "))) }
}

fn print_graph(members: &[Member]) {
    for member in members {
        let list = |dev: bool| -> Vec<&str> {
            member.dependencies.iter().filter(|d| d.local && d.dev == dev).map(|d| d.name.as_str()).collect()
        };
        let (ordinary, dev) = (list(false), list(true));
        let dev = if dev.is_empty() { String::new() } else { format!("  (tests: {})", dev.join(" ")) };
        println!("{:<14} -> {}{dev}", member.name, ordinary.join(" "));
    }
}

fn new_edges(members: &[Member]) -> Vec<String> {
    let mut faults = Vec::new();
    for member in members.iter().filter(|member| !FREE.contains(&member.name.as_str())) {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == member.name) else {
            faults.push(format!("{} is a new crate: give it its place in xtask/src/layers.rs", member.name));
            continue;
        };
        for dependency in member.dependencies.iter().filter(|dependency| dependency.local) {
            let name = dependency.name.as_str();
            let in_tests = dependency.dev
                && (name == member.name || ALLOWED_DEV.contains(&(member.name.as_str(), name)));
            if !allowed.contains(&name) && !in_tests {
                faults.push(format!("{} must not depend on {name}", member.name));
            }
        }
    }
    faults
}

/// The circles of modules in a crate, each with what ties it: first of files, then of the rooms at the top of the crate.
fn circles_of(package: &str, modules: &Modules) -> Vec<String> {
    let file = |way: &[String]| way.join("::");
    let room = |way: &[String]| way.first().cloned().unwrap_or_default();
    let mut faults = Vec::new();
    for arrows in [modules.arrows(file), modules.arrows(room)] {
        for circle in circles(&arrows) {
            let mut ties = String::new();
            for from in &circle {
                for (to, names) in
                    arrows.get(from).into_iter().flatten().filter(|(to, _)| circle.contains(*to))
                {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    ties.push_str(&format!("\n    {from} -> {to}: {}", names.join(", ")));
                }
            }
            faults.push(format!("{package}: modules lead back to themselves:{ties}"));
        }
    }
    faults
}

fn forbidden_packages(graph: &Graph) -> Vec<String> {
    let mut faults = Vec::new();
    for (package, without) in WITHOUT {
        let behind = graph.behind(package);
        faults.extend(
            without
                .iter()
                .filter(|name| behind.contains(*name))
                .map(|name| format!("{package} must not lead to {name}")),
        );
    }
    faults
}

/// What a source file must not say, with the number of the line.
fn forbidden_text(file: &str, source: &str) -> Vec<String> {
    // What a build script reads, cargo gives it; nothing of it is read when a program runs.
    let builds = file.ends_with("/build.rs") && !file.contains("/src/");
    let may_read_environment =
        builds || ENVIRONMENT_READERS.contains(&file) || file.starts_with("crates/hub-cli/");
    let knows_no_endpoint = file.starts_with("crates/hub-transport/");
    let mut faults = Vec::new();
    for (number, line) in code(source) {
        if !may_read_environment && ENVIRONMENT_CALLS.iter().any(|call| line.contains(call)) {
            faults.push(format!("{file}:{number} reads the environment; take the value as a parameter"));
        }
        if knows_no_endpoint && line.contains("/api/") {
            faults.push(format!(
                "{file}:{number} names an endpoint of the Hub; it belongs above the transport"
            ));
        }
    }
    faults
}

/// The lines of a file that are neither comments nor tests. Tests stand at the end of a file, as everywhere here.
fn code(source: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(source.lines())
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// All Rust files under the `src` folders, without test modules in files of their own.
fn source_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| format!("cannot read {}: {error}", folder.display()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !matches!(&*name, "tests" | "examples" | "benches" | "target") {
            files.extend(source_files(&path)?);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Dependency;

    fn edge(from: &str, to: &str, dev: bool) -> Vec<String> {
        let dependency = Dependency { name: to.into(), dev, local: true };
        new_edges(&[Member { name: from.into(), folder: PathBuf::new(), dependencies: vec![dependency] }])
    }

    #[test]
    fn an_edge_that_is_not_listed_is_a_fault() {
        assert!(edge("hub-api", "hub-commit", false).is_empty());
        assert_eq!(edge("hub-types", "hub-auth", false).len(), 1);
        assert_eq!(edge("hub-server", "hub-transport", true).len(), 1);
        assert_eq!(edge("hub-new", "hub-types", false).len(), 1);
        assert!(edge("xtask", "hub-cli", false).is_empty());
    }

    #[test]
    fn some_edges_are_for_tests_only() {
        assert!(edge("hub-api", "hub-server", true).is_empty());
        assert_eq!(edge("hub-api", "hub-server", false).len(), 1);
        assert!(edge("hub-transport", "hub-transport", true).is_empty());
    }

    #[test]
    fn the_environment_is_read_in_two_files_and_in_tests() {
        let source = "let x = std::env::var(\"X\");";
        assert_eq!(forbidden_text("crates/hub-commit/src/run.rs", source).len(), 1);
        assert!(forbidden_text("crates/hub-auth/src/env.rs", source).is_empty());
        assert!(forbidden_text("crates/hub-cli/src/main.rs", source).is_empty());
        let test = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{source}\n}}");
        assert!(forbidden_text("crates/hub-commit/src/run.rs", &test).is_empty());
    }

    #[test]
    fn the_transport_names_no_endpoint() {
        let source = "// see /api/models\nget(\"/api/models\")";
        assert_eq!(forbidden_text("crates/hub-transport/src/page.rs", source).len(), 1);
        assert!(forbidden_text("crates/hub-api/src/models.rs", source).is_empty());
    }
}
