//! What is said to whoever types a command that there is not.

use clap::{
    Command, Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{console, failure::Failure, model};

/// Most commands that are named.
const NAMED: usize = 4;

/// Words of earlier official command lines, and what does the job here.
const FORMERLY: [(&str, &str); 4] = [
    ("scan-cache", "cache list"),
    ("delete-cache", "cache rm"),
    ("repo-files", "repos delete-files"),
    ("lfs-multipart-upload", "upload"),
];

/// Prints help, the version or what is wrong with the command line, and gives the exit code.
pub(crate) fn told(error: &Error, words: &[String]) -> Result<i32, Failure> {
    let text = error.render().to_string();
    if !error.use_stderr() {
        console::bytes(text.as_bytes())?;
        return Ok(error.exit_code());
    }
    console::note(text.trim_end());
    if let Some(unknown) = unknown(error) {
        let commands = instead(&words_before(words, unknown), unknown, words);
        if !commands.is_empty() {
            let commands: Vec<String> = commands.iter().map(|command| format!("`hub {command}`")).collect();
            console::note(format!("\nType {}.", commands.join(" or ")));
        }
    }
    Ok(error.exit_code())
}

fn unknown(error: &Error) -> Option<&str> {
    match (error.kind(), error.get(ContextKind::InvalidSubcommand)) {
        (ErrorKind::InvalidSubcommand, Some(ContextValue::String(word))) => Some(word),
        _ => None,
    }
}

/// The commands that lead to the unknown word.
fn words_before(words: &[String], unknown: &str) -> Vec<String> {
    path(model::command(), words.iter().take_while(|word| *word != unknown))
}

/// The words that are commands, one below the other.
fn path<'a>(mut command: Command, words: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut found = Vec::new();
    for word in words {
        if let Some(inner) = command.find_subcommand(word) {
            command = inner.clone();
            found.push(command.get_name().to_owned());
        }
    }
    found
}

/// What can be typed instead of an unknown word that comes after `before`.
fn instead(before: &[String], unknown: &str, words: &[String]) -> Vec<String> {
    if unknown == "help" {
        let about = words.iter().filter(|word| *word != "help");
        let mut command = path(model::command(), about);
        command.push("--help".to_owned());
        return vec![command.join(" ")];
    }
    if let Some((_, command)) = FORMERLY.iter().find(|(word, _)| *word == unknown) {
        return vec![(*command).to_owned()];
    }
    let before = before.join(" ");
    let mut found: Vec<String> = Vec::new();
    for leaf in model::leaves() {
        let mut upto = Vec::new();
        for word in leaf.command.split(' ') {
            upto.push(word);
            if word == unknown {
                let command = upto.join(" ");
                if command.starts_with(&before) && !found.contains(&command) {
                    found.push(command);
                }
                break;
            }
        }
    }
    found.truncate(NAMED);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> Vec<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let argv = std::iter::once("hub").chain(words.iter().map(String::as_str));
        let error = model::command().try_get_matches_from(argv).unwrap_err();
        let unknown = unknown(&error).unwrap_or_else(|| panic!("{line}: {error}"));
        instead(&words_before(&words, unknown), unknown, &words)
    }

    #[test]
    fn whoever_types_a_command_that_is_not_there_is_told_the_one_that_is() {
        for (line, commands) in [
            ("help", &["--help"][..]),
            ("help upload", &["upload --help"]),
            ("auth help login", &["auth login --help"]),
            ("login", &["auth login"]),
            ("logout", &["auth logout"]),
            ("whoami", &["auth whoami"]),
            ("tag", &["repos tag"]),
            ("--endpoint local:x whoami", &["auth whoami"]),
            ("scan-cache", &["cache list"]),
            ("secrets", &["spaces secrets"]),
            ("nonsense", &[]),
        ] {
            assert_eq!(typed(line), commands, "{line}");
        }
    }
}
