//! Works on a branch, and gives a commit a name that stays.
//!
//! `cargo run --example branches_and_tags -- ada/my-model`

use std::{env, error::Error};

use hub_api::HfApi;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let repo = env::args().nth(1).ok_or("name a repository")?;

    let api = HfApi::from_env()?;
    api.create_branch(&repo, "experiment").exist_ok(true).await?;
    api.upload_file(&b"0.1"[..], "rate.txt", &repo).revision("experiment").await?;
    api.create_tag(&repo, "v1").revision("experiment").tag_message("The first").exist_ok(true).await?;

    let refs = api.list_repo_refs(&repo).await?;
    for branch in &refs.branches {
        println!("branch {} at {}", branch.name, branch.target_commit);
    }
    for tag in &refs.tags {
        println!("tag {} at {}", tag.name, tag.target_commit);
    }
    for commit in api.list_repo_commits(&repo).revision("v1").limit(3).all().await? {
        println!("{} {}", commit.id, commit.title);
    }
    api.delete_branch(&repo, "experiment").await?;
    Ok(())
}
