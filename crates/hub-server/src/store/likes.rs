//! Who likes what.

use hub_types::RepoRef;
use jiff::Timestamp;

use super::{
    Account, RepoRecord, Result, Store, accounts,
    database::{OptionalExtension, SqlResult, now, params, reference, time_from_column},
    repos,
};

/// One like: of a repository in the list of a user, of a user in the list of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredLike<T> {
    /// Grows with each like; where a list goes on.
    pub(crate) key: u64,
    /// Since when.
    pub(crate) created_at: Timestamp,
    /// What is liked, or who likes.
    pub(crate) what: T,
}

impl Store {
    /// Notes that a user likes a repository; a second time changes nothing.
    ///
    /// # Errors
    /// `RepoNotFound`.
    pub(crate) fn like(&self, user: &Account, repo: &RepoRecord) -> Result<()> {
        self.database().write(|transaction| {
            repos::expect_repo(transaction, repo)?;
            transaction.execute(
                "INSERT INTO likes (account, repo, created_at) VALUES (?1, ?2, ?3) ON CONFLICT (account, repo) DO NOTHING",
                params![user.key, repo.key, now().as_millisecond()],
            )?;
            Ok(())
        })
    }

    /// Forgets that a user likes a repository, if it is so.
    pub(crate) fn unlike(&self, user: &Account, repo: &RepoRecord) -> Result<()> {
        self.database().write(|transaction| {
            transaction
                .execute("DELETE FROM likes WHERE account = ?1 AND repo = ?2", [user.key, repo.key])?;
            Ok(())
        })
    }

    /// How many users like a repository.
    pub(crate) fn count_likes(&self, repo: &RepoRecord) -> Result<u64> {
        self.database().read(|connection| {
            let mut statement = connection.prepare("SELECT likes FROM repos WHERE key = ?1")?;
            Ok(statement.query_row([repo.key], |row| row.get(0)).optional()?.unwrap_or_default())
        })
    }

    /// Whether a user likes a repository.
    #[cfg(feature = "page")]
    pub(crate) fn likes(&self, user: &Account, repo: &RepoRecord) -> Result<bool> {
        self.database().read(|connection| {
            let mut statement = connection.prepare("SELECT 1 FROM likes WHERE account = ?1 AND repo = ?2")?;
            Ok(statement.query_row([user.key, repo.key], |_| Ok(())).optional()?.is_some())
        })
    }

    /// The public repositories that a user likes, newest like first, from those before `before`.
    pub(crate) fn liked_by(
        &self,
        user: &Account,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StoredLike<RepoRef>>> {
        self.database().read(|connection| {
            let mut statement = connection.prepare(
                "SELECT likes.key, likes.created_at, repo_type, id FROM likes JOIN repos ON repos.key = likes.repo
                 WHERE account = ?1 AND likes.key < ?2 AND private = 0 ORDER BY likes.key DESC LIMIT ?3",
            )?;
            let rows = statement.query_map(params![user.key, below(before), limit], |row| {
                let what = reference(row, 2)?;
                Ok(StoredLike { key: row.get(0)?, created_at: time_from_column(row, 1)?, what })
            })?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }

    /// The users who like a repository, newest like first, from those before `before`.
    pub(crate) fn likers(
        &self,
        repo: &RepoRecord,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StoredLike<Account>>> {
        self.database().read(|connection| {
            let mut statement = connection.prepare(
                "SELECT likes.key, likes.created_at, accounts.key, name, is_org, fullname, email, accounts.created_at
                 FROM likes JOIN accounts ON accounts.key = likes.account
                 WHERE repo = ?1 AND likes.key < ?2 ORDER BY likes.key DESC LIMIT ?3",
            )?;
            let rows = statement.query_map(params![repo.key, below(before), limit], |row| {
                let what = accounts::from_row(row, 2)?;
                Ok(StoredLike { key: row.get(0)?, created_at: time_from_column(row, 1)?, what })
            })?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }
}

/// Every key of SQLite is below this.
fn below(before: Option<u64>) -> i64 {
    before.and_then(|key| i64::try_from(key).ok()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use crate::store::{
        NewRepo,
        testing::{model, new_repo, temporary},
    };

    #[test]
    fn a_like_counts_once_and_private_repositories_are_not_listed() {
        let store = temporary();
        let ada = store.add_user("ada", None, None).unwrap();
        let bob = store.add_user("bob", None, None).unwrap();
        let (one, two) = (model(&store, "ada/one"), model(&store, "ada/two"));
        let secret = NewRepo { private: true, ..new_repo(hub_types::RepoType::Model, "ada/secret") };
        let secret = store.create_repo(secret).unwrap();
        for repo in [&one, &one, &two, &secret] {
            store.like(&ada, repo).unwrap();
        }
        store.like(&bob, &one).unwrap();
        assert_eq!((store.count_likes(&one).unwrap(), store.count_likes(&secret).unwrap()), (2, 1));
        let liked = store.liked_by(&ada, None, 9).unwrap();
        let names: Vec<_> = liked.iter().map(|like| like.what.id.as_str()).collect();
        assert_eq!(names, ["ada/two", "ada/one"]);
        let rest = store.liked_by(&ada, Some(liked[0].key), 9).unwrap();
        assert_eq!(rest, liked[1..]);
        let likers: Vec<_> = store.likers(&one, None, 9).unwrap().into_iter().map(|l| l.what.name).collect();
        assert_eq!(likers, ["bob", "ada"]);
        store.unlike(&ada, &one).unwrap();
        store.unlike(&ada, &one).unwrap();
        assert_eq!(store.count_likes(&one).unwrap(), 1);
        store.delete_repo(&two).unwrap();
        assert!(store.liked_by(&ada, None, 9).unwrap().is_empty());
    }
}
