//! What a process that was killed leaves.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use hub_download::Disk;
use hub_transport::testing::reply;

use crate::server::{Content, Place, targets};

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
async fn killed(place: &Place, content: &Content) -> PathBuf {
    let steps = [content.head(), content.broken(LENGTH), reply(404)];
    place.download(steps).await.0.unwrap_err();
    let common = find(place.folder.path()).expect("a partial file");
    let name = common.file_name().unwrap().to_str().unwrap().replace(".incomplete", ".0badcafe.incomplete");
    let own = common.with_file_name(name);
    fs::rename(common, &own).unwrap();
    own
}

fn find(folder: &Path) -> Option<PathBuf> {
    fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        let found = path.extension().is_some_and(|ending| ending == "incomplete");
        if path.is_dir() { find(&path) } else { found.then_some(path) }
    })
}

#[tokio::test(start_paused = true)]
async fn f82_what_a_killed_process_wrote_is_continued_by_whoever_has_the_lock() {
    let content = Content::new(300_000);
    for place in targets() {
        let own = killed(&place, &content).await;
        let (outcome, requests) = place.download([content.head(), content.rest(LENGTH)]).await;
        assert_eq!(fs::read(outcome.unwrap()).unwrap(), content.bytes);
        assert_eq!(requests[0].header("range"), Some("bytes=200000-"));
        assert!(!own.exists());
    }
}

#[tokio::test(start_paused = true)]
async fn f84_where_locks_do_nothing_the_file_of_another_process_is_left_alone() {
    let content = Content::new(300_000);
    for mut place in targets() {
        let own = killed(&place, &content).await;
        place.options.disk = Arc::new(Lying);
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
        let own = killed(&place, &content).await;
        place.download([other.head(), other.whole()]).await.0.unwrap();
        assert!(own.exists());
        let days = SystemTime::now() - Duration::from_secs(25 * 60 * 60);
        File::options().write(true).open(&own).unwrap().set_modified(days).unwrap();
        let third = Content::new(280_000);
        place.download([third.head(), third.whole()]).await.0.unwrap();
        assert!(!own.exists());
    }
}
