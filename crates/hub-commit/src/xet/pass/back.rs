//! [`Back`]: compresses chunks, puts them together as xorbs, sends these, and registers them where there are many.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::available_parallelism;

use futures_util::StreamExt;
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use hub_endpoints::XetCas;
use hub_xet::shard::XorbBlock;
use hub_xet::xorb::{Xorb, XorbBuilder};

use super::encode::{Encoded, Encoders};
use super::files::{Files, Standing};
use super::front::Slot;
use super::task::{Task, begin, ended};
use crate::hash::cache::known_or_read;
use crate::hash::digest::{Digests, Want};
use crate::job::Job;
use crate::xet::known::Known;
use crate::xet::session::{Session, Step};
use crate::xet::{shards, xorbs};
use crate::{CommitError, XetCompression};

/// Xorbs on their way at once.
const SENDERS: usize = 2;
/// Chunks of xorbs that wait to be registered, at most: 16 MiB of memory, or about 25 GiB of content.
const LISTED: usize = 400_000;

/// A complete xorb.
pub(super) struct Sealed {
    number: u64,
    xorb: Arc<Xorb>,
    /// Bytes of each file in it.
    shares: Vec<(usize, u64)>,
}

/// What has come of a stage.
pub(super) enum BackEvent {
    Encoded(Vec<Encoded>),
    Checked(usize, [u8; 32]),
    Sent(Sealed),
    Registered,
}

/// Whether a xorb must be sent.
enum Need {
    Yes,
    No,
    /// That depends on whether this file has changed.
    Depends(usize),
}

pub(super) struct Back {
    job: Arc<Job>,
    cas: Arc<XetCas>,
    known: Arc<Known>,
    encoders: Arc<Encoders>,
    encoding: FuturesOrdered<Task<Vec<Encoded>>>,
    builder: XorbBuilder,
    shares: Vec<(usize, u64)>,
    sealed: VecDeque<Sealed>,
    checking: Option<Task<(usize, [u8; 32])>>,
    sending: FuturesUnordered<Task<Sealed>>,
    registering: Option<Task<()>>,
    /// Xorbs that the CAS has and that are not registered, and their chunks.
    xorbs: Vec<XorbBlock>,
    listed: usize,
    /// Raw bytes of the chunks that were sent.
    sent: u64,
    /// What would be sent, where nothing is.
    counted: Option<Counted>,
}

/// What a pass that sends nothing would send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::xet) struct Counted {
    /// Bytes of chunks, without compression.
    pub(in crate::xet) bytes: u64,
    pub(in crate::xet) xorbs: u64,
}

impl Back {
    /// Without `sends` it only counts.
    pub(super) fn new(job: &Arc<Job>, cas: &Arc<XetCas>, known: &Arc<Known>, sends: bool) -> Self {
        let encoders = Encoders::default();
        encoders.store_raw(job.options.xet_compression == XetCompression::Never);
        Self {
            job: Arc::clone(job),
            cas: Arc::clone(cas),
            known: Arc::clone(known),
            encoders: Arc::new(encoders),
            encoding: FuturesOrdered::new(),
            builder: XorbBuilder::new(),
            shares: Vec::new(),
            sealed: VecDeque::new(),
            checking: None,
            sending: FuturesUnordered::new(),
            registering: None,
            xorbs: Vec::new(),
            listed: 0,
            sent: 0,
            counted: (!sends).then(Counted::default),
        }
    }

    /// Whether there is room for more chunks.
    pub(super) fn has_room(&self) -> bool {
        let cores = available_parallelism().map_or(1, usize::from);
        self.sealed.is_empty() && self.encoding.len() < 2 * cores
    }

    /// Takes what follows from the chunks of a batch.
    pub(super) fn push(&mut self, steps: Vec<Step>, slot: Option<Slot>) {
        if steps.is_empty() {
            return;
        }
        if let Some(counted) = &mut self.counted {
            steps.iter().for_each(|step| counted.add(step));
            return;
        }
        let encoders = Arc::clone(&self.encoders);
        self.encoding.push_back(begin(move || {
            let encoded = encoders.encode(steps).map_err(CommitError::of_format);
            drop(slot);
            encoded
        }));
    }

    /// Begins to send what is complete, if it has to be sent; whether anything complete went on its way or was dropped. `now` is in
    /// seconds since 1970.
    pub(super) fn advance(&mut self, session: &mut Session, files: &Files, now: u64) -> bool {
        let before = self.sealed.len();
        while self.sending.len() < self.job.options.max_concurrency.clamp(1, SENDERS) {
            let Some(number) = self.sealed.front().map(|sealed| sealed.number) else { break };
            match need(session, files, number) {
                Need::Yes => {
                    let Some(sealed) = self.sealed.pop_front() else { break };
                    session.sent(number);
                    self.sending.push(self.send(sealed, files, now));
                }
                Need::No => {
                    self.sealed.pop_front();
                    session.dropped(number);
                }
                Need::Depends(file) => {
                    if self.checking.is_none() && !files.is_read_to_end(file) {
                        self.checking = self.check(files, file);
                    }
                    break;
                }
            }
        }
        self.sealed.len() < before
    }

    fn send(&self, sealed: Sealed, files: &Files, now: u64) -> Task<Sealed> {
        let (cas, known) = (Arc::clone(&self.cas), Arc::clone(&self.known));
        let first = sealed.shares.first().and_then(|(file, _)| files.seen.get(*file));
        let path = first.map(|seen| self.job.path(seen.operation).to_owned()).unwrap_or_default();
        Box::pin(async move {
            let sent = xorbs::send(&cas, &sealed.xorb).await;
            sent.map_err(|source| CommitError::XetContent { path, source })?;
            let xorb = Arc::clone(&sealed.xorb);
            begin(move || {
                known.note_xorb(&XorbBlock::from(xorb.index()), now);
                Ok(())
            })
            .await?;
            Ok(sealed)
        })
    }

    /// Reads a whole file for its sha256, because it takes more memory than there is to put off what becomes of it.
    fn check(&self, files: &Files, file: usize) -> Option<Task<(usize, [u8; 32])>> {
        let (job, seen) = (Arc::clone(&self.job), *files.seen.get(file)?);
        Some(begin(move || {
            let add = job.add(seen.operation)?;
            let cache = job.options.digests.as_deref();
            match known_or_read(add, seen.stamp, Want::Sha256, cache, &job.reading())? {
                Digests::Lfs { sha256, .. } => Ok((file, sha256)),
                Digests::Git(_) => Err(CommitError::Stopped("a digest is of the wrong kind".into())),
            }
        }))
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<BackEvent, CommitError>> {
        // What frees memory comes first. An empty set is never ready.
        if let Poll::Ready(Some(done)) = self.sending.poll_next_unpin(cx) {
            return Poll::Ready(done.map(BackEvent::Sent));
        }
        if let Poll::Ready(Some(done)) = self.encoding.poll_next_unpin(cx) {
            return Poll::Ready(done.map(BackEvent::Encoded));
        }
        if let Some(done) = ended(&mut self.checking, cx) {
            return Poll::Ready(done.map(|(file, sha256)| BackEvent::Checked(file, sha256)));
        }
        let registered = ended(&mut self.registering, cx);
        registered.map_or(Poll::Pending, |done| Poll::Ready(done.map(|()| BackEvent::Registered)))
    }

    /// Puts a stored chunk into the xorb, or ends it.
    pub(super) fn was_encoded(&mut self, encoded: Encoded, session: &mut Session) -> Result<(), CommitError> {
        match encoded {
            Encoded::Store { file, chunk } => {
                let raw = u64::from(chunk.header().raw_len);
                match self.shares.last_mut() {
                    Some((last, bytes)) if *last == file => *bytes += raw,
                    _ => self.shares.push((file, raw)),
                }
                self.builder.push(&chunk).map(drop).map_err(CommitError::of_format)
            }
            Encoded::Seal(number) => {
                let Some(xorb) = self.builder.take() else { return Ok(()) };
                session.close(number, xorb.hash());
                if self.job.options.xet_compression == XetCompression::Adaptive {
                    // The connection has waited for this one.
                    let starves = self.sent > 0 && self.sending.is_empty() && self.sealed.is_empty();
                    self.encoders.store_raw(starves);
                }
                let shares = std::mem::take(&mut self.shares);
                self.sealed.push_back(Sealed { number, xorb: Arc::new(xorb), shares });
                Ok(())
            }
        }
    }

    /// Takes note of a xorb that has arrived.
    pub(super) fn was_sent(&mut self, sealed: &Sealed, files: &mut Files) {
        for (file, bytes) in &sealed.shares {
            self.sent += bytes;
            files.advance(*file, *bytes);
        }
        let block = XorbBlock::from(sealed.xorb.index());
        self.listed += block.chunks.len();
        self.xorbs.push(block);
        if self.listed > LISTED && self.registering.is_none() {
            self.listed = 0;
            let xorbs = std::mem::take(&mut self.xorbs);
            let (job, cas) = (Arc::clone(&self.job), Arc::clone(&self.cas));
            self.registering =
                Some(Box::pin(async move { Ok(shards::register(&job, &cas, &[], &xorbs).await?) }));
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.encoding.is_empty()
            && self.sealed.is_empty()
            && self.sending.is_empty()
            && self.registering.is_none()
    }

    /// The xorbs that are to be registered, the raw bytes of all that were sent, and what would have been sent.
    pub(super) fn finish(self) -> (Vec<XorbBlock>, u64, Counted) {
        (self.xorbs, self.sent, self.counted.unwrap_or_default())
    }
}

impl Counted {
    fn add(&mut self, step: &Step) {
        match step {
            Step::Store { chunk, .. } => self.bytes += chunk.data.len() as u64,
            Step::Seal(_) => self.xorbs += 1,
        }
    }
}

fn need(session: &Session, files: &Files, number: u64) -> Need {
    let mut need = Need::No;
    for file in session.users(number) {
        match files.standing(file) {
            Standing::New => return Need::Yes,
            Standing::Unknown => need = Need::Depends(file),
            Standing::Unchanged => {}
        }
    }
    need
}
