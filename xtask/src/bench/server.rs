//! `hub serve` as a process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{throttle, usage};
use crate::Outcome;

const SEED: &str = r#"
[[user]]
name = "ada"
tokens = [{ name = "bench", token = "hf_ada_bench", role = "write" }]
"#;

/// How a server is reached.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Direct,
    /// 100 ms to connect, 100 MB/s a connection.
    Throttled,
    /// 50 ms before every response.
    Late,
}

impl Way {
    /// What the server is started with.
    pub(super) fn options(self) -> &'static [&'static str] {
        match self {
            Self::Late => &["--latency", "50"],
            Self::Direct | Self::Throttled => &[],
        }
    }

    /// Where a client finds the server.
    pub(super) fn url(self, server: &Server) -> Outcome<String> {
        match self {
            Self::Throttled => throttle::start(&server.url),
            Self::Direct | Self::Late => Ok(server.url.clone()),
        }
    }
}

/// `hub serve`, ended when dropped.
pub(super) struct Server {
    child: Child,
    /// Its URL: `http://127.0.0.1:PORT`.
    pub(super) url: String,
}

impl Server {
    /// Starts it with its data in `place`, which is emptied of older data.
    pub(super) fn start(hub: &Path, place: &Path, options: &[&str]) -> Outcome<Self> {
        let data = place.join("data");
        if data.exists() {
            std::fs::remove_dir_all(&data)
                .map_err(|error| format!("cannot remove {}: {error}", data.display()))?;
        }
        Self::again(hub, place, options)
    }

    /// Starts it with the data that an earlier one left.
    pub(super) fn again(hub: &Path, place: &Path, options: &[&str]) -> Outcome<Self> {
        let seed: PathBuf = place.join("seed.toml");
        std::fs::write(&seed, SEED).map_err(|error| format!("cannot write {}: {error}", seed.display()))?;
        let mut command = Command::new(hub);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data", "data", "--seed", "seed.toml"])
            .args(options);
        command.current_dir(place).env("HUB_LOG", "error").stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("cannot start hub serve: {error}"))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut line)
                .map_err(|error| format!("hub serve says nothing: {error}"))?;
        }
        let url =
            line.trim().strip_prefix("listening on ").ok_or("hub serve does not say where it listens")?;
        Ok(Self { url: url.to_owned(), child })
    }

    /// Highest resident memory so far, in kiB.
    pub(super) fn peak_memory(&self) -> u64 {
        usage(self.child.id()).map_or(0, |usage| usage.memory)
    }

    /// Seconds of processor time so far.
    pub(super) fn cpu(&self) -> f64 {
        usage(self.child.id()).map_or(0.0, |usage| usage.cpu)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
