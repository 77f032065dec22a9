//! Tokens as those who run the Hub see them: by name, never by their text.

use jiff::{SignedDuration, Timestamp};

use super::{
    Result, Store, StoreError, TokenRole,
    accounts::expect_account,
    database::{SqlResult, corrupt, params, time_from_column},
    random::random_hex,
};

/// The longest time that a token may be valid: a hundred years.
const LONGEST_VALID: i64 = 100 * 366 * 86_400;
/// The longest name of a token, in bytes.
const LONGEST_NAME: usize = 200;

/// When a new token stops to be valid that is to be so for some seconds, or for ever.
///
/// # Errors
/// What is wrong with its name, or with the time.
pub(crate) fn token_end(
    name: &str,
    valid_for: Option<u64>,
) -> std::result::Result<Option<Timestamp>, String> {
    if name.trim().is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!("the name of a token is a line of 1 to {LONGEST_NAME} bytes"));
    }
    let Some(seconds) = valid_for else { return Ok(None) };
    let wrong = || "a token is valid for a second at least and a hundred years at most".to_owned();
    let seconds =
        i64::try_from(seconds).ok().filter(|it| (1..=LONGEST_VALID).contains(it)).ok_or_else(wrong)?;
    Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).map(Some).map_err(|_| wrong())
}

/// A token without its text, which nobody has but who got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredToken {
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) role: TokenRole,
    pub(crate) created_at: Timestamp,
    /// When it stops to be valid.
    pub(crate) expires: Option<Timestamp>,
}

impl Store {
    /// Makes a token, and gives its text: `hf_` and 40 hexadecimal digits.
    ///
    /// # Errors
    /// `AccountNotFound`, or `TokenExists` when the user has one of this name.
    pub(crate) fn issue_token(
        &self,
        user: &str,
        name: &str,
        role: TokenRole,
        expires: Option<Timestamp>,
    ) -> Result<String> {
        if self.tokens(Some(user))?.iter().any(|token| token.name == name) {
            return Err(StoreError::TokenExists { user: user.to_owned(), token_name: name.to_owned() });
        }
        let secret = format!("hf_{}", random_hex::<20>()?);
        self.add_token(user, name, &secret, role, expires)?;
        Ok(secret)
    }

    /// The tokens of one user or of all, by user and name.
    ///
    /// # Errors
    /// `AccountNotFound`, or `InvalidAccount` for an organisation.
    pub(crate) fn tokens(&self, user: Option<&str>) -> Result<Vec<StoredToken>> {
        self.database().write(|transaction| {
            let key = user.map(|name| expect_account(transaction, name, false)).transpose()?.map(|it| it.key);
            let mut statement = transaction.prepare(
                "SELECT accounts.name, tokens.name, role, tokens.created_at, expires
                 FROM tokens JOIN accounts ON key = account WHERE ?1 IS NULL OR account = ?1 ORDER BY folded, tokens.name",
            )?;
            let rows = statement.query_map(params![key], |row| {
                let word: String = row.get(2)?;
                let role = TokenRole::from_word(&word);
                let expires: Option<i64> = row.get(4)?;
                Ok(StoredToken {
                    user: row.get(0)?,
                    name: row.get(1)?,
                    role: role.ok_or("not a role").map_err(corrupt(2))?,
                    created_at: time_from_column(row, 3)?,
                    expires: expires.map(|_| time_from_column(row, 4)).transpose()?,
                })
            })?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }

    /// Ends the tokens of a user that have a name. They are refused from now on.
    ///
    /// # Errors
    /// `AccountNotFound`, or `TokenNotFound`.
    pub(crate) fn revoke_token(&self, user: &str, name: &str) -> Result<()> {
        self.database().write(|transaction| {
            let owner = expect_account(transaction, user, false)?;
            let gone = transaction
                .execute("DELETE FROM tokens WHERE account = ?1 AND name = ?2", params![owner.key, name])?;
            if gone == 0 {
                return Err(StoreError::TokenNotFound { user: owner.name, token_name: name.to_owned() });
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::temporary;

    #[test]
    fn a_token_is_valid_until_it_is_revoked_or_expires() {
        let store = temporary();
        store.add_user("ada", None, None).unwrap();
        let lasting = store.issue_token("ada", "laptop", TokenRole::Write, None).unwrap();
        assert!(lasting.len() == 43 && lasting.starts_with("hf_"), "{}", lasting.len());
        let past = Timestamp::from_second(1_000_000_000).unwrap();
        let old = store.issue_token("ada", "old", TokenRole::Read, Some(past)).unwrap();
        assert!(store.authenticate(&lasting).unwrap().is_some());
        assert!(store.authenticate(&old).unwrap().is_none());
        let again = store.issue_token("ADA", "laptop", TokenRole::Read, None).unwrap_err();
        assert!(matches!(again, StoreError::TokenExists { .. }), "{again}");
        let names: Vec<_> = store.tokens(None).unwrap().into_iter().map(|it| (it.name, it.expires)).collect();
        assert_eq!(names, [("laptop".to_owned(), None), ("old".to_owned(), Some(past))]);
        store.revoke_token("ada", "laptop").unwrap();
        assert!(store.authenticate(&lasting).unwrap().is_none());
        assert!(matches!(store.revoke_token("ada", "laptop"), Err(StoreError::TokenNotFound { .. })));
        assert!(matches!(store.tokens(Some("bob")), Err(StoreError::AccountNotFound { .. })));
    }
}
