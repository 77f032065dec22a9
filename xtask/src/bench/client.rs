//! One run of a client against `hub serve`, and what several say together.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::server::Server;
use super::{Spread, Usage, mib, watch};
use crate::interop::official_client;
use crate::python::target_folder;
use crate::{Outcome, cargo, execute};

pub(super) const TOKEN: &str = "hf_ada_bench";

/// The clients, and a folder for what they move.
pub(super) struct Workplace {
    /// The released binary.
    pub(super) hub: PathBuf,
    /// The Python that has the newest official client.
    pub(super) python: PathBuf,
    pub(super) folder: PathBuf,
}

impl Workplace {
    /// Builds what is to be measured, and empties the folder.
    pub(super) fn new() -> Outcome<Self> {
        execute(cargo().args(["build", "--profile", "dist", "--package", "hub-cli", "--locked"]))?;
        let (hub, folder) = (target_folder()?.join("dist/hub"), target_folder()?.join("bench"));
        let new = Self { hub, python: official_client()?, folder };
        new.empty()?;
        Ok(new)
    }

    pub(super) fn empty(&self) -> Outcome {
        let fail = |error: std::io::Error| format!("cannot empty {}: {error}", self.folder.display());
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).map_err(fail)?;
        }
        fs::create_dir_all(&self.folder).map_err(fail)
    }

    pub(super) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// A client of the Hub at `url`, silent and with nothing that the other one has not.
    pub(super) fn client(&self, program: &Path, url: &str) -> Command {
        let mut command = Command::new(program);
        command.env("HF_ENDPOINT", url).env("HF_TOKEN", TOKEN).env("HF_HOME", self.home());
        for switch in ["XET", "TELEMETRY", "PROGRESS_BARS", "UPDATE_CHECK"] {
            command.env(format!("HF_HUB_DISABLE_{switch}"), "1");
        }
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        // What cannot be removed is only room on the disk.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The head of a table whose lines are those of [`Summary::row`].
pub(super) const HEAD: &str = "\
| job | hub, seconds | Python, seconds | share of Python's | to reach | hub, CPU s | Python, CPU s | hub, MiB | to reach | \
Python, MiB | server, CPU s |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
";

/// One run of one client.
pub(super) struct Run {
    pub(super) seconds: f64,
    pub(super) usage: Usage,
    /// Seconds of the server's processors meanwhile.
    pub(super) server: f64,
}

/// Runs a client, which says the seconds of its work itself if `says`.
pub(super) fn timed(mut command: Command, server: &Server, says: bool) -> Outcome<Run> {
    if says {
        command.stdout(Stdio::piped());
    }
    let before = server.cpu();
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("cannot start a client: {error}"))?;
    let output = child.stdout.take();
    let usage = watch(&mut child)?;
    let mut seconds = start.elapsed().as_secs_f64();
    if says {
        let mut line = String::new();
        if let Some(mut output) = output {
            output.read_to_string(&mut line).map_err(|error| format!("a client says nothing: {error}"))?;
        }
        let last = line.lines().last().unwrap_or_default();
        seconds = last.trim().parse().map_err(|_| format!("a client says {line:?}"))?;
    }
    Ok(Run { seconds, usage, server: server.cpu() - before })
}

/// What several runs say together.
pub(super) struct Summary {
    pub(super) wall: Spread,
    pub(super) cpu: f64,
    pub(super) memory: f64,
    pub(super) server: f64,
}

impl Summary {
    pub(super) fn of(runs: &[Run]) -> Self {
        let middle = |value: fn(&Run) -> f64| Spread::of(runs.iter().map(value).collect()).middle;
        Self {
            wall: Spread::of(runs.iter().map(|run| run.seconds).collect()),
            cpu: middle(|run| run.usage.cpu),
            memory: runs.iter().map(|run| mib(run.usage.memory)).fold(0.0, f64::max),
            server: middle(|run| run.server),
        }
    }

    /// A line of a table: this client against the official one.
    pub(super) fn row(&self, job: &str, python: &Self, share: f64, memory: Option<f64>) -> String {
        let memory = memory.map_or_else(String::new, |memory| format!("{memory:.0}"));
        format!(
            "| {job} | {} | {} | {:.3} | {share:.2} | {:.2} | {:.2} | {:.1} | {memory} | {:.1} | {:.2} |\n",
            self.wall.seconds(),
            python.wall.seconds(),
            self.wall.middle / python.wall.middle,
            self.cpu,
            python.cpu,
            self.memory,
            python.memory,
            self.server,
        )
    }
}

/// Makes a repository and gives its id.
pub(super) fn create_repo(server: &str, name: &str, parts: bool) -> Outcome<String> {
    let fail = |error: std::io::Error| format!("cannot make a repository: {error}");
    let url = server.trim_start_matches("http://");
    let parts = if parts { ",\"lfsmultipartthresh\":16777216" } else { "" };
    let body = format!("{{\"name\":\"{name}\"{parts}}}");
    let mut stream = TcpStream::connect(url).map_err(fail)?;
    write!(
        stream,
        "POST /api/repos/create HTTP/1.1\r\nhost: {url}\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .map_err(fail)?;
    let mut response = String::new();
    stream.read_to_string(&mut response).map_err(fail)?;
    let status = response.lines().next().unwrap_or_default();
    if status.contains(" 200 ") { Ok(format!("ada/{name}")) } else { Err(format!("no repository: {status}")) }
}
