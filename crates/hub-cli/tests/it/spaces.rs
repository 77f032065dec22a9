//! `hub spaces`, and that no command is without a test.

use hub_tests::folder_with;

use crate::command_line::{Place, hub, me};

fn with_space() -> (Place, String) {
    let place = Place::new();
    place.ok(&[
        "repos",
        "create",
        "app",
        "--repo-type",
        "space",
        "--sdk",
        "gradio",
        "-s",
        "KEY=1",
        "-e",
        "MODE=demo",
    ]);
    let id = format!("{}/app", me(&place));
    let app = folder_with(&[("app.py", b"print('hello')")]);
    place.ok(&["upload", &id, app.path().to_str().unwrap(), ".", "--repo-type", "space"]);
    (place, id)
}

#[test]
fn a_space_is_looked_at() {
    let (place, id) = with_space();
    assert!(place.ok(&["spaces", "info", &id]).starts_with(&format!("space {id}")));
    assert!(place.ok(&["spaces", "card", &id]).contains("sdk: gradio"));
    assert!(place.ok(&["spaces", "hardware", "--quiet"]).contains("cpu-basic"));
    assert_eq!(place.ok(&["spaces", "wait", &id, "--timeout", "20", "--quiet"]).trim(), "RUNNING");
}

#[test]
fn settings_of_a_space_are_made_with_it_and_changed() {
    let (place, id) = with_space();
    assert_eq!(place.ok(&["spaces", "secrets", "list", &id, "--quiet"]), "KEY\n");
    assert_eq!(place.ok(&["spaces", "variables", "list", &id]), "MODE=demo\n");
    place.ok(&["spaces", "secrets", "add", &id, "--secrets", "OTHER=2"]);
    place.ok(&["spaces", "variables", "add", &id, "--env", "MODE=fast"]);
    place.fails(&["spaces", "secrets", "add", &id], 2);
    place.fails(&["spaces", "secrets", "delete", &id, "KEY"], 2);
    place.ok(&["spaces", "secrets", "delete", &id, "KEY", "--yes"]);
    assert_eq!(place.ok(&["spaces", "secrets", "list", &id, "--quiet"]), "OTHER\n");
    assert_eq!(place.ok(&["spaces", "variables", "list", &id]), "MODE=fast\n");
    place.ok(&["spaces", "variables", "delete", &id, "MODE", "--yes"]);
    assert_eq!(place.ok(&["spaces", "variables", "list", &id]), "");
}

#[test]
fn a_space_is_paused_restarted_and_moved_to_other_hardware() {
    let (place, id) = with_space();
    assert_eq!(place.ok(&["spaces", "pause", &id, "--quiet"]).trim(), "PAUSED");
    place.ok(&["spaces", "restart", &id, "--factory-reboot"]);
    place.ok(&["spaces", "settings", &id, "--hardware", "t4-small", "--sleep-time", "3600"]);
    place.fails(&["spaces", "settings", &id], 2);
    place.ok(&["spaces", "dev-mode", &id]);
    place.ok(&["spaces", "dev-mode", &id, "--stop"]);
}

#[test]
fn discussions_are_renamed_edited_and_closed() {
    let place = Place::new();
    place.ok(&["repos", "create", "demo"]);
    let id = &format!("{}/demo", me(&place));
    place.ok(&["discussions", "create", id, "--title", "A question", "--body", "Why?"]);
    place.ok(&["discussions", "rename", id, "1", "A better title"]);
    let info: serde_json::Value =
        serde_json::from_str(&place.ok(&["discussions", "info", id, "1", "--json"])).unwrap();
    let comment = info["events"].as_array().unwrap().iter().find(|event| event["type"] == "comment").unwrap();
    place.ok(&["discussions", "edit", id, "1", comment["id"].as_str().unwrap(), "--body", "Why not?"]);
    place.fails(&["discussions", "close", id, "1"], 2);
    place.ok(&["discussions", "close", id, "1", "--yes"]);
    let info = place.ok(&["discussions", "info", id, "1"]);
    assert!(
        info.contains("A better title") && info.contains("Why not?") && info.contains("closed"),
        "{info}"
    );
}

/// The sources of these tests: a command counts as tested where its words stand in a row.
const TESTS: [&str; 9] = [
    include_str!("auth.rs"),
    include_str!("cache_verify.rs"),
    include_str!("command_line.rs"),
    include_str!("commands.rs"),
    include_str!("crash.rs"),
    include_str!("download_dry_run.rs"),
    include_str!("killed_download.rs"),
    include_str!("killed_upload.rs"),
    include_str!("spaces.rs"),
];

#[test]
fn every_command_is_run_by_a_test() {
    let place = Place::new();
    let output = hub(place.home.path()).args(["commands", "--json"]).output().unwrap();
    let commands: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let run = |words: &str| TESTS.iter().any(|test| test.contains(words));
    let untested: Vec<&str> = commands
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|command| command["command"].as_str())
        .filter(|name| !run(&format!("\"{}\"", name.replace(' ', "\", \""))))
        .collect();
    assert!(untested.is_empty(), "{untested:?}");
}
