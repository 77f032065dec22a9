//! Arguments of `hub cache`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{folder, repo_type::RepoTypeArg};
use crate::cached::{Condition, Order};

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// The repositories in the cache, or with --revisions their commits
    #[command(alias = "ls")]
    List(ListCache),
    /// Delete repositories, commits or files from the cache; asks first
    Rm(RemoveFromCache),
    /// Delete the commits that no branch or tag leads to any more, and what interrupted downloads left; asks first
    Prune(PruneCache),
    /// Compare downloaded files with the hashes of the Hub; fails if one is wrong or missing
    Verify(VerifyCache),
}

#[derive(Debug, Args)]
pub(crate) struct CacheDirArg {
    /// The cache folder [default: the one of Python programs]
    #[arg(long, value_name = "DIR", value_parser = folder())]
    pub(crate) cache_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ListCache {
    #[command(flatten)]
    pub(crate) folder: CacheDirArg,
    /// Each commit on a line of its own
    #[arg(long)]
    pub(crate) revisions: bool,
    /// Only what fits, as in size>1GB, modified>30d (not changed for 30 days), accessed<=1w, type=model or refs=main; may be
    /// repeated, and then all must fit
    #[arg(long, short, value_name = "CONDITION", value_parser = Condition::parse)]
    pub(crate) filter: Vec<Condition>,
    /// The order: name, size, modified or accessed, with :asc or :desc behind it [default: name]
    #[arg(long, value_name = "KEY[:ORDER]", value_parser = Order::parse)]
    pub(crate) sort: Option<Order>,
    /// The most lines
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Say what in the folder is not part of a cache, and not only how much there is of it
    #[arg(long)]
    pub(crate) show_warnings: bool,
}

/// What every deletion has.
#[derive(Debug, Args)]
pub(crate) struct DeletionArgs {
    #[command(flatten)]
    pub(crate) folder: CacheDirArg,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Only say what would be deleted
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveFromCache {
    /// Repositories as `hub cache list` names them, such as model/ada/demo; with @COMMIT one of their commits, and with a path
    /// behind that a file, as in model/ada/demo@main/config.json; or whole commit ids
    #[arg(required = true)]
    pub(crate) targets: Vec<String>,
    #[command(flatten)]
    pub(crate) deletion: DeletionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PruneCache {
    #[command(flatten)]
    pub(crate) deletion: DeletionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyCache {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// A branch, a tag, a commit or refs/pr/N; in the cache, as it was when the Hub was last asked [default: main]
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    #[command(flatten)]
    pub(crate) folder: CacheDirArg,
    /// The folder that the files were downloaded to, instead of the cache
    #[arg(long, value_name = "DIR", conflicts_with = "cache_dir", value_parser = folder())]
    pub(crate) local_dir: Option<PathBuf>,
    /// Fail if a file of the Hub is not here; it does so anyway
    #[arg(long)]
    fail_on_missing_files: bool,
    /// Also fail if a file is here that the Hub has not
    #[arg(long)]
    pub(crate) fail_on_extra_files: bool,
    /// Download wrong and missing files again
    #[arg(long)]
    pub(crate) repair: bool,
}
