//! Where copies go on the Hub, and what is said of them.

use hub_api::{CommitInfo, HfApi};
use serde_json::json;

use crate::{
    client::Session,
    command::commit::described,
    failure::{Code, Failure},
    listed::on_hub,
    location::OnHub,
    output::Brief,
};

/// Where something called `name` goes on the Hub: into the target, if that is a folder or is said to be one, else there.
pub(super) async fn place(api: &HfApi, target: &OnHub, name: &str) -> Result<OnHub, Failure> {
    let is_folder = target.is_root()
        || target.has_slash
        || on_hub(api, target).await?.is_some_and(|entry| !entry.is_file());
    Ok(if is_folder { target.join(name) } else { target.with_path(target.path.as_str()) })
}

/// Says what came of a copy to the Hub.
pub(super) fn show(session: &Session, to: &OnHub, commit: &CommitInfo) -> Result<(), Failure> {
    let value = json!({
        "path": to.address(), "commit_url": commit.commit_url, "pr_url": commit.pr_url, "created": commit.created,
    });
    session.output.value(&value, || described(commit), Brief::One(&commit.commit_url))
}

pub(super) fn usage(text: impl Into<String>) -> Failure {
    Failure::new(Code::Usage, text)
}
