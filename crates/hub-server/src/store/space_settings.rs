//! Secrets and variables of Spaces.

use hub_types::space::SpaceSetting;
use jiff::Timestamp;
use rusqlite::params;

use super::{
    RepoRecord, Result, Store,
    database::{now, time_from_column},
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
        self.database().write(|transaction| {
            super::repos::expect_repo(transaction, repo)?;
            for setting in settings {
                transaction.execute(
                    "INSERT INTO space_settings (repo, kind, key, value, description, updated_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT DO UPDATE SET value = ?4, description = ?5, updated_at = ?6",
                    params![
                        repo.key,
                        kind.word(),
                        setting.key,
                        setting.value,
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

    /// The secrets or variables of a Space, by key.
    pub(crate) fn space_settings(&self, repo: &RepoRecord, kind: SettingKind) -> Result<Vec<StoredSetting>> {
        self.database().read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT key, value, description, updated_at FROM space_settings
                 WHERE repo = ?1 AND kind = ?2 ORDER BY key",
            )?;
            let rows = statement.query_map(params![repo.key, kind.word()], |row| {
                let setting = SpaceSetting::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?)
                    .description(row.get::<_, Option<String>>(2)?);
                Ok(StoredSetting { setting, updated_at: time_from_column(row, 3)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
