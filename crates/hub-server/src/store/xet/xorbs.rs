//! How xorbs come in, and parts of them go out.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream};
use hub_xet::{
    MerkleHash,
    xorb::{MAX_FOOTER_LEN, MAX_XORB_BODY, XorbIndex, XorbReader},
};
use object_store::{ObjectStoreExt, PutPayload, path::Path};

use super::{
    XetFault, XetStore,
    folder::{body_location, index_location},
};
use crate::{
    BoxError,
    store::{
        LfsError, Result, StoreError,
        database::{OptionalExtension, now, params},
        lfs::{
            incoming::{Incoming, blocking, receive},
            read_object,
        },
    },
};

/// Bytes that are checked and written at once. Clients send many xorbs side by side, each of which holds two such batches.
const BATCH: usize = 128 * 1024;

impl XetStore {
    /// Most bytes of an uploaded xorb, with the footer that older clients append.
    pub(crate) const MAX_XORB: u64 = (MAX_XORB_BODY + MAX_FOOTER_LEN) as u64;

    /// Takes a xorb; it is visible and on disk when this returns. `false`: it was there before.
    ///
    /// Every chunk is decoded and hashed while it comes. Only the records are kept, not a footer.
    ///
    /// # Errors
    /// `Invalid`, `TooLarge`, `Body` when the sender fails.
    pub(crate) async fn put_xorb<S, E>(&self, hash: MerkleHash, body: S) -> Result<bool, XetFault>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<BoxError>,
    {
        let incoming = match self.whole_xorb(&hash).await? {
            Some(_) => None,
            None => Some(Incoming::create(&self.shared.incoming).await?),
        };
        let check = |(reader, incoming): &mut (XorbReader, Option<Incoming>),
                     batch: &[Bytes]|
         -> Result<(), XetFault> {
            for piece in batch {
                let mut input = piece.as_ref();
                while reader.next_chunk(&mut input)?.is_some() {}
            }
            if let Some(incoming) = incoming {
                incoming.write(batch)?;
            }
            Ok(())
        };
        let sink = (XorbReader::new(), incoming);
        let received = receive(sink, Self::MAX_XORB, BATCH, body, check).await;
        let ((reader, incoming), _) = received.map_err(|fault| match fault {
            XetFault::TooLarge { .. } => XetFault::TooLarge { limit: Self::MAX_XORB },
            other => other,
        })?;
        let (index, incoming) = blocking(move || Ok((reader.finish(&hash), incoming))).await?;
        let index = index?;
        let Some(incoming) = incoming else {
            self.renew_index(&index).await?;
            // What deletes it would have to have come between the two.
            if self.touch(hash).await? {
                return Ok(false);
            }
            return Err(XetFault::Gone);
        };
        let store = self.clone();
        // Goes on when the caller is gone: between its two names the file is nobody's.
        let published = tokio::spawn(async move { store.publish(index, incoming).await });
        Ok(published.await.map_err(|error| LfsError::Store(StoreError::Stopped(error)))??)
    }

    async fn publish(&self, index: XorbIndex, incoming: Incoming) -> Result<bool> {
        incoming.truncate(index.stored_len())?;
        let name = incoming.sync().await?;
        let from = Path::from(format!("incoming/{name}"));
        let _only_one = self.shared.publishing.lock().await;
        let objects = &self.shared.objects;
        let hash = index.hash();
        if self.whole_xorb(&hash).await?.is_some() && self.touch(hash).await? {
            objects.delete(&from).await?;
            return Ok(false);
        }
        // Without its row, what an earlier attempt left is nothing, and what is damaged is no better: both are replaced.
        self.shared.indexes.forget(&hash);
        objects.put(&index_location(&hash), PutPayload::from(index.to_footer())).await?;
        objects.rename(&from, &body_location(&hash)).await?;
        let database = Arc::clone(&self.shared.database);
        blocking(move || {
            database.write(|transaction| {
                transaction.execute(
                    "INSERT INTO xet_xorbs (hash, size, raw_size, chunks, created_at, used_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                     ON CONFLICT (hash) DO UPDATE
                     SET size = excluded.size, raw_size = excluded.raw_size, chunks = excluded.chunks, used_at = excluded.used_at",
                    params![
                        hash.as_bytes(),
                        index.stored_len(),
                        index.raw_len(),
                        index.chunk_count(),
                        now().as_millisecond()
                    ],
                )?;
                Ok(())
            })
        })
        .await?;
        Ok(true)
    }

    /// Notes that somebody counts on a xorb; false if there is none.
    async fn touch(&self, hash: MerkleHash) -> Result<bool> {
        let database = Arc::clone(&self.shared.database);
        blocking(move || {
            database.write(|transaction| {
                let touched = transaction.execute(
                    "UPDATE xet_xorbs SET used_at = ?2 WHERE hash = ?1",
                    params![hash.as_bytes(), now().as_millisecond()],
                )?;
                Ok(touched > 0)
            })
        })
        .await
    }

    /// Writes the index of a stored xorb anew, if the one that is there is damaged.
    async fn renew_index(&self, index: &XorbIndex) -> Result<()> {
        let (objects, location, right) =
            (&self.shared.objects, index_location(&index.hash()), index.to_footer());
        let stored = objects.get(&location).await?.bytes().await?;
        if stored != right {
            let _only_one = self.shared.publishing.lock().await;
            objects.put(&location, PutPayload::from(right)).await?;
            self.shared.indexes.forget(&index.hash());
        }
        Ok(())
    }

    /// Where the chunks of a stored xorb lie.
    pub(super) async fn index(&self, xorb: &MerkleHash) -> Result<Arc<XorbIndex>> {
        if let Some(found) = self.shared.indexes.get(xorb) {
            return Ok(found);
        }
        let location = index_location(xorb);
        let found = self.shared.objects.get(&location).await.map_err(StoreError::content(&location))?;
        let bytes = found.bytes().await?;
        let index = blocking(move || Ok(XorbIndex::from_footer(&bytes))).await?;
        let index = index.map_err(StoreError::content(&location))?;
        let index = Arc::new(index);
        self.shared.indexes.add(Arc::clone(&index));
        Ok(index)
    }

    /// The bytes of a xorb's body, as they were noted.
    pub(crate) async fn xorb_size(&self, hash: &MerkleHash) -> Result<Option<u64>> {
        let (store, hash) = (self.clone(), *hash);
        blocking(move || store.noted_size(&hash)).await
    }

    /// The bytes of a xorb's body, if it is stored. One that is missing or has another length has to come again.
    pub(crate) async fn whole_xorb(&self, hash: &MerkleHash) -> Result<Option<u64>> {
        let (store, hash) = (self.clone(), *hash);
        blocking(move || store.stored_size(&hash)).await
    }

    /// As [`whole_xorb`](Self::whole_xorb). Blocks.
    pub(super) fn stored_size(&self, hash: &MerkleHash) -> Result<Option<u64>> {
        Ok(self.noted_size(hash)?.filter(|size| self.shared.folder.has_xorb(hash, *size)))
    }

    fn noted_size(&self, hash: &MerkleHash) -> Result<Option<u64>> {
        self.shared.database.read(|connection| {
            let size = connection
                .prepare("SELECT size FROM xet_xorbs WHERE hash = ?1")?
                .query_row([hash.as_bytes()], |row| row.get(0))
                .optional()?;
            Ok(size)
        })
    }

    /// The bytes `range` of a xorb's body. The caller has checked that it may have them.
    pub(crate) async fn read_xorb(
        &self,
        hash: &MerkleHash,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        read_object(&*self.shared.objects, &body_location(hash), range).await
    }
}
