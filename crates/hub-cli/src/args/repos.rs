//! Arguments of `hub repos`, without branches and tags.

use clap::{Args, Subcommand};
use hub_api::RepoType;

use super::{
    files::Cp,
    refs::{Branch, Tag},
    repo_type::RepoTypeArg,
    spaces::NewSpaceArgs,
    upload::CommitArgs,
    visibility::RepoVisibilityArgs,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Repos {
    /// Create a repository
    Create(CreateRepo),
    /// Delete a repository with everything in it; asks first
    Delete(DeleteRepo),
    /// Give a repository another name; the old one leads to it
    Move(MoveRepo),
    /// Copy a repository, without its history
    Duplicate(DuplicateRepo),
    /// List the repositories of a user or an organisation
    #[command(alias = "ls")]
    List(ListRepos),
    /// Copy files and folders to a repository, from it, or to another one: the same as `hub cp`
    Cp(Cp),
    /// Delete the files that match patterns, as one commit
    DeleteFiles(DeleteFiles),
    /// Change who sees a repository and who gets its files
    Settings(RepoSettings),
    /// Create and delete branches
    #[command(subcommand)]
    Branch(Branch),
    /// Create, list and delete tags
    #[command(subcommand)]
    Tag(Tag),
}

/// What a repository can be told when it is made.
#[derive(Debug, Args)]
pub(crate) struct NewRepoArgs {
    #[command(flatten)]
    pub(crate) visibility: RepoVisibilityArgs,
    /// The resource group of an organisation that it belongs to
    #[arg(long, value_name = "ID")]
    pub(crate) resource_group_id: Option<String>,
    /// Do not fail when it exists
    #[arg(long)]
    pub(crate) exist_ok: bool,
    // Last: what follows would stand below its heading.
    #[command(flatten, next_help_heading = "For Spaces")]
    pub(crate) space: NewSpaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CreateRepo {
    /// NAME or NAMESPACE/NAME; without a namespace it is your own
    pub(crate) repo_id: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// What runs a Space
    #[arg(long = "sdk", visible_alias = "space-sdk", value_name = "SDK",
          value_parser = ["gradio", "docker", "static", "streamlit"])]
    pub(crate) sdk: Option<String>,
    /// The template that a Space begins as: its id or its name, of those that `hub spaces templates` lists
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) template: Option<String>,
    /// Where in the world it is stored, for paid organisations [default: the Hub's choice]
    #[arg(long, value_name = "REGION", value_parser = ["us", "eu"])]
    pub(crate) region: Option<String>,
    #[command(flatten)]
    pub(crate) new: NewRepoArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteRepo {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// Do not fail when it does not exist
    #[arg(long)]
    pub(crate) missing_ok: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

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
    pub(crate) visibility: RepoVisibilityArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DuplicateRepo {
    /// What is copied: NAMESPACE/NAME
    pub(crate) from_id: String,
    /// What the copy is called: NAME or NAMESPACE/NAME [default: the same name in your own namespace]
    pub(crate) to_id: Option<String>,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    #[command(flatten)]
    pub(crate) new: NewRepoArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListRepos {
    /// The user or organisation [default: you]
    #[arg(long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Only this kind
    #[arg(long = "repo-type", visible_alias = "type", value_name = "TYPE", value_parser = ["model", "dataset", "space"])]
    repo_type: Option<String>,
    /// Only those whose id contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// The most repositories of each kind
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) limit: usize,
}

impl ListRepos {
    /// The kinds to list.
    pub(crate) fn repo_types(&self) -> Vec<RepoType> {
        match self.repo_type.as_deref().and_then(RepoType::from_word) {
            Some(only) => vec![only],
            None => vec![RepoType::Model, RepoType::Dataset, RepoType::Space],
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DeleteFiles {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// Files that match one of these are deleted; a folder is written with / at its end
    #[arg(required = true)]
    pub(crate) patterns: Vec<String>,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    #[command(flatten)]
    pub(crate) commit: CommitArgs,
}
