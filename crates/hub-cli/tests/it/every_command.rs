//! Every command is run, and prints the JSON that docs/command-line.md says.

use std::collections::{BTreeMap, BTreeSet};

use hub_tests::{folder_with, noise};
use serde_json::Value;

use crate::place::{Place, me, text};

/// Commands that are tested elsewhere, because they do not end or print no JSON.
const ELSEWHERE: [&str; 3] = ["cat", "completions", "serve"];

/// What is said of the JSON of a command.
#[derive(Debug)]
struct Documented {
    is_list: bool,
    fields: Vec<String>,
}

/// The table of docs/command-line.md, by commands.
fn documented() -> BTreeMap<String, Documented> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/command-line.md");
    let page = std::fs::read_to_string(page).unwrap();
    let table = page.split("\n## What JSON is printed\n").nth(1).unwrap();
    let in_quotes = |text: &str| -> Vec<String> {
        text.split('`').skip(1).step_by(2).map(|word| word.to_owned()).collect()
    };
    let mut all = BTreeMap::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = row.split(" | ");
        let (commands, shape, fields) = (cells.next().unwrap(), cells.next().unwrap(), cells.next().unwrap());
        for command in in_quotes(commands) {
            let old = all.insert(command, Documented { is_list: shape == "list", fields: in_quotes(fields) });
            assert!(old.is_none(), "{row}");
        }
    }
    all
}

/// Commands as the program lists them.
pub(crate) fn leaves(place: &Place) -> Vec<String> {
    let all: Value = serde_json::from_str(&place.ok(&["commands"])).unwrap();
    let shown = all.as_array().unwrap().iter().filter(|leaf| leaf["hidden"] == false);
    shown.map(|leaf| leaf["command"].as_str().unwrap().to_owned()).collect()
}

/// Runs commands and compares what they print with the page.
struct Checked<'a> {
    place: &'a Place,
    leaves: Vec<String>,
    documented: BTreeMap<String, Documented>,
    run: BTreeSet<String>,
}

impl Checked<'_> {
    /// Runs a command; a list must not be empty, so that its fields are seen.
    fn run(&mut self, line: &[&str]) -> Value {
        let output = self.place.run(&[line, &["--format", "json"]].concat());
        assert!(output.status.success(), "{line:?}: {}", text(&output.stderr));
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let words = line.join(" ");
        let command = self
            .leaves
            .iter()
            .find(|leaf| words == **leaf || words.starts_with(&format!("{leaf} ")))
            .unwrap_or_else(|| panic!("{line:?} is none of the commands"));
        let documented = self
            .documented
            .get(command)
            .unwrap_or_else(|| panic!("`{command}` is not on the page: {value:#}"));
        let items = match value.as_array() {
            Some(items) => items.clone(),
            None => vec![value.clone()],
        };
        assert_eq!(value.is_array(), documented.is_list, "{command}: {value:#}");
        assert!(!items.is_empty(), "{command} printed an empty list");
        for (item, field) in
            items.iter().flat_map(|item| documented.fields.iter().map(move |field| (item, field)))
        {
            assert!(item.get(field).is_some(), "`{command}` has no {field}: {item:#}");
        }
        self.run.insert(command.clone());
        value
    }
}

#[test]
fn every_command_prints_the_json_that_is_documented() {
    let place = Place::new();
    let leaves = leaves(&place);
    let mut hub = Checked { place: &place, leaves, documented: documented(), run: BTreeSet::new() };
    let me = me(&place);
    let (demo, data, app) = (&format!("{me}/demo"), &format!("{me}/data"), &format!("{me}/app"));
    let weights =
        b"\x38\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}      ab";
    let folder = folder_with(&[
        ("README.md", b"---\nlicense: mit\n---\n# Demo\n"),
        ("w.bin", &noise(1, 20_000)),
        ("model.safetensors", weights),
    ]);
    let files = folder.path().to_str().unwrap();

    hub.run(&["version"]);
    hub.run(&["env"]);
    hub.run(&["man", "pages"]);
    accounts(&mut hub);
    repositories(&mut hub, demo, data, files);
    files_at(&mut hub, demo);
    discussions(&mut hub, demo);
    spaces(&mut hub, app, files);

    hub.run(&["download", demo, "README.md"]);
    hub.run(&["download", demo]);
    hub.run(&["cache", "list"]);
    hub.run(&["cache", "prune", "--dry-run"]);
    hub.run(&["cache", "verify", demo]);
    hub.run(&["cache", "rm", &format!("model/{demo}"), "--yes"]);
    hub.run(&["repos", "delete", data, "--type", "dataset", "--yes"]);
    administration(&mut hub, demo);

    let all: BTreeSet<String> = hub.leaves.iter().cloned().collect();
    let elsewhere: BTreeSet<String> = ELSEWHERE.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(
        all.difference(&hub.run).cloned().collect::<BTreeSet<_>>(),
        elsewhere,
        "commands that were not run"
    );
    let documented: BTreeSet<String> = hub.documented.keys().cloned().collect();
    assert_eq!(documented, hub.run, "commands on the page, and those that were run");
}

fn accounts(hub: &mut Checked<'_>) {
    let own = hub.run(&["auth", "token"]);
    let own = own["token"].as_str().unwrap();
    let login = hub.run(&["auth", "login", "--token", own]);
    hub.run(&["auth", "list"]);
    hub.run(&["auth", "switch", "--token-name", login["token_name"].as_str().unwrap()]);
    hub.run(&["auth", "whoami"]);
    hub.run(&["auth", "logout"]);
}

fn administration(hub: &mut Checked<'_>, demo: &str) {
    hub.run(&["admin", "users", "create", "bob", "--fullname", "Bob"]);
    hub.run(&["admin", "users", "list"]);
    hub.run(&["admin", "users", "disable", "bob"]);
    hub.run(&["admin", "users", "enable", "bob"]);
    hub.run(&["admin", "orgs", "create", "lab"]);
    hub.run(&["admin", "orgs", "list"]);
    hub.run(&["admin", "orgs", "members", "set", "lab", "bob", "--role", "write"]);
    hub.run(&["admin", "orgs", "members", "list", "lab"]);
    hub.run(&["admin", "orgs", "members", "remove", "lab", "bob"]);
    hub.run(&["admin", "orgs", "settings", "lab", "--private-by-default"]);
    hub.run(&["admin", "orgs", "delete", "lab", "--yes"]);
    hub.run(&["admin", "tokens", "create", "bob", "laptop", "--valid-for", "90d"]);
    hub.run(&["admin", "tokens", "list", "bob"]);
    hub.run(&["admin", "tokens", "revoke", "bob", "laptop", "--yes"]);
    hub.run(&["admin", "users", "delete", "bob", "--yes"]);
    hub.run(&["admin", "repos", "list"]);
    hub.run(&["admin", "repos", "disable", demo]);
    hub.run(&["admin", "repos", "enable", demo]);
    hub.run(&["admin", "quota", &me(hub.place), "--set", "50GB"]);
    let checked = hub.run(&["admin", "fsck"]);
    assert_eq!(checked["problems"], serde_json::json!([]));
    let collected = hub.run(&["admin", "gc"]);
    assert_eq!(collected["failures"], serde_json::json!([]));
    hub.run(&["admin", "backup", "copy"]);
    hub.run(&["admin", "restore", "copy", "--data", "restored"]);
}

fn repositories(hub: &mut Checked<'_>, demo: &str, data: &str, files: &str) {
    hub.run(&["repos", "create", demo]);
    hub.run(&["upload", demo, files, "."]);
    hub.run(&["upload-large-folder", data, files, "--type", "dataset"]);
    hub.run(&["repos", "settings", demo, "--gated", "auto"]);
    hub.run(&["repos", "settings", demo, "--gated", "false"]);
    hub.run(&["repos", "duplicate", demo, "copy"]);
    let copy = demo.replace("demo", "copy");
    hub.run(&["repos", "delete-files", &copy, "*.bin"]);
    hub.run(&["repos", "move", &copy, &demo.replace("demo", "moved")]);
    hub.run(&["repos", "list"]);
    hub.run(&["repos", "branch", "create", demo, "dev"]);
    hub.run(&["repos", "branch", "delete", demo, "dev", "--yes"]);
    hub.run(&["repos", "tag", "create", demo, "v1"]);
    hub.run(&["repos", "tag", "list", demo]);
    hub.run(&["repos", "tag", "delete", demo, "v1", "--yes"]);
    hub.run(&["models", "info", demo]);
    hub.run(&["models", "card", demo]);
    hub.run(&["models", "list"]);
    hub.run(&["models", "weights", demo]);
    hub.run(&["models", "tensors", demo]);
    hub.run(&["datasets", "info", data]);
    hub.run(&["datasets", "card", data]);
    hub.run(&["datasets", "list"]);
}

fn files_at(hub: &mut Checked<'_>, id: &str) {
    let at = |path: &str| format!("hf://{id}/{path}");
    hub.run(&["cp", &at("README.md"), &at("copies/a.md")]);
    hub.run(&["repos", "cp", &at("README.md"), &at("copies/b.md")]);
    hub.run(&["ls", &at("copies")]);
    hub.run(&["find", &at("")]);
    hub.run(&["cp", &at("README.md"), "here.md"]);
    hub.run(&["rm", "-r", &at("copies"), "--dry-run"]);
    hub.run(&["rm", "-r", &at("copies")]);
    hub.run(&["rm", "here.md"]);
}

fn discussions(hub: &mut Checked<'_>, id: &str) {
    hub.run(&["discussions", "create", id, "--title", "Question"]);
    let comment = hub.run(&["discussions", "comment", id, "1", "--body", "text"]);
    hub.run(&["discussions", "edit", id, "1", comment["id"].as_str().unwrap(), "--body", "other"]);
    hub.run(&["discussions", "rename", id, "1", "Response"]);
    hub.run(&["discussions", "close", id, "1", "--yes"]);
    hub.run(&["discussions", "reopen", id, "1", "--yes"]);
    hub.run(&["discussions", "list", id]);
    hub.run(&["discussions", "info", id, "1"]);
    std::fs::write(hub.place.home.path().join("more.txt"), "more\n").unwrap();
    hub.run(&["upload", id, "more.txt", "--create-pr"]);
    hub.run(&["discussions", "diff", id, "2"]);
    hub.place.run(&["discussions", "reopen", id, "2", "--yes"]);
    hub.run(&["discussions", "merge", id, "2", "--yes"]);
}

fn spaces(hub: &mut Checked<'_>, id: &str, files: &str) {
    hub.run(&["upload", id, files, ".", "--type", "space"]);
    std::fs::write(hub.place.home.path().join("app.py"), "print()\n").unwrap();
    hub.run(&["upload", id, "app.py", "--type", "space"]);
    hub.run(&["spaces", "hardware"]);
    std::fs::write(hub.place.home.path().join("README.md"), "---\ntags: [template]\n---\n").unwrap();
    hub.run(&["upload", id, "README.md", "--type", "space"]);
    hub.run(&["spaces", "templates"]);
    hub.run(&["repos", "create", "begun", "--type", "space", "--template", id]);
    hub.run(&["spaces", "info", id]);
    hub.run(&["spaces", "card", id]);
    hub.run(&["spaces", "list"]);
    hub.run(&["spaces", "secrets", "add", id, "-s", "KEY=1"]);
    hub.run(&["spaces", "secrets", "list", id]);
    hub.run(&["spaces", "secrets", "delete", id, "KEY", "--yes"]);
    hub.run(&["spaces", "variables", "add", id, "-e", "KEY=1"]);
    hub.run(&["spaces", "variables", "list", id]);
    hub.run(&["spaces", "variables", "delete", id, "KEY", "--yes"]);
    hub.run(&["spaces", "wait", id, "--timeout", "60"]);
    hub.run(&["spaces", "settings", id, "--hardware", "t4-small"]);
    hub.run(&["spaces", "dev-mode", id]);
    hub.run(&["spaces", "pause", id]);
    hub.run(&["spaces", "restart", id]);
}
