//! What a person sees on a terminal: tables, questions, help; and what the program says of itself.

use std::collections::BTreeMap;

use crate::{
    every_command::leaves,
    place::{Place, hub, me, text},
};

#[test]
fn tables_fit_the_terminal_unless_they_shall_be_whole() {
    let place = Place::new();
    let name = "a-model-with-a-name-that-is-longer-than-the-terminal-is-wide";
    place.ok(&["repos", "create", name]);
    let shown = |columns: &str, flags: &[&str]| {
        let mut list = hub(place.home.path());
        list.args(["--endpoint", "local:hub-data", "models", "list"]).args(flags).env("COLUMNS", columns);
        text(&list.output().unwrap().stdout)
    };
    let narrow = shown("50", &[]);
    assert!(narrow.contains('…') && !narrow.contains(name), "{narrow}");
    assert!(narrow.lines().all(|line| line.chars().count() <= 50), "{narrow}");
    for whole in [shown("50", &["--no-truncate"]), shown("50", &["--format", "agent"]), shown("200", &[])] {
        assert!(whole.contains(name) && !whole.contains('…'), "{whole}");
    }
    assert!(place.ok(&["models", "list"]).contains(name));
    assert_eq!(shown("50", &["--quiet"]), format!("{}/{name}\n", me(&place)));
}

/// Whether a command takes something away, which cannot be had back. What `hub rm` takes from a repository is in its history, and of local files it
/// is what `rm` is.
fn takes_away(command: &str) -> bool {
    command != "rm" && matches!(command.rsplit(' ').next(), Some("delete" | "rm" | "prune"))
}

#[test]
fn every_deletion_asks_and_without_a_terminal_nothing_happens() {
    let place = Place::new();
    let me = me(&place);
    let (demo, app) = (&format!("{me}/demo"), &format!("{me}/app"));
    std::fs::write(place.home.path().join("a.txt"), "1").unwrap();
    place.ok(&["upload", demo, "a.txt"]);
    place.ok(&["download", demo, "a.txt"]);
    std::fs::write(place.home.path().join("a.txt"), "2").unwrap();
    place.ok(&["upload", demo, "a.txt"]);
    place.ok(&["download", demo, "a.txt"]);
    place.ok(&["repos", "tag", "create", demo, "v1"]);
    place.ok(&["repos", "branch", "create", demo, "dev"]);
    place.ok(&["repos", "create", app, "--type", "space", "--sdk", "static", "-s", "KEY=1", "-e", "NAME=1"]);
    place.ok(&["admin", "users", "create", "bob"]);
    place.ok(&["admin", "orgs", "create", "lab"]);
    let cached = format!("model/{demo}");
    let cases = BTreeMap::from([
        ("repos delete", vec![demo.as_str()]),
        ("repos tag delete", vec![demo, "v1"]),
        ("repos branch delete", vec![demo, "dev"]),
        ("spaces secrets delete", vec![app, "KEY"]),
        ("spaces variables delete", vec![app, "NAME"]),
        ("cache rm", vec![&cached]),
        ("cache prune", vec![]),
        ("admin users delete", vec!["bob"]),
        ("admin orgs delete", vec!["lab"]),
    ]);
    let deletions: Vec<String> = leaves(&place).into_iter().filter(|command| takes_away(command)).collect();
    assert_eq!(
        deletions.iter().map(String::as_str).collect::<std::collections::BTreeSet<_>>(),
        cases.keys().copied().collect()
    );
    let line = |command: &str, rest: &[&str], flags: &[&str]| -> Vec<String> {
        command
            .split(' ')
            .chain(rest.iter().copied())
            .chain(flags.iter().copied())
            .map(str::to_owned)
            .collect()
    };
    let run = |line: Vec<String>| place.run(&line.iter().map(String::as_str).collect::<Vec<_>>());
    for (command, rest) in &cases {
        let output = run(line(command, rest, &[]));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        assert!(said.contains('?') && said.contains("--yes"), "{command}: {said}");
    }
    // All is still there, so that it can be deleted now; the repository last.
    let mut order: Vec<_> = cases.iter().collect();
    order.sort_by_key(|(command, _)| (**command == "repos delete", **command == "cache rm"));
    for (command, rest) in order {
        let output = run(line(command, rest, &["--yes"]));
        assert!(output.status.success(), "{command}: {}", text(&output.stderr));
        assert!(!text(&output.stdout).contains("nothing to delete"), "{command}");
    }
}

#[test]
fn env_says_where_things_are_and_never_the_token() {
    let place = Place::new();
    let said = |flags: &[&str]| {
        let mut env = hub(place.home.path());
        env.arg("env").args(flags);
        env.env("HF_TOKEN", "hf_secret").env("HF_ENDPOINT", "http://box:8080").env("HF_HOME", "/data/hf");
        env.env("HTTPS_PROXY", "http://ada:password@proxy:3128")
            .env("NO_COLOR", "1")
            .env("HF_PRIVATE", "hf_other");
        let output = env.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let said = text(&output.stdout);
        for secret in ["hf_secret", "hf_other", "password"] {
            assert!(!said.contains(secret), "{said}");
        }
        said
    };
    let facts: serde_json::Value = serde_json::from_str(&said(&["--json"])).unwrap();
    assert_eq!(facts["endpoint"], "http://box:8080");
    assert_eq!(facts["cache_dir"], "/data/hf/hub");
    assert_eq!(facts["token_path"], "/data/hf/token");
    assert_eq!(facts["token"]["present"], true);
    assert_eq!(facts["token"]["source"], "the environment variable HF_TOKEN");
    assert_eq!(facts["environment"]["HTTPS_PROXY"], "http://***@proxy:3128");
    assert_eq!(facts["environment"]["HF_PRIVATE"], "(set)");
    let human = said(&[]);
    assert!(human.contains("endpoint     http://box:8080\n") && human.contains("NO_COLOR=1"), "{human}");
    let none = text(&hub(place.home.path()).arg("env").output().unwrap().stdout);
    assert!(none.contains("token        none\n"), "{none}");
}

#[test]
fn manual_pages_and_completions_know_every_command() {
    let place = Place::new();
    place.ok(&["man", "pages/man1"]);
    let leaves = leaves(&place);
    for leaf in &leaves {
        let page = place.home.path().join(format!("pages/man1/hub-{}.1", leaf.replace(' ', "-")));
        let page = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{leaf}: {error}"));
        assert!(page.contains("Example"), "{leaf}: {page}");
    }
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = place.ok(&["completions", shell]);
        for leaf in &leaves {
            let last = leaf.rsplit(' ').next().unwrap();
            assert!(script.contains(last), "{shell}: {leaf}");
        }
    }
}
