//! What those who run the Hub set for accounts, and how accounts go away.

use super::{
    Account, OrgRole, Result, Store, StoreError,
    accounts::{self, expect_account},
    database::{OptionalExtension, SqlResult, Transaction, corrupt, params},
};

/// A user or an organisation with its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountSettings {
    pub(crate) account: Account,
    /// Whether its tokens are refused.
    pub(crate) disabled: bool,
    /// Bytes that its repositories may have together.
    pub(crate) quota: Option<u64>,
    /// How many repositories it has.
    pub(crate) repos: u64,
    /// Whether new ones are private unless it is said.
    pub(crate) private_default: bool,
}

/// The repositories of the account `a`.
const REPOS: &str = "repos WHERE folded > a.folded || '/' AND folded < a.folded || '0'";

impl Store {
    /// All users or all organisations, by name.
    pub(crate) fn accounts(&self, is_org: bool) -> Result<Vec<AccountSettings>> {
        self.database().read(|connection| {
            let query = format!(
                "SELECT key, name, is_org, fullname, email, created_at, disabled, quota, (SELECT count(*) FROM {REPOS}), private_default
                 FROM accounts AS a WHERE is_org = ?1 ORDER BY folded"
            );
            let mut statement = connection.prepare(&query)?;
            let rows = statement.query_map([is_org], |row| {
                Ok(AccountSettings {
                    account: accounts::from_row(row, 0)?,
                    disabled: row.get(6)?,
                    quota: row.get(7)?,
                    repos: row.get(8)?,
                    private_default: row.get(9)?,
                })
            })?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }

    /// Makes an account whose name is free.
    ///
    /// # Errors
    /// `AccountExists`, or `InvalidAccount` when the name breaks the Hub's rules.
    pub(crate) fn create_account(
        &self,
        name: &str,
        is_org: bool,
        fullname: Option<&str>,
        email: Option<&str>,
    ) -> Result<Account> {
        if self.find_account(name)?.is_some() {
            return Err(StoreError::AccountExists { name: name.to_owned() });
        }
        if is_org { self.add_org(name, fullname) } else { self.add_user(name, fullname, email) }
    }

    /// Switches a user off, whose tokens are refused from now on, or on again.
    ///
    /// # Errors
    /// `AccountNotFound`, or `InvalidAccount` for an organisation.
    pub(crate) fn disable_user(&self, name: &str, disabled: bool) -> Result<Account> {
        self.database().write(|transaction| {
            let user = expect_account(transaction, name, false)?;
            transaction
                .execute("UPDATE accounts SET disabled = ?1 WHERE key = ?2", params![disabled, user.key])?;
            Ok(user)
        })
    }

    /// Sets whether new repositories of an account are private unless it is said.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub(crate) fn set_private_default(&self, name: &str, private: bool) -> Result<()> {
        self.database().write(|transaction| {
            let changed = transaction.execute(
                "UPDATE accounts SET private_default = ?1 WHERE folded = ?2",
                params![private, name.to_ascii_lowercase()],
            )?;
            if changed == 0 { Err(StoreError::AccountNotFound { name: name.to_owned() }) } else { Ok(()) }
        })
    }

    /// Whether new repositories of a namespace are private unless it is said.
    pub(crate) fn is_private_by_default(&self, namespace: &str) -> Result<bool> {
        self.database().read(|connection| {
            let found = connection
                .prepare("SELECT private_default FROM accounts WHERE folded = ?1")?
                .query_row([namespace.to_ascii_lowercase()], |row| row.get(0))
                .optional()?;
            Ok(found.unwrap_or_default())
        })
    }

    /// Sets how many bytes the repositories of an account may have together; `None` for any number.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub(crate) fn set_quota(&self, name: &str, quota: Option<u64>) -> Result<()> {
        self.database().write(|transaction| {
            let changed = transaction.execute(
                "UPDATE accounts SET quota = ?1 WHERE folded = ?2",
                params![
                    quota.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
                    name.to_ascii_lowercase()
                ],
            )?;
            if changed == 0 { Err(StoreError::AccountNotFound { name: name.to_owned() }) } else { Ok(()) }
        })
    }

    /// Removes an account with its tokens and memberships. What it wrote in discussions and commits keeps its name.
    ///
    /// # Errors
    /// `AccountNotFound`, `InvalidAccount` when it is of the other kind, `AccountInUse` when it has repositories.
    pub(crate) fn delete_account(&self, name: &str, is_org: bool) -> Result<Account> {
        self.database().write(|transaction| {
            let account = expect_account(transaction, name, is_org)?;
            let repos = count_repos(transaction, account.key)?;
            if repos > 0 {
                return Err(StoreError::AccountInUse { name: account.name, repos });
            }
            // The next account may get the key of the last one.
            transaction.execute("UPDATE repos SET creator = 0 WHERE creator = ?1", [account.key])?;
            transaction.execute("DELETE FROM accounts WHERE key = ?1", [account.key])?;
            Ok(account)
        })
    }

    /// Ends a membership.
    ///
    /// # Errors
    /// `AccountNotFound` for either name, and when the user is no member.
    pub(crate) fn remove_member(&self, org: &str, user: &str) -> Result<()> {
        self.database().write(|transaction| {
            let org = expect_account(transaction, org, true)?;
            let member = expect_account(transaction, user, false)?;
            let removed = transaction.execute(
                "DELETE FROM members WHERE org = ?1 AND account = ?2",
                params![org.key, member.key],
            )?;
            if removed == 0 { Err(StoreError::AccountNotFound { name: user.to_owned() }) } else { Ok(()) }
        })
    }

    /// The members of an organisation, by name.
    ///
    /// # Errors
    /// `AccountNotFound`, or `InvalidAccount` for a user.
    pub(crate) fn members(&self, org: &str) -> Result<Vec<(Account, OrgRole)>> {
        self.database().write(|transaction| {
            let org = expect_account(transaction, org, true)?;
            let mut statement = transaction.prepare(
                "SELECT key, name, is_org, fullname, email, created_at, role
                 FROM members JOIN accounts ON key = account WHERE org = ?1 ORDER BY folded",
            )?;
            let rows = statement.query_map([org.key], |row| {
                let word: String = row.get(6)?;
                let role = OrgRole::from_word(&word).ok_or("not a role").map_err(corrupt(6))?;
                Ok((accounts::from_row(row, 0)?, role))
            })?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }
}

fn count_repos(transaction: &Transaction<'_>, account: i64) -> Result<u64> {
    let query = format!("SELECT (SELECT count(*) FROM {REPOS}) FROM accounts AS a WHERE key = ?1");
    Ok(transaction.query_row(&query, [account], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        TokenRole,
        testing::{model, temporary},
    };

    #[test]
    fn a_user_that_is_switched_off_has_no_tokens_until_it_is_on_again() {
        let store = temporary();
        store.create_account("Ada", false, None, None).unwrap();
        store.add_token("ada", "laptop", "hf_ada", TokenRole::Read, None).unwrap();
        store.disable_user("ada", true).unwrap();
        assert!(store.authenticate("hf_ada").unwrap().is_none());
        assert!(store.accounts(false).unwrap()[0].disabled);
        store.disable_user("ada", false).unwrap();
        assert!(store.authenticate("hf_ada").unwrap().is_some());
        assert!(matches!(
            store.create_account("ada", true, None, None),
            Err(StoreError::AccountExists { .. })
        ));
    }

    #[test]
    fn an_account_with_repositories_stays_and_the_next_one_inherits_nothing() {
        let store = temporary();
        store.create_account("lab", true, None, None).unwrap();
        let ada = store.create_account("ada", false, None, None).unwrap();
        store.add_member("lab", "ada", OrgRole::Contributor).unwrap();
        let mut new = crate::store::testing::new_repo(hub_types::RepoType::Model, "lab/of-ada");
        new.creator = ada.key;
        let made = store.create_repo(new).unwrap();
        let own = model(&store, "ada/demo");
        // Not of `ada`, though their names begin alike.
        model(&store, "ada0/demo");
        let error = store.delete_account("ada", false).unwrap_err();
        assert!(matches!(error, StoreError::AccountInUse { repos: 1, .. }), "{error}");
        store.delete_repo(&own).unwrap();
        store.delete_account("ada", false).unwrap();
        assert_eq!(store.members("lab").unwrap(), []);
        store.create_account("bob", false, None, None).unwrap();
        assert_eq!(store.find_repo(&made.repo).unwrap().unwrap().creator, 0);
    }

    #[test]
    fn members_come_and_go() {
        let store = temporary();
        store.create_account("lab", true, None, None).unwrap();
        store.create_account("ada", false, None, None).unwrap();
        store.add_member("lab", "ada", OrgRole::Admin).unwrap();
        let members = store.members("LAB").unwrap();
        assert_eq!((members[0].0.name.as_str(), members[0].1), ("ada", OrgRole::Admin));
        store.remove_member("lab", "ada").unwrap();
        assert!(store.remove_member("lab", "ada").is_err());
        assert_eq!(store.members("lab").unwrap(), []);
    }
}
