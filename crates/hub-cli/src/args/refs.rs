//! Arguments of `hub repos branch|tag`.

use clap::{Args, Subcommand};

use super::repo_type::RepoTypeArg;

#[derive(Debug, Subcommand)]
pub(crate) enum Branch {
    /// Create a branch
    Create(CreateBranch),
    /// Delete a branch; asks first
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
    /// Where it begins: a branch, a tag or a commit [default: main]
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    /// Do not fail when it exists
    #[arg(long)]
    pub(crate) exist_ok: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteBranch {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// Name of the branch
    pub(crate) branch: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tag {
    /// Create a tag
    Create(CreateTag),
    /// Delete a tag; asks first
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
