//! Parsers of foreign bytes: the corpus in `tests/fuzz/corpus`, and seeded mutations of it.
//!
//! `HUB_FUZZ_RUNS` (10,000) and `HUB_FUZZ_SEED` (1) can be set. A failure prints the input, and what replays it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that prints what replays it"
)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use hub_tests::fuzz::{Mutator, TARGETS, Target};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn feed(target: &Target, input: &[u8], seed: u64) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        eprintln!(
            "{} fails for {:?}; HUB_FUZZ_SEED={seed} cargo test -p hub-tests --test fuzz -- {} replays it",
            target.name,
            String::from_utf8_lossy(input),
            target.name
        );
        resume_unwind(panic);
    }
}

fn all_of(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let corpus = corpus(name);
    let (runs, seed) = (number("HUB_FUZZ_RUNS", 10_000) / target.cost, number("HUB_FUZZ_SEED", 1));
    println!("{name}: {} files, {runs} mutations, seed {seed}", corpus.len());
    for input in &corpus {
        feed(target, input, seed);
    }
    let mut mutator = Mutator::new(seed);
    for _ in 0..runs {
        feed(target, &mutator.input(&corpus, target.words), seed);
    }
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            all_of(stringify!($name));
        })*

        #[test]
        fn every_target_is_fed() {
            let fed = [$(stringify!($name)),*];
            assert_eq!(fed.as_slice(), TARGETS.map(|target| target.name));
        }
    };
}

targets! {
    repo_url hf_path rel_path revision route
    lfs_pointer lfs_batch lfs_request base64 repo_info discussion error_body page
    link rate_limit retry_after content_range
    range query commit card attributes seed git_push
    journal cache xorb shard reconstruction safetensors gguf card_edit
}
