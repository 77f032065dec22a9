//! Who sees a repository.

use clap::Args;

/// Who sees a repository, also a Space.
#[derive(Debug, Args)]
pub(crate) struct RepoVisibilityArgs {
    #[command(flatten)]
    visibility: VisibilityArgs,
    /// Everybody uses the Space, only its owners see its files
    #[arg(long, conflicts_with_all = ["private", "public", "no_private"])]
    pub(crate) protected: bool,
}

impl RepoVisibilityArgs {
    /// Whether only its owners see it; `None` when nothing was said, or `--protected`.
    pub(crate) fn private(&self) -> Option<bool> {
        self.visibility.private()
    }
}

/// Who sees a repository.
#[derive(Debug, Args)]
pub(crate) struct VisibilityArgs {
    /// Only its owners see it
    #[arg(long, conflicts_with = "public", overrides_with = "no_private")]
    private: bool,
    /// Everybody sees it
    #[arg(long)]
    public: bool,
    /// The same as --public, but takes back a --private before it
    #[arg(long, overrides_with = "private")]
    no_private: bool,
}

impl VisibilityArgs {
    /// Whether only its owners see it; `None` when nothing was said.
    pub(crate) fn private(&self) -> Option<bool> {
        (self.private || self.public || self.no_private).then_some(self.private)
    }
}
