//! Copies of repositories.

use hub_types::RepoType;

use super::{
    Change, CommitPlan, CommitTarget, NewRepo, NewSettings, RepoRecord, Result, Store, StoreError,
    database::{now, params},
    space_settings::SettingKind,
};

impl Store {
    /// Makes a repository with the files of another one's default branch, as one commit after the first. Large files are
    /// shared, not copied. The copy of a gated one is gated. A Space brings its variables, and no secrets. A copy that fails
    /// is removed.
    ///
    /// # Errors
    /// As for [`create_repo`](Store::create_repo).
    pub(crate) fn duplicate_repo(&self, source: &RepoRecord, new: NewRepo) -> Result<RepoRecord> {
        let author = new.author.clone();
        let copy = self.create_repo(new)?;
        // First of all: nobody gets at a copy who may not have the original.
        let gated = NewSettings { gated: source.gated.clone().map(Some), private: None };
        let guarded = self.change_settings(&copy, &gated);
        let filled = guarded.and_then(|()| self.copy_files(source, &copy, author)).and_then(|()| {
            if source.repo.repo_type != RepoType::Space {
                return Ok(());
            }
            let variables = self.space_settings(source, SettingKind::Variable)?;
            let variables: Vec<_> = variables.into_iter().map(|stored| stored.setting).collect();
            self.set_space_settings(&copy, SettingKind::Variable, &variables)
        });
        match filled {
            Ok(()) => Ok(copy),
            Err(error) => {
                self.delete_repo(&copy)?;
                Err(error)
            }
        }
    }

    fn copy_files(&self, source: &RepoRecord, copy: &RepoRecord, author: super::Signature) -> Result<()> {
        let from = self.git(source)?;
        let tip = from.resolve(&from.default_branch()?)?;
        let to = self.git(copy)?;
        let made = to.all_paths(to.resolve("main")?)?;
        let files = from.all_files(tip)?;
        // Begun before anything is noted: garbage that is collected meanwhile is noticed.
        let mut stage = to.stage()?;
        let lfs_objects: Vec<String> =
            files.iter().filter_map(|file| file.lfs.as_ref()).map(|lfs| lfs.oid.clone()).collect();
        // The objects first: a commit must not name what is not there.
        self.database().write(|transaction| {
            for lfs in files.iter().filter_map(|file| file.lfs.as_ref()) {
                transaction.execute(
                    "INSERT INTO lfs_objects (repo, oid, size, created_at)
                     SELECT ?1, oid, size, ?2 FROM lfs_objects WHERE repo = ?3 AND oid = ?4 ON CONFLICT DO NOTHING",
                    params![copy.key, now().as_millisecond(), source.key, lfs.oid],
                )?;
                transaction.execute(
                    "INSERT INTO xet_repo_files (repo, oid, file, created_at)
                     SELECT ?1, oid, file, ?2 FROM xet_repo_files WHERE repo = ?3 AND oid = ?4 ON CONFLICT DO NOTHING",
                    params![copy.key, now().as_millisecond(), source.key, lfs.oid],
                )?;
            }
            Ok(())
        })?;
        if !self.lacking(copy, &lfs_objects)?.is_empty() {
            return Err(StoreError::TakenOut);
        }
        let mut changes: Vec<Change> = made
            .into_iter()
            .filter(|path| !files.iter().any(|file| file.path == *path))
            .map(|path| Change::DeleteEntry { path })
            .collect();
        for file in files {
            let blob = stage.write_blob(&from.blob(file.oid)?)?;
            changes.push(Change::Put { path: file.path, blob });
        }
        stage.finish(CommitPlan {
            target: CommitTarget::Branch {
                full_name: "refs/heads/main".to_owned(),
                expected_parent: None,
                create: false,
            },
            changes,
            lfs_paths: Vec::new(),
            lfs_objects,
            author,
            time: now(),
            message: format!("Duplicate from {}", source.repo.id),
        })?;
        Ok(())
    }
}
