//! Files by Xet that no revision names.

use std::time::Duration;

use hub_server::{AdminRequest, EmbeddedHub, GcOptions};

use super::desk::{Cas, Prepared, add, noise};
use crate::support::{ADA, builder, commit, lfs_line};

fn used(hub: &EmbeddedHub) -> u64 {
    hub.administer(&AdminRequest::Quota { account: "ada".into() }).unwrap()["used"].as_u64().unwrap()
}

#[tokio::test]
async fn a_file_that_no_revision_names_is_garbage_and_one_that_is_named_stays() {
    let hub = builder().build().unwrap();
    let (named, unnamed) = (noise(71, 300_000), noise(72, 200_000));
    let kept = add(&hub, "ada/demo", "w.bin", &named).await;
    let lost = Prepared::new(&unnamed);
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    cas.upload(&lost).await;
    let before = used(&hub);
    hub.gc(GcOptions::new()).await.unwrap();
    assert!(used(&hub) >= before, "its commit may come for a day");
    hub.gc(GcOptions::new().grace(Duration::ZERO)).await.unwrap();
    let after = used(&hub);
    assert!(after + 190_000 < before && after > 300_000, "{before} {after}");
    let late = commit("ada/demo", &[lfs_line("late.bin", &unnamed)]).token(ADA).send(&hub).await;
    assert_eq!(late.status, 400, "{late:?}");
    assert!(cas.download(kept.hash(), 0..300_000).await == named);

    // It is known still, and is the repository's again when it comes again.
    assert_eq!(cas.put_shard(lost.shard()).await["result"], 1);
    commit("ada/demo", &[lfs_line("late.bin", &unnamed)]).token(ADA).send(&hub).await.json();
    hub.gc(GcOptions::new().grace(Duration::ZERO)).await.unwrap();
    assert!(cas.download(lost.hash(), 0..200_000).await == unnamed);
}
