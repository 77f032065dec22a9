//! Commands that look at repositories and at this machine, and what all commands have.

use std::collections::BTreeSet;

use hub_tests::folder_with;
use serde_json::Value;

use crate::command_line::{Place, hub, me};

const CARD: &[u8] = b"---\nlicense: mit\n---\n# Demo\n";

/// A place with the model `demo` in it: a card, `a.txt` and `docs/b.txt`.
fn with_demo() -> (Place, String) {
    let place = Place::new();
    let folder = folder_with(&[("README.md", CARD), ("a.txt", b"a"), ("docs/b.txt", b"b")]);
    place.ok(&["upload", "demo", folder.path().to_str().unwrap(), "."]);
    let id = format!("{}/demo", me(&place));
    (place, id)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_card_is_shown_whole_or_in_parts() {
    let (place, id) = with_demo();
    assert_eq!(place.ok(&["models", "card", &id]).as_bytes(), CARD);
    assert_eq!(place.ok(&["models", "card", &id, "--metadata"]), "license: mit\n");
    assert_eq!(place.ok(&["models", "card", &id, "--text"]), "# Demo\n");
    let card = json(&place.ok(&["models", "card", &id, "--json"]));
    assert_eq!(
        (card["metadata"].as_str(), card["text"].as_str()),
        (Some("license: mit\n"), Some("# Demo\n"))
    );
    place.fails(&["datasets", "card", &id], 3);
}

#[test]
fn files_are_drawn_as_a_tree() {
    let (place, id) = with_demo();
    let tree = place.ok(&["models", "list", &id, "-R", "--tree"]);
    let lines: Vec<&str> = tree.lines().map(|line| line.get(16..).unwrap_or_default()).collect();
    assert!(lines.ends_with(&["├── a.txt", "└── docs/", "    └── b.txt"]), "{tree}");
}

#[test]
fn own_repositories_are_listed_by_kind_and_name() {
    let (place, id) = with_demo();
    place.ok(&["repos", "create", "data", "--repo-type", "dataset"]);
    let all = place.ok(&["repos", "list", "--quiet"]);
    assert_eq!(all.lines().count(), 2);
    assert_eq!(place.ok(&["repos", "list", "--type", "model", "--quiet"]).trim(), id);
    assert!(place.ok(&["repos", "ls", "--search", "dat"]).starts_with("dataset "));
    assert_eq!(json(&place.ok(&["repos", "list", "--limit", "1", "--json"])).as_array().unwrap().len(), 1);
    assert_eq!(place.ok(&["repos", "list", "--namespace", "nobody"]), "");
}

#[test]
fn a_repository_is_copied_on_the_hub() {
    let (place, id) = with_demo();
    place.ok(&["repos", "duplicate", &id, "copy", "--private"]);
    let copy = id.replace("demo", "copy");
    assert!(place.ok(&["models", "list", &copy]).contains("a.txt"));
    assert_eq!(json(&place.ok(&["models", "info", &copy, "--json"]))["private"], true);
    place.fails(&["repos", "duplicate", &id, "copy"], 5);
    place.ok(&["repos", "duplicate", &id, "copy", "--exist-ok"]);
}

#[test]
fn files_that_match_are_deleted_as_one_commit() {
    let (place, id) = with_demo();
    let refused = place.fails(&["repos", "delete-files", &id, "docs/"], 2);
    assert!(refused.contains("--yes"), "{refused}");
    assert!(place.fails(&["repos", "delete-files", &id, "*.bin", "--yes"], 3).contains("*.bin"));
    let deleted = json(&place.ok(&["repos", "delete-files", &id, "docs/", "a.*", "--yes", "--json"]));
    assert_eq!(deleted["deleted"].as_array().unwrap().len(), 2);
    let left: Vec<String> =
        place.ok(&["models", "list", &id, "-R", "--quiet"]).lines().map(str::to_owned).collect();
    assert!(left.contains(&"README.md".to_owned()) && !left.contains(&"a.txt".to_owned()), "{left:?}");
}

#[test]
fn env_says_where_the_token_is_from_and_never_what_it_is() {
    let place = Place::new();
    let env = |token: Option<&str>| {
        let mut command = hub(place.home.path());
        command.args(["env", "--json"]).envs(token.map(|token| ("HF_TOKEN", token)));
        let output = command.env("HTTPS_PROXY", "http://user:secret@127.0.0.1:1").output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(json(&env(None))["token"], "none");
    let text = env(Some("hf_very_secret"));
    assert!(!text.contains("very_secret") && !text.contains("user:secret"), "{text}");
    let found = json(&text);
    assert_eq!(
        (found["token"].as_str(), found["endpoint"].as_str()),
        (Some("the environment"), Some("https://huggingface.co"))
    );
    assert_eq!(found["variables"]["HTTPS_PROXY"], "set");
}

#[test]
fn the_cache_is_listed_as_asked() {
    let (place, id) = with_demo();
    place.ok(&["download", &id]);
    let name = format!("model/{id}\n");
    assert_eq!(place.ok(&["cache", "list", "--quiet", "--filter", "size>1B", "--sort", "size"]), name);
    assert_eq!(place.ok(&["cache", "list", "--quiet", "-f", "type=dataset"]), "");
    assert_eq!(place.ok(&["cache", "list", "--quiet", "-f", "refs=main", "-f", "accessed<1d"]), name);
    place.fails(&["cache", "list", "--filter", "weight>1"], 2);
}

#[test]
fn every_command_has_a_manual_page_and_help_with_an_example() {
    let place = Place::new();
    let run = |args: &[&str]| {
        let output = hub(place.home.path()).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["man", "man1"]);
    let pages: BTreeSet<String> = std::fs::read_dir(place.home.path().join("man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let commands = json(&run(&["commands", "--json"]));
    for command in commands.as_array().unwrap() {
        let name = command["command"].as_str().unwrap();
        assert!(pages.contains(&format!("hub-{}.1", name.replace(' ', "-"))), "{name}");
        let words: Vec<&str> = name.split(' ').chain(["--help"]).collect();
        assert!(run(&words).contains(&format!("Examples:\n  hub {name}")), "{name}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(run(&["completions", shell]).contains("delete-files"), "{shell}");
    }
}

#[test]
fn what_went_wrong_decides_the_exit_code() {
    let (place, id) = with_demo();
    place.fails(&["models", "info", "nobody/nothing"], 3);
    place.fails(&["repos", "create", "demo"], 5);
    place.fails(&["upload", "demo", "no-such-file"], 1);
    place.fails(&["models", "info", "not a name"], 2);
    let refused = |endpoint: &str, token: &str| {
        let mut command = hub(place.home.path());
        command.args(["--endpoint", endpoint, "--token", token, "models", "info", &id]);
        command.env("HF_HUB_OFFLINE", if endpoint.starts_with("http") { "1" } else { "0" });
        command.output().unwrap().status.code()
    };
    assert_eq!(refused("local:hub-data", "hf_wrong"), Some(4));
    assert_eq!(refused("http://127.0.0.1:9", "hf_any"), Some(6));
}
