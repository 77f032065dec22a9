//! Answers to commits that a client may ask for again.

use rusqlite::{OptionalExtension, params};

use super::{
    RepoRecord, Result, Store,
    database::{corrupt, now},
};

/// For how long an answer is kept, in milliseconds.
const KEPT_FOR: i64 = 24 * 60 * 60 * 1000;

/// What was answered to a request with a nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredAnswer {
    /// sha256 of what the request's body says.
    pub(crate) body_digest: [u8; 32],
    /// The answer, as the HTTP side wrote it.
    pub(crate) answer: Vec<u8>,
}

impl Store {
    /// What was answered to this nonce during the last 24 hours.
    pub(crate) fn nonce(&self, repo: &RepoRecord, nonce: &str) -> Result<Option<StoredAnswer>> {
        self.database().read(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT body_digest, answer FROM nonces WHERE repo = ?1 AND nonce = ?2 AND created_at > ?3",
                )?
                .query_row(params![repo.key, nonce, now().as_millisecond() - KEPT_FOR], |row| {
                    let digest: Vec<u8> = row.get(0)?;
                    Ok(StoredAnswer {
                        body_digest: digest.as_slice().try_into().map_err(corrupt(0))?,
                        answer: row.get(1)?,
                    })
                })
                .optional()?;
            Ok(found)
        })
    }

    /// Keeps an answer for 24 hours, and forgets older ones.
    pub(crate) fn remember_nonce(&self, repo: &RepoRecord, nonce: &str, answer: &StoredAnswer) -> Result<()> {
        let now = now().as_millisecond();
        self.database().write(|transaction| {
            transaction.execute("DELETE FROM nonces WHERE created_at <= ?1", [now - KEPT_FOR])?;
            transaction.execute(
                "INSERT OR REPLACE INTO nonces (repo, nonce, body_digest, answer, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![repo.key, nonce, answer.body_digest.as_slice(), answer.answer, now],
            )?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{model, temporary};

    #[test]
    fn an_answer_is_kept_for_a_day_in_its_repository() {
        let store = temporary();
        let (one, two) = (model(&store, "ada/one"), model(&store, "ada/two"));
        let answer = StoredAnswer { body_digest: [7; 32], answer: b"{}".to_vec() };
        store.remember_nonce(&one, "n", &answer).unwrap();
        assert_eq!(store.nonce(&one, "n").unwrap(), Some(answer.clone()));
        assert_eq!(store.nonce(&one, "m").unwrap(), None);
        assert_eq!(store.nonce(&two, "n").unwrap(), None);
        store
            .database()
            .write(|transaction| {
                Ok(transaction.execute("UPDATE nonces SET created_at = created_at - ?1", [KEPT_FOR])?)
            })
            .unwrap();
        assert_eq!(store.nonce(&one, "n").unwrap(), None);
        store.remember_nonce(&one, "m", &answer).unwrap();
        let rows: i64 = store
            .database()
            .read(|connection| Ok(connection.query_row("SELECT count(*) FROM nonces", [], |row| row.get(0))?))
            .unwrap();
        assert_eq!(rows, 1);
    }
}
