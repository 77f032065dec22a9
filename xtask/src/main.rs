//! What a script would do for this workspace: `cargo xtask <task>`.

// A task runner talks to a terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod book;
mod browser;
mod commands;
mod contract;
mod database;
mod debian;
mod deep;
mod deps;
mod dist;
mod interop;
mod layers;
mod man;
mod metadata;
mod npm;
mod page;
mod parity;
mod publish;
mod python;
mod release;
mod rows;
mod supply;
mod surface;
mod test;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

const HELP: &str = "\
usage: cargo xtask <task>

  test      what continuous integration runs: formatting, lints, layers, deps, rows, surface, supply-chain,
            oldest-compiler, other-systems, tests, database, features, packages, parity, documentation, book, interop, page;
            `test STEP...` runs some of them
  setup     installs with rustup what two of these steps use: the oldest compiler, and the standard libraries of other systems
  layers    which crate depends on which, and the invariants of docs/architecture.md
  deps      every dependency has its reason in docs/dependencies.md; number of crates
  rows      every fault of tests/rows.md has a test whose name begins with its number
  supply    licences, banned and weak packages, sources, unused dependencies, every set of features, the oldest
            compiler, other systems; installs pinned cargo-deny, cargo-shear and cargo-hack into target/tools
  publish   the packages as a registry would get them: complete, in order, and everything in them compiles; sends nothing
  surface   docs/public-api, which lists what each library makes public, says what the sources say; `surface --write` writes it
  release   `release VERSION` checks, tests, sets the version, dates the changelog, commits and tags; it sends nothing
  dist      builds `hub` as it is released, and packs it with its manual pages and a sha256 into target/releases;
            `dist --attach TAG` puts what is there on the draft of a release, with the program `gh`
  parity    every documented Python method and argument is there; docs/operations.md says what sends each operation
            that the Hub publishes, docs/command-parity.md what `hub` has of the official command line; with --write
            both are written anew
  man       writes the manual pages of `hub` into target/man, and its completions into target/completions
  interop   a real model and every documented method between this client, the embedded Hub and the official Python
            client, a pinned new version and 0.12.1; compares the requests that they send with the files in tests/parity, which
            `interop --record` writes
  compare   the same jobs by this client and the official one while responses are lost, late or wrong; writes
            docs/comparison-doubt.md
  book      builds the book of docs/ into target/book with mdBook, which it installs into target/tools, and checks its links
  page      a real Chromium in front of a real `hub serve`: does what a person does, and looks at every page, light, dark and narrow,
            with axe; pictures of all pages go to target/page, with `--write` those of docs/page.md too
  deep      the searches of docs/proof.md with large numbers, for hours; writes docs/proof-runs.md. `deep LANE` runs one:
            properties, server, operations, simulation, doubt, kills, soak, races, mutations, fuzz
  mutants   changes the code that decides most, one place at a time, and prints what no test notices
  bench     speed and memory of what is released; writes docs/benchmarks.md and .svg. `bench uploads`, `downloads`,
            `startup`, `transfers`, `reading` and `xet` measure one part again and leave the rest as it is. `bench server` measures
            `hub serve` with much in it and writes docs/benchmarks-server.md; with --quick it measures less and prints it
";

/// A task ends well, or with a message that says what to do.
type Outcome<T = ()> = Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test"] => test::run_all(),
        ["test", steps @ ..] => test::run_some(steps),
        ["setup"] => supply::setup(),
        ["surface"] => surface::run(),
        ["surface", "--write"] => surface::write(),
        ["dist"] => dist::run(),
        ["dist", "--attach", tag] => dist::attach(tag),
        ["release", version] => release::run(version),
        ["layers"] => layers::run(),
        ["deep"] => deep::run(None),
        ["deep", lane] => deep::run(Some(lane)),
        ["mutants"] => supply::mutants(),
        ["deps"] => deps::run(),
        ["rows"] => rows::run(),
        ["supply"] => supply::run(),
        ["publish"] => publish::run(),
        ["parity"] => parity::run(),
        ["parity", "--write"] => parity::write(),
        ["man"] => man::run(),
        ["interop"] => interop::run(),
        ["interop", "--record"] => interop::record(),
        ["compare"] => interop::compare(),
        ["book"] => book::run(),
        ["page"] => browser::run(),
        ["page", "--write"] => browser::write(),
        ["bench"] => bench::run(None),
        ["bench", "server"] => bench::serving::run(false),
        ["bench", "server", "--quick"] => bench::serving::run(true),
        ["bench", part] => bench::run(Some(part)),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        other => {
            eprint!("error: unknown task {:?}\n\n{HELP}", other.join(" "));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// The `cargo` that started this program.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    of_the_workspace(&mut command);
    command
}

/// Makes a command one about the whole workspace. What `cargo run` says of this package is not about what is built next: build scripts
/// that look at it would run again, and everything above them be compiled anew, at each change between `cargo xtask` and plain cargo.
fn of_the_workspace(command: &mut Command) {
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let told = name.to_string_lossy();
        if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// Runs a command with our own output, and fails if it fails.
fn execute(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| format!("cannot start {}: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", shown(command))) }
}

/// Runs a command and gives what it prints to stdout.
fn output(command: &mut Command) -> Outcome<String> {
    match printed(command)? {
        (true, text) => Ok(text),
        (false, _) => Err(format!("{} failed", shown(command))),
    }
}

/// Runs a command and gives whether it succeeded, and what it printed to stdout.
fn printed(command: &mut Command) -> Outcome<(bool, String)> {
    let output = command
        .stdout(Stdio::piped())
        .spawn()
        .and_then(Child::wait_with_output)
        .map_err(|error| format!("cannot start {}: {error}", shown(command)))?;
    let text = String::from_utf8(output.stdout)
        .map_err(|_| format!("{} printed something that is not UTF-8", shown(command)))?;
    Ok((output.status.success(), text))
}

fn shown(command: &Command) -> String {
    let mut text = Path::new(command.get_program())
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    format!("`{text}`")
}

fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Whether this runs in continuous integration, where a step that cannot run is a failure.
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes"))
}
