//! What a failed command says, and its exit code.

use hub_server::Fault;
use hub_tests::ADA;

use crate::{
    crash::Served,
    place::{Place, answering, hub, me, serve, text},
};

#[test]
fn each_failure_has_its_exit_code_and_one_line() {
    let place = Place::new();
    let demo = &format!("{}/demo", me(&place));
    let none = &format!("{}/none", me(&place));
    place.ok(&["repos", "create", demo]);
    let cases: [(&[&str], i32, &str); 12] = [
        (&["models", "info", "a//b"], 2, "a//b"),
        (&["models", "info", none], 3, none),
        (&["models", "info", demo, "--revision", "v9"], 3, "v9"),
        (&["download", demo, "none.txt", "--local-dir", "x"], 3, "none.txt"),
        (&["repos", "create", demo], 5, demo),
        (&["repos", "create", demo], 5, "--exist-ok"),
        (&["repos", "move", demo, "short"], 2, "not short"),
        (&["spaces", "settings", demo, "--sleep-time", "5", "--hardware", "none"], 3, demo),
        (&["repos", "create", "somebody-else/demo"], 4, "somebody-else"),
        (&["upload", demo, "no-such-folder", "."], 1, "no-such-folder"),
        (&["--token", "hf_wrong", "auth", "whoami"], 4, "token"),
        (&["repos", "delete", demo], 2, "--yes"),
    ];
    for (args, code, named) in cases {
        let stderr = place.fails(args, code);
        let errors: Vec<&str> = stderr.lines().filter(|line| !line.contains("WARN")).collect();
        assert!(
            matches!(errors.as_slice(), [error] if error.starts_with("hub: ") && error.contains(named)),
            "{args:?}: {stderr}"
        );
        assert!(!stderr.contains("hf_wrong"), "{stderr}");
    }
    assert!(!place.home.path().join("x/none.txt").exists());
}

#[test]
fn an_upload_that_cannot_be_creates_no_repository() {
    let place = Place::new();
    std::fs::create_dir(place.home.path().join("folder")).unwrap();
    std::fs::write(place.home.path().join("folder/a"), "1").unwrap();
    let cases: [(&[&str], i32, &str); 4] = [
        (&["upload", "new", "folder", "../out"], 2, ".."),
        (&["upload", "new", "folder/a", ".git/config"], 2, ".git"),
        (&["upload", "new", "folder/none"], 1, "folder/none"),
        (&["upload", "new"], 1, "new"),
    ];
    for (args, code, named) in cases {
        let stderr = place.fails(args, code);
        assert!(stderr.contains(named), "{args:?}: {stderr}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", place.home.path().join("folder/broken")).unwrap();
        assert!(place.fails(&["upload", "new", "folder", "."], 1).contains("broken"));
    }
    let id = format!("{}/new", me(&place));
    place.fails(&["models", "info", &id], 3);
}

#[test]
fn an_upload_of_no_file_is_warned_of_and_makes_no_repository() {
    let place = Place::new();
    let id = format!("{}/new", me(&place));
    let folder = place.home.path().join("lf");
    std::fs::create_dir_all(folder.join("empty")).unwrap();
    std::fs::write(folder.join("a.safetensors"), "1").unwrap();
    let typo = ["upload", "new", "lf", ".", "--include", "*.safetensor"];
    let said = place.fails(&typo, 3);
    assert!(said.contains("none of the files of lf match: nothing is uploaded"), "{said}");
    let said = place.fails(&["upload", "new", "lf/empty", "."], 3);
    assert!(said.contains("there is no file in lf/empty: nothing is uploaded"), "{said}");
    place.fails(&["models", "info", &id], 3);

    // In one that is there nothing has changed.
    place.ok(&["upload", "new", "lf", "."]);
    let output = place.run(&typo);
    let said = text(&output.stderr);
    assert!(output.status.success() && said.contains("none of the files of lf match"), "{said}");
    assert!(text(&output.stdout).contains("Nothing has changed"));
}

#[test]
fn what_cannot_be_a_revision_is_wrong_usage_and_nobody_is_asked() {
    let place = Place::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{free}");
    let long = "r".repeat(300);
    for revision in ["a..b", "~", "main^", "a b", "a:b", "x.lock", &long] {
        let lines: [&[&str]; 7] = [
            &["download", "ada/x", "--revision", revision],
            &["download", "ada/x", "a.txt", "--revision", revision],
            &["models", "info", "ada/x", "--revision", revision],
            &["models", "list", "ada/x", "--revision", revision],
            &["repos", "branch", "create", "ada/x", revision],
            &["repos", "tag", "create", "ada/x", revision],
            &["repos", "branch", "create", "ada/x", "dev", "--revision", revision],
        ];
        for line in lines {
            let output = hub(place.home.path()).args(["--endpoint", &nobody]).args(line).output().unwrap();
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{line:?}: {said}");
            assert!(said.contains("invalid revision") && !said.contains("drive"), "{line:?}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_which_nothing_is_known_fails_and_is_neither_missing_nor_forbidden() {
    for status in [403, 404, 412] {
        let served = hub_tests::hub();
        let (_server, url) = serve(&served).await;
        let place = Place::new();
        std::fs::write(place.home.path().join("a.txt"), "1").unwrap();
        served.fault(Fault::status(504).on("POST").path("/commit/").times(usize::MAX));
        served.fault(Fault::status(status).on("GET").path("/commits/").times(usize::MAX));
        let mut upload = hub(place.home.path());
        upload.args(["--endpoint", &url, "--token", ADA, "upload", "ada/demo", "a.txt"]);
        let output = tokio::task::spawn_blocking(move || upload.output().unwrap()).await.unwrap();
        let said = text(&output.stderr);
        assert!(said.contains("it is not known whether the commit"), "{status}: {said}");
        assert_eq!(output.status.code(), Some(1), "{status}: {said}");
    }
}

#[test]
fn an_address_that_others_can_reach_must_be_meant() {
    let place = Place::new();
    let output =
        hub(place.home.path()).args(["serve", "--listen", "0.0.0.0:0", "--data", "d"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--allow-remote"), "{}", text(&output.stderr));
    assert!(!place.home.path().join("d").exists());
}

#[test]
fn a_hub_that_is_not_there_is_a_network_failure() {
    let place = Place::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = hub(place.home.path())
        .args(["--endpoint", &format!("http://{free}"), "models", "info", "ada/demo"])
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains(&free.to_string()) && said.matches("(os error").count() == 1, "{said}");
    assert!(!said.contains("client error") && !said.contains("tcp connect"), "{said}");
}

#[test]
fn a_response_that_cannot_be_read_is_told_without_the_words_of_the_program() {
    let place = Place::new();
    let url = answering("200 OK", "[[]]");
    let lines: [&[&str]; 4] = [
        &["discussions", "create", "ada/demo", "--title", "A title"],
        &["discussions", "info", "ada/demo", "1"],
        &["models", "info", "ada/demo"],
        &["repos", "tag", "list", "ada/demo"],
    ];
    for line in lines {
        let mut command = hub(place.home.path());
        let output = command.args(["--endpoint", &url, "--token", ADA]).args(line).output().unwrap();
        let errors: Vec<String> =
            text(&output.stderr).lines().filter(|line| !line.contains("WARN")).map(str::to_owned).collect();
        let [said] = errors.as_slice() else { panic!("{line:?}: {errors:?}") };
        assert!(said.contains("ada/demo") && said.contains("not what was expected"), "{line:?}: {said}");
        for word in ["struct", "at line", "expected a ", "Response", "invalid type", "field"] {
            assert!(!said.contains(word), "{line:?}: {said}");
        }
        assert_eq!(output.status.code(), Some(1), "{line:?}: {said}");
    }
}

#[test]
fn a_taken_port_and_a_newer_data_folder_are_named() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output =
        hub(place.home.path()).args(["serve", "--listen", &address, "--data", "d1"]).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.starts_with("hub: ") && said.lines().count() == 1, "{said}");
    assert_eq!((said.matches(&address).count(), said.matches("cannot listen").count()), (1, 1), "{said}");
    assert!(!place.home.path().join("d1").exists(), "a folder was made for a server that cannot be");

    place.ok(&["auth", "whoami"]);
    std::fs::write(place.home.path().join("hub-data/version"), "999").unwrap();
    let stderr = place.fails(&["auth", "whoami"], 1);
    assert!(stderr.contains("999"), "{stderr}");
}

#[test]
fn wrong_usage_prints_usage_and_exits_with_2() {
    let place = Place::new();
    for args in [&["nonsense"][..], &["upload"], &["--format", "xml", "version"]] {
        assert_eq!(place.run(args).status.code(), Some(2), "{args:?}");
    }
    let either = place.fails(&["spaces", "settings", "ada/app"], 2);
    assert!(either.contains("--sleep-time") && either.contains("--hardware"), "{either}");
    assert!(place.ok(&["version"]).starts_with("hub "));
    assert!(place.ok(&["completions", "bash"]).contains("hub"));
}

#[test]
fn a_new_hub_without_users_says_so() {
    let place = Place::new();
    let home = place.home.path();
    let serve = || {
        Served::start_args(home, &["serve", "--listen", "127.0.0.1:0", "--data", "new"]).kill();
        std::fs::read_to_string(home.join("serve.log")).unwrap()
    };
    assert!(serve().contains("`hub admin users create`"));
    assert!(!serve().contains("`hub admin users create`"), "the folder is there already");
}

#[test]
fn the_key_of_secrets_is_where_it_was_named_and_asked_for_when_it_is_gone() {
    let place = Place::new();
    let home = place.home.path();
    let args = ["serve", "--listen", "127.0.0.1:0", "--data", "new", "--secret-key-file", "safe.key"];
    Served::start_args(home, &args).kill();
    assert_eq!(std::fs::read_to_string(home.join("safe.key")).unwrap().trim().len(), 64);
    assert!(!home.join("new/secret.key").exists());
    std::fs::remove_file(home.join("safe.key")).unwrap();
    let output = hub(home).args(args).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the key is not in safe.key: put that file back"), "{said}");
}
