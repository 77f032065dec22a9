//! Every method of the facade, dropped after each of its polls until one run gets to its end (lane "cancel" of
//! docs/proof.md): no task, no handle and no temporary file is left, and the client goes on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod methods;

use std::{collections::BTreeSet, sync::Arc};

use hub_api::RepoType;
use hub_tests::{
    book::{gguf, weights},
    cancel::Served,
    folder_with, noise,
};
use tokio::sync::Mutex;

use crate::methods::{APP, DEMO, Kind, Method, methods};

/// The handles of a process are counted together.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// What there is on the Hub before the methods are called.
async fn scene() -> Arc<Served> {
    let served = Arc::new(Served::start());
    let api = served.client();
    let files: [(&str, &[u8]); 6] = [
        ("README.md", b"---\nlicense: mit\n---\n"),
        ("a.txt", b"hello"),
        ("d/b.txt", b"there"),
        ("model.gguf", &gguf()),
        ("model.safetensors", &weights()),
        ("w.bin", &noise(1, 150_000)),
    ];
    api.upload_folder(DEMO, folder_with(&files).path()).await.unwrap();
    api.create_repo("ada/data").repo_type(RepoType::Dataset).await.unwrap();
    api.create_repo(APP).repo_type(RepoType::Space).space_sdk("gradio").await.unwrap();
    api.upload_file(&b"print()"[..], "app.py", APP).repo_type(RepoType::Space).await.unwrap();
    api.create_discussion(DEMO, "A topic").await.unwrap();
    for (name, content) in [("a.txt", &b"new"[..]), ("c/w.bin", &noise(2, 150_000)), ("c/x.txt", b"x")] {
        let path = served.scratch.path().join("source").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    served
}

async fn all_of(kind: Kind) {
    let _alone = ONE_AT_A_TIME.lock().await;
    let scene = scene().await;
    for method in methods().into_iter().filter(|method| method.kind == kind) {
        let Method { name, begin, .. } = method;
        let polls =
            scene.dropped_after_each_poll(name, async |api, n| begin(api, Arc::clone(&scene), n).await).await;
        println!("{name}: {polls} polls");
        assert!(polls > 0, "{name} was never dropped");
    }
}

#[tokio::test]
async fn f87_a_read_that_is_dropped_after_any_poll_leaves_nothing() {
    all_of(Kind::Read).await;
}

#[tokio::test]
async fn f87_a_change_that_is_dropped_after_any_poll_leaves_nothing() {
    all_of(Kind::Change).await;
}

#[tokio::test]
async fn f87_an_upload_that_is_dropped_after_any_poll_leaves_nothing() {
    all_of(Kind::Upload).await;
}

#[tokio::test]
async fn f87_a_download_that_is_dropped_after_any_poll_leaves_nothing() {
    all_of(Kind::Download).await;
}

/// The functions of `hub_api` are its methods; those that write into the home of the person who runs them are no part of this.
#[test]
fn every_method_is_in_the_table() {
    let source = include_str!("../../../crates/hub-api/src/free.rs");
    let mut expected: BTreeSet<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub fn ")?.split(['(', '<']).next())
        .filter(|name| !name.starts_with('$'))
        .collect();
    assert!(expected.len() > 70, "{expected:?}");
    for home in ["set_access_token", "unset_access_token"] {
        assert!(expected.remove(home));
    }
    let table: BTreeSet<&str> = methods().iter().map(|method| method.name).collect();
    assert_eq!(table, expected);
}
