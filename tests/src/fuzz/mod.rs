//! One function for each parser of bytes that come from elsewhere. It must come back for every input, and what it promises must
//! hold: a path stays below its folder, a listing stays at its origin, what is written is read as the same.
//!
//! `cargo test -p hub-tests --test fuzz` feeds each one the files of `tests/fuzz/corpus` and 10,000 seeded mutations of them;
//! `cargo fuzz` takes the same functions from `tests/fuzz`.

mod disk;
mod mutate;
mod names;
mod server;
mod weights;
mod wire;
mod xet;

pub use mutate::Mutator;

/// A parser, with what its inputs are made of.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Also the folder of its corpus and its name for `cargo fuzz`.
    pub name: &'static str,
    /// Feeds it.
    ///
    /// # Panics
    /// When the parser breaks a promise.
    pub run: fn(&[u8]),
    /// Words that a mutation puts in: without them hardly any gets past the first bytes.
    pub words: &'static [&'static str],
    /// How many times as long as others one run takes: so many times fewer are made.
    pub cost: u64,
}

const fn target(name: &'static str, run: fn(&[u8]), words: &'static [&'static str]) -> Target {
    Target { name, run, words, cost: 1 }
}

/// All of them.
pub const TARGETS: [Target; 32] = [
    target("repo_url", names::repo_url, names::URL_WORDS),
    target("hf_path", names::hf_path, names::URL_WORDS),
    target("rel_path", names::rel_path, names::PATH_WORDS),
    target("revision", names::revision, names::REVISION_WORDS),
    target("route", names::route, names::ROUTE_WORDS),
    target("lfs_pointer", wire::lfs_pointer, wire::POINTER_WORDS),
    target("lfs_batch", wire::lfs_batch, wire::LFS_WORDS),
    target("lfs_request", wire::lfs_request, wire::LFS_WORDS),
    target("base64", wire::base64, &["=", "==", "+/", "-_", "\n"]),
    target("repo_info", wire::repo_info, wire::INFO_WORDS),
    target("discussion", wire::discussion, wire::DISCUSSION_WORDS),
    target("error_body", wire::error_body, wire::ERROR_WORDS),
    target("page", wire::page, &["[", "]", ",", "{}", "null", "\"\\ud800\"", "1e999"]),
    target("link", wire::link, wire::LINK_WORDS),
    target("rate_limit", wire::rate_limit, wire::WAIT_WORDS),
    target("retry_after", wire::retry_after, wire::WAIT_WORDS),
    target("content_range", wire::content_range, &["bytes ", "-", "/", "*", "18446744073709551615"]),
    target("range", server::range, &["bytes=", "-", ",", "18446744073709551616"]),
    target("query", server::query, &["=", "&", "%", "+", "[]", "%ff"]),
    target("commit", server::commit, server::COMMIT_WORDS),
    target("card", server::card, server::CARD_WORDS),
    target("attributes", server::attributes, server::ATTRIBUTE_WORDS),
    target("seed", server::seed, server::SEED_WORDS),
    Target { name: "git_push", run: server::git_push, words: server::PACK_WORDS, cost: 200 },
    target("journal", disk::journal, disk::JOURNAL_WORDS),
    Target { name: "cache", run: disk::cache, words: disk::CACHE_WORDS, cost: 4 },
    target("xorb", xet::xorb, xet::XORB_WORDS),
    target("shard", xet::shard, xet::SHARD_WORDS),
    target("reconstruction", xet::reconstruction, xet::RECONSTRUCTION_WORDS),
    target("safetensors", weights::safetensors_head, weights::SAFETENSORS_WORDS),
    target("gguf", weights::gguf_head, weights::GGUF_WORDS),
    Target { name: "card_edit", run: weights::card_edit, words: server::CARD_WORDS, cost: 4 },
];

/// Feeds the parser of this name, for `cargo fuzz`.
///
/// # Panics
/// When there is none, or it breaks a promise.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of this name");
    (target.run)(data);
}

/// The bytes as text, if they are.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}
