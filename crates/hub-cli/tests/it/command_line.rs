//! The main jobs, as a person or a script does them.

use hub_tests::{files_in, folder_with, noise};

use crate::place::{Place, me, text};

#[test]
fn the_main_job_uploads_lists_and_downloads() {
    let place = Place::new();
    let docs = folder_with(&[("a.md", b"# A"), ("b/c.bin", &noise(1, 100_000))]);
    let docs_path = docs.path().to_str().unwrap();
    let url = place.ok(&["upload", "my-first-model", docs_path, "."]);
    assert!(url.contains("/my-first-model/commit/"), "{url}");
    let who = place.ok(&["auth", "whoami"]);
    let id = format!("{}/my-first-model", who.trim());
    let listed = place.ok(&["models", "list", &id, "-R", "--quiet"]);
    assert_eq!(listed.lines().collect::<Vec<_>>(), [".gitattributes", "a.md", "b", "b/c.bin"]);
    place.ok(&["download", &id, "--local-dir", "copy"]);
    let mut copy = files_in(&place.home.path().join("copy"));
    copy.remove(".gitattributes");
    assert_eq!(copy, files_in(docs.path()));

    let again = place.ok(&["upload", "my-first-model", docs_path, "."]);
    assert!(again.contains("Nothing has changed"), "{again}");
}

#[test]
fn a_transfer_is_summed_up_on_stderr_for_people_only() {
    let place = Place::new();
    let folder = folder_with(&[("a.txt", b"hello"), ("w.bin", &noise(1, 200_000))]);
    let folder_path = folder.path().to_str().unwrap();
    let stderr = |args: &[&str]| {
        let output = place.run(args);
        assert!(output.status.success());
        text(&output.stderr)
    };
    let upload = ["upload", "sums", folder_path, "."];
    let first = stderr(&upload);
    assert!(first.starts_with("uploaded 200.0 kB in ") && first.lines().count() == 1, "{first}");
    let again = stderr(&upload);
    assert!(
        again.starts_with("uploaded 0 B in ") && again.contains("200.0 kB were there already"),
        "{again}"
    );
    let id = format!("{}/sums", me(&place));
    let download = ["download", &id, "--local-dir", "copy", "--include", "*.bin", "--include", "*.txt"];
    assert!(stderr(&download).starts_with("downloaded 200.0 kB in "));
    assert!(stderr(&download).contains("200.0 kB were there already"));
    assert_eq!(stderr(&[&upload[..], &["--quiet"]].concat()), "");
    assert_eq!(stderr(&[&upload[..], &["--json"]].concat()), "");
}

#[test]
fn results_are_json_when_asked_for() {
    let place = Place::new();
    let id = format!("{}/data", me(&place));
    let created = place.ok(&["repos", "create", "data", "--repo-type", "dataset", "--json"]);
    let created: serde_json::Value = serde_json::from_str(&created).unwrap();
    assert_eq!((&created["repo_id"], &created["repo_type"]), (&id.as_str().into(), &"dataset".into()));
    let info = place.ok(&["datasets", "info", &id, "--format", "json"]);
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!(info["id"], id.as_str());
    let files = place.ok(&["datasets", "list", &id, "--json"]);
    let files: serde_json::Value = serde_json::from_str(&files).unwrap();
    assert_eq!(files[0]["path"], ".gitattributes");
}
