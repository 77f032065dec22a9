//! `hub cache`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{
    RepoTypeArg,
    cache_filter::{Condition, Order},
};

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// The repositories in the cache, or with --revisions their commits
    #[command(alias = "ls")]
    List(ListCache),
    /// Delete repositories or commits from the cache
    Rm(RemoveFromCache),
    /// Delete the commits that no branch or tag leads to any more
    Prune(PruneCache),
    /// Compare downloaded files with the hashes of the Hub; fails if one is wrong
    Verify(VerifyCache),
}

#[derive(Debug, Args)]
pub(crate) struct CacheDirArg {
    /// The cache folder [default: the one of Python programs]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ListCache {
    #[command(flatten)]
    pub(crate) folder: CacheDirArg,
    /// Each commit on a line of its own
    #[arg(long, overrides_with = "no_revisions")]
    pub(crate) revisions: bool,
    /// Each repository on a line; the default
    #[arg(long, hide = true, overrides_with = "revisions")]
    no_revisions: bool,
    /// Only lines for which this holds: size, accessed, modified, type or refs, then =, !=, <, > or such, then a value, for example
    /// size>1GB, accessed>7d, type=dataset; may be repeated
    #[arg(long, short, value_name = "CONDITION", value_parser = Condition::parse)]
    pub(crate) filter: Vec<Condition>,
    /// The order: size, name, accessed or modified, each also with :asc or :desc
    #[arg(long, value_name = "ORDER", value_parser = Order::parse)]
    pub(crate) sort: Option<Order>,
    /// Say what in the cache cannot be read; the default
    #[arg(long, hide = true, overrides_with = "no_show_warnings")]
    show_warnings: bool,
    /// Do not say what in the cache cannot be read
    #[arg(long, overrides_with = "show_warnings")]
    pub(crate) no_show_warnings: bool,
    /// The most lines
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
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
    #[arg(long, overrides_with = "no_dry_run")]
    pub(crate) dry_run: bool,
    /// Delete; the default
    #[arg(long, hide = true, overrides_with = "dry_run")]
    no_dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveFromCache {
    /// Repositories as `hub cache list` names them, such as model/ada/demo, or whole commit ids
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
    /// A branch, a tag, a commit or refs/pr/N; in the cache, as it was when the Hub was last asked
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    #[command(flatten)]
    pub(crate) folder: CacheDirArg,
    /// The folder that the files were downloaded to, instead of the cache
    #[arg(long, value_name = "DIR", conflicts_with = "cache_dir")]
    pub(crate) local_dir: Option<PathBuf>,
    /// Also fail if a file of the Hub is not here
    #[arg(long)]
    pub(crate) fail_on_missing_files: bool,
    /// Also fail if a file is here that the Hub has not
    #[arg(long)]
    pub(crate) fail_on_extra_files: bool,
    /// Download wrong and missing files again
    #[arg(long)]
    pub(crate) repair: bool,
}
