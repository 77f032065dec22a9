//! Downloads into an empty cache, against the newest Python client, on one `hub serve` in one run.

use std::process::Command;

use super::RUNS;
use super::client::{HEAD, Run, Summary, Workplace, create_repo, timed};
use super::content::Content;
use super::server::Server;
use crate::{Outcome, execute, root};

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
    let bench = Bench(Workplace::new()?);
    let mut text = format!(
        "## Downloads\n\n\
         From one `hub serve` with what `hub upload` has put there: {RUNS} runs of each client in turn, each into an empty cache: the \
         median, with the fastest and the slowest in brackets. Of `hub download` the whole process is measured, of \
         `huggingface_hub` (the newest) the call alone.\n\n{HEAD}"
    );
    for job in &JOBS {
        let row = bench.row(job)?;
        eprint!("{row}");
        text.push_str(&row);
    }
    Ok(text)
}

struct Bench(Workplace);

impl Bench {
    fn row(&self, job: &Job) -> Outcome<String> {
        let source = job.content.made_in(&self.0.folder)?;
        let repo = {
            let server = Server::start(&self.0.hub, &self.0.folder, &[])?;
            let repo = create_repo(&server.url, "downloads", false)?;
            let mut upload = self.0.client(&self.0.hub, &server.url);
            upload.arg("upload").arg(&repo).arg(&source);
            upload.args(source.is_dir().then_some("."));
            execute(&mut upload)?;
            repo
        };
        let extra: &[&str] = if job.late { &["--latency", "50"] } else { &[] };
        let server = Server::again(&self.0.hub, &self.0.folder, extra)?;
        let file = match job.content {
            Content::File(_) => source.file_name(),
            _ => None,
        };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for number in 0..RUNS {
            let mut hub = self.0.client(&self.0.hub, &server.url);
            hub.arg("download").arg(&repo).args(file);
            ours.push(self.fresh(hub, &server, (job, format!("hub-{number}")))?);
            let mut python = self.0.client(&self.0.python, &server.url);
            python.arg(root().join("xtask/bench/downloads.py")).arg(&repo).args(file);
            theirs.push(self.fresh(python, &server, (job, format!("python-{number}")))?);
        }
        let (hub, python) = (Summary::of(&ours), Summary::of(&theirs));
        Ok(hub.row(job.name, &python, job.share, job.memory))
    }

    /// Runs a client with a new cache. The last one stays until the end: ext4 is slow where much was removed a moment ago.
    fn fresh(&self, mut command: Command, server: &Server, (job, run): (&Job, String)) -> Outcome<Run> {
        let says = run.starts_with("python");
        let name: String = job.name.chars().filter(char::is_ascii_alphanumeric).collect();
        command.env("HF_HOME", self.0.folder.join(format!("{name}-{run}")));
        timed(command, server, says)
    }
}
