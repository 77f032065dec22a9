//! `cargo xtask bench`: speed and memory, in release mode, written to `docs/benchmarks.md`.
//!
//! Clients are processes of their own. Peak memory is the kernel's `VmHWM`, so this needs Linux.

mod canned;
mod reading;
mod server;
mod throttle;
mod transfers;
mod uploads;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use crate::{Outcome, output, read, root};

/// Measures everything and writes the report, or only one `part` and prints it.
pub(crate) fn run(part: Option<&str>) -> Outcome {
    if !Path::new("/proc/self/status").exists() {
        return Err("peak memory is read from /proc: run this on Linux".into());
    }
    match part {
        None => {
            let report =
                [heading()?, uploads::measure()?, transfers::measure()?, reading::measure()?].join("\n");
            print!("{report}");
            let path = root().join("docs/benchmarks.md");
            std::fs::write(&path, report).map_err(|error| format!("cannot write {}: {error}", path.display()))
        }
        Some("uploads") => uploads::measure().map(|report| print!("{report}")),
        Some("transfers") => transfers::measure().map(|report| print!("{report}")),
        Some("reading") => reading::measure().map(|report| print!("{report}")),
        Some(other) => Err(format!("there is no benchmark {other:?}: uploads, transfers, reading")),
    }
}

fn heading() -> Outcome<String> {
    let rustc = output(Command::new("rustc").arg("--version"))?;
    let cpu = read(Path::new("/proc/cpuinfo"))?;
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("", |(_, name)| name);
    Ok(format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`; run it to measure your own machine. Everything is built in release mode, and clients and \
         servers are processes of one machine ({cores} cores, {model}; {}). Memory is the peak of resident memory, from the \
         kernel.\n",
        rustc.trim()
    ))
}

/// What a process took so far.
#[derive(Clone, Copy, Default)]
struct Usage {
    /// Highest resident memory in kiB.
    memory: u64,
    /// Seconds of processor time.
    cpu: f64,
}

/// Waits for the end of a process and returns what it took. The kernel keeps the figures, so looking now and then misses only
/// the last hundredth of a second.
fn watch(child: &mut Child) -> Outcome<Usage> {
    let mut last = Usage::default();
    loop {
        last = usage(child.id()).unwrap_or(last);
        match child.try_wait().map_err(|error| format!("cannot wait for a client: {error}"))? {
            Some(status) if status.success() => return Ok(last),
            Some(status) => return Err(format!("a client failed ({status})")),
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

fn usage(pid: u32) -> Option<Usage> {
    /// Processor time is told in hundredths of a second.
    const TICKS: f64 = 100.0;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let memory = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse().ok())?;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before the last bracket may hold spaces; user and system time are fields 14 and 15.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some(Usage { memory, cpu: (ticks()? + ticks()?) / TICKS })
}

/// Several measurements of one thing.
struct Spread {
    middle: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or_default();
        Self { middle: at(values.len() / 2), least: at(0), most: at(values.len().saturating_sub(1)) }
    }

    fn seconds(&self) -> String {
        format!("{:.3} ({:.3} to {:.3})", self.middle, self.least, self.most)
    }
}

/// A file that takes no room on the disk, with a mark in each MiB, so that no two of its parts are alike.
fn write_sparse(path: &Path, mebibytes: u64) -> std::io::Result<()> {
    const MIB: u64 = 1 << 20;
    let mut file = File::create(path)?;
    file.set_len(mebibytes * MIB)?;
    for mark in 0..mebibytes {
        file.seek(SeekFrom::Start(mark * MIB))?;
        file.write_all(&mark.to_le_bytes())?;
    }
    Ok(())
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
