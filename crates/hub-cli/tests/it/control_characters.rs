//! Names and texts from a Hub, which may hold anything, on a terminal and in a pipe.

use crate::place::{Place, answering, hub, me, text};

const FILES: &str = r#"[{"type": "file", "oid": "1", "size": 1, "path": "a\nb\u001b[2J.txt"},
                        {"type": "directory", "oid": "2", "size": 0, "path": "d\re"}]"#;

#[test]
fn a_name_stays_on_its_line_and_is_otherwise_what_it_is_in_a_pipe() {
    let place = Place::new();
    let url = answering("200 OK", FILES);
    let listed = |flags: &[&str]| {
        let mut list = hub(place.home.path());
        let output =
            list.args(["--endpoint", &url, "models", "list", "ada/demo"]).args(flags).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(listed(&["--quiet"]), "a\\nb\u{1b}[2J.txt\nd\\re\n");
    assert_eq!(listed(&["--tree", "--quiet"]), "a\\nb\u{1b}[2J.txt\nd\\re\n");
    assert_eq!(listed(&["--tree"]), "├── a\\nb\u{1b}[2J.txt  1\n└── d\\re\n");
    assert_eq!(listed(&["-R"]), "             1  a\\nb\u{1b}[2J.txt\n                d\\re/\n");
    let json: serde_json::Value = serde_json::from_str(&listed(&["--json"])).unwrap();
    assert_eq!(json[0]["path"], "a\nb\u{1b}[2J.txt");
}

/// What `hub` writes to a terminal, which makes a line end of it two characters.
#[cfg(target_os = "linux")]
fn on_a_terminal(place: &Place, endpoint: &str, args: &str) -> String {
    let line = format!("{} --endpoint {endpoint} {args}", env!("CARGO_BIN_EXE_hub"));
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).stdin(std::process::Stdio::null());
    script.env_clear().env("HOME", place.home.path()).env("USER", "ada").env("PATH", "/usr/bin:/bin");
    let output = script.current_dir(place.home.path()).output().expect("script, of util-linux");
    assert!(output.status.success(), "{args}: {}", text(&output.stdout));
    text(&output.stdout)
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_is_given_no_orders_by_names_and_texts() {
    let place = Place::new();
    let demo = format!("{}/demo", me(&place));
    let card = "# A\u{1b}[2J\r\n\ttext\n";
    std::fs::write(place.home.path().join("README.md"), card).unwrap();
    place.ok(&["upload", &demo, "README.md"]);
    let body = "one\u{1b}]0;title\u{7}\ntwo\u{9b}2J";
    place.ok(&["discussions", "create", &demo, "--title", "A title", "--body", body]);
    let url = answering("200 OK", FILES);
    let local = "local:hub-data";
    for (endpoint, args, shown) in [
        (&url[..], "models list ada/demo -R", "a\\nb\\u{1b}[2J.txt"),
        (&url, "models list ada/demo --tree", "a\\nb\\u{1b}[2J.txt"),
        (&url, "models list ada/demo -q", "a\\nb\\u{1b}[2J.txt"),
        (local, &format!("models card {demo}"), "# A\\u{1b}[2J"),
        (local, &format!("models card {demo} -q"), "\ttext"),
        (local, &format!("discussions info {demo} 1"), "one\\u{1b}]0;title\\u{7}"),
        (local, &format!("discussions info {demo} 1"), "    two\\u{9b}2J"),
    ] {
        let said = on_a_terminal(&place, endpoint, args);
        let orders = |c: char| c.is_control() && !matches!(c, '\r' | '\n' | '\t');
        assert!(said.contains(shown) && !said.contains(orders), "{args}: {said:?}");
    }
    assert_eq!(place.run(&["models", "card", &demo]).stdout, card.as_bytes());
    assert!(text(&place.run(&["discussions", "info", &demo, "1"]).stdout).contains("two\u{9b}2J"));
}
