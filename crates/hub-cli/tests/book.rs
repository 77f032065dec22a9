//! The commands of the book do what the book shows.
//!
//! Each block of a chapter that is marked `console` is run, line by line, in the order of the chapter: in a folder with a
//! small `model`, with a Hub on a port and the token of the user `ada`. A command must succeed, unless the block goes on with
//! `$ echo $?` and another number. Each line that is shown must be printed, and where lines are shown, each line of stdout must be
//! shown: `[..]` stands for anything, and alone for any lines.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{fs, path::Path, process::Command};

use hub_server::{EmbeddedHub, Server, TokenRole};
use hub_tests::{ADA, book::model_folder};
use tokio::runtime::Runtime;

/// A command, the exit code that is shown, and the lines that it is said to print.
#[derive(Debug, PartialEq)]
struct Step {
    command: String,
    code: i32,
    shown: Vec<String>,
}

/// The commands in the `console` blocks of a chapter.
fn steps(chapter: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in chapter.split("\n```console\n").skip(1) {
        let mut lines = block.split("\n```").next().unwrap().lines();
        while let Some(line) = lines.next() {
            match line.strip_prefix("$ ") {
                Some("echo $?") => steps.last_mut().unwrap().code = lines.next().unwrap().parse().unwrap(),
                Some(command) => {
                    steps.push(Step { command: command.to_owned(), code: 0, shown: Vec::new() });
                }
                None => steps.last_mut().unwrap().shown.push(line.to_owned()),
            }
        }
    }
    steps
}

/// Whether a line is the one that is shown.
fn is_like(line: &str, shown: &str) -> bool {
    let mut parts = shown.split("[..]").collect::<Vec<_>>().into_iter();
    let Some(mut rest) = line.trim_end().strip_prefix(parts.next().unwrap()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

/// A line of the result that the chapter keeps to itself, where it shows any.
fn not_shown<'a>(result: &'a str, shown: &[String]) -> Option<&'a str> {
    let is_shown = |line: &&str| shown.is_empty() || shown.iter().any(|shown| is_like(line, shown));
    result.lines().find(|line| !is_shown(line))
}

/// Runs the commands of a chapter; gives how many there were.
fn run(chapter: &Path) -> usize {
    let home = model_folder_in_home();
    let runtime = Runtime::new().unwrap();
    let endpoint = serve(&runtime);
    let bin = Path::new(env!("CARGO_BIN_EXE_hub")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let steps = steps(&fs::read_to_string(chapter).unwrap());
    for Step { command, code, shown } in &steps {
        let output = Command::new("sh")
            .args(["-c", command])
            .env_clear()
            .envs([("PATH", path.as_str()), ("HF_ENDPOINT", &endpoint), ("HF_TOKEN", ADA)])
            .env("HOME", home.path())
            .current_dir(home.path())
            .output()
            .unwrap();
        let result = String::from_utf8(output.stdout.clone()).unwrap();
        let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let at = format!("{}: `{command}` printed:\n{printed}", chapter.display());
        assert_eq!(output.status.code(), Some(*code), "{at}");
        for line in shown {
            assert!(printed.lines().any(|printed| is_like(printed, line)), "{line:?} is not there; {at}");
        }
        if let Some(line) = not_shown(&result, shown) {
            panic!("{line:?} is not shown; {at}");
        }
    }
    steps.len()
}

/// Puts a Hub without repositories on a port for as long as the runtime is there; gives its address.
fn serve(runtime: &Runtime) -> String {
    let hub = EmbeddedHub::temporary().token("ada", ADA, TokenRole::Write).build().unwrap();
    let server = runtime.block_on(Server::bind(hub, "127.0.0.1:0")).unwrap();
    let endpoint = format!("http://{}", server.local_addr());
    runtime.spawn(server.run(std::future::pending()));
    endpoint
}

/// A home with the folder `model` that the book speaks of.
fn model_folder_in_home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::rename(model_folder().keep(), home.path().join("model")).unwrap();
    home
}

#[test]
fn the_commands_of_the_book_do_what_it_shows() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let chapters = fs::read_dir(docs).unwrap().map(|entry| entry.unwrap().path());
    let commands: usize =
        chapters.filter(|path| path.extension().is_some_and(|e| e == "md")).map(|path| run(&path)).sum();
    assert!(commands > 20, "only {commands} commands were found");
}

#[test]
fn a_block_is_read_as_commands_with_what_they_print() {
    let chapter =
        "text\n```console\n$ hub a\none\n[..]two\n$ hub b\n$ echo $?\n3\n```\nmore\n```sh\n$ hub c\n```\n";
    let step = |command: &str, code, shown: &[&str]| Step {
        command: command.to_owned(),
        code,
        shown: shown.iter().map(|&line| line.to_owned()).collect(),
    };
    assert_eq!(steps(chapter), [step("hub a", 0, &["one", "[..]two"]), step("hub b", 3, &[])]);
}

#[test]
fn a_shown_line_may_leave_out_parts() {
    assert!(is_like("commit 123 of main", "commit [..] of main"));
    assert!(is_like("done  ", "done") && is_like("https://x/abc", "https://[..]"));
    assert!(
        is_like("http://x/ada/commit/1", "[..]/ada/[..]/1") && !is_like("http://x/ada/1", "[..]/bob/[..]")
    );
    assert!(!is_like("commit 123 of dev", "commit [..] of main") && !is_like("done", "don"));
}

#[test]
fn a_result_of_which_a_part_is_shown_is_shown_whole() {
    let shown = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<String>>();
    let result = ".gitattributes\nREADME.md\n";
    assert_eq!(not_shown(result, &shown(&["README.md"])), Some(".gitattributes"));
    for whole in [&[".gitattributes", "README.md"][..], &["README.md", "[..]"], &[]] {
        assert_eq!(not_shown(result, &shown(whole)), None, "{whole:?}");
    }
}
