//! Uploads, against the newest Python client, on one `hub serve` in one run.

use std::path::Path;

use super::client::{HEAD, Run, Summary, Workplace, create_repo, timed};
use super::content::Content;
use super::server::{Server, Way};
use super::{RUNS, Usage, floor, mib};
use crate::{Outcome, root};

struct Job {
    name: &'static str,
    content: Content,
    /// LFS files above 16 MiB go in parts of 16 MiB.
    parts: bool,
    way: Way,
    /// What it must not exceed: the share of Python's time, and MiB.
    share: f64,
    memory: Option<f64>,
}

const JOBS: [Job; 6] = [
    job("a. one 1 GiB LFS file, one PUT", Content::File(1024), false, Way::Direct, 0.70, Some(20.0)),
    job("a. the same in 16 MiB parts", Content::File(1024), true, Way::Direct, 0.65, Some(24.0)),
    job(
        "a. the same, 100 ms to connect, 100 MB/s each",
        Content::File(1024),
        true,
        Way::Throttled,
        0.19,
        None,
    ),
    job("b. 5,000 files of 1 to 8 KiB", Content::Small(5_000), false, Way::Direct, 0.15, Some(24.0)),
    job("c. 200 LFS files of 5 MiB", Content::Lfs(200), false, Way::Direct, 0.55, Some(24.0)),
    job("c. the same, 50 ms on every response", Content::Lfs(200), false, Way::Late, 0.40, None),
];

const fn job(
    name: &'static str,
    content: Content,
    parts: bool,
    way: Way,
    share: f64,
    memory: Option<f64>,
) -> Job {
    Job { name, content, parts, way, share, memory }
}

pub(super) fn measure() -> Outcome<String> {
    let mut text = heading();
    let bench = Bench(Workplace::new()?);
    for job in &JOBS {
        let row = bench.row(job)?;
        eprint!("{row}");
        text.push_str(&row);
    }
    text.push_str(&bench.memory()?);
    text.push_str(&floor::measure(&bench.0.folder)?);
    Ok(text)
}

fn heading() -> String {
    format!(
        "## Uploads\n\n\
         Against one `hub serve --discard-lfs=unchecked`, so that neither its disk nor its hashing is measured: {RUNS} runs of each \
         client in turn, each into a new repository: the median, with the fastest and the slowest in brackets. Of `hub upload` the \
         whole process is measured, of `huggingface_hub` (the newest) the call alone. CPU is that of the client's process; the last \
         column is that of the server during a run of `hub`.\n\n{HEAD}"
    )
}

struct Bench(Workplace);

impl Bench {
    fn row(&self, job: &Job) -> Outcome<String> {
        let source = job.content.made_in(&self.0.folder)?;
        let options = [&["--discard-lfs=unchecked"], job.way.options()].concat();
        let server = Server::start(&self.0.hub, &self.0.folder, &options)?;
        let url = job.way.url(&server)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for number in 0..RUNS {
            let repo = create_repo(&server.url, &format!("ours-{number}"), job.parts)?;
            ours.push(self.hub_upload(&url, &server, &repo, &source)?);
            let repo = create_repo(&server.url, &format!("theirs-{number}"), job.parts)?;
            theirs.push(self.python_upload(&url, &server, &repo, &source)?);
        }
        let (hub, python) = (Summary::of(&ours), Summary::of(&theirs));
        Ok(hub.row(job.name, &python, job.share, job.memory))
    }

    /// Memory and open files of `hub` with more of the same: they must not grow with the data.
    fn memory(&self) -> Outcome<String> {
        let mut text = "\nMemory and open files of `hub` with more of the same:\n\n\
             | job | seconds | MiB | to reach | open files | to reach |\n|---|---:|---:|---:|---:|---:|\n"
            .to_owned();
        let jobs = [
            ("one 4 GiB LFS file, one PUT", Content::File(4096), false, "20", ""),
            ("one 50 GiB LFS file in parts", Content::File(50 << 10), true, "64", ""),
            ("25,000 LFS files of 1 KiB", Content::Tiny(25_000), false, "128", "64"),
            ("700 files of 1 MiB inside the commit", Content::Text(700), false, "64", ""),
            ("50,000 files of 1 to 8 KiB", Content::Small(50_000), false, "28", ""),
        ];
        for (name, content, parts, memory, handles) in jobs {
            let source = content.made_in(&self.0.folder)?;
            let server = Server::start(&self.0.hub, &self.0.folder, &["--discard-lfs=unchecked"])?;
            let repo = create_repo(&server.url, "more", parts)?;
            let run = self.hub_upload(&server.url, &server, &repo, &source)?;
            let Usage { memory: used, handles: open, .. } = run.usage;
            let row = format!(
                "| {name} | {:.2} | {:.1} | {memory} | {open} | {handles} |\n",
                run.seconds,
                mib(used)
            );
            eprint!("{row}");
            text.push_str(&row);
        }
        Ok(text)
    }

    fn hub_upload(&self, url: &str, server: &Server, repo: &str, source: &Path) -> Outcome<Run> {
        let mut command = self.0.client(&self.0.hub, url);
        command.arg("upload").arg(repo).arg(source).args(source.is_dir().then_some("."));
        timed(command, server, false)
    }

    fn python_upload(&self, url: &str, server: &Server, repo: &str, source: &Path) -> Outcome<Run> {
        let mut command = self.0.client(&self.0.python, url);
        command.arg(root().join("xtask/bench/uploads.py")).arg(source).arg(repo);
        timed(command, server, true)
    }
}
