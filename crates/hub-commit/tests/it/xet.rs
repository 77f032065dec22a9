//! Uploads by Xet when all goes well.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hub_commit::{CommitOperation, XetCompression, create_commit, execute, plan_commit};
use hub_endpoints::XetPolicy;
use hub_types::progress::{Event, Phase};
use proptest::prelude::*;

use crate::cas::{Cas, random};
use crate::hub::{Hub, add, content, hex, options};
use sha2::Digest;

pub(crate) fn hub() -> Hub {
    Hub::new().with(|repo| repo.cas = Some(Cas::new()))
}

/// The content of a file of the last commit, if it went to LFS.
pub(crate) fn stored(hub: &Hub, path: &str) -> Vec<u8> {
    let repo = hub.repo();
    repo.objects[&repo.head().tree[path].oid].to_vec()
}

/// Bytes of xorbs that have arrived since the last time.
pub(crate) fn received(hub: &Hub) -> u64 {
    std::mem::take(&mut hub.repo().cas.as_mut().unwrap().received)
}

pub(crate) async fn upload(hub: &Hub, operations: Vec<CommitOperation>) {
    create_commit(&hub.transport(), operations, options()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn files_share_a_xorb_and_a_shard() {
    let hub = hub();
    let (a, b) = (random(1, 700_000), random(2, 90_000));
    let joined = [b.clone(), a.clone()].concat();
    upload(
        &hub,
        vec![
            add("a", a.clone()),
            add("b", b.clone()),
            add("small", "hello"),
            add("same", a.clone()),
            add("ba", joined.clone()),
        ],
    )
    .await;
    for (path, expected) in [("a", &a), ("b", &b), ("same", &a), ("ba", &joined)] {
        assert!(stored(&hub, path) == *expected, "{path}");
    }
    assert!(!hub.repo().head().tree["small"].lfs);
    assert_eq!([hub.count("xet-write-token"), hub.count("/xorbs/"), hub.count("/v2/shards")], [1, 1, 1]);
    assert_eq!([hub.count("batch"), hub.count("PUT")], [0, 0]);
    // What stands in another place of a file is found again, but for the chunk across the seam.
    assert!(received(&hub) < 1_100_000);
    assert_eq!(
        hub.repo().cas.as_ref().unwrap().shards[0].files.len(),
        3,
        "the same content is registered once"
    );
}

#[tokio::test(start_paused = true)]
async fn sizes_around_every_boundary_come_together_again() {
    let hub = hub().with(|repo| repo.lfs_from = 0);
    let sizes = [
        0, 1, 8191, 8192, 65_536, 131_071, 131_072, 131_073, 262_144, 1_048_575, 1_048_576, 1_048_577,
        3_000_000,
    ];
    let files = |seed: Option<u64>| {
        sizes.map(|size| match seed {
            Some(seed) => (format!("r{size}"), random(seed + size as u64, size)),
            None => (format!("z{size}"), vec![0; size]),
        })
    };
    let all: Vec<(String, Vec<u8>)> = files(Some(9)).into_iter().chain(files(None)).collect();
    upload(&hub, all.iter().map(|(path, content)| add(path, content.clone())).collect()).await;
    for (path, content) in all.iter().filter(|(_, content)| !content.is_empty()) {
        assert!(stored(&hub, path) == *content, "{path}");
    }
    assert!(!hub.repo().head().tree["r0"].lfs, "an empty file travels in the commit");
}

#[tokio::test(start_paused = true)]
async fn a_small_budget_makes_small_xorbs_and_two_travel_at_once() {
    let hub = hub().with(|repo| repo.slow = Some(Duration::from_secs(1)));
    let content = random(3, 5_000_000);
    create_commit(&hub.transport(), vec![add("a", content.clone())], options().memory_budget(2 << 20))
        .await
        .unwrap();
    assert!(stored(&hub, "a") == content);
    let repo = hub.repo();
    let cas = repo.cas.as_ref().unwrap();
    assert!(cas.longest <= (2 << 20) / 3 && cas.xorbs.len() >= 8, "{} {}", cas.longest, cas.xorbs.len());
    assert_eq!(repo.most_running, 2);
}

#[tokio::test(start_paused = true)]
async fn without_xet_files_go_by_lfs() {
    for (hub, policy, asked) in
        [(Hub::new(), XetPolicy::Auto, 1), (Hub::new(), XetPolicy::Always, 1), (hub(), XetPolicy::Never, 0)]
    {
        create_commit(&hub.transport(), vec![add("a", content(500))], options().xet(policy)).await.unwrap();
        assert_eq!([hub.count("xet-write-token"), hub.count("batch"), hub.count("/_xet/")], [asked, 1, 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn without_large_files_nobody_asks_for_a_token() {
    let hub = hub();
    upload(&hub, vec![add("a", "hello")]).await;
    assert_eq!(hub.count("token"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_there_is_read_once_and_not_sent() {
    // More than the memory holds, and less.
    for size in [8_000_000, 400_000] {
        let hub = hub();
        let options = || options().memory_budget(2 << 20);
        let (file, other) = (random(4, size), random(5, size));
        let upload = |operations| {
            let transport = hub.transport();
            async move { create_commit(&transport, operations, options()).await.unwrap() }
        };
        assert!(upload(vec![add("a", file.clone())]).await.created);
        let all = received(&hub);
        assert!(!upload(vec![add("a", file.clone())]).await.created);
        // A xorb that was full before it was known that nobody needs it.
        assert_eq!((received(&hub), hub.commits()), (0, 2), "{size}");
        assert!(upload(vec![add("a", file.clone()), add("b", other.clone())]).await.created);
        assert!(received(&hub) <= all + 1_000_000);
        assert!(stored(&hub, "b") == other && stored(&hub, "a") == file);
        assert!(upload(vec![add("a", other.clone()), add("b", other.clone())]).await.created);
        assert!(stored(&hub, "a") == other && hub.commits() == 4);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_carried_out_by_xet() {
    let hub = hub();
    let file = random(6, 300_000);
    let dir = tempfile::tempdir().unwrap();
    let options = || options().xet_index(dir.path());
    let plan = plan_commit(&hub.transport(), vec![add("a", file.clone())], vec![], options()).await.unwrap();
    assert_eq!(hub.count("/xorbs/") + hub.count("/shards"), 0);
    assert!((300_000..301_000).contains(&plan.totals().bytes_to_send), "{:?}", plan.totals());
    let requests = plan.totals().requests;
    hub.repo().log.clear();
    execute(&hub.transport(), plan).await.unwrap();
    assert!(stored(&hub, "a") == file);
    assert_eq!(hub.count(""), requests as usize + hub.count("/chunks/"), "{:?}", hub.repo().log);

    // Of another version of it, what is new.
    let second = [&file[..], &random(7, 10_000)].concat();
    let plan =
        plan_commit(&hub.transport(), vec![add("a", second.clone())], vec![], options()).await.unwrap();
    assert!(plan.totals().bytes_to_send < 200_000, "{:?}", plan.totals());
    execute(&hub.transport(), plan).await.unwrap();
    assert!(stored(&hub, "a") == second);
}

#[tokio::test(start_paused = true)]
async fn progress_ends_where_each_file_ends() {
    let hub = hub();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let progress = move |event: &Event<'_>| {
        if let Event::File { phase: Phase::Uploading, path, position, total } = event {
            sink.lock().unwrap().push(((*path).to_owned(), *position, *total));
        }
    };
    let file = random(7, 3_000_000);
    let operations = vec![add("a", file.clone()), add("b", file), add("c", random(8, 200))];
    create_commit(&hub.transport(), operations, options().progress(Arc::new(progress))).await.unwrap();
    let seen = seen.lock().unwrap();
    for (path, size) in [("a", 3_000_000), ("b", 3_000_000), ("c", 200)] {
        let of_file: Vec<(u64, u64)> =
            seen.iter().filter(|event| event.0 == path).map(|event| (event.1, event.2)).collect();
        assert_eq!((of_file.first(), of_file.last()), (Some(&(0, size)), Some(&(size, size))), "{path}");
        assert!(of_file.is_sorted());
    }
}

#[tokio::test(start_paused = true)]
async fn chunks_are_compressed_unless_that_holds_up_the_connection() {
    let words: Vec<[u8; 8]> = random(9, 2048).as_chunks().0.to_vec();
    let text: Vec<u8> = random(10, 5_000_000).into_iter().flat_map(|word| words[usize::from(word)]).collect();
    let mut sent = Vec::new();
    for compression in [XetCompression::Always, XetCompression::Adaptive, XetCompression::Never] {
        let hub = hub();
        let options = options().memory_budget(24 << 20).xet_compression(compression);
        create_commit(&hub.transport(), vec![add("a", text.clone())], options).await.unwrap();
        assert!(stored(&hub, "a") == text);
        sent.push(received(&hub));
    }
    // Whether a machine compresses more slowly than the model takes xorbs is its own affair.
    assert!(
        sent[0] < 20_000_000 && sent[0] <= sent[1] && sent[1] < sent[2] && sent[2] > 40_000_000,
        "{sent:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_files_made_of_the_same_pieces_come_together_again(
        files in prop::collection::vec(prop::collection::vec((0..12_u64, 1..400_000_usize), 1..8), 1..5),
        budget in prop_oneof![Just(1_u64 << 20), Just(64 << 20)],
        answers: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let hub = hub().with(|repo| {
                repo.lfs_from = 1;
                repo.cas.as_mut().unwrap().answers = answers;
            });
            let whole: Vec<Vec<u8>> = files
                .iter()
                .map(|pieces| pieces.iter().flat_map(|(seed, len)| random(*seed, 400_000)[400_000 - len..].to_vec()).collect())
                .collect();
            let dir = tempfile::tempdir().unwrap();
            for half in [0, 1] {
                let operations: Vec<CommitOperation> = whole
                    .iter()
                    .enumerate()
                    .filter(|(number, _)| number % 2 == half)
                    .map(|(number, content)| add(&number.to_string(), content.clone()))
                    .collect();
                if !operations.is_empty() {
                    let options = options().memory_budget(budget).xet_index(dir.path());
                    create_commit(&hub.transport(), operations, options).await.unwrap();
                }
            }
            for (number, content) in whole.iter().enumerate() {
                let oid = hex(&sha2::Sha256::digest(content));
                assert_eq!(hub.repo().head().tree[&number.to_string()].oid, oid);
            }
        });
    }
}
