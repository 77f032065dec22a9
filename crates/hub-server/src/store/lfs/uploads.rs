//! Uploads in parts that were begun. They are kept in memory only: after a restart a client begins its upload again.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::{error::LfsError, incoming::Incoming};
use crate::store::database::lock;

/// An upload that is not completed by then is forgotten.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Uploads that were begun.
#[derive(Clone, Default)]
pub(super) struct Uploads {
    pub(super) by_id: Arc<Mutex<HashMap<String, Upload>>>,
}

#[derive(Clone)]
pub(super) struct Upload {
    pub(super) repo: i64,
    pub(super) oid: String,
    pub(super) size: u64,
    pub(super) chunk_size: u64,
    pub(super) begun: Instant,
    pub(super) state: Arc<Mutex<State>>,
    /// Held by a completion: a repeated one waits and learns how the first one ended.
    pub(super) completing: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
pub(super) struct State {
    /// Made when the first part arrives; gone when the upload is being completed.
    pub(super) file: Option<Incoming>,
    pub(super) parts: BTreeMap<u32, Part>,
}

/// The newest attempt at a part.
pub(super) struct Part {
    pub(super) etag: String,
    pub(super) complete: bool,
}

impl State {
    /// The file, for the attempt that will have this ETag: an older one must not write any more, and nobody while the
    /// upload is being completed, for the file is about to become visible.
    pub(super) fn file_for(&mut self, number: u32, etag: &str) -> Result<&mut Incoming, LfsError> {
        if self.parts.get(&number).is_none_or(|part| part.etag != etag) {
            let reason = "it was sent again".to_owned();
            return Err(LfsError::InvalidPart { number, reason });
        }
        self.file.as_mut().ok_or(LfsError::UnknownUpload)
    }
}

impl Upload {
    /// Where part `number` begins and how many bytes it has.
    pub(super) fn part(&self, number: u32) -> Result<(u64, u64), LfsError> {
        let offset = u64::from(number).checked_sub(1).and_then(|before| before.checked_mul(self.chunk_size));
        match offset.filter(|offset| *offset < self.size) {
            Some(offset) => Ok((offset, self.chunk_size.min(self.size - offset))),
            None => {
                let reason = format!("the upload has {} parts", self.size.div_ceil(self.chunk_size));
                Err(LfsError::InvalidPart { number, reason })
            }
        }
    }
}

impl Uploads {
    pub(super) fn get(&self, id: &str) -> Result<Upload, LfsError> {
        lock(&self.by_id).get(id).cloned().ok_or(LfsError::UnknownUpload)
    }
}
