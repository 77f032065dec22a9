//! `hub upload --dry-run`: what is said is what happens.

use hub_tests::{folder_with, noise};
use serde_json::{Value, json};

use crate::place::{Place, me};

/// A repository with some files, and a folder that differs from it.
fn prepared(place: &Place) -> tempfile::TempDir {
    let large = noise(1, 30_000);
    let old = folder_with(&[("same.txt", b"1"), ("old.txt", b"2"), ("gone.txt", b"3"), ("w.bin", &large)]);
    place.ok(&["upload", "demo", old.path().to_str().unwrap(), "."]);
    let new = folder_with(&[
        ("same.txt", b"1"),
        ("old.txt", b"22"),
        ("moved.bin", &large),
        ("y.tmp", b"x"),
        (".git/config", b"no"),
    ]);
    std::fs::create_dir(new.path().join("empty")).unwrap();
    new
}

fn arguments(folder: &tempfile::TempDir) -> Vec<&str> {
    let path = folder.path().to_str().unwrap();
    vec!["upload", "demo", path, ".", "--exclude", "*.tmp", "--delete", "*.txt"]
}

#[test]
fn a_dry_run_says_what_happens_to_each_file_and_changes_nothing() {
    let place = Place::new();
    let folder = prepared(&place);
    let id = format!("{}/demo", me(&place));
    let before = place.ok(&["models", "list", &id]);
    let mut dry = arguments(&folder);
    dry.push("--dry-run");
    let text = place.ok(&dry);
    let lines: Vec<&str> = text.lines().collect();
    let (sums, lines) = lines.split_last().unwrap();
    assert_eq!(
        lines,
        [
            "delete   gone.txt",
            "add      moved.bin (30.0 kB, already stored)",
            "replace  old.txt (2 B)",
            "skip     .git/ (belongs to git)",
            "skip     empty/ (empty folder)",
            "skip     same.txt (unchanged)",
            "skip     y.tmp (matches the pattern \"*.tmp\")",
        ]
    );
    assert!(sums.starts_with("1 to add, 1 to replace, 1 to delete, 4 left out: "), "{sums}");
    assert!(sums.ends_with(" to send in 2 requests. Nothing was changed."), "{sums}");
    assert_eq!(place.ok(&["models", "list", &id]), before);
}

#[test]
fn a_dry_run_in_json_names_what_the_upload_then_does() {
    let place = Place::new();
    let folder = prepared(&place);
    let mut dry = arguments(&folder);
    dry.extend(["--dry-run", "--format", "json"]);
    let plan: Value = serde_json::from_str(&place.ok(&dry)).unwrap();
    assert_eq!(plan["totals"]["add"], 1);
    assert_eq!(plan["totals"]["requests"], 2);
    let skipped = json!({"path": "y.tmp", "action": "skip", "mode": null, "size": null, "stored": false,
                         "reason": "ignore_pattern", "pattern": "*.tmp"});
    assert!(plan["entries"].as_array().unwrap().contains(&skipped), "{plan:#}");
    place.ok(&arguments(&folder));
    let after: Value = serde_json::from_str(&place.ok(&dry)).unwrap();
    assert_eq!((&after["totals"]["add"], &after["totals"]["bytes_to_send"]), (&json!(0), &json!(0)));
    assert_ne!(after["head"], plan["head"]);
}

#[test]
fn a_dry_run_creates_no_repository() {
    let place = Place::new();
    std::fs::write(place.home.path().join("a.txt"), "1").unwrap();
    let id = format!("{}/new", me(&place));
    for _ in 0..2 {
        let said = place.ok(&["upload", "new", "a.txt", "--dry-run"]);
        let sums = format!(
            "1 to add, 0 left out: up to 1 B to send. The model {id} is not there and would be made first. Nothing was changed.\n"
        );
        assert_eq!(said, format!("add      a.txt (1 B)\n{sums}"));
    }
    place.fails(&["models", "info", &id], 3);
    let folder = folder_with(&[("b/c.bin", b"12"), ("x.tmp", b"3")]);
    let mut dry = arguments(&folder);
    dry[1] = "new";
    dry.extend(["--dry-run", "--format", "json"]);
    let plan: Value = serde_json::from_str(&place.ok(&dry)).unwrap();
    assert_eq!(
        (&plan["head"], &plan["repo_id"], &plan["totals"]["add"]),
        (&Value::Null, &json!(id), &json!(1))
    );
    let added = json!({"path": "b/c.bin", "action": "add", "mode": null, "size": 2, "stored": false});
    assert_eq!(plan["entries"][0], added);
    dry.retain(|word| *word != "--dry-run");
    place.ok(&dry);
}

#[cfg(unix)]
#[test]
fn links_are_treated_as_asked() {
    let place = Place::new();
    let folder = folder_with(&[("real/x", b"1")]);
    std::os::unix::fs::symlink(folder.path().join("real"), folder.path().join("linked")).unwrap();
    let path = folder.path().to_str().unwrap();
    assert!(place.fails(&["upload", "demo", path, ".", "--links", "error"], 1).contains("symbolic link"));
    place.ok(&["upload", "demo", path, "."]);
    let again = place.ok(&["upload", "demo", path, ".", "--dry-run", "--links", "follow"]);
    assert!(again.contains("add      linked/x (1 B)"), "{again}");
}
