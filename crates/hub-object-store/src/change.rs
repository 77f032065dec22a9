//! Writing objects: each change is one commit.

use std::{iter, sync::Arc};

use hub_api::{
    AddSource, CommitInfo, CommitOperation, CommitOperationAdd, CommitOperationCopy, CommitOperationDelete,
    Error, IsFolder, Revision, commit::CommitError, transport::Claims, types::SafeRelPath,
};
use object_store::{
    Attributes, CopyMode, CopyOptions, Extensions, PutMode, PutOptions, PutResult, RenameOptions,
    RenameTargetMode, Result, UpdateVersion, path::Path,
};

use crate::{
    HubObjectStore,
    error::{at, not_found, other},
    names,
    pin::Pin,
    store::Shared,
};

/// How often a change is made anew because somebody else was faster.
const ATTEMPTS: usize = 32;

/// What must be at a path for it to be written.
#[derive(Debug)]
enum Condition {
    /// Anything.
    None,
    /// Nothing; and where something is copied, that must be there.
    Absent { source: Option<SafeRelPath> },
    /// This content.
    Is(String),
}

impl HubObjectStore {
    pub(crate) async fn put_file(
        &self,
        location: &Path,
        content: AddSource,
        opts: PutOptions,
    ) -> Result<PutResult> {
        no_attributes(&opts.attributes)?;
        let path = names::in_repo(location)?;
        let condition = match opts.mode {
            PutMode::Overwrite => Condition::None,
            PutMode::Create => Condition::Absent { source: None },
            PutMode::Update(version) => Condition::Is(self.expected(&path, version).await?),
        };
        let add = CommitOperationAdd::new(path.as_str(), content);
        let add = add.map_err(|error| at(path.as_str(), Error::from(error)))?;
        let pin = self.change(&path, &condition, vec![add.into()], format!("Write {path}")).await?;
        let facts = pin.facts(&self.shared.api, &self.shared.repo, &path, self.dates).await?;
        // Nothing was to be committed, and it is not there all the same.
        let left_out =
            || other(format!("{path} was not written: the .gitignore of the repository leaves it out"));
        let facts = facts.ok_or_else(left_out)?;
        let version = Some(pin.commit.to_string());
        Ok(PutResult { e_tag: Some(facts.id), version, extensions: Extensions::new() })
    }

    /// The content that an update is of.
    async fn expected(&self, path: &SafeRelPath, version: UpdateVersion) -> Result<String> {
        if let Some(tag) = version.e_tag {
            return Ok(tag);
        }
        let commit = version.version.as_deref().and_then(|version| version.parse().ok());
        let commit =
            commit.ok_or_else(|| other("an update needs the e_tag or the version of what it replaces"))?;
        let facts = Pin::new(commit).facts(&self.shared.api, &self.shared.repo, path, false).await?;
        Ok(facts.ok_or_else(|| not_found(path.as_str()))?.id)
    }

    pub(crate) async fn copy_file(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let (from, to) = (names::in_repo(from)?, names::in_repo(to)?);
        let condition = match options.mode {
            CopyMode::Overwrite => Condition::None,
            CopyMode::Create => Condition::Absent { source: Some(from.clone()) },
        };
        let copy = copied(&from, &to)?;
        self.change(&to, &condition, vec![copy], format!("Copy {from} to {to}")).await?;
        Ok(())
    }

    pub(crate) async fn rename_file(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let (from, to) = (names::in_repo(from)?, names::in_repo(to)?);
        let condition = match options.target_mode {
            RenameTargetMode::Overwrite => Condition::None,
            RenameTargetMode::Create => Condition::Absent { source: Some(from.clone()) },
        };
        let mut operations = vec![copied(&from, &to)?];
        // Under its own name it stays.
        if from != to {
            let delete = CommitOperationDelete::new(from.as_str(), IsFolder::File);
            operations.push(delete.map_err(|error| at(from.as_str(), Error::from(error)))?.into());
        }
        self.change(&to, &condition, operations, format!("Rename {from} to {to}")).await?;
        Ok(())
    }

    /// Makes one commit, if what is at `path` of the branch is as it must be, and shows it.
    async fn change(
        &self,
        path: &SafeRelPath,
        condition: &Condition,
        operations: Vec<CommitOperation>,
        message: String,
    ) -> Result<Arc<Pin>> {
        let branch = self.shared.branch()?;
        let _turn = self.shared.turn.lock().await;
        for _ in 0..ATTEMPTS {
            let head = match condition {
                Condition::None => None,
                condition => Some(self.check(path, condition).await?),
            };
            match self.make_commit(operations.clone(), &message, branch, head.as_ref()).await {
                // Somebody has moved the branch since it was looked at.
                Err(error) if head.is_some() && error.is_conflict() => {}
                Ok(commit) if head.as_ref().is_some_and(|head| is_of_another(&commit, head)) => {}
                done => {
                    let commit = done.map_err(|error| at(path.as_str(), error))?;
                    return Ok(self.shared.show(Pin::new(commit.oid.parse().map_err(other)?)));
                }
            }
        }
        Err(other(format!("others kept moving the branch: {path} was not written in {ATTEMPTS} attempts")))
    }

    /// The head of the branch, if what is at `path` there is as it must be.
    async fn check(&self, path: &SafeRelPath, condition: &Condition) -> Result<Pin> {
        let shared = &self.shared;
        let head = shared.look_up().await?;
        let source = match condition {
            Condition::Absent { source } => source.as_ref(),
            _ => None,
        };
        let paths: Vec<&SafeRelPath> = iter::once(path).chain(source).collect();
        let mut found = head.files(&shared.api, &shared.repo, &paths, false).await?;
        if let Some(source) = source.filter(|source| !found.contains_key(source.as_str())) {
            return Err(not_found(source.as_str()));
        }
        let named = path.to_string();
        match (condition, found.remove(path.as_str())) {
            (Condition::Absent { .. }, Some(_)) => {
                Err(object_store::Error::AlreadyExists { path: named, source: "it is on the branch".into() })
            }
            (Condition::Is(tag), found) if found.as_ref().map(|facts| &facts.id) != Some(tag) => {
                let source = match found {
                    Some(facts) => format!("it is {} on the branch, not {tag}", facts.id),
                    None => "it is not on the branch".to_owned(),
                };
                Err(object_store::Error::Precondition { path: named, source: source.into() })
            }
            _ => Ok(head),
        }
    }

    /// Makes a commit on the branch; one that must follow `parent` bears a mark of this call. Without it the commit of another
    /// program that wrote the same content with the same token would be taken for the one whose response was lost.
    pub(crate) async fn make_commit(
        &self,
        operations: Vec<CommitOperation>,
        message: &str,
        branch: &Revision,
        parent: Option<&Pin>,
    ) -> Result<CommitInfo, Error> {
        let Shared { api, repo, .. } = &*self.shared;
        let mut call = api.create_commit(repo, operations, message).revision(branch);
        if let Some(parent) = parent {
            let mark = Claims::owner(&**api.transport()?.rng());
            call = call.parent_commit(&parent.commit).commit_description(format!("Call {mark}"));
        }
        call.await
    }
}

/// Whether no commit was needed, and that at another head than the one that was looked at: somebody else has written the same
/// content meanwhile, and the parent of a commit that is not made is not compared.
fn is_of_another(commit: &CommitInfo, head: &Pin) -> bool {
    !commit.created && commit.oid != head.commit.as_str()
}

fn copied(from: &SafeRelPath, to: &SafeRelPath) -> Result<CommitOperation> {
    let copy: Result<_, CommitError> = CommitOperationCopy::new(from.as_str(), to.as_str());
    Ok(copy.map_err(|error| at(from.as_str(), Error::from(error)))?.into())
}

/// The Hub keeps none beside an object.
pub(crate) fn no_attributes(attributes: &Attributes) -> Result<()> {
    if attributes.is_empty() {
        return Ok(());
    }
    let operation = "attributes of objects".to_owned();
    Err(object_store::Error::NotImplemented { operation, implementer: "HubObjectStore".to_owned() })
}
