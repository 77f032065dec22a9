//! What can go wrong in the data folder.

use std::path::{Path, PathBuf};

use gix::ObjectId;

use super::database::SqlError;

/// Why the store of an embedded Hub could not do what it was asked.
///
/// `Display` is one line that names the thing and what to do; the cause, where there is one, is the `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The data folder was written by a later release.
    #[error(
        "the data folder {} has version {found}, this program knows versions up to {known}: use a newer hub, or another folder",
        path.display()
    )]
    NewerVersion {
        /// The data folder.
        path: PathBuf,
        /// The version that the folder states.
        found: u64,
        /// The newest version that this program reads.
        known: u64,
    },
    /// The database was changed by a later release.
    #[error(
        "the database has version {found}, this program knows versions up to {known}: use a newer hub, or another database"
    )]
    NewerDatabase {
        /// The version that the database states.
        found: u64,
        /// The newest version that this program reads.
        known: u64,
    },
    /// The folder is used with a database of PostgreSQL, and none was named.
    #[error("the database of {} is not in it: name it with --database", path.display())]
    DatabaseElsewhere {
        /// The data folder.
        path: PathBuf,
    },
    /// A database was named for a folder that has one.
    #[error("{} is there: the folder has a database of its own, leave --database out or name another folder", path.display())]
    DatabaseInFolder {
        /// The file.
        path: PathBuf,
    },
    /// Folder and database do not belong together.
    #[error("the database belongs to another data folder than {}: name the folder that it was used with", path.display())]
    AnotherDatabase {
        /// The data folder.
        path: PathBuf,
    },
    /// The URL of a database cannot be used.
    #[error("the URL of the database cannot be used: {reason}")]
    DatabaseUrl {
        /// Why not.
        reason: String,
    },
    /// A backup is a folder that can be used, and the database is elsewhere.
    #[error("the database is not in the data folder: back it up with pg_dump, and after it the folder")]
    NoBackup,
    /// This program was built without the feature `postgres`.
    #[error(
        "this program knows no PostgreSQL: build it with the feature `postgres`, or leave the database out"
    )]
    NoPostgres,
    /// The folder holds something else than a store.
    #[error("{} is not a data folder of hub: {reason}", path.display())]
    NotAStore {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Another process, or another part of this one, has the data folder open.
    #[error("the data folder {} is in use: stop the other hub first, or use another folder", path.display())]
    InUse {
        /// The data folder.
        path: PathBuf,
    },
    /// The data folder belongs to another user of this machine, who could not open what this one writes there.
    #[error(
        "the data folder {} belongs to the user {owner}: run this as that user, for example with `sudo -u {}`",
        path.display(),
        if owner.starts_with('#') { format!("'{owner}'") } else { owner.clone() }
    )]
    NotOwner {
        /// The data folder.
        path: PathBuf,
        /// The name of the user, or `#` and the number where it has none.
        owner: String,
    },
    /// The data folder has repositories, files or tokens, and no database that knows of them.
    #[error(
        "the database {} is missing or empty, and the folder has data that it knew of: put that file back, or restore a backup",
        path.display()
    )]
    DatabaseMissing {
        /// The database.
        path: PathBuf,
    },
    /// Of two folders, from one of which the other was to be copied, one is in the other.
    #[error("{} and {} are one within the other: name a folder outside of it", one.display(), other.display())]
    Nested {
        /// The folder that was to be written.
        one: PathBuf,
        /// The folder that was to be read.
        other: PathBuf,
    },
    /// The key of the secrets of Spaces is not where it should be.
    #[error(
        "the secrets of Spaces in this data folder are encrypted, and the key is not in {}: put that file back, or name the one that has the key",
        path.display()
    )]
    SecretKeyMissing {
        /// The file that should hold it.
        path: PathBuf,
    },
    /// A file is not the key of the secrets of Spaces in this data folder.
    #[error("{} is not the key of this data folder: {reason}", path.display())]
    BadSecretKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A user or an organisation is not known.
    #[error("there is no account {name:?}")]
    AccountNotFound {
        /// The name that was asked for.
        name: String,
    },
    /// A name is taken by an account of the other kind, or breaks the naming rules.
    #[error("the account name {name:?} cannot be used: {reason}")]
    InvalidAccount {
        /// The name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// A user or an organisation exists already.
    #[error("there is an account {name:?} already")]
    AccountExists {
        /// Its name.
        name: String,
    },
    /// An account has repositories, which would belong to nobody.
    #[error("{name} has {repos} repositories: move or delete them first")]
    AccountInUse {
        /// Its name.
        name: String,
        /// How many.
        repos: u64,
    },
    /// A namespace has no room for what was to be stored.
    #[error(
        "the storage of {namespace} is full: {used} of {quota} bytes are used{}. Delete what is not needed, or ask those who run this Hub for more",
        if used < quota { format!(", and this needs {more} more") } else { String::new() }
    )]
    QuotaExceeded {
        /// The user or organisation.
        namespace: String,
        /// Bytes that it may have.
        quota: u64,
        /// Bytes that it has, and that are on their way to it.
        used: u64,
        /// Bytes that were to be stored.
        more: u64,
    },
    /// A user has a token of this name.
    #[error("{user} has a token {token_name:?} already: revoke it, or choose another name")]
    TokenExists {
        /// The user.
        user: String,
        /// The name of the token.
        token_name: String,
    },
    /// A user has no token of this name.
    #[error("{user} has no token {token_name:?}")]
    TokenNotFound {
        /// The user.
        user: String,
        /// The name of the token.
        token_name: String,
    },
    /// A backup or a restored folder is written into a folder of its own.
    #[error("{} is not an empty folder: name one that is, or that is not there", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Whoever asked for long work has gone.
    #[error("the work was given up, because nobody waits for it any more")]
    GivenUp,
    /// A token with this text belongs to another user.
    #[error("the token {token_name:?} of {user} is already the token of another user")]
    TokenTaken {
        /// The user it was meant for.
        user: String,
        /// The name of the token, never the token.
        token_name: String,
    },
    /// An id that no repository of this store can have.
    #[error("the repository {repo} cannot be made: {reason}")]
    InvalidRepo {
        /// Kind and id, as in "model demo".
        repo: String,
        /// Why not.
        reason: &'static str,
    },
    /// A repository of this kind and name exists.
    #[error("the repository {repo} already exists")]
    RepoExists {
        /// Kind and canonical id, as in "model ada/demo".
        repo: String,
    },
    /// The repository does not exist (any more).
    #[error("the repository {repo} does not exist")]
    RepoNotFound {
        /// Kind and id, as in "model ada/demo".
        repo: String,
    },
    /// No branch, tag, ref or commit has this name.
    #[error("the revision {revision:?} does not exist")]
    RevisionNotFound {
        /// The revision that was asked for.
        revision: String,
    },
    /// No file or folder has this path at the revision.
    #[error("there is no {path:?} at this revision")]
    EntryNotFound {
        /// The path that was asked for.
        path: String,
    },
    /// The branch moved on: the commit was made for another parent.
    #[error("a commit has happened since, the branch is now at {actual}: refresh and try again")]
    ParentMismatch {
        /// The tip of the branch.
        actual: ObjectId,
    },
    /// A file stands where a folder is needed, or the other way round.
    #[error("{path:?} cannot be written: {reason}")]
    PathConflict {
        /// The path that was to be written.
        path: String,
        /// What is in the way.
        reason: &'static str,
    },
    /// A path that no repository may hold.
    #[error("{path:?} is not a path that a repository may hold: {reason}")]
    InvalidPath {
        /// The path.
        path: String,
        /// The rule that it breaks.
        reason: String,
    },
    /// A revision has more than anybody is shown at once.
    #[error("this revision is too large to be shown: {reason}")]
    TooLarge {
        /// The limit that it breaks.
        reason: &'static str,
    },
    /// A ref of this name exists already.
    #[error("reference {name} already exists")]
    RefExists {
        /// Full name of the ref.
        name: String,
    },
    /// A name that git does not take for a ref, or that collides with another.
    #[error("invalid reference {name}: {reason}")]
    InvalidRef {
        /// The name.
        name: String,
        /// Why it is refused.
        reason: String,
    },
    /// A git object that should be there is not, or is of another kind.
    #[error("the repository has no {expected} {id}")]
    ObjectMissing {
        /// Its id.
        id: ObjectId,
        /// `blob`, `tree` or `commit`.
        expected: &'static str,
    },
    /// A pull request or discussion with this number does not exist.
    #[error("there is no discussion {number}")]
    DiscussionNotFound {
        /// The number.
        number: u64,
    },
    /// A merged pull request stays merged.
    #[error("the pull request {number} is merged, which is final")]
    DiscussionMerged {
        /// The number.
        number: u64,
    },
    /// A discussion has no comment with this id.
    #[error("there is no comment {id:?}")]
    CommentNotFound {
        /// The id.
        id: String,
    },
    /// A comment was changed so often that all its versions together would be too much for whoever reads them.
    #[error("a comment can be edited {most} times: write another one")]
    TooManyEdits {
        /// How often.
        most: u64,
    },
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, as in "open".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A git repository could not be read or written.
    #[error("cannot {action} in a git repository")]
    Git {
        /// What was tried, as in "read an object".
        action: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What is asked for has to be put together in memory, and others have all of it.
    #[error("the memory for large files is in use, try again")]
    NoMemory,
    /// Garbage was collected while a commit was being made, and took what the commit relied on: nothing was changed.
    #[error("what the commit needs was removed meanwhile, try again")]
    TakenOut,
    /// The operating system has no random numbers.
    #[error("the system gave no random numbers")]
    Random(#[source] getrandom::Error),
    /// Work on another thread was given up, because the program ends.
    #[error("the work was stopped")]
    Stopped(#[source] tokio::task::JoinError),
    /// The database refused.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file of the data folder is not what was written there.
    #[error("a file of the data folder is damaged")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A large file, or chunks of one, that should be stored are not, or not whole.
    #[error("{location} of the data folder is damaged or missing")]
    Content {
        /// Its place in `lfs` or `xet` of the data folder, with its hash.
        location: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The object storage refused.
    #[error("the storage of large files failed")]
    Objects(#[from] object_store::Error),
}

impl From<SqlError> for StoreError {
    fn from(error: SqlError) -> Self {
        Self::Database(error.into())
    }
}

impl StoreError {
    /// Adds what was tried, and where, to an error of the operating system.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// Adds which content it is to what is wrong with it.
    pub(crate) fn content<E>(location: &object_store::path::Path) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Content { location: location.to_string(), source: source.into() }
    }

    /// Adds what was tried to an error of the git library.
    pub(crate) fn git<E>(action: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Git { action, source: source.into() }
    }
}

/// A result of the store.
pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;

/// An error in one line, with all causes.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
