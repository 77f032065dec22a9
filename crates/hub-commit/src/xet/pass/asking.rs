//! [`Asking`]: deduplication queries about chunks, in the background.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hub_endpoints::XetCas;
use hub_xet::MerkleHash;
use hub_xet::dedup::GlobalQueries;

use super::front::Hashed;
use crate::xet::known::Known;
use crate::xet::queries::{self, Found, Willing};
use crate::xet::session::Session;

/// A query about a chunk of the batch with a number.
type Query = Pin<Box<dyn Future<Output = (u64, Found)> + Send>>;

/// Batches that wait for what is said about some of their chunks, and the queries.
pub(super) struct Asking {
    cas: Arc<XetCas>,
    known: Arc<Known>,
    willing: Willing,
    choices: HashMap<usize, GlobalQueries>,
    to_ask: VecDeque<(u64, MerkleHash)>,
    asking: FuturesUnordered<Query>,
    /// In order, each with how many queries about it are not answered.
    batches: VecDeque<(Hashed, usize)>,
}

impl Asking {
    /// Without `asks` nothing is asked.
    pub(super) fn new(cas: &Arc<XetCas>, known: &Arc<Known>, asks: bool) -> Self {
        Self {
            cas: Arc::clone(cas),
            known: Arc::clone(known),
            willing: Willing::new(asks),
            choices: HashMap::new(),
            to_ask: VecDeque::new(),
            asking: FuturesUnordered::new(),
            batches: VecDeque::new(),
        }
    }

    /// Takes a batch, and chooses the chunks of it that are worth a query. `size` says how large a file is.
    pub(super) fn push(&mut self, batch: Hashed, session: &Session, size: impl Fn(usize) -> u64) {
        let mut asked = 0;
        for part in &batch.parts {
            if self.willing.is_left() && size(part.file) >= queries::LEAST_FILE {
                let choice = self.choices.entry(part.file).or_default();
                for chunk in &part.chunks {
                    if choice.wants(&chunk.hash) && !session.knows(&chunk.hash) {
                        asked += 1;
                        self.to_ask.push_back((batch.number, chunk.hash));
                    }
                }
            }
            if part.end.is_some() {
                self.choices.remove(&part.file);
            }
        }
        self.batches.push_back((batch, asked));
    }

    /// Begins queries. `now` is in seconds since 1970.
    pub(super) fn advance(&mut self, now: u64) {
        while self.willing.is_left() && self.asking.len() < queries::AT_ONCE {
            let Some((batch, chunk)) = self.to_ask.pop_front() else { break };
            let (cas, known) = (Arc::clone(&self.cas), Arc::clone(&self.known));
            self.asking.push(Box::pin(async move {
                let found = queries::ask(&cas, chunk, &known, now).await;
                (batch, found)
            }));
        }
        if !self.willing.is_left() {
            for (number, _) in std::mem::take(&mut self.to_ask) {
                self.settle(number);
            }
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<(u64, Found)> {
        match self.asking.poll_next_unpin(cx) {
            Poll::Ready(Some(told)) => Poll::Ready(told),
            _ => Poll::Pending,
        }
    }

    /// Takes note of a response about a chunk of a batch.
    pub(super) fn was_told(&mut self, number: u64, found: &Found, session: &mut Session, now: u64) {
        self.willing.note(found);
        if let Found::Xorbs(shard) = found {
            session.learn(shard, now);
        }
        self.settle(number);
    }

    /// One query about a chunk of a batch is settled.
    fn settle(&mut self, number: u64) {
        if let Some((_, asked)) = self.batches.iter_mut().find(|(batch, _)| batch.number == number) {
            *asked = asked.saturating_sub(1);
        }
    }

    /// The next batch, if nothing more is to be learnt about its chunks.
    pub(super) fn pop(&mut self) -> Option<Hashed> {
        let is_clear = self.batches.front().is_some_and(|(_, asked)| *asked == 0);
        if is_clear { self.batches.pop_front().map(|(batch, _)| batch) } else { None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }
}
