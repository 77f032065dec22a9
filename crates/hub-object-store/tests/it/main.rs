//! The store over an embedded Hub.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod conformance;
mod engine;
mod listing;
mod races;
mod requests;
mod writers;

use hub_api::{HfApi, HfApiBuilder};
use hub_object_store::HubObjectStore;
use hub_server::{EmbeddedHub, TokenRole};

const NUMS: &str = "hf://datasets/ada/nums";

fn hub() -> EmbeddedHub {
    EmbeddedHub::temporary().token("ada", "hf_ada", TokenRole::Write).build().unwrap()
}

/// Starts a client, for whatever its requests go to.
fn builder() -> HfApiBuilder {
    HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_is_private()
}

/// A client of a new Hub, which gets the dataset `ada/nums`.
async fn client_of(hub: &EmbeddedHub) -> HfApi {
    let api = builder().inner_service(hub.clone()).build().unwrap();
    api.create_repo(NUMS).await.unwrap();
    api
}

async fn client() -> HfApi {
    client_of(&hub()).await
}

/// The dataset as a store.
async fn store() -> (HfApi, HubObjectStore) {
    let api = client().await;
    let store = HubObjectStore::open(&api, NUMS).await.unwrap();
    (api, store)
}
