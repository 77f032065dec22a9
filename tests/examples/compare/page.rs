//! The page in plain words.

use std::fmt::Write;

use crate::{Counts, Outcome};

/// What both clients made of one job in one case.
pub(crate) struct Row {
    pub(crate) job: &'static str,
    pub(crate) case: &'static str,
    pub(crate) ours: Counts,
    pub(crate) official: Counts,
}

fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::True => "true",
        Outcome::Unknown => "says that nobody knows",
        Outcome::Lost => "**says done, is not**",
        Outcome::CalledFailure => "**error, but it is done**",
        Outcome::Doubled => "**done twice or more**",
    }
}

fn cell(counts: &Counts, runs: usize) -> String {
    let one = |(outcome, count): (&Outcome, &usize)| match *count == runs {
        true => words(*outcome).to_owned(),
        false => format!("{} ({count} of {runs})", words(*outcome)),
    };
    counts.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn total(rows: &[Row], of: fn(&Row) -> &Counts, outcome: Outcome) -> usize {
    rows.iter().filter_map(|row| of(row).get(&outcome)).sum()
}

pub(crate) fn write(rows: &[Row], version: &str, runs: usize) -> String {
    let mut page = format!(
        "# Doubt: this client and the official one\n\n\
         After this page you know what each client tells you when the response to a request is lost, late, or says success and\n\
         cannot be read, and what it leaves behind.\n\n\
         `cargo xtask compare` makes this page: both clients do the same jobs against the same Hub, a model of one on a port,\n\
         which carries the request out, or does not, and then responds as the table says. Each row was run {runs} times with each\n\
         client; waits between attempts are left out, nothing else is. The official client is huggingface_hub {version} as it\n\
         comes, without Xet.\n\n\
         The rows hold under these conditions:\n\n\
         * Names have a namespace (`ada/demo`). For a bare name (`demo`) this client has to request who the caller is before it can\n  \
           find out what happened; where that fails too, the outcome is *says that nobody knows*.\n\
         * One response is lost, late or wrong; later requests get honest responses, except in the rows that say *always*.\n\
         * Nobody else changes the repository meanwhile, and the caller may read what it writes.\n\n\
         The outcomes:\n\n\
         * *true*: done once and said to be done, or not done and said to have failed.\n\
         * *says that nobody knows*: an error that says that it may be done.\n\
         * *error, but it is done*: an error that reads like a failure, so who tries again does it twice. The official\n  \
           client's errors never say that a request may have been carried out; they are counted here.\n\
         * *says done, is not*, and *done twice or more*: what must never happen.\n\n\
         | | this client | huggingface_hub |\n|---|---:|---:|\n"
    );
    for outcome in [Outcome::True, Outcome::Unknown, Outcome::CalledFailure, Outcome::Lost, Outcome::Doubled]
    {
        let (we, they) = (total(rows, |row| &row.ours, outcome), total(rows, |row| &row.official, outcome));
        writeln!(page, "| {} | {we} | {they} |", words(outcome).trim_matches('*')).unwrap();
    }
    let mut job = "";
    for row in rows {
        if row.job != job {
            job = row.job;
            write!(page, "\n## {}{}\n\n", job[..1].to_uppercase(), &job[1..]).unwrap();
            page.push_str("| what the server does | this client | huggingface_hub |\n|---|---|---|\n");
        }
        let (we, they) = (cell(&row.ours, runs), cell(&row.official, runs));
        writeln!(page, "| {} | {we} | {they} |", row.case).unwrap();
    }
    page.truncate(page.trim_end().len());
    page
}
