//! `cargo xtask bench`: speed and memory of what is released (`--profile dist`), written to `docs/benchmarks.md` with a picture.
//!
//! Clients are processes of their own. Peak memory is the kernel's `VmHWM`, so this needs Linux.

mod canned;
mod client;
mod content;
mod downloads;
mod floor;
mod pages;
mod plot;
mod reading;
mod server;
pub(crate) mod serving;
mod startup;
mod throttle;
mod transfers;
mod uploads;
mod xet;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use crate::{Outcome, output, read, root};

/// What can be measured, in the order of the report: its name, the heading of its section, and how.
const PARTS: [(&str, &str, Measure); 6] = [
    ("uploads", "## Uploads", uploads::measure),
    ("downloads", "## Downloads", downloads::measure),
    ("startup", "## Start", startup::measure),
    ("transfers", "## One LFS file", transfers::measure),
    ("reading", "## Reading", reading::measure),
    ("xet", "## Xet", xet::measure),
];
const REPORT: &str = "docs/benchmarks.md";

type Measure = fn() -> Outcome<String>;

/// Measures everything, or one part, and writes it into the report; the picture is drawn from all of the report.
pub(crate) fn run(only: Option<&str>) -> Outcome {
    if !Path::new("/proc/self/status").exists() {
        return Err("peak memory is read from /proc: run this on Linux".into());
    }
    if only.is_some_and(|only| PARTS.iter().all(|(name, ..)| *name != only)) {
        let names = PARTS.map(|(name, ..)| name).join(", ");
        return Err(format!("there is no such benchmark; there are {names}"));
    }
    let before = read(&root().join(REPORT)).unwrap_or_default();
    let mut report = heading()?;
    for (name, title, measure) in PARTS {
        let section = if only.is_none_or(|only| only == name) {
            let section = measure()?;
            print!("{section}");
            section
        } else {
            section_of(&before, title).to_owned()
        };
        report.push('\n');
        report.push_str(section.trim_end());
        report.push('\n');
    }
    write(REPORT, &report)?;
    write("docs/benchmarks.svg", &plot::draw(&bars(&report)))
}

/// The section of a report that begins with this line.
fn section_of<'r>(report: &'r str, title: &str) -> &'r str {
    let Some(begin) = report.find(&format!("\n{title}\n")) else { return "" };
    let section = report.get(begin + 1..).unwrap_or_default();
    section.find("\n## ").and_then(|end| section.get(..end)).unwrap_or(section)
}

fn write(name: &str, content: &str) -> Outcome {
    let path = root().join(name);
    std::fs::write(&path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Runs of each client.
const RUNS: usize = 5;

/// One job of the picture: its time as a share of Python's, and what is to be reached.
#[derive(Debug, PartialEq)]
struct Bar {
    name: String,
    share: f64,
    reach: f64,
}

/// The rows of all tables that compare two clients.
fn bars(report: &str) -> Vec<Bar> {
    let mut bars = Vec::new();
    let mut column = None;
    for line in report.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if let Some(found) = cells.iter().position(|cell| cell.starts_with("share of ")) {
            column = Some(found);
        } else if !line.starts_with('|') {
            column = None;
        }
        let number = |at: usize| cells.get(at).and_then(|cell| cell.parse::<f64>().ok());
        let found = column.and_then(|share| Some((number(share)?, number(share + 1)?)));
        if let (Some((share, reach)), Some(name)) = (found, cells.first()) {
            bars.push(Bar { name: (*name).to_owned(), share, reach });
        }
    }
    bars
}

fn heading() -> Outcome<String> {
    let rustc = output(Command::new("rustc").arg("--version"))?;
    let machine = machine()?;
    Ok(format!(
        "# Benchmarks\n\n\
         After this page you know what was measured, how, against what target, and how to measure it on your machine.\n\n\
         Written by `cargo xtask bench`; run it to measure your own machine. Everything is built as for a release (`--profile dist`), and clients and \
         servers are processes of one machine ({machine}; {}). Memory is the peak of resident memory, from the \
         kernel.\n\n![The time of every job as a share of Python's](benchmarks.svg)\n",
        rustc.trim()
    ))
}

/// How many processors of which kind.
pub(crate) fn machine() -> Outcome<String> {
    let cpu = read(Path::new("/proc/cpuinfo"))?;
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("", |(_, name)| name);
    Ok(format!("{cores} cores, {model}"))
}

/// What a process took so far.
#[derive(Clone, Copy, Default)]
struct Usage {
    /// Highest resident memory in kiB.
    memory: u64,
    /// Seconds of processor time.
    cpu: f64,
    /// Files and sockets that were open at once, the most that was seen.
    handles: usize,
}

/// Waits for the end of a process and returns what it took. The kernel keeps the figures, so looking now and then misses only
/// the last two milliseconds.
fn watch(child: &mut Child) -> Outcome<Usage> {
    let mut last = Usage::default();
    loop {
        if let Some(now) = usage(child.id()) {
            last = Usage { handles: now.handles.max(last.handles), ..now };
        }
        match child.try_wait().map_err(|error| format!("cannot wait for a client: {error}"))? {
            Some(status) if status.success() => return Ok(last),
            Some(status) => return Err(format!("a client failed ({status})")),
            None => std::thread::sleep(Duration::from_millis(2)),
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
    let handles = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
    Some(Usage { memory, cpu: (ticks()? + ticks()?) / TICKS, handles })
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

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "# Head\n\n## Uploads\n\n| job | hub | share of Python's | to reach |\n|---|---:|---:|---:|\n\
                          | a | 1 | 0.500 | 0.40 |\n\n| job | MiB |\n|---|---:|\n| b | 7 |\n\n## Start\n\ntext\n";

    #[test]
    fn a_part_of_a_report_can_be_kept() {
        assert!(section_of(REPORT, "## Uploads").ends_with("| b | 7 |\n"));
        assert_eq!(section_of(REPORT, "## Start"), "## Start\n\ntext\n");
        assert_eq!(section_of(REPORT, "## Reading"), "");
    }

    #[test]
    fn only_comparisons_become_bars() {
        assert_eq!(bars(REPORT), [Bar { name: "a".into(), share: 0.5, reach: 0.4 }]);
    }
}
