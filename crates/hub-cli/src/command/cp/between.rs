//! From one place of the Hub to another.

use hub_api::{
    CommitOperation, CommitOperationAdd, CommitOperationCopy, Error, HfApi, commit::CommitError,
    types::TreeEntry,
};

use super::{
    source::Source,
    target::{place, show},
};
use crate::{
    args::Cp, client::Session, command::commit::told, failure::Failure, location::OnHub, progress::watched,
};

/// Bytes of files outside LFS that one commit copies through memory; the others come from the cache.
const IN_MEMORY: u64 = 32 * 1024 * 1024;

pub(super) async fn run(session: &Session, source: OnHub, target: OnHub, args: Cp) -> Result<(), Failure> {
    let api = session.api().await?;
    let contents = source.has_slash;
    // As in `hf cp`, a slash says enough here.
    let source = Source::look_up(&api, source, args.recursive || contents).await?;
    let to = match source.is_folder && contents {
        true => target.clone(),
        false => place(&api, &target, source.at.name()).await?,
    };
    let (mut held, mut operations) = (0, Vec::with_capacity(source.files.len()));
    for file in &source.files {
        let path = match source.inside(file) {
            "" => to.path.clone(),
            inside => to.join(inside).path,
        };
        let is_held = file.lfs.is_none() && held + file.size <= IN_MEMORY;
        if is_held {
            held += file.size;
        }
        // A file in LFS is copied by its object, which other repositories do not have.
        let by_name = is_held || (file.lfs.is_some() && source.at.repo == target.repo);
        operations.push(match by_name {
            true => copied(&source, file, &path).map_err(Error::from)?,
            false => added(session, &api, &source, file, &path).await?,
        });
    }
    let message = format!("Copy {} to {}", source.at.address(), to.address());
    let call = api.create_commit(&target.repo, operations, message);
    let commit = watched(session.output.board(), told(call, &args.commit)).await?;
    show(session, &to, &commit)
}

/// The Hub copies the file.
fn copied(source: &Source, file: &TreeEntry, path: &str) -> Result<CommitOperation, CommitError> {
    let copy = CommitOperationCopy::new(&file.path, path)?.src_repo(source.at.repo.clone());
    Ok(copy.src_revision(source.commit.clone().into()).into())
}

/// The file is fetched into the cache, and sent from there.
async fn added(
    session: &Session,
    api: &HfApi,
    source: &Source,
    file: &TreeEntry,
    path: &str,
) -> Result<CommitOperation, Failure> {
    let call = api.hf_hub_download(&source.at.repo, &file.path).revision(&source.commit);
    let here = watched(session.output.board(), call).await?;
    Ok(CommitOperationAdd::new(path, here).map_err(Error::from)?.into())
}
