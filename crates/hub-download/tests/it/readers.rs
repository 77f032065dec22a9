//! What is read in any way, and once more after its end: the bytes that were promised, or errors without an end.

use std::io::ErrorKind;

use futures_util::StreamExt;
use hub_download::{Cache, FileReader, ReadRequest, read_file};
use hub_types::{RepoRef, RepoType};
use proptest::prelude::*;
use tokio::io::AsyncReadExt;

use crate::{
    server::Content,
    ways::{Asked, PATH, RequestKind, Way},
};

#[derive(Debug, Clone, Copy)]
enum Source {
    Network,
    Cache,
    /// Its last byte is wrong.
    Rotten,
    /// It breaks off for ever.
    Broken,
}

/// One use of a reader.
#[derive(Debug, Clone, Copy)]
enum Use {
    Next,
    /// Into a buffer of so many bytes.
    Read(usize),
}

fn uses() -> impl Strategy<Value = Vec<Use>> {
    let length = prop_oneof![Just(0), Just(1), Just(usize::from(u16::MAX)), 0..3_000usize];
    prop::collection::vec(prop_oneof![Just(Use::Next), length.prop_map(Use::Read)], 1..12)
}

async fn open(source: Source, content: &Content, range: std::ops::Range<u64>) -> FileReader {
    let told = content.clone();
    let server = Asked::new(move |asked| match (asked, source) {
        (RequestKind::Content, Source::Rotten) => {
            let mut bytes = told.bytes.clone();
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            hub_transport::testing::reply(200).text(bytes)
        }
        (RequestKind::Content, Source::Broken) => told.broken(told.bytes.len() / 2),
        (asked, _) => asked.honest(&told),
    });
    let folder = tempfile::tempdir().unwrap();
    if matches!(source, Source::Cache) {
        Way::File.download(&server.transport, folder.path()).await.unwrap();
    }
    let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    let wanted = ReadRequest::new(repo, PATH.parse().unwrap()).range(range).cache(Cache::new(folder.path()));
    read_file(&server.transport, wanted).await.unwrap()
}

/// Uses a reader to its end and beyond.
async fn exhaust(mut reader: FileReader, content: &Content, source: Source, uses: &[Use]) {
    let range = reader.range();
    let expected = content.bytes.get(range.start as usize..range.end as usize).unwrap();
    let whole = range == (0..content.bytes.len() as u64);
    let is_right = match source {
        Source::Network | Source::Cache => true,
        Source::Rotten => !whole || expected.is_empty(),
        Source::Broken => expected.is_empty() || range.end as usize <= content.bytes.len() / 2,
    };
    let (mut read, mut failures, mut ends) = (Vec::new(), 0, 0);
    for each in uses.iter().cycle().take(60) {
        match *each {
            Use::Next => match reader.next().await {
                Some(Ok(chunk)) => read.extend_from_slice(&chunk),
                Some(Err(_)) => failures += 1,
                None => ends += usize::from(failures == 0),
            },
            Use::Read(length) => {
                let mut buffer = vec![0; length];
                match reader.read(&mut buffer).await {
                    Ok(0) if length > 0 => ends += 1,
                    Ok(count) => read.extend_from_slice(&buffer[..count]),
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Other);
                        failures += 1;
                    }
                }
            }
        }
        assert!(read.len() <= expected.len());
        assert!(failures == 0 || ends == 0, "an end beside an error: {source:?} {uses:?}");
    }
    let sound =
        if matches!(source, Source::Rotten) { expected.len().saturating_sub(1) } else { expected.len() };
    let compared = sound.min(read.len());
    assert!(read[..compared] == expected[..compared], "{source:?}");
    assert!(failures == 0 || !is_right, "{source:?}: {failures} failures");
    assert!(ends == 0 || (is_right && read.len() == expected.len()), "{source:?}: an end too early");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_reader_in_whatever_way_it_is_used_never_panics_and_an_error_never_becomes_an_end(
        uses in uses(),
        source in prop_oneof![Just(Source::Network), Just(Source::Cache), Just(Source::Rotten), Just(Source::Broken)],
        size in prop_oneof![Just(0usize), Just(1), 2..3_000usize],
        (start, end) in prop_oneof![Just((0, u64::MAX)), Just((0, 0)), (0..3_000u64, any::<u64>())],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let content = Content::new(size);
            let start = start.min(size as u64);
            let range = start..end.max(start);
            // A server that does not know ranges sends all, which a whole file and a part are both read from.
            let reader = open(source, &content, range).await;
            exhaust(reader, &content, source, &uses).await;
        });
    }
}
