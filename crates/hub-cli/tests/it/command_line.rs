//! The binary `hub`, as a person or a script uses it.

use std::{
    path::Path,
    process::{Command, Output},
};

use hub_tests::{files_in, folder_with, noise};

/// `hub` with nothing of this machine's environment but what it needs.
pub(crate) fn hub(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hub"));
    command.env_clear().env("HOME", home).env("USER", "ada").current_dir(home);
    command
}

pub(crate) struct Place {
    pub(crate) home: tempfile::TempDir,
}

/// The namespace of the person who runs the tests.
pub(crate) fn me(place: &Place) -> String {
    place.ok(&["auth", "whoami", "--quiet"]).trim().to_owned()
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        hub(self.home.path()).args(["--endpoint", "local:hub-data"]).args(args).output().unwrap()
    }

    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    pub(crate) fn fails(&self, args: &[&str], code: i32) -> String {
        let output = self.run(args);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert_eq!(text(&output.stdout), "", "{args:?}");
        stderr
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

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
fn uploads_and_downloads_keep_to_the_limit_of_flag_or_environment() {
    let place = Place::new();
    let folder = folder_with(&[("w.bin", &noise(1, 300_000))]);
    let folder_path = folder.path().to_str().unwrap();
    let begin = std::time::Instant::now();
    place.ok(&["upload", "slow", folder_path, ".", "--max-bandwidth", "200kB/s"]);
    assert!(begin.elapsed().as_secs_f64() > 1.2, "{:?}", begin.elapsed());
    let id = format!("{}/slow", me(&place));
    let begin = std::time::Instant::now();
    let mut download = hub(place.home.path());
    download.args(["--endpoint", "local:hub-data", "download", &id, "--local-dir", "copy"]);
    assert!(download.env("HUB_MAX_BANDWIDTH", "200000").output().unwrap().status.success());
    assert!(begin.elapsed().as_secs_f64() > 1.2, "{:?}", begin.elapsed());
    let wrong = download.env("HUB_MAX_BANDWIDTH", "fast").output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    place.fails(&["download", &id, "--max-bandwidth", "fast"], 2);
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

#[test]
fn repositories_are_searched_when_none_is_named() {
    let place = Place::new();
    let me = me(&place);
    let card = folder_with(&[("README.md", b"---\nlicense: mit\npipeline_tag: fill-mask\n---\n")]);
    place.ok(&["upload", "carded", card.path().to_str().unwrap(), "."]);
    place.ok(&["repos", "create", "plain"]);
    place.ok(&["repos", "create", "data", "--repo-type", "dataset"]);
    let (carded, plain, data) = (format!("{me}/carded"), format!("{me}/plain"), format!("{me}/data"));
    let found = |args: &[&str]| -> Vec<String> {
        let all = [args, &["--quiet"]].concat();
        place.ok(&all).lines().map(str::to_owned).collect()
    };
    assert_eq!(found(&["models", "list"]), [plain.as_str(), carded.as_str()]);
    assert_eq!(found(&["models", "ls", "--filter", "license:mit"]), [carded.as_str()]);
    assert_eq!(found(&["models", "list", "--pipeline-tag", "fill-mask", "--no-gated"]), [carded.as_str()]);
    assert_eq!(found(&["models", "list", "--search", "PLAI", "--author", &me]), [plain.as_str()]);
    assert_eq!(found(&["models", "list", "--sort", "created_at", "--limit", "1"]), [plain.as_str()]);
    assert_eq!(found(&["datasets", "list"]), [data.as_str()]);
    assert!(place.ok(&["models", "list"]).contains("license:mit"));
    let json = place.ok(&["spaces", "list", "--json"]);
    assert_eq!(json.trim(), "[]");
    for args in [
        &["datasets", "list", "--pipeline-tag", "x"][..],
        &["models", "list", "-R"],
        &["models", "list", "a/b", "--search", "x"],
    ] {
        place.fails(args, 2);
    }
}

#[test]
fn each_failure_has_its_exit_code_and_one_line() {
    let place = Place::new();
    let demo = &format!("{}/demo", me(&place));
    let none = &format!("{}/none", me(&place));
    place.ok(&["repos", "create", demo]);
    let cases: [(&[&str], i32, &str); 9] = [
        (&["models", "info", "a//b"], 2, "a//b"),
        (&["models", "info", none], 3, none),
        (&["models", "info", demo, "--revision", "v9"], 3, "v9"),
        (&["download", demo, "none.txt", "--local-dir", "x"], 3, "none.txt"),
        (&["repos", "create", demo], 5, demo),
        (&["repos", "create", "somebody-else/demo"], 4, "somebody-else"),
        (&["upload", demo, "no-such-folder", "."], 1, "no-such-folder"),
        (&["--token", "hf_wrong", "auth", "whoami"], 4, "token"),
        (&["repos", "delete", demo], 2, "--yes"),
    ];
    for (args, code, named) in cases {
        let stderr = place.fails(args, code);
        let errors: Vec<&str> = stderr.lines().filter(|line| !line.contains("WARN")).collect();
        assert!(
            matches!(errors.as_slice(), [error] if error.starts_with("hub: ") && error.contains(named)),
            "{args:?}: {stderr}"
        );
        assert!(!stderr.contains("hf_wrong"), "{stderr}");
    }
    assert!(!place.home.path().join("x/none.txt").exists());
}

#[test]
fn an_upload_that_cannot_be_creates_no_repository() {
    let place = Place::new();
    std::fs::create_dir(place.home.path().join("folder")).unwrap();
    std::fs::write(place.home.path().join("folder/a"), "1").unwrap();
    let cases: [(&[&str], i32, &str); 4] = [
        (&["upload", "new", "folder", "../out"], 2, ".."),
        (&["upload", "new", "folder/a", ".git/config"], 2, ".git"),
        (&["upload", "new", "folder/none"], 1, "folder/none"),
        (&["upload", "new"], 2, "new"),
    ];
    for (args, code, named) in cases {
        let stderr = place.fails(args, code);
        assert!(stderr.contains(named), "{args:?}: {stderr}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", place.home.path().join("folder/broken")).unwrap();
        assert!(place.fails(&["upload", "new", "folder", "."], 1).contains("broken"));
    }
    let id = format!("{}/new", me(&place));
    place.fails(&["models", "info", &id], 3);
}

#[test]
fn an_address_that_others_can_reach_must_be_meant() {
    let place = Place::new();
    let output =
        hub(place.home.path()).args(["serve", "--listen", "0.0.0.0:0", "--data", "d"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--allow-remote"), "{}", text(&output.stderr));
    assert!(!place.home.path().join("d").exists());
}

#[test]
fn a_hub_that_is_not_there_is_a_network_failure() {
    let place = Place::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = hub(place.home.path())
        .args(["--endpoint", &format!("http://{free}"), "models", "info", "ada/demo"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
}

#[test]
fn a_taken_port_and_a_newer_data_folder_are_named() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output =
        hub(place.home.path()).args(["serve", "--listen", &address, "--data", "d1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&address), "{}", text(&output.stderr));

    place.ok(&["auth", "whoami"]);
    std::fs::write(place.home.path().join("hub-data/version"), "999").unwrap();
    let stderr = place.fails(&["auth", "whoami"], 1);
    assert!(stderr.contains("999"), "{stderr}");
}

#[test]
fn wrong_usage_prints_usage_and_exits_with_2() {
    let place = Place::new();
    for args in [&["nonsense"][..], &["upload"], &["--format", "xml", "version"]] {
        assert_eq!(place.run(args).status.code(), Some(2), "{args:?}");
    }
    assert!(place.ok(&["version"]).starts_with("hub "));
    assert!(place.ok(&["completions", "bash"]).contains("hub"));
}

#[test]
fn branches_and_tags_are_made_listed_and_deleted() {
    let place = Place::new();
    let demo = &format!("{}/demo", me(&place));
    place.ok(&["repos", "create", demo]);
    place.ok(&["repos", "branch", "create", demo, "dev/x"]);
    place.ok(&["repos", "branch", "create", demo, "dev/x", "--exist-ok"]);
    assert!(place.fails(&["repos", "branch", "create", demo, "dev/x"], 5).contains("dev/x"));
    place.ok(&["repos", "tag", "create", demo, "v1", "-m", "First", "--revision", "dev/x"]);
    assert_eq!(place.ok(&["repos", "tag", "list", demo, "--quiet"]), "v1\n");
    let listed: serde_json::Value =
        serde_json::from_str(&place.ok(&["repos", "tag", "list", demo, "--json"])).unwrap();
    assert_eq!(listed[0]["ref"], "refs/tags/v1");
    assert!(place.fails(&["repos", "tag", "delete", demo, "v1"], 2).contains("--yes"));
    place.ok(&["repos", "tag", "delete", demo, "v1", "--yes"]);
    assert_eq!(place.ok(&["repos", "tag", "list", demo]), "");
    place.ok(&["repos", "branch", "delete", demo, "dev/x"]);
    place.fails(&["repos", "branch", "delete", demo, "dev/x"], 3);
}

#[test]
fn a_repository_is_moved_and_set_up() {
    let place = Place::new();
    let who = me(&place);
    let (old, new) = (&format!("{who}/old"), &format!("{who}/new"));
    place.ok(&["repos", "create", old]);
    assert_eq!(place.ok(&["repos", "move", old, new, "--quiet"]).trim(), new);
    assert_eq!(place.ok(&["models", "info", old, "--quiet"]).trim(), new);
    let changed = place.ok(&["repos", "settings", "new", "--private", "--gated", "auto", "--json"]);
    let changed: serde_json::Value = serde_json::from_str(&changed).unwrap();
    assert_eq!(changed, serde_json::json!({"private": true, "gated": "auto"}));
    assert!(place.ok(&["models", "info", new]).contains("private: true"));
    place.ok(&["repos", "settings", new, "--public", "--gated", "false"]);
    place.fails(&["repos", "settings", new], 2);
}

#[test]
fn a_pull_request_is_opened_looked_at_and_merged() {
    let place = Place::new();
    let id = &format!("{}/demo", me(&place));
    place.ok(&["repos", "create", id]);
    let num =
        place.ok(&["discussions", "create", id, "--title", "Add a file", "--body", "why", "--pr", "--quiet"]);
    assert_eq!(num.trim(), "1");
    std::fs::write(place.home.path().join("a.txt"), "hello\n").unwrap();
    place.ok(&["upload", id, "a.txt", "a.txt", "--revision", "refs/pr/1"]);
    assert_eq!(place.ok(&["discussions", "list", id, "-k", "pull_request", "-s", "draft", "--quiet"]), "1\n");
    assert_eq!(place.ok(&["discussions", "list", id, "-s", "merged"]), "");
    place.fails(&["discussions", "merge", id, "1"], 2);
    place.ok(&["discussions", "reopen", id, "1", "--yes"]);
    let diff = place.ok(&["discussions", "diff", id, "1"]);
    assert!(diff.starts_with("diff --git a/a.txt b/a.txt\n") && diff.ends_with("+hello\n"), "{diff}");
    place.ok(&["discussions", "merge", id, "1", "--yes", "--comment", "thanks"]);
    let info = place.ok(&["discussions", "info", id, "1"]);
    assert!(
        info.starts_with("1  pull request  merged  Add a file") && info.contains("    thanks\n"),
        "{info}"
    );
    let listed = place.ok(&["models", "list", id, "--quiet"]);
    assert_eq!(listed, ".gitattributes\na.txt\n");
}

#[test]
fn a_discussion_is_answered_renamed_and_closed() {
    let place = Place::new();
    let id = &format!("{}/data", me(&place));
    let of = |args: &[&str]| {
        let all = [&["discussions"], args, &["--repo-type", "dataset"]].concat();
        place.ok(&all)
    };
    place.ok(&["repos", "create", id, "--repo-type", "dataset"]);
    let url = of(&["create", id, "--title", "A question"]);
    assert!(url.trim().ends_with(&format!("/datasets/{id}/discussions/1")), "{url}");
    std::fs::write(place.home.path().join("text.md"), "from a file").unwrap();
    let comment = of(&["comment", id, "1", "--body-file", "text.md", "--quiet"]);
    of(&["edit", id, "1", comment.trim(), "--body", "changed"]);
    of(&["rename", id, "1", "An answer"]);
    of(&["close", id, "1", "--yes"]);
    let info: serde_json::Value = serde_json::from_str(&of(&["info", id, "1", "--json"])).unwrap();
    assert_eq!((&info["title"], &info["status"]), (&"An answer".into(), &"closed".into()));
    assert_eq!(info["events"][1]["data"]["latest"]["raw"], "changed");
    let list: serde_json::Value = serde_json::from_str(&of(&["list", id, "-s", "all", "--json"])).unwrap();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["num"]), (1, &1.into()));
    place.fails(&["discussions", "diff", id, "1", "--type", "dataset"], 2);
    place.fails(&["discussions", "comment", id, "1", "--type", "dataset"], 2);
    place.fails(&["discussions", "info", id, "7", "--type", "dataset"], 3);
    assert_eq!(place.run(&["discussions", "info", id, "0"]).status.code(), Some(2));
}

#[test]
fn what_is_downloaded_is_kept_listed_and_deleted() {
    let place = Place::new();
    let file = folder_with(&[("a.txt", b"hello")]);
    place.ok(&["upload", "demo", file.path().join("a.txt").to_str().unwrap()]);
    let id = format!("{}/demo", me(&place));
    let downloaded = place.ok(&["download", &id, "a.txt"]);
    let cache = place.home.path().join(".cache/huggingface/hub");
    assert!(Path::new(downloaded.trim()).starts_with(&cache), "{downloaded}");
    assert_eq!(place.ok(&["cache", "list", "-q"]), format!("model/{id}\n"));

    let commit = place.ok(&["cache", "list", "--revisions", "-q"]);
    let would = place.ok(&["cache", "rm", commit.trim(), "--dry-run"]);
    assert_eq!(would, "Would delete 1 repositories and 0 commits (5 B).\n");
    assert!(place.fails(&["cache", "rm", commit.trim()], 2).contains("--yes"));
    assert!(place.fails(&["cache", "rm", "model/ada/other", "--yes"], 3).contains("is not in the cache"));
    place.ok(&["cache", "rm", &format!("model/{id}"), "--yes"]);
    assert_eq!(place.ok(&["cache", "list", "-q"]), "");
    assert_eq!(place.ok(&["cache", "prune", "--yes"]), "There is nothing to delete.\n");
}
