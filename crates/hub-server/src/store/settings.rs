//! Who sees a repository.

use super::{RepoRecord, Result, Store};
use crate::store::database::params;

/// Settings to be changed; `None` leaves one as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NewSettings {
    /// Whether only its owners see it.
    pub(crate) private: Option<bool>,
    /// `auto` or `manual`; `Some(None)` opens the files to all who see the repository.
    pub(crate) gated: Option<Option<String>>,
}

impl Store {
    /// Changes settings of a repository.
    ///
    /// # Errors
    /// `RepoNotFound`.
    pub(crate) fn change_settings(&self, repo: &RepoRecord, new: &NewSettings) -> Result<()> {
        self.database().write(|transaction| {
            let changed = transaction.execute(
                "UPDATE repos SET private = coalesce(?1, private), gated = CASE WHEN ?2 <> 0 THEN ?3 ELSE gated END
                 WHERE key = ?4",
                params![new.private, new.gated.is_some(), new.gated.as_ref().and_then(Option::as_ref), repo.key],
            )?;
            if changed == 0 { Err(repo.not_found()) } else { Ok(()) }
        })
    }
}

impl Store {
    /// Switches a repository off or on again.
    ///
    /// # Errors
    /// `RepoNotFound`.
    pub(crate) fn set_disabled(&self, repo: &RepoRecord, disabled: bool) -> Result<()> {
        self.database().write(|transaction| {
            let changed = transaction
                .execute("UPDATE repos SET disabled = ?1 WHERE key = ?2", params![disabled, repo.key])?;
            if changed == 0 { Err(repo.not_found()) } else { Ok(()) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{model, temporary};

    #[test]
    fn only_what_is_given_changes() {
        let store = temporary();
        let record = model(&store, "ada/demo");
        let set = |new: NewSettings| {
            store.change_settings(&record, &new).unwrap();
            let now = store.find_repo(&record.repo).unwrap().unwrap();
            (now.private, now.gated)
        };
        let gated = Some("auto".to_owned());
        assert_eq!(set(NewSettings { private: Some(true), gated: None }), (true, None));
        assert_eq!(set(NewSettings { private: None, gated: Some(gated.clone()) }), (true, gated.clone()));
        assert_eq!(set(NewSettings::default()), (true, gated));
        assert_eq!(set(NewSettings { private: Some(false), gated: Some(None) }), (false, None));
    }
}
