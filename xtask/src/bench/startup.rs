//! A small command from start to end: `hub auth whoami` against `hf auth whoami`.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::client::Workplace;
use super::server::Server;
use super::{Spread, mib, usage};
use crate::Outcome;

/// Runs of each client: they are short.
const RUNS: usize = 15;
const NAME: &str = "f. `auth whoami`, the whole process";
/// What it must not exceed: the share of Python's time, and MiB.
const SHARE: f64 = 0.05;
const MEMORY: f64 = 12.0;

pub(super) fn measure() -> Outcome<String> {
    let place = Workplace::new()?;
    let official = place.python.with_file_name("hf");
    let server = Server::start(&place.hub, &place.folder, &[])?;
    let whoami = |program: &Path| {
        let mut command = place.client(program, &server.url);
        command.args(["auth", "whoami"]);
        command
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(seconds(whoami(&place.hub))?);
        theirs.push(seconds(whoami(&official))?);
    }
    let memory = (0..RUNS)
        .map(|_| peak(whoami(&place.hub)))
        .try_fold(0.0, |most: f64, peak| peak.map(|p| most.max(p)))?;
    let (ours, theirs) = (Spread::of(ours), Spread::of(theirs));
    let share = ours.middle / theirs.middle;
    Ok(format!(
        "## Start\n\n{RUNS} runs of each client in turn, on one `hub serve`.\n\n\
         | job | hub, seconds | hf, seconds | share of hf's | to reach | hub, MiB | to reach |\n|---|---:|---:|---:|---:|---:|---:|\n\
         | {NAME} | {} | {} | {share:.3} | {SHARE:.2} | {memory:.1} | {MEMORY:.0} |\n",
        ours.seconds(),
        theirs.seconds(),
    ))
}

fn seconds(mut command: Command) -> Outcome<f64> {
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("cannot start a client: {error}"))?;
    let seconds = start.elapsed().as_secs_f64();
    if status.success() { Ok(seconds) } else { Err(format!("whoami failed ({status})")) }
}

/// The peak of memory in MiB. Looks all the time, as the process is over soon; so its time is not counted.
fn peak(mut command: Command) -> Outcome<f64> {
    let mut child = command.spawn().map_err(|error| format!("cannot start a client: {error}"))?;
    let mut most = 0;
    while child.try_wait().map_err(|error| format!("cannot wait for a client: {error}"))?.is_none() {
        most = usage(child.id()).map_or(most, |usage| usage.memory);
    }
    Ok(mib(most))
}
