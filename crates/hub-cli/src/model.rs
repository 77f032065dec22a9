//! All commands as clap knows them: what the arguments say, with what follows from a rule.

use clap::{Arg, ArgAction, Command, CommandFactory};
use serde::Serialize;

use crate::{args::Cli, examples};

/// The whole command line.
pub(crate) fn command() -> Command {
    with_examples(with_negations(Cli::command()), "")
}

/// Each switch `--x` of a command gets a `--no-x` that takes it back, as scripts of the official command line have them.
fn with_negations(command: Command) -> Command {
    let names: Vec<String> = command.get_arguments().flat_map(long_names).collect();
    let switches: Vec<(String, String)> = command
        .get_arguments()
        .filter(|arg| matches!(arg.get_action(), ArgAction::SetTrue) && !arg.is_global_set())
        .filter_map(|arg| Some((arg.get_id().to_string(), format!("no-{}", arg.get_long()?))))
        .filter(|(_, negation)| !names.contains(negation) && !negation.starts_with("no-no-"))
        .collect();
    let command = switches.into_iter().fold(command, |command, (id, negation)| {
        let arg = Arg::new(negation.clone()).long(negation).hide(true).action(ArgAction::SetTrue);
        command.arg(arg.overrides_with(id))
    });
    command.mut_subcommands(with_negations)
}

fn with_examples(command: Command, path: &str) -> Command {
    let command = match examples::of(path) {
        [] => command,
        [one] => command.after_help(format!("Example:\n  {one}")),
        several => command.after_help(format!("Examples:\n  {}", several.join("\n  "))),
    };
    let path = path.to_owned();
    command.mut_subcommands(|inner| {
        let name = format!("{path} {}", inner.get_name());
        with_examples(inner, name.trim_start())
    })
}

fn long_names(arg: &Arg) -> Vec<String> {
    let other = arg.get_all_aliases().unwrap_or_default();
    arg.get_long().into_iter().chain(other).map(str::to_owned).collect()
}

/// A command that does something, as `hub commands` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct Leaf {
    /// Its words, without `hub`.
    pub(crate) command: String,
    hidden: bool,
    arguments: Vec<Positional>,
    flags: Vec<Flag>,
}

#[derive(Debug, Serialize)]
struct Positional {
    name: String,
    required: bool,
    many: bool,
}

#[derive(Debug, Serialize)]
struct Flag {
    /// `--yes`, `-y`: all spellings.
    names: Vec<String>,
    /// Whether it takes a value.
    value: bool,
    /// Whether it may be given again, with another value.
    many: bool,
}

/// All commands that do something, in the order of the help.
pub(crate) fn leaves() -> Vec<Leaf> {
    let mut root = command();
    root.build();
    let mut found = Vec::new();
    collect(&root, "", &mut found);
    found
}

fn collect(command: &Command, path: &str, found: &mut Vec<Leaf>) {
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let path = format!("{path} {}", inner.get_name()).trim_start().to_owned();
        if inner.has_subcommands() {
            collect(inner, &path, found);
        } else {
            found.push(leaf(inner, path));
        }
    }
}

fn leaf(command: &Command, path: String) -> Leaf {
    let many = |arg: &Arg| {
        matches!(arg.get_action(), ArgAction::Append)
            || arg.get_num_args().is_some_and(|count| count.max_values() > 1)
    };
    let positional = |arg: &Arg| Positional {
        name: arg.get_id().to_string().to_uppercase(),
        required: arg.is_required_set(),
        many: many(arg),
    };
    let flag = |arg: &Arg| {
        let short = arg.get_short().into_iter().map(|short| format!("-{short}"));
        Flag {
            names: long_names(arg).into_iter().map(|long| format!("--{long}")).chain(short).collect(),
            value: arg.get_action().takes_values(),
            many: many(arg),
        }
    };
    Leaf {
        command: path,
        hidden: command.is_hide_set(),
        arguments: command.get_positionals().map(positional).collect(),
        flags: command.get_arguments().filter(|arg| !arg.is_positional()).map(flag).collect(),
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    fn parsed(words: &[&str]) -> Result<Cli, clap::Error> {
        Cli::from_arg_matches(&command().try_get_matches_from(words)?)
    }

    #[test]
    fn the_model_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn the_last_of_a_switch_and_its_negation_counts() {
        for (flags, forced) in [
            (&["--force-download"][..], true),
            (&["--no-force-download"], false),
            (&["--force-download", "--no-force-download"], false),
            (&["--no-force-download", "--force-download"], true),
        ] {
            let cli = parsed(&[&["hub", "download", "a/b"], flags].concat()).unwrap();
            let crate::args::Command::Download(args) = cli.command else { panic!("{:?}", cli.command) };
            assert_eq!(args.force_download, forced, "{flags:?}");
        }
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused_and_what_takes_one_back_is_not() {
        for command in [
            &["repos", "create", "x"][..],
            &["repos", "settings", "a/b"],
            &["repos", "duplicate", "a/b"],
            &["upload", "x"],
            &["upload-large-folder", "x", "folder"],
        ] {
            let with = |flags: &[&str]| parsed(&[&["hub"], command, flags].concat());
            for flags in [["--private", "--public"], ["--public", "--private"]] {
                let error = with(&flags).unwrap_err();
                assert!(error.to_string().contains("cannot be used with"), "{command:?} {flags:?}: {error}");
                assert_eq!(error.exit_code(), 2);
            }
            for flags in
                [["--private", "--no-private"], ["--no-private", "--private"], ["--no-private", "--public"]]
            {
                with(&flags).unwrap_or_else(|error| panic!("{command:?} {flags:?}: {error}"));
            }
        }
        for other in ["--private", "--public", "--no-private"] {
            let error = parsed(&["hub", "repos", "create", "x", "--protected", other]).unwrap_err();
            assert!(error.to_string().contains("cannot be used with"), "{other}: {error}");
        }
    }

    #[test]
    fn every_command_has_an_example_and_every_example_is_a_command() {
        let leaves = leaves();
        for leaf in leaves.iter().filter(|leaf| !leaf.hidden) {
            assert!(!examples::of(&leaf.command).is_empty(), "{} has no example", leaf.command);
        }
        for (path, lines) in examples::EXAMPLES {
            assert!(leaves.iter().any(|leaf| leaf.command == *path), "there is no command {path}");
            for line in *lines {
                assert!(line.starts_with(&format!("hub {path}")), "{line}");
                let alone = line.split(" | ").next().unwrap().split(" < ").next().unwrap();
                let words: Vec<&str> = alone
                    .split(" > ")
                    .next()
                    .unwrap()
                    .split(' ')
                    .map(|word| word.trim_matches('\''))
                    .collect();
                if let Err(error) = parsed(&words) {
                    panic!("{line}: {error}");
                }
            }
        }
    }

    #[test]
    fn every_revision_that_may_be_left_out_has_its_default_in_the_help() {
        fn check(command: &Command, path: &str) {
            for arg in command.get_arguments().filter(|arg| arg.get_long() == Some("revision")) {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("[default: main]"), "{path}: {help}");
            }
            for inner in command.get_subcommands() {
                check(inner, &format!("{path} {}", inner.get_name()));
            }
        }
        check(&command(), "hub");
    }

    #[test]
    fn help_shows_the_examples() {
        let error = parsed(&["hub", "repos", "tag", "create", "--help"]).unwrap_err();
        assert!(error.to_string().contains("Example:\n  hub repos tag create"), "{error}");
    }
}
