//! A file by Xet, piece by piece: which chunks it consists of, those that an older blob has, and the rest from several connections.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt, future, stream::FuturesUnordered};
use hub_endpoints::XetCas;
use hub_types::progress::{Event, Progress};
use hub_xet::chunker::MAX_CHUNK;
use hub_xet::recipe::{Fetch, FetchPlan, Reconstruction, Term, total_len};
use hub_xet::{MerkleHash, wire::FetchUrls};
use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

use super::arrived::Arrived;
use super::base::Bases;
use super::chunk_log::ChunkLog;
use super::fetch::Sinks;
use super::holes::Holes;
use super::reconstruct::reconstruct;
use super::trouble::Trouble;
use crate::job::Job;
use crate::transfer::adaptive::{AdaptiveConnections, Verdict};
use crate::transfer::parts::more;
use crate::transfer::range::Interruptions;
use crate::transfer::sink::Sink;
use crate::transfer::writer::DiskWriter;
use crate::{DownloadError, RemoteFile};

/// How many bytes of a file are asked for at a time, in parts of [`Parts::bytes`](crate::Parts::bytes): 256 MiB unless that is set. So far
/// apart may those be that arrive at once.
const PARTS: u64 = 16;
/// How many gaps are asked for again in one turn.
const GAPS: usize = 16;
/// Connections at the beginning: a range of a xorb comes over one, and has up to 64 MiB.
const CONNECTIONS: usize = 4;

/// A file, and where it comes from.
#[derive(Clone, Copy)]
pub(super) struct Download<'t> {
    pub(super) job: &'t Job<'t>,
    pub(super) file: &'t RemoteFile,
    pub(super) hash: MerkleHash,
    pub(super) cas: &'t XetCas,
    pub(super) bases: &'t Arc<Bases>,
}

/// What a range of a file consists of.
struct Found {
    reconstruction: Reconstruction,
    urls: FetchUrls,
    /// The range, up to the end of its last chunk.
    wanted: Range<u64>,
}

/// A term that an older blob has.
struct LocalTerm {
    term: Term,
    position: u64,
}

impl LocalTerm {
    fn range(&self) -> Range<u64> {
        self.position..self.position.saturating_add(self.term.raw_len.into())
    }
}

impl Download<'_> {
    /// Goes on with a file of which `log` knows the chunks up to about the position of the sink, for as long as nothing is in the way: what is
    /// missing then is for a plain `GET`.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) async fn run(self, sink: Sink, log: ChunkLog) -> Result<(Sink, ChunkLog), DownloadError> {
        let (begun, kept) = (sink.position, sink.kept());
        // The chunk in which an earlier download ended is fetched anew, so that its hash is known.
        let mut from = log.next().min(begun);
        let arrived = Arc::new(Arrived::new(log));
        let writer = DiskWriter::start(sink);
        let there = begun + kept.iter().map(|span| span.end - span.start).sum::<u64>();
        let sinks = Sinks {
            job: self.job,
            file: self.file,
            arrived: &arrived,
            to_disk: writer.sender(),
            begun: there,
        };
        let pieces = Pieces {
            download: self,
            sinks,
            kept,
            pace: Mutex::new(Pace::new(self.job)),
            first_version: AtomicBool::new(false),
        };
        let mut found = pieces.find_piece(from).await;
        let outcome = loop {
            let piece = match found {
                Ok(Some(piece)) => piece,
                end => break end.map(drop),
            };
            let end = piece.wanted.end;
            // What comes next is asked for meanwhile.
            let (brought, next) =
                future::join(pieces.bring(piece, begun.max(from)), pieces.find_piece(end)).await;
            if let Err(trouble) = brought {
                break Err(trouble);
            }
            (from, found) = (end, next);
            let log = &mut arrived.state().log;
            // What was there before, or the CAS, does not cut the file as uploads do.
            if log.next() != end {
                log.give_up();
            }
        };
        if let Err(trouble) = outcome {
            tracing::warn!(path = %self.file.path, position = from, %trouble, "the rest of the file comes by GET and not by Xet");
        }
        drop(pieces);
        if arrived.copied() > 0 {
            let event = Event::Known { path: self.file.path.as_str(), bytes: arrived.copied() };
            self.job.reporter.event(&event);
        }
        let finished = writer.finish().await;
        // Where the disk failed, a thread may still hold what has arrived, and what is half made must not stay.
        let log = std::mem::take(&mut arrived.state().log);
        let mut sink = finished?;
        sink.cut()?;
        Ok((sink, log))
    }
}

struct Pieces<'t> {
    download: Download<'t>,
    sinks: Sinks<'t>,
    /// What a download that was killed left after gaps.
    kept: Vec<Range<u64>>,
    pace: Mutex<Pace<'t>>,
    /// Whether the CAS knows the first version of the request alone.
    first_version: AtomicBool,
}

impl Pieces<'_> {
    /// Requests what the piece of the file that begins with the chunk at `from` consists of; `None` at its end.
    async fn find_piece(&self, from: u64) -> Result<Option<Found>, Trouble> {
        let Download { job, file, .. } = self.download;
        let length = job.options.parts.bytes.max(1).saturating_mul(PARTS);
        let end = from.saturating_add(length).min(file.size);
        if from == end { Ok(None) } else { self.find(from..end).await.map(Some) }
    }

    /// Brings a piece of the file, from `position` on.
    async fn bring(&self, piece: Found, position: u64) -> Result<(), Trouble> {
        let end = piece.wanted.end;
        if position >= end {
            return Err(Trouble::lasting("the CAS gives nothing that is missing"));
        }
        let mut before = {
            let holes = &mut self.sinks.arrived.state().holes;
            *holes = Holes::new(position..end);
            self.kept.iter().for_each(|span| drop(holes.take(span.clone())));
            holes.len()
        };
        let (mut outcome, mut patience) = (self.round(piece).await, Interruptions::default());
        let mut is_new = false;
        loop {
            let (left, gaps) = {
                let holes = &self.sinks.arrived.state().holes;
                (holes.len(), holes.first(GAPS))
            };
            let why = match outcome {
                Err(lasting @ Trouble::Lasting(_)) => return Err(lasting),
                // Fresh URLs that are refused have not expired.
                Err(Trouble::Refused(why)) if is_new && left == before => return Err(Trouble::Lasting(why)),
                _ if left == 0 => return Ok(()),
                Err(passing) => passing.to_string(),
                Ok(()) => "something is left out".to_owned(),
            };
            tracing::debug!(path = %self.download.file.path, left, why, "what is missing is asked for again");
            let wait = patience.wait(left < before).ok_or(Trouble::Lasting(why))?;
            (before, is_new) = (left, true);
            self.download.job.transport.clock().sleep(wait).await;
            outcome = Ok(());
            for gap in gaps {
                let found = self.find(gap).await?;
                outcome = self.round(found).await;
                if outcome.is_err() {
                    break;
                }
            }
        }
    }

    /// Requests what a range of the file consists of.
    async fn find(&self, range: Range<u64>) -> Result<Found, Trouble> {
        let Download { cas, file, hash, .. } = self.download;
        let (reconstruction, urls) =
            reconstruct(cas, (file, hash), range.clone(), &self.first_version).await?;
        let begin = range.start.checked_sub(reconstruction.offset_into_first_range);
        let begin = begin.ok_or_else(|| Trouble::lasting("the terms begin before the file"))?;
        let reached = begin.saturating_add(total_len(&reconstruction.terms));
        if reached < range.end || (range.end == file.size && reached > range.end) {
            return Err(Trouble::lasting("the terms have another length than the file"));
        }
        // The last term is cut to whole chunks.
        let is_near = reached - range.end <= MAX_CHUNK as u64 && reached <= file.size;
        let end = if is_near { reached } else { range.end };
        Ok(Found { reconstruction, urls, wanted: range.start..end })
    }

    /// Brings what is missing of a range: first what has to be fetched, so that what is copied arrives in order.
    async fn round(&self, found: Found) -> Result<(), Trouble> {
        let Found { reconstruction, urls, wanted } = found;
        let plan = FetchPlan::new(&reconstruction, wanted.clone())?;
        let local = self.local(&reconstruction, wanted.start);
        let mut missing = self.sinks.arrived.state().holes.clone();
        for term in &local {
            missing.take(term.range());
        }
        let needed = |fetch: &Fetch| fetch.file_ranges().any(|range| missing.meets(&range));
        self.fetch_all(plan.fetches.into_iter().filter(needed).collect(), &urls).await?;
        for term in local {
            self.copy(term).await?;
        }
        Ok(())
    }

    /// The terms that an older blob has.
    fn local(&self, reconstruction: &Reconstruction, start: u64) -> Vec<LocalTerm> {
        let mut position = start.saturating_sub(reconstruction.offset_into_first_range);
        let mut local = Vec::new();
        for term in &reconstruction.terms {
            if self.download.bases.has(term) {
                local.push(LocalTerm { term: *term, position });
            }
            position = position.saturating_add(term.raw_len.into());
        }
        local
    }

    async fn copy(&self, local: LocalTerm) -> Result<(), Trouble> {
        if !self.sinks.arrived.state().holes.meets(&local.range()) {
            return Ok(());
        }
        let (bases, arrived) = (Arc::clone(self.download.bases), Arc::clone(self.sinks.arrived));
        let to_disk = self.sinks.to_disk.clone();
        let copying = tokio::task::spawn_blocking(move || {
            let put = |at, chunk, data| arrived.put_copy(&to_disk, at, &data, chunk);
            bases.copy(&local.term, local.position, put)
        });
        let copied = copying.await.map_err(|_| Trouble::lasting("a copy panicked"))?;
        self.sinks.report();
        copied
    }

    /// Fetches ranges of xorbs over several connections, in the order in which the file needs them.
    async fn fetch_all(&self, mut fetches: VecDeque<Fetch>, urls: &FetchUrls) -> Result<(), Trouble> {
        let sinks = &self.sinks;
        let pace = || self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running = FuturesUnordered::new();
        let mut trouble = None;
        loop {
            while trouble.is_none()
                && running.len() < pace().connections()
                && let Some(fetch) = fetches.pop_front()
            {
                let url = urls.get(&fetch.xorb, &fetch.range).cloned();
                let url = url.ok_or_else(|| Trouble::lasting("a range of a xorb has no URL"))?;
                running.push(sinks.fetch(fetch, url));
            }
            match running.next().await {
                None => return trouble.map_or(Ok(()), Err),
                Some(Ok(bytes)) => pace().note(bytes, sinks.job.transport.clock().now()),
                Some(Err(lasting @ Trouble::Lasting(_))) => return Err(lasting),
                // Those that are under way may still come whole.
                Some(Err(passing)) => trouble = Some(passing),
            }
        }
    }
}

/// Over how many connections ranges are fetched.
struct Pace<'j> {
    job: &'j Job<'j>,
    adaptive: AdaptiveConnections,
    /// For the connections beyond the first.
    permit: Option<SemaphorePermit<'j>>,
}

impl<'j> Pace<'j> {
    fn new(job: &'j Job<'j>) -> Self {
        let count = (CONNECTIONS - 1).min(job.extra.available_permits());
        let permit = u32::try_from(count).ok().and_then(|count| job.extra.try_acquire_many(count).ok());
        let mut adaptive = AdaptiveConnections::new();
        adaptive.change(1 + permit.as_ref().map_or(0, SemaphorePermit::num_permits));
        Self { job, adaptive, permit }
    }

    fn connections(&self) -> usize {
        self.adaptive.connections()
    }

    /// Notes a range that has come. Connections are doubled for as long as that makes it faster.
    fn note(&mut self, bytes: u64, now: Instant) {
        if self.adaptive.note(bytes, now) != Verdict::More {
            return;
        }
        let connections = self.connections();
        match more(self.job, connections) {
            Some(permit) => {
                self.adaptive.change(connections + permit.num_permits());
                match &mut self.permit {
                    Some(held) => held.merge(permit),
                    None => self.permit = Some(permit),
                }
            }
            None => self.adaptive.settle(connections),
        }
    }
}
