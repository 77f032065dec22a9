//! `cargo xtask deps`: the price of what we depend on stays known.

use std::collections::BTreeSet;

use crate::metadata::members;
use crate::{Outcome, cargo, output, read, root};

/// What an application that uses `hub-api` with its default features may compile.
const MAX_CRATES: usize = 150;

/// What must not be in the lock file at all.
const FORBIDDEN: [&str; 6] = ["openssl-sys", "openssl", "native-tls", "git2", "libgit2-sys", "reqwest"];

/// Versions below which there is a known weakness.
const FLOORS: [(&str, [u64; 3]); 6] = [
    ("rustls", [0, 23, 46]),
    ("rustls-webpki", [0, 103, 13]),
    ("h2", [0, 4, 16]),
    ("tracing-subscriber", [0, 3, 20]),
    ("bytes", [1, 11, 1]),
    ("time", [0, 3, 47]),
];

pub(crate) fn run() -> Outcome {
    let used: BTreeSet<String> = members()?
        .into_iter()
        .flat_map(|member| member.dependencies)
        .filter(|dependency| !dependency.local)
        .map(|dependency| dependency.name)
        .collect();
    let explained = explained(&read(&root().join("docs/dependencies.md"))?);
    let mut faults = differences(&used, &explained);
    faults.extend(lock_faults(&read(&root().join("Cargo.lock"))?));

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

fn lock_faults(lock: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, version) in locked(lock) {
        if FORBIDDEN.contains(&name) {
            faults.push(format!(
                "{name} is in Cargo.lock; `cargo tree -i {name} --workspace` shows who brings it"
            ));
        }
        if let Some((_, floor)) = FLOORS.iter().find(|(known, _)| *known == name)
            && numbers(version) < *floor
        {
            let [major, minor, patch] = floor;
            faults.push(format!("{name} {version} has a known weakness: `cargo update -p {name}` to {major}.{minor}.{patch} or newer"));
        }
    }
    faults
}

/// Name and version of each package in a lock file, where they stand on two lines in this order.
fn locked(lock: &str) -> impl Iterator<Item = (&str, &str)> {
    let value = |line: &'_ str, key: &str| -> Option<(usize, usize)> {
        let rest = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        Some((line.len() - rest.len(), line.len() - 1))
    };
    lock.lines().zip(lock.lines().skip(1)).filter_map(move |(first, second)| {
        let (name, version) = (value(first, "name")?, value(second, "version")?);
        Some((first.get(name.0..name.1)?, second.get(version.0..version.1)?))
    })
}

/// Major, minor and patch; a pre-release counts as its release.
fn numbers(version: &str) -> [u64; 3] {
    let mut parts = version.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0));
    [0; 3].map(|_: u64| parts.next().unwrap_or(0))
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

    #[test]
    fn the_lock_file_is_checked_for_weak_and_unwanted_packages() {
        let lock = |name: &str, version: &str| {
            lock_faults(&format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")).len()
        };
        assert_eq!(lock("h2", "0.4.15"), 1);
        assert_eq!(lock("h2", "0.4.16"), 0);
        assert_eq!(lock("h2", "0.10.0"), 0);
        assert_eq!(lock("rustls", "0.23.5"), 1);
        assert_eq!(lock("bytes", "1.12.0"), 0);
        assert_eq!(lock("openssl-sys", "0.9.100"), 1);
        assert_eq!(lock("serde", "0.0.1"), 0);
    }
}
