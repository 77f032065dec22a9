//! Memory and time of large transfers. Both sides are the released binary.

use std::fmt::Write as _;
use std::time::Instant;

use super::client::Workplace;
use super::server::Server;
use super::{mib, watch, write_sparse};
use crate::Outcome;

/// Sizes of the file that goes up and down again, in MiB.
const SIZES: [u64; 3] = [64, 512, 2048];
/// What either side may take, in MiB.
const LIMIT: u64 = 96;
/// One transfer: how long it took, and the peak memory of both sides in kiB.
struct Row {
    job: String,
    seconds: f64,
    client: u64,
    server: u64,
}

pub(super) fn measure() -> Outcome<String> {
    let place = Workplace::new()?;
    let mut rows = Vec::new();
    for size in SIZES {
        // A Hub of its own for each size, so that its peak belongs to that size.
        place.empty()?;
        rows.extend(transfer(&place, size)?);
    }
    match rows.iter().find(|row| row.client.max(row.server) > LIMIT * 1024) {
        Some(row) => Err(format!("{}: more than {LIMIT} MiB", row.job)),
        None => report(&rows),
    }
}

/// Uploads a file and downloads it again.
fn transfer(place: &Workplace, size: u64) -> Outcome<[Row; 2]> {
    let name = format!("{size}.bin");
    let file = place.folder.join(&name);
    write_sparse(&file, size).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    let server = Server::start(&place.hub, &place.folder, &[])?;
    let run = |job: &str, args: &[&str]| -> Outcome<Row> {
        let mut client = place.client(&place.hub, &server.url);
        client.args(args).current_dir(&place.folder);
        let start = Instant::now();
        let mut child = client.spawn().map_err(|error| format!("cannot start hub: {error}"))?;
        let peak = watch(&mut child)?.memory;
        let seconds = start.elapsed().as_secs_f64();
        Ok(Row { job: format!("{job} {size} MiB"), seconds, client: peak, server: server.peak_memory() })
    };
    let up = run("upload", &["upload", "ada/bench", &name, &name])?;
    let down = run("download", &["download", "ada/bench", &name, "--local-dir", "copy"])?;
    Ok([up, down])
}

fn report(rows: &[Row]) -> Outcome<String> {
    let mut text = format!(
        "## One LFS file\n\n\
         Against `hub serve`. Neither side may take more than {LIMIT} MiB, whatever the size.\n\n\
         | job | seconds | MiB/s | client, MiB | server, MiB |\n|---|---:|---:|---:|---:|\n"
    );
    for row in rows {
        let size: f64 = row.job.split(' ').nth(1).and_then(|size| size.parse().ok()).unwrap_or_default();
        writeln!(
            text,
            "| {} | {:.2} | {:.0} | {:.1} | {:.1} |",
            row.job,
            row.seconds,
            size / row.seconds,
            mib(row.client),
            mib(row.server)
        )
        .map_err(|error| error.to_string())?;
    }
    text.push_str(
        "\nAn upload hashes the file, sends it, and the server hashes it again before it is visible. A download is hashed \
         on its way to the disk.\n",
    );
    Ok(text)
}
