//! Lists models whose name has a word in it, newest first. A blocking program: there is no `async` in it.
//!
//! `cargo run --example search_models -- demo`

use std::{env, error::Error};

use hub_api::HfApi;

fn main() -> Result<(), Box<dyn Error>> {
    let word = env::args().nth(1).ok_or("name a word to search for")?;

    let api = HfApi::builder_from_env().build_blocking()?;
    for model in api.list_models().search(word).sort("created_at").limit(20).iter() {
        let model = model?;
        println!("{} ({} likes)", model.id, model.likes.unwrap_or(0));
    }
    Ok(())
}
