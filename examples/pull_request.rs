//! Proposes a change, talks about it, and merges it.
//!
//! `cargo run --example pull_request -- ada/my-model`

use std::{env, error::Error};

use hub_api::HfApi;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let repo = env::args().nth(1).ok_or("name a repository")?;

    let api = HfApi::from_env()?;
    let commit = api
        .upload_file(&b"MIT\n"[..], "LICENSE", &repo)
        .create_pr(true)
        .commit_message("Add the licence")
        .commit_description("It was missing.")
        .await?;
    let number = commit.pr_num.ok_or("the Hub opened no pull request")?;
    api.comment_discussion(&repo, number, "Looks good.").await?;

    let details = api.get_discussion_details(&repo, number).await?;
    println!("#{number} {}", details.discussion.title);
    println!("{}", details.diff.as_deref().unwrap_or("no changes"));
    for comment in details.comments() {
        println!("{}: {}", comment.author_name(), comment.content());
    }

    api.merge_pull_request(&repo, number).comment("Thanks.").await?;
    println!("{}", api.get_discussion_details(&repo, number).await?.discussion.status);
    Ok(())
}
