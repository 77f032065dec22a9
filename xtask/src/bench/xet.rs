//! Transfers by Xet, against the official client with `hf_xet`, on one `hub serve` that checks everything, in one run.

use std::fs;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::client::{Run, Summary, Workplace, create_repo, timed};
use super::server::Server;
use super::{RUNS, mib};
use crate::{Outcome, execute, read, root};

const MIB: u64 = 1 << 20;
/// Size of the files.
const SIZE: u64 = 1024 * MIB;
/// A revision differs in this many places, by 1 % together.
const PLACES: u64 = 64;

const HEAD: &str = "\
| job | hub, seconds | Python, seconds | share of Python's | target | hub, CPU s | target | Python, CPU s | hub, MiB | target | Python, MiB | \
hub, MB moved | target | Python, MB moved | hub, MB stored | Python, MB stored |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
";

struct Targets {
    share: &'static str,
    cpu: &'static str,
    memory: &'static str,
    moved: &'static str,
}

pub(super) fn measure() -> Outcome<String> {
    let bench = Bench(Workplace::new()?);
    let mut text = format!(
        "## Xet\n\n\
         1 GiB, against one `hub serve` that checks everything and keeps it on disk: {RUNS} runs of each client in turn, each where the file \
         is new with an empty cache and an empty server, where it has changed with what the client knows since it uploaded or downloaded the \
         version before: the median, with the fastest and the slowest in brackets. Of `hub` the whole \
         process is measured, of `huggingface_hub` with `hf_xet` (the pinned versions) the call alone. What is moved is what crossed the loopback \
         interface; what is stored is the growth of the server's chunks. `hub` checks the sha256 and the Xet hash of what it downloads, `hf_xet` neither.\n\n{HEAD}"
    );
    let changed = bench.upload_changed()?;
    let mut rows = vec![
        bench.upload_new(
            "upload, random",
            random,
            Targets { share: "0.65", cpu: "3.6", memory: "128", moved: "" },
        )?,
        changed,
        bench.upload_new(
            "upload, bf16 weights",
            weights,
            Targets { share: "0.75", cpu: "", memory: "128", moved: "" },
        )?,
    ];
    rows.extend(bench.downloads()?);
    rows.iter().for_each(|row| text.push_str(row));
    text.push_str(&bench.at_once()?);
    Ok(text)
}

struct Bench(Workplace);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Hub,
    Python,
}

/// What one client's runs took.
#[derive(Default)]
struct Runs {
    runs: Vec<Run>,
    /// Bytes over the loopback interface.
    moved: Vec<u64>,
    /// Bytes that the server has more of.
    stored: Vec<u64>,
}

impl Bench {
    fn upload_new(
        &self,
        name: &str,
        make: fn(&Path, u64) -> std::io::Result<()>,
        targets: Targets,
    ) -> Outcome<String> {
        let mut both = [Runs::default(), Runs::default()];
        for number in 0..RUNS {
            let source = self.file("new.bin", |path| make(path, number as u64))?;
            for (client, runs) in [Client::Hub, Client::Python].into_iter().zip(&mut both) {
                let server = Server::start(&self.0.hub, &self.0.folder, &[])?;
                let repo = create_repo(&server.url, "new", false)?;
                self.measured(
                    runs,
                    client,
                    &server,
                    &self.home(client, number)?,
                    &["upload"],
                    &repo,
                    &source,
                )?;
            }
        }
        row(name, &both, &targets)
    }

    /// A file of which each client has uploaded the version before, to a server of its own, and knows what it learned by that.
    fn upload_changed(&self) -> Outcome<String> {
        let mut both = [Runs::default(), Runs::default()];
        let base = self.file("base.bin", |path| random(path, 1_000))?;
        for (client, runs) in [Client::Hub, Client::Python].into_iter().zip(&mut both) {
            let server = Server::start(&self.0.hub, &self.0.folder, &[])?;
            let (repo, home) = (create_repo(&server.url, "base", false)?, self.home(client, 1_000)?);
            execute(&mut self.command(client, &server, &home, &["upload"], &repo, &base))?;
            for number in 0..RUNS as u64 {
                let seed = 2_000 + number;
                change(&base, 1_000, seed).map_err(|error| format!("cannot change the file: {error}"))?;
                let repo = create_repo(&server.url, &format!("changed-{seed}"), false)?;
                self.measured(runs, client, &server, &home, &["upload"], &repo, &base)?;
                change(&base, 1_000, 1_000).map_err(|error| format!("cannot change the file: {error}"))?;
            }
        }
        let targets = Targets { share: "0.70", cpu: "", memory: "96", moved: "18" };
        row("upload, 1 % changed in 64 places", &both, &targets)
    }

    /// Downloads of a file, and of its next revision by those who have the first.
    fn downloads(&self) -> Outcome<Vec<String>> {
        let (mut whole, mut next) = ([Runs::default(), Runs::default()], [Runs::default(), Runs::default()]);
        let base = self.file("base.bin", |path| random(path, 1_000))?;
        let server = Server::start(&self.0.hub, &self.0.folder, &[])?;
        let repo = create_repo(&server.url, "base", false)?;
        let home = self.home(Client::Hub, 1_000)?;
        execute(&mut self.command(Client::Hub, &server, &home, &["upload"], &repo, &base))?;
        for number in 0..RUNS {
            for (client, runs) in [Client::Hub, Client::Python].into_iter().zip(&mut whole) {
                let home = self.home(client, number)?;
                self.measured(runs, client, &server, &home, &["download"], &repo, Path::new("base.bin"))?;
            }
        }
        change(&base, 1_000, 3_000).map_err(|error| format!("cannot change the file: {error}"))?;
        execute(&mut self.command(Client::Hub, &server, &home, &["upload"], &repo, &base))?;
        for number in 0..RUNS {
            for (client, runs) in [Client::Hub, Client::Python].into_iter().zip(&mut next) {
                let home = self.0.folder.join(format!("{}-{number}", client.name()));
                self.measured(runs, client, &server, &home, &["download"], &repo, Path::new("base.bin"))?;
            }
        }
        let targets = Targets { share: "0.85", cpu: "", memory: "64", moved: "" };
        let of_next = Targets { share: "2 s", cpu: "", memory: "64", moved: "20" };
        Ok(vec![
            row("download, random", &whole, &targets)?,
            row("download of the revision with 1 % changed", &next, &of_next)?,
        ])
    }

    /// The server's memory while four clients upload.
    fn at_once(&self) -> Outcome<String> {
        let server = Server::start(&self.0.hub, &self.0.folder, &[])?;
        let mut clients = Vec::new();
        for number in 0..4_u64 {
            let source = self.file(&format!("at-once-{number}.bin"), |path| random(path, 100 + number))?;
            let repo = create_repo(&server.url, &format!("at-once-{number}"), false)?;
            let home = self.home(Client::Hub, usize::try_from(number).unwrap_or_default())?;
            let mut command = self.command(Client::Hub, &server, &home, &["upload"], &repo, &source);
            clients.push(command.spawn().map_err(|error| format!("cannot start a client: {error}"))?);
        }
        for mut client in clients {
            let status = client.wait().map_err(|error| format!("cannot wait for a client: {error}"))?;
            if !status.success() {
                return Err(format!("an upload failed ({status})"));
            }
        }
        let text = format!(
            "\nFour uploads of 1 GiB at once: the server takes {:.1} MiB at most (target 96).\n",
            mib(server.peak_memory())
        );
        eprint!("{text}");
        Ok(text)
    }

    #[expect(clippy::too_many_arguments, reason = "what is run, where, and with what")]
    fn measured(
        &self,
        runs: &mut Runs,
        client: Client,
        server: &Server,
        home: &Path,
        verb: &[&str],
        repo: &str,
        what: &Path,
    ) -> Outcome {
        execute(&mut Command::new("sync"))?;
        let command = self.command(client, server, home, verb, repo, what);
        let xorbs = self.0.folder.join("data/xet/xorbs");
        let (moved, stored) = (loopback()?, size_below(&xorbs));
        let run = timed(command, server, client == Client::Python)?;
        runs.moved.push(loopback()?.saturating_sub(moved));
        runs.stored.push(size_below(&xorbs).saturating_sub(stored));
        runs.runs.push(run);
        Ok(())
    }

    fn command(
        &self,
        client: Client,
        server: &Server,
        home: &Path,
        verb: &[&str],
        repo: &str,
        what: &Path,
    ) -> Command {
        let uploads = verb == ["upload"];
        let mut command = match client {
            Client::Hub => {
                let mut command = self.0.client(&self.0.hub, &server.url);
                command.args(verb).arg(repo).arg(what);
                command
            }
            Client::Python if uploads => {
                let mut command = self.0.client(&self.0.python, &server.url);
                command.arg(root().join("xtask/bench/uploads.py")).arg(what).arg(repo);
                command
            }
            Client::Python => {
                let mut command = self.0.client(&self.0.python, &server.url);
                command.arg(root().join("xtask/bench/downloads.py")).arg(repo).arg(what);
                command
            }
        };
        command.env_remove("HF_HUB_DISABLE_XET").env("HF_HOME", home);
        command
    }

    /// An empty folder for what a client keeps.
    fn home(&self, client: Client, number: usize) -> Outcome<PathBuf> {
        let home = self.0.folder.join(format!("{}-{number}", client.name()));
        if home.exists() {
            fs::remove_dir_all(&home)
                .map_err(|error| format!("cannot remove {}: {error}", home.display()))?;
        }
        Ok(home)
    }

    fn file(&self, name: &str, make: impl FnOnce(&Path) -> std::io::Result<()>) -> Outcome<PathBuf> {
        let path = self.0.folder.join(name);
        make(&path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(path)
    }
}

impl Client {
    fn name(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::Python => "python",
        }
    }
}

fn row(name: &str, [hub, python]: &[Runs; 2], targets: &Targets) -> Outcome<String> {
    let middle = |values: &[u64]| {
        let mut values = values.to_vec();
        values.sort_unstable();
        values.get(values.len() / 2).map_or(0.0, |bytes| *bytes as f64 / 1e6)
    };
    let (ours, theirs) = (Summary::of(&hub.runs), Summary::of(&python.runs));
    let Targets { share, cpu, memory, moved } = targets;
    let row = format!(
        "| {name} | {} | {} | {:.3} | {share} | {:.2} | {cpu} | {:.2} | {:.1} | {memory} | {:.1} | {:.1} | {moved} | {:.1} | {:.1} | {:.1} |\n",
        ours.wall.seconds(),
        theirs.wall.seconds(),
        ours.wall.middle / theirs.wall.middle,
        ours.cpu,
        theirs.cpu,
        ours.memory,
        theirs.memory,
        middle(&hub.moved),
        middle(&python.moved),
        middle(&hub.stored),
        middle(&python.stored),
    );
    eprint!("{row}");
    Ok(row)
}

/// Bytes that the loopback interface has received.
fn loopback() -> Outcome<u64> {
    let text = read(Path::new("/proc/net/dev"))?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("lo:"));
    let bytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    bytes.ok_or_else(|| "no loopback interface in /proc/net/dev".into())
}

/// Bytes of the files below a folder; none if it is not there.
fn size_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.filter_map(Result::ok).map(size).sum()
}

/// splitmix64.
struct Noise(u64);

impl Noise {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// A file of noise.
fn random(path: &Path, seed: u64) -> std::io::Result<()> {
    let mut file = BufWriter::with_capacity(MIB as usize, fs::File::create(path)?);
    let mut noise = Noise::new(seed);
    for _ in 0..SIZE / 8 {
        file.write_all(&noise.next().to_le_bytes())?;
    }
    file.flush()
}

/// A file of weights: normally distributed numbers in bf16, with a deviation of 0.02.
fn weights(path: &Path, seed: u64) -> std::io::Result<()> {
    let mut file = BufWriter::with_capacity(MIB as usize, fs::File::create(path)?);
    let mut noise = Noise::new(seed);
    for _ in 0..SIZE / 2 {
        // The sum of eight uniform numbers of a byte each is close to a normal distribution, with a deviation of 209.
        let sum: i32 = noise.next().to_le_bytes().into_iter().map(i32::from).sum();
        let number = (sum - 8 * 255 / 2) as f32 * (0.02 / 209.0);
        file.write_all(&((number.to_bits() >> 16) as u16).to_le_bytes())?;
    }
    file.flush()
}

/// Writes noise over 1 % of a file, in as many places. With the seed of the file itself it is as before.
fn change(path: &Path, own: u64, seed: u64) -> std::io::Result<()> {
    let mut file = fs::File::options().write(true).open(path)?;
    let length = SIZE / 100 / PLACES / 8;
    let mut of_file = Noise::new(own);
    for place in 0..PLACES {
        let begin = place * (SIZE / PLACES / 8);
        // Each step of splitmix64 adds the same number.
        let state = Noise::new(own).0.wrapping_add(begin.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        of_file.0 = state;
        let mut other = Noise::new(seed.wrapping_mul(PLACES) + place);
        let mut bytes = Vec::new();
        for _ in 0..length {
            let number = if seed == own { of_file.next() } else { other.next() };
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        file.seek(SeekFrom::Start(begin * 8))?;
        file.write_all(&bytes)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_can_be_taken_back() {
        let mut whole = Noise::new(7);
        for _ in 0..1_000 {
            whole.next();
        }
        let mut from = Noise::new(7);
        from.0 = from.0.wrapping_add(1_000_u64.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        assert_eq!(whole.next(), from.next());
    }
}
