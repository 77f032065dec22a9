//! Rules mean what they mean to git.

use std::{fs, path::Path, process::Command};

use crate::store::{
    Attributes, Change, IgnoreRules,
    git::attributes::with_lfs_path,
    testing::{fsck, main_branch, model, plan, temporary},
};

const PATHS: &[&str] = &[
    "a.bin",
    "A.BIN",
    "dir/a.bin",
    "a.bin.txt",
    "model.safetensors",
    "saved_model/x",
    "saved_model/a/b",
    "x/saved_model/y",
    "a.tar.gz",
    "tfevents.1",
    "run/events.out.tfevents.9",
    "with space.dat",
    "dir/with space.dat",
    "star*.dat",
    "starry.dat",
    "[x].dat",
    "x.dat",
    "#hash",
    "!bang",
    "\"quote",
    "back\\slash",
    "build/out.o",
    "build",
    "src/build/out.o",
    "keep/me.log",
    "keep/important.log",
    "docs/a/b/c.md",
    "docs/c.md",
    "plain.txt",
    "ü.bin",
    ".gitattributes",
    "a/b/.hidden",
];

fn git_answers(rules_file: &str, rules: &str, arguments: &[&str]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &str| {
        let from = dir.path().join(".git-input");
        fs::write(&from, input).unwrap();
        let output = Command::new("git")
            .current_dir(dir.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .args(arguments)
            .stdin(fs::File::open(&from).unwrap())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["init", "-q"], "");
    fs::write(dir.path().join(rules_file), rules).unwrap();
    for path in PATHS {
        let path = dir.path().join(path);
        // `build` is a file in one row and a folder in another: git is asked about names, files are not needed.
        let _ = fs::create_dir_all(path.parent().unwrap_or(Path::new("")));
    }
    let input: String = PATHS.iter().map(|path| format!("{path}\0")).collect();
    run(arguments, &input).split('\0').map(str::to_owned).collect()
}

#[test]
fn attributes_agree_with_git() {
    let rules = "*.bin filter=lfs diff=lfs merge=lfs -text\n\
        saved_model/**/* filter=lfs\n*.tar.* filter=lfs\n*tfevents* filter=lfs\n\
        # comment\n*.txt text\n/dir/a.bin -filter\nA.BIN !filter\n[attr]big filter=lfs\n*.dat big\nstar*.dat filter=other\n\
        \"\\\"quote\" filter=lfs\nbuild/ filter=lfs\ndocs/** filter=lfs\n";
    let rules = ["star*.dat", "[x].dat", "with space.dat", "#hash", "!bang", "back\\slash"]
        .iter()
        .fold(rules.as_bytes().to_vec(), |rules, path| with_lfs_path(&rules, path));
    let rules = String::from_utf8(rules).unwrap();
    let ours = Attributes::parse(rules.as_bytes());
    let responses = git_answers(".gitattributes", &rules, &["check-attr", "--stdin", "-z", "filter"]);
    assert_eq!(responses.len(), PATHS.len() * 3 + 1);
    for response in responses.chunks_exact(3) {
        let (path, value) = (response[0].as_str(), response[2].as_str());
        assert_eq!(ours.is_lfs(path).unwrap_or(false), value == "lfs", "{path}: git says {value}");
    }
}

#[test]
fn no_rule_is_not_the_same_as_a_rule_against() {
    let rules = Attributes::parse(b"*.a filter=lfs\n*.b -filter\n*.c !filter\n*.d filter=other\n*.e text\n");
    for (path, expected) in [
        ("x.a", Some(true)),
        ("x.b", Some(false)),
        ("x.c", Some(false)),
        ("x.d", Some(false)),
        ("x.e", None),
        ("x", None),
    ] {
        assert_eq!(rules.is_lfs(path), expected, "{path}");
    }
    assert_eq!(Attributes::parse(b"").is_lfs("a"), None);
}

#[test]
fn ignore_rules_agree_with_git() {
    let rules = "*.log\n!important.log\nbuild/\n/docs/*\n!docs/c.md\nkeep/\n# x\n\\#hash\n\\!bang\n*.[ch]\na/**/.hidden\n";
    let ours = IgnoreRules::parse(rules.as_bytes());
    let responses = git_answers(".gitignore", rules, &["check-ignore", "--stdin", "-z", "--no-index"]);
    for path in PATHS {
        if *path == "build" {
            // For git it is a folder here.
            assert!(!ours.is_ignored(path));
            continue;
        }
        assert_eq!(ours.is_ignored(path), responses.iter().any(|response| response == path), "{path}");
    }
}

#[test]
fn a_rule_for_a_path_matches_that_path() {
    for path in PATHS {
        let rules = with_lfs_path(b"*.md text", path);
        assert!(rules.starts_with(b"*.md text\n"));
        assert_eq!(Attributes::parse(&rules).is_lfs(path), Some(true), "{path}");
    }
    let rules = with_lfs_path(b"", "star*.dat");
    assert_eq!(Attributes::parse(&rules).is_lfs("starry.dat"), None);
}

#[test]
fn a_commit_adds_the_rules_that_are_missing() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let git = store.git(&repo).unwrap();
    let before = git.resolve("main").unwrap();
    let put = |lfs_paths: &[&str], attributes: Option<&str>| {
        let mut stage = git.stage().unwrap();
        let mut changes = vec![Change::Put { path: "x".into(), blob: stage.write_blob(b"x").unwrap() }];
        if let Some(text) = attributes {
            let blob = stage.write_blob(text.as_bytes()).unwrap();
            changes.push(Change::Put { path: ".gitattributes".into(), blob });
        }
        let mut plan = plan(main_branch(), changes, "Add");
        plan.lfs_paths = lfs_paths.iter().map(|path| (*path).to_owned()).collect();
        stage.finish(plan).unwrap()
    };
    let attributes = |commit| git.entry(commit, ".gitattributes").unwrap().unwrap().oid;
    let text = |commit| String::from_utf8(git.blob(attributes(commit)).unwrap()).unwrap();

    let covered = put(&["model.bin"], None);
    assert_eq!(attributes(covered), attributes(before));
    let added = put(&["model.bin", "odd name.dat"], None);
    assert!(text(added).ends_with("\nodd[[:space:]]name.dat filter=lfs diff=lfs merge=lfs -text\n"));
    assert_eq!(attributes(put(&["odd name.dat"], None)), attributes(added));
    let together = put(&["other.dat"], Some("*.md text"));
    assert_eq!(text(together), "*.md text\nother.dat filter=lfs diff=lfs merge=lfs -text\n");
    fsck(&store, &repo);
}
