//! A transport of its own: keeps every exchange with the Hub in a file, and answers from the file later, without the Hub.
//!
//! `cargo run --example record_and_replay -- record tape.jsonl ada/my-model`, then with `replay` in place of `record`.
//! It shows two extension points of the transport: `attempt_layer` sees each exchange, `inner_service` stands in for the network. A tape
//! holds no token, no cookie and no signature: see `tape.rs`.

mod tape;
mod transport;

use std::env;

use hub_api::{HfApi, transport::BoxError};

use crate::{
    tape::Tape,
    transport::{Player, Recorder},
};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = env::args().skip(1);
    let mode = arguments.next().ok_or("say record or replay")?;
    let file = arguments.next().ok_or("name a file for the tape")?;
    let repo = arguments.next().ok_or("name a repository")?;

    let builder = HfApi::builder_from_env();
    let api = match mode.as_str() {
        "record" => builder.attempt_layer(Recorder::new(Tape::create(&file)?)).build()?,
        "replay" => builder.inner_service(Player::new(Tape::open(&file)?)).build()?,
        other => return Err(format!("{other:?} is neither record nor replay").into()),
    };

    // Anything that uses the client comes here.
    let info = api.model_info(&repo).await?;
    println!("{} at {}", info.id, info.sha.unwrap_or_default());
    let folder = tempfile::tempdir()?;
    for found in api.list_repo_files(&repo).await? {
        let path = api.hf_hub_download(&repo, &found).local_dir(folder.path()).await?;
        println!("{found}: {} bytes", std::fs::metadata(path)?.len());
    }
    Ok(())
}
