//! Uploads in parts: each part is written to its place in one file, in any order.
//!
//! Which uploads there are is kept in memory only: after a restart a client begins its upload again.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Instant,
};

use bytes::Bytes;
use futures_util::stream::Stream;

use super::{
    error::LfsError,
    incoming::{self, Incoming, blocking},
    store::LfsStore,
    uploads::{KEPT_FOR, Part, State, Upload},
};
use crate::{
    BoxError,
    store::{RepoRecord, Result, StoreError, database::lock, repos::random_id},
};

impl LfsStore {
    /// Begins an upload in parts of `chunk_size` bytes (at least 1) and returns its id. Nothing is written yet.
    pub(crate) fn begin_upload(
        &self,
        repo: &RepoRecord,
        oid: &str,
        size: u64,
        chunk_size: u64,
    ) -> Result<String> {
        let id = random_id()?;
        let upload = Upload {
            repo: repo.key,
            oid: oid.to_owned(),
            size,
            chunk_size: chunk_size.max(1),
            begun: Instant::now(),
            state: Arc::default(),
            completing: Arc::default(),
        };
        let mut by_id = lock(&self.uploads.by_id);
        by_id.retain(|_, upload| upload.begun.elapsed() < KEPT_FOR);
        by_id.insert(id.clone(), upload);
        Ok(id)
    }

    /// Takes part `number` (from 1) and returns its ETag, with quotes. A part may be sent again: the last one counts.
    ///
    /// # Errors
    /// `UnknownUpload`, `InvalidPart` for its number and size, `Body` when the sender fails.
    pub(crate) async fn put_part<S, E>(
        &self,
        upload_id: &str,
        number: u32,
        body: S,
    ) -> Result<String, LfsError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<BoxError>,
    {
        let upload = self.uploads.get(upload_id)?;
        let (offset, length) = upload.part(number)?;
        let (state, folder) = (Arc::clone(&upload.state), self.incoming.clone());
        let etag = blocking(move || begin_part(&state, &folder, number)).await?;
        let received = if let Some(how) = self.discards() {
            incoming::count(length, body, how).await.map(|(received, _)| received)
        } else {
            let (state, attempt) = (Arc::clone(&upload.state), etag.clone());
            let write = move |(state, place): &mut (Arc<Mutex<State>>, u64),
                              batch: &[Bytes]|
                  -> Result<(), LfsError> {
                lock(state).file_for(number, &attempt)?.write_at(*place, batch)?;
                *place += batch.iter().map(|piece| piece.len() as u64).sum::<u64>();
                Ok(())
            };
            incoming::receive((state, offset), length, incoming::BATCH, body, write)
                .await
                .map(|(_, received)| received)
        };
        match received {
            Ok(received) if received == length => {}
            Ok(_) | Err(LfsError::Mismatch { .. }) => {
                let reason = format!("it must have {length} bytes");
                return Err(LfsError::InvalidPart { number, reason });
            }
            Err(error) => return Err(error),
        }
        let mut state = lock(&upload.state);
        state.file_for(number, &etag)?;
        state.parts.insert(number, Part { etag: etag.clone(), complete: true });
        Ok(etag)
    }

    /// Ends an upload in parts; `parts` are number and ETag of every part, in order. The object is visible and on disk when
    /// this returns. A repeated completion of what the repository has, and has stored, succeeds again, and a completion goes on when its
    /// caller is gone: the client that lost the connection asks again and need not send everything again.
    ///
    /// # Errors
    /// `UnknownUpload`, `InvalidPart` when a part is missing or was replaced (the upload goes on), `Mismatch` (the upload is
    /// over).
    pub(crate) async fn complete(
        &self,
        repo: &RepoRecord,
        oid: &str,
        upload_id: &str,
        parts: &[(u32, String)],
    ) -> Result<(), LfsError> {
        let (store, repo, oid) = (self.clone(), repo.clone(), oid.to_owned());
        let (upload_id, parts) = (upload_id.to_owned(), parts.to_vec());
        tokio::spawn(async move { store.complete_now(&repo, &oid, &upload_id, &parts).await })
            .await
            .map_err(StoreError::Stopped)?
    }

    async fn complete_now(
        &self,
        repo: &RepoRecord,
        oid: &str,
        upload_id: &str,
        parts: &[(u32, String)],
    ) -> Result<(), LfsError> {
        let upload = match self.uploads.get(upload_id) {
            Ok(upload) if upload.repo == repo.key && upload.oid == oid => upload,
            Ok(_) => return Err(LfsError::UnknownUpload),
            Err(error) => return if self.has_stored(repo, oid)? { Ok(()) } else { Err(error) },
        };
        let _only_completion = upload.completing.lock().await;
        if self.uploads.get(upload_id).is_err() && self.has_stored(repo, oid)? {
            return Ok(());
        }
        let file = take_file(&upload, parts)?;
        let published = if self.discards().is_some() {
            self.note(repo, oid, upload.size).await
        } else {
            let received = blocking(move || file.hash()).await?;
            self.publish(repo, oid, upload.size, received).await
        };
        lock(&self.uploads.by_id).remove(upload_id);
        published
    }
}

/// Makes room for a new attempt at a part and gives its ETag.
fn begin_part(state: &Mutex<State>, folder: &Path, number: u32) -> Result<String> {
    let etag = format!("\"{}\"", random_id()?);
    let mut state = lock(state);
    if state.file.is_none() {
        state.file = Some(Incoming::create_blocking(folder)?);
    }
    state.parts.insert(number, Part { etag: etag.clone(), complete: false });
    Ok(etag)
}

/// Checks that the parts are all there and are the ones that the client means, and takes the file away from the upload.
fn take_file(upload: &Upload, parts: &[(u32, String)]) -> Result<Incoming, LfsError> {
    let mut state = lock(&upload.state);
    let count = upload.size.div_ceil(upload.chunk_size);
    for number in (1..).take(usize::try_from(count).unwrap_or(usize::MAX)) {
        let invalid = |reason: &str| LfsError::InvalidPart { number, reason: reason.to_owned() };
        let stored = state.parts.get(&number).filter(|part| part.complete);
        let stored = stored.ok_or_else(|| invalid("it was not uploaded"))?;
        let named = parts.get(number as usize - 1).filter(|(named, _)| *named == number);
        let named = named.ok_or_else(|| invalid("the completion does not name it in its place"))?;
        // Clients send the quotes back, or not.
        if named.1.trim_matches('"') != stored.etag.trim_matches('"') {
            return Err(invalid("it has another ETag"));
        }
    }
    state.parts.clear();
    state.file.take().ok_or(LfsError::UnknownUpload)
}
