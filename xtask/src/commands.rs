//! The part of `cargo xtask parity` about the command line: docs/command-parity.md says for each command and flag of the
//! official `hf` whether `hub` has it. What `hf` has is in tests/parity/hf-cli.json, and why something is left out in
//! tests/parity/hf-cli-left-out.json.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::interop::hub;
use crate::page::{Page, facts};
use crate::{Outcome, output};

/// The comparison.
pub(crate) fn page() -> Outcome<Page> {
    let ours = output(std::process::Command::new(hub()?).arg("commands"))?;
    let ours: Value = serde_json::from_str(&ours).map_err(|error| format!("`hub commands`: {error}"))?;
    let left_out = facts("parity/hf-cli-left-out.json")?;
    let compared = Compared::new(&facts("parity/hf-cli.json")?, &ours, &left_out)?;
    Ok(Page { name: "docs/command-parity.md", text: compared.page(), summary: compared.summary() })
}

/// A command as both sides describe it.
#[derive(Debug, Default)]
struct Command {
    /// For each positional argument, whether it is required and whether there may be several.
    arguments: Vec<(bool, bool)>,
    flags: Vec<Flag>,
    hidden: bool,
}

/// A flag by all its spellings.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Flag {
    names: Vec<String>,
    value: bool,
    many: bool,
}

impl Flag {
    /// `-f/--filter V*`
    fn official(text: &str) -> Self {
        let (names, value) = text.split_once(' ').map_or((text, ""), |(names, value)| (names, value));
        Self {
            names: names.split('/').map(str::to_owned).collect(),
            value: !value.is_empty(),
            many: value.ends_with('*'),
        }
    }

    /// The name that people know it by.
    fn name(&self) -> &str {
        let long = self.names.iter().find(|name| name.starts_with("--"));
        long.or(self.names.first()).map_or("", String::as_str)
    }
}

/// What `hub` has of the commands and flags of `hf`.
struct Compared {
    version: String,
    /// Commands that are there, with the flags that are not.
    there: BTreeMap<String, Vec<String>>,
    /// Commands or flags by the reason why they are not there.
    commands_left_out: Vec<(String, Vec<String>)>,
    flags_left_out: Vec<(String, Vec<String>)>,
    /// Commands that only `hub` has.
    own: Vec<String>,
    flags: usize,
}

impl Compared {
    fn new(official: &Value, ours: &Value, left_out: &Value) -> Outcome<Self> {
        let ours = ours_of(ours);
        let mut reasons = Reasons::new(left_out)?;
        let (mut there, mut flags, mut faults) = (BTreeMap::new(), 0, Vec::new());
        let everywhere: Vec<Flag> = texts(&official["everywhere"]).map(Flag::official).collect();
        let commands = official["commands"].as_object().ok_or("hf-cli.json has no commands")?;
        for (name, facts) in commands {
            let Some(command) = ours.get(name) else {
                if !reasons.explain_command(name) {
                    faults.push(format!("`hub {name}` is not there, and no reason is given"));
                }
                continue;
            };
            if command.arguments != official_arguments(facts) {
                faults.push(format!("`hub {name}` takes other arguments than `hf {name}`"));
            }
            let mut missing = Vec::new();
            for flag in texts(&facts["flags"]).map(Flag::official).chain(everywhere.iter().cloned()) {
                flags += 1;
                match difference(&flag, command) {
                    None => {}
                    Some(_) if reasons.explain_flag(name, flag.name()) => {
                        missing.push(flag.name().to_owned())
                    }
                    Some(difference) => faults.push(format!("`hub {name} {}` {difference}", flag.name())),
                }
            }
            there.insert(name.clone(), missing);
        }
        faults.extend(reasons.unused());
        if !faults.is_empty() {
            return Err(format!("the command line is not that of `hf`:\n  {}", faults.join("\n  ")));
        }
        let own = ours.iter().filter(|(name, command)| !command.hidden && !commands.contains_key(*name));
        let own = own.map(|(name, _)| name.clone()).collect();
        let version = official["version"].as_str().unwrap_or_default().to_owned();
        let Reasons { commands: commands_left_out, flags: flags_left_out } = reasons;
        let listed = |groups: Vec<Group>| {
            groups.into_iter().map(|group| (group.reason, group.used.into_iter().collect())).collect()
        };
        Ok(Self {
            version,
            there,
            commands_left_out: listed(commands_left_out),
            flags_left_out: listed(flags_left_out),
            own,
            flags,
        })
    }

    fn summary(&self) -> String {
        let left_out: usize = self.commands_left_out.iter().map(|(_, names)| names.len()).sum();
        let missing: usize = self.there.values().map(Vec::len).sum();
        format!(
            "{} of {} commands of `hf` {} are there, with {} of their {} flags",
            self.there.len(),
            self.there.len() + left_out,
            self.version,
            self.flags - missing,
            self.flags
        )
    }

    fn page(&self) -> String {
        let mut page = format!(
            "# The command line beside `hf`\n\n\
             After this page you know which commands and flags of the official `hf` are there in `hub`, and why the others are not.\n\n\
             `cargo xtask parity --write` makes this page from the\n\
             program and from `hf-cli.json` and `hf-cli-left-out.json` in `tests/parity`; `cargo xtask parity` fails when it is\n\
             out of date, and when a command or a flag is missing without a reason. [command-line.md](command-line.md) says what\n\
             the commands do.\n\n\
             {}.\n\n\
             ## Commands that are there\n\n\
             | command | flags that are not |\n|---|---|\n",
            self.summary()
        );
        // Writing to a text cannot fail.
        for (name, missing) in &self.there {
            let _ = writeln!(page, "| `hub {name}` | {} |", code(missing));
        }
        page.push_str("\n## Flags that are not there\n\n| flags | why |\n|---|---|\n");
        for (reason, names) in &self.flags_left_out {
            let _ = writeln!(page, "| {} | {reason} |", code(names));
        }
        page.push_str("\n## Commands that are not there\n\n| commands | why |\n|---|---|\n");
        for (reason, names) in &self.commands_left_out {
            let _ = writeln!(page, "| {} | {reason} |", code(names));
        }
        let _ = write!(page, "\n## Commands that only `hub` has\n\n{}.\n", code(&self.own));
        page
    }
}

fn code(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// What the program says of itself.
fn ours_of(value: &Value) -> BTreeMap<String, Command> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let is = |value: &Value| value.as_bool().unwrap_or_default();
    let command = |value: &Value| Command {
        arguments: list(&value["arguments"])
            .iter()
            .map(|one| (is(&one["required"]), is(&one["many"])))
            .collect(),
        flags: list(&value["flags"])
            .iter()
            .map(|flag| Flag {
                names: texts(&flag["names"]).map(str::to_owned).collect(),
                value: is(&flag["value"]),
                many: is(&flag["many"]),
            })
            .collect(),
        hidden: is(&value["hidden"]),
    };
    let name = |value: &Value| value["command"].as_str().unwrap_or_default().to_owned();
    list(value).iter().map(|value| (name(value), command(value))).collect()
}

/// `FILENAMES?...` is not required, and may be several.
fn official_arguments(facts: &Value) -> Vec<(bool, bool)> {
    texts(&facts["arguments"]).map(|text| (!text.contains('?'), text.ends_with("..."))).collect()
}

/// How a flag differs from that of the command, if it does.
fn difference(flag: &Flag, command: &Command) -> Option<String> {
    for name in &flag.names {
        let ours = command.flags.iter().find(|ours| ours.names.contains(name));
        match ours {
            None => return Some(format!("has no {name}")),
            Some(ours) if ours.value != flag.value => {
                return Some("differs in whether it takes a value".to_owned());
            }
            Some(ours) if flag.many && !ours.many => return Some("cannot be repeated".to_owned()),
            Some(_) => {}
        }
    }
    None
}

/// Commands or flags that are left out for one reason.
struct Group {
    reason: String,
    names: BTreeSet<String>,
    used: BTreeSet<String>,
}

/// Why something is left out. A reason for what is there is a fault.
struct Reasons {
    commands: Vec<Group>,
    flags: Vec<Group>,
}

impl Reasons {
    fn new(facts: &Value) -> Outcome<Self> {
        let groups = |key: &str| -> Outcome<Vec<Group>> {
            let groups: &Map<String, Value> =
                facts[key].as_object().ok_or_else(|| format!("hf-cli-left-out.json has no {key:?}"))?;
            let group = |(reason, names): (&String, &Value)| Group {
                reason: reason.clone(),
                names: texts(names).map(str::to_owned).collect(),
                used: BTreeSet::new(),
            };
            Ok(groups.iter().map(group).collect())
        };
        Ok(Self { commands: groups("commands")?, flags: groups("flags")? })
    }

    /// Whether a reason names the command, or the group of commands that it begins with.
    fn explain_command(&mut self, name: &str) -> bool {
        let is_named =
            |given: &str| name == given || name.strip_prefix(given).is_some_and(|rest| rest.starts_with(' '));
        let group = self.commands.iter_mut().find_map(|group| {
            let given = group.names.iter().find(|given| is_named(given))?.clone();
            Some((group, given))
        });
        group.is_some_and(|(group, _)| group.used.insert(name.to_owned()))
    }

    /// Whether a reason names the flag of this command, or of every command.
    fn explain_flag(&mut self, command: &str, flag: &str) -> bool {
        let full = format!("{command} {flag}");
        let group =
            self.flags.iter_mut().find(|group| group.names.contains(&full) || group.names.contains(flag));
        group.is_some_and(|group| group.used.insert(full))
    }

    fn unused(&self) -> Vec<String> {
        let is_used = |group: &Group, name: &str| {
            group.used.iter().any(|used| {
                used == name || used.starts_with(&format!("{name} ")) || used.ends_with(&format!(" {name}"))
            })
        };
        let groups = self.commands.iter().chain(&self.flags);
        groups
            .flat_map(|group| group.names.iter().filter(|name| !is_used(group, name)))
            .map(|name| {
                format!("hf-cli-left-out.json has a reason for {name}, which is there or which `hf` has not")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compared(left_out: &Value) -> Outcome<Compared> {
        let official = json!({
            "version": "2",
            "everywhere": ["--json"],
            "commands": {
                "cache list": {"arguments": [], "flags": ["-f/--filter V*", "--limit V"]},
                "download": {"arguments": ["REPO_ID", "FILES?..."], "flags": ["--dry-run/--no-dry-run"]},
                "jobs run": {"arguments": [], "flags": []},
            },
        });
        let json_flag = json!({"names": ["--json"], "value": false, "many": false});
        let ours = json!([
            {"command": "cache list", "hidden": false, "arguments": [], "flags": [
                json_flag, {"names": ["--filter", "-f"], "value": true, "many": true},
            ]},
            {"command": "download", "hidden": false, "arguments": [
                {"name": "REPO_ID", "required": true, "many": false}, {"name": "FILES", "required": false, "many": true},
            ], "flags": [json_flag, {"names": ["--dry-run"], "value": false, "many": false}]},
            {"command": "serve", "hidden": false, "arguments": [], "flags": []},
            {"command": "commands", "hidden": true, "arguments": [], "flags": []},
        ]);
        Compared::new(&official, &ours, left_out)
    }

    fn reasons() -> Value {
        json!({"commands": {"not covered": ["jobs"]}, "flags": {"no need": ["cache list --limit", "download --dry-run"]}})
    }

    #[test]
    fn each_command_has_a_row_and_what_is_missing_a_reason() {
        let page = compared(&reasons()).unwrap().page();
        for row in [
            "2 of 3 commands of `hf` 2 are there, with 3 of their 5 flags",
            "| `hub cache list` | `--limit` |\n",
            "| `cache list --limit`, `download --dry-run` | no need |\n",
            "| `jobs run` | not covered |\n",
            "## Commands that only `hub` has\n\n`serve`.\n",
        ] {
            assert!(page.contains(row), "{row} in\n{page}");
        }
    }

    #[test]
    fn what_is_missing_without_a_reason_is_a_fault_and_so_is_a_reason_for_nothing() {
        let fault = |key: &str, value: Value| {
            let mut reasons = reasons();
            reasons[key] = value;
            compared(&reasons).map(|_| ()).unwrap_err()
        };
        assert!(fault("commands", json!({})).contains("`hub jobs run` is not there"));
        assert!(
            fault("flags", json!({"x": ["download --dry-run"]})).contains("`hub cache list --limit` has no")
        );
        let both = json!({"x": ["download --dry-run", "cache list --limit", "cache list --filter"]});
        assert!(fault("flags", both).contains("a reason for cache list --filter"));
    }
}
