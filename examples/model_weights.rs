//! Says how many parameters a model has and how large its tensors are, without downloading it.
//!
//! `cargo run --example model_weights -- openai-community/gpt2`

use std::{env, error::Error};

use hub_api::HfApi;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let repo = env::args().nth(1).ok_or("name a model")?;

    let weights = HfApi::from_env()?.get_safetensors_metadata(&repo).await?;
    for (dtype, count) in &weights.parameter_count {
        println!("{count} parameters of {dtype}");
    }
    let mut tensors: Vec<_> = weights.tensors().collect();
    tensors.sort_by_key(|(_, tensor, _)| std::cmp::Reverse(tensor.size()));
    for (name, tensor, file) in tensors.into_iter().take(10) {
        println!("{:>12} bytes  {name} {:?} in {file}", tensor.size(), tensor.shape);
    }
    Ok(())
}
