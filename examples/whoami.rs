//! Says whose token is in use and where it comes from, and what happens without one.
//!
//! `cargo run --example whoami`

use std::error::Error;

use hub_api::{ErrorKind, HfApi, HfFolder};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = HfFolder::from_env();
    let place = if store.environment_token()?.is_some() {
        "the environment".to_owned()
    } else if store.get_token()?.is_some() {
        store.token_path().map(|file| file.display().to_string()).unwrap_or_default()
    } else {
        "nowhere".to_owned()
    };
    println!("the token is from {place}");

    let api = HfApi::from_env()?;
    match api.whoami().await {
        Ok(me) => println!("I am {} on {}", me.name, api.endpoint()?),
        Err(error) if error.kind() == Some(ErrorKind::Unauthorized) => println!("{error}"),
        Err(error) => return Err(error.into()),
    }

    // One call without the token. The error says what to do, and no error ever shows a token.
    if let Err(error) = api.whoami().no_token().await {
        println!("{error}");
    }
    Ok(())
}
