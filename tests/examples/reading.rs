//! What `cargo xtask bench` measures of this client. Prints the seconds of the work and how many models it saw.
//!
//! usage: `reading list short|full N`, `reading infos AT_ONCE N`

#![allow(clippy::print_stdout, reason = "its output is read by the benchmark")]

use std::{error::Error, time::Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use hub_api::HfApi;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [job, how, number] = arguments.as_slice() else { return Err("usage: reading JOB HOW N".into()) };
    let api = HfApi::from_env()?;
    let start = Instant::now();
    let count = if job == "list" {
        api.list_models().full(how == "full").stream().try_fold(0, async |count, _| Ok(count + 1)).await?
    } else {
        let names = (0..number.parse::<usize>()?).map(|index| format!("ada/model-{index:06}"));
        stream::iter(names)
            .map(|name| api.model_info(name).into_future())
            .buffer_unordered(how.parse()?)
            .try_fold(0, async |count, _| Ok(count + 1))
            .await?
    };
    println!("{:.4} {count}", start.elapsed().as_secs_f64());
    Ok(())
}
