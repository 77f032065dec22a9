//! The chapters of the book whose blocks of Rust are run as tests, and what these tests share.

#[cfg(test)]
mod samples;

use std::error::Error;

use hub_api::HfApi;
use hub_server::EmbeddedHub;

/// What a block of the book has around it: an embedded Hub with the model `ada/demo`, and a client of the user `ada`.
///
/// # Panics
/// When the block fails.
pub fn example(block: impl AsyncFnOnce(EmbeddedHub, HfApi) -> Result<(), Box<dyn Error>>) {
    let hub = crate::hub();
    let api = crate::ada(&hub);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(block(hub, api)).unwrap();
}

/// A folder with a card, some weights and a note that is not meant to be uploaded.
pub fn model_folder() -> tempfile::TempDir {
    crate::folder_with(&[
        ("README.md", b"---\nlicense: mit\n---\n# Demo\n"),
        ("config.json", b"{\"hidden_size\": 4}"),
        ("weights/model.bin", &crate::noise(7, 200_000)),
        ("notes.tmp", b"do not upload"),
    ])
}

/// A file of weights: `weight`, a matrix of F16, and `bias`, two numbers of F32.
pub fn weights() -> Vec<u8> {
    let json = concat!(
        r#"{"weight":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},"#,
        r#""bias":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}"#
    );
    let bias = [1.0f32, 2.0].map(f32::to_le_bytes).concat();
    [&(json.len() as u64).to_le_bytes()[..], json.as_bytes(), &[0; 12], &bias].concat()
}

/// A file of weights in the other format: the head alone, without values and tensors.
pub fn gguf() -> Vec<u8> {
    [&b"GGUF"[..], &3u32.to_le_bytes(), &[0; 16]].concat()
}

/// The chapters, made by `build.rs`.
#[cfg(doctest)]
mod chapters {
    include!(concat!(env!("OUT_DIR"), "/chapters.rs"));
}
