//! What may be removed. Nothing does that yet; whoever collects garbage asks here.

use hub_xet::MerkleHash;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::{XetStore, files::hash_from_column};
use crate::store::Result;

/// How long what nobody needs is kept. Clients remember for three weeks which chunks are stored, and do not ask again before they
/// refer to them; answers about chunks are good for a week.
const KEPT: SignedDuration = SignedDuration::from_hours(21 * 24);

/// Files and xorbs that may go.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Garbage {
    /// Files that no repository has.
    pub(crate) files: Vec<MerkleHash>,
    /// Xorbs that no file needs.
    pub(crate) xorbs: Vec<MerkleHash>,
}

impl XetStore {
    /// What may go by now: files that no repository has, and xorbs that no file needs, if that has been so for 21 days.
    ///
    /// A repository has a file as long as there is its row in `xet_repo_files`: who knows which objects the refs of a repository need deletes
    /// the others, and these are freed here. The row of a file or xorb goes first, in a transaction that asks this again, then
    /// what is stored; an upload in between makes it exist again. Blocks on the database.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the collection of garbage"))]
    pub(crate) fn garbage(&self, now: Timestamp) -> Result<Garbage> {
        let before = now.as_millisecond() - KEPT.as_millis() as i64;
        self.shared.database.read(|connection| {
            let hashes = |query: &str| {
                let mut statement = connection.prepare_cached(query)?;
                let found = statement.query_map(params![before], |row| hash_from_column(row, 0))?;
                found.collect::<rusqlite::Result<_>>()
            };
            Ok(Garbage {
                files: hashes(
                    "SELECT file FROM xet_files f WHERE created_at < ?1
                     AND NOT EXISTS (SELECT 1 FROM xet_repo_files r WHERE r.file = f.file)",
                )?,
                xorbs: hashes(
                    "SELECT hash FROM xet_xorbs x WHERE used_at < ?1
                     AND NOT EXISTS (SELECT 1 FROM xet_file_xorbs f WHERE f.xorb = x.hash)",
                )?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
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
                for (xorb, used_at) in [(1, 0), (2, 0), (3, 1_000)] {
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
}
