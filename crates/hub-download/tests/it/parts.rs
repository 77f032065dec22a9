//! Large files over several connections.

use std::{
    fs::{self, File},
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hub_download::{Disk, DownloadError, Parts};

use crate::{
    left::{find, until, wait_for_partial},
    server::{Content, targets},
    storage::{Limit, PART, Served, Storage},
};

const SIZE: usize = 5_000_000;

fn most(storage: &Storage) -> usize {
    storage.most.load(Ordering::SeqCst)
}

#[tokio::test]
async fn where_each_connection_is_slow_a_large_file_comes_over_eight_and_no_part_twice() {
    let content = Content::new(SIZE);
    for place in targets() {
        let storage = Storage::new(&content, Limit::Connection, |_, _| Served::Honest);
        assert!(storage.download(&place, 8).await.unwrap() == content.bytes);
        assert_eq!(most(&storage), 8);
        let mut asked = storage.asked();
        assert_eq!(asked.remove(0), 0..SIZE as u64);
        asked.sort_by_key(|span| span.start);
        // The first response was left after two parts.
        assert!((2 * PART..3 * PART).contains(&asked[0].start), "{:?}", asked[0]);
        assert_eq!(asked.last().map(|span| span.end), Some(SIZE as u64));
        assert!(asked.windows(2).all(|pair| pair[0].end == pair[1].start), "{asked:?}");
        assert!(asked.iter().all(|span| span.end - span.start <= PART));
    }
}

#[tokio::test]
async fn where_one_connection_is_as_fast_as_two_it_goes_on_with_one() {
    let content = Content::new(SIZE);
    for place in targets() {
        let storage = Storage::new(&content, Limit::Way, |_, _| Served::Honest);
        assert!(storage.download(&place, 8).await.unwrap() == content.bytes);
        assert_eq!(most(&storage), 2);
        let asked = storage.asked();
        assert!(asked.len() < 9, "{asked:?}");
        let last = asked.last().unwrap();
        assert!(last.end == SIZE as u64 && last.end - last.start > SIZE as u64 / 2, "{last:?}");
    }
}

#[tokio::test]
async fn no_more_connections_are_opened_than_are_allowed() {
    let content = Content::new(SIZE);
    for (allowed, requests) in [(0, 1..2), (1, 1..2), (2, 3..100), (3, 3..100)] {
        let place = targets().next().unwrap();
        let storage = Storage::new(&content, Limit::Connection, |_, _| Served::Honest);
        assert!(storage.download(&place, allowed).await.unwrap() == content.bytes);
        assert_eq!(most(&storage), allowed.max(1));
        assert!(requests.contains(&storage.asked().len()), "{allowed}: {:?}", storage.asked());
    }
}

#[tokio::test]
async fn f15_a_part_that_breaks_off_goes_on_at_its_byte() {
    let content = Content::new(SIZE);
    for place in targets() {
        let response = |number, _: &_| if number % 3 == 1 { Served::Breaks(10_000) } else { Served::Honest };
        let storage = Storage::new(&content, Limit::Connection, response);
        assert!(storage.download(&place, 8).await.unwrap() == content.bytes);
        let asked = storage.asked();
        let broken: Vec<_> = asked.iter().skip(1).step_by(3).collect();
        for span in &broken[..broken.len() - 1] {
            let rest = span.start + 10_000..span.end;
            assert!(rest.is_empty() || asked.contains(&rest), "{span:?} of {asked:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_gives_no_right_parts_gives_the_whole_and_nothing_wrong_is_kept() {
    let content = Content::new(SIZE);
    // Requests 1 and later ask for parts, until one cannot be had.
    let wrongs: [fn(usize, &std::ops::Range<u64>) -> Served; 5] = [
        |number, _| if number == 0 { Served::Honest } else { Served::Whole },
        |number, _| if number == 9 { Served::Whole } else { Served::Honest },
        |number, _| if number == 9 { Served::Other("changed") } else { Served::Honest },
        |number, _| if number == 9 { Served::Status(403) } else { Served::Honest },
        |number, _| if number == 9 { Served::Wrong } else { Served::Honest },
    ];
    for (turn, wrong) in wrongs.into_iter().enumerate() {
        for place in targets() {
            let storage = Storage::new(&content, Limit::Connection, wrong);
            let outcome = storage.download(&place, 8).await;
            assert!(outcome.unwrap() == content.bytes, "{turn}");
            let asked = storage.asked();
            assert_eq!(asked.last().map(|span| span.end), Some(SIZE as u64), "{turn}: {asked:?}");
        }
    }
}

#[tokio::test]
async fn parts_that_are_wrong_each_time_are_a_mismatch_and_nothing_stays() {
    let content = Content::new(SIZE);
    for place in targets() {
        let storage = Storage::new(&content, Limit::Connection, |_, span| {
            if span.contains(&4_000_000) { Served::Wrong } else { Served::Honest }
        });
        let error = storage.download(&place, 8).await.unwrap_err();
        assert!(matches!(error, DownloadError::HashMismatch { .. }), "{error}");
        place.assert_empty();
    }
}

#[tokio::test]
async fn f82_a_download_that_is_dropped_leaves_no_gap_and_the_next_one_goes_on() {
    let content = Content::new(SIZE);
    for place in targets() {
        // One part never comes, and those after it do.
        let storage = Storage::new(&content, Limit::Connection, |number, _| match number {
            12 => Served::Stuck(0),
            _ => Served::Honest,
        });
        // The first request is for all of it.
        let is_last_asked = || storage.asked().iter().skip(1).any(|span| span.end == SIZE as u64);
        tokio::select! {
            outcome = storage.download(&place, 8) => panic!("{outcome:?}"),
            () = until("the parts after the gap", || is_last_asked() && storage.running() == 1) => {}
        }
        let gap = storage.asked()[12].start;
        let kept = fs::read(wait_for_partial(&place, gap).await).unwrap();
        assert!(kept == content.bytes[..kept.len()]);

        let storage = Storage::new(&content, Limit::Connection, |_, _| Served::Honest);
        assert!(storage.download(&place, 1).await.unwrap() == content.bytes);
        assert_eq!(storage.asked().as_slice(), std::slice::from_ref(&(gap..SIZE as u64)));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn f82_what_a_killed_process_wrote_counts_up_to_the_first_gap() {
    use std::os::unix::fs::FileExt;
    const MIB: usize = 1024 * 1024;
    let content = Content::new(SIZE);
    for place in targets() {
        let broken = Storage::new(&content, Limit::Connection, |number, _| match number {
            0 => Served::Breaks(200_000),
            _ => Served::Status(404),
        });
        broken.download(&place, 1).await.unwrap_err();
        let common = find(place.folder.path()).unwrap();
        let name =
            common.file_name().unwrap().to_str().unwrap().replace(".incomplete", ".0badcafe.incomplete");
        let own = File::create(common.with_file_name(name)).unwrap();
        fs::remove_file(common).unwrap();
        (&own).write_all(&content.bytes[..2 * MIB + 1]).unwrap();
        own.write_all_at(&content.bytes[4 * MIB..], 4 * MIB as u64).unwrap();

        let storage = Storage::new(&content, Limit::Connection, |_, _| Served::Honest);
        assert!(storage.download(&place, 1).await.unwrap() == content.bytes);
        let asked = storage.asked();
        assert_eq!(asked.len(), 1, "the hash was right at once: {asked:?}");
        assert!((MIB as u64..=2 * MIB as u64 + 1).contains(&asked[0].start), "{asked:?}");
    }
}

#[tokio::test]
async fn f64_a_disk_that_fills_up_among_the_parts_is_told_and_the_beginning_is_not_kept() {
    #[derive(Debug)]
    struct Full(AtomicUsize);
    impl Disk for Full {
        fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<usize> {
            if self.0.fetch_add(bytes.len(), Ordering::SeqCst) > 2_000_000 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            file.write(bytes)
        }
    }
    let content = Content::new(SIZE);
    for mut place in targets() {
        place.options = place.options.clone().disk(Arc::new(Full(AtomicUsize::new(0))));
        let storage = Storage::new(&content, Limit::Connection, |_, _| Served::Honest);
        let error = storage.download(&place, 8).await.unwrap_err();
        assert!(matches!(error, DownloadError::DiskFull { .. }), "{error}");
        place.assert_empty();
    }
}

#[tokio::test]
async fn no_value_of_a_setting_makes_a_download_panic_or_fail() {
    let content = Content::new(SIZE);
    for connections in [0, 1, 2, usize::MAX] {
        for bytes in [0, 1, PART, u64::MAX] {
            let place = targets().next().unwrap();
            let storage = Storage::new(&content, Limit::Connection, |_, _| Served::Honest);
            let got = storage
                .download_in(&place, Parts::new().connections(connections).bytes(bytes))
                .await
                .unwrap();
            assert!(got == content.bytes, "{connections} {bytes}");
        }
    }
}
