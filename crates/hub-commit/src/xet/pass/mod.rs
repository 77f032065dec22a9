//! [`Pass`]: every file is read once; cutting, hashing, looking up, compressing and sending overlap.
//!
//! ```text
//!  read, cut ──> hash chunks ──> (ask about chunks) ──> decide ──> compress ──> put together ──> send
//!      └──> sha256
//! ```
//!
//! Each stage works on batches of a megabyte, in order, on threads that may block; hashing and compressing on several at once. The stages
//! up to hashing are in `front`, those from compressing on in `back`. A bounded number of batches is between reading and putting
//! together; of xorbs there are three: one that is filled and two on their way.

mod asking;
mod back;
mod encode;
mod files;
mod front;
mod reader;
mod sums;
mod task;

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::UNIX_EPOCH;

use hub_endpoints::XetCas;
use hub_xet::shard::XorbBlock;

use self::asking::Asking;
pub(super) use self::back::Counted;
use self::back::{Back, BackEvent};
pub(super) use self::files::Stored;
use self::files::{Files, Standing};
use self::front::{Front, FrontEvent, Hashed};
use self::reader::End;
use super::known::Known;
use super::queries::Found;
use super::session::{Chunked, Session, Step};
use crate::CommitError;
use crate::inspect::Seen;
use crate::job::Job;

/// What one pass is about.
pub(super) struct Pass {
    pub(super) job: Arc<Job>,
    pub(super) cas: Arc<XetCas>,
    pub(super) known: Arc<Known>,
    pub(super) files: Arc<[Seen]>,
    /// The sha256 that the repository has at the path of each file.
    pub(super) remotes: Vec<Option<[u8; 32]>>,
    /// Whether the CAS is asked about chunks.
    pub(super) asks: bool,
    /// Whether anything is sent. Otherwise what would be is counted.
    pub(super) sends: bool,
}

/// What a pass has come to.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// What has become of each file.
    pub(super) files: Vec<Stored>,
    /// New xorbs, which the CAS has now, to be registered.
    pub(super) xorbs: Vec<XorbBlock>,
    /// Raw bytes of chunks that were sent, and of those that the CAS had.
    pub(super) new: u64,
    pub(super) found: u64,
    /// What would have been sent.
    pub(super) counted: Counted,
}

/// What happened next.
enum Event {
    Front(FrontEvent),
    Told(u64, Found),
    Back(BackEvent),
}

impl Pass {
    /// Reads all files, and sends what the CAS does not have.
    ///
    /// # Errors
    /// The first that occurs in any stage; what is under way then is given up.
    pub(super) async fn run(self, session: &mut Session) -> Result<Passed, CommitError> {
        let files = Files::new(&self.job, Arc::clone(&self.files), self.remotes);
        let mut running = Running {
            front: Front::new(&self.job, &files),
            asking: Asking::new(&self.cas, &self.known, self.asks),
            chunked: HashMap::new(),
            back: Back::new(&self.job, &self.cas, &self.known, self.sends),
            job: self.job,
            session,
            files,
            all_sealed: false,
            found: 0,
        };
        loop {
            running.advance()?;
            if running.is_done() {
                return running.finish();
            }
            let event = poll_fn(|cx| running.poll(cx)).await?;
            running.handle(event)?;
        }
    }
}

struct Running<'s> {
    job: Arc<Job>,
    session: &'s mut Session,
    files: Files,
    front: Front,
    asking: Asking,
    /// Files of which some chunks were decided.
    chunked: HashMap<usize, Chunked>,
    back: Back,
    /// Whether the last xorb has got all of its chunks.
    all_sealed: bool,
    /// Bytes that the CAS had.
    found: u64,
}

impl Running<'_> {
    /// Begins all that can begin.
    fn advance(&mut self) -> Result<(), CommitError> {
        let now = self.now();
        self.asking.advance(now);
        loop {
            while self.back.has_room() {
                let Some(batch) = self.asking.pop() else { break };
                self.decide(batch)?;
            }
            if !self.all_sealed && self.front.has_no_more_chunks() && self.asking.is_empty() {
                self.all_sealed = true;
                self.back.push(self.session.seal().map(Step::Seal).into_iter().collect(), None);
            }
            // It makes room, and no event may follow that says so.
            if !self.back.advance(self.session, &self.files, now) {
                break;
            }
        }
        // Last, for batches of which nothing is stored leave their places above.
        self.front.advance();
        Ok(())
    }

    /// Decides what becomes of the chunks of a batch.
    fn decide(&mut self, batch: Hashed) -> Result<(), CommitError> {
        let mut steps = Vec::new();
        for part in batch.parts {
            let file = part.file;
            let mut chunked = self.chunked.remove(&file).unwrap_or_default();
            if part.end == Some(End::Skipped) || self.files.standing(file) == Standing::Unchanged {
                continue;
            }
            let before = chunked.known;
            for chunk in part.chunks {
                self.session.push(file, &mut chunked, chunk, &mut steps).map_err(CommitError::of_format)?;
            }
            let mut known = chunked.known;
            if part.end.is_none() {
                self.chunked.insert(file, chunked);
            } else {
                let (recipe, all) =
                    self.session.finish(file, chunked, &mut steps).map_err(CommitError::of_format)?;
                known = all;
                self.files.decided(file, recipe, known);
            }
            self.found += known - before;
            self.files.advance(file, known - before);
        }
        self.back.push(steps, Some(batch.slot));
        Ok(())
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, CommitError>> {
        if let Poll::Ready(event) = self.back.poll(cx) {
            return Poll::Ready(event.map(Event::Back));
        }
        if let Poll::Ready((number, found)) = self.asking.poll(cx) {
            return Poll::Ready(Ok(Event::Told(number, found)));
        }
        self.front.poll(cx).map(|event| event.map(Event::Front))
    }

    fn handle(&mut self, event: Event) -> Result<(), CommitError> {
        let files = &mut self.files;
        match event {
            Event::Front(FrontEvent::Read(reader, batch, slot)) => {
                self.front.was_read(reader, batch, slot, files);
            }
            Event::Front(FrontEvent::Summed(sums, summed)) => self.front.was_summed(sums, summed, files),
            Event::Front(FrontEvent::Hashed(batch)) => {
                self.asking.push(batch, self.session, |file| files.size(file));
            }
            Event::Told(number, found) => {
                let now = self.now();
                self.asking.was_told(number, &found, self.session, now);
            }
            Event::Back(BackEvent::Encoded(all)) => {
                all.into_iter().try_for_each(|encoded| self.back.was_encoded(encoded, self.session))?;
            }
            Event::Back(BackEvent::Checked(file, sha256)) => files.digested(file, sha256),
            Event::Back(BackEvent::Sent(sealed)) => self.back.was_sent(&sealed, files),
            Event::Back(BackEvent::Registered) => {}
        }
        Ok(())
    }

    /// In seconds since 1970.
    fn now(&self) -> u64 {
        let wall = self.job.transport.clock().wall();
        wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }

    fn is_done(&self) -> bool {
        self.all_sealed && self.front.is_done() && self.back.is_done()
    }

    fn finish(self) -> Result<Passed, CommitError> {
        let (xorbs, new, counted) = self.back.finish();
        Ok(Passed { files: self.files.finish()?, xorbs, new, found: self.found, counted })
    }
}
