//! `hub repos`

use hub_api::types::Gated;
use serde_json::json;

use crate::{
    args::{CreateRepo, DeleteRepo, MoveRepo, RepoSettings, Repos},
    client::Session,
    command::{confirm, refs},
    failure::{Code, Failure},
};

pub(crate) async fn run(session: &Session, args: Repos) -> Result<(), Failure> {
    match args {
        Repos::Create(args) => create(session, args).await,
        Repos::Delete(args) => delete(session, args).await,
        Repos::Move(args) => move_repo(session, args).await,
        Repos::Settings(args) => settings(session, args).await,
        Repos::Branch(args) => refs::branch(session, args).await,
        Repos::Tag(args) => refs::tag(session, args).await,
    }
}

async fn create(session: &Session, args: CreateRepo) -> Result<(), Failure> {
    let api = session.api().await?;
    let mut call = api.create_repo(&args.repo_id).repo_type(args.repo_type.get()).exist_ok(args.exist_ok);
    if args.private || args.no_private {
        call = call.private(args.private);
    }
    if let Some(sdk) = args.sdk {
        call = call.space_sdk(sdk);
    }
    if let Some(hardware) = args.flavor {
        call = call.space_hardware(hardware);
    }
    let url = call.await?;
    let value = json!({ "url": url.url(), "repo_id": url.repo_id().as_str(), "repo_type": url.repo_type().singular() });
    session.output.value(&value, || url.url().to_owned())
}

async fn delete(session: &Session, args: DeleteRepo) -> Result<(), Failure> {
    let repo_type = args.repo_type.get();
    let question = format!("Delete the {repo_type} {} with everything in it?", args.repo_id);
    if !args.yes && !confirm(&question) {
        return Err(Failure::new(Code::Usage, "nothing was deleted: confirm with --yes"));
    }
    let api = session.api().await?;
    api.delete_repo(&args.repo_id).repo_type(repo_type).missing_ok(args.missing_ok).await?;
    let value = json!({ "deleted": args.repo_id, "repo_type": repo_type.singular() });
    session.output.value(&value, || format!("Deleted the {repo_type} {}.", args.repo_id))
}

async fn move_repo(session: &Session, args: MoveRepo) -> Result<(), Failure> {
    let repo_type = args.repo_type.get();
    let api = session.api().await?;
    api.move_repo(&args.from_id, &args.to_id).repo_type(repo_type).await?;
    let value = json!({ "from": args.from_id, "to": args.to_id, "repo_type": repo_type.singular() });
    session.output.value_or_quiet(
        &value,
        || format!("Moved the {repo_type} {} to {}.", args.from_id, args.to_id),
        Some(&args.to_id),
    )
}

async fn settings(session: &Session, args: RepoSettings) -> Result<(), Failure> {
    let repo_type = args.repo_type.get();
    let api = session.api().await?;
    let mut call = api.update_repo_settings(&args.repo_id).repo_type(repo_type);
    if args.private || args.no_private {
        call = call.private(args.private);
    }
    if args.protected {
        call = call.visibility("protected");
    }
    if let Some(gated) = args.gated {
        call = call.gated(if gated == "false" { Gated::Flag(false) } else { Gated::Mode(gated) });
    }
    let changed = call.await?;
    session.output.value(&changed, || format!("Changed the settings of the {repo_type} {}.", args.repo_id))
}
