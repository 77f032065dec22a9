//! Uploads that are killed when the server stops answering, at each of its requests: before it is carried out, and after.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
};

use hub_api::HfApi;
use hub_server::{EmbeddedHub, Fault, Server};
use hub_tests::{ADA, ada, files_in, folder_with, noise};

use crate::{
    disk::{image_of, write},
    place::{fsck, hub},
};

/// A server that answers this many requests, and then none any more.
enum Stops {
    Before,
    After,
}

async fn serve(hub: &EmbeddedHub) -> (tokio::task::JoinHandle<()>, String) {
    let server = Server::bind(hub.clone(), "127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", server.local_addr());
    (tokio::spawn(server.run(std::future::pending())), url)
}

fn folder() -> tempfile::TempDir {
    let large = |seed| noise(seed, 40_000);
    folder_with(&[
        ("a.txt", b"1"),
        ("b.bin", &large(1)),
        ("c/d.txt", b"2"),
        ("c/e.bin", &large(2)),
        ("f.txt", b""),
        ("g.bin", &large(3)),
    ])
}

/// The files of a repository.
async fn files(api: &HfApi, repo: &str) -> BTreeMap<String, Vec<u8>> {
    let target = tempfile::tempdir().unwrap();
    api.snapshot_download(repo).local_dir(target.path()).await.unwrap();
    let mut files = files_in(target.path());
    files.remove(".gitattributes");
    files
}

/// Kills `upload` at each request; then it is run again. Returns the number of kills.
async fn killed_at_each_request(
    words: &[&str],
    check_killed: impl AsyncFn(&HfApi, &str, &str),
    check_done: impl AsyncFn(&HfApi, &str, &str),
) -> usize {
    let source = folder();
    let image = image_of(source.path());
    let mut kills = 0;
    for stops in [Stops::Before, Stops::After] {
        for request in 0.. {
            let (served, home) = (hub_tests::hub(), tempfile::tempdir().unwrap());
            let (api, repo) = (ada(&served), "ada/demo");
            write(&image, &home.path().join("source"));
            let upload = |url: &str| {
                let mut command = hub(home.path());
                command.args(["--endpoint", url, "--token", ADA]).args(words);
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
                command
            };
            let (hold, held) = match stops {
                Stops::Before => Fault::hold(),
                Stops::After => Fault::hold_response(),
            };
            served.fault(hold.skip(request).times(10_000));
            let (server, url) = serve(&served).await;
            let mut child = tokio::process::Command::from(upload(&url)).spawn().unwrap();
            tokio::select! {
                biased;
                () = held.reached() => {}
                status = child.wait() => {
                    assert!(status.unwrap().success());
                    break;
                }
            }
            child.kill().await.unwrap();
            kills += 1;
            // What is not carried out yet never will be.
            server.abort();
            let _ = server.await;
            drop(held);
            let way = if matches!(stops, Stops::Before) { "before" } else { "after" };
            let what = format!("{words:?} killed at request {request}, {way} it was carried out");
            check_killed(&api, repo, &what).await;
            let (server, url) = serve(&served).await;
            again(upload(&url), &what).await;
            assert!(files(&api, repo).await == files_in(source.path()), "{what}: not all files are there");
            check_done(&api, repo, &what).await;
            fsck(&served.dir().join("repos/01/1.git"), &what);
            server.abort();
        }
    }
    println!("{words:?}: {kills} kills");
    kills
}

async fn again(mut command: Command, what: &str) {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{what}, then again: {}", String::from_utf8_lossy(&output.stderr));
}

async fn commits(api: &HfApi, repo: &str) -> usize {
    api.list_repo_commits(repo).all().await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn f81_an_upload_that_is_killed_at_any_request_makes_its_commit_once() {
    let words = ["upload", "ada/demo", "source", "."];
    let killed = async |api: &HfApi, repo: &str, what: &str| match commits(api, repo).await {
        1 => {}
        2 => assert_eq!(files(api, repo).await.len(), 6, "{what}: half a commit"),
        count => panic!("{what}: {count} commits"),
    };
    let done = async |api: &HfApi, repo: &str, what: &str| {
        assert_eq!(commits(api, repo).await, 2, "{what}");
    };
    let kills = killed_at_each_request(&words, killed, done).await;
    assert!(kills >= 10, "only {kills} kills");
}

#[tokio::test(flavor = "multi_thread")]
async fn f81_an_upload_of_a_large_folder_that_is_killed_at_any_request_commits_each_file_once() {
    let words = ["upload-large-folder", "ada/demo", "source", "--files-per-commit=2"];
    let killed = async |_: &HfApi, _: &str, _: &str| {};
    let done = async |api: &HfApi, repo: &str, what: &str| {
        let commits = api.list_repo_commits(repo).all().await.unwrap();
        let mut sizes = Vec::new();
        for commit in &commits {
            sizes.push(api.list_repo_files(repo).revision(&commit.id).await.unwrap().len());
        }
        assert!(sizes.windows(2).all(|pair| pair[0] > pair[1]), "{what}: a commit adds nothing: {sizes:?}");
        assert!(commits.len() <= 1 + 6, "{what}: {sizes:?}");
    };
    let kills = killed_at_each_request(&words, killed, done).await;
    assert!(kills >= 20, "only {kills} kills");
}
