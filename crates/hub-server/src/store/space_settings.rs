//! Secrets and variables of Spaces. The values of secrets are sealed, and nothing here gives them out.

use hub_types::space::SpaceSetting;
use jiff::Timestamp;

use super::{
    RepoRecord, Result, Store,
    database::{SqlResult, now, params, time_from_column},
};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettingKind {
    Secret,
    Variable,
}

impl SettingKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Variable => "variable",
        }
    }
}

/// A secret or variable with the time of its last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredSetting {
    pub(crate) setting: SpaceSetting,
    pub(crate) updated_at: Timestamp,
}

impl Store {
    /// Sets secrets or variables; what has the same key is replaced.
    ///
    /// # Errors
    /// `RepoNotFound`.
    pub(crate) fn set_space_settings(
        &self,
        repo: &RepoRecord,
        kind: SettingKind,
        settings: &[SpaceSetting],
    ) -> Result<()> {
        let sealer = &self.database().sealer;
        self.database().write(|transaction| {
            super::repos::expect_repo(transaction, repo)?;
            for setting in settings {
                let value = match kind {
                    SettingKind::Secret => {
                        sealer.seal_setting(&repo.internal_id, &setting.key, &setting.value)?
                    }
                    SettingKind::Variable => setting.value.clone(),
                };
                transaction.execute(
                    "INSERT INTO space_settings (repo, kind, key, value, description, updated_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (repo, kind, key) DO UPDATE SET value = ?4, description = ?5, updated_at = ?6",
                    params![
                        repo.key,
                        kind.word(),
                        setting.key,
                        value,
                        setting.description,
                        now().as_millisecond()
                    ],
                )?;
            }
            Ok(())
        })
    }

    /// Removes a secret or variable, if there is one of this key.
    pub(crate) fn remove_space_setting(&self, repo: &RepoRecord, kind: SettingKind, key: &str) -> Result<()> {
        self.database().write(|transaction| {
            transaction.execute(
                "DELETE FROM space_settings WHERE repo = ?1 AND kind = ?2 AND key = ?3",
                params![repo.key, kind.word(), key],
            )?;
            Ok(())
        })
    }

    /// The variables of a Space, or its secrets without their values, by key.
    pub(crate) fn space_settings(&self, repo: &RepoRecord, kind: SettingKind) -> Result<Vec<StoredSetting>> {
        self.database().read(|connection| {
            let mut statement = connection.prepare(
                "SELECT key, CASE kind WHEN 'secret' THEN '' ELSE value END, description, updated_at FROM space_settings
                 WHERE repo = ?1 AND kind = ?2 ORDER BY key",
            )?;
            let rows = statement.query_map(params![repo.key, kind.word()], |row| {
                let setting = SpaceSetting::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?)
                    .description(row.get::<_, Option<String>>(2)?);
                Ok(StoredSetting { setting, updated_at: time_from_column(row, 3)? })
            })?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use hub_types::RepoType;

    use super::*;
    use crate::store::{
        StoreError,
        database::{Connection, UNDO_LATER},
        testing::{Temporary, new_repo, on_sqlite, temporary},
    };

    const SECRET: &str = "hf_a_secret_that_nobody_may_find";

    fn space_with_secret() -> (Temporary, RepoRecord) {
        let store = temporary();
        let space = store.create_repo(new_repo(RepoType::Space, "ada/app")).unwrap();
        let setting = SpaceSetting::new("KEY", SECRET);
        store.set_space_settings(&space, SettingKind::Secret, &[setting]).unwrap();
        (store, space)
    }

    fn stored(store: &Store) -> String {
        let value = |connection: &Connection| {
            Ok(connection.query_row("SELECT value FROM space_settings", (), |row| row.get(0))?)
        };
        store.database().read(value).unwrap()
    }

    /// Whether the secret is in any file below a folder.
    fn is_in(folder: &Path) -> bool {
        fs::read_dir(folder).unwrap().any(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                return is_in(&path);
            }
            fs::read(path).unwrap().windows(SECRET.len()).any(|found| found == SECRET.as_bytes())
        })
    }

    /// Takes back what came into the schema after secrets were sealed.
    const LATER: &str = "ALTER TABLE accounts DROP COLUMN disabled; ALTER TABLE accounts DROP COLUMN quota;
        ALTER TABLE accounts DROP COLUMN private_default; DROP TABLE lfs_locks;";

    /// Makes the database as it was before secrets were sealed.
    fn as_before(store: &Store) {
        let path = store.dir().join("hub.db");
        Connection::open_file(&path)
            .unwrap()
            .execute_batch(&format!(
                "{UNDO_LATER} {LATER} DROP TABLE secret_key; UPDATE space_settings SET value = '{SECRET}'; PRAGMA user_version = 2;"
            ))
            .unwrap();
    }

    #[test]
    fn a_secret_is_in_no_file_and_the_key_opens_it() {
        let (store, space) = space_with_secret();
        let sealer = &store.database().sealer;
        assert_eq!(sealer.open_setting(&space.internal_id, "KEY", &stored(&store)).as_deref(), Some(SECRET));
        assert!(!is_in(store.dir()));
        let listed = store.space_settings(&space, SettingKind::Secret).unwrap();
        assert_eq!((listed[0].setting.key.as_str(), listed[0].setting.value.as_str()), ("KEY", ""));
    }

    #[test]
    fn a_plain_secret_is_sealed_at_the_next_start_and_nothing_is_left_of_it() {
        if !on_sqlite() {
            return;
        }
        let (store, space) = space_with_secret();
        as_before(&store);
        assert!(is_in(store.dir()));
        let store = store.reopen();
        assert!(!is_in(store.dir()));
        let sealer = &store.database().sealer;
        assert_eq!(sealer.open_setting(&space.internal_id, "KEY", &stored(&store)).as_deref(), Some(SECRET));
        let sealed = stored(&store);
        assert_eq!(stored(&store.reopen()), sealed, "once");
    }

    #[test]
    fn wiping_that_was_interrupted_is_made_up_for() {
        if !on_sqlite() {
            return;
        }
        let (store, _) = space_with_secret();
        as_before(&store);
        let store = store.reopen();
        let connection = Connection::open_file(&store.dir().join("hub.db")).unwrap();
        let leave_behind = format!(
            "{UNDO_LATER} {LATER} CREATE TABLE x (y); INSERT INTO x VALUES ('{SECRET}'); DROP TABLE x; PRAGMA user_version = 3;"
        );
        connection.execute_batch(&leave_behind).unwrap();
        drop(connection);
        assert!(is_in(store.dir()));
        assert!(!is_in(store.reopen().dir()));
    }

    #[test]
    fn without_its_key_the_folder_is_refused() {
        let (store, _) = space_with_secret();
        let dir = store.dir().to_path_buf();
        let kept = store.close();
        let (key, elsewhere) = (dir.join("secret.key"), tempfile::tempdir().unwrap());
        let moved = elsewhere.path().join("moved.key");
        fs::rename(&key, &moved).unwrap();
        let error = Store::open(&dir, None).err().unwrap();
        assert!(matches!(error, StoreError::SecretKeyMissing { .. }), "{error}");
        assert!(!key.exists(), "no new key hides that the old one is missing");
        fs::write(&key, "0".repeat(64)).unwrap();
        let error = Store::open(&dir, None).err().unwrap();
        assert!(matches!(error, StoreError::BadSecretKey { .. }), "{error}");
        Store::open(&dir, Some(&moved)).unwrap();
        drop(kept);
    }
}
