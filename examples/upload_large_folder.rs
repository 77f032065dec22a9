//! Uploads a folder of any size over several commits. Stop it whenever you like and run it again: it goes on where it was.
//!
//! `cargo run --example upload_large_folder -- ada/my-model ./model`

use std::{env, error::Error};

use hub_api::HfApi;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let repo = arguments.next().ok_or("name a repository")?;
    let folder = arguments.next().ok_or("name a folder")?;

    let api = HfApi::from_env()?;
    let done = api.upload_large_folder(&repo, folder).files_per_commit(2).await?;
    println!("{} files, {} of them unchanged, {} commits", done.files, done.unchanged, done.commits.len());
    Ok(())
}
