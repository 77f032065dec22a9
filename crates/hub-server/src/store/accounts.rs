//! Users, organisations, and who is a member of what.

use hub_types::RepoId;
use jiff::Timestamp;

use super::{
    Result, Store, StoreError,
    database::{
        Connection, OptionalExtension, Row, SqlResult, Transaction, corrupt, now, params, time_from_column,
    },
};
use crate::reserved::is_reserved;

/// A user or an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Key in the database.
    pub(crate) key: i64,
    /// The namespace of its repositories, as it was first written.
    pub(crate) name: String,
    /// Whether it is an organisation.
    pub(crate) is_org: bool,
    /// Name in full.
    pub(crate) fullname: Option<String>,
    /// E-mail address.
    pub(crate) email: Option<String>,
    /// When it was added.
    pub(crate) created_at: Timestamp,
}

/// What a member may do in an organisation, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OrgRole {
    /// Reads.
    Read,
    /// Makes repositories, and writes to those only.
    Contributor,
    /// Reads and writes everything.
    Write,
    /// Also manages members and settings.
    Admin,
}

impl OrgRole {
    const ALL: [Self; 4] = [Self::Read, Self::Contributor, Self::Write, Self::Admin];

    /// The role that this word names.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// The word of messages and seed files: `read`, `contributor`, `write`, `admin`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Contributor => "contributor",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// An organisation and what the user is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    /// The organisation.
    pub(crate) org: Account,
    /// What the user may do there.
    pub(crate) role: OrgRole,
}

impl Store {
    /// Adds a user, or fills in what is not known yet about the one of this name.
    ///
    /// # Errors
    /// `InvalidAccount` when the name breaks the Hub's rules or is that of an organisation.
    pub(crate) fn add_user(
        &self,
        name: &str,
        fullname: Option<&str>,
        email: Option<&str>,
    ) -> Result<Account> {
        self.add_account(name, false, fullname, email)
    }

    /// Adds an organisation, or fills in what is not known yet about the one of this name.
    ///
    /// # Errors
    /// `InvalidAccount` when the name breaks the Hub's rules or is that of a user.
    pub(crate) fn add_org(&self, name: &str, fullname: Option<&str>) -> Result<Account> {
        self.add_account(name, true, fullname, None)
    }

    /// Makes a user a member; an existing member gets the new role.
    ///
    /// # Errors
    /// `AccountNotFound` for either name, `InvalidAccount` when one is of the wrong kind.
    pub(crate) fn add_member(&self, org: &str, user: &str, role: OrgRole) -> Result<()> {
        self.database().write(|transaction| {
            let org = expect_account(transaction, org, true)?;
            let user = expect_account(transaction, user, false)?;
            transaction.execute(
                "INSERT INTO members (org, account, role) VALUES (?1, ?2, ?3)
                 ON CONFLICT (account, org) DO UPDATE SET role = excluded.role",
                params![org.key, user.key, role.as_str()],
            )?;
            Ok(())
        })
    }

    /// The user or organisation of this name, in any case.
    pub(crate) fn find_account(&self, name: &str) -> Result<Option<Account>> {
        self.database().read(|connection| find(connection, name))
    }

    fn add_account(
        &self,
        name: &str,
        is_org: bool,
        fullname: Option<&str>,
        email: Option<&str>,
    ) -> Result<Account> {
        check_name(name)?;
        self.database().write(|transaction| {
            // One of before stays.
            if is_reserved(name) && find(transaction, name)?.is_none() {
                let reason = "URLs of the Hub begin with it, so that its repositories could not be reached";
                return Err(StoreError::InvalidAccount { name: name.to_owned(), reason: reason.to_owned() });
            }
            transaction.execute(
                "INSERT INTO accounts (name, folded, is_org, fullname, email, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (folded) DO UPDATE
                 SET fullname = coalesce(accounts.fullname, excluded.fullname), email = coalesce(accounts.email, excluded.email)",
                params![name, name.to_ascii_lowercase(), is_org, fullname, email, now().as_millisecond()],
            )?;
            expect_account(transaction, name, is_org)
        })
    }
}

fn check_name(name: &str) -> Result<()> {
    let invalid =
        |reason: &str| StoreError::InvalidAccount { name: name.to_owned(), reason: reason.to_owned() };
    match name.parse::<RepoId>() {
        Ok(id) if id.namespace().is_some() => Err(invalid("it has a '/'")),
        Ok(_) => Ok(()),
        Err(error) => Err(invalid(error.reason())),
    }
}

/// The account of this name, which must be of the given kind.
pub(super) fn expect_account(transaction: &Transaction<'_>, name: &str, is_org: bool) -> Result<Account> {
    let account =
        find(transaction, name)?.ok_or_else(|| StoreError::AccountNotFound { name: name.to_owned() })?;
    if account.is_org != is_org {
        let reason = if account.is_org { "it is an organisation" } else { "it is a user" };
        return Err(StoreError::InvalidAccount { name: name.to_owned(), reason: reason.to_owned() });
    }
    Ok(account)
}

fn find(connection: &Connection, name: &str) -> Result<Option<Account>> {
    let found = connection
        .prepare("SELECT key, name, is_org, fullname, email, created_at FROM accounts WHERE folded = ?1")?
        .query_row([name.to_ascii_lowercase()], |row| from_row(row, 0))
        .optional()?;
    Ok(found)
}

/// Reads the columns `key, name, is_org, fullname, email, created_at` that begin at `first`.
pub(super) fn from_row(row: &Row<'_>, first: usize) -> SqlResult<Account> {
    Ok(Account {
        key: row.get(first)?,
        name: row.get(first + 1)?,
        is_org: row.get(first + 2)?,
        fullname: row.get(first + 3)?,
        email: row.get(first + 4)?,
        created_at: time_from_column(row, first + 5)?,
    })
}

/// The organisations that a user is a member of, by name.
pub(super) fn memberships(connection: &Connection, user: i64) -> Result<Vec<Membership>> {
    let mut statement = connection.prepare(
        "SELECT key, name, is_org, fullname, email, created_at, role
         FROM members JOIN accounts ON key = org WHERE account = ?1 ORDER BY folded",
    )?;
    let rows = statement.query_map([user], |row| {
        let word: String = row.get(6)?;
        let role = OrgRole::from_word(&word).ok_or("not a role").map_err(corrupt(6))?;
        Ok(Membership { org: from_row(row, 0)?, role })
    })?;
    Ok(rows.collect::<SqlResult<_>>()?)
}

#[cfg(test)]
mod tests {
    use crate::store::{OrgRole, StoreError, TokenRole, testing::temporary};

    #[test]
    fn adding_twice_fills_in_and_changes_nothing_else() {
        let store = temporary();
        let first = store.add_user("Ada", None, Some("ada@example.org")).unwrap();
        let again = store.add_user("ada", Some("Ada L."), Some("other@example.org")).unwrap();
        assert_eq!((again.key, again.name.as_str()), (first.key, "Ada"));
        assert_eq!(
            (again.fullname.as_deref(), again.email.as_deref()),
            (Some("Ada L."), Some("ada@example.org"))
        );
        assert_eq!(store.find_account("ADA").unwrap(), Some(again));
    }

    #[test]
    fn a_name_is_a_user_or_an_organisation() {
        let store = temporary();
        store.add_user("ada", None, None).unwrap();
        assert!(matches!(store.add_org("ada", None), Err(StoreError::InvalidAccount { .. })));
        for name in
            ["", "a/b", "-a", "a b", "a..b", "api", "API", "datasets", "spaces", "models", "_xet", "healthz"]
        {
            for made in [
                store.add_user(name, None, None),
                store.add_org(name, None),
                store.create_account(name, false, None, None),
                store.create_account(name, true, None, None),
            ] {
                assert!(matches!(made, Err(StoreError::InvalidAccount { .. })), "{name}");
            }
        }
    }

    #[test]
    fn members_have_one_role() {
        let store = temporary();
        store.add_user("ada", None, None).unwrap();
        store.add_token("ada", "laptop", "hf_ada", TokenRole::Read, None).unwrap();
        for org in ["zeta", "analytical"] {
            store.add_org(org, None).unwrap();
            store.add_member(org, "ada", OrgRole::Read).unwrap();
        }
        store.add_member("Analytical", "ADA", OrgRole::Admin).unwrap();
        let identity = store.authenticate("hf_ada").unwrap().unwrap();
        let orgs: Vec<_> = identity.orgs.into_iter().map(|m| (m.org.name, m.role)).collect();
        assert_eq!(orgs, [("analytical".to_owned(), OrgRole::Admin), ("zeta".to_owned(), OrgRole::Read)]);
        assert!(matches!(
            store.add_member("nobody", "ada", OrgRole::Read),
            Err(StoreError::AccountNotFound { .. })
        ));
        assert!(matches!(
            store.add_member("ada", "ada", OrgRole::Read),
            Err(StoreError::InvalidAccount { .. })
        ));
    }
}
