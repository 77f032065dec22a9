//! What a demanding newcomer tried.

use std::fs;

use hub_tests::folder_with;
use serde_json::Value;

use crate::{
    every_command::leaves,
    place::{Place, hub, me, text},
};

#[test]
fn a_value_that_there_is_not_is_wrong_usage() {
    let place = Place::new();
    for kind in ["models", "datasets", "spaces"] {
        let said = place.fails(&[kind, "list", "--sort", "nonsense"], 2);
        assert!(said.contains("created_at") && said.contains("trending_score"), "{said}");
        place.ok(&[kind, "list", "--sort", "created_at"]);
        place.ok(&[kind, "list", "--sort", "createdAt"]);
    }
    for wrong in ["large", "min:", "min:x", "1B", "min:1B,", "least:1B", "min:1BB"] {
        place.fails(&["models", "list", "--num-parameters", wrong], 2);
    }
    for right in ["min:1B,max:8B", "max:500M", "min:0", "min:1.5B"] {
        place.ok(&["models", "list", "--num-parameters", right]);
    }
    place.fails(&["repos", "create", "app", "--type", "space", "--sdk", "nonsense"], 2);
}

#[test]
fn what_was_not_there_is_not_called_deleted_and_what_was_there_not_created() {
    let place = Place::new();
    let id = &format!("{}/demo", me(&place));
    let delete = ["repos", "delete", id, "--yes", "--missing-ok"];
    assert!(place.ok(&delete).contains("nothing was deleted"));
    assert_eq!(place.ok(&[&delete[..], &["-q"]].concat()), "");
    let json: Value = serde_json::from_str(&place.ok(&[&delete[..], &["--json"]].concat())).unwrap();
    assert_eq!(json["deleted"], Value::Null);
    place.fails(&["repos", "delete", id, "--yes"], 3);

    place.ok(&["repos", "create", id]);
    let branch = ["repos", "branch", "create", id, "dev", "--exist-ok"];
    assert!(place.ok(&branch).starts_with("Created the branch dev"));
    assert!(place.ok(&branch).contains("is there already"));
    assert!(place.ok(&delete).starts_with("Deleted the model"));
    assert!(place.ok(&["auth", "logout"]).starts_with("Nobody was logged in"));
}

#[test]
fn a_branch_beside_a_branch_of_its_name_is_refused_with_the_other_name() {
    let place = Place::new();
    let id = &format!("{}/demo", me(&place));
    place.ok(&["repos", "create", id]);
    place.ok(&["repos", "branch", "create", id, "feature"]);
    for flags in [&[][..], &["--exist-ok"]] {
        let create = [&["repos", "branch", "create", id, "feature/a"], flags].concat();
        let said = place.fails(&create, 1);
        assert!(said.contains("the branch feature is there"), "{said}");
    }
    place.ok(&["repos", "tag", "create", id, "v/1"]);
    let said = place.fails(&["repos", "tag", "create", id, "v"], 1);
    assert!(said.contains("the tag v/1 is there"), "{said}");
}

#[test]
fn quiet_prints_values_and_no_sentences() {
    let place = Place::new();
    let me = me(&place);
    let (demo, app) = (&format!("{me}/demo"), &format!("{me}/app"));
    let folder = folder_with(&[("README.md", b"# Demo\n"), ("w.bin", b"1")]);
    let files = folder.path().to_str().unwrap();
    let token = place.ok(&["auth", "token"]).trim().to_owned();
    let pages = place.home.path().join("pages").display().to_string();
    let lines: [(&[&str], &str); 23] = [
        (&["man", "pages"], &pages),
        (&["version"], env!("CARGO_PKG_VERSION")),
        (&["auth", "login", "--token", &token], &me),
        (&["auth", "logout"], ""),
        (&["upload", "demo", files, ".", "--dry-run"], "README.md\nw.bin"),
        (&["upload", "demo", files, ".", "--commit-message", "Begin"], "[url]"),
        (&["upload", "demo", files, ".", "--dry-run"], ""),
        (&["repos", "settings", demo, "--gated", "false"], demo),
        (&["repos", "branch", "create", demo, "dev"], "dev"),
        (&["repos", "branch", "delete", demo, "dev", "--yes"], "dev"),
        (&["repos", "tag", "create", demo, "v1"], "v1"),
        (&["download", demo, "w.bin", "--dry-run"], "w.bin"),
        (&["download", demo, "w.bin", "--local-dir", "x"], "[path]"),
        (&["download", demo, "w.bin", "--local-dir", "x", "--dry-run"], ""),
        (&["download", demo, "w.bin"], "[path]"),
        (&["cache", "rm", &format!("model/{demo}"), "--dry-run"], &format!("model/{demo}")),
        (&["download", demo], "[folder]"),
        (&["cache", "verify", demo], ""),
        (&["cache", "rm", &format!("model/{demo}"), "--yes"], &format!("model/{demo}")),
        (&["cache", "prune", "--yes"], ""),
        (&["repos", "create", app, "--type", "space", "--sdk", "static"], "[url]"),
        (&["spaces", "secrets", "add", app, "-s", "A=1", "-s", "B=2"], "A\nB"),
        (&["repos", "delete", demo, "--yes"], demo),
    ];
    for (line, expected) in lines {
        let output = place.run(&[line, &["--quiet"]].concat());
        let (said, log) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success() && log.is_empty(), "{line:?}: {log}");
        match expected {
            "[url]" => assert!(said.starts_with("http") && said.lines().count() == 1, "{line:?}: {said}"),
            "[folder]" => assert!(std::path::Path::new(said.trim_end()).is_dir(), "{line:?}: {said}"),
            "[path]" => assert!(std::path::Path::new(said.trim_end()).is_file(), "{line:?}: {said}"),
            _ => assert_eq!(said.trim_end(), expected, "{line:?}"),
        }
        assert!(said.lines().all(|line| !line.ends_with('.')), "{line:?}: {said}");
    }
}

#[test]
fn paths_are_printed_from_the_root_whatever_was_given() {
    let place = Place::new();
    let id = &format!("{}/demo", me(&place));
    fs::write(place.home.path().join("a.txt"), "1").unwrap();
    place.ok(&["upload", id, "a.txt"]);
    let fields = |line: &[&str], fields: &[&str]| {
        let said: Value = serde_json::from_str(&place.ok(&[line, &["--json"]].concat())).unwrap();
        let items = said.as_array().cloned().unwrap_or_else(|| vec![said.clone()]);
        for path in items.iter().flat_map(|item| fields.iter().map(|field| item[*field].as_str().unwrap())) {
            assert!(std::path::Path::new(path).is_absolute() && !path.contains("/./"), "{line:?}: {path}");
        }
    };
    fields(&["download", id, "a.txt", "--local-dir", "./x", "--dry-run"], &["local_path"]);
    fields(&["download", id, "a.txt", "--local-dir", "./x"], &["path"]);
    fields(&["download", id, "--local-dir", "x"], &["path"]);
    fields(&["download", id, "--cache-dir", "./cache"], &["path"]);
    fields(&["cache", "list", "--cache-dir", "./cache"], &["path"]);
    fields(&["cache", "verify", id, "--cache-dir", "cache"], &["verified_path"]);
    fields(&["cache", "verify", id, "--local-dir", "x"], &["verified_path"]);
    fields(&["man", "./pages"], &["path"]);
    let removed: Value = serde_json::from_str(&place.ok(&[
        "cache",
        "rm",
        &format!("model/{id}"),
        "--cache-dir",
        "cache",
        "--dry-run",
        "--json",
    ]))
    .unwrap();
    assert!(removed["repos"][0].as_str().unwrap().starts_with('/'), "{removed}");
    let mut env = hub(place.home.path());
    env.args(["env", "--json"]).env("HF_HOME", "relative");
    let env: Value = serde_json::from_slice(&env.output().unwrap().stdout).unwrap();
    for field in ["cache_dir", "token_path"] {
        assert!(env[field].as_str().unwrap().starts_with('/'), "{env}");
    }
}

#[test]
fn what_would_be_deleted_from_the_cache_is_named_and_counted() {
    let place = Place::new();
    let me = me(&place);
    let (demo, other) = (&format!("{me}/demo"), &format!("{me}/other"));
    let mut commits = Vec::new();
    for content in ["1", "22"] {
        fs::write(place.home.path().join("a.txt"), content).unwrap();
        for id in [demo, other] {
            // Equal commits of the same second would have the same id.
            place.ok(&["upload", id, "a.txt", "--commit-message", &format!("{content} of {id}")]);
            let path = place.ok(&["download", id, "a.txt"]);
            commits.push(path.split("/snapshots/").nth(1).unwrap().split('/').next().unwrap().to_owned());
        }
    }
    let prune = place.ok(&["cache", "prune", "--dry-run"]);
    let lines = format!("model/{demo}  {}\nmodel/{other}  {}\n", commits[0], commits[1]);
    assert_eq!(prune, format!("{lines}Would delete 2 commits (2 B).\n"));
    assert_eq!(place.ok(&["cache", "prune", "--dry-run", "-q"]), format!("{}\n{}\n", commits[0], commits[1]));
    let rm = place.ok(&["cache", "rm", &format!("model/{demo}"), &commits[1], "--dry-run"]);
    assert_eq!(rm.lines().last(), Some("Would delete 1 repository and 1 commit (4 B)."), "{rm}");
    for commit in [&commits[0], &commits[1], &commits[2]] {
        assert!(rm.contains(commit.as_str()), "{rm}");
    }
    assert!(!rm.contains(&commits[3]) && rm.contains(&format!("{} (main)", commits[2])), "{rm}");
}

#[test]
fn counts_have_grammar() {
    let place = Place::new();
    let cache = place.home.path().join(".cache/huggingface/hub");
    let said = || text(&place.run(&["cache", "list"]).stderr);
    fs::create_dir_all(cache.join("one")).unwrap();
    assert!(said().contains("1 thing is not part of a cache; --show-warnings names it"), "{}", said());
    fs::create_dir_all(cache.join("two")).unwrap();
    assert!(said().contains("2 things are not part of a cache; --show-warnings names them"), "{}", said());
}

#[test]
fn a_single_file_goes_into_the_folder_that_is_named() {
    let place = Place::new();
    let id = &format!("{}/demo", me(&place));
    fs::write(place.home.path().join("a.txt"), "1").unwrap();
    for place_in_repo in ["docs/", ".", "other/deep/"] {
        place.ok(&["upload", id, "a.txt", place_in_repo]);
    }
    place.ok(&["upload", id, "a.txt", "named.txt"]);
    fs::write(place.home.path().join("b.txt"), "2").unwrap();
    place.ok(&["upload", id, "b.txt", "/"]);
    let listed = place.ok(&["models", "list", id, "-R", "-q"]);
    let files: Vec<&str> = listed.lines().filter(|path| path.ends_with(".txt")).collect();
    assert_eq!(files, ["a.txt", "b.txt", "docs/a.txt", "named.txt", "other/deep/a.txt"]);
}

#[cfg(unix)]
#[test]
fn all_bad_files_of_an_upload_are_told_at_once() {
    let place = Place::new();
    let folder = folder_with(&[("good.txt", b"1"), ("sub/.cache/mine", b"2")]);
    let at = |name: &str| folder.path().join(name);
    std::os::unix::fs::symlink("nowhere", at("broken")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    fs::write(at("bad\u{1}name"), "x").unwrap();
    let said = place.fails(&["upload", "demo", folder.path().to_str().unwrap(), "."], 1);
    for part in ["broken", "socket", "bad", "sub/.cache/mine", "4 files cannot be uploaded"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn a_login_that_cannot_be_kept_is_one_message() {
    let place = Place::new();
    let token = place.ok(&["auth", "token"]).trim().to_owned();
    fs::create_dir_all(place.home.path().join(".cache")).unwrap();
    // Tests may run as root, to whom no folder is forbidden: a file is where the folder should be.
    fs::write(place.home.path().join(".cache/huggingface"), "").unwrap();
    let mut login = hub(place.home.path());
    login.args(["--endpoint", "local:hub-data", "auth", "login", "--token-stdin"]);
    let mut login = login
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut login.stdin.take().unwrap(), token.as_bytes()).unwrap();
    let output = login.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.lines().count() == 1 && said.contains("HF_TOKEN_PATH") && !said.contains(&token), "{said}");
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn a_wrong_setting_of_a_space_is_named_by_flag_key_and_line() {
    let place = Place::new();
    let id = &format!("{}/app", me(&place));
    fs::write(place.home.path().join("vars.env"), "GOOD=1\n\nMISSING\n").unwrap();
    let create = ["repos", "create", id, "--type", "space", "--sdk", "static"];
    let said = place.fails(&[&create[..], &["--env-file", "vars.env"]].concat(), 2);
    assert!(said.contains("--env-file vars.env, line 3: MISSING has no value"), "{said}");
    let said = place.fails(&[&create[..], &["-s", "MISSING"]].concat(), 2);
    assert!(said.contains("--secrets: there is no =VALUE") && !said.contains("MISSING has"), "{said}");
    let said = place.fails(&[&create[..], &["-s", "open sesame"]].concat(), 2);
    assert!(said.contains("--secrets: ") && !said.contains("sesame"), "{said}");
}

#[test]
fn a_card_that_is_wrong_is_told_at_the_line_of_the_editor() {
    let place = Place::new();
    for (card, said) in [
        ("---\nlicense: mit\ntags: [a, b\n---\n", "line 3 of README.md"),
        ("---\nlicense: mit\ntitle: a: b\n---\n", "line 3 of README.md: there is a second"),
        ("---\nlicense: mit\n\ttags: a\n---\n", "line 3 of README.md"),
        ("---\nmodel-index: x\n---\n", "\"model-index\" must be an array"),
        ("---\nmodel-index:\n- name: m\n---\n", "\"model-index[0].results\" is required"),
    ] {
        let folder = folder_with(&[("README.md", card.as_bytes())]);
        let stderr = place.fails(&["upload", "demo", folder.path().to_str().unwrap(), "."], 1);
        assert!(stderr.contains(said), "{card:?}: {stderr}");
        for technical in ["mapping values", "expected ',' or", "serde", "saphyr", "block mapping"] {
            assert!(!stderr.contains(technical), "{card:?}: {stderr}");
        }
    }
}

#[test]
fn offline_by_choice_is_no_warning_and_names_its_switch() {
    let place = Place::new();
    let id = format!("{}/demo", me(&place));
    fs::write(place.home.path().join("a.txt"), "one").unwrap();
    place.ok(&["upload", &id, "a.txt"]);
    place.ok(&["download", &id, "a.txt"]);
    let run = |line: &[&str], variable: Option<&str>, endpoint: &str| {
        let mut command = hub(place.home.path());
        command.args(["--endpoint", endpoint]).args(line);
        if let Some(variable) = variable {
            let (name, value) = variable.split_once('=').unwrap();
            command.env(name, value);
        }
        command.output().unwrap()
    };
    let nowhere = "http://127.0.0.1:1";
    for (flag, variable, switch) in [
        (&["--network", "offline"][..], None, "--network offline"),
        (&[], Some("HUB_NETWORK=offline"), "HUB_NETWORK=offline"),
        (&[], Some("HF_HUB_OFFLINE=1"), "HF_HUB_OFFLINE"),
        (&[], Some("TRANSFORMERS_OFFLINE=1"), "TRANSFORMERS_OFFLINE"),
    ] {
        for quiet in [&[][..], &["-q"]] {
            let line = [&["download", &id, "a.txt"], flag, quiet].concat();
            let output = run(&line, variable, nowhere);
            let said = text(&output.stderr);
            assert!(output.status.success() && !said.contains("WARN"), "{line:?} {variable:?}: {said}");
            assert!(quiet.is_empty() || said.is_empty(), "{line:?} {variable:?}: {said}");
        }
        for line in [&["models", "info", &id][..], &["download", &id, "none.txt"]] {
            let said = text(&run(&[line, flag].concat(), variable, nowhere).stderr);
            assert!(said.contains(switch), "{line:?} {variable:?}: {said}");
            let all = ["--network", "HUB_NETWORK", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];
            let named: Vec<_> = all.iter().filter(|name| said.contains(**name)).collect();
            assert_eq!(named.len(), 1, "{line:?} {variable:?}: {said}");
        }
    }
}

/// The commands of this page stay those of the program.
#[test]
fn the_words_that_newcomers_type_are_no_commands() {
    let place = Place::new();
    let leaves = leaves(&place);
    for word in ["help", "login", "whoami", "logout"] {
        assert!(!leaves.iter().any(|leaf| leaf == word), "{word}");
    }
}
