//! Tokens, of which only the sha256 is kept.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    Account, Membership, Result, Store, StoreError,
    accounts::{self, expect_account, memberships},
    database::{OptionalExtension, corrupt, now, params, time_from_column},
};

/// What a token may do, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenRole {
    /// Reads what its user reads.
    Read,
    /// Also writes what its user writes.
    Write,
    /// Everything that its user may do.
    Admin,
}

impl TokenRole {
    const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The role that this word names.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// The word of messages and seed files: `read`, `write`, `admin`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// The owner of a token, with what the token may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The owner.
    pub(crate) user: Account,
    /// The name that the owner gave to the token.
    pub(crate) token_name: String,
    /// What the token may do.
    pub(crate) role: TokenRole,
    /// When the token was added.
    pub(crate) created_at: Timestamp,
    /// When it stops to be valid.
    pub(crate) expires: Option<Timestamp>,
    /// Organisations of the owner, by name.
    pub(crate) orgs: Vec<Membership>,
}

impl Store {
    /// Adds a token; one that the user has already gets the new name, role and expiry.
    ///
    /// # Errors
    /// `AccountNotFound`, or `TokenTaken` when it is the token of somebody else.
    pub(crate) fn add_token(
        &self,
        user: &str,
        token_name: &str,
        secret: &str,
        role: TokenRole,
        expires: Option<Timestamp>,
    ) -> Result<()> {
        let digest = Sha256::digest(secret.as_bytes());
        self.database().write(|transaction| {
            let user = expect_account(transaction, user, false)?;
            let changed = transaction.execute(
                "INSERT INTO tokens (digest, account, name, role, created_at, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (digest) DO UPDATE
                 SET name = excluded.name, role = excluded.role, expires = excluded.expires WHERE tokens.account = excluded.account",
                params![
                    digest.as_slice(),
                    user.key,
                    token_name,
                    role.as_str(),
                    now().as_millisecond(),
                    expires.map(Timestamp::as_millisecond),
                ],
            )?;
            if changed == 0 {
                return Err(StoreError::TokenTaken { user: user.name, token_name: token_name.to_owned() });
            }
            Ok(())
        })
    }

    /// The owner of a token; `None` for one that is unknown, has expired, or belongs to a user who is switched off.
    pub(crate) fn authenticate(&self, secret: &str) -> Result<Option<Identity>> {
        let digest = Sha256::digest(secret.as_bytes());
        self.database().read(|connection| {
            let found = connection
                .prepare(
                    "SELECT digest, t.name, role, t.created_at, expires,
                            key, a.name, is_org, fullname, email, a.created_at
                     FROM tokens t JOIN accounts a ON key = account WHERE digest = ?1 AND disabled = 0",
                )?
                .query_row([digest.as_slice()], |row| {
                    let stored: Vec<u8> = row.get(0)?;
                    let word: String = row.get(2)?;
                    let role = TokenRole::from_word(&word);
                    let expires: Option<i64> = row.get(4)?;
                    let identity = Identity {
                        user: accounts::from_row(row, 5)?,
                        token_name: row.get(1)?,
                        role: role.ok_or("not a role").map_err(corrupt(2))?,
                        created_at: time_from_column(row, 3)?,
                        expires: expires.map(|_| time_from_column(row, 4)).transpose()?,
                        orgs: Vec::new(),
                    };
                    Ok((stored, identity))
                })
                .optional()?;
            let Some((stored, mut identity)) = found else { return Ok(None) };
            let same: bool = stored.as_slice().ct_eq(digest.as_slice()).into();
            if !same || identity.expires.is_some_and(|end| end <= Timestamp::now()) {
                return Ok(None);
            }
            identity.orgs = memberships(connection, identity.user.key)?;
            Ok(Some(identity))
        })
    }

    /// The owner of a token with what it is in organisations by now, for a permission that was given for that token: by its name and
    /// role. `None` where [`authenticate`](Self::authenticate) gives none for it any more.
    pub(crate) fn identity(&self, user: i64, token_name: &str, role: TokenRole) -> Result<Option<Identity>> {
        self.database().read(|connection| {
            let found = connection
                .prepare(
                    "SELECT key, a.name, is_org, fullname, email, a.created_at, t.created_at
                     FROM tokens t JOIN accounts a ON key = account
                     WHERE account = ?1 AND t.name = ?2 AND role = ?3 AND disabled = 0
                     AND (expires IS NULL OR expires > ?4) LIMIT 1",
                )?
                .query_row(params![user, token_name, role.as_str(), now().as_millisecond()], |row| {
                    Ok((accounts::from_row(row, 0)?, time_from_column(row, 6)?))
                })
                .optional()?;
            let Some((user, created_at)) = found else { return Ok(None) };
            let orgs = memberships(connection, user.key)?;
            let token_name = token_name.to_owned();
            Ok(Some(Identity { user, token_name, role, created_at, expires: None, orgs }))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::{SignedDuration, Timestamp};

    use crate::store::{
        OrgRole, StoreError, TokenRole,
        testing::{on_sqlite, temporary},
    };

    #[test]
    fn a_token_leads_to_its_owner() {
        let store = temporary();
        store.add_user("ada", None, None).unwrap();
        store.add_org("analytical", None).unwrap();
        store.add_member("analytical", "ada", OrgRole::Write).unwrap();
        store.add_token("ada", "laptop", "hf_secret", TokenRole::Read, None).unwrap();
        store.add_token("ada", "laptop", "hf_secret", TokenRole::Write, None).unwrap();
        let identity = store.authenticate("hf_secret").unwrap().unwrap();
        assert_eq!((identity.user.name.as_str(), identity.role), ("ada", TokenRole::Write));
        assert_eq!((identity.token_name.as_str(), identity.orgs.len()), ("laptop", 1));
        for wrong in ["", "hf_secre", "hf_secret ", "HF_SECRET"] {
            assert_eq!(store.authenticate(wrong).unwrap(), None);
        }
    }

    #[test]
    fn a_token_ends_when_it_expires() {
        let store = temporary();
        store.add_user("ada", None, None).unwrap();
        let hour = SignedDuration::from_hours(1);
        store.add_token("ada", "old", "hf_old", TokenRole::Read, Some(Timestamp::now() - hour)).unwrap();
        store.add_token("ada", "new", "hf_new", TokenRole::Read, Some(Timestamp::now() + hour)).unwrap();
        assert_eq!(store.authenticate("hf_old").unwrap(), None);
        assert!(store.authenticate("hf_new").unwrap().is_some());
    }

    #[test]
    fn a_token_belongs_to_one_user() {
        let store = temporary();
        store.add_user("ada", None, None).unwrap();
        store.add_user("bob", None, None).unwrap();
        store.add_token("ada", "a", "hf_secret", TokenRole::Read, None).unwrap();
        let error = store.add_token("bob", "b", "hf_secret", TokenRole::Admin, None).unwrap_err();
        assert!(matches!(error, StoreError::TokenTaken { .. }));
        assert!(!error.to_string().contains("hf_secret"));
    }

    #[test]
    fn the_token_itself_is_not_on_disk() {
        if !on_sqlite() {
            return;
        }
        let store = temporary();
        store.add_user("ada", None, None).unwrap();
        store.add_token("ada", "laptop", "hf_canary_canary", TokenRole::Read, None).unwrap();
        for file in ["hub.db", "hub.db-wal"] {
            let bytes = fs::read(store.dir().join(file)).unwrap();
            assert!(!bytes.windows(9).any(|window| window == b"hf_canary"), "{file}");
        }
    }
}
