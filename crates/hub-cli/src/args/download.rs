//! Arguments of `hub download`.

use std::path::PathBuf;

use clap::Args;

use super::RepoTypeArg;

#[derive(Debug, Args)]
pub(crate) struct Download {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// The files [default: all]
    pub(crate) filenames: Vec<String>,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// A branch, a tag, a commit or refs/pr/N
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    /// Only files that match; may be repeated
    #[arg(long, value_name = "PATTERN", conflicts_with = "filenames")]
    pub(crate) include: Vec<String>,
    /// No files that match; may be repeated
    #[arg(long, value_name = "PATTERN", conflicts_with = "filenames")]
    pub(crate) exclude: Vec<String>,
    /// A folder that files go to, at their own paths, instead of the cache
    #[arg(long, value_name = "DIR", conflicts_with = "cache_dir")]
    pub(crate) local_dir: Option<PathBuf>,
    /// The cache folder [default: the one of Python programs]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Fetch files that are there already
    #[arg(long, overrides_with = "no_force_download")]
    pub(crate) force_download: bool,
    /// Fetch only what is not there; the default
    #[arg(long, hide = true, overrides_with = "force_download")]
    no_force_download: bool,
    /// How many files are downloaded at once
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) max_workers: usize,
    /// Only say what would be downloaded
    #[arg(long, overrides_with = "no_dry_run")]
    pub(crate) dry_run: bool,
    /// Download; the default
    #[arg(long, hide = true, overrides_with = "dry_run")]
    no_dry_run: bool,
}
