//! `hub repos branch` and `hub repos tag`

use serde_json::json;

use crate::{
    args::{Branch, CreateBranch, CreateTag, DeleteBranch, DeleteTag, Tag},
    client::Session,
    command::agreed,
    failure::{Code, Failure},
    output::Brief,
};

pub(crate) async fn branch(session: &Session, args: Branch) -> Result<(), Failure> {
    match args {
        Branch::Create(args) => create_branch(session, args).await,
        Branch::Delete(args) => delete_branch(session, args).await,
    }
}

async fn delete_branch(session: &Session, args: DeleteBranch) -> Result<(), Failure> {
    agreed(args.yes, &format!("Delete the branch {} of {}?", args.branch, args.repo_id))?;
    let api = session.api().await?;
    api.delete_branch(&args.repo_id, &args.branch).repo_type(args.repo_type.get()).await?;
    let value = json!({ "deleted": args.branch, "repo_id": args.repo_id });
    session.output.value(
        &value,
        || format!("Deleted the branch {} of {}.", args.branch, args.repo_id),
        Brief::One(&args.branch),
    )
}

async fn create_branch(session: &Session, args: CreateBranch) -> Result<(), Failure> {
    let api = session.api().await?;
    let create = |exist_ok| {
        let call = api.create_branch(&args.repo_id, &args.branch).repo_type(args.repo_type.get());
        let call = call.exist_ok(exist_ok);
        if let Some(revision) = &args.revision { call.revision(revision) } else { call }
    };
    let created = match create(false).await.map_err(Failure::from) {
        Ok(()) => true,
        // Only the second call says whether it is there: the first one may have been refused for another reason.
        Err(failure) if args.exist_ok && failure.is(&[Code::Conflict, Code::NotAuthorised]) => {
            create(true).await?;
            false
        }
        Err(failure) => return Err(failure),
    };
    let value = json!({ "branch": args.branch, "repo_id": args.repo_id, "created": created });
    session.output.value(
        &value,
        || match created {
            true => format!("Created the branch {} of {}.", args.branch, args.repo_id),
            false => format!("The branch {} of {} is there already.", args.branch, args.repo_id),
        },
        Brief::One(&args.branch),
    )
}

pub(crate) async fn tag(session: &Session, args: Tag) -> Result<(), Failure> {
    match args {
        Tag::Create(args) => create_tag(session, args).await,
        Tag::Delete(args) => delete_tag(session, args).await,
        Tag::List(args) => {
            let api = session.api().await?;
            let tags = api.list_repo_refs(&args.repo_id).repo_type(args.repo_type.get()).await?.tags;
            session.output.table(
                &["TAG", "COMMIT"],
                &tags,
                |tag| vec![tag.name.clone(), tag.target_commit.to_string()],
                |tag| tag.name.clone(),
            )
        }
    }
}

async fn create_tag(session: &Session, args: CreateTag) -> Result<(), Failure> {
    let api = session.api().await?;
    let mut call = api.create_tag(&args.repo_id, &args.tag).repo_type(args.repo_type.get());
    if let Some(message) = args.message {
        call = call.tag_message(message);
    }
    if let Some(revision) = args.revision {
        call = call.revision(revision);
    }
    call.await?;
    let value = json!({ "tag": args.tag, "repo_id": args.repo_id });
    session.output.value(
        &value,
        || format!("Created the tag {} of {}.", args.tag, args.repo_id),
        Brief::One(&args.tag),
    )
}

async fn delete_tag(session: &Session, args: DeleteTag) -> Result<(), Failure> {
    agreed(args.yes, &format!("Delete the tag {} of {}?", args.tag, args.repo_id))?;
    let api = session.api().await?;
    api.delete_tag(&args.repo_id, &args.tag).repo_type(args.repo_type.get()).await?;
    let value = json!({ "deleted": args.tag, "repo_id": args.repo_id });
    session.output.value(
        &value,
        || format!("Deleted the tag {} of {}.", args.tag, args.repo_id),
        Brief::One(&args.tag),
    )
}
