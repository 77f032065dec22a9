//! As many LFS files as one commit may have.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hub_commit::{CommitError, CommitOperation, CommitOperationAdd, create_commit};
use hub_types::commit::MAX_LFS_FILES;

use crate::hub::{Hub, add, options};
use crate::watched::{Counts, Watched};

#[tokio::test(start_paused = true)]
async fn f77_urls_for_many_files_are_asked_for_just_in_time_and_few_files_are_open() {
    let folder = tempfile::tempdir().unwrap();
    let operations: Vec<CommitOperation> = (0..MAX_LFS_FILES)
        .map(|index| {
            let path = folder.path().join(index.to_string());
            std::fs::write(&path, index.to_string()).unwrap();
            CommitOperationAdd::new(&format!("{index}.bin"), path).unwrap().into()
        })
        .collect();
    let counts = Arc::new(Counts::default());
    let hub = Hub::new().with(|repo| repo.lfs_from = 1);
    let options = options().files(Arc::new(Watched(Arc::clone(&counts))));
    create_commit(&hub.transport(), operations, options).await.unwrap();

    let repo = hub.repo();
    assert_eq!((repo.head().tree.len(), repo.count("PUT")), (MAX_LFS_FILES, MAX_LFS_FILES));
    // One response about 256 objects, and what is being sent and comes next when it is asked for.
    assert!(repo.most_waiting <= 256 + 3 * 16, "{}", repo.most_waiting);
    let (open, most) = (counts.open.load(Ordering::SeqCst), counts.most_open.load(Ordering::SeqCst));
    assert!(open == 0 && (1..=64).contains(&most), "{open} files are open, {most} were");
}

#[tokio::test(start_paused = true)]
async fn f77_more_lfs_files_than_a_commit_may_have_are_refused_before_any_is_sent() {
    let many = MAX_LFS_FILES + 1;
    let operations = (0..many).map(|index| add(&format!("{index}.bin"), "x")).collect();
    let hub = Hub::new().with(|repo| repo.lfs_from = 1);
    let error = create_commit(&hub.transport(), operations, options()).await.unwrap_err();
    assert!(matches!(error, CommitError::TooManyLfsFiles { count } if count == many), "{error:?}");
    let repo = hub.repo();
    assert_eq!(repo.count("/preupload/"), repo.log.len());
}
