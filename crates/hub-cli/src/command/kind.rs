//! `hub models`, `hub datasets`, `hub spaces`

use std::pin::pin;

use futures_util::StreamExt;
use hub_api::{
    RepoType,
    types::{RepoInfo, TreeEntry},
};

use crate::{
    args::{Info, Kind, List},
    client::Session,
    command::{card, search},
    failure::Failure,
    output::Brief,
    shown::{entry_line, entry_size, name},
    tree,
};

pub(crate) async fn run(session: &Session, repo_type: RepoType, args: Kind) -> Result<(), Failure> {
    match args {
        Kind::Info(args) => info(session, repo_type, args).await,
        Kind::Card(args) => card::run(session, repo_type, args).await,
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
    session.output.value(&info, || describe(&info), Brief::One(info.id()))
}

fn describe(info: &RepoInfo) -> String {
    let mut lines = vec![format!("{} {}", info.repo_type(), info.id())];
    let mut add = |what: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push(format!("  {what}: {}", name(&value)));
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

async fn list(session: &Session, repo_type: RepoType, args: List) -> Result<(), Failure> {
    let Some(repo_id) = &args.repo_id else {
        return search::run(session, repo_type, args.search, args.limit).await;
    };
    let api = session.api().await?;
    let mut listing = api.list_repo_tree(repo_id).repo_type(repo_type).recursive(args.recursive);
    if let Some(revision) = args.revision {
        listing = listing.revision(revision);
    }
    if let Some(path) = &args.path {
        listing = listing.path_in_repo(path);
    }
    if let Some(limit) = args.limit {
        listing = listing.limit(limit);
    }
    let mut entries = pin!(listing.stream());
    let mut all: Vec<TreeEntry> = Vec::new();
    while let Some(entry) = entries.next().await {
        let entry = entry?;
        if !args.tree {
            session
                .output
                .item(|| entry_line(size(&entry), &entry.path, args.human_readable), &entry.path)?;
        }
        all.push(entry);
    }
    if args.tree {
        let nodes: Vec<_> = all
            .iter()
            .map(|entry| (entry.path.clone(), entry_size(size(entry), args.human_readable)))
            .collect();
        let paths = all.iter().map(|entry| entry.path.clone()).collect();
        return session.output.value(&all, || tree::lines(&nodes).join("\n"), Brief::Lines(paths));
    }
    session.output.list(&all)
}

/// Bytes of a file.
fn size(entry: &TreeEntry) -> Option<u64> {
    entry.is_file().then_some(entry.size)
}
