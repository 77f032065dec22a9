//! A commit as a plan that can be shown, kept and carried out later.

mod commit_plan;
mod execute;
mod make;
mod of_new_repo;

pub use self::commit_plan::{Action, CommitPlan, PlanEntry, PlanTotals};
pub use self::execute::execute;
pub use self::make::plan_commit;
