//! `hub cache` where repositories share what came by Xet, and where a repository was renamed.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use hub_tests::noise;
use serde_json::Value;

use crate::place::{Place, me, text};

/// Two repositories with one file of this size, in the cache; the folder of the cache.
fn shared(place: &Place) -> PathBuf {
    let content = noise(1, 17_000_000);
    fs::write(place.home.path().join("w.bin"), content).unwrap();
    for repo in ["one", "two"] {
        place.ok(&["upload", repo, "w.bin"]);
        place.ok(&["download", &format!("{}/{repo}", me(place)), "w.bin"]);
    }
    place.home.path().join(".cache/huggingface/hub")
}

fn json(place: &Place, args: &[&str]) -> Value {
    serde_json::from_str(&place.ok(&[args, &["--json"]].concat())).unwrap()
}

#[test]
fn what_is_shared_is_listed_verified_repaired_deleted_and_pruned() {
    let place = Place::new();
    let cache = shared(&place);
    let me = me(&place);
    let (one, two) = (format!("model/{me}/one"), format!("model/{me}/two"));
    for repo in json(&place, &["cache", "list"]).as_array().unwrap() {
        assert_eq!(repo["size_on_disk"], 17_000_000, "{repo}");
    }
    let entry = walk(&cache.join("blobs")).into_iter().max_by_key(|path| fs::metadata(path).unwrap().len());
    let entry = entry.unwrap();
    let offline = ["--network", "offline", "download", &one["model/".len()..], "w.bin"];
    place.ok(&offline);

    fs::remove_file(&entry).unwrap();
    fs::write(&entry, vec![0; 17_000_000]).unwrap();
    let verify = ["cache", "verify", &one["model/".len()..]];
    let output = place.run(&verify);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).ends_with(": 1 wrong, 1 missing.\n"), "{}", text(&output.stdout));
    place.ok(&[&verify[..], &["--repair"]].concat());
    place.ok(&["cache", "verify", &one["model/".len()..]]);

    let rm = ["cache", "rm", &one, "--yes"];
    let plan = json(&place, &[&rm[..], &["--dry-run"]].concat());
    assert!(plan["freed"].as_u64().unwrap() < 17_000_000 && entry.exists(), "{plan}");
    place.ok(&rm);
    assert!(entry.exists());
    place.ok(&["--network", "offline", "download", &two["model/".len()..], "w.bin"]);

    // Somebody deletes the other by hand.
    fs::remove_dir_all(cache.join(format!("models--{me}--two"))).unwrap();
    let listed = place.run(&["cache", "list"]);
    assert!(text(&listed.stderr).contains("1 shared blob is of no repository any more (17.0 MB)"));
    assert_eq!(place.ok(&["cache", "prune", "--yes"]), "Deleted 1 shared blob (17.0 MB).\n");
    assert!(!entry.exists());
    assert_eq!(place.ok(&["cache", "prune", "--yes"]), "There is nothing to delete.\n");
}

#[test]
fn the_variable_that_python_reads_keeps_blobs_apart() {
    let place = Place::new();
    fs::write(place.home.path().join("w.bin"), noise(2, 17_000_000)).unwrap();
    place.ok(&["upload", "one", "w.bin"]);
    let id = format!("{}/one", me(&place));
    for (variable, shared) in
        [("HF_HUB_DISABLE_SHARED_BLOBS", false), ("HF_HUB_DISABLE_XET", false), ("X", true)]
    {
        let cache = place.home.path().join(variable);
        let output = crate::place::hub(place.home.path())
            .args(["--endpoint", "local:hub-data", "download", &id, "w.bin", "--cache-dir"])
            .arg(&cache)
            .env(variable, "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(cache.join("blobs").exists(), shared, "{variable}");
    }
}

/// All files below a folder.
fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_commit_of_two_repositories_goes_from_the_one_that_is_said() {
    let place = Place::new();
    fs::write(place.home.path().join("a.txt"), "x").unwrap();
    place.ok(&["upload", "old", "a.txt"]);
    let me = me(&place);
    place.ok(&["download", &format!("{me}/old")]);
    place.ok(&["repos", "move", &format!("{me}/old"), &format!("{me}/new")]);
    place.ok(&["download", &format!("{me}/new")]);
    let commit = json(&place, &["cache", "list", "--revisions"])[0]["revision"].as_str().unwrap().to_owned();
    let said = place.fails(&["cache", "rm", &commit, "--yes"], 2);
    assert!(said.contains(&format!("model/{me}/new@{commit} or model/{me}/old@{commit}")), "{said}");
    place.ok(&["cache", "rm", &format!("model/{me}/old@{commit}"), "--yes"]);
    assert_eq!(place.ok(&["cache", "list", "-q"]), format!("model/{me}/new\n"));
    place.ok(&["--network", "offline", "download", &format!("{me}/new")]);
    place.ok(&["cache", "rm", &format!("model/{me}/new@main/a.txt"), "--yes"]);
    assert_eq!(place.ok(&["cache", "list", "-q"]), format!("model/{me}/new\n"));
    place.fails(&["cache", "rm", &format!("model/{me}/new@main/a.txt"), "--yes"], 3);
}

#[test]
fn prune_says_what_it_spares_and_takes_what_a_download_left() {
    let place = Place::new();
    fs::write(place.home.path().join("a.txt"), "x").unwrap();
    place.ok(&["upload", "demo", "a.txt"]);
    let id = format!("{}/demo", me(&place));
    place.ok(&["download", &id]);
    let repo =
        place.home.path().join(".cache/huggingface/hub").join(format!("models--{}", id.replace('/', "--")));
    fs::write(repo.join("refs/main"), "truncat").unwrap();
    fs::write(repo.join("blobs/abcd.1a2b3c4d.incomplete"), [0; 500]).unwrap();
    let listed = place.run(&["cache", "list"]);
    assert!(text(&listed.stderr).contains("1 download is not complete (500 B)"), "{}", text(&listed.stderr));
    let output = place.run(&["cache", "prune", "--yes"]);
    assert_eq!(text(&output.stdout), "Deleted 1 incomplete download (500 B).\n");
    assert!(
        text(&output.stderr).contains(&format!("all commits of model/{id} stay")),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(place.ok(&["cache", "list", "-q"]), format!("model/{id}\n"));

    // What a killed process left half made goes without a word.
    let half = repo.join("main.0badcafe.tmp");
    fs::write(&half, "x").unwrap();
    let then = SystemTime::now() - Duration::from_secs(25 * 60 * 60);
    fs::File::options().write(true).open(&half).unwrap().set_modified(then).unwrap();
    for (args, stays) in [(&["--dry-run"][..], true), (&[], false)] {
        let said = place.ok(&[&["cache", "prune"], args].concat());
        assert_eq!((said.as_str(), half.exists()), ("There is nothing to delete.\n", stays));
    }
}
