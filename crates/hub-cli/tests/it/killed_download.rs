//! The command, killed while it downloads, and many of them at once: the cache has whole files only.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use hub_api::download::{Cache, CacheInfo};
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ada, folder_with, lfs_hub as new_hub, noise};

use crate::place::{hub, serve};

const SEED: u64 = 20_261_129;
const KILLS: u64 = 100;
/// About as many as a whole download makes.
const REQUESTS: u32 = 27;
const LFS: &str = "/info/lfs/objects/";
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

/// Where a download is killed. The server decides it, so that the speed of the machine does not.
#[derive(Debug, Clone, Copy)]
enum Point {
    /// Before the server does anything for the request of this number, and others go on.
    Request(usize),
    /// When the server has done it, and its response is on hold.
    Answer(usize),
    /// At the file of this number, when one comes after the other.
    File(usize),
    /// When about so many bytes of the large file have come and have been written.
    Byte(u64),
}

/// A point for each turn: in requests of all kinds, among the small files, and within the large one.
fn point(turn: u64) -> Point {
    let seed = u32::from_le_bytes(noise(SEED + turn, 4).try_into().unwrap());
    let below = |limit: u32| (seed % limit) as usize;
    match turn % 4 {
        0 => Point::Request(below(REQUESTS)),
        1 => Point::Answer(below(REQUESTS)),
        2 => Point::File(5 + below(14)),
        _ => Point::Byte(150_000 + u64::from(seed % 2_800_000)),
    }
}

/// Downloads until the server has come to the point, and is killed there. False when it was done before.
async fn kill_at(point: Point, served: &EmbeddedHub, home: &Path, url: &str) -> bool {
    let (fault, held) = match point {
        Point::Answer(_) => Fault::hold_response(),
        _ => Fault::hold(),
    };
    let mut arguments = vec![];
    let files: &[&str] = if matches!(point, Point::Byte(_)) { &["w.bin"] } else { &[] };
    served.fault(match point {
        Point::Request(number) | Point::Answer(number) => fault.skip(number),
        Point::File(number) => {
            arguments = vec!["--max-workers", "1"];
            fault.on("GET").path("/resolve/").skip(number)
        }
        Point::Byte(bytes) => {
            // What came is on the disk before the rest is asked for.
            served.fault(Fault::reset_after(bytes).on("GET").path(LFS));
            fault.on("GET").path(LFS)
        }
    });
    let mut command = tokio::process::Command::from(download(home, url, files));
    let mut process = command.args(arguments).kill_on_drop(true).spawn().unwrap();
    let reached = tokio::select! {
        () = held.reached() => true,
        status = process.wait() => {
            assert!(status.unwrap().success(), "{point:?}");
            false
        }
    };
    if reached {
        process.kill().await.unwrap();
    }
    held.release();
    if !reached {
        // What still waits for its number must not count the requests of the next turn.
        for _ in 0..REQUESTS {
            ada(served).model_info("ada/demo").await.unwrap();
        }
    }
    reached
}

#[tokio::test(flavor = "multi_thread")]
async fn f82_f83_a_download_killed_at_100_points_publishes_whole_files_only_and_the_next_one_completes() {
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
    let home = tempfile::tempdir().unwrap();
    let cache = Cache::new(home.path().join("cache"));
    println!("seed {SEED}");
    let (mut reached, mut amid, mut begun) = (0, 0, 0);
    for turn in 0..KILLS {
        let point = point(turn);
        // A cache that has nothing yet makes a point mean the same in every run; the others find what is left of earlier kills.
        if matches!(point, Point::File(_) | Point::Byte(_)) {
            fs::remove_dir_all(cache.root()).ok();
        }
        let killed = kill_at(point, &served, home.path(), &url).await;
        reached += usize::from(killed);
        let info = cache.scan().unwrap();
        let whole = check(&info, &expected);
        match point {
            Point::File(number) => {
                assert!(killed && (1..=number).contains(&whole), "turn {turn}, {point:?}: {whole} files");
                amid += 1;
            }
            Point::Byte(bytes) => {
                // A connection that is reset may take its last bytes with it.
                let left: u64 = info.repos.iter().map(|repo| repo.incomplete).sum();
                let what = format!("turn {turn}, {point:?}: {whole} files, {left} bytes");
                assert!(killed && whole == 0 && left <= bytes, "{what}");
                amid += 1;
                begun += usize::from(left > 0);
            }
            Point::Request(_) | Point::Answer(_) => {}
        }
        if turn % ROUND == ROUND - 1 {
            let mut last = tokio::process::Command::from(download(home.path(), &url, &[]));
            assert!(last.status().await.unwrap().success(), "turn {turn}, {point:?}");
            let info = cache.scan().unwrap();
            assert_eq!(check(&info, &expected), expected.len());
            // Of a small file that was on the way to its place something may stay for a day; of a large one nothing does.
            let left: u64 = info.repos.iter().map(|repo| repo.incomplete).sum();
            assert!(left < 100_000, "turn {turn}, {point:?}: {left} bytes");
            fs::remove_dir_all(cache.root()).unwrap();
        }
    }
    assert!(amid == KILLS / 2 && reached as u64 > KILLS / 2, "{amid} in the middle, {reached} at all");
    assert!(begun > 0, "no kill left a partial file");
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
