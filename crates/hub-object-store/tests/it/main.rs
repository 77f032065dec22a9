//! The store over an embedded Hub.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod conformance;
mod engine;
mod listing;
mod writers;

use hub_api::HfApi;
use hub_object_store::HubObjectStore;
use hub_server::{EmbeddedHub, TokenRole};

/// A client of a Hub with the dataset `ada/nums`.
async fn client() -> HfApi {
    let hub = EmbeddedHub::temporary().token("ada", "hf_ada", TokenRole::Write).build().unwrap();
    let api = HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_service(hub);
    let api = api.inner_is_private().build().unwrap();
    api.create_repo("hf://datasets/ada/nums").await.unwrap();
    api
}

const NUMS: &str = "hf://datasets/ada/nums";

/// The dataset as a store.
async fn store() -> (HfApi, HubObjectStore) {
    let api = client().await;
    let store = HubObjectStore::open(&api, NUMS).await.unwrap();
    (api, store)
}
