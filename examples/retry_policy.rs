//! Chooses how patient the client is, and reads from an error what may have happened.
//!
//! `cargo run --example retry_policy -- ada/my-model`

use std::{env, error::Error, time::Duration};

use hub_api::{
    HfApi,
    transport::{RetryConfig, Timeouts},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let repo = env::args().nth(1).ok_or("name a repository")?;

    let api = HfApi::builder_from_env()
        .retry(RetryConfig::new().max_attempts(8).longest_wait(Duration::from_secs(20)))
        .timeouts(Timeouts::new().head(Duration::from_secs(20)))
        .build()?;

    match api.model_info(&repo).await {
        Ok(info) => println!("{} is at {}", info.id, info.sha.unwrap_or_default()),
        Err(error) => {
            println!("{error}");
            let exchange = error.transport();
            println!("worth trying later: {}", error.is_retryable());
            println!("after: {:?}", exchange.and_then(|failed| failed.retry_after()));
            println!(
                "may have been carried out: {}",
                exchange.is_some_and(|failed| failed.maybe_processed())
            );
        }
    }
    Ok(())
}
