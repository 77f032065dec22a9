//! `hub cache verify`: what is wrong is said, fails, and is mended when asked.

use std::{fs, path::PathBuf};

use hub_tests::{files_in, folder_with, noise};
use serde_json::Value;

use crate::place::{Place, me, text};

/// A repository in the cache; its id, and the folder of its commit.
fn downloaded(place: &Place) -> (String, PathBuf) {
    let folder = folder_with(&[("a.txt", b"hello"), ("d/w.bin", &noise(1, 30_000))]);
    place.ok(&["upload", "demo", folder.path().to_str().unwrap(), "."]);
    let id = format!("{}/demo", me(place));
    let snapshot = place.ok(&["download", &id]);
    (id, snapshot.trim().into())
}

/// Stdout and stderr of a verification that must fail.
fn failed(place: &Place, args: &[&str]) -> (String, String) {
    let output = place.run(args);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_wrong_file_fails_until_it_is_repaired() {
    let place = Place::new();
    let (id, snapshot) = downloaded(&place);
    let right = files_in(&snapshot);
    let said = place.ok(&["cache", "verify", &id]);
    assert!(said.starts_with("Checked 3 files of ") && said.ends_with(": 0 wrong.\n"), "{said}");

    fs::write(snapshot.join("a.txt"), "HELLO").unwrap();
    let (stdout, stderr) = failed(&place, &["cache", "verify", &id]);
    assert!(stdout.starts_with("wrong     a.txt (git-sha1 is "), "{stdout}");
    assert!(stderr.contains("1 wrong; --repair downloads"), "{stderr}");
    let (json, _) = failed(&place, &["cache", "verify", &id, "--format", "json"]);
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(found["mismatches"][0]["expected"], "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");

    let output = place.run(&["cache", "verify", &id, "--repair"]);
    let (said, meanwhile) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && said.starts_with("repaired  a.txt\n"), "{said}");
    assert!(meanwhile.starts_with("downloaded 5 B in "), "{meanwhile}");
    assert_eq!(files_in(&snapshot), right);
    place.ok(&["cache", "verify", &id]);
}

#[test]
fn missing_files_fail_and_extra_ones_only_when_asked() {
    let place = Place::new();
    let (id, _) = downloaded(&place);
    let target = place.home.path().join("target");
    let folder = target.to_str().unwrap();
    place.ok(&["download", &id, "a.txt", "--local-dir", folder]);
    fs::write(target.join("mine"), "x").unwrap();
    let verify = ["cache", "verify", &id, "--local-dir", folder];
    for args in [&verify[..], &[&verify[..], &["--fail-on-missing-files"]].concat()] {
        let (said, stderr) = failed(&place, args);
        assert!(said.contains("missing   d/w.bin\n") && said.contains("extra     mine\n"), "{said}");
        assert!(said.ends_with(": 0 wrong, 2 missing.\n"), "{said}");
        assert!(stderr.contains("2 missing; --repair downloads"), "{stderr}");
    }
    place.ok(&["download", &id, "--local-dir", folder]);
    let said = place.ok(&verify);
    assert!(said.contains("extra     mine\n") && said.ends_with(": 0 wrong.\n"), "{said}");
    let (_, stderr) = failed(&place, &[&verify[..], &["--fail-on-extra-files"]].concat());
    assert!(stderr.contains("1 not of the repository") && !stderr.contains("missing"), "{stderr}");
}

#[test]
fn what_is_not_in_the_cache_cannot_be_verified() {
    let place = Place::new();
    let (id, _) = downloaded(&place);
    let empty = place.home.path().join("empty");
    let stderr = place.fails(&["cache", "verify", &id, "--cache-dir", empty.to_str().unwrap()], 3);
    assert!(stderr.contains("is not in the cache"), "{stderr}");
    let both = ["cache", "verify", &id, "--cache-dir", "a", "--local-dir", "b"];
    place.fails(&both, 2);
}
