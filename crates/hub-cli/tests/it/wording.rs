//! Failures speak of commands, flags and things: never of the methods and arguments of the library.

use std::{collections::BTreeSet, fs, path::Path};

use hub_server::Fault;
use hub_tests::{ADA, folder_with};
use serde_json::Value;

use crate::place::{Place, hub, me, serve, text};

/// Names of methods, and of their arguments, with a `_` in them: from the sources of the library.
fn names() -> BTreeSet<String> {
    fn collect(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, names);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            for after in source.split("pub fn ").chain(source.split("pub async fn ")).skip(1) {
                let name: String =
                    after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                if name.contains('_') {
                    names.insert(name);
                }
            }
            for after in source.split("NAME: &'static str = \"").skip(1) {
                names.extend(after.split('"').next().map(str::to_owned));
            }
        }
    }
    let mut names = BTreeSet::new();
    for library in ["hub-api", "hub-commit", "hub-download", "hub-endpoints", "hub-transport"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(library).join("src"), &mut names);
    }
    assert!(names.contains("exist_ok") && names.contains("list_repo_tree") && names.contains("whoami"));
    names
}

/// Words of the text that name a method or an argument. A file name, a flag's value or a field of JSON is none.
fn found<'a>(names: &BTreeSet<String>, said: &'a str) -> Vec<&'a str> {
    let words = said.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.contains('_') && names.contains(*word)).collect()
}

/// A value for a required argument of a command.
fn value_for(name: &str) -> &'static str {
    match name {
        "NUM" => "7",
        "SHELL" => "bash",
        "FOLDER" => "pages",
        "TARGETS" => "model/ada/none",
        "TARGET" => "hf://ada/none",
        "SOURCE" => "hf://ada/none/a.txt",
        "LOCAL_PATH" => "folder",
        "KEY" => "KEY",
        "FROM_ID" | "REPO_ID" | "SPACE_ID" => "ada/none",
        _ => "ada/other",
    }
}

/// What makes a command go on after its required arguments.
fn more(command: &str) -> &'static [&'static str] {
    match command {
        "auth login" => &["--token", "hf_wrong"],
        "auth switch" => &["--token-name", "nobody"],
        "upload" => &["folder", "."],
        "discussions create" => &["--title", "A title"],
        "discussions comment" | "discussions edit" => &["--body", "text"],
        "spaces secrets add" => &["-s", "KEY=1"],
        "spaces variables add" => &["-e", "KEY=1"],
        "spaces settings" => &["--hardware", "cpu-basic", "--sleep-time", "5"],
        "repos settings" => &["--private"],
        "admin orgs settings" => &["--private-by-default"],
        "spaces wait" => &["--timeout", "1"],
        _ => &[],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_failure_of_any_command_names_a_method_or_an_argument_of_one() {
    let names = names();
    let place = Place::new();
    let home = place.home.path();
    fs::create_dir(home.join("folder")).unwrap();
    fs::write(home.join("folder/a.txt"), "1").unwrap();
    let all: Value = serde_json::from_str(&place.ok(&["commands"])).unwrap();
    // A Hub that knows nothing of what is asked, some that refuse everything, and nobody asked.
    let mut situations: Vec<(String, Vec<&str>)> =
        vec![("http://127.0.0.1:1".to_owned(), vec!["--network", "offline"])];
    let mut servers = Vec::new();
    for status in [None, Some(400), Some(401), Some(403), Some(409)] {
        let served = hub_tests::hub();
        if let Some(status) = status {
            served.fault(Fault::status(status).times(usize::MAX));
        }
        let (server, url) = serve(&served).await;
        servers.push((served, server));
        situations.push((url, vec!["--token", ADA]));
    }
    let (mut failures, mut kinds) = (0, BTreeSet::new());
    for leaf in all.as_array().unwrap() {
        let command = leaf["command"].as_str().unwrap();
        if matches!(command, "serve" | "commands") {
            continue;
        }
        let mut line: Vec<&str> = command.split(' ').collect();
        for argument in leaf["arguments"].as_array().unwrap() {
            if argument["required"] == true {
                line.push(value_for(argument["name"].as_str().unwrap()));
            }
        }
        line.extend(more(command));
        if leaf["flags"].as_array().unwrap().iter().any(|flag| flag["names"][0] == "--yes") {
            line.push("--yes");
        }
        for (endpoint, flags) in &situations {
            let mut run = hub(home);
            run.args(["--endpoint", endpoint]).args(flags).args(&line);
            let output = tokio::task::spawn_blocking(move || run.output().unwrap()).await.unwrap();
            let said = text(&output.stderr);
            assert_eq!(found(&names, &said), [""; 0], "hub {line:?} {flags:?}: {said}");
            assert!(!said.contains("panicked"), "{line:?}: {said}");
            if !output.status.success() {
                failures += 1;
                kinds.insert(output.status.code());
            }
        }
    }
    assert!(failures > 150 && kinds.len() > 3, "only {failures} commands failed, with {kinds:?}");
    servers.iter().for_each(|(_, server)| server.abort());
}

#[test]
fn what_must_be_said_is_said_as_flags() {
    let names = names();
    let place = Place::new();
    let demo = &format!("{}/demo", me(&place));
    place.ok(&["repos", "create", demo]);
    let files = folder_with(&[("a", b"1")]);
    let folder = files.path().to_str().unwrap();
    let cases: [(&[&str], i32, &str); 8] = [
        (
            &["repos", "create", "app", "--type", "space"],
            2,
            "set --sdk to gradio, docker or static, or name a --template",
        ),
        (&["repos", "create", demo], 5, "--exist-ok takes the one that is there"),
        (&["repos", "settings", demo], 2, "must be given: --private, --public, --protected or --gated"),
        (&["repos", "move", demo, "short"], 2, "both names of a move are namespace/name"),
        (&["upload-large-folder", demo, folder, "--num-workers", "0"], 2, "--num-workers must be at least 1"),
        (&["upload-large-folder", demo, folder, "--files-per-commit", "0"], 2, "--files-per-commit must be"),
        (&["models", "list", &format!("{demo}-none")], 3, "demo-none"),
        (&["models", "info", demo, "--revision", "v9"], 3, "v9"),
    ];
    for (line, code, said) in cases {
        let stderr = place.fails(line, code);
        assert!(stderr.contains(said), "{line:?}: {stderr}");
        assert_eq!(found(&names, &stderr), [""; 0], "{line:?}: {stderr}");
    }
}

#[test]
fn a_warning_of_a_download_says_what_went_wrong_and_no_method() {
    let place = Place::new();
    let id = format!("{}/demo", me(&place));
    fs::write(place.home.path().join("a.txt"), "one").unwrap();
    place.ok(&["upload", &id, "a.txt"]);
    place.ok(&["download", &id, "a.txt"]);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut download = hub(place.home.path());
    download.args(["--endpoint", &format!("http://{free}"), "download", &id, "a.txt"]);
    let output = download.output().unwrap();
    let said = text(&output.stderr);
    assert!(
        output.status.success() && said.contains("is taken as it was when the Hub was last asked"),
        "{said}"
    );
    assert_eq!(found(&names(), &said), [""; 0], "{said}");
}

#[test]
fn whoever_types_a_command_that_is_elsewhere_is_told_where() {
    let place = Place::new();
    for (line, said) in [
        ("help", "Type `hub --help`."),
        ("help upload", "Type `hub upload --help`."),
        ("login", "Type `hub auth login`."),
        ("whoami", "Type `hub auth whoami`."),
        ("tag list ada/demo", "Type `hub repos tag`."),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let stderr = place.fails(&words, 2);
        assert!(stderr.ends_with(&format!("{said}\n")), "{line}: {stderr}");
    }
}
