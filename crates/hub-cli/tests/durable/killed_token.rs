//! The command line, killed instead of each change that it makes to the kept tokens.

use std::{fs, path::Path, process::Command};

use hub_server::Server;
use hub_tests::{ADA, BOB};

use crate::{
    disk::{image_of, write},
    place::hub,
    recorder::{kill_at, watch},
};

/// The names under which the tokens of `ada` and `bob` are kept: the Hub has given them none.
const NAMES: [&str; 2] = ["token-8654e4d8", "token-2f559861"];

/// What is kept under a home, as the next command sees it: the token in use, if there is one, and the list of names.
fn kept(home: &Path, what: &str) -> (Option<String>, String) {
    let run = |words: &[&str]| hub(home).arg("auth").args(words).output().unwrap();
    let (token, list) = (run(&["token"]), run(&["list"]));
    let said = String::from_utf8_lossy(&list.stderr).into_owned();
    assert!(list.status.success(), "{what}: the list cannot be read: {said}");
    let token = token.status.success().then(|| String::from_utf8(token.stdout).unwrap().trim().to_owned());
    (token, String::from_utf8(list.stdout).unwrap())
}

fn command(home: &Path, url: &str, words: &[&str], token: Option<&str>) -> Command {
    let mut command = hub(home);
    command.args(["--endpoint", url, "auth"]).args(words);
    if let Some(token) = token {
        let input = home.with_extension("input");
        fs::write(&input, token).unwrap();
        command.stdin(fs::File::open(input).unwrap());
    }
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn f86_a_command_that_is_killed_at_any_change_leaves_the_old_tokens_or_the_new_ones() {
    let server = Server::bind(hub_tests::hub(), "127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", server.local_addr());
    tokio::spawn(server.run(std::future::pending()));
    tokio::task::spawn_blocking(move || every_command(&url)).await.unwrap();
}

fn every_command(url: &str) {
    let place = tempfile::tempdir().unwrap();
    let place = place.path().canonicalize().unwrap();
    let login = ["login", "--force", "--token-stdin"];
    let mut kills = 0;
    // What was done before, the command that is killed, and its input.
    let rows: [(&[&str], &[&str], Option<&str>); 5] = [
        (&[], &login, Some(ADA)),
        (&[BOB], &login, Some(ADA)),
        (&[BOB, ADA], &["logout"], None),
        (&[BOB, ADA], &["logout", "--token-name", NAMES[0]], None),
        (&[BOB, ADA], &["switch", "--token-name", NAMES[1]], None),
    ];
    for (row, (before, words, input)) in rows.into_iter().enumerate() {
        let start = place.join(format!("{row}-start"));
        fs::create_dir(&start).unwrap();
        for token in before {
            assert!(command(&start, url, &login, Some(token)).status().unwrap().success());
        }
        let image = image_of(&start);
        let done = place.join(format!("{row}-done"));
        write(&image, &done);
        let output = command(&done, url, words, input).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        let (old, new) = (kept(&start, "before"), kept(&done, "after"));
        assert_ne!(old, new, "{words:?} changes nothing");
        for number in 1.. {
            let what = format!("{words:?} killed at change {number}");
            let home = place.join(format!("{row}-{number}"));
            write(&image, &home);
            let mut killed = command(&home, url, words, input);
            watch(&mut killed, &home, &place.join("log"));
            kill_at(&mut killed, number);
            let status = killed.output().unwrap().status;
            let (token, list) = kept(&home, &what);
            assert!(token == old.0 || token == new.0, "{what}: {token:?}");
            for name in NAMES {
                let has = |list: &str| list.contains(name);
                let lost = has(&old.1) && has(&new.1) && !has(&list);
                assert!(!lost, "{what}: the token {name} is lost: {list}");
            }
            if status.success() {
                break;
            }
            kills += 1;
            let again = command(&home, url, words, input).output().unwrap();
            let again_said = String::from_utf8_lossy(&again.stderr).into_owned();
            assert!(again.status.success() || words[0] == "logout", "{what}, then again: {again_said}");
            assert_eq!(kept(&home, &what), new, "{what}, then again");
        }
    }
    println!("{kills} kills");
    assert!(kills >= 30, "only {kills} kills");
}
