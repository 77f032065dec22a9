//! `cargo xtask bench`: speed and memory, in release mode, written to `docs/benchmarks.md`.
//!
//! Clients are processes of their own. Peak memory is the kernel's `VmHWM`, so this needs Linux.

mod canned;
mod reading;
mod transfers;

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
            let report = format!("{}\n{}\n{}", heading()?, transfers::measure()?, reading::measure()?);
            print!("{report}");
            let path = root().join("docs/benchmarks.md");
            std::fs::write(&path, report).map_err(|error| format!("cannot write {}: {error}", path.display()))
        }
        Some("transfers") => transfers::measure().map(|report| print!("{report}")),
        Some("reading") => reading::measure().map(|report| print!("{report}")),
        Some(other) => Err(format!("there is no benchmark {other:?}: transfers, reading")),
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

/// Waits for the end of a process and returns its peak memory in kiB.
fn watch(child: &mut Child) -> Outcome<u64> {
    let mut peak = 0;
    loop {
        peak = peak_memory(child.id()).unwrap_or(peak).max(peak);
        match child.try_wait().map_err(|error| format!("cannot wait for a client: {error}"))? {
            Some(status) if status.success() => return Ok(peak),
            Some(status) => return Err(format!("a client failed ({status})")),
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Highest resident memory so far, in kiB. The kernel keeps it, so looking now and then misses only the very end.
fn peak_memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse().ok())
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
