//! Creates a repository and changes several things in one commit: all of them, or none.
//!
//! `cargo run --example create_commit -- ada/my-model`

use std::{env, error::Error};

use hub_api::{
    CommitOperation, CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi, IsFolder,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let repo = env::args().nth(1).ok_or("name a repository")?;

    let api = HfApi::from_env()?;
    api.create_repo(&repo).exist_ok(true).await?;
    let first = api.upload_file(&b"{\"step\": 1}"[..], "drafts/config.json", &repo).await?;

    let operations = [
        CommitOperation::from(CommitOperationAdd::new("README.md", &b"# My model\n"[..])?),
        CommitOperationCopy::new("drafts/config.json", "config.json")?.into(),
        CommitOperationDelete::new("drafts/", IsFolder::Auto)?.into(),
    ];
    // With the parent named, the commit is refused if somebody else was faster.
    let second = api.create_commit(&repo, operations, "Publish the draft").parent_commit(first.oid).await?;

    println!("{}", second.commit_url);
    for path in api.list_repo_files(&repo).await? {
        println!("{path}");
    }
    Ok(())
}
