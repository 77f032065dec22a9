//! The documented Python methods: each has tests of its own, asynchronous and blocking, in which it is called with every
//! documented argument. `cargo xtask parity` counts them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test"
)]

mod called;
mod classes;
mod conformance;

use std::collections::BTreeSet;

use conformance::{accounts, commits, discussions, git_credentials, info, refs, repos, search, spaces};
use hub_api::HfApi;
use hub_server::{EmbeddedHub, OrgRole, Seed, TokenRole};
use hub_tests::{ADA, BOB, client_of, folder_with};

/// An embedded Hub with two users, an organisation and a metric, without repositories.
fn hub() -> EmbeddedHub {
    let folder = folder_with(&[("metrics.json", br#"[{"id": "accuracy"}]"#)]);
    let mut seed = Seed::default();
    seed.tags.metrics = Some(folder.path().join("metrics.json"));
    EmbeddedHub::temporary()
        .seed(seed)
        .token("ada", ADA, TokenRole::Write)
        .token("bob", BOB, TokenRole::Write)
        .org("analytical")
        .member("analytical", "ada", OrgRole::Write)
        .build()
        .unwrap()
}

/// A client with the token of `bob`, to whom nothing of `ada` belongs.
fn stranger(hub: &EmbeddedHub) -> HfApi {
    client_of(hub).token(BOB).library_name("parity").library_version("1").user_agent("a/1").build().unwrap()
}

#[test]
fn every_documented_method_has_its_tests() {
    let tested = [
        accounts::TESTED,
        commits::TESTED,
        discussions::TESTED,
        git_credentials::TESTED,
        info::TESTED,
        refs::TESTED,
        repos::TESTED,
        search::TESTED,
        spaces::TESTED,
    ];
    let tested: BTreeSet<_> = tested.concat().into_iter().collect();
    // Read by `cargo xtask parity`.
    println!("parity: documented {}", called::documented().len());
    assert_eq!(tested, called::documented().into_keys().collect());
    assert_eq!(tested.len(), 46);
}
