//! Weights without a download: the heads of their files, and the bytes of one tensor.
//!
//! Heads are read by ranges of bytes, all of one commit; files that the cache has are read there. Local twins read the files of
//! this machine.

mod download;
mod gguf;
mod head;
mod local;
mod request;
mod safetensors;
mod shards;
mod tensor;

pub use self::download::download_safetensors;
pub use self::gguf::get_gguf_metadata;
pub use self::local::{
    get_local_safetensors_metadata, parse_local_gguf_metadata, parse_local_safetensors_file_metadata,
};
pub use self::request::WeightsRequest;
pub use self::safetensors::{get_safetensors_metadata, parse_safetensors_file_metadata};
pub use self::tensor::{Tensor, read_tensor};
