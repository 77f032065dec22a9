//! Whom commands ask: `--network`, `--strict-origin`, and the variables beside them.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Output,
};

use crate::place::{Place, hub, me, text};

/// A repository with one file, which is in the cache.
fn downloaded(place: &Place) -> String {
    let id = format!("{}/demo", me(place));
    std::fs::write(place.home.path().join("a.txt"), "one").unwrap();
    place.ok(&["upload", &id, "a.txt"]);
    place.ok(&["download", &id, "a.txt"]);
    id
}

#[test]
fn offline_takes_what_is_here_and_asks_nothing() {
    let place = Place::new();
    let id = downloaded(&place);
    let offline = ["--network", "offline"];
    let path = place.ok(&[&["download", &id, "a.txt", "-q"], &offline[..]].concat());
    assert_eq!(std::fs::read_to_string(path.trim()).unwrap(), "one");
    place.fails(&[&["models", "info", &id], &offline[..]].concat(), 6);
    place.fails(&["--network", "sometimes", "version"], 2);

    let with = |name: &str, value: &str, flags: &[&str]| -> Output {
        let mut command = hub(place.home.path());
        command.args(["--endpoint", "local:hub-data", "models", "info", &id]).args(flags);
        command.env(name, value).output().unwrap()
    };
    assert_eq!(with("HUB_NETWORK", "offline", &[]).status.code(), Some(6));
    assert!(with("HUB_NETWORK", "offline", &["--network", "online"]).status.success());
    assert!(with("HUB_NETWORK", "", &[]).status.success());
    assert!(with("HF_HUB_OFFLINE", "1", &[]).status.success(), "local:DIR needs no network");
    let wrong = with("HUB_NETWORK", "sometimes", &[]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("HUB_NETWORK"), "{}", text(&wrong.stderr));
}

#[test]
fn a_command_that_prefers_the_cache_stays_at_the_commit_that_is_there() {
    let place = Place::new();
    let id = downloaded(&place);
    std::fs::write(place.home.path().join("a.txt"), "two").unwrap();
    place.ok(&["upload", &id, "a.txt"]);
    for (policy, content) in [("prefer-cache", "one"), ("online", "two"), ("prefer-cache", "two")] {
        let path = place.ok(&["download", &id, "a.txt", "-q", "--network", policy]);
        assert_eq!(std::fs::read_to_string(path.trim()).unwrap(), content, "{policy}");
    }
}

/// A server that sends everybody to `elsewhere.test`.
fn redirecting() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let response = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://elsewhere.test/x?sig=secret\r\n\
                          content-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(response.as_bytes());
        }
    });
    format!("http://{address}")
}

#[test]
fn a_host_that_is_not_listed_ends_the_command_with_6_and_is_named() {
    let place = Place::new();
    let endpoint = redirecting();
    let refused = |output: Output| {
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(6), "{stderr}");
        assert!(stderr.contains("elsewhere.test is not among the hosts"), "{stderr}");
        assert!(!stderr.contains("secret"), "{stderr}");
        stderr
    };
    let info = || {
        let mut command = hub(place.home.path());
        command.args(["--endpoint", &endpoint, "models", "info", "ada/demo"]);
        command
    };
    let flags = ["--strict-origin", "127.0.0.1", "--strict-origin", "*.example.org"];
    let stderr = refused(info().args(flags).env("HUB_LOG", "info").output().unwrap());
    let host = endpoint.trim_start_matches("http://");
    assert!(stderr.contains(&format!("contacted hosts=[\"{host}\"]")), "{stderr}");
    refused(info().env("HUB_STRICT_ORIGIN", "127.0.0.1,*.example.org").output().unwrap());
    assert_eq!(info().args(["--strict-origin", "https://x"]).output().unwrap().status.code(), Some(2));
}

#[test]
fn env_says_whom_commands_may_ask() {
    let place = Place::new();
    let said = place.ok(&["env", "--network", "prefer-cache", "--strict-origin", "cdn.example.org"]);
    assert!(said.contains("network      prefer-cache\nhosts        cdn.example.org\n"), "{said}");
    assert!(place.ok(&["env"]).contains("network      online\nhosts        all\n"));
}
