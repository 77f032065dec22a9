//! Downloads by Xet.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use hub_download::XetPolicy;
use hub_transport::testing::reply;
use hub_types::{
    lfs,
    progress::{Event, Progress},
};

use crate::{
    left::{find, killed, until},
    server::{COMMIT, Content, Place, targets},
    xet_hub::{Asked, Served, XetHub, noise},
};

const SIZE: usize = 3_000_000;
const LATER: &str = "2222222222222222222222222222222222222222";

fn content() -> Content {
    Content::of(noise(1, SIZE))
}

fn in_cache() -> Place {
    targets().next().unwrap()
}

/// Whether a partial file has the name under which the next download looks for it.
fn is_put_aside(partial: &Path) -> bool {
    let mark = partial.file_stem().map(Path::new).and_then(Path::extension);
    mark.is_none_or(|mark| mark.len() != 8)
}

/// The recipes in a cache.
fn recipes(place: &Place) -> Vec<String> {
    let folder = place.folder.path().join("models--ada--demo").join(".xet");
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_file_comes_by_xet_and_no_byte_of_a_xorb_twice() {
    for version in [2, 1] {
        for (place, content) in targets().zip([content(), Content::of(noise(2, 1_234_567))]) {
            let hub = XetHub::with(&content, move |asked, _| match asked {
                Asked::Reconstruction(2, _) if version == 1 => Served::Status(404),
                _ => Served::Honest,
            });
            assert!(hub.download(&place).await.unwrap() == content.bytes);
            let asked = hub.asked();
            assert_eq!(hub.gets(), []);
            assert_eq!(asked.iter().filter(|asked| **asked == Asked::Token).count(), 1);
            let tried = asked.iter().filter(|asked| matches!(asked, Asked::Reconstruction(2, _))).count();
            let pieces = content.bytes.len().div_ceil(1024 * 1024);
            assert_eq!(
                tried,
                if version == 1 { 1 } else { pieces },
                "the second version is tried once: {asked:?}"
            );
            assert_eq!(hub.fetched(), hub.files().stored());
        }
    }
}

#[tokio::test]
async fn equal_parts_of_a_piece_are_fetched_once() {
    let mut bytes = noise(3, 300_000).repeat(3);
    bytes.resize(1_000_000, 0);
    let (place, content) = (in_cache(), Content::of(bytes));
    let hub = XetHub::honest(&content);
    assert!(hub.download(&place).await.unwrap() == content.bytes);
    assert_eq!(hub.fetched(), hub.files().stored());
}

#[tokio::test]
async fn without_xet_and_for_small_files_there_is_plain_get() {
    let content = content();
    for (policy, token, by_xet) in [
        (XetPolicy::Always, 200, true),
        (XetPolicy::Always, 404, false),
        (XetPolicy::Always, 403, false),
        (XetPolicy::Never, 200, false),
        (XetPolicy::Auto, 200, false),
    ] {
        let place = in_cache();
        let hub = XetHub::with(&content, move |asked, _| match asked {
            Asked::Token if token != 200 => Served::Status(token),
            _ => Served::Honest,
        });
        assert!(hub.download_by(&place, policy).await.unwrap() == content.bytes);
        assert_eq!(hub.gets().is_empty(), by_xet, "{policy:?} {token}");
        assert_eq!(hub.fetched() > 0, by_xet, "{policy:?} {token}");
    }
    let (place, large) = (in_cache(), Content::of(noise(4, 17_000_000)));
    let hub = XetHub::honest(&large);
    assert!(hub.download_by(&place, XetPolicy::Auto).await.unwrap() == large.bytes);
    assert_eq!(hub.gets(), []);
}

#[tokio::test]
async fn f97_urls_that_expire_and_bodies_that_break_off_are_asked_for_again_where_they_stood() {
    let content = content();
    for place in targets() {
        let hub = XetHub::with(&content, |asked, number| match (asked, number) {
            (Asked::Xorb(..), 0) => Served::Status(403),
            (Asked::Xorb(..), 1) => Served::Breaks(300_000),
            _ => Served::Honest,
        });
        assert!(hub.download(&place).await.unwrap() == content.bytes);
        assert_eq!(hub.gets(), []);
        let asked = hub.asked();
        let mut fetched: Vec<_> = asked
            .iter()
            .filter_map(|asked| match asked {
                Asked::Xorb(xorb, bytes) => Some((*xorb, bytes.clone())),
                _ => None,
            })
            .collect();
        // Those that failed, less what they brought.
        fetched.sort_by_key(|(xorb, bytes)| (*xorb, bytes.end, bytes.start));
        let again =
            fetched.windows(2).filter(|pair| pair[0].0 == pair[1].0 && pair[0].1.end == pair[1].1.end);
        let later = again.clone().filter(|pair| pair[0].1.start < pair[1].1.start).count();
        assert_eq!((again.count(), later), (2, 1), "{fetched:?}");
    }
}

#[tokio::test]
async fn f15_an_interrupted_download_goes_on_at_its_byte() {
    let content = content();
    for place in targets() {
        let dead = |asked: &Asked, number: usize| match (asked, number) {
            (Asked::Xorb(..), 0..4) | (Asked::Reconstruction(..) | Asked::Token, _) => Served::Honest,
            _ => Served::Status(404),
        };
        let hub = XetHub::with(&content, dead);
        hub.download(&place).await.unwrap_err();
        let left = place.partial().unwrap();
        assert!((1_000_000..SIZE as u64).contains(&left), "{left}");
        let before = hub.fetched();

        let hub = XetHub::new(hub.files(), |_, _| Served::Honest);
        assert!(hub.download(&place).await.unwrap() == content.bytes);
        assert_eq!(hub.gets(), []);
        let asked = hub.asked();
        let Some(Asked::Reconstruction(2, range)) = asked.get(1) else { panic!("{asked:?}") };
        assert!(range.start <= left && left - range.start <= 128 * 1024, "{range:?} after {left}");
        let (fetched, stored) = (hub.fetched(), hub.files().stored());
        assert!(fetched + left <= stored + 256 * 1024, "{before} and {fetched} of {stored}");
    }
}

#[tokio::test]
async fn what_plain_get_has_begun_xet_ends_and_the_other_way_round() {
    let content = content();
    for place in targets() {
        let steps = [content.head(), content.broken(1_111_111), reply(404)];
        place.download(steps).await.0.unwrap_err();
        let hub = XetHub::with(&content, |asked, _| match asked {
            // The piece after the second one is not to be had.
            Asked::Reconstruction(_, range) if range.start > 2_000_000 => Served::Status(404),
            _ => Served::Honest,
        });
        assert!(hub.download(&place).await.unwrap() == content.bytes);
        let [get] = hub.gets().try_into().unwrap();
        assert!(get.start > 2_000_000 && get.end == SIZE as u64, "{get:?}");
        assert!(hub.fetched() < 1_200_000, "{}", hub.fetched());
        assert_eq!(recipes(&place), [""; 0], "not every chunk of it is known");
    }
}

#[tokio::test]
async fn f82_a_download_that_is_dropped_leaves_no_gap_and_the_next_one_goes_on() {
    let content = content();
    for place in targets() {
        let hub = XetHub::with(&content, |asked, number| match (asked, number) {
            (Asked::Xorb(..), 1) => Served::Stuck(100_000),
            _ => Served::Honest,
        });
        let begins = |partial: &Path| {
            fs::read(partial).is_ok_and(|bytes| bytes.get(..400_000) == content.bytes.get(..400_000))
        };
        let is_stuck = || {
            let xorbs = hub.asked().iter().filter(|asked| matches!(asked, Asked::Xorb(..))).count();
            xorbs >= 3 && find(place.folder.path()).is_some_and(|partial| begins(&partial))
        };
        tokio::select! {
            outcome = hub.download(&place) => panic!("{outcome:?}"),
            () = until("the first range", is_stuck) => {}
        }
        until("the partial file is put aside", || {
            find(place.folder.path()).is_some_and(|path| is_put_aside(&path))
        })
        .await;
        let left = fs::read(find(place.folder.path()).unwrap()).unwrap();
        assert!(left.len() > 300_000 && left == content.bytes[..left.len()]);
        let hub = XetHub::honest(&content);
        assert!(hub.download(&place).await.unwrap() == content.bytes);
        assert_eq!(hub.gets(), []);
        assert!(hub.fetched() < SIZE as u64 - left.len() as u64 + 256 * 1024);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn f82_what_a_killed_process_wrote_after_a_gap_is_not_fetched_again() {
    use std::os::unix::fs::FileExt;
    let content = Content::of(noise(1, 16_000_000));
    for place in targets() {
        let own = killed(&place, &content, 2_000_000).await;
        let partial = fs::File::options().write(true).open(&own).unwrap();
        partial.write_all_at(&content.bytes[4_000_000..14_000_000], 4_000_000).unwrap();
        drop(partial);
        let hub = XetHub::honest(&content);
        assert!(hub.download(&place).await.unwrap() == content.bytes);
        assert_eq!(hub.gets(), []);
        // Less a MiB at each end of what is there, and what else is in the same range of a xorb.
        let (fetched, missing) = (hub.fetched(), 4_000_000 + 3 * 1024 * 1024);
        assert!(fetched < missing + 4 * 512 * 1024, "{fetched}");

        // Wrong bytes in it are found, and plain GET, which comes in order, needs none of it.
        for (policy, by_xet) in [(XetPolicy::Always, true), (XetPolicy::Never, false)] {
            let place = place.another();
            let own = killed(&place, &content, 2_000_000).await;
            let partial = fs::File::options().write(true).open(&own).unwrap();
            partial.write_all_at(&[7; 9_000_000], 4_000_000).unwrap();
            drop(partial);
            let hub = XetHub::honest(&content);
            assert!(hub.download_by(&place, policy).await.unwrap() == content.bytes);
            assert_eq!((hub.fetched() > 0, hub.gets().len()), (by_xet, 1));
        }
    }
}

/// The content with 1000 other bytes in the middle.
fn changed(content: &Content) -> Content {
    let mut bytes = content.bytes.clone();
    bytes[1_500_000..1_501_000].copy_from_slice(&noise(9, 1_000));
    Content::of(bytes)
}

/// How many bytes were there already.
#[derive(Default)]
struct Heard(AtomicU64);

impl Progress for Heard {
    fn event(&self, event: &Event<'_>) {
        if let Event::Known { bytes, .. } = event {
            self.0.store(*bytes, Ordering::SeqCst);
        }
    }
}

#[tokio::test]
async fn of_a_new_version_only_what_changed_is_fetched() {
    let (old, mut place, heard) = (content(), in_cache(), Arc::new(Heard::default()));
    place.options = place.options.clone().progress(heard.clone());
    let new = changed(&old);
    let hub = XetHub::honest(&old);
    hub.download(&place).await.unwrap();
    assert_eq!(heard.0.load(Ordering::SeqCst), 0);
    let [recipe] = recipes(&place).try_into().unwrap();
    assert!(lfs::is_oid(&recipe), "{recipe}");

    let mut files = hub.files();
    let before = files.stored();
    files.upload(LATER, &new);
    let changed = files.stored() - before;
    assert!(changed < 300_000);
    let hub = XetHub::new(files, |_, _| Served::Honest);
    // A base makes it worth while.
    assert!(hub.download_by(&place, XetPolicy::Auto).await.unwrap() == new.bytes);
    assert_eq!((hub.gets(), hub.fetched()), (vec![], changed));
    let there = heard.0.load(Ordering::SeqCst);
    assert!((SIZE as u64 - changed..SIZE as u64).contains(&there), "{there}");
    assert_eq!(recipes(&place).len(), 2);

    // A third version is made of both.
    let third = Content::of([&new.bytes[..2_000_000], &old.bytes[1_000_000..]].concat());
    let mut files = hub.files();
    let before = files.stored();
    files.upload(COMMIT, &third);
    let changed = files.stored() - before;
    let hub = XetHub::new(files, |_, _| Served::Honest);
    assert!(hub.download(&place).await.unwrap() == third.bytes);
    assert_eq!((hub.gets(), hub.fetched()), (vec![], changed));
}

#[tokio::test]
async fn f99_a_blob_of_the_cache_that_was_changed_is_no_base() {
    let (old, place) = (content(), in_cache());
    let new = changed(&old);
    let hub = XetHub::honest(&old);
    hub.download(&place).await.unwrap();
    let blob = place.folder.path().join("models--ada--demo/blobs").join(&old.id);
    let mut bytes = old.bytes.clone();
    bytes[700_000] ^= 1;
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, &bytes).unwrap();

    let mut files = hub.files();
    files.upload(LATER, &new);
    let hub = XetHub::new(files, |_, _| Served::Honest);
    assert!(hub.download(&place).await.unwrap() == new.bytes);
    assert_eq!(hub.gets(), []);

    // One that is gone.
    fs::remove_file(&blob).unwrap();
    let third = Content::of(noise(7, 400_000));
    let mut files = hub.files();
    files.upload(COMMIT, &third);
    let hub = XetHub::new(files, |_, _| Served::Honest);
    assert!(hub.download(&place).await.unwrap() == third.bytes);
    assert!(!recipes(&place).contains(&old.id), "the recipe of a blob that is gone goes too");
}

#[tokio::test]
async fn a_forced_download_fetches_everything() {
    let (content, mut place) = (content(), in_cache());
    let hub = XetHub::honest(&content);
    hub.download(&place).await.unwrap();
    let hub = XetHub::new(hub.files(), |_, _| Served::Honest);
    place.options = place.options.clone().force_download(true);
    assert!(hub.download(&place).await.unwrap() == content.bytes);
    assert_eq!(hub.fetched(), hub.files().stored());
}
