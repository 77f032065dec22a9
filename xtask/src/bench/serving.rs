//! `cargo xtask bench server`: what `hub serve` costs with much in it, written to `docs/benchmarks-server.md`.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::pages::PAGES;
use super::server::Server;
use super::{machine, mib, write};
use crate::{Outcome, cargo, execute, output, root};

const REPORT: &str = "docs/benchmarks-server.md";
const TOKEN: &str = "hf_ada_bench";
/// Requests of each kind, one after the other.
const REQUESTS: usize = 500;
/// How long each load lasts.
const LOAD: Duration = Duration::from_secs(10);
const CLIENTS: usize = 100;
const WRITERS: usize = 32;

/// How much there is.
struct Size {
    files: u64,
    commits: u64,
    pull_requests: u64,
    repos: u64,
}

const WHOLE: Size = Size { files: 1_000_000, commits: 50_000, pull_requests: 10_000, repos: 100_000 };
const QUICK: Size = Size { files: 20_000, commits: 2_000, pull_requests: 500, repos: 5_000 };

/// Measures, and writes the page.
pub(crate) fn run(quick: bool) -> Outcome {
    let size = if quick { QUICK } else { WHOLE };
    execute(cargo().args(["build", "--profile", "dist", "--package", "hub-cli", "--locked"]))?;
    let fill = ["--package", "hub-tests", "--example", "fill"];
    execute(cargo().args(["build", "--profile", "dist", "--locked"]).args(fill))?;
    let built = root().join("target/dist");
    let place = std::env::temp_dir().join(format!("hub-bench-server-{}", std::process::id()));
    std::fs::create_dir_all(&place).map_err(|error| format!("cannot make {}: {error}", place.display()))?;
    let measured = measure(&built, &place, &size);
    // What cannot be removed is only room on the disk.
    let _ = std::fs::remove_dir_all(&place);
    let report = measured?;
    print!("{report}");
    if quick { Ok(()) } else { write(REPORT, &report) }
}

fn measure(built: &Path, place: &Path, size: &Size) -> Outcome<String> {
    let data = place.join("data");
    let started = Instant::now();
    let numbers = [size.files, size.commits, size.pull_requests, size.repos, WRITERS as u64];
    let mut fill = std::process::Command::new(built.join("examples/fill"));
    output(fill.arg(&data).args(numbers.map(|number| number.to_string())))?;
    eprintln!("filled in {:.0} s", started.elapsed().as_secs_f64());
    let hub = built.join("hub");
    let started = Instant::now();
    let server = Server::again(&hub, place, &[])?;
    let start = started.elapsed();
    let mut table = Table::default();
    let mut client = Client::connect(&server.url)?;
    files(&mut client, &mut table, size)?;
    history(&mut client, &mut table, size)?;
    repositories(&mut client, &mut table, size, start)?;
    pages(&mut client, &mut table)?;
    drop(client);
    let quiet = server.peak_memory();
    load(&server, &mut table)?;
    writers(&server, &mut table, place)?;
    let Size { files, commits, pull_requests, repos } = size;
    Ok(format!(
        "# Benchmarks of the server\n\n\
         After this page you know what a request to `hub serve` costs when it holds much, against what target, and how to measure it \
         on your machine.\n\n\
         Written by `cargo xtask bench server`; `--quick` measures less and prints it. Server and clients are processes of one machine \
         ({}), built as for a release. There are {files} files in one repository, {commits} commits and {pull_requests} pull requests in \
         another, and {repos} repositories besides. Each kind of request is made {REQUESTS} times over one connection that is kept, creating \
         and committing 100 times; the columns are the median and the 99th percentile in milliseconds.\n\n{}\n\
         Peak of resident memory: {:.0} MiB after the requests one by one, {:.0} MiB after all.\n",
        machine()?,
        table.0,
        mib(quiet),
        mib(server.peak_memory()),
    ))
}

fn files(client: &mut Client, table: &mut Table, size: &Size) -> Outcome {
    table.head(&format!("with {} files in a repository", size.files));
    let api = "/api/models/ada/files";
    let path = |number: usize| {
        let number = number as u64 * 7_919 % size.files;
        format!("d{:03}/f{number:07}.txt", number % 1_000)
    };
    let get = |client: &mut Client, path: &str| client.expect(&Request::get(path), 200);
    table.row("tree page, recursive, limit=1", 20, client, |client, _| {
        get(client, &format!("{api}/tree/main?recursive=true&limit=1"))
    })?;
    table.row("tree page of a folder, 1,000 entries", 20, client, |client, at| {
        get(client, &format!("{api}/tree/main/d{:03}", at % 1_000))
    })?;
    let mut page = format!("{api}/tree/main?recursive=true&limit=1000");
    table.row("tree pages one after the other, recursive, 1,000 entries", 20, client, |client, _| {
        let response = client.send(&Request::get(&page))?;
        let next = response.header("link").and_then(|link| link.split(['<', '>']).nth(1).map(str::to_owned));
        let host = format!("http://{}", client.host);
        page = next.map_or_else(
            || format!("{api}/tree/main?recursive=true&limit=1000"),
            |next| next.strip_prefix(&host).unwrap_or(&next).to_owned(),
        );
        Ok(())
    })?;
    table.row("paths-info of 10 paths", 20, client, |client, at| {
        let paths: Vec<String> = (0..10).map(|more| format!("\"{}\"", path(at * 10 + more))).collect();
        let body = format!("{{\"paths\":[{}],\"expand\":false}}", paths.join(","));
        client.expect(&Request::post(&format!("{api}/paths-info/main"), body), 200)
    })?;
    table.row("info", 20, client, |client, _| get(client, api))?;
    let tag = client.send(&Request::get(api))?.header("etag").unwrap_or_default();
    table.row("info that the client has (`If-None-Match`)", 20, client, |client, _| {
        client.expect(&Request::get(api).with("if-none-match", &tag), 304)
    })?;
    table.row("resolve", 20, client, |client, at| {
        get(client, &format!("/ada/files/resolve/main/{}", path(at)))
    })?;
    table.few("commit of one file", 100, client, |client, at| {
        client.expect(&commit("files", &path(at), at), 200)
    })
}

fn history(client: &mut Client, table: &mut Table, size: &Size) -> Outcome {
    table.head(&format!("with {} commits, {} pull requests", size.commits, size.pull_requests));
    let api = "/api/models/ada/history";
    let get = |client: &mut Client, path: &str| client.expect(&Request::get(path), 200);
    let pages = size.commits as usize / 50;
    table.row("commits page, 50 commits", 20, client, |client, at| {
        get(client, &format!("{api}/commits/main?p={}", at * 31 % pages))
    })?;
    table.row("refs page", 20, client, |client, _| get(client, &format!("{api}/refs")))?;
    table.row("refs page with pull requests", 20, client, |client, _| {
        get(client, &format!("{api}/refs?include_prs=true"))
    })?;
    let pages = size.pull_requests as usize / 20;
    table.row("page of discussions", 20, client, |client, at| {
        get(client, &format!("{api}/discussions?p={}", at * 17 % pages))
    })?;
    table.row("discussion page", 20, client, |client, at| {
        let number = 1 + at as u64 * 7_919 % size.pull_requests;
        get(client, &format!("{api}/discussions/{number}"))
    })
}

fn repositories(client: &mut Client, table: &mut Table, size: &Size, start: Duration) -> Outcome {
    table.head(&format!("with {} repositories", size.repos));
    table.single("start, seconds", format!("{:.2}", start.as_secs_f64()), "2");
    let started = Instant::now();
    client.expect(&Request::get("/api/models?limit=1"), 200)?;
    table.single(
        "first search after the start, ms",
        format!("{:.0}", started.elapsed().as_secs_f64() * 1e3),
        "",
    );
    let get = |client: &mut Client, query: &str| {
        client.expect(&Request::get(&format!("/api/models?limit=50&{query}")), 200)
    };
    table.row("search by author", 50, client, |client, at| {
        get(client, &format!("author=org{}", at % 1_000))
    })?;
    table.row("search by tag", 50, client, |client, at| get(client, &format!("filter=tag{}", at % 1_000)))?;
    table.row("search by name", 50, client, |client, at| {
        get(client, &format!("search=m{}", at as u64 * 7_919 % size.repos))
    })?;
    table.row("sorted by likes", 50, client, |client, _| get(client, "sort=likes&direction=-1"))?;
    table.few("creating one", 10, client, |client, at| {
        client.expect(&Request::post("/api/repos/create", format!("{{\"name\":\"new{at}\"}}")), 200)
    })
}

/// What browsers are shown of all this.
fn pages(client: &mut Client, table: &mut Table) -> Outcome {
    table.head("pages for a browser, and how large they are at most");
    for page in PAGES {
        let mut largest = 0_u64;
        table.few(page.name, 100, client, |client, at| {
            let request = Request::get(&(page.path)(at as u64)).with("accept", "text/html");
            let response = client.send(&request)?;
            let length = response.header("content-length").and_then(|length| length.parse().ok());
            largest = largest.max(length.unwrap_or_default());
            if response.status == 200 {
                Ok(())
            } else {
                Err(format!("{} gave {}", request.path, response.status))
            }
        })?;
        table.single(&format!("{}, kB", page.name), format!("{:.1}", largest as f64 / 1e3), "100");
    }
    Ok(())
}

/// 100 clients, of whose requests 80 % read.
fn load(server: &Server, table: &mut Table) -> Outcome {
    table.head(&format!("{CLIENTS} clients at once"));
    for (name, writes, wanted) in [("80 % reads", true, "5000"), ("reads alone", false, "")] {
        let (refused, mut times) = (AtomicU64::new(0), Vec::new());
        let until = Instant::now() + LOAD;
        let results = together(CLIENTS, |number| {
            let mut client = Client::connect(&server.url)?;
            let (mut times, mut at) = (Vec::new(), number);
            while Instant::now() < until {
                at += 1;
                let own = format!("w{}", number % WRITERS);
                let request = match at % 10 {
                    0 if writes => commit(&own, &format!("c{number}.txt"), at),
                    1 if writes => {
                        Request::post(&format!("/api/models/org{0}/m{0}/like", at % 1_000), String::new())
                    }
                    2 | 3 => Request::get(&format!("/api/models/ada/{own}")),
                    4 | 5 => Request::get(&format!("/api/models/ada/{own}/tree/main")),
                    6 => Request::get(&format!("/api/models?limit=10&author=org{}", at % 1_000)),
                    _ => Request::get(&format!("/ada/{own}/resolve/main/.gitattributes")),
                };
                let started = Instant::now();
                let status = client.send(&request)?.status;
                times.push(started.elapsed());
                if status == 503 {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok(times)
        })?;
        results.into_iter().for_each(|more| times.extend(more));
        let rate = times.len() as f64 / LOAD.as_secs_f64();
        table.single(&format!("{name}: requests a second"), format!("{rate:.0}"), wanted);
        let (median, last) = spread(&mut times);
        table.line(&format!("{name}: each"), &format!("{median:.1} | {last:.1}"), "50");
        table.single(&format!("{name}: refused with 503"), refused.into_inner().to_string(), "0");
    }
    table.single("peak of resident memory, MiB", format!("{:.0}", mib(server.peak_memory())), "256");
    Ok(())
}

/// Commits to 32 repositories at once, and what the disk does.
fn writers(server: &Server, table: &mut Table, place: &Path) -> Outcome {
    table.head(&format!("{WRITERS} writers at once"));
    let until = Instant::now() + LOAD;
    let commits = together(WRITERS, |number| {
        let mut client = Client::connect(&server.url)?;
        let mut made = 0_usize;
        while Instant::now() < until {
            client.expect(&commit(&format!("w{number}"), &format!("x{}.txt", made % 50), made), 200)?;
            made += 1;
        }
        Ok(made)
    })?;
    let rate = commits.iter().sum::<usize>() as f64 / LOAD.as_secs_f64();
    table.single("commits to 32 repositories, a second", format!("{rate:.0}"), "400");
    for threads in [1, WRITERS] {
        let rate = fsyncs(place, threads)?;
        table.single(&format!("fsyncs of the disk by {threads} threads, a second"), format!("{rate:.0}"), "");
    }
    Ok(())
}

fn fsyncs(place: &Path, threads: usize) -> Outcome<f64> {
    let time = Duration::from_secs(2);
    let until = Instant::now() + time;
    let done = together(threads, |number| {
        let path: PathBuf = place.join(format!("fsync-{number}"));
        let fail = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
        let mut file = File::create(&path).map_err(fail)?;
        let mut done = 0_usize;
        while Instant::now() < until {
            file.write_all(b"a line that has to be there\n").and_then(|()| file.sync_all()).map_err(fail)?;
            done += 1;
        }
        Ok(done)
    })?;
    Ok(done.iter().sum::<usize>() as f64 / time.as_secs_f64())
}

/// Runs a job on many threads.
fn together<T: Send>(count: usize, job: impl Fn(usize) -> Outcome<T> + Sync) -> Outcome<Vec<T>> {
    let job = &job;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|number| scope.spawn(move || job(number))).collect();
        let joined =
            threads.into_iter().map(|thread| thread.join().map_err(|_| "a client panicked".to_owned())?);
        joined.collect()
    })
}

fn commit(repo: &str, path: &str, number: usize) -> Request {
    let header = r#"{"key":"header","value":{"summary":"change","description":""}}"#;
    let file = format!(
        r#"{{"key":"file","value":{{"path":"{path}","content":"changed {number}","encoding":"utf-8"}}}}"#
    );
    let mut request =
        Request::post(&format!("/api/models/ada/{repo}/commit/main"), format!("{header}\n{file}\n"));
    request.media_type = "application/x-ndjson";
    request
}

/// The median and the 99th percentile, in milliseconds.
fn spread(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let at = |part: f64| {
        let index = ((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    (at(0.5), at(0.99))
}

/// The table of the page.
#[derive(Default)]
struct Table(String);

impl Table {
    fn head(&mut self, name: &str) {
        let _ = write!(self.0, "\n## {name}\n\n| what | median | p99 | to reach |\n|---|---:|---:|---:|\n");
        eprintln!("{name}");
    }

    fn line(&mut self, name: &str, numbers: &str, wanted: &str) {
        let _ = writeln!(self.0, "| {name} | {numbers} | {wanted} |");
        eprintln!("  {name}: {numbers} ({wanted})");
    }

    fn single(&mut self, name: &str, number: String, wanted: &str) {
        self.line(name, &format!("| {number}"), wanted);
    }

    fn row(
        &mut self,
        name: &str,
        wanted: u32,
        client: &mut Client,
        each: impl FnMut(&mut Client, usize) -> Outcome,
    ) -> Outcome {
        self.timed(name, (REQUESTS, wanted), client, each)
    }

    fn few(
        &mut self,
        name: &str,
        wanted: u32,
        client: &mut Client,
        each: impl FnMut(&mut Client, usize) -> Outcome,
    ) -> Outcome {
        self.timed(name, (100, wanted), client, each)
    }

    fn timed(
        &mut self,
        name: &str,
        (count, wanted): (usize, u32),
        client: &mut Client,
        mut each: impl FnMut(&mut Client, usize) -> Outcome,
    ) -> Outcome {
        let mut times = Vec::new();
        for at in 0..count {
            let started = Instant::now();
            each(client, at)?;
            times.push(started.elapsed());
        }
        let (median, last) = spread(&mut times);
        self.line(name, &format!("{median:.1} | {last:.1}"), &wanted.to_string());
        Ok(())
    }
}

struct Request {
    method: &'static str,
    path: String,
    media_type: &'static str,
    headers: String,
    body: String,
}

impl Request {
    fn get(path: &str) -> Self {
        let (method, media_type) = ("GET", "application/json");
        Self { method, path: path.to_owned(), media_type, headers: String::new(), body: String::new() }
    }

    fn post(path: &str, body: String) -> Self {
        Self { method: "POST", body, ..Self::get(path) }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.headers, "{name}: {value}\r\n");
        self
    }
}

struct Response {
    status: u16,
    head: String,
}

impl Response {
    fn header(&self, wanted: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    }
}

/// One connection that is kept.
struct Client {
    host: String,
    stream: BufReader<TcpStream>,
    buffer: Vec<u8>,
}

impl Client {
    fn connect(url: &str) -> Outcome<Self> {
        let host = url.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).map_err(|error| format!("cannot connect: {error}"))?;
        stream.set_nodelay(true).map_err(|error| format!("cannot connect: {error}"))?;
        Ok(Self { host, stream: BufReader::with_capacity(1 << 20, stream), buffer: vec![0; 1 << 20] })
    }

    fn send(&mut self, request: &Request) -> Outcome<Response> {
        self.exchange(request).map_err(|error| format!("{} {}: {error}", request.method, request.path))
    }

    fn exchange(&mut self, request: &Request) -> std::io::Result<Response> {
        let Request { method, path, media_type, headers, body } = request;
        let text = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {TOKEN}\r\n\
             content-type: {media_type}\r\n{headers}content-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.get_mut().write_all(text.as_bytes())?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        let response = Response { status, head };
        let length = response.header("content-length").and_then(|text| text.parse().ok());
        let mut left: usize = if status == 304 { 0 } else { length.unwrap_or_default() };
        while left > 0 {
            let piece = left.min(self.buffer.len());
            let Some(buffer) = self.buffer.get_mut(..piece) else { break };
            self.stream.read_exact(buffer)?;
            left -= piece;
        }
        Ok(response)
    }

    fn expect(&mut self, request: &Request, status: u16) -> Outcome {
        let response = self.send(request)?;
        if response.status == status {
            return Ok(());
        }
        let why = response.header("x-error-message").unwrap_or_default();
        Err(format!("{} {} gave {}: {why}", request.method, request.path, response.status))
    }
}
