//! Every fault of `tests/rows.md` has a test whose name begins with its number.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{Outcome, read, root};

/// The rows go from 1 to this number.
const LAST: u32 = 99;

pub(crate) fn run() -> Outcome {
    let listed = listed(&read(&root().join("tests/rows.md"))?)?;
    let mut tested = BTreeSet::new();
    for folder in ["crates", "tests", "examples"] {
        for file in rust_files(&root().join(folder))? {
            for name in tests_in(&read(&file)?) {
                let rows = rows_of(&name);
                if let Some(unknown) = rows.iter().find(|row| !listed.contains(row)) {
                    let place = file.display();
                    return Err(format!(
                        "{place}: the test {name} is of row F{unknown:02}, which tests/rows.md does not have"
                    ));
                }
                tested.extend(rows);
            }
        }
    }
    let without: Vec<String> = listed.difference(&tested).map(|row| format!("F{row:02}")).collect();
    if without.is_empty() {
        println!("{} rows, each with a test", listed.len());
        return Ok(());
    }
    Err(format!(
        "no test for {}: write one whose name begins with the number, as in f07_a_reset_means_not_sent",
        without.join(" ")
    ))
}

/// The numbers of the rows: each once, in order, none missing.
fn listed(text: &str) -> Outcome<BTreeSet<u32>> {
    let mut expected = 1..=LAST;
    for line in text.lines() {
        let Some(cell) = line.strip_prefix("| F").and_then(|rest| rest.split(' ').next()) else { continue };
        let number = expected.next();
        if cell.parse().ok() != number {
            return Err(format!("tests/rows.md: row F{cell} stands where {number:?} should be"));
        }
    }
    match expected.next() {
        None => Ok((1..=LAST).collect()),
        Some(missing) => Err(format!("tests/rows.md ends before row F{missing:02}")),
    }
}

fn rust_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let fault = |error| format!("cannot list {}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// The names of the functions that are run as tests.
fn tests_in(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[ignore") {
            is_test = false;
        } else if line.starts_with("#[test") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if !line.starts_with("#[") && !line.starts_with("//") && !line.is_empty() {
            let name = line.trim_start_matches("async ").strip_prefix("fn ");
            if let Some(name) = name.filter(|_| is_test) {
                names.push(name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect());
            }
            is_test = false;
        }
    }
    names
}

/// The rows that a name begins with: `f16_f18_..` has two, `f22_to_f37_..` all between.
fn rows_of(name: &str) -> BTreeSet<u32> {
    let mut rows = BTreeSet::new();
    let mut range_from = None;
    for word in name.split('_') {
        let number = word.strip_prefix('f').filter(|digits| digits.len() == 2);
        match (number.and_then(|digits| digits.parse::<u32>().ok()), rows.last().copied()) {
            (Some(number), _) => rows.extend(range_from.take().unwrap_or(number)..=number),
            (None, Some(last)) if word == "to" && range_from.is_none() => range_from = Some(last),
            _ => break,
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_with_its_rows() {
        for (name, expected) in [
            ("f07_a_reset", vec![7]),
            ("f16_f18_a_body", vec![16, 18]),
            ("f22_to_f25_the_rule", vec![22, 23, 24, 25]),
            ("f57_to_be", vec![57]),
            ("f2_is_no_row", vec![]),
            ("files_f07", vec![]),
        ] {
            assert_eq!(rows_of(name).into_iter().collect::<Vec<_>>(), expected, "{name}");
        }
    }

    #[test]
    fn only_what_is_run_counts_as_a_test() {
        let source = "#[test]\nfn a() {}\nfn b() {}\n#[tokio::test(start_paused = true)]\n/// c\nasync fn c() {}\n#[test]\n#[ignore]\nfn d() {}\n";
        assert_eq!(tests_in(source), ["a", "c"]);
    }

    #[test]
    fn a_row_that_is_missing_or_twice_is_told() {
        let all: String = (1..=LAST).map(|row| format!("| F{row:02} | x |\n")).collect();
        assert_eq!(listed(&all).unwrap().len(), LAST as usize);
        assert!(listed(&all.replace("| F07 | x |\n", "")).unwrap_err().contains("F08"));
        let last = format!("| F{LAST:02} | x |\n");
        assert!(listed(&all.replace(&last, "")).unwrap_err().contains(&format!("F{LAST}")));
        assert!(listed(&format!("{all}{last}")).is_err());
    }
}
