//! The power fails under the client, while it publishes a download and while it keeps a token.

use std::path::Path;

use hub_api::HfApi;
use hub_server::{EmbeddedHub, Server};
use hub_tests::{ADA, BOB, ada, files_in, folder_with, noise};

use crate::{
    disk::{Disk, Item},
    place::hub,
    power::fails_after_each_change,
    recorder::watch,
};

/// Files of at most this many bytes are published without a sync.
const SMALL: usize = 128 * 1024;

async fn serve(hub: &EmbeddedHub) -> String {
    let server = Server::bind(hub.clone(), "127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", server.local_addr());
    tokio::spawn(server.run(std::future::pending()));
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_failure_at_any_change_of_a_download_leaves_what_the_next_one_completes() {
    let served = hub_tests::hub();
    let files: [(&str, &[u8]); 3] =
        [("a.txt", b"hello"), ("d/b.txt", b"there"), ("w.bin", &noise(1, 300_000))];
    let source = folder_with(&files);
    ada(&served).upload_folder("ada/demo", source.path()).await.unwrap();
    let url = serve(&served).await;
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let (cache, log) = (home.join("cache"), home.join("log"));
    let before = Disk::of(&cache);
    let mut command = hub(&home);
    command.args(["--endpoint", &url, "download", "ada/demo", "--cache-dir", "cache"]);
    watch(&mut command, &cache, &log);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let expected = files_in(source.path());
    let mut torn = 0;
    fails_after_each_change(
        before,
        &cache,
        &log,
        &[],
        |_| false,
        async |left| {
            let api = HfApi::builder().endpoint(&url).token(ADA).cache_dir(left.folder).build().unwrap();
            let downloaded = async || {
                let snapshot = api.snapshot_download("ada/demo").await;
                let mut files = files_in(&snapshot.unwrap_or_else(|error| panic!("{}: {error}", left.what)));
                files.remove(".gitattributes");
                files
            };
            let found = downloaded().await;
            if found == expected {
                return;
            }
            // Small files are not synced: their size is looked at again, and their content by those who ask for it.
            for (path, content) in &expected {
                let same = found[path] == *content;
                let same_size = found[path].len() == content.len();
                assert!(same || same_size && content.len() <= SMALL, "{}: {path} is not whole", left.what);
            }
            torn += 1;
            api.verify_repo_checksums("ada/demo").repair(true).await.unwrap();
            assert!(downloaded().await == expected, "{}: it cannot be repaired", left.what);
        },
    )
    .await;
    println!("{torn} states had a small file of the right size with another content");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_failure_at_any_change_of_a_login_leaves_the_old_token_or_the_new_one() {
    let served = hub_tests::hub();
    let url = serve(&served).await;
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let (root, log) = (home.join("home"), home.join("log"));
    std::fs::create_dir(&root).unwrap();
    let login = |token: &str, watched: bool| {
        let (root, url, token, log) = (root.clone(), url.clone(), token.to_owned(), log.clone());
        move || {
            std::fs::write(root.join("input"), &token).unwrap();
            let mut command = hub(&root);
            command.args(["--endpoint", &url, "auth", "login", "--force", "--token-stdin"]);
            command.stdin(std::fs::File::open(root.join("input")).unwrap());
            if watched {
                watch(&mut command, &root, &log);
            }
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    };
    tokio::task::spawn_blocking(login(BOB, false)).await.unwrap();
    let token = Path::new(".cache/huggingface/token");
    let named = Path::new(".cache/huggingface/stored_tokens");
    let read = |path: &Path| std::fs::read(root.join(path)).unwrap();
    let old = (read(token), read(named));
    let before = Disk::of(&root);
    let run = login(ADA, true);
    tokio::task::spawn_blocking(run).await.unwrap();
    let new = (read(token), read(named));
    assert!(old.0 == BOB.as_bytes() && new.0 == ADA.as_bytes() && old.1 != new.1);

    // The state after the last change comes last.
    let mut last = None;
    // The input was there before, with another content.
    let ignored = |path: &Path| path == Path::new("input");
    fails_after_each_change(before, &root, &log, &[], ignored, async |left| {
        let content = |path: &Path| match left.image.get(path) {
            Some(Item::File(content)) => content.clone(),
            other => panic!("{}: {other:?} at {}", left.what, path.display()),
        };
        let found = (content(token), content(named));
        assert!(found.0 == old.0 || found.0 == new.0, "{}: {:?}", left.what, found.0);
        assert!(found.1 == old.1 || found.1 == new.1, "{}: {:?}", left.what, found.1);
        last = Some(found);
    })
    .await;
    assert!(last == Some(new), "after the login the new token is there");
}
