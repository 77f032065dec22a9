//! `cargo xtask deps`: the price of what we depend on stays known.

use std::collections::BTreeSet;

use crate::metadata::members;
use crate::{Outcome, cargo, output, read, root};

/// What an application that uses `hub-api` with its default features may compile.
const MAX_CRATES: usize = 150;

pub(crate) fn run() -> Outcome {
    let used: BTreeSet<String> = members()?
        .into_iter()
        .flat_map(|member| member.dependencies)
        .filter(|dependency| !dependency.local)
        .map(|dependency| dependency.name)
        .collect();
    let explained = explained(&read(&root().join("docs/dependencies.md"))?);
    let mut faults = differences(&used, &explained);

    let crates = crates_of_hub_api()?;
    println!("{} direct dependencies; hub-api with default features compiles {crates} crates", used.len());
    if crates > MAX_CRATES {
        faults.push(format!(
            "hub-api with default features compiles {crates} crates, at most {MAX_CRATES} are allowed"
        ));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(format!("dependencies need attention:\n  {}", faults.join("\n  ")))
    }
}

/// Names in the first column of the tables: rows that begin with "| `name` |".
fn explained(document: &str) -> BTreeSet<String> {
    document
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .filter(|(_, reason)| !reason.trim_matches(['|', ' ']).is_empty())
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn differences(used: &BTreeSet<String>, explained: &BTreeSet<String>) -> Vec<String> {
    let missing =
        used.difference(explained).map(|name| format!("{name} has no reason in docs/dependencies.md"));
    let stale = explained
        .difference(used)
        .map(|name| format!("{name} is in docs/dependencies.md, but no manifest uses it: remove its row"));
    missing.chain(stale).collect()
}

fn crates_of_hub_api() -> Outcome<usize> {
    let tree = output(cargo().args([
        "tree",
        "-p",
        "hub-api",
        "-e",
        "normal,build",
        "--prefix",
        "none",
        "--locked",
    ]))?;
    let crates: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    Ok(crates.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_row_without_a_reason_explains_nothing() {
        let document = "| crate | why |\n|---|---|\n| `url` | parses |\n| `http` |  |\n`time` | x |";
        assert_eq!(explained(document), set(&["url"]));
    }

    #[test]
    fn missing_and_stale_entries_are_faults() {
        let faults = differences(&set(&["a", "b"]), &set(&["b", "c"]));
        assert_eq!(faults.len(), 2);
        assert!(faults[0].starts_with("a has no reason") && faults[1].starts_with("c is in"));
    }
}
