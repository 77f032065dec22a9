//! Uploads a folder at no more than a given rate, and says how far it is.
//!
//! `cargo run --example progress -- ada/my-model ./model 1000000`

use std::{env, error::Error};

use hub_api::{
    HfApi,
    types::progress::{Event, Phase},
};

fn show(event: &Event<'_>) {
    match event {
        Event::Started { files, bytes } => println!("{files} files, {bytes} bytes"),
        Event::Phase(Phase::Committing) => println!("committing"),
        // Positions, not differences: a part that is sent again does not count twice.
        Event::File { phase: Phase::Uploading, path, position, total } => {
            println!("{path}: {} %", position * 100 / (*total).max(1));
        }
        Event::Finished => println!("done"),
        _ => {}
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let repo = arguments.next().ok_or("name a repository")?;
    let folder = arguments.next().ok_or("name a folder")?;
    let bytes_per_second = arguments.next().ok_or("name a rate in bytes a second")?.parse()?;

    let api = HfApi::builder_from_env().max_bandwidth(bytes_per_second).build()?;
    api.create_repo(&repo).exist_ok(true).await?;
    api.upload_folder(&repo, folder).progress(show).await?;
    Ok(())
}
