//! What goes to stdout, in the format that was asked for.

use std::{
    fmt::Display,
    io::{IsTerminal, Write},
};

use serde::Serialize;

use crate::{
    args::{FormatArg, Global},
    failure::Failure,
    progress::Board,
    table,
};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Human,
    Json,
    Quiet,
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

    /// Writes one result: as JSON, or as the text that `human` makes.
    pub(crate) fn value<T: Serialize>(
        self,
        value: &T,
        human: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        self.value_or_quiet(value, human, None)
    }

    /// As [`Output::value`], with another text for `--quiet`.
    pub(crate) fn value_or_quiet<T: Serialize>(
        self,
        value: &T,
        human: impl FnOnce() -> String,
        quiet: Option<&str>,
    ) -> Result<(), Failure> {
        match (self.format, quiet) {
            (Format::Json, _) => self.json(value),
            (Format::Quiet, Some(quiet)) => line(quiet),
            _ => line(&human()),
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
            Format::Quiet => items.iter().try_for_each(|item| line(&quiet(item))),
            Format::Human if items.is_empty() => {
                eprintln!("There is nothing to list.");
                Ok(())
            }
            Format::Human => {
                let rows: Vec<Vec<String>> = items.iter().map(row).collect();
                table::lines(head, &rows, self.width).iter().try_for_each(|text| line(text))
            }
        }
    }

    /// Writes one line of a list that may be too long to be held, or nothing when the list is written as JSON at its end.
    pub(crate) fn item(self, human: impl FnOnce() -> String, quiet: &str) -> Result<(), Failure> {
        match self.format {
            Format::Human => line(&human()),
            Format::Quiet => line(quiet),
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
        line(&text)
    }
}

/// `COLUMNS`, else the width of the terminal; nothing where neither says how much there is room for.
fn width() -> Option<usize> {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let measured =
        || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    told.filter(|columns| *columns > 0).or_else(measured)
}

/// A reader that goes away, such as `head`, ends the program quietly.
fn line(text: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => other.map_err(|error| Failure::other("cannot write to stdout", error)),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let noun = if count == N::from(1) { one } else { many };
    format!("{count} {noun}")
}

/// A size for people: `1.5 MB`, with powers of 1000 as the Hub shows them.
pub(crate) fn human_size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if value < 1000.0 || unit == "TB" {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1500, "1.5 kB"),
            (90_868_376, "90.9 MB"),
            (5_000_000_000_000, "5.0 TB"),
        ] {
            assert_eq!(human_size(bytes), text);
        }
    }
}
