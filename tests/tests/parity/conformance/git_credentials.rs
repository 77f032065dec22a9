//! The token in git's credential helper. It belongs to the user and is found through the environment, so each test runs once
//! more as a program of its own whose home is a temporary folder.

use std::path::Path;
use std::process::Command;

/// Where the program that is started again finds its home.
const HOME: &str = "HOME";
/// Set for the program that is started again.
const INSIDE: &str = "HUB_TESTS_OWN_HOME";

/// What git's helper keeps, read by the same program.
fn kept() -> String {
    let home = std::env::var(HOME).unwrap();
    std::fs::read_to_string(Path::new(&home).join(".git-credentials")).unwrap_or_default()
}

/// Runs the test at `path` again in a home of its own with git's helper `store`; true in the program that is run.
fn in_own_home(path: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let (_crate, name) = path.split_once("::").unwrap();
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config");
    std::fs::write(&config, "[credential]\nhelper = store\n").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, "1")
        .env(HOME, home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env("GIT_CONFIG_GLOBAL", &config)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}{said}");
    for (_, line) in printed.lines().filter_map(|line| line.split_once("parity: ")) {
        println!("parity: {line}");
    }
    false
}

macro_rules! set_access_token {
    ($api:ident, $run:ident) => {{
        $run!($api.set_access_token(token = "hf_given"));
        assert_eq!(kept(), "http://hf_user:hf_given@hub.localhost\n");
        assert_eq!($run!($api.whoami()).name, "bob", "the token of the client stays");
    }};
}

macro_rules! unset_access_token {
    ($api:ident, $run:ident) => {{
        $run!($api.set_access_token(token = "hf_given"));
        $run!($api.unset_access_token());
        assert_eq!(kept(), "");
    }};
}

both_ways! { when in_own_home; set_access_token unset_access_token }
