//! `hub man`, and all commands as data.

use std::path::Path;

use clap::{Arg, Command, CommandFactory};
use serde_json::{Value, json};

use crate::{args::Cli, examples, failure::Failure, output::Output};

/// The commands with their examples.
pub(crate) fn cli() -> Command {
    examples::add(Cli::command())
}

/// Writes `hub.1`, `hub-upload.1` and so on.
pub(crate) fn man(output: Output, dir: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::other(format!("cannot write manual pages to {}", dir.display()), error);
    std::fs::create_dir_all(dir).map_err(failed)?;
    clap_mangen::generate_to(cli(), dir).map_err(failed)?;
    output.value(&json!({ "dir": dir }), || format!("The manual pages are in {}.", dir.display()))
}

/// Writes a list of all commands: their names, arguments, flags and examples.
pub(crate) fn commands(output: Output) -> Result<(), Failure> {
    let mut cli = cli();
    // Gives every command the flags of all commands.
    cli.build();
    let mut found = Vec::new();
    collect(&cli, "", &mut found);
    output.value(&found, || serde_json::to_string_pretty(&found).unwrap_or_default())
}

fn collect(command: &Command, path: &str, found: &mut Vec<Value>) {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        let path = format!("{path} {}", inner.get_name()).trim_start().to_owned();
        if inner.has_subcommands() {
            collect(inner, &path, found);
            continue;
        }
        let arguments: Vec<_> = inner.get_positionals().map(|arg| arg.get_id().as_str()).collect();
        let flags: Vec<_> =
            inner.get_arguments().filter(|arg| !arg.is_positional()).flat_map(names).collect();
        found.push(json!({ "command": path, "arguments": arguments, "flags": flags }));
    }
}

/// `--recursive` and `-R`, and what else a flag is called.
fn names(arg: &Arg) -> Vec<String> {
    let long = arg.get_long_and_visible_aliases().unwrap_or_default();
    let hidden = arg.get_all_aliases().unwrap_or_default();
    let mut names: Vec<String> = long.iter().chain(&hidden).map(|name| format!("--{name}")).collect();
    names.extend(
        arg.get_short_and_visible_aliases().unwrap_or_default().iter().map(|name| format!("-{name}")),
    );
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_consistent() {
        cli().debug_assert();
    }
}
