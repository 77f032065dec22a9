//! A hub on a port for a test of another program: `cargo run -p hub-local --example serve -- DIR`.
//!
//! Point any client at the address that it prints, with the token `hf_ada`.
#![allow(clippy::print_stdout, reason = "a program for a terminal")]

use hub_local::{LocalHub, Server, TokenRole};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args().nth(1).ok_or("name a folder for the data")?;
    let hub = LocalHub::open(dir).token("ada", "hf_ada", TokenRole::Write).repo("ada/demo").build()?;
    let server = Server::bind(hub, "127.0.0.1:0").await?;
    println!("listening on http://{}", server.local_addr());
    server
        .run(async {
            // Without a signal to wait for, it runs on.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await;
    Ok(())
}
