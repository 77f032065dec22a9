//! [`XetStore`]: the xorbs and files of a store.

use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
};

use object_store::{ObjectStore, local::LocalFileSystem};
use tokio::sync::{Mutex, RwLock};

use super::{folder::XetFolder, indexes::Indexes, turns::Turns};
use crate::store::{
    Result, StoreError, database::Database, disk::write_durably, layout::Layout, random::random_hex,
};

/// Shards that are checked at the same time, and those of one user: each reads its files whole.
const CHECKS: usize = 4;
const CHECKS_OF_ONE: usize = 2;
/// Digits of the name of a store.
const INSTANCE_DIGITS: usize = 32;

/// The xorbs and files of a store. Clones share them.
#[derive(Clone)]
pub(crate) struct XetStore {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) objects: Arc<dyn ObjectStore>,
    /// Where these are on the disk.
    pub(super) folder: XetFolder,
    pub(super) incoming: PathBuf,
    pub(super) database: Arc<Database>,
    pub(super) indexes: Indexes,
    /// Held while a xorb becomes visible, so that an index always belongs to the body beside it.
    pub(super) publishing: Mutex<()>,
    pub(super) checks: Turns,
    /// Read while a shard is registered, written while what nobody needs is removed.
    pub(super) registering: Arc<RwLock<()>>,
    instance: String,
}

impl XetStore {
    pub(in crate::store) fn open(layout: &Layout, database: Arc<Database>) -> Result<Self> {
        let objects = LocalFileSystem::new_with_prefix(layout.xet())?.with_fsync(true);
        let shared = Shared {
            objects: Arc::new(objects),
            folder: XetFolder::of(layout.dir()),
            incoming: layout.xet_incoming(),
            database,
            indexes: Indexes::default(),
            publishing: Mutex::default(),
            checks: Turns::new(CHECKS, CHECKS_OF_ONE),
            registering: Arc::default(),
            instance: read_instance(layout)?,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// A name that no other data folder has: 32 hexadecimal digits.
    ///
    /// Clients keep what they know of a store for weeks, under its URL, and do not ask whether it is still so. An emptied store must
    /// have another URL.
    pub(crate) fn instance(&self) -> &str {
        &self.shared.instance
    }
}

fn read_instance(layout: &Layout) -> Result<String> {
    let folder = layout.xet();
    let path = folder.join("instance");
    let mut text = String::new();
    match fs::File::open(&path).and_then(|file| file.take(4096).read_to_string(&mut text)) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(StoreError::io("read", &path)(error)),
    }
    let text = text.trim();
    if text.len() == INSTANCE_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_owned());
    }
    // What cannot be read is replaced: nothing is lost but what clients remember.
    let instance = random_hex::<{ INSTANCE_DIGITS / 2 }>()?;
    write_durably(&folder, "instance", format!("{instance}\n").as_bytes())?;
    Ok(instance)
}
