//! `hub models`, `hub datasets`, `hub spaces`

use std::pin::pin;

use futures_util::StreamExt;
use hub_api::{
    RepoType,
    types::{RepoInfo, TreeEntry},
};
use serde_json::json;

use crate::{
    args::{Card, Info, Kind, List},
    client::Session,
    command::search,
    failure::Failure,
    output::human_size,
};

pub(crate) async fn run(session: &Session, repo_type: RepoType, args: Kind) -> Result<(), Failure> {
    match args {
        Kind::Info(args) => info(session, repo_type, args).await,
        Kind::Card(args) => card(session, repo_type, args).await,
        Kind::List(args) => list(session, repo_type, *args).await,
    }
}

async fn info(session: &Session, repo_type: RepoType, args: Info) -> Result<(), Failure> {
    let api = session.api().await?;
    let mut call = api.repo_info(&args.repo_id).repo_type(repo_type);
    if let Some(revision) = args.revision {
        call = call.revision(revision);
    }
    if !args.expand.is_empty() {
        call = call.expand(args.expand);
    }
    let info = call.await?;
    session.output.value_or_quiet(&info, || describe(&info), Some(info.id()))
}

fn describe(info: &RepoInfo) -> String {
    let mut lines = vec![format!("{} {}", info.repo_type(), info.id())];
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push(format!("  {name}: {value}"));
        }
    };
    add("commit", info.sha().cloned());
    add("changed", info.last_modified().map(ToString::to_string));
    add("private", info.private().map(ToString::to_string));
    add("likes", info.likes().map(ToString::to_string));
    add("tags", info.tags().filter(|tags| !tags.is_empty()).map(|tags| tags.join(", ")));
    add("files", info.siblings().map(|files| files.len().to_string()));
    lines.join("\n")
}

async fn card(session: &Session, repo_type: RepoType, args: Card) -> Result<(), Failure> {
    let api = session.api().await?;
    let path = api.hf_hub_download(&args.repo_id, "README.md").repo_type(repo_type).await?;
    let content = std::fs::read_to_string(&path)
        .map_err(|error| Failure::other(format!("cannot read {}", path.display()), error))?;
    let (metadata, text) = parts_of_card(&content);
    let value = json!({ "id": args.repo_id, "metadata": metadata, "text": text });
    session.output.value(&value, || {
        let shown = match (args.metadata, args.text) {
            (true, _) => metadata,
            (_, true) => text,
            _ => content.as_str(),
        };
        shown.trim_end().to_owned()
    })
}

/// What stands between the two lines `---` at the beginning, and the rest.
fn parts_of_card(content: &str) -> (&str, &str) {
    let begins = content.strip_prefix("---\n").or_else(|| content.strip_prefix("---\r\n"));
    let Some(rest) = begins else { return ("", content) };
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            let (metadata, text) = rest.split_at(end);
            return (metadata, text.strip_prefix(line).unwrap_or(text).trim_start_matches(['\r', '\n']));
        }
        end += line.len();
    }
    ("", content)
}

async fn list(session: &Session, repo_type: RepoType, args: List) -> Result<(), Failure> {
    let Some(repo_id) = &args.repo_id else {
        return search::run(session, repo_type, args.search, args.limit).await;
    };
    let api = session.api().await?;
    let mut listing = api.list_repo_tree(repo_id).repo_type(repo_type).recursive(args.recursive);
    if let Some(revision) = args.revision {
        listing = listing.revision(revision);
    }
    if let Some(limit) = args.limit {
        listing = listing.limit(limit);
    }
    let mut entries = pin!(listing.stream());
    let mut all: Vec<TreeEntry> = Vec::new();
    while let Some(entry) = entries.next().await {
        let entry = entry?;
        if !args.tree {
            session.output.item(|| line(&entry, args.human_readable), &entry.path)?;
        }
        all.push(entry);
    }
    if args.tree {
        for (drawn, entry) in drawn(&all) {
            session
                .output
                .item(|| format!("{:>14}  {drawn}", size(entry, args.human_readable)), &entry.path)?;
        }
    }
    session.output.list(&all)
}

/// Each entry below its folder, as the command `tree` draws it.
fn drawn(entries: &[TreeEntry]) -> Vec<(String, &TreeEntry)> {
    let mut sorted: Vec<&TreeEntry> = entries.iter().collect();
    // A folder stands right before what is in it.
    sorted.sort_by(|a, b| a.path.split('/').cmp(b.path.split('/')));
    let parent = |path: &str| path.rsplit_once('/').map_or(String::new(), |(parent, _)| format!("{parent}/"));
    let is_last = |at: usize, folder: &str| {
        let inside = |entry: &&&TreeEntry| parent(&entry.path) == folder;
        !sorted.iter().skip(at + 1).any(|entry| inside(&entry))
    };
    let mut lines = Vec::with_capacity(sorted.len());
    for (at, entry) in sorted.iter().enumerate() {
        let mut line = String::new();
        let folders = entry.path.match_indices('/').filter_map(|(end, _)| entry.path.get(..end));
        for folder in folders {
            line.push_str(if is_last(at, &parent(folder)) { "    " } else { "│   " });
        }
        line.push_str(if is_last(at, &parent(&entry.path)) { "└── " } else { "├── " });
        line.push_str(entry.path.rsplit('/').next().unwrap_or_default());
        if !entry.is_file() {
            line.push('/');
        }
        lines.push((line, *entry));
    }
    lines
}

fn size(entry: &TreeEntry, human_readable: bool) -> String {
    match (entry.is_file(), human_readable) {
        (false, _) => String::new(),
        (true, true) => human_size(entry.size),
        (true, false) => entry.size.to_string(),
    }
}

fn line(entry: &TreeEntry, human_readable: bool) -> String {
    let slash = if entry.is_file() { "" } else { "/" };
    format!("{:>14}  {}{slash}", size(entry, human_readable), entry.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_has_metadata_between_two_lines_and_text_behind_them() {
        for (content, expected) in [
            ("---\nlicense: mit\n---\n\n# Demo\n", ("license: mit\n", "# Demo\n")),
            ("---\r\nlicense: mit\r\n---\r\nText", ("license: mit\r\n", "Text")),
            ("# Demo\n---\n", ("", "# Demo\n---\n")),
            ("---\nnever ends", ("", "---\nnever ends")),
            ("---\n---\n", ("", "")),
            ("", ("", "")),
        ] {
            assert_eq!(parts_of_card(content), expected, "{content:?}");
        }
    }

    #[test]
    fn a_tree_shows_what_is_in_what() {
        let entry = |path: &str, kind: &str| -> TreeEntry {
            serde_json::from_value(json!({ "type": kind, "path": path, "oid": "0", "size": 1 })).unwrap()
        };
        let entries =
            [entry("b.md", "file"), entry("a", "directory"), entry("a/x", "file"), entry("a/y", "file")];
        let lines: Vec<String> = drawn(&entries).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, ["├── a/", "│   ├── x", "│   └── y", "└── b.md"]);
    }
}
