//! `hub discussions`

use std::{io::Read, path::Path, pin::pin};

use futures_util::StreamExt;
use hub_api::types::{
    Discussion, DiscussionEvent, DiscussionStatus, DiscussionWithDetails,
    discussion::{DiscussionStatusFilter, DiscussionTypeFilter, FilesWithConflicts},
};
use serde_json::json;

use crate::{
    args::{
        BodyArgs, CreateDiscussion, DiscussionArg, DiscussionKindArg, DiscussionStatusArg, Discussions,
        EditComment, ListDiscussions, Settle,
    },
    client::Session,
    command::agreed,
    failure::{Code, Failure},
    output::Brief,
    shown::name,
};

pub(crate) async fn run(session: &Session, args: Discussions) -> Result<(), Failure> {
    match args {
        Discussions::List(args) => list(session, args).await,
        Discussions::Info { at } => info(session, at).await,
        Discussions::Create(args) => create(session, args).await,
        Discussions::Comment { at, body } => comment(session, at, body).await,
        Discussions::Edit(args) => edit(session, args).await,
        Discussions::Rename { at, new_title } => rename(session, at, new_title).await,
        Discussions::Close(args) => set_status(session, args, DiscussionStatus::Closed).await,
        Discussions::Reopen(args) => set_status(session, args, DiscussionStatus::Open).await,
        Discussions::Merge(args) => merge(session, args).await,
        Discussions::Diff { at } => diff(session, at).await,
    }
}

async fn list(session: &Session, args: ListDiscussions) -> Result<(), Failure> {
    let api = session.api().await?;
    let mut listing = api.get_repo_discussions(&args.repo_id).repo_type(args.repo_type.get());
    listing = match args.kind {
        DiscussionKindArg::All => listing,
        DiscussionKindArg::Discussion => listing.discussion_type(DiscussionTypeFilter::Discussion),
        DiscussionKindArg::PullRequest => listing.discussion_type(DiscussionTypeFilter::PullRequest),
    };
    // The Hub knows open and closed only: drafts are among the open ones, merged ones among the closed.
    let (asked, exactly) = match args.status {
        DiscussionStatusArg::All => (DiscussionStatusFilter::All, None),
        DiscussionStatusArg::Open => (DiscussionStatusFilter::Open, None),
        DiscussionStatusArg::Closed => (DiscussionStatusFilter::Closed, None),
        DiscussionStatusArg::Merged => (DiscussionStatusFilter::Closed, Some(DiscussionStatus::Merged)),
        DiscussionStatusArg::Draft => (DiscussionStatusFilter::Open, Some(DiscussionStatus::Draft)),
    };
    listing = listing.discussion_status(asked);
    if let Some(author) = args.author {
        listing = listing.author(author);
    }
    let mut found = pin!(listing.stream());
    let mut all: Vec<Discussion> = Vec::new();
    while all.len() < args.limit
        && let Some(one) = found.next().await
    {
        let one = one?;
        if exactly.as_ref().is_none_or(|status| one.status == *status) {
            all.push(one);
        }
    }
    session
        .output
        .table(&["NUM", "KIND", "STATUS", "TITLE", "AUTHOR"], &all, cells, |one| one.num.to_string())
}

fn cells(one: &Discussion) -> Vec<String> {
    let kind = if one.is_pull_request { "pull request" } else { "discussion" };
    let (status, author) = (one.status.as_str().to_owned(), one.author_name().to_owned());
    vec![one.num.to_string(), kind.to_owned(), status, one.title.clone(), author]
}

async fn info(session: &Session, at: DiscussionArg) -> Result<(), Failure> {
    let details = details(session, &at).await?;
    session.output.value(&details, || describe(&details), Brief::One(&at.num.to_string()))
}

async fn details(session: &Session, at: &DiscussionArg) -> Result<DiscussionWithDetails, Failure> {
    let api = session.api().await?;
    Ok(api.get_discussion_details(&at.repo_id, at.num).repo_type(at.repo_type.get()).await?)
}

fn describe(details: &DiscussionWithDetails) -> String {
    let mut lines = vec![name(&cells(&details.discussion).join("  ")).into_owned()];
    if let Some(branch) = details.target_branch() {
        lines.push(format!("  into: {}", name(branch)));
    }
    if let Some(commit) = details.merge_commit_oid() {
        lines.push(format!("  merged as: {}", name(commit)));
    }
    match &details.files_with_conflicts {
        Some(FilesWithConflicts::Paths(paths)) if !paths.is_empty() => {
            lines.push(format!("  conflicts: {}", name(&paths.join(", "))));
        }
        Some(FilesWithConflicts::Unknown(true)) => lines.push("  conflicts: yes".to_owned()),
        _ => {}
    }
    for event in &details.events {
        lines.push(match event {
            DiscussionEvent::Comment(comment) => {
                let text = if comment.data.hidden { "(hidden)" } else { comment.content() };
                let head = format!("{}  {}  {}", comment.created_at, comment.author_name(), comment.id);
                format!("{}\n    {}", name(&head), text.replace('\n', "\n    "))
            }
            DiscussionEvent::StatusChange(change) => {
                format!("{}  {}  {}", change.created_at, change.author_name(), change.data.status)
            }
            DiscussionEvent::TitleChange(change) => {
                format!("{}  {}  renamed to {:?}", change.created_at, change.author_name(), change.data.to)
            }
            DiscussionEvent::Commit(commit) => {
                let what = format!("{} {}", commit.data.oid, commit.data.subject);
                format!("{}  {}  {}", commit.created_at, commit.author_name(), name(&what))
            }
            other => other.kind().to_owned(),
        });
    }
    lines.join("\n")
}

async fn create(session: &Session, args: CreateDiscussion) -> Result<(), Failure> {
    let repo_type = args.repo_type.get();
    let api = session.api().await?;
    let mut call =
        api.create_discussion(&args.repo_id, args.title).repo_type(repo_type).pull_request(args.pull_request);
    if let Some(text) = text(args.body)? {
        call = call.description(text);
    }
    let made = call.await?.discussion;
    let repo = args.repo_type.repo(&args.repo_id)?;
    let url = made.url(&api.endpoint()?, &repo);
    let value = json!({ "num": made.num, "url": url, "ref": made.git_reference().map(|r| r.to_string()) });
    session.output.value(&value, || url.clone(), Brief::One(&made.num.to_string()))
}

async fn comment(session: &Session, at: DiscussionArg, body: BodyArgs) -> Result<(), Failure> {
    let text = needed(text(body)?)?;
    let api = session.api().await?;
    let made = api.comment_discussion(&at.repo_id, at.num, text).repo_type(at.repo_type.get()).await?;
    let human = || format!("Commented on {} of {}.", at.num, at.repo_id);
    session.output.value(&made, human, Brief::One(&made.id))
}

async fn edit(session: &Session, args: EditComment) -> Result<(), Failure> {
    let text = needed(text(args.body)?)?;
    let (at, id) = (args.at, args.comment_id);
    let api = session.api().await?;
    let call = api.edit_discussion_comment(&at.repo_id, at.num, &id, text);
    let made = call.repo_type(at.repo_type.get()).await?;
    let human = || format!("Changed the comment {id} on {} of {}.", at.num, at.repo_id);
    session.output.value(&made, human, Brief::One(&made.id))
}

async fn rename(session: &Session, at: DiscussionArg, new_title: String) -> Result<(), Failure> {
    let api = session.api().await?;
    let made = api.rename_discussion(&at.repo_id, at.num, new_title).repo_type(at.repo_type.get()).await?;
    let human = || format!("{} of {} is now {:?}.", at.num, at.repo_id, made.data.to);
    session.output.value(&made, human, Brief::One(&at.num.to_string()))
}

async fn set_status(session: &Session, args: Settle, status: DiscussionStatus) -> Result<(), Failure> {
    let (verb, done) =
        if status == DiscussionStatus::Open { ("Reopen", "open") } else { ("Close", "closed") };
    ask(&args, verb)?;
    let at = args.at;
    let api = session.api().await?;
    let mut call = api.change_discussion_status(&at.repo_id, at.num, status).repo_type(at.repo_type.get());
    if let Some(comment) = args.comment {
        call = call.comment(comment);
    }
    let made = call.await?;
    let human = || format!("{} of {} is {done}.", at.num, at.repo_id);
    session.output.value(&made, human, Brief::One(&at.num.to_string()))
}

async fn merge(session: &Session, args: Settle) -> Result<(), Failure> {
    ask(&args, "Merge")?;
    let at = args.at;
    let api = session.api().await?;
    let mut call = api.merge_pull_request(&at.repo_id, at.num).repo_type(at.repo_type.get());
    if let Some(comment) = args.comment {
        call = call.comment(comment);
    }
    let made = call.await?;
    let human = || format!("{} of {} is merged.", at.num, at.repo_id);
    session.output.value(&made, human, Brief::One(&at.num.to_string()))
}

async fn diff(session: &Session, at: DiscussionArg) -> Result<(), Failure> {
    let details = details(session, &at).await?;
    if !details.discussion.is_pull_request {
        return Err(Failure::new(Code::Usage, format!("{} of {} is not a pull request", at.num, at.repo_id)));
    }
    let diff = details.diff.unwrap_or_default();
    // The text ends its own last line.
    session.output.value(&json!({ "diff": diff }), || diff.trim_end_matches('\n').to_owned(), Brief::Same)
}

fn ask(args: &Settle, verb: &str) -> Result<(), Failure> {
    agreed(args.yes, &format!("{verb} {} of {}?", args.at.num, args.at.repo_id))
}

/// The text of `--body` or `--body-file`; `-` is standard input.
fn text(body: BodyArgs) -> Result<Option<String>, Failure> {
    match (body.body, body.body_file) {
        (Some(text), _) => Ok(Some(text)),
        (None, Some(path)) if path == Path::new("-") => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| Failure::other("cannot read standard input", error))?;
            Ok(Some(text))
        }
        (None, Some(path)) => std::fs::read_to_string(&path)
            .map(Some)
            .map_err(|error| Failure::other(format!("cannot read {}", path.display()), error)),
        (None, None) => Ok(None),
    }
}

fn needed(text: Option<String>) -> Result<String, Failure> {
    text.ok_or_else(|| Failure::new(Code::Usage, "say what to write with --body or --body-file"))
}
