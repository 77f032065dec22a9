//! Which kind of repository a command means.

use clap::Args;
use hub_api::{Error, RepoRef, RepoType};

/// The kind of a repository.
#[derive(Debug, Default, Args)]
pub(crate) struct RepoTypeArg {
    /// The kind of the repository [default: what the address says, else model]
    #[arg(long = "repo-type", visible_alias = "type", value_name = "TYPE",
          value_parser = ["model", "dataset", "space"])]
    repo_type: Option<String>,
}

impl RepoTypeArg {
    pub(crate) fn get(&self) -> RepoType {
        self.given().unwrap_or_default()
    }

    /// The kind that was said.
    pub(crate) fn given(&self) -> Option<RepoType> {
        self.repo_type.as_deref().and_then(RepoType::from_word)
    }

    /// Says it, as an address did.
    pub(crate) fn set(&mut self, repo_type: RepoType) {
        self.repo_type = Some(repo_type.singular().to_owned());
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
