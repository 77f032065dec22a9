//! A CAS that says what it must not say: the file comes by plain `GET` then, and never a wrong one.

use std::{
    fs::File,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hub_download::{Disk, DownloadError};
use serde_json::{Value, json};

use crate::{
    server::{Content, targets},
    xet_hub::{Asked, Served, XetHub, noise},
};

const SIZE: usize = 1_500_000;
/// The longest piece that tests ask for.
const PIECE: u64 = 1024 * 1024;

/// What is wrong, and how it is served.
type Fault = (&'static str, fn() -> Served);

/// What is done to the second piece of a file, whose first one is right.
fn reconstructions() -> [Fault; 15] {
    [
        ("terms longer than the file", || {
            Served::Json(|json| json["terms"][0]["unpacked_length"] = json!(60_000_000))
        }),
        ("terms shorter than the range", || {
            Served::Json(|json| json["terms"][0]["unpacked_length"] = json!(100))
        }),
        ("no terms", || Served::Json(|json| json["terms"] = json!([]))),
        ("a term that can be fetched nowhere", || Served::Json(|json| json["xorbs"] = json!({}))),
        ("chunks that turn around", || {
            Served::Json(|json| json["terms"][0]["range"] = json!({"start": 5, "end": 4}))
        }),
        ("more chunks than a xorb has", || {
            Served::Json(|json| json["terms"][0]["range"]["end"] = json!(u32::MAX))
        }),
        ("an offset beyond the file", || {
            Served::Json(|json| json["offset_into_first_range"] = json!(u64::MAX))
        }),
        ("another offset", || Served::Json(|json| json["offset_into_first_range"] = json!(77))),
        ("bytes that turn around", || {
            Served::Json(|json| first_range(json)["bytes"] = json!({"start": 9, "end": 3}))
        }),
        ("bytes without end", || Served::Json(|json| first_range(json)["bytes"]["end"] = json!(u64::MAX))),
        ("a URL inside the network", || {
            Served::Json(|json| first_url(json)["url"] = json!("http://169.254.169.254/x"))
        }),
        ("no URL", || Served::Json(|json| first_url(json)["url"] = json!("x"))),
        ("other JSON", || Served::Json(|json| *json = json!([1, 2]))),
        ("no JSON", || Served::Bytes(|body| body.truncate(20))),
        ("a response without end", || Served::Bytes(|body| body.resize(17 * 1024 * 1024, b' '))),
    ]
}

fn first_url(json: &mut Value) -> &mut Value {
    let xorbs = json["xorbs"].as_object_mut().unwrap();
    &mut xorbs.values_mut().next().unwrap()[0]
}

fn first_range(json: &mut Value) -> &mut Value {
    &mut first_url(json)["ranges"][0]
}

/// What is done to a range of a xorb.
fn xorbs() -> [Fault; 11] {
    [
        ("the whole xorb", || Served::Whole),
        ("another range", || Served::Range("bytes 8-99/1000")),
        ("a range that is none", || Served::Range("bytes */1000")),
        ("a record of a later version", || Served::Bytes(|body| body[0] = 9)),
        ("a scheme that nobody knows", || Served::Bytes(|body| body[4] = 7)),
        ("a record that is longer than its data", || Served::Bytes(|body| body[1..4].fill(0xFF))),
        ("an LZ4 frame that is none", || Served::Bytes(|body| body[4] = 1)),
        ("a chunk that grows to 16 MiB", || Served::Bytes(|body| body[5..8].fill(0xFF))),
        ("more records than were asked for", || Served::Bytes(|body| body.extend_from_within(..))),
        ("a term that is shorter than its chunks", || Served::Bytes(|body| *body = record(100).repeat(8192))),
        ("nothing", || Served::Status(404)),
    ]
}

/// An uncompressed record of so many zeros.
fn record(len: u8) -> Vec<u8> {
    let mut record = vec![0, len, 0, 0, 0, len, 0, 0];
    record.resize(8 + usize::from(len), 0);
    record
}

#[tokio::test]
async fn f96_what_a_cas_must_not_say_leaves_the_rest_to_plain_get() {
    let content = Content::of(noise(1, SIZE));
    for (what, fault) in reconstructions() {
        for place in targets() {
            let hub = XetHub::with(&content, move |asked, _| match asked {
                Asked::Reconstruction(2, range) if range.start >= PIECE => fault(),
                _ => Served::Honest,
            });
            assert!(hub.download(&place).await.unwrap() == content.bytes, "{what}");
            let [get] = hub.gets().try_into().unwrap_or_else(|gets| panic!("{what}: {gets:?}"));
            assert!(get.start >= PIECE && get.end == SIZE as u64, "{what}: {get:?}");
        }
    }
}

#[tokio::test]
async fn f96_xorbs_that_are_not_what_was_asked_for_leave_the_rest_to_plain_get() {
    let content = Content::of(noise(1, SIZE));
    for (what, fault) in xorbs() {
        for place in targets() {
            let hub = XetHub::with(&content, move |asked, number| match asked {
                Asked::Xorb(..) if number == 1 => fault(),
                _ => Served::Honest,
            });
            assert!(hub.download(&place).await.unwrap() == content.bytes, "{what}");
            // Where chunks of other lengths were written before that was seen, the hash of the file finds them.
            assert_eq!(hub.gets().last().map(|get| get.end), Some(SIZE as u64), "{what}");
            assert!(hub.gets().len() <= 2, "{what}: {:?}", hub.gets());
        }
    }
}

#[tokio::test]
async fn f97_data_that_never_comes_whole_ends_after_some_tries() {
    let content = Content::of(noise(1, SIZE));
    // Fresh URLs that are refused are asked for once more at most.
    for (fault, most) in [
        (Served::Status as fn(u16) -> Served, 5),
        (|_| Served::Breaks(7), 40),
        (|_| Served::Bytes(|body| body.truncate(9)), 40),
    ] {
        let place = targets().next().unwrap();
        let hub = XetHub::with(&content, move |asked, number| match asked {
            Asked::Xorb(..) if number > 0 => fault(403),
            _ => Served::Honest,
        });
        assert!(hub.download(&place).await.unwrap() == content.bytes);
        assert_eq!(hub.gets().len(), 1);
        let tries = hub.asked().iter().filter(|asked| matches!(asked, Asked::Reconstruction(..))).count();
        assert!((3..most).contains(&tries), "{tries} of {most}");
    }
}

#[tokio::test]
async fn f98_a_chunk_with_other_bytes_is_found_by_the_hash_of_the_file() {
    let content = Content::of(noise(1, SIZE));
    for place in targets() {
        let hub = XetHub::with(&content, |asked, number| match asked {
            Asked::Xorb(..) if number == 1 => Served::Bytes(|body| body[50] ^= 1),
            _ => Served::Honest,
        });
        assert!(hub.download(&place).await.unwrap() == content.bytes);
        let [get] = hub.gets().try_into().unwrap();
        assert_eq!(get, 0..SIZE as u64);
        let recipes = place.folder.path().join("models--ada--demo/.xet");
        assert_eq!(
            std::fs::read_dir(recipes).into_iter().flatten().count(),
            0,
            "what is wrong has no recipe"
        );
    }
}

#[tokio::test]
async fn f98_wrong_bytes_by_both_ways_are_a_mismatch_and_nothing_stays() {
    let content = Content::of(noise(1, SIZE));
    for place in targets() {
        let hub = XetHub::with(&content, |asked, _| match asked {
            Asked::Xorb(..) | Asked::Get(_) => Served::Bytes(|body| *body.last_mut().unwrap() ^= 1),
            _ => Served::Honest,
        });
        let error = hub.download(&place).await.unwrap_err();
        assert!(matches!(error, DownloadError::HashMismatch { .. }), "{error}");
        place.assert_empty();
    }
}

#[tokio::test]
async fn f64_a_disk_that_fills_up_is_told() {
    #[derive(Debug)]
    struct Full(AtomicUsize);
    impl Disk for Full {
        fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<usize> {
            if self.0.fetch_add(bytes.len(), Ordering::SeqCst) > 700_000 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            io::Write::write(file, bytes)
        }
    }
    let content = Content::of(noise(1, SIZE));
    for mut place in targets() {
        place.options = place.options.clone().disk(Arc::new(Full(AtomicUsize::new(0))));
        let hub = XetHub::honest(&content);
        let error = hub.download(&place).await.unwrap_err();
        assert!(matches!(error, DownloadError::DiskFull { .. }), "{error}");
        place.assert_empty();
    }
}
