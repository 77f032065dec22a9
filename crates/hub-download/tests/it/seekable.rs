//! A seekable reader does what a cursor over the same bytes does, with few requests and little memory.

use std::io::{Cursor, ErrorKind, Read, Seek, SeekFrom};

use hub_download::{
    Cache, FileRequest, ReadRequest, SeekOptions, SeekableReader, Target, hf_hub_download, open_file,
};
use hub_transport::Transport;
use hub_types::{RepoRef, RepoType};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::memory_hub::MemoryHub;

const PATH: &str = "w.bin";
const KIB: u64 = 1024;

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 31 + at / 253) as u8).collect()
}

fn wanted() -> ReadRequest {
    ReadRequest::new(RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap()), PATH.parse().unwrap())
}

async fn open(transport: &Transport, options: SeekOptions) -> SeekableReader {
    open_file(transport, wanted(), options).await.unwrap()
}

#[derive(Debug, Clone)]
enum Step {
    Read(usize),
    Seek(SeekFrom),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let near = -20_000i64..20_000;
    let odd = prop_oneof![Just(i64::MIN), Just(i64::MAX), near.clone()];
    let step = prop_oneof![
        4 => (0usize..9_000).prop_map(Step::Read),
        1 => Just(Step::Read(0)),
        2 => (0u64..20_000).prop_map(|place| Step::Seek(SeekFrom::Start(place))),
        1 => Just(Step::Seek(SeekFrom::Start(u64::MAX))),
        2 => odd.clone().prop_map(|offset| Step::Seek(SeekFrom::End(offset))),
        2 => odd.prop_map(|offset| Step::Seek(SeekFrom::Current(offset))),
    ];
    prop::collection::vec(step, 1..30)
}

/// Reads until the buffer is full, or there is no more.
fn fill(read: &mut impl FnMut(&mut [u8]) -> usize, length: usize) -> Vec<u8> {
    let mut buffer = vec![0; length];
    let mut count = 0;
    while count < length {
        match read(&mut buffer[count..]) {
            0 => break,
            more => count += more,
        }
    }
    buffer.truncate(count);
    buffer
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reads_and_seeks_are_those_of_a_cursor(steps in steps(), size in prop_oneof![Just(0usize), 1..20_000usize], ranges: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let bytes = content(size);
        let hub = MemoryHub::default().file(PATH, bytes.clone());
        let hub = if ranges { hub } else { hub.without_ranges() };
        let options = SeekOptions::new().block_size(4 * KIB).memory(12 * KIB).read_ahead(9 * KIB);
        let mut reader = runtime.block_on(open(&hub.transport(), options));
        let mut cursor = Cursor::new(bytes);
        for step in steps {
            match step {
                Step::Seek(place) => {
                    let (ours, right) = (runtime.block_on(reader.seek(place)), Seek::seek(&mut cursor, place));
                    prop_assert_eq!(ours.as_ref().ok(), right.as_ref().ok());
                    prop_assert_eq!(ours.map_err(|error| error.kind()), right.map_err(|error| error.kind()));
                }
                Step::Read(length) => {
                    let ours = fill(&mut |buffer| runtime.block_on(reader.read(buffer)).unwrap(), length);
                    let right = fill(&mut |buffer| Read::read(&mut cursor, buffer).unwrap(), length);
                    prop_assert!(ours == right, "{length} bytes before {}", cursor.position());
                }
            }
            prop_assert_eq!(reader.position(), cursor.position());
        }
    }
}

#[tokio::test]
async fn many_small_reads_in_order_take_few_requests() {
    let hub = MemoryHub::default().sparse(PATH, content(3 << 20), 1 << 33);
    let mut reader = open(&hub.transport(), SeekOptions::new()).await;
    let mut found = Vec::new();
    for length in [1, 4, 8, 100].into_iter().cycle() {
        let mut piece = vec![0; length.min((3 << 20) - found.len())];
        reader.read_exact(&mut piece).await.unwrap();
        found.extend_from_slice(&piece);
        if found.len() == 3 << 20 {
            break;
        }
    }
    assert!(found == content(3 << 20));
    // 256 KiB, then twice as much each time.
    let asked = hub.asked();
    assert_eq!(asked.len(), 5, "{asked:?}");
    assert_eq!(asked[..3], ["HEAD w.bin", "GET w.bin 0-262143", "GET w.bin 262144-786431"]);
    assert!(hub.sent() < 4 << 20, "{}", hub.sent());
}

#[tokio::test]
async fn a_large_read_is_one_request_and_what_is_in_memory_is_none() {
    let hub = MemoryHub::default().sparse(PATH, content(1000), 1 << 33);
    let mut reader = open(&hub.transport(), SeekOptions::new()).await;
    // As a reader of GGUF does: the head in small pieces, then tensors whole, then the head again.
    let mut start = [0; 24];
    reader.read_exact(&mut start).await.unwrap();
    reader.seek(SeekFrom::Start(5 << 30)).await.unwrap();
    let mut tensor = vec![1; 8 << 20];
    reader.read_exact(&mut tensor).await.unwrap();
    assert!(tensor.iter().all(|byte| *byte == 0));
    reader.seek(SeekFrom::Start(10)).await.unwrap();
    reader.read_exact(&mut start).await.unwrap();
    assert_eq!(start, content(1000)[10..34]);
    assert_eq!(hub.asked(), ["HEAD w.bin", "GET w.bin 0-262143", "GET w.bin 5368709120-5377097727"]);
    // As a reader of Parquet does: the length of the footer at the end, then the footer.
    reader.seek(SeekFrom::End(-8)).await.unwrap();
    reader.read_exact(&mut start[..8]).await.unwrap();
    reader.seek(SeekFrom::End(-100_000)).await.unwrap();
    reader.read_exact(&mut tensor[..99_000]).await.unwrap();
    assert_eq!(hub.asked(), ["GET w.bin 8589672448-"]);
}

#[tokio::test]
async fn an_error_is_that_of_one_read() {
    let hub = MemoryHub::default().file(PATH, content(10_000));
    let broken = MemoryHub::default();
    let transport = hub.transport();
    let mut reader = open(&transport, SeekOptions::new().block_size(4 * KIB)).await;
    let mut buffer = [0; 100];
    reader.read_exact(&mut buffer).await.unwrap();
    assert_eq!(reader.read_here(&mut buffer), Some(100));
    reader.seek_to(SeekFrom::Start(9_000)).unwrap();
    assert_eq!(reader.read_here(&mut buffer), None);
    reader.fill(100).await.unwrap();
    assert_eq!(reader.read_here(&mut buffer), Some(100));
    assert_eq!(reader.seek_to(SeekFrom::Current(-9_101)).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(reader.position(), 9_100);
    let missing = open_file(&broken.transport(), wanted(), SeekOptions::new()).await.unwrap_err();
    assert_eq!(missing.as_transport().unwrap().kind(), hub_transport::ErrorKind::EntryNotFound);
}

#[tokio::test]
async fn a_small_file_with_another_content_is_noticed() {
    let hub = MemoryHub::default().sparse(PATH, content(100), 100);
    let mut reader = open(&hub.transport(), SeekOptions::new()).await;
    let error = reader.read(&mut [0; 10]).await.unwrap_err();
    assert!(error.to_string().contains("does not match its hash"), "{error}");
}

#[tokio::test]
async fn what_the_cache_has_is_read_there() {
    let (hub, folder) = (MemoryHub::default().file(PATH, content(300_000)), tempfile::tempdir().unwrap());
    let (transport, cache) = (hub.transport(), Cache::new(folder.path()));
    let ReadRequest { repo, path, .. } = wanted();
    hf_hub_download(&transport, FileRequest::new(repo, path, Target::Cache(cache.clone()))).await.unwrap();
    hub.asked();
    let wanted = wanted().cache(cache).local_files_only(true);
    let mut reader = open_file(&transport, wanted, SeekOptions::new().block_size(4 * KIB)).await.unwrap();
    reader.seek(SeekFrom::Start(290_000)).await.unwrap();
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
    assert!(rest == content(300_000)[290_000..] && hub.asked().is_empty());
}
