//! `hub repos`, and looking for repositories.

use hub_tests::folder_with;

use crate::place::{Place, me, text};

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
    let head = place.ok(&["models", "list"]).lines().next().map(str::to_owned).unwrap();
    assert_eq!(head.split_whitespace().collect::<Vec<_>>(), ["ID", "CREATED", "LIKES", "TAGS"]);
    let none = place.run(&["spaces", "list"]);
    assert!(none.stdout.is_empty() && text(&none.stderr).contains("nothing to list"), "{none:?}");
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
    place.ok(&["repos", "branch", "delete", demo, "dev/x", "-y"]);
    place.fails(&["repos", "branch", "delete", demo, "dev/x", "--yes"], 3);
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
fn repositories_are_copied_listed_and_cleared_of_files() {
    let place = Place::new();
    let me = me(&place);
    let (demo, copy) = (format!("{me}/demo"), format!("{me}/copy"));
    let files = folder_with(&[("a.tmp", b"1"), ("b/c.tmp", b"2"), ("b/d.txt", b"3"), ("logs/x", b"4")]);
    place.ok(&["upload", "demo", files.path().to_str().unwrap(), ".", "--private"]);
    let url = place.ok(&["repos", "duplicate", &demo, &copy, "--public"]);
    assert!(url.trim().ends_with(&copy), "{url}");
    place.ok(&["repos", "create", "data", "--type", "dataset"]);
    let listed = |args: &[&str]| {
        let all = [&["repos", "list", "--quiet"], args].concat();
        let mut lines: Vec<String> = place.ok(&all).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let data = format!("{me}/data");
    assert_eq!(listed(&[]), [copy.as_str(), &data, &demo]);
    assert_eq!(listed(&["--type", "dataset"]), [data.as_str()]);
    assert_eq!(listed(&["--search", "dem", "--namespace", &me]), [demo.as_str()]);
    assert_eq!(listed(&["--namespace", "nobody"]), [""; 0]);

    let tree = place.ok(&["models", "ls", &demo, "--tree", "-R", "-h"]);
    assert!(
        tree.contains("├── b\n│   ├── c.tmp  1 B\n│   └── d.txt  1 B\n└── logs\n    └── x  1 B\n"),
        "{tree}"
    );
    place.ok(&["repos", "delete-files", &demo, "*.tmp", "logs/", "--commit-message", "Clear"]);
    assert_eq!(place.ok(&["models", "ls", &demo, "-R", "-q"]), ".gitattributes\nb\nb/d.txt\n");
    assert_eq!(place.ok(&["models", "ls", &copy, "-R", "-q"]).lines().count(), 7);
    assert!(place.fails(&["repos", "delete-files", &demo, "*.tmp"], 3).contains("*.tmp"));
}

#[test]
fn a_space_is_made_with_hardware_secrets_and_variables() {
    let place = Place::new();
    let id = &format!("{}/app", me(&place));
    let made = ["repos", "create", id, "--type", "space", "--sdk", "gradio", "-s", "KEY=1", "-e", "LEVEL=3"];
    place.ok(&[&made[..], &["--flavor", "t4-small", "--sleep-time", "60"]].concat());
    assert_eq!(place.ok(&["spaces", "secrets", "list", id, "-q"]), "KEY\n");
    assert_eq!(place.ok(&["spaces", "variables", "list", id]), "KEY    VALUE\nLEVEL  3\n");
    let copy = ["repos", "duplicate", id, "copy", "--type", "space", "-e", "LEVEL=4"];
    place.ok(&copy);
    let copy = id.replace("app", "copy");
    assert_eq!(place.ok(&["spaces", "variables", "list", &copy]), "KEY    VALUE\nLEVEL  4\n");
    assert!(place.fails(&["repos", "create", "model", "-e", "A=1"], 2).contains("--repo-type space"));
    place.fails(&["spaces", "secrets", "add", id], 2);
}

#[test]
fn a_card_is_shown_whole_or_in_parts() {
    let place = Place::new();
    let card = folder_with(&[("README.md", b"---\nlicense: mit\n---\n# Demo\n")]);
    place.ok(&["upload", "demo", card.path().to_str().unwrap(), "."]);
    let id = &format!("{}/demo", me(&place));
    let shown = |flags: &[&str]| place.ok(&[&["models", "card", id], flags].concat());
    assert_eq!(shown(&[]), "---\nlicense: mit\n---\n# Demo\n");
    assert_eq!(shown(&["--metadata"]), "license: mit\n");
    assert_eq!(shown(&["--text"]), "# Demo\n");
    place.ok(&["repos", "create", "bare"]);
    place.fails(&["models", "card", &id.replace("demo", "bare")], 3);
}

#[test]
fn who_sees_a_new_repository_can_be_said() {
    let place = Place::new();
    let id = |name: &str| format!("{}/{name}", me(&place));
    let is_private = |name: &str| {
        let info = place.ok(&["models", "info", &id(name), "--json"]);
        serde_json::from_str::<serde_json::Value>(&info).unwrap()["private"] == true
    };
    place.ok(&["repos", "create", "hidden", "--private", "--region", "eu", "--resource-group-id", "g"]);
    place.ok(&["repos", "duplicate", &id("hidden"), "copy", "--public", "--resource-group-id", "g"]);
    assert!(is_private("hidden") && !is_private("copy"));
    assert!(place.fails(&["repos", "create", "new", "--protected"], 2).contains("--repo-type space"));
    place.fails(&["repos", "create", "new", "--protected", "--public"], 2);
    place.fails(&["repos", "create", "new", "--region", "moon"], 2);
    let space = ["repos", "create", "app", "--type", "space", "--sdk", "static", "--protected"];
    let refused = place.fails(&space, 1);
    assert!(refused.contains("on this hub, not \"protected\""), "{refused}");
}
