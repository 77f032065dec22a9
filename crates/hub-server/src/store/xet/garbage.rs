//! Files and xorbs that nobody needs any more.

use futures_util::TryStreamExt;
use hub_xet::MerkleHash;
use jiff::{SignedDuration, Timestamp};
use object_store::{ObjectStoreExt, path::Path};

use super::{
    XetStore,
    folder::{body_location, index_location, recipe_location},
    rows::hash_from_column,
};
use crate::store::database::{SqlResult, params};
use crate::store::{Result, lfs::incoming::blocking};

/// How long what nobody needs is kept. Clients remember for three weeks which chunks are stored, and do not ask again before they
/// refer to them; answers about chunks are good for a week.
const KEPT: SignedDuration = SignedDuration::from_hours(21 * 24);
/// Most files, and most xorbs, that are removed at once: others wait meanwhile.
const MOST: usize = 1_000;

/// Files and xorbs that may go.
#[derive(Debug, Default, PartialEq, Eq)]
struct Garbage {
    /// Files that no repository has.
    files: Vec<MerkleHash>,
    /// Xorbs that no file needs.
    xorbs: Vec<MerkleHash>,
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Freed {
    /// Files that no repository had.
    pub(crate) files: u64,
    /// Xorbs that no file needed.
    pub(crate) xorbs: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
}

/// Where things are stored, and how the database is asked for one of them.
const XORBS: (&str, &str) = ("xorbs", "SELECT EXISTS (SELECT 1 FROM xet_xorbs WHERE hash = ?1)");
const FILES: (&str, &str) = ("files", "SELECT EXISTS (SELECT 1 FROM xet_files WHERE file = ?1)");
const FORGET_FILE: &str = "DELETE FROM xet_files WHERE file = ?1
    AND NOT EXISTS (SELECT 1 FROM xet_repo_files r WHERE r.file = ?1)";
const FORGET_XORB: &str = "DELETE FROM xet_xorbs WHERE hash = ?1
    AND NOT EXISTS (SELECT 1 FROM xet_file_xorbs f WHERE f.xorb = ?1)";

impl XetStore {
    /// Removes files that no repository has and xorbs that no file needs, which were last uploaded, referred to or named in an answer 21
    /// days ago. A repository has a file as long as there is its row in `xet_repo_files`.
    ///
    /// A row goes first, and then what is stored. While a shard is being registered nothing is removed: its files may be the same ones.
    pub(crate) async fn free(&self, now: Timestamp) -> Result<Freed> {
        let mut freed = Freed::default();
        let Ok(_no_shard) = self.shared.registering.try_write() else { return Ok(freed) };
        let _no_xorb = self.shared.publishing.lock().await;
        for file in self.garbage_by(now).await?.files {
            if self.forget(FORGET_FILE, file).await? {
                self.remove(&recipe_location(&file)).await?;
                freed.files += 1;
            }
        }
        for xorb in self.garbage_by(now).await?.xorbs {
            let size = self.xorb_size(&xorb).await?.unwrap_or_default();
            if self.forget(FORGET_XORB, xorb).await? {
                self.shared.indexes.forget(&xorb);
                self.remove(&body_location(&xorb)).await?;
                self.remove(&index_location(&xorb)).await?;
                freed.xorbs += 1;
                freed.bytes += size;
            }
        }
        Ok(freed)
    }

    /// Removes stored xorbs, indexes and terms that the database does not know: what a process left that was killed before it noted them,
    /// or after it had forgotten them. Looks at every one.
    pub(crate) async fn free_unknown(&self) -> Result<Freed> {
        let mut unknown = Vec::new();
        for folder in [XORBS, FILES] {
            let mut listed = self.shared.objects.list(Some(&Path::from(folder.0)));
            while let Some(found) = listed.try_next().await? {
                if unknown.len() < MOST && !self.is_known(folder.1, &found.location).await? {
                    unknown.push((folder.1, found));
                }
            }
        }
        let mut freed = Freed::default();
        if unknown.is_empty() {
            return Ok(freed);
        }
        // Now nothing is on its way that is stored and not noted.
        let Ok(_no_shard) = self.shared.registering.try_write() else { return Ok(freed) };
        let _no_xorb = self.shared.publishing.lock().await;
        for (query, found) in unknown {
            if !self.is_known(query, &found.location).await? {
                self.remove(&found.location).await?;
                freed.bytes += found.size;
                freed.xorbs += u64::from(query == XORBS.1 && found.location.extension().is_none());
                freed.files += u64::from(query == FILES.1);
            }
        }
        Ok(freed)
    }

    /// Whether the database knows what is stored at a place; what has no hash for its name is nobody's business here.
    async fn is_known(&self, query: &'static str, place: &Path) -> Result<bool> {
        let name = place.filename().unwrap_or_default();
        let Ok(hash) = name.strip_suffix(".idx").unwrap_or(name).parse::<MerkleHash>() else {
            return Ok(true);
        };
        let store = self.clone();
        let look = move || {
            store.shared.database.read(|connection| {
                let mut statement = connection.prepare(query)?;
                Ok(statement.query_row([hash.as_bytes()], |row| row.get(0))?)
            })
        };
        blocking(look).await
    }

    async fn garbage_by(&self, now: Timestamp) -> Result<Garbage> {
        let store = self.clone();
        blocking(move || store.garbage(now)).await
    }

    /// Deletes a row, if that is still right.
    async fn forget(&self, delete: &'static str, hash: MerkleHash) -> Result<bool> {
        let store = self.clone();
        let forget = move || {
            store.shared.database.write(|transaction| Ok(transaction.execute(delete, [hash.as_bytes()])? > 0))
        };
        blocking(forget).await
    }

    async fn remove(&self, location: &Path) -> Result<()> {
        match self.shared.objects.delete(location).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            done => Ok(done?),
        }
    }

    /// What may go by now. Blocks on the database.
    fn garbage(&self, now: Timestamp) -> Result<Garbage> {
        let before = now.as_millisecond() - KEPT.as_millis() as i64;
        self.shared.database.read(|connection| {
            let hashes = |query: &str| {
                let mut statement = connection.prepare(query)?;
                let found = statement.query_map(params![before, MOST], |row| hash_from_column(row, 0))?;
                found.collect::<SqlResult<_>>()
            };
            Ok(Garbage {
                files: hashes(
                    "SELECT file FROM xet_files f WHERE created_at < ?1
                     AND NOT EXISTS (SELECT 1 FROM xet_repo_files r WHERE r.file = f.file) LIMIT ?2",
                )?,
                xorbs: hashes(
                    "SELECT hash FROM xet_xorbs x WHERE used_at < ?1
                     AND NOT EXISTS (SELECT 1 FROM xet_file_xorbs f WHERE f.xorb = x.hash) LIMIT ?2",
                )?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream;
    use hub_xet::{
        codec::{Compression, Encoder},
        xorb::XorbBuilder,
    };

    use super::*;
    use crate::store::testing::{model, temporary};

    #[test]
    fn what_nobody_has_needed_for_three_weeks_may_go() {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        let hash = |byte: u8| MerkleHash::from_bytes([byte; 32]);
        store
            .database()
            .write(|transaction| {
                for (xorb, used_at) in [(1, 0), (2, 0), (3, 1_000_i64)] {
                    transaction.execute(
                        "INSERT INTO xet_xorbs VALUES (?1, 9, 9, 1, 0, ?2)",
                        params![hash(xorb).as_bytes(), used_at],
                    )?;
                }
                for file in [4, 5] {
                    transaction
                        .execute("INSERT INTO xet_files VALUES (?1, 'aa', 9, 0)", [hash(file).as_bytes()])?;
                }
                let (file, xorb) = (hash(4), hash(1));
                let both = params![file.as_bytes(), xorb.as_bytes()];
                transaction.execute("INSERT INTO xet_file_xorbs VALUES (?1, ?2)", both)?;
                let had = params![repo.key, file.as_bytes()];
                transaction.execute("INSERT INTO xet_repo_files VALUES (?1, 'aa', ?2, 0)", had)?;
                Ok(())
            })
            .unwrap();
        let at = |milliseconds: i64| {
            let time = Timestamp::UNIX_EPOCH + KEPT + SignedDuration::from_millis(milliseconds);
            store.xet().garbage(time).unwrap()
        };
        assert_eq!(at(0), Garbage::default(), "not a moment before");
        assert_eq!(at(1), Garbage { files: vec![hash(5)], xorbs: vec![hash(2)] });
        assert_eq!(at(1_001).xorbs, [hash(2), hash(3)]);
        store.delete_repo(&repo).unwrap();
        assert_eq!(at(1).files, [hash(4), hash(5)]);
    }

    #[tokio::test]
    async fn what_goes_can_come_again() {
        let store = temporary();
        let xet = store.xet();
        let mut builder = XorbBuilder::new();
        builder
            .push(&Encoder::new(Compression::None).encode(b"a chunk of a file that is gone").unwrap())
            .unwrap();
        let xorb = builder.take().unwrap();
        let body = || stream::iter([Ok::<_, std::io::Error>(Bytes::from(xorb.to_vec()))]);
        assert!(xet.put_xorb(xorb.hash(), body()).await.unwrap());
        assert_eq!(xet.free(Timestamp::now()).await.unwrap(), Freed::default(), "it is new");

        let later = Timestamp::now() + KEPT + SignedDuration::from_secs(1);
        {
            let _shard = xet.shared.registering.try_read().unwrap();
            assert_eq!(xet.free(later).await.unwrap(), Freed::default(), "a shard may refer to it");
        }
        let freed = xet.free(later).await.unwrap();
        assert_eq!((freed.xorbs, freed.bytes), (1, xorb.index().stored_len()));
        let stored = |location: Path| async move { xet.shared.objects.head(&location).await.is_ok() };
        assert!(!stored(body_location(&xorb.hash())).await && !stored(index_location(&xorb.hash())).await);
        assert_eq!(xet.xorb_size(&xorb.hash()).await.unwrap(), None);
        assert!(xet.put_xorb(xorb.hash(), body()).await.unwrap(), "it is taken as a new one");
        assert!(stored(body_location(&xorb.hash())).await);

        // A process is killed when it has forgotten it, and before it is removed.
        assert_eq!(xet.free_unknown().await.unwrap(), Freed::default());
        assert!(xet.forget(FORGET_XORB, xorb.hash()).await.unwrap());
        let freed = xet.free_unknown().await.unwrap();
        assert_eq!((freed.xorbs, freed.files), (1, 0));
        assert!(!stored(body_location(&xorb.hash())).await && !stored(index_location(&xorb.hash())).await);
    }
}
