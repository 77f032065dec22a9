//! Which kind of repository a command means.

use clap::Args;
use hub_api::{Error, RepoRef, RepoType};

/// The kind of a repository.
#[derive(Debug, Args)]
pub(crate) struct RepoTypeArg {
    /// The kind of the repository
    #[arg(long = "repo-type", visible_alias = "type", value_name = "TYPE", default_value = "model",
          value_parser = ["model", "dataset", "space"])]
    repo_type: String,
}

impl RepoTypeArg {
    pub(crate) fn get(&self) -> RepoType {
        RepoType::from_word(&self.repo_type).unwrap_or_default()
    }

    /// The repository of this kind with the id, if that is one.
    pub(crate) fn repo(&self, id: &str) -> Result<RepoRef, Error> {
        repo_of(self.get(), id)
    }
}

/// The repository of a kind with the id, if that is one.
pub(crate) fn repo_of(repo_type: RepoType, id: &str) -> Result<RepoRef, Error> {
    Ok(RepoRef::new(repo_type, id.parse()?))
}
