//! Arguments of `hub upload`, and those that other commands share with it.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use hub_api::commit::folder::Links;

use super::{repo_type::RepoTypeArg, visibility::VisibilityArgs};

/// What `hub upload` and `hub upload-large-folder` are both told.
#[derive(Debug, Args)]
pub(crate) struct UploadSource {
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    #[command(flatten)]
    pub(crate) visibility: VisibilityArgs,
    /// Only files that match; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) include: Vec<String>,
    /// No files that match; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
}

/// What a commit is told.
#[derive(Debug, Args)]
pub(crate) struct CommitArgs {
    /// The branch, or refs/pr/N; `hub upload` makes a branch that is not there [default: main]
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    /// First line of the commit's message
    #[arg(long, value_name = "TEXT")]
    pub(crate) commit_message: Option<String>,
    /// The rest of the message
    #[arg(long, value_name = "TEXT")]
    pub(crate) commit_description: Option<String>,
    /// Open a pull request instead of committing to the branch
    #[arg(long)]
    pub(crate) create_pr: bool,
}

impl CommitArgs {
    /// Whether anything but the revision is said of a commit.
    pub(crate) fn is_told(&self) -> bool {
        self.commit_message.is_some() || self.commit_description.is_some() || self.create_pr
    }
}

#[derive(Debug, Args)]
pub(crate) struct Upload {
    /// NAME or NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// The file or folder; `-` is standard input, and a pattern in quotes what matches it in this folder [default: the one that is named
    /// like the repository]
    pub(crate) local_path: Option<PathBuf>,
    /// Where it goes in the repository; `.` is the root, and a file goes into what ends in / [default: a file's name, or
    /// the folder's path as given]
    pub(crate) path_in_repo: Option<String>,
    #[command(flatten)]
    pub(crate) source: UploadSource,
    /// Delete files of the repository, below the folder's place there, that match; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) delete: Vec<String>,
    /// What becomes of symbolic links in a folder
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    links: LinksArg,
    /// Say what would happen to each file and why, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Upload what has changed now and then every so many minutes, until the program is stopped
    #[arg(long, value_name = "MINUTES", value_parser = minutes, conflicts_with_all = ["dry_run", "create_pr"])]
    pub(crate) every: Option<Duration>,
    #[command(flatten)]
    pub(crate) commit: CommitArgs,
}

fn minutes(text: &str) -> Result<Duration, String> {
    let pause = text.parse().ok().and_then(|minutes: f64| Duration::try_from_secs_f64(minutes * 60.0).ok());
    pause
        .filter(|pause| !pause.is_zero())
        .ok_or_else(|| format!("{text:?} is no number of minutes above 0: write for example 10 or 0.5"))
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum LinksArg {
    /// Follow those to files, leave out those to folders
    #[default]
    Files,
    /// Follow all
    Follow,
    /// Leave all out
    Skip,
    /// Stop at any
    Error,
}

impl Upload {
    pub(crate) fn links(&self) -> Links {
        match self.links {
            LinksArg::Files => Links::ToFiles,
            LinksArg::Follow => Links::Follow,
            LinksArg::Skip => Links::Skip,
            LinksArg::Error => Links::Refuse,
        }
    }
}
