//! What is said to who asks for a chunk that it has.

use std::sync::Arc;

use hub_xet::{
    MerkleHash, XetError,
    shard::{ShardBuilder, ShardFooter, XorbBlock},
};

use super::{XetFault, XetStore, rows::hash_from_column};
use crate::store::{
    Result,
    database::{SqlResult, now, params},
    lfs::incoming::blocking,
};

/// Most bytes of an answer. Of 64 MiB of data an answer usually has 50 KB.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;
/// A xorb that an answer named is kept for a while; this is how exactly it is known when that was.
const USE_PRECISION_MS: i64 = 3_600_000;

impl XetStore {
    /// A shard with the xorbs to look for more in, for who has a chunk: those with the chunk, and for the first one of a file those of
    /// the file. Chunk hashes are hidden under the key of `footer`.
    ///
    /// Only xorbs of files are named that are in a repository that everybody may read, or in one of the `namespaces`, written in
    /// lower case. `None`: there are none.
    pub(crate) async fn dedup_answer(
        &self,
        chunk: MerkleHash,
        namespaces: Vec<String>,
        footer: ShardFooter,
    ) -> Result<Option<Vec<u8>>, XetFault> {
        let (store, database) = (self.clone(), Arc::clone(&self.shared.database));
        let namespaces = serde_json::json!(namespaces).to_string();
        let xorbs: Vec<MerkleHash> = blocking(move || {
            let xorbs: Vec<(MerkleHash, u64)> = database.read(|connection| {
                let found = connection
                    .prepare(VISIBLE_XORBS)?
                    .query_map(params![chunk.as_bytes(), namespaces], |row| {
                        Ok((hash_from_column(row, 0)?, row.get(1)?))
                    })?
                    .collect::<SqlResult<Vec<_>>>()?;
                Ok(found)
            })?;
            // Whoever has the chunks of one that is lost sends them again.
            let whole = xorbs.into_iter().filter(|(xorb, size)| store.shared.folder.has_xorb(xorb, *size));
            let xorbs: Vec<MerkleHash> = whole.map(|(xorb, _)| xorb).collect();
            if !xorbs.is_empty() {
                let now = now().as_millisecond();
                database.write(|transaction| {
                    for xorb in &xorbs {
                        transaction
                            .prepare("UPDATE xet_xorbs SET used_at = ?2 WHERE hash = ?1 AND used_at < ?3")?
                            .execute(params![xorb.as_bytes(), now, now - USE_PRECISION_MS])?;
                    }
                    Ok(())
                })?;
            }
            Ok(xorbs)
        })
        .await?;
        if xorbs.is_empty() {
            return Ok(None);
        }
        let mut answer = ShardBuilder::new().max_bytes(MAX_ANSWER);
        for xorb in xorbs {
            let index = self.index(&xorb).await?;
            match answer.push_xorb(&XorbBlock::from(&*index).hidden(&footer.key)) {
                Err(XetError::TooLarge { .. }) => break,
                pushed => pushed?,
            }
        }
        Ok(Some(answer.finish_with(&footer)))
    }
}

const VISIBLE_XORBS: &str = "
    SELECT xorb, size FROM xet_global g JOIN xet_xorbs ON hash = xorb WHERE chunk = ?1 AND EXISTS (
        SELECT 1 FROM xet_file_xorbs x JOIN xet_repo_files f USING (file) JOIN repos ON repos.key = f.repo
        WHERE x.xorb = g.xorb AND disabled = 0 AND (
            (private = 0 AND gated IS NULL)
            OR substr(folded, 1, instr(folded, '/') - 1) IN (SELECT value FROM json_each(?2))
        )
    )
    ORDER BY place, xorb LIMIT 64";
