//! The command, killed while it downloads, and many of them at once: the cache has whole files only.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use hub_api::download::{Cache, CacheInfo};
use hub_local::Fault;
use hub_tests::{ada, folder_with, hub as new_hub, noise};

use crate::place::{hub, serve};

const KILLS: u64 = 100;
/// After this many kills the cache is completed, looked at and thrown away.
const ROUND: u64 = 5;

fn download(home: &Path, url: &str, files: &[&str]) -> Command {
    let mut command = hub(home);
    command.args(["--endpoint", url, "download", "ada/demo"]).args(files).args(["--cache-dir", "cache"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Fails unless everything that is published is whole; returns how many files that is.
fn check(info: &CacheInfo, expected: &BTreeMap<String, Vec<u8>>) -> usize {
    assert_eq!(info.warnings, [""; 0]);
    let files: Vec<_> =
        info.repos.iter().flat_map(|repo| &repo.revisions).flat_map(|one| &one.files).collect();
    for file in &files {
        assert!(fs::read(&file.place).unwrap() == expected[&file.path], "{} is not whole", file.path);
    }
    files.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn f82_f83_a_killed_download_publishes_whole_files_only_and_the_next_one_completes() {
    let served = new_hub();
    let mut expected: BTreeMap<String, Vec<u8>> =
        (0..20u64).map(|turn| (format!("d/{turn}.txt"), noise(turn, 2_000))).collect();
    expected.insert("w.bin".to_owned(), noise(99, 3_000_000));
    expected.insert("v.bin".to_owned(), noise(98, 400_000));
    let files: Vec<(&str, &[u8])> = expected.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    ada(&served).upload_folder("ada/demo", folder_with(&files).path()).await.unwrap();
    let attributes = ada(&served).hf_hub_download("ada/demo", ".gitattributes");
    let folder = tempfile::tempdir().unwrap();
    expected.insert(
        ".gitattributes".into(),
        fs::read(attributes.local_dir(folder.path()).await.unwrap()).unwrap(),
    );
    let (_server, url) = serve(&served).await;

    let work = move || {
        let home = tempfile::tempdir().unwrap();
        let cache = Cache::new(home.path().join("cache"));
        let begin = Instant::now();
        assert!(download(home.path(), &url, &[]).status().unwrap().success());
        let whole = begin.elapsed().max(Duration::from_millis(20));
        assert_eq!(check(&cache.scan().unwrap(), &expected), expected.len());
        fs::remove_dir_all(cache.root()).unwrap();

        let (mut partial, mut continued) = (0, 0);
        for kill in 0..KILLS {
            let mut killed = download(home.path(), &url, &[]).spawn().unwrap();
            let moment = u32::from_le_bytes(noise(kill + 1, 4).try_into().unwrap()) % 1_000;
            std::thread::sleep(whole * moment / 1_000);
            killed.kill().unwrap();
            killed.wait().unwrap();
            let info = cache.scan().unwrap();
            partial += usize::from((1..expected.len()).contains(&check(&info, &expected)));
            continued += usize::from(info.repos.iter().any(|repo| repo.incomplete > 0));
            if kill % ROUND == ROUND - 1 {
                assert!(download(home.path(), &url, &[]).status().unwrap().success());
                let info = cache.scan().unwrap();
                assert_eq!(check(&info, &expected), expected.len());
                fs::remove_dir_all(cache.root()).unwrap();
            }
        }
        assert!(partial > 5, "only {partial} kills came in the middle");
        assert!(continued > 0, "no kill left a partial file");
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn f84_two_and_sixteen_processes_fetch_a_file_once() {
    let served = new_hub();
    let content = noise(1, 3_000_000);
    ada(&served).upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
    let (_server, url) = serve(&served).await;
    for count in [2, 16] {
        // Every transfer but the first would be refused.
        served.fault(Fault::latency(Duration::from_millis(200)).on("GET").path("/info/lfs/objects/"));
        served.fault(Fault::status(404).on("GET").path("/info/lfs/objects/").times(count));
        let (url, content) = (url.clone(), content.clone());
        let work = move || {
            let home = tempfile::tempdir().unwrap();
            let start = |_| download(home.path(), &url, &["w.bin"]).spawn().unwrap();
            let started: Vec<_> = (0..count).map(start).collect();
            for mut process in started {
                assert!(process.wait().unwrap().success());
            }
            let expected = BTreeMap::from([("w.bin".to_owned(), content)]);
            assert_eq!(check(&Cache::new(home.path().join("cache")).scan().unwrap(), &expected), 1);
        };
        tokio::task::spawn_blocking(work).await.unwrap();
        // What was not needed of the second fault must not meet the next round.
        let rest = tempfile::tempdir().unwrap();
        for _ in 0..count {
            let call = ada(&served).hf_hub_download("ada/demo", "w.bin");
            call.local_dir(rest.path()).await.unwrap_err();
        }
    }
}
