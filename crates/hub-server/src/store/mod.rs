//! The data folder of an embedded Hub: git repositories, large files, and a database for everything else.
//!
//! Everything here blocks, except the transfers of [`LfsStore`]: call it from a thread that may wait. One process has the
//! folder at a time.

mod account_settings;
mod accounts;
mod backup;
mod check;
mod copying;
mod database;
mod derived;
mod discussion_record;
mod discussions;
mod disk;
mod duplicate;
mod error;
#[cfg(feature = "page")]
mod event_pages;
mod events;
#[cfg(feature = "page")]
mod feed;
#[cfg(feature = "testing")]
mod fill;
mod folder_lock;
mod garbage;
mod git;
mod hooks;
mod kept;
mod layout;
mod lfs;
mod likes;
mod locks;
mod moves;
mod noted;
#[cfg(feature = "page")]
mod overview;
mod owner;
mod pull_requests;
mod push;
#[cfg(unix)]
mod push_cards;
mod random;
mod repos;
mod room;
mod sealer;
mod search;
#[cfg(feature = "page")]
mod sessions;
mod settings;
mod space_runtime;
mod space_settings;
mod summaries;
mod summary;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod token_list;
mod tokens;
mod upgrade;
mod usage;
mod which_database;
mod xet;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

pub(crate) use account_settings::AccountSettings;
pub use accounts::OrgRole;
pub(crate) use accounts::{Account, Membership};
pub(crate) use backup::{Copied, restore};
pub(crate) use copying::Stop;
use database::Database;
pub(crate) use discussion_record::{DiscussionRecord, PullRequest};
pub(crate) use discussions::{DiscussionFilter, NewDiscussion, NewPullRequest};
#[cfg(feature = "serve")]
pub(crate) use disk::warn_of_readers;
pub(crate) use disk::write_private;
pub use error::StoreError;
pub(crate) use error::{Result, with_causes};
#[cfg(feature = "page")]
pub(crate) use event_pages::EventsFrom;
pub(crate) use events::EventRecord;
#[cfg(feature = "page")]
pub(crate) use feed::{FeedEvent, FeedPlace, FeedStep};
pub(crate) use garbage::Removed;
#[cfg(feature = "page")]
pub(crate) use git::LookBack;
use git::OpenRepos;
#[cfg(feature = "testing")]
pub(crate) use git::with_lfs_path;
pub(crate) use git::{
    Attributes, Change, CommitId, CommitPlan, CommitRecord, CommitTarget, Conflicts, Content, Entry,
    EntryKind, GitRepo, IgnoreRules, Merged, NewRef, Repack, Signature, Stage,
};
#[cfg(feature = "page")]
pub(crate) use git::{DiffLimits, RefInfo};
#[cfg(feature = "page")]
pub(crate) use kept::Kept;
pub(crate) use kept::Source;
use layout::Layout;
pub use lfs::DiscardLfs;
#[cfg(feature = "page")]
pub(crate) use lfs::{Arrived, SAMPLE};
pub(crate) use lfs::{LfsError, LfsStore};
pub(crate) use likes::StoredLike;
pub(crate) use locks::{FileLock, LockQuery, Locked, MOST_LOCKS};
#[cfg(feature = "page")]
pub(crate) use overview::CommonTag;
pub(crate) use owner::must_be_own;
#[cfg(unix)]
pub(crate) use owner::user_name;
pub(crate) use pull_requests::reference;
pub(crate) use push::Push;
pub(crate) use random::random_hex;
pub(crate) use repos::{NewRepo, RepoRecord};
pub(crate) use room::Room;
#[cfg(test)]
pub(crate) use search::Rank;
pub(crate) use search::{FoundRepo, Order, Position, RepoQuery};
#[cfg(feature = "page")]
pub(crate) use sessions::SESSION;
pub(crate) use settings::NewSettings;
pub(crate) use space_runtime::{SpaceAction, SpaceFiles};
pub(crate) use space_settings::SettingKind;
#[cfg(feature = "page")]
pub(crate) use space_settings::StoredSetting;
#[cfg(feature = "page")]
pub(crate) use token_list::StoredToken;
pub(crate) use token_list::token_end;
pub(crate) use tokens::Identity;
pub use tokens::TokenRole;
pub use upgrade::Upgraded;
pub(crate) use xet::{NewFile, ShardCheck, XetFault, XetStore};

/// A data folder that is open. Clones share it; the folder is free again when the last one is dropped.
#[derive(Clone)]
pub(crate) struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    database: Arc<Database>,
    open_repos: OpenRepos,
    /// Whether all summaries were compared with the repositories since the store was opened. Only searches wait for it.
    summaries_checked: Mutex<bool>,
    lfs: LfsStore,
    xet: XetStore,
    rooms: room::Rooms,
    /// The folder of the hooks that git runs.
    hooks: PathBuf,
    upgraded: Option<Upgraded>,
    // Last, so that the lock goes when everything else is closed.
    layout: Layout,
}

impl Store {
    /// Opens the data folder with its database in it, or makes one where nothing is. What an interrupted process left is removed. The key
    /// of the secrets of Spaces is in the folder, unless another file is named.
    ///
    /// # Errors
    /// `NewerVersion`, `InUse`, `NotAStore`, `NotOwner`, `DatabaseMissing`, `SecretKeyMissing`, `BadSecretKey`, or what the file
    /// system and the database say.
    pub(crate) fn open(dir: &Path, secret_key: Option<&Path>) -> Result<Self> {
        #[cfg(any(test, feature = "testing"))]
        let database = database::engine_of_tests::url_of(dir)?;
        #[cfg(not(any(test, feature = "testing")))]
        let database = None::<String>;
        Self::open_with(dir, secret_key, database.as_deref())
    }

    /// As [`Store::open`], with the database of PostgreSQL at a URL, if one is given.
    ///
    /// # Errors
    /// As [`Store::open`], `DatabaseUrl`, `DatabaseElsewhere`, `DatabaseInFolder`, `AnotherDatabase`, `NoPostgres`.
    pub(crate) fn open_with(dir: &Path, secret_key: Option<&Path>, database: Option<&str>) -> Result<Self> {
        let layout = Layout::open(dir)?;
        let secret_key = secret_key.map_or_else(|| layout.secret_key(), Path::to_path_buf);
        let database = Arc::new(which_database::open(&layout, &secret_key, database)?);
        let upgraded = upgrade::upgrade(&layout, &database)?;
        let lfs = LfsStore::open(&layout, Arc::clone(&database))?;
        let xet = XetStore::open(&layout, Arc::clone(&database))?;
        let open_repos = OpenRepos::new(layout.tmp());
        let hooks = hooks::write_hooks(layout.dir())?;
        let store = Self {
            shared: Arc::new(Shared {
                database,
                open_repos,
                summaries_checked: Mutex::default(),
                lfs,
                xet,
                rooms: room::Rooms::default(),
                hooks,
                upgraded,
                layout,
            }),
        };
        store.empty_trash()?;
        store.finish_opening()?;
        Ok(store)
    }

    /// Whether the database can be read, and the folder still be written to.
    #[cfg(feature = "serve")]
    pub(crate) fn check(&self) -> Result<()> {
        self.database().read(|connection| Ok(connection.query_row("SELECT 1", (), |_| Ok(()))?))?;
        let tried = tempfile::tempfile_in(self.dir());
        tried.map(drop).map_err(StoreError::io("write to", self.dir()))
    }

    /// The data folder.
    pub(crate) fn dir(&self) -> &Path {
        self.shared.layout.dir()
    }

    /// What opening the folder changed in it.
    pub(crate) fn upgraded(&self) -> Option<&Upgraded> {
        self.shared.upgraded.as_ref()
    }

    /// Large files.
    pub(crate) fn lfs(&self) -> &LfsStore {
        &self.shared.lfs
    }

    /// Large files in deduplicated pieces.
    pub(crate) fn xet(&self) -> &XetStore {
        &self.shared.xet
    }

    fn database(&self) -> &Database {
        &self.shared.database
    }

    fn layout(&self) -> &Layout {
        &self.shared.layout
    }

    fn open_repos(&self) -> &OpenRepos {
        &self.shared.open_repos
    }
}
