//! What a process that was killed leaves.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use hub_download::{Cache, Disk};
use hub_transport::testing::reply;
use hub_types::{RepoRef, RepoType};

use crate::{
    server::{COMMIT, Content, Place, targets},
    storage::{Limit, Served, Storage},
};

const LENGTH: usize = 200_000;

/// Grants every lock.
#[derive(Debug)]
struct Lying;

impl Disk for Lying {
    fn try_lock(&self, _: &File) -> Result<(), TryLockError> {
        Ok(())
    }
}

/// Puts the beginning of the content under a name that only one process used.
pub(crate) async fn killed(place: &Place, content: &Content, length: usize) -> PathBuf {
    let steps = [content.head(), content.broken(length), reply(404)];
    place.download(steps).await.0.unwrap_err();
    let common = find(place.folder.path()).expect("a partial file");
    let name = common.file_name().unwrap().to_str().unwrap().replace(".incomplete", ".0badcafe.incomplete");
    let own = common.with_file_name(name);
    fs::rename(common, &own).unwrap();
    own
}

pub(crate) fn find(folder: &Path) -> Option<PathBuf> {
    fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        let found = path.extension().is_some_and(|ending| ending == "incomplete");
        if path.is_dir() { find(&path) } else { found.then_some(path) }
    })
}

/// Comes back once this is so. Time cannot be paused where a thread writes what arrives: it is asked for again and again.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    // Nothing waits for this: it ends a test that would hang.
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "in vain: {what}");
        tokio::task::yield_now().await;
    }
}

/// The partial file, once the writer has made it this long.
pub(crate) async fn wait_for_partial(place: &Place, length: u64) -> PathBuf {
    let is_whole = |path: &PathBuf| fs::metadata(path).is_ok_and(|there| there.len() == length);
    let found = || find(place.folder.path()).filter(is_whole);
    until(&format!("a partial file of {length} bytes"), || found().is_some()).await;
    find(place.folder.path()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn f82_what_a_killed_process_wrote_is_continued_by_whoever_has_the_lock() {
    let content = Content::new(300_000);
    for place in targets() {
        let own = killed(&place, &content, LENGTH).await;
        let (outcome, requests) = place.download([content.head(), content.rest(LENGTH)]).await;
        assert_eq!(fs::read(outcome.unwrap()).unwrap(), content.bytes);
        assert_eq!(requests[0].header("range"), Some("bytes=200000-"));
        assert!(!own.exists());
    }
}

#[tokio::test(start_paused = true)]
async fn a_cache_with_the_beginning_of_a_download_is_whole_for_python_and_has_no_snapshot() {
    let (content, place) = (Content::new(LENGTH + 1), targets().next().unwrap());
    place.download([content.head(), content.broken(LENGTH), reply(404)]).await.0.unwrap_err();
    let repo = place.folder.path().join("models--ada--demo");
    assert_eq!(fs::read_to_string(repo.join("refs/main")).unwrap(), COMMIT);
    assert!(repo.join("snapshots").join(COMMIT).is_dir(), "Python's scan looks for the commit of a branch");
    let cache = Cache::new(place.folder.path());
    let wanted = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    assert_eq!(cache.find_snapshot(&wanted, &COMMIT.parse().unwrap()), None, "there is no file in it");
}

#[tokio::test(start_paused = true)]
async fn f84_where_locks_do_nothing_the_file_of_another_process_is_left_alone() {
    let content = Content::new(300_000);
    for mut place in targets() {
        let own = killed(&place, &content, LENGTH).await;
        place.options = place.options.clone().disk(Arc::new(Lying));
        let (outcome, requests) = place.download([content.head(), content.whole()]).await;
        assert_eq!(fs::read(outcome.unwrap()).unwrap(), content.bytes);
        assert_eq!(requests[0].header("range"), None);
        assert_eq!(fs::metadata(own).unwrap().len(), LENGTH as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn f82_what_nobody_came_back_for_is_removed_after_a_day() {
    let (content, other) = (Content::new(300_000), Content::new(290_000));
    for place in targets() {
        let own = killed(&place, &content, LENGTH).await;
        place.download([other.head(), other.whole()]).await.0.unwrap();
        assert!(own.exists());
        let days = SystemTime::now() - Duration::from_secs(25 * 60 * 60);
        File::options().write(true).open(&own).unwrap().set_modified(days).unwrap();
        let third = Content::new(280_000);
        place.download([third.head(), third.whole()]).await.0.unwrap();
        assert!(!own.exists());
    }
}

#[tokio::test]
async fn f85_when_the_one_that_fetches_is_dropped_amid_the_content_another_goes_on_at_its_byte() {
    let content = Content::new(600_000);
    for place in targets() {
        let storage = Storage::new(&content, Limit::Way, |number, _| match number {
            0 => Served::Stuck(250_000),
            _ => Served::Honest,
        });
        let (leader, follower) = (storage.download(&place, 1), storage.download(&place, 1));
        let mut leader = Box::pin(leader);
        tokio::select! {
            outcome = &mut leader => panic!("{outcome:?}"),
            _ = wait_for_partial(&place, 250_000) => {}
        }
        tokio::pin!(follower);
        tokio::select! {
            outcome = &mut follower => panic!("{outcome:?}"),
            () = until("tries to get the lock", || storage.pauses() > 5) => {}
        }
        assert_eq!(storage.asked().len(), 1, "it waits for the first");
        drop(leader);
        assert!(follower.await.unwrap() == content.bytes);
        assert_eq!(storage.asked(), [0..600_000, 250_000..600_000]);
    }
}
