//! Where results and warnings go: a reader that has gone away, a full device, and a closed stderr.

use std::{
    fs::{File, OpenOptions},
    process::{Command, Output, Stdio},
};

use hub_tests::folder_with;

use crate::place::{Place, hub, me, text};

/// Commands that print something, one of each way of printing.
fn printing(place: &Place) -> Vec<Vec<String>> {
    let id = format!("{}/demo", me(place));
    let folder = folder_with(&[("README.md", b"---\nlicense: mit\n---\n# Demo\n"), ("d/a.txt", b"1")]);
    place.ok(&["upload", &id, folder.path().to_str().unwrap(), "."]);
    place.ok(&["download", &id, "d/a.txt"]);
    place.ok(&["repos", "tag", "create", &id, "v1"]);
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mut all: Vec<Vec<String>> = [
        "--help",
        "repos create --help",
        "--version",
        "version",
        "version --json",
        "version -q",
        "env",
        "commands",
        "completions bash",
        "completions zsh",
        "man pages",
        "models list",
        "models list -q",
        "models list --json",
        "spaces hardware",
        "cache list",
        "auth whoami",
        "auth token",
    ]
    .map(words)
    .into();
    for line in ["models card", "models info", "models list", "models list --tree", "repos tag list"] {
        all.push(words(&format!("{line} {id}")));
    }
    for line in ["ls -R hf://ID", "find hf://ID", "cat hf://ID/d/a.txt", "models info hf://ID"] {
        all.push(words(&line.replace("ID", &id)));
    }
    all
}

fn run(place: &Place, words: &[String], stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Output {
    let mut command = hub(place.home.path());
    command.args(["--endpoint", "local:hub-data"]).args(words).stdout(stdout).stderr(stderr);
    command.output().unwrap()
}

#[cfg(unix)]
#[test]
fn every_command_ends_quietly_when_nobody_reads_its_result() {
    let place = Place::new();
    for words in printing(&place) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = run(&place, &words, writer, Stdio::piped());
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{words:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_command_fails_with_one_line_when_the_device_is_full() {
    let place = Place::new();
    for words in printing(&place) {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = run(&place, &words, full, Stdio::piped());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        let is_told = said.starts_with("hub: cannot write the result to stdout: ");
        assert!(is_told && said.lines().count() == 1, "{words:?}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_stderr_changes_no_exit_code() {
    let place = Place::new();
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    for (line, code) in [
        ("nonsense", 2),
        ("models info a//b", 2),
        ("repos delete ada/none", 2),
        ("--token hf_wrong auth whoami", 4),
        ("spaces list", 0),
        ("cache list", 0),
    ] {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        assert_eq!(run(&place, &words, Stdio::null(), full()).status.code(), Some(code), "{line}");
    }
    // A warning and a summary.
    File::create(place.home.path().join("a.txt")).unwrap();
    let words = ["upload", "demo", "a.txt"].map(str::to_owned);
    assert_eq!(run(&place, &words, Stdio::null(), full()).status.code(), Some(0));
}

/// A limit of the shell on the size of files is told like a full disk.
#[cfg(unix)]
#[test]
fn a_file_beyond_the_limit_of_the_shell_is_an_error_that_is_told() {
    let place = Place::new();
    let id = format!("{}/large", me(&place));
    let folder = folder_with(&[("w.bin", &vec![1; 3_000_000])]);
    place.ok(&["upload", &id, folder.path().to_str().unwrap(), "."]);
    let script = format!(
        "ulimit -f 1000; exec '{}' --endpoint local:hub-data --no-xet download {id} w.bin --local-dir out",
        env!("CARGO_BIN_EXE_hub")
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).env_clear().env("HOME", place.home.path()).env("USER", "ada");
    let output = shell.current_dir(place.home.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("hub: "), "{output:?}");
}

/// What a shell does with `hub completions bash | head -1`.
#[cfg(unix)]
#[test]
fn the_first_line_of_a_completion_script_can_be_had_alone() {
    let place = Place::new();
    let bin = env!("CARGO_BIN_EXE_hub");
    let script = format!("set -o pipefail 2>/dev/null; '{bin}' completions bash | head -1");
    let output = Command::new("bash").args(["-c", &script]).current_dir(place.home.path()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!((text(&output.stdout).lines().count(), text(&output.stderr).as_str()), (1, ""));
}

/// Nothing but one module writes to the standard streams, so that all of this holds for what comes later too.
#[test]
fn one_module_writes_to_stdout_and_stderr() {
    fn look(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                look(&path, found);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let writes = ["println!", "print!(", "io::stdout().lock", "io::stdout().write", "exit(0)"];
            if writes.iter().any(|word| source.contains(word)) && !path.ends_with("console.rs") {
                found.push(path.display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    look(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert_eq!(found, [""; 0]);
}
