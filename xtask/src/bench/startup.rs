//! A small command from start to end: `hub auth whoami` against `hf auth whoami`.

use std::process::{Command, Stdio};
use std::time::Instant;

use super::client::TOKEN;
use super::server::Server;
use super::{Spread, mib, usage};
use crate::interop::{newest_client, target_folder};
use crate::{Outcome, cargo, execute};

/// Runs of each client: they are short.
const RUNS: usize = 15;
const NAME: &str = "f. `auth whoami`, the whole process";
/// What it must not exceed: the share of Python's time, and MiB.
const SHARE: f64 = 0.05;
const MEMORY: f64 = 12.0;

pub(super) fn measure() -> Outcome<String> {
    execute(cargo().args(["build", "--release", "--package", "hub-cli", "--locked"]))?;
    let hub = target_folder()?.join("release/hub");
    let official = newest_client()?.with_file_name("hf");
    let place = target_folder()?.join("bench");
    let fail = |error: std::io::Error| format!("cannot use {}: {error}", place.display());
    std::fs::create_dir_all(&place).map_err(fail)?;
    let server = Server::start(&hub, &place, &[])?;
    let whoami = |program: &std::path::Path| {
        let mut command = Command::new(program);
        command.args(["auth", "whoami"]).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("HF_ENDPOINT", &server.url).env("HF_TOKEN", TOKEN).env("HF_HOME", place.join("home"));
        command.env("HF_HUB_DISABLE_TELEMETRY", "1").env("HF_HUB_DISABLE_UPDATE_CHECK", "1");
        command
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(seconds(whoami(&hub))?);
        theirs.push(seconds(whoami(&official))?);
    }
    let memory =
        (0..RUNS).map(|_| peak(whoami(&hub))).try_fold(0.0, |most: f64, peak| peak.map(|p| most.max(p)))?;
    let (ours, theirs) = (Spread::of(ours), Spread::of(theirs));
    let share = ours.middle / theirs.middle;
    drop(server);
    std::fs::remove_dir_all(&place).map_err(fail)?;
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
