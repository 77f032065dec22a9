//! The store of the server on PostgreSQL: the tests that run on SQLite, run on an engine that is started for them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{Outcome, cargo, debian, execute, in_ci, output, root};

/// Tests over HTTP that ask most of the database, by the beginning of their names; those of the store itself run all.
const OVER_HTTP: [&str; 6] = ["commit::", "discussions::", "git::", "likes::", "search::", "xet::"];

pub(crate) fn run() -> Outcome {
    let programs = match programs() {
        Ok(programs) => programs,
        Err(reason) if in_ci() => {
            return Err(format!("{reason}; with CI set, the store must run on PostgreSQL"));
        }
        Err(reason) => {
            println!("skipped: database, because {reason}");
            return Ok(());
        }
    };
    let tests = tests()?;
    let engine = Engine::start(&programs)?;
    for (test, names) in [(&tests.unit, &[][..]), (&tests.http, &OVER_HTTP[..])] {
        let mut command = Command::new(test);
        command.arg("--quiet").args(names).current_dir(root().join("crates/hub-server"));
        execute(command.env("HUB_TEST_POSTGRES", &engine.url))?;
    }
    Ok(())
}

/// The folder with `initdb` and `pg_ctl`, which Debian has in no search path.
fn programs() -> Outcome<PathBuf> {
    match found() {
        Some(folder) => Ok(folder),
        None if in_ci() => {
            debian::install(&["postgresql"])?;
            found().ok_or_else(|| "the PostgreSQL of the distribution is not where it should be".into())
        }
        None => Err("there is no initdb (on Debian: install postgresql)".into()),
    }
}

fn found() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders
        .into_iter()
        .rev()
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("initdb").is_file())
}

/// The test programs of the server, as the whole workspace builds them.
struct Tests {
    unit: PathBuf,
    http: PathBuf,
}

fn tests() -> Outcome<Tests> {
    let built =
        output(cargo().args(["test", "--workspace", "--locked", "--no-run", "--message-format", "json"]))?;
    let messages: Vec<Value> = built.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let program = |kind: &str, name: &str| -> Outcome<PathBuf> {
        let at = |message: &Value, place: &str| message.pointer(place).cloned().unwrap_or_default();
        let is_it = |message: &&Value| {
            let kinds = at(message, "/target/kind");
            at(message, "/target/name") == name
                && kinds.as_array().is_some_and(|kinds| kinds.iter().any(|found| found == kind))
                && at(message, "/profile/test") == true
                && at(message, "/manifest_path")
                    .as_str()
                    .is_some_and(|path| path.ends_with("hub-server/Cargo.toml"))
        };
        let message = messages.iter().find(is_it).ok_or_else(|| format!("hub-server has no tests {name}"))?;
        at(message, "/executable").as_str().map(PathBuf::from).ok_or_else(|| format!("{name} is no program"))
    };
    Ok(Tests { unit: program("lib", "hub_server")?, http: program("test", "it")? })
}

/// A PostgreSQL of its own, which goes when this is dropped.
struct Engine {
    programs: PathBuf,
    folder: tempfile::TempDir,
    url: String,
}

impl Engine {
    fn start(programs: &Path) -> Outcome<Self> {
        let folder = tempfile::tempdir().map_err(|error| format!("no folder for the database: {error}"))?;
        // Taken by nobody now; the engine says so if somebody is faster.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| format!("no port for the database: {error}"))?
            .port();
        let url = format!("postgres://hub@127.0.0.1:{port}/postgres");
        let engine = Self { programs: programs.to_owned(), folder, url };
        if debian::is_root() {
            execute(Command::new("chown").arg("postgres").arg(engine.folder.path()))?;
        }
        execute(engine.command("initdb").args(["--auth", "trust", "--username", "hub", "--no-sync"]))?;
        // It holds nothing that is worth a wait for the disk. Every test has connections of its own.
        let options = format!(
            "-p {port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=500 -c max_pred_locks_per_transaction=256"
        );
        let log = engine.folder.path().join("log");
        execute(
            engine
                .command("pg_ctl")
                .args(["start", "--silent", "--wait", "--options", &options, "--log"])
                .arg(log),
        )?;
        Ok(engine)
    }

    /// A program of PostgreSQL, which refuses to be run by root.
    fn command(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if debian::is_root() {
            let mut command = Command::new("runuser");
            command.args(["--user", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/").arg("--pgdata").arg(self.folder.path().join("data"));
        command
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Err(error) = execute(self.command("pg_ctl").args(["stop", "--silent", "--mode", "immediate"]))
        {
            eprintln!("the database was not stopped: {error}");
        }
    }
}
