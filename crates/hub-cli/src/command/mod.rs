//! One file per command.

pub(crate) mod auth;
pub(crate) mod cache;
pub(crate) mod discussions;
pub(crate) mod download;
pub(crate) mod env;
pub(crate) mod kind;
pub(crate) mod large_upload;
pub(crate) mod model;
pub(crate) mod refs;
pub(crate) mod repos;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod spaces;
pub(crate) mod upload;

/// Asks a question on the terminal; without a terminal the answer is no.
fn confirm(question: &str) -> bool {
    use std::io::{IsTerminal, Write};
    if !std::io::stdin().is_terminal() {
        return false;
    }
    eprint!("{question} [y/N] ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
