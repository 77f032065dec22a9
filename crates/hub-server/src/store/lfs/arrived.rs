//! Files that come before anybody has said how large they are and what they are: from a browser.

use std::fs::File;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};

use super::{
    error::LfsError,
    incoming::{self, Incoming, Received, blocking},
    store::LfsStore,
};
use crate::{
    BoxError,
    store::{RepoRecord, Result, StoreError},
};

/// How much of a file is looked at to find out what it is, as clients send of each.
pub(crate) const SAMPLE: usize = 512;

/// A file that has come whole, and waits on the disk for what is made of it. It is closed, and removed on drop.
pub(crate) struct Arrived {
    path: tempfile::TempPath,
    pub(crate) size: u64,
    pub(crate) sha256: String,
    /// Its first bytes.
    pub(crate) sample: Vec<u8>,
}

impl LfsStore {
    /// Receives a file of at most `most` bytes.
    ///
    /// # Errors
    /// `Mismatch` for a longer one, `Body` when the sender fails.
    pub(crate) async fn receive<S, E>(&self, most: u64, body: S) -> Result<Arrived, LfsError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<BoxError>,
    {
        let mut sample = Vec::new();
        let body = body.inspect_ok(|piece| {
            let wanted = SAMPLE.saturating_sub(sample.len()).min(piece.len());
            sample.extend_from_slice(piece.get(..wanted).unwrap_or_default());
        });
        let incoming = Incoming::create(&self.incoming).await?;
        let Received { incoming, size, sha256 } = incoming.receive_hashed(most, body).await?;
        Ok(Arrived { path: incoming.close(), size, sha256, sample })
    }

    /// Makes a file that has arrived an object of the repository, as [`put`](Self::put) does.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn keep(&self, repo: &RepoRecord, arrived: Arrived) -> Result<(), LfsError> {
        let Arrived { path, size, sha256, .. } = arrived;
        if self.discards().is_some() {
            return self.note(repo, &sha256, size).await;
        }
        let (store, owner, oid) = (self.clone(), repo.clone(), sha256.clone());
        let reopen = move || {
            // What the repository has already, and no commit may name, stays for as long as garbage is given.
            store.promise(&owner, &oid)?;
            Incoming::reopen(path)
        };
        let incoming = blocking(reopen).await?;
        let received = Received { incoming, size, sha256: sha256.clone() };
        self.publish(repo, &sha256, size, received).await
    }
}

impl Arrived {
    /// The content, of which the caller knows that it is small. Blocks on the disk.
    pub(crate) fn read(&self) -> Result<Vec<u8>> {
        std::fs::read(&self.path).map_err(StoreError::io("read", &self.path))
    }

    /// The content in pieces of `piece` bytes, of which only the last may be shorter.
    pub(crate) fn pieces(self, piece: u64) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        let Self { path, size, .. } = self;
        let open = blocking(move || {
            let file = File::open(&path).map_err(StoreError::io("read", &path))?;
            Ok((file, path))
        });
        let pieces = stream::once(open).map_ok(move |(file, path)| {
            let pieces = incoming::pieces(file, path.to_path_buf(), 0..size, piece);
            // Removed when the last piece was read.
            pieces.inspect(move |_| {
                let _ = &path;
            })
        });
        pieces.try_flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use futures_util::{StreamExt, TryStreamExt, stream};
    use hub_types::{RepoType, hex};
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::store::testing::{Temporary, new_repo, temporary};

    fn body(pieces: &[&[u8]]) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + use<> {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        stream::iter(pieces)
    }

    fn waiting(store: &Temporary) -> usize {
        fs::read_dir(store.dir().join("lfs/incoming")).unwrap().count()
    }

    #[tokio::test]
    async fn a_file_waits_on_the_disk_and_leaves_nothing_behind() {
        let store = temporary();
        let content = [vec![7; 600], vec![8; 500]].concat();
        let arrived = store.lfs().receive(2_000, body(&[&content[..400], &content[400..]])).await.unwrap();
        assert_eq!((arrived.size, arrived.sample.len()), (1_100, SAMPLE));
        assert_eq!(arrived.sha256, hex::encode(&Sha256::digest(&content)));
        assert_eq!(arrived.read().unwrap(), content);
        assert_eq!(waiting(&store), 1);
        let pieces: Vec<Bytes> = arrived.pieces(300).try_collect().await.unwrap();
        assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), [300, 300, 300, 200]);
        assert_eq!(pieces.concat(), content);
        assert_eq!(waiting(&store), 0);
    }

    #[tokio::test]
    async fn a_file_that_breaks_off_or_is_too_long_is_gone() {
        let store = temporary();
        let broken = body(&[b"a"]).chain(stream::iter([Err(std::io::Error::other("gone"))]));
        assert!(matches!(store.lfs().receive(10, broken).await, Err(LfsError::Body(_))));
        assert!(matches!(store.lfs().receive(3, body(&[b"four"])).await, Err(LfsError::Mismatch { .. })));
        assert_eq!(waiting(&store), 0);
    }

    #[tokio::test]
    async fn a_file_is_kept_as_an_object_of_its_repository() {
        let store = temporary();
        let repo = store.create_repo(new_repo(RepoType::Model, "ada/demo")).unwrap();
        let arrived = store.lfs().receive(10, body(&[b"large"])).await.unwrap();
        let oid = arrived.sha256.clone();
        store.lfs().keep(&repo, arrived).await.unwrap();
        assert_eq!(store.lfs().has(&repo, &oid).unwrap(), Some(5));
        let read: Vec<Bytes> = store.lfs().read(&oid, 0..5).await.unwrap().try_collect().await.unwrap();
        assert_eq!((read.concat().as_slice(), waiting(&store)), (b"large".as_slice(), 0));
    }
}
