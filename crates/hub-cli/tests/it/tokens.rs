//! Logging in, and several tokens.

use crate::place::{Place, hub, text};

#[cfg(unix)]
#[test]
fn a_kept_token_is_private_and_forgotten_on_logout() {
    use std::{io::Write, os::unix::fs::PermissionsExt, process::Stdio};
    let place = Place::new();
    place.ok(&["auth", "whoami"]);
    let secret = std::fs::read_to_string(place.home.path().join("hub-data/token")).unwrap();
    let mut login = hub(place.home.path())
        .args(["--endpoint", "local:hub-data", "auth", "login", "--token-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    login.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
    let output = login.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(!text(&output.stdout).contains(secret.trim()));
    let kept = place.home.path().join(".cache/huggingface/token");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), secret.trim());
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    place.ok(&["auth", "logout"]);
    assert!(!kept.exists());
}

#[cfg(unix)]
#[test]
fn tokens_have_names_and_can_be_switched() {
    let place = Place::new();
    let kept = |name: &str| std::fs::read_to_string(place.home.path().join(".cache/huggingface").join(name));
    let own = place.ok(&["auth", "token"]).trim().to_owned();
    place.ok(&["--token", &own, "auth", "login"]);
    assert_eq!(kept("token").unwrap(), own);
    let name = place.ok(&["auth", "list", "--quiet"]).trim().to_owned();
    let other = "[other]\nhf_token = hf_other\n\n";
    let stored = kept("stored_tokens").unwrap() + other;
    std::fs::write(place.home.path().join(".cache/huggingface/stored_tokens"), stored).unwrap();

    assert_eq!(place.ok(&["auth", "switch", "--token-name", "other", "--quiet"]), "other\n");
    assert_eq!(kept("token").unwrap(), "hf_other");
    let listed = place.ok(&["auth", "list"]);
    assert!(listed.contains("*       other\n") && listed.contains(&format!("        {name}\n")), "{listed}");
    assert!(!listed.contains("hf_"), "{listed}");
    for command in ["switch", "logout"] {
        assert!(place.fails(&["auth", command, "--token-name", "nobody"], 1).contains("nobody"));
    }

    place.ok(&["auth", "logout", "--token-name", "other"]);
    assert!(kept("token").is_err());
    assert_eq!(place.ok(&["auth", "list", "--quiet"]).trim(), name);
    place.ok(&["auth", "logout"]);
    assert!(kept("stored_tokens").is_err());
}

#[cfg(unix)]
#[test]
fn a_login_gives_the_token_to_git_when_asked_and_a_logout_takes_it_back() {
    let place = Place::new();
    let own = place.ok(&["auth", "token"]).trim().to_owned();
    let passwords = place.home.path().join(".git-credentials");
    let stderr = place.fails(&["--token", &own, "auth", "login", "--add-to-git-credential"], 1);
    assert!(stderr.contains("credential.helper") && !stderr.contains(&own), "{stderr}");
    std::fs::write(place.home.path().join(".gitconfig"), "[credential]\nhelper = store\n").unwrap();
    place.ok(&["--token", &own, "auth", "login"]);
    assert!(!passwords.exists());
    place.ok(&["--token", &own, "auth", "login", "--add-to-git-credential"]);
    assert!(std::fs::read_to_string(&passwords).unwrap().contains(&own));
    place.ok(&["auth", "logout"]);
    assert_eq!(std::fs::read_to_string(&passwords).unwrap(), "");
}

#[test]
fn a_token_that_cannot_be_one_is_named_by_how_it_was_given() {
    use std::{io::Write, process::Stdio};
    let place = Place::new();
    let mut login = hub(place.home.path());
    login.args(["--endpoint", "local:hub-data", "auth", "login", "--token-stdin"]).stdin(Stdio::piped());
    let mut login = login.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    login.stdin.take().unwrap().write_all(b"hf_open sesame").unwrap();
    let output = login.wait_with_output().unwrap();
    let from_stdin = (output.status.code(), text(&output.stderr));
    let by_flag = place.fails(&["--token", "hf_open sesame", "auth", "login"], 4);
    let in_use = place.fails(&["--token", "hf_open sesame", "auth", "token"], 4);
    let asked = place.fails(&["--token", "hf_open sesame", "auth", "whoami"], 4);
    assert_eq!(from_stdin.0, Some(4));
    assert!(from_stdin.1.starts_with("hub: standard input does not hold a usable token"), "{}", from_stdin.1);
    for said in [&by_flag, &in_use, &asked] {
        assert!(said.contains("--token does not hold a usable token"), "{said}");
    }
    for said in [&from_stdin.1, &by_flag, &in_use, &asked] {
        assert!(!said.contains("sesame") && !said.contains("argument"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_token_file_that_cannot_be_read_has_one_exit_code_everywhere() {
    let place = Place::new();
    std::fs::create_dir(place.home.path().join("token")).unwrap();
    let lines: [&[&str]; 5] = [
        &["auth", "whoami"],
        &["auth", "token"],
        &["models", "info", "ada/demo"],
        &["upload", "ada/demo", "file"],
        &["auth", "logout"],
    ];
    std::fs::write(place.home.path().join("file"), "1").unwrap();
    for line in lines {
        let mut command = hub(place.home.path());
        command.args(["--endpoint", "http://127.0.0.1:1"]).args(line).env("HF_TOKEN_PATH", "token");
        let output = command.output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line:?}: {said}");
        assert!(said.contains("token file"), "{line:?}: {said}");
    }
}

/// A proxy that stands in for a Hub on another machine; gives what it is sent, request by request.
fn elsewhere() -> (String, std::sync::mpsc::Receiver<String>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut head) = (stream.unwrap(), Vec::new());
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                let mut more = [0; 4096];
                let read = stream.read(&mut more).unwrap();
                head.extend_from_slice(&more[..read]);
            }
            sender.send(text(&head)).unwrap();
            let refusal = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(refusal.as_bytes()).unwrap();
        }
    });
    (proxy, receiver)
}

#[test]
fn plain_http_to_another_machine_gets_the_token_with_the_flag_or_the_variable_only() {
    let home = tempfile::tempdir().unwrap();
    let (proxy, seen) = elsewhere();
    let whoami = |flags: &[&str], variable: &str| {
        let mut command = hub(home.path());
        command.args(["--endpoint", "http://hub.test", "auth", "whoami"]).args(flags);
        command.env("HF_TOKEN", "hf_canary").env("HTTP_PROXY", &proxy).env("HUB_ALLOW_HTTP_TOKEN", variable);
        let output = command.output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    for (flags, variable, sent) in
        [(&[][..], "", false), (&[], "0", false), (&["--allow-http-token"], "", true), (&[], "1", true)]
    {
        let (code, stderr) = whoami(flags, variable);
        assert_eq!(code, Some(4), "{stderr}");
        assert_eq!(seen.recv().unwrap().contains("hf_canary"), sent, "{flags:?} {variable:?}");
        assert_eq!(stderr.contains("allow it with --allow-http-token"), !sent, "{stderr}");
    }
    let (code, stderr) = whoami(&[], "perhaps");
    assert_eq!(code, Some(2));
    assert!(stderr.contains("HUB_ALLOW_HTTP_TOKEN"), "{stderr}");
}
