//! Commits that are looked at before they are made.

use hub_commit::CommitPlan;
use hub_types::CommitInfo;

use crate::{Async, Call, Error, HfApi, Mode, Operation, api::commit_args::HasCommit};

/// The call that `plan()` makes of a call that ends in a commit.
pub type PlanCall<O, M = Async> = Call<Plan<O>, M>;
/// The call that [`HfApi::execute`] makes.
pub type ExecuteCall<M = Async> = Call<Execute, M>;

/// A commit to look at.
#[derive(Debug, Clone)]
pub struct Plan<O> {
    of: O,
}

impl<O: HasCommit + Send + 'static> Operation for Plan<O> {
    type Output = CommitPlan;

    async fn run(self, api: HfApi) -> Result<CommitPlan, Error> {
        self.of.prepare(&api).await?.plan(&api).await
    }
}

impl<O: HasCommit, M: Mode> Call<O, M> {
    /// What the commit would do, instead of doing it: what is added, replaced, deleted and left out and why, the bytes to
    /// send and the number of requests. Nothing is changed. [`HfApi::execute`] does the plan.
    ///
    /// Every file is read and hashed, so that the plan says which content the Hub has already. The repository must exist,
    /// unless the call would make it ([`create_repo`](Self::create_repo)): see [`CommitPlan::is_of_new_repo`].
    ///
    /// ```no_run
    /// # async fn run(api: hub_api::HfApi) -> Result<(), hub_api::Error> {
    /// let plan = api.upload_folder("ada/demo", "./model").delete_patterns(["*.bin"]).plan().await?;
    /// for entry in plan.entries() {
    ///     println!("{:?} {}", entry.action, entry.path);
    /// }
    /// let commit = api.execute(plan).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What stops the commit before its first byte is sent stops the plan.
    pub fn plan(self) -> PlanCall<O, M> {
        self.map(|of| Plan { of })
    }
}

/// A plan to be done.
#[derive(Debug, Clone)]
pub struct Execute {
    plan: CommitPlan,
}

impl Operation for Execute {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        Ok(hub_commit::execute(api.transport()?, self.plan).await?)
    }
}

impl<M: Mode> HfApi<M> {
    /// Does what a plan says, or nothing.
    ///
    /// # Errors
    /// [`Error::Commit`]: `ParentMismatch` when the branch moved since the plan was made, `SourceChanged` or `Sources` when
    /// a file is not what it was; nothing is sent then. Otherwise as for [`create_commit`](Self::create_commit).
    ///
    /// Endpoints: `GET /api/{models}/{id}/revision/{rev}`, the LFS batch, `POST /api/{models}/{id}/commit/{rev}`.
    pub fn execute(&self, plan: CommitPlan) -> ExecuteCall<M> {
        self.call(Execute { plan })
    }
}
