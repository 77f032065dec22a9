//! What a server does when it has nothing else to do: packing repositories, and removing garbage.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};

use crate::{EmbeddedHub, GcOptions};

/// How often it looks whether there is something to do.
const EVERY: Duration = Duration::from_secs(60);
/// How often garbage is looked for.
const GARBAGE_EVERY: Duration = Duration::from_secs(60 * 60);
/// Requests that are worked on when the server counts as idle. For an hour at most it waits for that.
const IDLE: usize = 2;

/// Tends the data of a hub, for as long as it is awaited.
pub(super) async fn tend(hub: EmbeddedHub) {
    let mut rounds = tokio::time::interval_at(Instant::now() + EVERY, EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut after, mut collected, mut tended) = (0, Instant::now(), Instant::now());
    loop {
        rounds.tick().await;
        if hub.load().0 > IDLE && tended.elapsed() < GARBAGE_EVERY {
            continue;
        }
        tended = Instant::now();
        match hub.pack_some(after).await {
            Ok((next, report)) => {
                after = next;
                if report.repacked > 0 {
                    tracing::info!(repositories = report.repacked, files = report.files_packed, "packed");
                }
            }
            Err(error) => tracing::warn!(%error, "nothing could be packed"),
        }
        if collected.elapsed() < GARBAGE_EVERY {
            continue;
        }
        collected = Instant::now();
        match hub.gc(GcOptions::new()).await {
            Ok(report) => tracing::info!(
                git_objects = report.git_objects,
                lfs_objects = report.lfs_objects,
                lfs_bytes = report.lfs_bytes,
                xorbs = report.xorbs,
                "garbage was collected"
            ),
            Err(error) => tracing::warn!(%error, "garbage could not be collected"),
        }
    }
}
