//! Downloads into an empty cache, against the newest Python client, on one `hub serve` in one run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::RUNS;
use super::client::{Run, Summary, TOKEN, create_repo, timed};
use super::content::Content;
use super::server::Server;
use crate::interop::{newest_client, target_folder};
use crate::{Outcome, cargo, execute, root};

struct Job {
    name: &'static str,
    content: Content,
    /// Whether the server waits 50 ms before every answer.
    late: bool,
    /// What it must not exceed: the share of Python's time, and MiB.
    share: f64,
    memory: Option<f64>,
}

const JOBS: [Job; 3] = [
    Job {
        name: "e. 1 GiB in LFS, sha256 checked",
        content: Content::File(1024),
        late: false,
        share: 0.45,
        memory: Some(20.0),
    },
    Job {
        name: "e. snapshot of 2,000 files of 1 to 8 KiB",
        content: Content::Small(2_000),
        late: false,
        share: 0.04,
        memory: Some(24.0),
    },
    Job {
        name: "e. the same, 50 ms on every answer",
        content: Content::Small(2_000),
        late: true,
        share: 0.20,
        memory: None,
    },
];

pub(super) fn measure() -> Outcome<String> {
    execute(cargo().args(["build", "--release", "--package", "hub-cli", "--locked"]))?;
    let place = target_folder()?.join("bench");
    let fail = |error: std::io::Error| format!("cannot use {}: {error}", place.display());
    if place.exists() {
        fs::remove_dir_all(&place).map_err(fail)?;
    }
    fs::create_dir_all(&place).map_err(fail)?;
    let bench =
        Bench { hub: target_folder()?.join("release/hub"), python: newest_client()?, place: place.clone() };
    let mut text = format!(
        "## Downloads\n\n\
         From one `hub serve` with what `hub upload` has put there: {RUNS} runs of each client in turn, each into an empty cache: the \
         median, with the fastest and the slowest in brackets. Of `hub download` the whole process is measured, of \
         `huggingface_hub` (the newest) the call alone.\n\n\
         | job | hub, seconds | Python, seconds | share of Python's | to reach | hub, CPU s | Python, CPU s | hub, MiB | to reach \
         | Python, MiB | server, CPU s |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    for job in &JOBS {
        let row = bench.row(job)?;
        eprint!("{row}");
        text.push_str(&row);
    }
    fs::remove_dir_all(&place).map_err(fail)?;
    Ok(text)
}

struct Bench {
    hub: PathBuf,
    python: PathBuf,
    place: PathBuf,
}

impl Bench {
    fn row(&self, job: &Job) -> Outcome<String> {
        let source = job.content.made_in(&self.place)?;
        let repo = {
            let server = Server::start(&self.hub, &self.place, &[])?;
            let repo = create_repo(&server.url, "downloads", false)?;
            let mut upload = self.client(&self.hub, &server.url);
            upload.arg("upload").arg(&repo).arg(&source);
            upload.args(source.is_dir().then_some(".")).stdout(Stdio::null()).stderr(Stdio::null());
            execute(&mut upload)?;
            repo
        };
        let extra: &[&str] = if job.late { &["--latency", "50"] } else { &[] };
        let server = Server::again(&self.hub, &self.place, extra)?;
        let file = match job.content {
            Content::File(_) => source.file_name(),
            _ => None,
        };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let mut hub = self.client(&self.hub, &server.url);
            hub.arg("download").arg(&repo).args(file).stdout(Stdio::null()).stderr(Stdio::null());
            ours.push(self.fresh(hub, &server, false)?);
            let mut python = self.client(&self.python, &server.url);
            python.arg(root().join("xtask/bench/downloads.py")).arg(&repo).args(file);
            python.stdout(Stdio::piped()).stderr(Stdio::null());
            theirs.push(self.fresh(python, &server, true)?);
        }
        let (hub, python) = (Summary::of(&ours), Summary::of(&theirs));
        Ok(hub.row(job.name, &python, job.share, job.memory))
    }

    fn client(&self, program: &Path, url: &str) -> Command {
        let mut command = Command::new(program);
        command.env("HF_ENDPOINT", url).env("HF_TOKEN", TOKEN).env("HF_HOME", self.place.join("home"));
        command.env("HF_HUB_DISABLE_XET", "1").env("HF_HUB_DISABLE_TELEMETRY", "1");
        command.env("HF_HUB_DISABLE_PROGRESS_BARS", "1");
        command
    }

    /// Runs a client with an empty cache.
    fn fresh(&self, command: Command, server: &Server, says: bool) -> Outcome<Run> {
        let home = self.place.join("home");
        if home.exists() {
            fs::remove_dir_all(&home).map_err(|error| format!("cannot empty {}: {error}", home.display()))?;
        }
        timed(command, server, &home, says)
    }
}
