//! Arguments of `hub models`: what models have besides what every kind has.

use clap::{Args, Subcommand};

use super::kind::Kind;

#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    #[command(flatten)]
    Kind(Kind),
    /// How many parameters a model has, and how much memory it takes; nothing is downloaded
    Weights(WeightsArgs),
    /// The tensors of a model, with type, shape and size; nothing is downloaded
    Tensors(WeightsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct WeightsArgs {
    /// NAMESPACE/NAME, or an address: hf://NAMESPACE/NAME[@REVISION][/FILE], or the URL of a page of the Hub
    pub(crate) repo_id: String,
    /// A .safetensors or .gguf file of it [default: all files that model.safetensors.index.json names, or model.safetensors,
    /// or the only .gguf]
    pub(crate) filename: Option<String>,
    /// A branch, a tag, a commit or refs/pr/N [default: main]
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
}
