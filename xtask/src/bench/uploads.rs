//! Uploads, against the newest Python client, on one `hub serve` in one run.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::server::Server;
use super::{Spread, Usage, mib, throttle, watch};
use crate::interop::{newest_client, target_folder};
use crate::{Outcome, cargo, execute, root};

const RUNS: usize = 5;
const MIB: u64 = 1 << 20;
const TOKEN: &str = "hf_ada_bench";

/// What is uploaded: a file or a folder below the bench folder.
#[derive(Clone, Copy)]
enum Content {
    /// One file of so many MiB.
    File(u64),
    /// So many files of 1 to 8 KiB that go inside the commit.
    Small(usize),
    /// So many files of 5 MiB that go to LFS.
    Lfs(usize),
}

/// How the server is reached.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Direct,
    /// 100 ms to connect, 100 MB/s a connection.
    Throttled,
    /// 50 ms before every answer.
    Late,
}

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
    job("c. the same, 50 ms on every answer", Content::Lfs(200), false, Way::Late, 0.40, None),
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

/// One run of one client.
struct Run {
    seconds: f64,
    usage: Usage,
    /// Seconds of the server's processors meanwhile.
    server: f64,
}

pub(super) fn measure() -> Outcome<String> {
    execute(cargo().args(["build", "--release", "--package", "hub-cli", "--locked"]))?;
    let hub = target_folder()?.join("release/hub");
    let python = newest_client()?;
    let place = target_folder()?.join("bench");
    let fail = |error: std::io::Error| format!("cannot use {}: {error}", place.display());
    if place.exists() {
        fs::remove_dir_all(&place).map_err(fail)?;
    }
    fs::create_dir_all(&place).map_err(fail)?;
    let mut text = heading();
    let bench = Bench { hub, python, place: place.clone() };
    for job in &JOBS {
        let row = bench.row(job)?;
        eprint!("{row}");
        text.push_str(&row);
    }
    text.push_str(&bench.memory()?);
    text.push_str(&floor(&place)?);
    fs::remove_dir_all(&place).map_err(fail)?;
    Ok(text)
}

fn heading() -> String {
    format!(
        "## Uploads\n\n\
         Against one `hub serve --discard-lfs=unchecked`, so that neither its disk nor its hashing is measured: {RUNS} runs of each client in turn, each into a new repository: the median, with \
         the fastest and the slowest in brackets. Of `hub upload` the whole process is measured, of `huggingface_hub` (the newest) \
         the call alone. CPU is that of the client's process; the last column is that of the server during a run of `hub`.\n\n\
         | job | hub, seconds | Python, seconds | share of Python's | to reach | hub, CPU s | Python, CPU s | hub, MiB | to reach \
         | Python, MiB | server, CPU s |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    )
}

struct Bench {
    hub: PathBuf,
    python: PathBuf,
    place: PathBuf,
}

impl Bench {
    fn row(&self, job: &Job) -> Outcome<String> {
        let source = self.source(job.content)?;
        let extra: &[&str] = if job.way == Way::Late { &["--latency", "50"] } else { &[] };
        let server = Server::start(&self.hub, &self.place, &[&["--discard-lfs=unchecked"], extra].concat())?;
        let url = if job.way == Way::Throttled { throttle::start(&server.url)? } else { server.url.clone() };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for number in 0..RUNS {
            let repo = create_repo(&server.url, &format!("ours-{number}"), job.parts)?;
            ours.push(self.hub_upload(&url, &server, &repo, &source)?);
            let repo = create_repo(&server.url, &format!("theirs-{number}"), job.parts)?;
            theirs.push(self.python_upload(&url, &server, &repo, &source)?);
        }
        let (hub, python) = (Summary::of(&ours), Summary::of(&theirs));
        let memory = job.memory.map_or_else(String::new, |memory| format!("{memory:.0}"));
        Ok(format!(
            "| {} | {} | {} | {:.3} | {:.2} | {:.2} | {:.2} | {:.1} | {memory} | {:.1} | {:.2} |\n",
            job.name,
            hub.wall.seconds(),
            python.wall.seconds(),
            hub.wall.middle / python.wall.middle,
            job.share,
            hub.cpu,
            python.cpu,
            hub.memory,
            python.memory,
            hub.server,
        ))
    }

    /// Memory of `hub` with four times the file and ten times the files: it must not grow with the data.
    fn memory(&self) -> Outcome<String> {
        let mut text =
            "\nMemory of `hub` with more of the same:\n\n| job | seconds | MiB |\n|---|---:|---:|\n"
                .to_owned();
        let jobs = [
            ("one 4 GiB LFS file, one PUT", Content::File(4096), false),
            ("one 4 GiB LFS file in parts", Content::File(4096), true),
            ("50,000 files of 1 to 8 KiB", Content::Small(50_000), false),
        ];
        for (name, content, parts) in jobs {
            let source = self.source(content)?;
            let server = Server::start(&self.hub, &self.place, &["--discard-lfs=unchecked"])?;
            let repo = create_repo(&server.url, "more", parts)?;
            let run = self.hub_upload(&server.url, &server, &repo, &source)?;
            writeln!(text, "| {name} | {:.2} | {:.1} |", run.seconds, mib(run.usage.memory))
                .map_err(|error| error.to_string())?;
        }
        Ok(text)
    }

    fn hub_upload(&self, url: &str, server: &Server, repo: &str, source: &Path) -> Outcome<Run> {
        let mut command = Command::new(&self.hub);
        command.arg("--endpoint").arg(url).arg("upload").arg(repo).arg(source);
        if source.is_dir() {
            command.arg(".");
        }
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.timed(command, server, false)
    }

    fn python_upload(&self, url: &str, server: &Server, repo: &str, source: &Path) -> Outcome<Run> {
        let mut command = Command::new(&self.python);
        command.arg(root().join("xtask/bench/uploads.py")).arg(source).arg(repo);
        command.env("HF_ENDPOINT", url).env("HF_HUB_DISABLE_XET", "1").env("HF_HUB_DISABLE_TELEMETRY", "1");
        command.env("HF_HUB_DISABLE_PROGRESS_BARS", "1").stdout(Stdio::piped()).stderr(Stdio::null());
        self.timed(command, server, true)
    }

    /// Runs a client, which says the seconds of its work itself if `says`.
    fn timed(&self, mut command: Command, server: &Server, says: bool) -> Outcome<Run> {
        command.env("HF_TOKEN", TOKEN).env("HF_HOME", self.place.join("home"));
        let before = server.cpu();
        let start = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("cannot start a client: {error}"))?;
        let output = child.stdout.take();
        let usage = watch(&mut child)?;
        let mut seconds = start.elapsed().as_secs_f64();
        if says {
            let mut line = String::new();
            if let Some(mut output) = output {
                output
                    .read_to_string(&mut line)
                    .map_err(|error| format!("a client says nothing: {error}"))?;
            }
            let last = line.lines().last().unwrap_or_default();
            seconds = last.trim().parse().map_err(|_| format!("a client says {line:?}"))?;
        }
        Ok(Run { seconds, usage, server: server.cpu() - before })
    }

    /// The file or folder to upload; made once.
    fn source(&self, content: Content) -> Outcome<PathBuf> {
        let (name, make): (_, fn(&Path, u64) -> std::io::Result<()>) = match content {
            Content::File(size) => (format!("{size}.bin"), |path, size| super::write_sparse(path, size)),
            Content::Small(_) => (format!("{}-small", number(content)), make_small),
            Content::Lfs(_) => (format!("{}-lfs", number(content)), make_lfs),
        };
        let path = self.place.join(name);
        if !path.exists() {
            make(&path, number(content))
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        Ok(path)
    }
}

fn number(content: Content) -> u64 {
    match content {
        Content::File(size) => size,
        Content::Small(count) | Content::Lfs(count) => count as u64,
    }
}

/// Text files of 1 to 8 KiB, 100 in a folder, no two alike.
fn make_small(folder: &Path, count: u64) -> std::io::Result<()> {
    for number in 0..count {
        let inner = folder.join(format!("{:04}", number / 100));
        if number % 100 == 0 {
            fs::create_dir_all(&inner)?;
        }
        let line = format!("{{\"number\": {number}, \"text\": \"a line of a small file\"}}\n");
        let size = 1024 + usize::try_from(number * 7919 % 7168).unwrap_or_default();
        let text: String = line.chars().cycle().take(size).collect();
        fs::write(inner.join(format!("{number:06}.json")), text)?;
    }
    Ok(())
}

fn make_lfs(folder: &Path, count: u64) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for number in 0..count {
        let mut content = vec![0; 5 << 20];
        for (place, byte) in content.iter_mut().enumerate() {
            *byte = (place as u64 * 31 + number * 7) as u8;
        }
        fs::write(folder.join(format!("{number:04}.bin")), content)?;
    }
    Ok(())
}

/// What several runs say together.
struct Summary {
    wall: Spread,
    cpu: f64,
    memory: f64,
    server: f64,
}

impl Summary {
    fn of(runs: &[Run]) -> Self {
        let middle = |value: fn(&Run) -> f64| Spread::of(runs.iter().map(value).collect()).middle;
        Self {
            wall: Spread::of(runs.iter().map(|run| run.seconds).collect()),
            cpu: middle(|run| run.usage.cpu),
            memory: runs.iter().map(|run| mib(run.usage.memory)).fold(0.0, f64::max),
            server: middle(|run| run.server),
        }
    }
}

/// Makes a repository and gives its id.
fn create_repo(server: &str, name: &str, parts: bool) -> Outcome<String> {
    let fail = |error: std::io::Error| format!("cannot make a repository: {error}");
    let address = server.trim_start_matches("http://");
    let parts = if parts { ",\"lfsmultipartthresh\":16777216" } else { "" };
    let body = format!("{{\"name\":\"{name}\"{parts}}}");
    let mut stream = TcpStream::connect(address).map_err(fail)?;
    write!(
        stream,
        "POST /api/repos/create HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .map_err(fail)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(fail)?;
    let status = answer.lines().next().unwrap_or_default();
    if status.contains(" 200 ") { Ok(format!("ada/{name}")) } else { Err(format!("no repository: {status}")) }
}

/// What the machine needs for the bytes of 1 GiB alone.
fn floor(place: &Path) -> Outcome<String> {
    let file = place.join("1024.bin");
    let fail = |error: std::io::Error| format!("the floor cannot be measured: {error}");
    let hash = |from: u64, to: u64| -> std::io::Result<()> {
        each_piece(&file, from, to, Sha256::new(), |hash, piece| {
            hash.update(piece);
            Ok(())
        })
        .map(|hash| {
            let _ = hash.finalize();
        })
    };
    let timed = |work: &dyn Fn() -> std::io::Result<()>| -> Outcome<f64> {
        let mut seconds = Vec::new();
        for _ in 0..RUNS {
            let start = Instant::now();
            work().map_err(fail)?;
            seconds.push(start.elapsed().as_secs_f64());
        }
        Ok(Spread::of(seconds).middle)
    };
    let one = timed(&|| hash(0, 1024 * MIB))?;
    let two = timed(&|| {
        std::thread::scope(|scope| {
            let other = scope.spawn(|| hash(512 * MIB, 1024 * MIB));
            hash(0, 512 * MIB)?;
            other.join().unwrap_or_else(|_| Err(std::io::Error::other("a thread panicked")))
        })
    })?;
    let put = timed(&|| plain_put(&file))?;
    Ok(format!(
        "\nThe floor, on the same machine: sha256 of 1 GiB takes {one:.2} s on one thread and {two:.2} s on two; sending it over one \
         blocking socket to a program that reads it {put:.2} s. A client that hashes first and sends then needs {:.2} s.\n",
        one + put
    ))
}

/// Sends a file to a thread that reads it.
fn plain_put(file: &Path) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut stream = TcpStream::connect(listener.local_addr()?)?;
    let receiver = std::thread::spawn(move || -> std::io::Result<()> {
        let (mut from, _) = listener.accept()?;
        let mut buffer = vec![0; 1 << 20];
        while from.read(&mut buffer)? > 0 {}
        from.write_all(b"done")
    });
    each_piece(file, 0, u64::MAX, (), |(), piece| stream.write_all(piece))?;
    stream.shutdown(std::net::Shutdown::Write)?;
    stream.read_to_end(&mut Vec::new())?;
    receiver.join().unwrap_or_else(|_| Err(std::io::Error::other("a thread panicked")))
}

fn each_piece<T>(
    file: &Path,
    from: u64,
    to: u64,
    mut state: T,
    mut work: impl FnMut(&mut T, &[u8]) -> std::io::Result<()>,
) -> std::io::Result<T> {
    use std::io::{Seek, SeekFrom};
    let mut source = fs::File::open(file)?;
    source.seek(SeekFrom::Start(from))?;
    let mut source = source.take(to - from);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(state),
            count => work(&mut state, buffer.get(..count).unwrap_or_default())?,
        }
    }
}
