//! `hub cache`

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// The repositories in the cache, or with --revisions their commits
    #[command(alias = "ls")]
    List(ListCache),
    /// Delete repositories or commits from the cache
    Rm(RemoveFromCache),
    /// Delete the commits that no branch or tag leads to any more
    Prune(PruneCache),
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
    #[arg(long)]
    pub(crate) revisions: bool,
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
    #[arg(long)]
    pub(crate) dry_run: bool,
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
