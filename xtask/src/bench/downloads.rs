//! Downloads into an empty cache, against the newest Python client, on one `hub serve` in one run.

use std::process::Command;

use super::client::{HEAD, Run, Summary, Workplace, create_repo, timed};
use super::content::Content;
use super::server::{Server, Way};
use super::{RUNS, Spread, floor};
use crate::{Outcome, execute, root};

struct Job {
    name: &'static str,
    content: Content,
    way: Way,
    /// What it must not exceed: the share of Python's time, and MiB.
    share: f64,
    memory: Option<f64>,
}

const JOBS: [Job; 4] = [
    Job {
        name: "e. 1 GiB in LFS, sha256 checked",
        content: Content::File(1024),
        way: Way::Direct,
        share: 0.45,
        memory: Some(20.0),
    },
    Job {
        name: "e. the same, 100 ms to connect, 100 MB/s each",
        content: Content::File(1024),
        way: Way::Throttled,
        share: 0.30,
        memory: None,
    },
    Job {
        name: "e. snapshot of 2,000 files of 1 to 8 KiB",
        content: Content::Small(2_000),
        way: Way::Direct,
        share: 0.04,
        memory: Some(24.0),
    },
    Job {
        name: "e. the same, 50 ms on every response",
        content: Content::Small(2_000),
        way: Way::Late,
        share: 0.20,
        memory: None,
    },
];

pub(super) fn measure() -> Outcome<String> {
    let bench = Bench(Workplace::new()?);
    let mut text = format!(
        "## Downloads\n\n\
         From one `hub serve` with what `hub upload` has put there: {RUNS} runs of each client in turn, each into an empty cache and \
         once the system has written what earlier ones left to it: the median, with the fastest and the slowest in brackets. Of `hub download` the whole process is measured, which brings a large file to the \
         medium before it is published, of `huggingface_hub` (the newest) the call alone.\n\n{HEAD}"
    );
    let mut plain = Vec::new();
    for job in &JOBS {
        let row = bench.row(job, &mut plain)?;
        eprint!("{row}");
        text.push_str(&row);
    }
    let plain = Spread::of(plain);
    let floor = format!(
        "\nThe floor of the first row: a program that receives 1 GiB over one blocking socket, with one thread that writes it and one that \
         hashes it, run in turn with both clients, takes {} s. It does not bring it to the medium.\n",
        plain.seconds()
    );
    eprint!("{floor}");
    Ok(text + &floor)
}

struct Bench(Workplace);

impl Bench {
    /// Measures a job; puts the seconds of a plain program, where there is one, into `plain`.
    fn row(&self, job: &Job, plain: &mut Vec<f64>) -> Outcome<String> {
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
        let server = Server::again(&self.0.hub, &self.0.folder, job.way.options())?;
        let url = job.way.url(&server)?;
        let file = match job.content {
            Content::File(_) => source.file_name(),
            _ => None,
        };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for number in 0..RUNS {
            let mut hub = self.0.client(&self.0.hub, &url);
            hub.arg("download").arg(&repo).args(file);
            ours.push(self.fresh(hub, &server, (job, format!("hub-{number}")))?);
            let mut python = self.0.client(&self.0.python, &url);
            python.arg(root().join("xtask/bench/downloads.py")).arg(&repo).args(file);
            theirs.push(self.fresh(python, &server, (job, format!("python-{number}")))?);
            if let (Content::File(_), Way::Direct) = (job.content, job.way) {
                let target = self.0.folder.join(format!("plain-{number}"));
                execute(&mut Command::new("sync"))?;
                plain.push(floor::of_download(&source, &target)?);
            }
        }
        let (hub, python) = (Summary::of(&ours), Summary::of(&theirs));
        Ok(hub.row(job.name, &python, job.share, job.memory))
    }

    /// Runs a client with a new cache. The last one stays until the end: ext4 is slow where much was removed a moment ago.
    fn fresh(&self, mut command: Command, server: &Server, (job, run): (&Job, String)) -> Outcome<Run> {
        let says = run.starts_with("python");
        let name: String = job.name.chars().filter(char::is_ascii_alphanumeric).collect();
        command.env("HF_HOME", self.0.folder.join(format!("{name}-{run}")));
        execute(&mut Command::new("sync"))?;
        timed(command, server, says)
    }
}
