//! Downloads a repository, or the files of it that match a pattern, into the cache that Python programs share.
//!
//! `cargo run --example download_snapshot -- ada/my-model "*.json"`

use std::{env, error::Error};

use hub_api::HfApi;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let repo = arguments.next().ok_or("name a repository")?;
    let patterns: Vec<String> = arguments.collect();

    let api = HfApi::from_env()?;
    let call = api.snapshot_download(&repo);
    let call = if patterns.is_empty() { call } else { call.allow_patterns(patterns) };
    println!("{}", call.await?.display());
    Ok(())
}
