//! Arguments of `hub repos create|list|duplicate|delete|delete-files`.

use clap::Args;

use super::{RepoTypeArg, SettingsArgs};

/// Who sees a repository.
#[derive(Debug, Args)]
pub(crate) struct VisibilityArgs {
    /// Only its owners see it
    #[arg(long, overrides_with = "no_private", conflicts_with = "protected")]
    pub(crate) private: bool,
    /// Everybody sees it
    #[arg(long, alias = "public", overrides_with = "private", conflicts_with = "protected")]
    pub(crate) no_private: bool,
    /// Everybody uses the Space, only its owners see its files
    #[arg(long)]
    pub(crate) protected: bool,
}

/// Whether it is fine that something is there already.
#[derive(Debug, Args)]
pub(crate) struct ExistOkArg {
    /// Do not fail when it exists
    #[arg(long, overrides_with = "no_exist_ok")]
    pub(crate) exist_ok: bool,
    /// Fail when it exists; the default
    #[arg(long, hide = true, overrides_with = "exist_ok")]
    no_exist_ok: bool,
}

/// What a new Space runs on and knows.
#[derive(Debug, Args)]
pub(crate) struct NewSpaceArgs {
    /// The machine that a Space asks for
    #[arg(long, value_name = "HARDWARE")]
    pub(crate) flavor: Option<String>,
    /// Seconds without a visit after which a Space goes to sleep; -1 for never
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) sleep_time: Option<i64>,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CreateRepo {
    /// NAME or NAMESPACE/NAME; without a namespace it is your own
    pub(crate) repo_id: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// What runs a Space: gradio, docker, static
    #[arg(long = "sdk", alias = "space-sdk", value_name = "SDK")]
    pub(crate) sdk: Option<String>,
    #[command(flatten)]
    pub(crate) visibility: VisibilityArgs,
    #[command(flatten)]
    pub(crate) exist_ok: ExistOkArg,
    /// The resource group of an organisation that it belongs to
    #[arg(long, value_name = "ID")]
    pub(crate) resource_group_id: Option<String>,
    #[command(flatten)]
    pub(crate) space: NewSpaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListRepos {
    /// Whose repositories [default: your own]
    #[arg(long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Only those of this kind [default: all]
    #[arg(long = "repo-type", alias = "type", value_name = "TYPE", value_parser = ["model", "dataset", "space"])]
    pub(crate) repo_type: Option<String>,
    /// Only those whose id contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// The most repositories
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct DuplicateRepo {
    /// What is copied: NAMESPACE/NAME
    pub(crate) from_id: String,
    /// Where it goes: NAME or NAMESPACE/NAME [default: the same name, your own]
    pub(crate) to_id: Option<String>,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    #[command(flatten)]
    pub(crate) visibility: VisibilityArgs,
    #[command(flatten)]
    pub(crate) exist_ok: ExistOkArg,
    #[command(flatten)]
    pub(crate) space: NewSpaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteRepo {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// Do not fail when it does not exist
    #[arg(long, overrides_with = "no_missing_ok")]
    pub(crate) missing_ok: bool,
    /// Fail when it does not exist; the default
    #[arg(long, hide = true, overrides_with = "missing_ok")]
    no_missing_ok: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteFiles {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// Files that match one of these are deleted; `docs/` is a folder with everything in it
    #[arg(required = true)]
    pub(crate) patterns: Vec<String>,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// The branch, or refs/pr/N
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
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
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}
