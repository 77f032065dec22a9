//! Arguments of `hub upload-large-folder`.

use std::path::PathBuf;

use clap::Args;

use super::upload::UploadSource;

#[derive(Debug, Args)]
pub(crate) struct UploadLargeFolder {
    /// NAME or NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// The folder; its files go to the root of the repository
    pub(crate) local_path: PathBuf,
    #[command(flatten)]
    pub(crate) source: UploadSource,
    /// The branch, or refs/pr/N [default: main]
    #[arg(long, value_name = "REVISION", conflicts_with = "atomic")]
    pub(crate) revision: Option<String>,
    /// How many uploads may run at once [default: 16]
    #[arg(long, value_name = "N")]
    pub(crate) num_workers: Option<usize>,
    /// The most files of one commit [default: 1000]
    #[arg(long, value_name = "N")]
    pub(crate) files_per_commit: Option<usize>,
    /// Collect the commits on a pull request and merge it at the end: readers see all files at once
    #[arg(long)]
    pub(crate) atomic: bool,
    /// Accepted for scripts of the hf command; there is no such report
    #[arg(long, hide = true)]
    no_report: bool,
    /// Draw no progress bar
    #[arg(long)]
    pub(crate) no_bars: bool,
}
