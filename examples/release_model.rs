//! An application: publishes a folder as a release of a model, and looks at what arrived.
//!
//! `cargo run --example release_model -- ada/my-model ./model v1.0`. It makes the repository if it is missing, uploads the folder,
//! tags the commit, and downloads what the tag says, hashes checked. A release that is there already is an error, and so is a branch that
//! somebody else keeps moving for half a minute; where this token may not write, the folder becomes a pull request.

use std::{env, error::Error, time::Duration};

use hub_api::{CommitInfo, ErrorKind, HfApi, types::progress::Event};

fn show(event: &Event<'_>) {
    if let Event::Started { files, bytes } = event {
        eprintln!("{files} files, {bytes} bytes");
    }
}

/// The commit of the release; `None` where it became a pull request.
async fn publish(
    api: &HfApi,
    repo: &str,
    folder: &str,
    version: &str,
) -> Result<Option<CommitInfo>, hub_api::Error> {
    let upload = api
        .upload_folder(repo, folder)
        .create_repo(api.create_repo(repo).exist_ok(true))
        .commit_message(format!("Release {version}"))
        .ignore_patterns(["*.tmp", "checkpoints/*"])
        .contention_timeout(Duration::from_secs(30))
        .progress(show);
    let commit = match upload.await {
        Err(error) if error.kind() == Some(ErrorKind::Forbidden) => {
            let proposed = api.upload_folder(repo, folder).create_pr(true).await?;
            eprintln!("proposed: {}", proposed.pr_url.unwrap_or_default());
            return Ok(None);
        }
        other => other?,
    };
    api.create_tag(repo, version).revision(&commit.oid).await?;
    Ok(Some(commit))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [repo, folder, version] = arguments.as_slice() else {
        return Err("name a repository, a folder and a version".into());
    };
    let api = HfApi::from_env()?;
    let is_there = api.model(repo).exists().await?;
    if is_there && api.list_repo_refs(repo).await?.tags.iter().any(|tag| tag.name == *version) {
        return Err(format!("{repo} has a release {version}: choose another version").into());
    }
    let Some(commit) = publish(&api, repo, folder, version).await.map_err(explained)? else { return Ok(()) };

    // A task of its own, with a time limit: a call is made into a future first.
    let verify = tokio::spawn(api.snapshot_download(repo).revision(version.as_str()).into_future());
    let folder = tokio::time::timeout(Duration::from_secs(600), verify).await???;
    println!("{version} is {} and complete in {}", commit.oid, folder.display());
    Ok(())
}

/// What the person at the terminal can do.
fn explained(error: hub_api::Error) -> Box<dyn Error> {
    let advice = match error.kind() {
        Some(ErrorKind::Unauthorized) => "set HF_TOKEN to a token that writes",
        _ if error.maybe_processed() => "look at the repository before you run this again",
        _ if error.is_retryable() => "try again later",
        _ => return error.into(),
    };
    format!("{error}: {advice}").into()
}
