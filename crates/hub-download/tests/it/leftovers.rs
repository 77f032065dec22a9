//! What killed processes leave is swept, and what goes on in another process is said.

use std::{
    fs::{self, File},
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use hub_download::Cache;
use hub_transport::testing::reply;

use crate::server::{Content, Place, targets};

fn cache_place() -> Place {
    targets().next().unwrap()
}

async fn download(place: &Place, size: usize) -> std::path::PathBuf {
    let content = Content::new(size);
    place.download([content.head(), content.whole()]).await.0.unwrap()
}

fn aged(path: &Path, hours: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "half").unwrap();
    let then = SystemTime::now() - Duration::from_secs(hours * 60 * 60);
    File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

#[tokio::test(start_paused = true)]
async fn f82_half_made_notes_of_killed_processes_are_swept_after_a_day() {
    let place = cache_place();
    let repo = place.folder.path().join("models--ada--demo");
    let (old, young) = (repo.join("main.0badcafe.tmp"), repo.join("main.1badcafe.tmp"));
    let (other, tree) = (repo.join("main.tmp"), repo.join("trees/x.json.0badcafe.tmp"));
    for (path, hours) in [(&old, 25), (&young, 23), (&other, 25), (&tree, 25)] {
        aged(path, hours);
    }
    download(&place, 1_000).await;
    assert!(
        !old.exists() && young.exists() && other.exists(),
        "only what this client makes, and after a day"
    );
    place.snapshot(&["a"]).await.0.unwrap();
    assert!(!tree.exists());
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn f74_a_sweep_removes_links_and_never_what_they_lead_to() {
    let (place, outside) = (cache_place(), tempfile::tempdir().unwrap());
    let repo = place.folder.path().join("models--ada--demo");
    let precious = outside.path().join("precious.0badcafe.tmp");
    aged(&precious, 25);
    fs::create_dir_all(&repo).unwrap();
    fs::create_dir_all(place.folder.path().join(".locks")).unwrap();
    std::os::unix::fs::symlink(&precious, repo.join("main.0badcafe.tmp")).unwrap();
    std::os::unix::fs::symlink(outside.path(), place.folder.path().join(".locks/deletion.0badcafe.deleting"))
        .unwrap();
    download(&place, 1_000).await;
    assert!(precious.exists());
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_was_killed_is_completed_by_the_next_download_and_by_the_next_deletion() {
    for by_download in [true, false] {
        let place = cache_place();
        let cache = Cache::new(place.folder.path());
        download(&place, 300_000).await;
        let locks = place.folder.path().join(".locks");
        let left = ["deleting-4711", "deletion.0badcafe.deleting"].map(|name| locks.join(name));
        for folder in &left {
            fs::create_dir_all(folder.join("blobs/deep")).unwrap();
            fs::write(folder.join("blobs/deep/x"), vec![0; 1_000]).unwrap();
        }
        // The locks of a repository are no deletion.
        let own = locks.join("models--ada--demo");
        assert!(own.is_dir());
        if by_download {
            download(&place, 1_000).await;
        } else {
            let info = cache.scan().unwrap();
            let all = info.revisions().map(|(repo, revision)| (&repo.repo, &revision.commit));
            info.delete_revisions(all).execute(&cache).unwrap();
            assert!(cache.scan().unwrap().repos.is_empty());
        }
        assert!(left.iter().all(|folder| !folder.exists()) && own.is_dir());
    }
}

/// Hears the messages of warnings.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Heard {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text<'t>(&'t mut String);
        impl tracing::field::Visit for Text<'_> {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!("{field}={value:?} "));
            }
        }
        let mut text = String::new();
        event.record(&mut Text(&mut text));
        self.0.lock().unwrap().push(text);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_download_of_another_process_says_so_every_ten_seconds() {
    let (place, content) = (cache_place(), Content::new(300_000));
    let lock = place.folder.path().join(format!(".locks/models--ada--demo/{}.lock", content.id));
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let held = File::create(&lock).unwrap();
    held.lock().unwrap();
    let heard = Heard::default();
    let _listens = tracing::subscriber::set_default(heard.clone());
    let steps = [content.head(), content.whole()];
    let download = place.download(steps);
    tokio::pin!(download);
    // Time stands still while somebody works, so that the wait is counted exactly.
    let start = tokio::time::Instant::now();
    while start.elapsed() < Duration::from_secs(35) {
        let step = tokio::time::timeout(Duration::from_secs(1), &mut download).await;
        assert!(step.is_err(), "the lock is held");
    }
    let waits = |heard: &Heard| {
        let heard = heard.0.lock().unwrap();
        heard.iter().filter(|text| text.contains("waiting for another download")).cloned().collect::<Vec<_>>()
    };
    let said = waits(&heard);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said.iter().zip(["waited_s=10", "waited_s=20", "waited_s=30"]).all(|(text, at)| text.contains(at)),
        "{said:?}"
    );
    held.unlock().unwrap();
    assert!(fs::read(download.await.0.unwrap()).unwrap() == content.bytes);
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_from_the_cache_in_place_of_the_hub_is_said_in_a_warning() {
    let place = cache_place();
    let path = download(&place, 1_000).await;
    let heard = Heard::default();
    let _listens = tracing::subscriber::set_default(heard.clone());
    let (found, _) = place.download([reply(403).header("x-error-message", "not for you")]).await;
    assert_eq!(found.unwrap(), path);
    let heard = heard.0.lock().unwrap().concat();
    assert!(
        heard.contains("as it was when the Hub was last asked") && heard.contains("not for you"),
        "{heard}"
    );
}
