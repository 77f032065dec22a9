//! Arguments of `hub discussions`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{file, repo_type::RepoTypeArg};

#[derive(Debug, Subcommand)]
pub(crate) enum Discussions {
    /// List discussions and pull requests, newest first
    #[command(alias = "ls")]
    List(ListDiscussions),
    /// Show one with all that happened in it
    Info {
        #[command(flatten)]
        at: DiscussionArg,
    },
    /// Open a discussion or a pull request
    Create(CreateDiscussion),
    /// Write a comment
    Comment {
        #[command(flatten)]
        at: DiscussionArg,
        #[command(flatten)]
        body: BodyArgs,
    },
    /// Change a comment of your own
    Edit(EditComment),
    /// Give it another title
    Rename {
        #[command(flatten)]
        at: DiscussionArg,
        /// 3 to 200 characters
        new_title: String,
    },
    /// Close it; asks first
    Close(Settle),
    /// Open it again, or a draft for the first time; asks first
    Reopen(Settle),
    /// Merge a pull request into its branch; asks first
    Merge(Settle),
    /// Show the changes of a pull request as git writes them
    Diff {
        #[command(flatten)]
        at: DiscussionArg,
    },
}

/// One discussion or pull request.
#[derive(Debug, Args)]
pub(crate) struct DiscussionArg {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// The number of the discussion or pull request
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) num: u64,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
}

/// A text in Markdown.
#[derive(Debug, Args)]
pub(crate) struct BodyArgs {
    /// The text, in Markdown
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    pub(crate) body: Option<String>,
    /// A file with the text; `-` is standard input
    #[arg(long, value_name = "FILE", value_parser = file())]
    pub(crate) body_file: Option<PathBuf>,
}

/// Values of `--status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiscussionStatusArg {
    /// Open ones and drafts
    Open,
    /// Closed and merged ones
    Closed,
    /// Merged pull requests
    Merged,
    /// Pull requests that are drafts
    Draft,
    /// Any
    All,
}

/// Values of `--kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum DiscussionKindArg {
    /// Both
    All,
    /// Discussions
    Discussion,
    /// Pull requests
    PullRequest,
}

#[derive(Debug, Args)]
pub(crate) struct ListDiscussions {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// Which status
    #[arg(long, short, value_enum, value_name = "STATUS", default_value_t = DiscussionStatusArg::Open)]
    pub(crate) status: DiscussionStatusArg,
    /// Which kind
    #[arg(long, short, value_enum, value_name = "KIND", default_value_t = DiscussionKindArg::All)]
    pub(crate) kind: DiscussionKindArg,
    /// Only those that this user or organisation opened
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
    /// The most entries
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct CreateDiscussion {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// 3 to 200 characters
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: String,
    #[command(flatten)]
    pub(crate) body: BodyArgs,
    /// Open a pull request, as a draft without changes
    #[arg(long, visible_alias = "pr")]
    pub(crate) pull_request: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EditComment {
    #[command(flatten)]
    pub(crate) at: DiscussionArg,
    /// The id of the comment, as `info` shows it
    pub(crate) comment_id: String,
    #[command(flatten)]
    pub(crate) body: BodyArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Settle {
    #[command(flatten)]
    pub(crate) at: DiscussionArg,
    /// A comment that goes with it
    #[arg(long, value_name = "TEXT")]
    pub(crate) comment: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}
