//! `docs/python.md` says how to call each method of Python's `HfApi`: that nothing is missing in it or wrong by now.

use std::collections::BTreeSet;

use crate::{Outcome, read, root};

/// What every call has, so that the tables leave it out.
const EVERYWHERE: [&str; 2] = ["token", "repo_type"];
/// Python's names that are written in another way here.
const RENAMED: [(&str, &str); 2] = [("cardData", "card_data"), ("securityStatus", "security_status")];

/// Methods and arguments of Python that the tables do not name, and methods that they name and nobody has.
pub(super) fn faults() -> Outcome<Vec<String>> {
    let api = root().join("crates/hub-api/src");
    let mut functions = BTreeSet::new();
    collect_functions(&api, &mut functions)?;
    let documented = read(&root().join("tests/parity/methods.txt"))?;
    let free = read(&api.join("free.rs"))?;
    let shared: BTreeSet<String> = functions_of(&free).map(str::to_owned).collect();
    Ok(compare(&read(&root().join("docs/python.md"))?, &documented, &shared, &functions))
}

/// One row: the names in the first column, and the calls in the second.
struct Row<'t> {
    names: Vec<&'t str>,
    calls: &'t str,
}

fn rows(page: &str) -> Vec<Row<'_>> {
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    cells.map(|(names, calls)| Row { names: names.split("`, `").collect(), calls }).collect()
}

fn compare(
    page: &str,
    documented: &str,
    shared: &BTreeSet<String>,
    functions: &BTreeSet<String>,
) -> Vec<String> {
    let rows = rows(page);
    let row_of = |method: &str| rows.iter().find(|row| row.names.contains(&method));
    let mut faults = Vec::new();
    for line in documented.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let method = words.next().unwrap_or_default();
        let Some(row) = row_of(method) else {
            faults.push(format!("docs/python.md does not say how to call {method}"));
            continue;
        };
        for argument in words.filter(|argument| !EVERYWHERE.contains(argument)) {
            let name =
                RENAMED.iter().find(|(python, _)| *python == argument).map_or(argument, |(_, rust)| rust);
            if !identifiers(row.calls).any(|(word, _)| word == name) {
                faults.push(format!("docs/python.md does not say how {method} gets {argument}"));
            }
        }
    }
    let called: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row.calls.starts_with("`api."))
        .flat_map(|row| identifiers(row.calls))
        .filter_map(|(word, rest)| rest.starts_with('(').then_some(word))
        .collect();
    let unknown = called.iter().filter(|name| !functions.contains(**name));
    faults.extend(unknown.map(|name| format!("docs/python.md calls {name}, which hub-api does not have")));
    let missing = shared.iter().filter(|name| !called.contains(name.as_str()));
    faults.extend(missing.map(|name| format!("docs/python.md does not name {name}")));
    faults
}

/// The names in a piece of code, each with what follows it.
fn identifiers(code: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut rest = code;
    std::iter::from_fn(move || {
        let from = rest.find(is_part)?;
        let (_, word) = rest.split_at(from);
        let (word, after) = word.split_at(word.find(|letter| !is_part(letter)).unwrap_or(word.len()));
        rest = after;
        Some((word, after))
    })
}

/// The public functions that a source file has.
fn functions_of(source: &str) -> impl Iterator<Item = &str> {
    let lines = source.lines().filter_map(|line| line.trim_start().strip_prefix("pub fn "));
    // Not the name that a macro fills in.
    let lines = lines.filter(|line| !line.starts_with('$'));
    lines.filter_map(|line| Some(line.split_once(['(', '<'])?.0))
}

fn collect_functions(folder: &std::path::Path, functions: &mut BTreeSet<String>) -> Outcome {
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            collect_functions(&path, functions)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            functions.extend(functions_of(&read(&path)?).map(str::to_owned));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<String> {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let documented = "# a comment\ncreate_tag repo_id tag tag_message token\n";
        compare(page, documented, &names(&["create_tag"]), &names(&["create_tag", "tag_message"]))
    }

    #[test]
    fn a_row_with_all_arguments_is_right() {
        assert!(found("| `create_tag` | `api.create_tag(repo_id, tag).tag_message(..)` |").is_empty());
    }

    #[test]
    fn a_missing_method_a_missing_argument_and_an_unknown_call_are_faults() {
        assert_eq!(found("").len(), 2);
        assert_eq!(found("| `create_tag` | `api.create_tag(repo_id, tag)` |").len(), 1);
        assert_eq!(
            found("| `create_tag` | `api.create_tag(repo_id, tag).tag_message(..).gone(..)` |").len(),
            1
        );
    }

    #[test]
    fn functions_are_found_with_and_without_generics() {
        let source = "pub fn one(x: u8) {}\n    pub fn two<S: Into<String>>(\npub(crate) fn three() {}";
        assert_eq!(functions_of(source).collect::<Vec<_>>(), ["one", "two"]);
    }
}
