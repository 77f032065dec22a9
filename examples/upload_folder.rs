//! Uploads a folder as one commit, and creates the repository if it is missing.
//!
//! `cargo run --example upload_folder -- ada/my-model ./model`

use std::{env, error::Error};

use hub_api::HfApi;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let repo = arguments.next().ok_or("name a repository")?;
    let folder = arguments.next().ok_or("name a folder")?;

    let api = HfApi::from_env()?;
    api.create_repo(&repo).exist_ok(true).await?;
    let commit =
        api.upload_folder(&repo, folder).ignore_patterns(["*.tmp"]).commit_message("Upload a folder").await?;

    if commit.created {
        println!("{}", commit.commit_url);
    } else {
        println!("nothing has changed since {}", commit.oid);
    }
    Ok(())
}
