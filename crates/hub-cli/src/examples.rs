//! An example or two for each command, shown by `--help`.

use clap::Command;

/// The command and its examples. `$` is a shell's prompt.
const EXAMPLES: &[(&str, &str)] = &[
    ("auth login", "hub auth login\nhub auth login --token-stdin < token.txt"),
    ("auth logout", "hub auth logout\nhub auth logout --token-name laptop"),
    ("auth list", "hub auth list"),
    ("auth switch", "hub auth switch --token-name laptop"),
    ("auth token", "hub auth token"),
    ("auth whoami", "hub auth whoami --json"),
    (
        "repos create",
        "hub repos create my-model --private\nhub repos create my-app --repo-type space --sdk gradio",
    ),
    ("repos list", "hub repos list\nhub repos list --namespace ada --repo-type dataset --search bert"),
    ("repos duplicate", "hub repos duplicate ada/demo my-copy --private"),
    ("repos delete", "hub repos delete ada/demo --yes"),
    ("repos delete-files", "hub repos delete-files ada/demo '*.tmp' old/ --yes"),
    ("repos move", "hub repos move ada/demo ada/better-name"),
    ("repos settings", "hub repos settings ada/demo --private\nhub repos settings ada/demo --gated manual"),
    ("repos branch create", "hub repos branch create ada/demo next --revision main"),
    ("repos branch delete", "hub repos branch delete ada/demo next"),
    ("repos tag create", "hub repos tag create ada/demo v1.0 -m 'First release'"),
    ("repos tag delete", "hub repos tag delete ada/demo v1.0 --yes"),
    ("repos tag list", "hub repos tag list ada/demo"),
    ("discussions list", "hub discussions list ada/demo --kind pull_request --status all"),
    ("discussions info", "hub discussions info ada/demo 3"),
    (
        "discussions create",
        "hub discussions create ada/demo --title 'A question' --body 'How was it trained?'",
    ),
    ("discussions comment", "hub discussions comment ada/demo 3 --body 'Thank you'"),
    ("discussions edit", "hub discussions edit ada/demo 3 6123456789abcdef01234567 --body-file answer.md"),
    ("discussions rename", "hub discussions rename ada/demo 3 'A better title'"),
    ("discussions close", "hub discussions close ada/demo 3 --comment 'Answered' --yes"),
    ("discussions reopen", "hub discussions reopen ada/demo 3 --yes"),
    ("discussions merge", "hub discussions merge ada/demo 4 --yes"),
    ("discussions diff", "hub discussions diff ada/demo 4"),
    (
        "upload",
        "hub upload my-model ./model .\nhub upload ada/demo weights.bin --commit-message 'New weights'\nhub upload ada/demo ./data data --include '*.csv' --dry-run",
    ),
    (
        "upload-large-folder",
        "hub upload-large-folder ada/data ./images --repo-type dataset\nhub upload-large-folder ada/data ./images --atomic",
    ),
    (
        "download",
        "hub download ada/demo\nhub download ada/demo config.json --revision v1.0\nhub download ada/demo --include '*.json' --local-dir ./demo",
    ),
    ("cache list", "hub cache list --sort size\nhub cache list --revisions --filter 'accessed>30d'"),
    ("cache rm", "hub cache rm model/ada/demo --yes"),
    ("cache prune", "hub cache prune --dry-run"),
    (
        "cache verify",
        "hub cache verify ada/demo\nhub cache verify ada/demo --local-dir ./demo --fail-on-extra-files",
    ),
    ("models info", "hub models info ada/demo --json"),
    ("models card", "hub models card ada/demo --metadata"),
    (
        "models list",
        "hub models list --search bert --sort downloads --limit 5\nhub models list ada/demo -R -h",
    ),
    ("datasets info", "hub datasets info ada/data"),
    ("datasets card", "hub datasets card ada/data --text"),
    ("datasets list", "hub datasets list --author ada\nhub datasets list ada/data --tree -R"),
    ("spaces info", "hub spaces info ada/app"),
    ("spaces card", "hub spaces card ada/app"),
    ("spaces list", "hub spaces list --filter gradio --limit 10"),
    (
        "spaces secrets add",
        "hub spaces secrets add ada/app -s API_KEY\nhub spaces secrets add ada/app --secrets-file secrets.env",
    ),
    ("spaces secrets delete", "hub spaces secrets delete ada/app API_KEY --yes"),
    ("spaces secrets list", "hub spaces secrets list ada/app"),
    ("spaces variables add", "hub spaces variables add ada/app -e MODE=demo"),
    ("spaces variables delete", "hub spaces variables delete ada/app MODE --yes"),
    ("spaces variables list", "hub spaces variables list ada/app"),
    ("spaces settings", "hub spaces settings ada/app --hardware t4-small --sleep-time 3600"),
    ("spaces pause", "hub spaces pause ada/app"),
    ("spaces restart", "hub spaces restart ada/app --factory-reboot"),
    ("spaces dev-mode", "hub spaces dev-mode ada/app\nhub spaces dev-mode ada/app --stop"),
    ("spaces hardware", "hub spaces hardware"),
    ("spaces wait", "hub spaces wait ada/app --timeout 600"),
    ("env", "hub env"),
    ("serve", "hub serve --data ./hub-data --seed users.toml\nhub serve --listen 127.0.0.1:0"),
    ("completions", "hub completions bash > ~/.local/share/bash-completion/completions/hub"),
    ("man", "hub man ~/.local/share/man/man1"),
    ("version", "hub version"),
];

/// Puts the examples below the help of their commands.
pub(crate) fn add(command: Command) -> Command {
    below(command, "")
}

fn below(mut command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{path} {name}").trim_start().to_owned();
        command = command.mut_subcommand(name, |inner| below(inner, &path));
    }
    match EXAMPLES.iter().find(|(name, _)| *name == path) {
        Some((_, examples)) => {
            let lines: String = examples.lines().map(|line| format!("\n  {line}")).collect();
            command.after_help(format!("Examples:{lines}"))
        }
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::args::Cli;

    fn leaves(command: &Command, path: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
            let path = format!("{path} {}", inner.get_name()).trim_start().to_owned();
            if inner.has_subcommands() { leaves(inner, &path, found) } else { found.push(path) }
        }
    }

    #[test]
    fn every_command_has_an_example_and_every_example_a_command() {
        let mut commands = Vec::new();
        leaves(&Cli::command(), "", &mut commands);
        let mut shown: Vec<String> = EXAMPLES.iter().map(|(name, _)| (*name).to_owned()).collect();
        commands.sort();
        shown.sort();
        assert_eq!(shown, commands);
    }

    #[test]
    fn every_example_is_understood() {
        for (name, examples) in EXAMPLES {
            for line in examples.lines() {
                assert!(line.starts_with(&format!("hub {name}")), "{line}");
                let line =
                    line.split(['<', '>']).next().filter(|_| !line.contains("'accessed>")).unwrap_or(line);
                let mut quoted = false;
                let words = line.split(|c: char| {
                    quoted ^= c == '\'';
                    c == ' ' && !quoted
                });
                let words: Vec<String> =
                    words.map(|word| word.replace('\'', "")).filter(|word| !word.is_empty()).collect();
                if let Err(error) = Cli::try_parse_from(&words) {
                    panic!("{line}: {error}");
                }
            }
        }
    }
}
