//! One file per command.

pub(crate) mod admin;
pub(crate) mod auth;
pub(crate) mod cache;
mod card;
pub(crate) mod cat;
mod commit;
pub(crate) mod cp;
mod delete_files;
pub(crate) mod discussions;
pub(crate) mod download;
pub(crate) mod env;
pub(crate) mod find;
mod key_values;
pub(crate) mod kind;
pub(crate) mod large_upload;
pub(crate) mod ls;
pub(crate) mod man;
pub(crate) mod models;
mod refs;
pub(crate) mod repos;
pub(crate) mod rm;
mod search;
pub(crate) mod serve;
pub(crate) mod spaces;
mod standard_input;
pub(crate) mod upload;
mod upload_every;
mod upload_job;
mod weights;

use std::io::IsTerminal;

use crate::{
    console,
    failure::{Code, Failure},
};

/// Goes on when `yes` was said on the command line, or is said now. Without a terminal nobody can be asked.
fn agreed(yes: bool, question: &str) -> Result<(), Failure> {
    agreed_after(yes, &[], question)
}

/// As [`agreed`]; whoever is asked sees the lines first.
fn agreed_after(yes: bool, lines: &[String], question: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        let text = format!("{question} There is no terminal to ask on: say --yes. Nothing was changed");
        return Err(Failure::new(Code::Usage, text));
    }
    lines.iter().for_each(console::note);
    console::question(format!("{question} [y/N] "));
    let mut response = String::new();
    let read = std::io::stdin().read_line(&mut response);
    if read.is_ok() && matches!(response.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(Code::Failed, "nothing was changed: the response was no"))
}
