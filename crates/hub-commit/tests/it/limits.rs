//! Sizes at the edges, limits of one commit, and paths or contents that come twice.

use hub_commit::{CommitError, CommitOperation, CommitOperationAdd, CommitOptions, create_commit};
use proptest::prelude::*;
use sha2::Digest;

use crate::hub::{Entry, Hub, add, content, hex, options, regular};

const CHUNK: u64 = 333;

#[tokio::test(start_paused = true)]
async fn f78_sizes_around_the_part_size_make_the_right_parts() {
    // Size, whether it goes to LFS, parts.
    let table = [
        (0, false, 0),
        (1, true, 1),
        (CHUNK - 1, true, 1),
        (CHUNK, true, 1),
        (CHUNK + 1, true, 2),
        (3 * CHUNK - 1, true, 3),
        (3 * CHUNK, true, 3),
        (3 * CHUNK + 1, true, 4),
    ];
    for (size, lfs, parts) in table {
        let hub = Hub::new().with(|repo| (repo.lfs_from, repo.part_size) = (0, Some(CHUNK)));
        let bytes = content(usize::try_from(size).unwrap());
        create_commit(&hub.transport(), vec![add("w.bin", bytes.clone())], options()).await.unwrap();
        let repo = hub.repo();
        let expected = if lfs { Entry { oid: sha256(&bytes), size, lfs: true } } else { regular(b"") };
        assert_eq!(repo.head().tree["w.bin"], expected, "{size}");
        let complete = usize::from(lfs);
        assert_eq!((repo.count("PUT"), repo.count("complete")), (parts, complete), "{size}: {:?}", repo.log);
    }
}

#[tokio::test(start_paused = true)]
async fn f79_regular_files_that_are_too_large_together_are_refused_before_any_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let operations: Vec<CommitOperation> = (0..4)
        .map(|index| {
            // Holes: these files take no room on the disk.
            let path = folder.path().join(index.to_string());
            std::fs::File::create(&path).unwrap().set_len(200_000_000).unwrap();
            CommitOperationAdd::new(&format!("{index}.txt"), path).unwrap().into()
        })
        .chain([add("w.bin", content(300))])
        .collect();
    let hub = Hub::new().with(|repo| repo.lfs_from = u64::MAX);
    let error = create_commit(&hub.transport(), operations, options()).await.unwrap_err();
    let CommitError::PayloadTooLarge { bytes } = error else { panic!("{error:?}") };
    assert_eq!(bytes, 4 * 266_666_668 + 400);
    assert_eq!(hub.repo().log, ["POST /api/models/ada/demo/preupload/main"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_runs_at_once_than_fits_in_the_memory_or_was_asked_for() {
    let most = async |options: CommitOptions| {
        let hub = Hub::new();
        let operations = (0..40).map(|index| add(&index.to_string(), content(200 + index))).collect();
        create_commit(&hub.transport(), operations, options).await.unwrap();
        assert_eq!(hub.repo().count("PUT"), 40);
        hub.repo().most_running
    };
    assert_eq!(most(options().memory_budget(0)).await, 1);
    assert_eq!(most(options().memory_budget(4 << 20)).await, 3);
    assert_eq!(most(options().max_concurrency(2)).await, 2);
    assert!(most(options()).await > 3);
}

#[tokio::test(start_paused = true)]
async fn f80_a_clash_of_file_and_folder_is_refused_without_a_request() {
    let hub = Hub::new();
    let operations = vec![add("a", "1"), add("a/b", content(300))];
    let error = create_commit(&hub.transport(), operations, options()).await.unwrap_err();
    let CommitError::PathClash { file, inside } = &error else { panic!("{error:?}") };
    assert_eq!((file.as_str(), inside.as_str()), ("a", "a/b"));
    assert_eq!(hub.repo().log.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn f80_of_two_additions_of_a_path_the_last_one_stays_whichever_way_they_travel() {
    for sizes in [[5, 300], [300, 5], [300, 400], [5, 6]] {
        let hub = Hub::new();
        let operations = sizes.map(|size| add("a", content(size))).into();
        create_commit(&hub.transport(), operations, options()).await.unwrap();
        let repo = hub.repo();
        let last = content(sizes[1]);
        let expected = if sizes[1] < 100 {
            regular(&last)
        } else {
            Entry { oid: sha256(&last), size: last.len() as u64, lfs: true }
        };
        assert_eq!(repo.head().tree["a"], expected, "{sizes:?}");
        assert_eq!(repo.count("PUT"), sizes.iter().filter(|size| **size >= 100).count(), "{sizes:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn f80_content_in_several_paths_is_sent_once_and_the_order_of_the_steps_is_kept(
        files in prop::collection::vec(("[a-d]", 0u8..4), 1..12),
        concurrency in 1usize..4,
    ) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            // Content number 0 is regular, the others go to LFS.
            let bytes = |number: u8| content(50 + 100 * usize::from(number));
            let operations = files.iter().map(|(path, number)| add(path, bytes(*number))).collect();
            let hub = Hub::new().with(|repo| repo.part_size = Some(300));
            let options = options().max_concurrency(concurrency);
            create_commit(&hub.transport(), operations, options).await.unwrap();

            let repo = hub.repo();
            for (path, number) in &files {
                let last = files.iter().rfind(|(other, _)| other == path).unwrap().1;
                prop_assert!(*number == 0 || repo.objects.contains_key(&sha256(&bytes(*number))));
                prop_assert_eq!(repo.head().tree[path].size, bytes(last).len() as u64);
            }
            let sent: Vec<_> = repo.log.iter().filter(|line| line.starts_with("PUT")).collect();
            let distinct: std::collections::HashSet<_> = sent.iter().collect();
            prop_assert_eq!(sent.len(), distinct.len(), "{:?}", sent);
            let lines: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
            prop_assert_eq!(&repo.lines, &lines);
            Ok(())
        })?;
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&sha2::Sha256::digest(bytes))
}

#[tokio::test(start_paused = true)]
async fn no_value_of_a_setting_makes_a_commit_panic_or_fail() {
    for memory in [0, 1, u64::MAX] {
        for at_once in [0, 1, usize::MAX] {
            let hub = Hub::new().with(|repo| repo.part_size = Some(CHUNK));
            let options = options().memory_budget(memory).max_concurrency(at_once);
            let files =
                (0u8..12).map(|number| add(&format!("{number}.bin"), content(1000 + usize::from(number))));
            create_commit(&hub.transport(), files.collect(), options).await.unwrap();
            assert_eq!(hub.repo().head().tree.len(), 12, "{memory} {at_once}");
        }
    }
}
