//! Arguments of `hub repos move|settings|branch|tag`.

use clap::{Args, Subcommand};

use super::{RepoTypeArg, VisibilityArgs};

#[derive(Debug, Args)]
pub(crate) struct MoveRepo {
    /// What it is called: NAMESPACE/NAME
    pub(crate) from_id: String,
    /// What it shall be called: NAMESPACE/NAME
    pub(crate) to_id: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
}

#[derive(Debug, Args)]
pub(crate) struct RepoSettings {
    /// NAME or NAMESPACE/NAME; without a namespace it is your own
    pub(crate) repo_id: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// Whether access to the files must be asked for, and who grants it
    #[arg(long, value_name = "MODE", value_parser = ["auto", "manual", "false"])]
    pub(crate) gated: Option<String>,
    #[command(flatten)]
    pub(crate) visibility: VisibilityArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Branch {
    /// Create a branch
    Create(CreateBranch),
    /// Delete a branch
    Delete(DeleteBranch),
}

#[derive(Debug, Args)]
pub(crate) struct CreateBranch {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// Name of the branch
    pub(crate) branch: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// Where it begins: a branch, a tag or a commit [default: the default branch]
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    /// Do not fail when it exists
    #[arg(long, overrides_with = "no_exist_ok")]
    pub(crate) exist_ok: bool,
    /// Fail when it exists, which is the default
    #[arg(long, overrides_with = "exist_ok")]
    no_exist_ok: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteBranch {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// Name of the branch
    pub(crate) branch: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tag {
    /// Create a tag
    Create(CreateTag),
    /// Delete a tag
    Delete(DeleteTag),
    /// List the tags and the commits that they name
    #[command(alias = "ls")]
    List(ListTags),
}

#[derive(Debug, Args)]
pub(crate) struct CreateTag {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// Name of the tag
    pub(crate) tag: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// Text of the tag
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// What it names: a branch, a tag or a commit [default: main]
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteTag {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// Name of the tag
    pub(crate) tag: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListTags {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
}
