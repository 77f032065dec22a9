//! Who sees a repository.

use clap::Args;

/// Who sees a repository, also a Space.
#[derive(Debug, Args)]
pub(crate) struct RepoVisibilityArgs {
    #[command(flatten)]
    visibility: VisibilityArgs,
    /// Everybody uses the Space, only its owners see its files
    #[arg(long, conflicts_with_all = ["private", "public"])]
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
    #[arg(long, overrides_with = "public")]
    private: bool,
    /// Everybody sees it
    #[arg(long, visible_alias = "no-private", overrides_with = "private")]
    public: bool,
}

impl VisibilityArgs {
    /// Whether only its owners see it; `None` when nothing was said.
    pub(crate) fn private(&self) -> Option<bool> {
        (self.private || self.public).then_some(self.private)
    }
}
