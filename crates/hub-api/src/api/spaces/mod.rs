//! What only Spaces have: secrets, variables, and what they run on.

mod duplicate;
mod kinds;
mod runtime;
mod settings;
mod templates;

pub use duplicate::{DuplicateRepo, DuplicateRepoCall};
pub use runtime::{
    GetSpaceRuntime, GetSpaceRuntimeCall, ListSpacesHardware, ListSpacesHardwareCall, PauseSpace,
    PauseSpaceCall, RequestSpaceHardware, RequestSpaceHardwareCall, RestartSpace, RestartSpaceCall,
    SetSpaceDevMode, SetSpaceDevModeCall, SetSpaceSleepTime, SetSpaceSleepTimeCall,
};
pub use settings::{
    AddSpaceSecretCall, AddSpaceVariableCall, DeleteSpaceSecretCall, DeleteSpaceVariableCall,
    GetSpaceSecretsCall, GetSpaceVariablesCall, ReadSettings, RemoveSetting, SetSetting,
};

pub(super) use templates::template_called;
pub use templates::{ListSpaceTemplates, ListSpaceTemplatesCall};

use hub_transport::Error;
use hub_types::{RepoType, route, route::SpaceRoute, space::SpaceHardware};

use super::endpoint_repo;
use crate::repo_arg::RepoArg;

/// A Space: whatever kind the argument says, only Spaces have these URLs.
fn space(repo: impl Into<RepoArg>) -> RepoArg {
    let mut repo = repo.into();
    repo.set_type(RepoType::Space);
    repo
}

fn path(repo: &RepoArg, route: SpaceRoute) -> Result<String, Error> {
    Ok(route::repo(&endpoint_repo(repo)?).space(route))
}

/// Refuses a sleep time that means nothing, and warns of one that has no effect.
pub(super) fn check_sleep_time(
    seconds: Option<i64>,
    hardware: Option<&SpaceHardware>,
) -> Result<(), crate::Error> {
    match seconds {
        Some(seconds) if seconds != -1 && seconds <= 0 => Err(crate::Error::setup(format!(
            "the sleep time must be a number of seconds above 0, or -1 for never, not {seconds}"
        ))),
        Some(_) if hardware == Some(&SpaceHardware::CpuBasic) => {
            tracing::warn!(
                "a Space on cpu-basic sleeps after 48 hours without a visit, whatever sleep time is set"
            );
            Ok(())
        }
        _ => Ok(()),
    }
}
