//! Listing models and asking for one after the other, against the newest Python client, in one run.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::canned::{Canned, MODELS};
use super::{RUNS, Spread, mib, watch};
use crate::interop::official_client;
use crate::python::target_folder;
use crate::{Outcome, cargo, execute, root};

const INFOS: usize = 2_000;

/// What is measured: its name, the words that both clients take, the wait that the server adds, and what it must not
/// exceed: the time, as a share of Python's, and the memory in MiB.
struct Job {
    name: &'static str,
    words: [&'static str; 2],
    delay: Duration,
    share: f64,
    memory: f64,
}

const JOBS: [Job; 5] = [
    Job {
        name: "list 200,000 models",
        words: ["list", "short"],
        delay: Duration::ZERO,
        share: 1.0 / 9.0,
        memory: 16.0,
    },
    Job {
        name: "the same, full items",
        words: ["list", "full"],
        delay: Duration::ZERO,
        share: 1.0 / 9.0,
        memory: 24.0,
    },
    Job {
        name: "2,000 `model_info` in turn",
        words: ["infos", "1"],
        delay: Duration::ZERO,
        share: 0.10,
        memory: 12.0,
    },
    Job {
        name: "the same, 64 at once",
        words: ["infos", "64"],
        delay: Duration::ZERO,
        share: 0.04,
        memory: 16.0,
    },
    Job {
        name: "the same, 64 at once, 50 ms on every response",
        words: ["infos", "64"],
        delay: Duration::from_millis(50),
        share: 1.0,
        memory: 16.0,
    },
];

/// One run of one client.
#[derive(Clone, Copy)]
struct Run {
    seconds: f64,
    memory: f64,
}

pub(super) fn measure() -> Outcome<String> {
    execute(cargo().args([
        "build",
        "--profile",
        "dist",
        "--package",
        "hub-tests",
        "--example",
        "reading",
        "--locked",
    ]))?;
    let ours = target_folder()?.join("dist/examples/reading");
    let python = official_client()?;
    let script = root().join("xtask/bench/reading.py");
    let server = Canned::start()?;
    let mut text = format!(
        "## Reading\n\n\
         Against a server that answers from memory, {RUNS} runs of each client in turn: the median, with the fastest and the \
         slowest in brackets. `huggingface_hub` is the newest; the time is that of the work, without the start of the program. \
         \"Plain\" is a program that sends the same requests over blocking sockets and looks at nothing: what the machine \
         allows.\n\n\
         | job | hub, seconds | Python, seconds | share of Python's | to reach | plain, seconds | hub, MiB | to reach | Python, MiB |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    for job in &JOBS {
        server.set_delay(job.delay);
        let (mut hub, mut official, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            hub.push(run(&ours, &[], job, &server)?);
            official.push(run(&python, &[&script], job, &server)?);
            plain.push(bare(job, &server)?);
        }
        let (seconds, memory) = (
            |runs: &[Run]| runs.iter().map(|run| run.seconds).collect(),
            |runs: &[Run]| runs.iter().map(|run| run.memory).fold(0.0, f64::max),
        );
        let (hub_memory, official_memory) = (memory(&hub), memory(&official));
        let (hub, official) = (Spread::of(seconds(&hub)), Spread::of(seconds(&official)));
        let plain = Spread::of(plain).middle;
        writeln!(
            text,
            "| {} | {} | {} | {:.3} | {:.3} | {plain:.2} | {:.1} | {:.0} | {:.1} |",
            job.name,
            hub.seconds(),
            official.seconds(),
            hub.middle / official.middle,
            job.share,
            hub_memory,
            job.memory,
            official_memory,
        )
        .map_err(|error| error.to_string())?;
    }
    let floor = 0.050 * INFOS as f64 / 64.0;
    writeln!(
        text,
        "\nWith 50 ms on every response nothing can be faster than {floor:.2} s; to reach is 1.05 times that."
    )
    .map_err(|error| error.to_string())?;
    Ok(text)
}

/// A client prints how long its work took.
fn run(program: &Path, first: &[&Path], job: &Job, server: &Canned) -> Outcome<Run> {
    let mut command = Command::new(program);
    command.args(first).args(job.words).arg(INFOS.to_string());
    command.env("HF_ENDPOINT", &server.url).env("HF_TOKEN", "hf_bench").env("HF_HUB_DISABLE_XET", "1");
    command.env("HF_HUB_DISABLE_TELEMETRY", "1").stdout(Stdio::piped());
    let mut child =
        command.spawn().map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    let output = child.stdout.take();
    let memory = mib(watch(&mut child)?.memory);
    let mut line = String::new();
    if let Some(mut output) = output {
        output.read_to_string(&mut line).map_err(|error| format!("a client says nothing: {error}"))?;
    }
    match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        [seconds, count] if *count == job.expected().to_string() => {
            let seconds = seconds.parse().map_err(|_| format!("a client says {line:?}"))?;
            Ok(Run { seconds, memory })
        }
        _ => Err(format!("{}: {} says {line:?}", job.name, program.display())),
    }
}

impl Job {
    fn expected(&self) -> usize {
        if self.words[0] == "list" { MODELS } else { INFOS }
    }
}

/// The same requests over blocking sockets.
fn bare(job: &Job, server: &Canned) -> Outcome<f64> {
    let url = server.url.trim_start_matches("http://");
    let start = Instant::now();
    let done = match job.words {
        ["list", kind] => {
            let query = if kind == "full" { "full=true&" } else { "" };
            ask(url, (0..MODELS / 1_000).map(|page| format!("/api/models?{query}cursor={page}")))
        }
        [_, at_once] => {
            let threads: usize = at_once.parse().unwrap_or(1);
            std::thread::scope(|scope| {
                let workers: Vec<_> = (0..threads)
                    .map(|first| {
                        let numbers = (first..INFOS).step_by(threads);
                        let paths = numbers.map(|number| format!("/api/models/ada/model-{number:06}"));
                        scope.spawn(move || ask(url, paths))
                    })
                    .collect();
                workers.into_iter().try_for_each(|worker| worker.join().unwrap_or(Ok(())))
            })
        }
    };
    done.map_err(|error| format!("the plain program failed: {error}"))?;
    Ok(start.elapsed().as_secs_f64())
}

fn ask(url: &str, paths: impl Iterator<Item = String>) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(url)?;
    stream.set_nodelay(true)?;
    let mut responses = BufReader::with_capacity(1 << 16, stream.try_clone()?);
    let mut body = Vec::new();
    let mut line = String::new();
    for path in paths {
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: {url}\r\n\r\n").as_bytes())?;
        let mut length = 0;
        loop {
            line.clear();
            responses.read_line(&mut line)?;
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        body.resize(length, 0);
        responses.read_exact(&mut body)?;
    }
    Ok(())
}
