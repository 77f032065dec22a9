//! The commands and flags of `hub`, held against those of the official `hf` command in `tests/parity/hf-cli.json`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::interop::hub;
use crate::{Outcome, printed, read, root};

const FACTS: &str = "tests/parity/hf-cli.json";
const TABLE: &str = "docs/command-parity.md";

/// One command of either program.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Command {
    name: String,
    flags: BTreeSet<String>,
}

/// The official commands, and why some are not here.
struct Facts {
    version: String,
    commands: Vec<Command>,
    /// A command or a group of commands, and the reason.
    commands_not_here: Vec<(String, String)>,
    /// Command, flag and reason.
    flags_not_here: Vec<(String, String, String)>,
}

/// Compares, and that the table in the documentation is up to date.
pub(crate) fn run() -> Outcome {
    let table = table()?;
    if read(&root().join(TABLE)).ok().as_deref() == Some(table.as_str()) {
        println!("{TABLE} is up to date");
        Ok(())
    } else {
        Err(format!("{TABLE} is not what it should be: run cargo xtask parity --write"))
    }
}

/// Writes the table.
pub(crate) fn write() -> Outcome {
    let path = root().join(TABLE);
    std::fs::write(&path, table()?).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn table() -> Outcome<String> {
    let facts = serde_json::from_str(&read(&root().join(FACTS))?)
        .ok()
        .and_then(|facts| parse(&facts))
        .ok_or(format!("{FACTS} is not as expected"))?;
    let (passed, text) = printed(std::process::Command::new(hub()?).arg("commands"))?;
    if !passed {
        return Err("`hub commands` failed".into());
    }
    let ours: Value = serde_json::from_str(&text).map_err(|error| format!("`hub commands`: {error}"))?;
    let ours = commands(&ours).ok_or("`hub commands` is not as expected")?;
    compare(&facts, &ours)
}

fn parse(facts: &Value) -> Option<Facts> {
    let text = |value: &Value, name: &str| Some(value.get(name)?.as_str()?.to_owned());
    let list = |name: &str| facts.get(name)?.as_array();
    Some(Facts {
        version: text(facts, "version")?,
        commands: commands(facts.get("commands")?)?,
        commands_not_here: list("commands_not_here")?
            .iter()
            .map(|one| Some((text(one, "command")?, text(one, "reason")?)))
            .collect::<Option<_>>()?,
        flags_not_here: list("flags_not_here")?
            .iter()
            .map(|one| Some((text(one, "command")?, text(one, "flag")?, text(one, "reason")?)))
            .collect::<Option<_>>()?,
    })
}

fn commands(list: &Value) -> Option<Vec<Command>> {
    list.as_array()?
        .iter()
        .map(|one| {
            let flags = one.get("flags")?.as_array()?.iter().map(|flag| flag.as_str().map(str::to_owned));
            Some(Command {
                name: one.get("command")?.as_str()?.to_owned(),
                flags: flags.collect::<Option<_>>()?,
            })
        })
        .collect()
}

/// The table; an error for what is missing without a reason, and for a reason that is not needed.
fn compare(facts: &Facts, ours: &[Command]) -> Outcome<String> {
    let mut faults = Vec::new();
    let mut rows = String::new();
    let mut used = BTreeSet::new();
    let (mut here, mut flags_here, mut flags_all) = (0, 0, 0);
    for official in &facts.commands {
        let name = &official.name;
        let Some(own) = ours.iter().find(|own| own.name == *name) else {
            let reason = facts
                .commands_not_here
                .iter()
                .find(|(group, _)| name == group || name.starts_with(&format!("{group} ")));
            match reason {
                Some((group, _)) => drop(used.insert(group.clone())),
                None => faults.push(format!("hub has no {name:?}, and no reason is given")),
            }
            continue;
        };
        here += 1;
        let mut notes = Vec::new();
        for flag in &official.flags {
            flags_all += 1;
            let reason =
                facts.flags_not_here.iter().find(|(command, other, _)| command == name && other == flag);
            match (own.flags.contains(flag), reason) {
                (true, None) => flags_here += 1,
                (true, Some(_)) => faults.push(format!("{name} has {flag} by now")),
                (false, Some((.., reason))) => notes.push(format!("`{flag}`: {reason}")),
                (false, None) => faults.push(format!("{name} has no {flag}, and no reason is given")),
            }
        }
        let notes = if notes.is_empty() { "all".to_owned() } else { format!("all but {}", notes.join("; ")) };
        writeln!(rows, "| `{name}` | {notes} |").map_err(|error| error.to_string())?;
    }
    let stale = facts.commands_not_here.iter().filter(|(group, _)| !used.contains(group));
    faults.extend(stale.map(|(group, _)| format!("{group} is said to be missing, and is not")));
    if !faults.is_empty() {
        return Err(format!("{FACTS}:\n  {}", faults.join("\n  ")));
    }
    let missing: String =
        facts.commands_not_here.iter().map(|(group, reason)| format!("| `{group}` | {reason} |\n")).collect();
    let more: Vec<_> = ours
        .iter()
        .filter(|own| !facts.commands.iter().any(|official| official.name == own.name))
        .map(|own| format!("`{}`", own.name))
        .collect();
    Ok(format!(
        "# Commands of `hf` and of `hub`\n\n\
         Written by `cargo xtask parity --write` from `hub`'s own list of commands and the commands of `hf` {}. Of its {} commands {here} \
         are here, under the same names, with {flags_here} of their {flags_all} flags. Every command of both also has `--format`, \
         `--json`, `--quiet`, `--no-truncate` and `--token`. The `hf` command can be called as the older `repo` for `repos`, and so can `hub`.\n\n\
         ## Here\n\n| command | flags |\n|---|---|\n{rows}\n\
         ## Not here\n\n| command or group | why |\n|---|---|\n{missing}\n\
         ## Only here\n\n{}.\n",
        facts.version,
        facts.commands.len(),
        more.join(", "),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(name: &str, flags: &[&str]) -> Command {
        Command { name: name.to_owned(), flags: flags.iter().map(|&flag| flag.to_owned()).collect() }
    }

    fn facts(flags_not_here: &[(&str, &str, &str)]) -> Facts {
        let owned = |(a, b, c): &(&str, &str, &str)| (String::from(*a), String::from(*b), String::from(*c));
        Facts {
            version: "1".to_owned(),
            commands: vec![command("upload", &["--a", "--b"]), command("jobs run", &[])],
            commands_not_here: vec![("jobs".to_owned(), "another service".to_owned())],
            flags_not_here: flags_not_here.iter().map(owned).collect(),
        }
    }

    #[test]
    fn what_is_missing_has_a_reason_and_no_reason_is_left_over() {
        let complete = facts(&[("upload", "--b", "not needed")]);
        let table = compare(&complete, &[command("upload", &["--a"]), command("serve", &[])]).unwrap();
        assert!(table.contains("all but `--b`: not needed") && table.contains("`serve`"), "{table}");
        for (facts, ours) in [
            (facts(&[]), vec![command("upload", &["--a"])]),
            (facts(&[("upload", "--b", "x")]), vec![command("upload", &["--a", "--b"])]),
            (facts(&[]), vec![]),
            (facts(&[]), vec![command("upload", &["--a", "--b"]), command("jobs run", &[])]),
        ] {
            assert!(compare(&facts, &ours).is_err(), "{ours:?}");
        }
    }
}
