//! `hub repos delete-files`

use hub_api::{
    CommitOperation, CommitOperationDelete, IsFolder, commit::CommitError, types::pattern::Filter,
};

use crate::{
    args::DeleteFiles,
    client::Session,
    command::commit::{show, told},
    failure::{Code, Failure},
};

pub(super) async fn run(session: &Session, args: DeleteFiles) -> Result<(), Failure> {
    let api = session.api().await?;
    let repo = args.repo_type.repo(&args.repo_id)?;
    let mut files = api.list_repo_files(&repo);
    if let Some(revision) = &args.commit.revision {
        files = files.revision(revision);
    }
    let meant = Filter::new(Some(&args.patterns), &[] as &[&str]);
    let deletions: Vec<CommitOperation> = files
        .await?
        .iter()
        .filter(|path| meant.takes(path))
        .map(|path| Ok(CommitOperationDelete::new(path, IsFolder::File)?.into()))
        .collect::<Result<_, CommitError>>()
        .map_err(hub_api::Error::from)?;
    let patterns = args.patterns.join(" ");
    if deletions.is_empty() {
        let text = format!("no file of {} matches {patterns}: nothing was deleted", args.repo_id);
        return Err(Failure::new(Code::NotFound, text));
    }
    let call = api.create_commit(&repo, deletions, format!("Delete files {patterns}"));
    show(session, &told(call, &args.commit).await?)
}
