//! `hub download --dry-run`: what is said is what happens.

use hub_tests::{files_in, folder_with, noise};
use serde_json::Value;

use crate::place::{Place, me};

#[test]
fn a_dry_run_lists_what_a_download_then_brings_and_writes_nothing() {
    let place = Place::new();
    let folder = folder_with(&[("a.txt", b"hello"), ("d/w.bin", &noise(1, 30_000))]);
    place.ok(&["upload", "demo", folder.path().to_str().unwrap(), "."]);
    let id = format!("{}/demo", me(&place));
    let target = place.home.path().join("target");
    let arguments = ["download", &id, "--exclude", ".git*", "--local-dir", target.to_str().unwrap()];
    let dry = |more: &[&str]| place.ok(&[&arguments, &["--dry-run"][..], more].concat());

    let text = dry(&[]);
    let expected = "download  a.txt (5 B)\ndownload  d/w.bin (30.0 kB)\n\
                    2 to download (30.0 kB), 0 already here. Nothing was downloaded.\n";
    assert_eq!(text, expected);
    assert!(!target.exists());

    place.ok(&["download", &id, "a.txt", "--local-dir", target.to_str().unwrap()]);
    let plan: Value = serde_json::from_str(&dry(&["--format", "json"])).unwrap();
    let facts: Vec<_> =
        plan.as_array().unwrap().iter().map(|file| (&file["filename"], &file["will_download"])).collect();
    assert_eq!(facts, [(&"a.txt".into(), &false.into()), (&"d/w.bin".into(), &true.into())]);
    place.ok(&arguments);
    assert_eq!(files_in(&target), files_in(folder.path()));
    assert!(dry(&[]).ends_with("0 to download (0 B), 2 already here. Nothing was downloaded.\n"));
}

#[test]
fn a_dry_run_of_one_file_that_is_not_there_fails() {
    let place = Place::new();
    let file = folder_with(&[("a.txt", b"hello")]);
    place.ok(&["upload", "demo", file.path().join("a.txt").to_str().unwrap()]);
    let id = format!("{}/demo", me(&place));
    place.fails(&["download", &id, "none.txt", "--dry-run"], 3);
    assert!(place.ok(&["download", &id, "a.txt", "--dry-run"]).starts_with("download  a.txt (5 B)\n"));
}

#[test]
fn patterns_that_match_nothing_are_told() {
    let place = Place::new();
    let file = folder_with(&[("a.txt", b"hello")]);
    place.ok(&["upload", "demo", file.path().join("a.txt").to_str().unwrap()]);
    let id = format!("{}/demo", me(&place));
    let output = place.run(&["download", &id, "--include", "*.zip"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("none of the files"), "{said}");
}
