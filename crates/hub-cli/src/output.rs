//! What goes to stdout, in the format that was asked for.

use std::io::IsTerminal;

use serde::Serialize;

use crate::{
    args::{FormatArg, Global},
    console,
    failure::Failure,
    progress::Board,
    shown::name,
    table,
};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Human,
    Json,
    Quiet,
}

/// What a result is with `--quiet`: values for a script, one a line, and no sentences.
#[derive(Debug)]
pub(crate) enum Brief<'a> {
    /// What people read is nothing but the value.
    Same,
    One(&'a str),
    /// Any number of values, or none.
    Lines(Vec<String>),
}

/// Writes results.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    format: Format,
    /// What a table must fit in.
    width: Option<usize>,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        let format = match global.format {
            _ if global.json => Format::Json,
            _ if global.quiet => Format::Quiet,
            FormatArg::Json => Format::Json,
            FormatArg::Quiet => Format::Quiet,
            FormatArg::Auto | FormatArg::Human | FormatArg::Agent => Format::Human,
        };
        let is_whole = global.no_truncate || global.format == FormatArg::Agent;
        Self { format, width: if is_whole { None } else { width() } }
    }

    /// The board on which a job shows its progress, if anything but the result is to be shown.
    pub(crate) fn board(self) -> Option<Board> {
        (self.format == Format::Human).then(|| Board::new(std::io::stderr().is_terminal()))
    }

    /// Whether only what a script needs is written.
    pub(crate) fn is_quiet(self) -> bool {
        self.format == Format::Quiet
    }

    /// Whether results are written as JSON.
    pub(crate) fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// Writes one result: as JSON, as the text that `human` makes, or with `--quiet` as `brief` says.
    pub(crate) fn value<T: Serialize>(
        self,
        value: &T,
        human: impl FnOnce() -> String,
        brief: Brief<'_>,
    ) -> Result<(), Failure> {
        match (self.format, brief) {
            (Format::Json, _) => self.json(value),
            (Format::Human, _) | (Format::Quiet, Brief::Same) => console::result(&human()),
            (Format::Quiet, Brief::One(text)) => console::result(&name(text)),
            (Format::Quiet, Brief::Lines(all)) => lines(all),
        }
    }

    /// Writes a list: a table for people, whose columns have the names of `head`, without those that are empty; one `quiet`
    /// text a line for scripts.
    pub(crate) fn table<T: Serialize>(
        self,
        head: &[&str],
        items: &[T],
        row: impl Fn(&T) -> Vec<String>,
        quiet: impl Fn(&T) -> String,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.json(items),
            Format::Quiet => lines(items.iter().map(quiet)),
            Format::Human if items.is_empty() => {
                console::note("There is nothing to list.");
                Ok(())
            }
            Format::Human => {
                let rows: Vec<Vec<String>> = items.iter().map(row).collect();
                lines(table::lines(head, &rows, self.width))
            }
        }
    }

    /// Writes one line of a list that may be too long to be held, or nothing when the list is written as JSON at its end.
    pub(crate) fn item(self, human: impl FnOnce() -> String, quiet: &str) -> Result<(), Failure> {
        match self.format {
            Format::Human => console::result(&human()),
            Format::Quiet => console::result(&name(quiet)),
            Format::Json => Ok(()),
        }
    }

    /// Writes the whole list, if the format is JSON.
    pub(crate) fn list<T: Serialize>(self, items: &[T]) -> Result<(), Failure> {
        if self.format == Format::Json { self.json(items) } else { Ok(()) }
    }

    /// Writes JSON, whatever the format.
    pub(crate) fn json<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::other("cannot write JSON", error))?;
        console::result(&text)
    }
}

/// `COLUMNS`, else the width of the terminal; nothing where neither says how much there is room for.
fn width() -> Option<usize> {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let measured =
        || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    told.filter(|columns| *columns > 0).or_else(measured)
}

/// Writes lines at once; each stays one.
fn lines(all: impl IntoIterator<Item = String>) -> Result<(), Failure> {
    let text: String = all.into_iter().map(|line| format!("{}\n", name(&line))).collect();
    console::lines(&text)
}
