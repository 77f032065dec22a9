//! What the tests that cross crates share: an embedded Hub with a user, and clients of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "used by tests only"
)]

pub mod book;
pub mod cancel;
pub mod either;
pub mod embedded;
pub mod faulty;
pub mod findings;
pub mod fuzz;
pub mod model;
pub mod model_client;
pub mod there;

use std::{collections::BTreeMap, path::Path};

use hub_api::{HfApi, HfApiBuilder};
use hub_server::{Builder, EmbeddedHub, TokenRole};

/// Token of the user `ada`, who may write.
pub const ADA: &str = "hf_ada_write";
/// Token of the user `bob`, who may write his own repositories.
pub const BOB: &str = "hf_bob_write";

/// An embedded Hub in a temporary folder, with the users `ada` and `bob` and the model `ada/demo`.
pub fn hub() -> EmbeddedHub {
    with_demo(EmbeddedHub::temporary())
}

/// As [`hub`], but without Xet: large files come and go by LFS.
pub fn lfs_hub() -> EmbeddedHub {
    with_demo(EmbeddedHub::temporary().xet(false))
}

fn with_demo(hub: Builder) -> EmbeddedHub {
    hub.token("ada", ADA, TokenRole::Write)
        .token("bob", BOB, TokenRole::Write)
        .repo("ada/demo")
        .build()
        .unwrap()
}

/// Starts a client of `hub` inside this process.
pub fn client_of(hub: &EmbeddedHub) -> HfApiBuilder {
    HfApi::builder().endpoint("http://hub.localhost").inner_service(hub.clone()).inner_is_private()
}

/// A client of `hub` for the user `ada`.
pub fn ada(hub: &EmbeddedHub) -> HfApi {
    client_of(hub).token(ADA).build().unwrap()
}

/// A client of `hub` for the user `bob`.
pub fn bob(hub: &EmbeddedHub) -> HfApi {
    client_of(hub).token(BOB).build().unwrap()
}

/// The files below a folder with their contents, without the downloader's own notes.
pub fn files_in(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            if name == ".cache" {
                continue;
            }
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    walk(folder, folder, &mut files);
    files
}

/// Writes files into a new temporary folder.
pub fn folder_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

/// A content of `size` bytes that no two seeds share.
pub fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..size)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}
