//! Every example does its job, as a program, over an embedded Hub on a port.
//!
//! `cargo test -p hub-examples` builds the programs first; with `--test examples` it would run those that were built before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use hub_api::{ErrorKind, HfApi};
use hub_server::{EmbeddedHub, Server};
use hub_tests::{ADA, BOB, book::model_folder};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A Hub with the model `ada/demo` on a port, and a home for the programs that use it.
struct Place {
    hub: EmbeddedHub,
    endpoint: String,
    home: TempDir,
    _runtime: Runtime,
}

impl Place {
    fn new() -> Self {
        let hub = hub_tests::hub();
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(Server::bind(hub.clone(), "127.0.0.1:0")).unwrap();
        let endpoint = format!("http://{}", server.local_addr());
        runtime.spawn(server.run(std::future::pending()));
        Self { hub, endpoint, home: tempfile::tempdir().unwrap(), _runtime: runtime }
    }

    /// The program of an example, with nothing of this machine's environment but what it needs.
    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut program = Command::new(built(name));
        program.args(arguments).env_clear().current_dir(self.home.path());
        program
            .envs([("HF_ENDPOINT", self.endpoint.as_str()), ("HF_TOKEN", ADA)])
            .env("HOME", self.home.path());
        program
    }

    /// Runs an example, which must succeed; gives what it prints.
    fn run(&self, name: &str, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.program(name, arguments).output().unwrap();
        assert!(status.success(), "{name}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    fn api(&self) -> hub_api::BlockingHfApi {
        HfApi::builder().endpoint(&self.endpoint).token(ADA).build_blocking().unwrap()
    }

    fn files(&self, repo: &str) -> Vec<String> {
        self.api().list_repo_files(repo).send().unwrap()
    }
}

/// Where cargo puts an example that it builds for this test.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().unwrap().parent().unwrap().join("examples");
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{name} is not built: run `cargo test -p hub-examples`");
    path
}

#[test]
fn upload_folder_uploads_all_but_the_notes() {
    let (place, model) = (Place::new(), model_folder());
    let folder = model.path().to_str().unwrap();
    let printed = place.run("upload_folder", &["ada/new", folder]);
    assert!(printed.contains("/ada/new/commit/"), "{printed}");
    assert_eq!(place.files("ada/new"), [".gitattributes", "README.md", "config.json", "weights/model.bin"]);
    let again = place.run("upload_folder", &["ada/new", folder]);
    assert!(again.starts_with("nothing has changed"), "{again}");
}

#[test]
fn release_model_publishes_once_and_proposes_where_it_may_not_write() {
    let (place, model) = (Place::new(), model_folder());
    let arguments = ["ada/new", model.path().to_str().unwrap(), "v1"];
    let printed = place.run("release_model", &arguments);
    assert!(printed.starts_with("v1 is ") && printed.contains("models--ada--new"), "{printed}");
    let again = place.program("release_model", &arguments).output().unwrap();
    let told = String::from_utf8(again.stderr).unwrap();
    assert!(!again.status.success() && told.contains("has a release v1"), "{told}");
    assert_eq!(place.api().list_repo_commits("ada/new").iter().count(), 2, "nothing is committed for it");

    let bob = place.program("release_model", &["ada/new", arguments[1], "v2"]).env("HF_TOKEN", BOB).output();
    let told = String::from_utf8(bob.unwrap().stderr).unwrap();
    assert!(told.contains("proposed: ") && told.contains("/ada/new/discussions/1"), "{told}");
}

#[test]
fn upload_large_folder_makes_several_commits_and_goes_on_where_it_was() {
    let (place, model) = (Place::new(), model_folder());
    let folder = model.path().to_str().unwrap();
    let printed = place.run("upload_large_folder", &["ada/demo", folder]);
    assert_eq!(printed, "4 files, 0 of them unchanged, 2 commits\n");
    let again = place.run("upload_large_folder", &["ada/demo", folder]);
    assert_eq!(again, "4 files, 4 of them unchanged, 0 commits\n");
}

#[test]
fn model_weights_counts_parameters() {
    let place = Place::new();
    place.api().upload_file(hub_tests::book::weights(), "model.safetensors", "ada/demo").send().unwrap();
    let printed = place.run("model_weights", &["ada/demo"]);
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines[..2], ["6 parameters of F16", "2 parameters of F32"]);
    assert_eq!(lines[2], "          12 bytes  weight [2, 3] in model.safetensors");
}

#[test]
fn download_snapshot_keeps_what_matches_in_the_cache() {
    let place = Place::new();
    place.api().upload_file(&b"{}"[..], "config.json", "ada/demo").send().unwrap();
    place.api().upload_file(&b"x"[..], "x.txt", "ada/demo").send().unwrap();
    let printed = place.run("download_snapshot", &["ada/demo", "*.json"]);
    let folder = PathBuf::from(printed.trim());
    assert!(folder.starts_with(place.home.path().join(".cache/huggingface/hub/models--ada--demo")));
    assert_eq!(hub_tests::files_in(&folder).into_keys().collect::<Vec<_>>(), ["config.json"]);
}

#[test]
fn search_models_finds_by_name() {
    let place = Place::new();
    assert_eq!(place.run("search_models", &["dem"]), "ada/demo (0 likes)\n");
    assert_eq!(place.run("search_models", &["nothing"]), "");
}

#[test]
fn create_commit_does_all_of_it_at_once() {
    let place = Place::new();
    let printed = place.run("create_commit", &["ada/new"]);
    assert!(printed.ends_with("\n.gitattributes\nREADME.md\nconfig.json\n"), "{printed}");
    assert_eq!(place.api().list_repo_commits("ada/new").all().unwrap().len(), 3);
}

#[test]
fn pull_request_is_merged() {
    let place = Place::new();
    let printed = place.run("pull_request", &["ada/demo"]);
    assert!(printed.starts_with("#1 Add the licence\n") && printed.contains("+MIT"), "{printed}");
    assert!(printed.contains("ada: Looks good.") && printed.ends_with("merged\n"), "{printed}");
    assert_eq!(place.files("ada/demo"), [".gitattributes", "LICENSE"]);
}

#[test]
fn branches_and_tags_leave_the_tag() {
    let place = Place::new();
    let printed = place.run("branches_and_tags", &["ada/demo"]);
    assert!(printed.contains("branch experiment at ") && printed.contains("tag v1 at "), "{printed}");
    let refs = place.api().list_repo_refs("ada/demo").send().unwrap();
    assert_eq!((refs.branches.len(), refs.tags.len()), (1, 1));
}

#[test]
fn manage_space_runs_and_pauses_it() {
    let place = Place::new();
    let printed = place.run("manage_space", &["ada/app"]);
    assert!(printed.starts_with("MODE=fast\nAPI_KEY is a secret\n"), "{printed}");
    assert!(printed.ends_with("RUNNING\nPAUSED\n") && !printed.contains("s3cr3t"), "{printed}");
}

#[test]
fn whoami_shows_no_token() {
    let place = Place::new();
    let printed = place.run("whoami", &[]);
    assert!(
        printed.starts_with("the token is from the environment\nI am ada on http://127.0.0.1:"),
        "{printed}"
    );
    assert!(printed.contains("401") && !printed.contains(ADA), "{printed}");
}

#[test]
fn progress_comes_to_an_end() {
    let (place, model) = (Place::new(), model_folder());
    let folder = model.path().to_str().unwrap();
    let printed = place.run("progress", &["ada/new", folder, "400000"]);
    assert!(printed.starts_with("4 files, ") && printed.contains("weights/model.bin: 100 %"), "{printed}");
    assert!(printed.contains("committing") && printed.ends_with("done\n"), "{printed}");
}

#[test]
fn retry_policy_reads_the_error_of_a_server_that_stays_down() {
    let place = Place::new();
    assert!(place.run("retry_policy", &["ada/demo"]).starts_with("ada/demo is at "));
    place
        .hub
        .fault(hub_server::Fault::status(429).header("retry-after", "900").on("GET").path("/api/models/"));
    let printed = place.run("retry_policy", &["ada/demo"]);
    assert!(printed.contains("worth trying later: true\nafter: Some(900s)\n"), "{printed}");
}

#[test]
fn test_with_embedded_hub_needs_no_hub_but_its_own() {
    assert_eq!(Place::new().run("test_with_embedded_hub", &[]), "two reports, two commits\n");
}

#[test]
fn types_server_answers_the_client() {
    let place = Place::new();
    let mut server = place.program("types_server", &["127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let endpoint = line.trim().strip_prefix("listening on ").unwrap();
    let api = HfApi::builder().endpoint(endpoint).token("hf_any").build_blocking().unwrap();

    let me = api.whoami().send().map(|me| me.name);
    let anonymous = api.whoami().no_token().send().map_err(|error| error.kind());
    let weights = hub_tests::noise(5, 300_000);
    let added = api.upload_file(weights.clone(), "weights.bin", "ada/answer").send();
    let second = api.upload_file(&b"notes"[..], "notes/a.txt", "ada/answer").send();
    let stale = api.delete_file("weights.bin", "ada/answer").parent_commit("0".repeat(40)).send();
    let read = api.read_file("ada/answer", "weights.bin").range(1_000..2_000).send().map(|mut file| {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map(|_| bytes)
    });
    let model = api.model_info("ada/answer").send();
    let missing = api.model_info("ada/other").send().map_err(|error| error.kind());
    let files = api.list_repo_files("ada/other").send().map_err(|error| error.is_not_found());
    server.kill().unwrap();
    server.wait().unwrap();

    assert_eq!(me.unwrap(), "ada");
    assert_eq!(anonymous.unwrap_err(), Some(ErrorKind::Unauthorized));
    let model = model.unwrap();
    assert_eq!((model.likes, model.siblings.map(|files| files.len())), (Some(42), Some(2)));
    assert_eq!(model.sha.unwrap(), second.unwrap().oid);
    assert_eq!((added.unwrap().created, stale.unwrap_err().is_conflict()), (true, true));
    assert!(read.unwrap().unwrap() == weights[1_000..2_000]);
    assert_eq!(missing.unwrap_err(), Some(ErrorKind::RepoNotFound));
    assert!(files.unwrap_err());
    assert!(!include_str!("../types_server.rs").contains("hub_api"), "a server needs hub-types alone");
}

#[test]
fn reqwest_inner_carries_everything() {
    let place = Place::new();
    assert_eq!(place.run("reqwest_inner", &["ada/demo"]), "ada: sent by reqwest\n");
    let latest = place.api().list_repo_commits("ada/demo").iter().next().unwrap().unwrap();
    assert_eq!(latest.title, "Upload weights.bin with hub");
}

#[test]
fn a_tape_answers_without_the_hub_and_holds_no_secret() {
    let place = Place::new();
    place.api().upload_file(hub_tests::noise(1, 50_000), "weights.bin", "ada/demo").send().unwrap();
    let recorded = place.run("record_and_replay", &["record", "tape.jsonl", "ada/demo"]);
    assert!(recorded.contains("weights.bin: 50000 bytes"), "{recorded}");

    // From here on the Hub is of no use.
    for method in ["GET", "HEAD", "POST"] {
        place.hub.fault(hub_server::Fault::status(500).on(method).path("/").times(1_000));
    }
    assert_eq!(place.run("record_and_replay", &["replay", "tape.jsonl", "ada/demo"]), recorded);
    let other = place.program("record_and_replay", &["replay", "tape.jsonl", "ada/other"]).output().unwrap();
    assert!(String::from_utf8_lossy(&other.stderr).contains("the tape has no response to GET"));

    let tape = fs::read_to_string(place.home.path().join("tape.jsonl")).unwrap();
    assert!(tape.contains("signature=hidden"), "a signed address is on the tape, without its signature");
    assert!(!tape.contains(ADA) && !tape.to_lowercase().contains("authorization"));
}

#[test]
fn every_example_is_listed_and_run() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let (list, tests) = (fs::read_to_string(folder.join("README.md")).unwrap(), include_str!("examples.rs"));
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.extension().is_some_and(|extension| extension == "rs") || path.join("main.rs").exists() {
            assert!(list.contains(&format!("[{name}](")), "{name} is not in the README");
            assert!(tests.contains(&format!("\"{name}\", &[")), "no test runs {name}");
        }
    }
}
