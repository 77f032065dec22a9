//! The chapters of the book whose blocks of Rust are run as tests, and what these tests share.

use std::error::Error;

use hub_api::HfApi;
use hub_local::LocalHub;

/// What a block of the book has around it: an embedded Hub with the model `ada/demo`, and a client of the user `ada`.
///
/// # Panics
/// When the block fails.
pub fn example(block: impl AsyncFnOnce(LocalHub, HfApi) -> Result<(), Box<dyn Error>>) {
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

#[cfg(doctest)]
mod chapters {
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[doc = include_str!("../../docs/discussions.md")]
    mod discussions {}
    #[doc = include_str!("../../docs/downloading.md")]
    mod downloading {}
    #[doc = include_str!("../../docs/embedded-hub.md")]
    mod embedded_hub {}
    #[doc = include_str!("../../docs/embedding.md")]
    mod embedding {}
    #[doc = include_str!("../../docs/errors.md")]
    mod errors {}
    #[doc = include_str!("../../docs/getting-started.md")]
    mod getting_started {}
    #[doc = include_str!("../../docs/hf-hub.md")]
    mod hf_hub {}
    #[doc = include_str!("../../docs/python.md")]
    mod python {}
    #[doc = include_str!("../../docs/repositories.md")]
    mod repositories {}
    #[doc = include_str!("../../docs/spaces.md")]
    mod spaces {}
    #[doc = include_str!("../../docs/testing.md")]
    mod testing {}
    #[doc = include_str!("../../docs/tokens.md")]
    mod tokens {}
    #[doc = include_str!("../../docs/uploading.md")]
    mod uploading {}
}
