//! Arguments of `hub upload`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hub_api::commit::folder::Links;

use super::RepoTypeArg;

#[derive(Debug, Args)]
pub(crate) struct Upload {
    /// NAME or NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// The file or folder [default: the one that is named like the repository]
    pub(crate) local_path: Option<PathBuf>,
    /// Where it goes in the repository; `.` is the root [default: a file's name, or the folder's path as given]
    pub(crate) path_in_repo: Option<String>,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// The branch, or refs/pr/N
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    /// Delete files of the repository, below the folder's place there, that match; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) delete: Vec<String>,
    /// What becomes of symbolic links in a folder
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    links: LinksArg,
    /// Say what would happen to each file and why, and change nothing; the repository must exist
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// First line of the commit's message
    #[arg(long, value_name = "TEXT")]
    pub(crate) commit_message: Option<String>,
    /// The rest of the message
    #[arg(long, value_name = "TEXT")]
    pub(crate) commit_description: Option<String>,
    /// Open a pull request instead of committing to the branch
    #[arg(long, overrides_with = "no_create_pr")]
    pub(crate) create_pr: bool,
    /// Commit to the branch; the default
    #[arg(long, hide = true, overrides_with = "create_pr")]
    no_create_pr: bool,
}

/// What every upload of a folder has.
#[derive(Debug, Args)]
pub(crate) struct ChoiceArgs {
    /// If the repository is created, only its owners see it
    #[arg(long, overrides_with = "no_private")]
    pub(crate) private: bool,
    /// If the repository is created, it is as the account has it by default
    #[arg(long, hide = true, overrides_with = "private")]
    no_private: bool,
    /// Only files that match; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) include: Vec<String>,
    /// No files that match; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
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
