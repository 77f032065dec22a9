//! The command, killed while it uploads: the repository stays as it was, and what arrived is not sent again.

use std::process::Stdio;

use hub_server::Fault;
use hub_tests::{ADA, ada, files_in, folder_with, noise};

use crate::place::{hub, serve};

const FILES: usize = 8;
/// How many arrive before the command is killed.
const ARRIVED: usize = 2;
/// How many uploads the command begins with at once.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn f81_a_killed_upload_leaves_no_commit_and_the_next_one_sends_what_is_missing() {
    let served = hub_tests::lfs_hub();
    let api = ada(&served);
    let before = api.list_repo_commits("ada/demo").all().await.unwrap();
    let contents: Vec<_> =
        (0..FILES).map(|index| (format!("{index}.bin"), noise(index as u64, 300_000))).collect();
    let files: Vec<(&str, &[u8])> =
        contents.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    let folder = folder_with(&files);
    let home = tempfile::tempdir().unwrap();
    let upload = |url: &str| {
        let mut command = hub(home.path());
        command.args(["--endpoint", url, "--token", ADA, "upload", "ada/demo"]).arg(folder.path()).arg(".");
        command
    };

    let (hold, held) = Fault::hold();
    served.fault(hold.on("PUT").skip(ARRIVED).times(AT_ONCE));
    let (server, url) = serve(&served).await;
    let mut killed = upload(&url).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..AT_ONCE {
        held.reached().await;
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    server.abort();
    let _ = server.await;
    drop(held);
    assert_eq!(api.list_repo_commits("ada/demo").all().await.unwrap(), before);

    // One upload more than what is missing would fail.
    served.fault(Fault::status(400).on("PUT").skip(FILES - ARRIVED).times(FILES));
    let (server, url) = serve(&served).await;
    let mut second = upload(&url);
    let output = tokio::task::spawn_blocking(move || second.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(api.list_repo_commits("ada/demo").all().await.unwrap().len(), before.len() + 1);
    let target = tempfile::tempdir().unwrap();
    api.snapshot_download("ada/demo").local_dir(target.path()).await.unwrap();
    let mut arrived = files_in(target.path());
    arrived.remove(".gitattributes");
    assert!(arrived == files_in(folder.path()));
    server.abort();
}
