//! `hub repos`

use std::path::Path;

use hub_api::{
    HfApi, RepoId, RepoType, RepoUrl,
    commit::deletions,
    types::{Gated, space::SpaceSetting},
};
use serde_json::json;

use crate::{
    args::{
        CreateRepo, DeleteFiles, DeleteRepo, DuplicateRepo, ListRepos, MoveRepo, RepoSettings, Repos,
        SettingsArgs, VisibilityArgs,
    },
    client::Session,
    command::{confirm, refs, search, spaces::pairs},
    failure::{Code, Failure},
};

pub(crate) async fn run(session: &Session, args: Repos) -> Result<(), Failure> {
    match args {
        Repos::Create(args) => create(session, args).await,
        Repos::List(args) => list(session, args).await,
        Repos::Duplicate(args) => duplicate(session, args).await,
        Repos::DeleteFiles(args) => delete_files(session, args).await,
        Repos::Delete(args) => delete(session, args).await,
        Repos::Move(args) => move_repo(session, args).await,
        Repos::Settings(args) => settings(session, args).await,
        Repos::Branch(args) => refs::branch(session, args).await,
        Repos::Tag(args) => refs::tag(session, args).await,
    }
}

async fn create(session: &Session, args: CreateRepo) -> Result<(), Failure> {
    let api = session.api().await?;
    let repo_type = args.repo_type.get();
    let mut call = api.create_repo(&args.repo_id).repo_type(repo_type).exist_ok(args.exist_ok.exist_ok);
    if args.visibility.private || args.visibility.no_private {
        call = call.private(args.visibility.private);
    }
    if let Some(sdk) = args.sdk {
        call = call.space_sdk(sdk);
    }
    if let Some(group) = args.resource_group_id {
        call = call.resource_group_id(group);
    }
    if let Some(hardware) = args.space.flavor {
        call = call.space_hardware(hardware);
    }
    if let Some(seconds) = args.space.sleep_time {
        call = call.space_sleep_time(seconds);
    }
    let (secrets, variables) = space_settings(&args.space.settings)?;
    let url = call.space_secrets(secrets).space_variables(variables).await?;
    protect(&api, url.repo_id(), repo_type, &args.visibility).await?;
    show(session, &url)
}

/// Secrets and variables of a new Space.
fn space_settings(args: &SettingsArgs) -> Result<(Vec<SpaceSetting>, Vec<SpaceSetting>), Failure> {
    let settings = |given: &[String], file: Option<&Path>| -> Result<Vec<SpaceSetting>, Failure> {
        let pairs = pairs(given, file)?;
        Ok(pairs.into_iter().map(|(key, value)| SpaceSetting::new(key, value)).collect())
    };
    let SettingsArgs { secrets, variables } = args;
    Ok((
        settings(&secrets.secrets, secrets.secrets_file.as_deref())?,
        settings(&variables.env, variables.env_file.as_deref())?,
    ))
}

/// What creation itself cannot say.
async fn protect(
    api: &HfApi,
    repo: &RepoId,
    repo_type: RepoType,
    visibility: &VisibilityArgs,
) -> Result<(), Failure> {
    if visibility.protected {
        api.update_repo_settings(repo).repo_type(repo_type).visibility("protected").await?;
    }
    Ok(())
}

fn show(session: &Session, url: &RepoUrl) -> Result<(), Failure> {
    let value = json!({ "url": url.url(), "repo_id": url.repo_id().as_str(), "repo_type": url.repo_type().singular() });
    session.output.value(&value, || url.url().to_owned())
}

async fn list(session: &Session, args: ListRepos) -> Result<(), Failure> {
    let api = session.api().await?;
    let owner = match args.namespace {
        Some(owner) => owner,
        None => api.whoami().await?.name,
    };
    let kinds = match args.repo_type.as_deref().and_then(RepoType::from_word) {
        Some(kind) => vec![kind],
        None => vec![RepoType::Model, RepoType::Dataset, RepoType::Space],
    };
    let mut found = Vec::new();
    for kind in kinds {
        let left = args.limit.saturating_sub(found.len());
        let search = args.search.as_deref();
        found.extend(search::of_owner(&api, kind, &owner, search, left).await?);
    }
    for repo in &found {
        session.output.item(|| format!("{:<8}  {}", repo.repo_type().singular(), repo.id()), repo.id())?;
    }
    session.output.list(&found)
}

async fn duplicate(session: &Session, args: DuplicateRepo) -> Result<(), Failure> {
    let api = session.api().await?;
    let repo_type = args.repo_type.get();
    let mut call = api.duplicate_repo(&args.from_id).repo_type(repo_type).exist_ok(args.exist_ok.exist_ok);
    if let Some(to) = args.to_id {
        call = call.to_id(to);
    }
    if args.visibility.private || args.visibility.no_private {
        call = call.private(args.visibility.private);
    }
    if let Some(hardware) = args.space.flavor {
        call = call.hardware(hardware);
    }
    if let Some(seconds) = args.space.sleep_time {
        call = call.sleep_time(seconds);
    }
    let (secrets, variables) = space_settings(&args.space.settings)?;
    let url = call.secrets(secrets).variables(variables).await?;
    protect(&api, url.repo_id(), repo_type, &args.visibility).await?;
    show(session, &url)
}

async fn delete_files(session: &Session, args: DeleteFiles) -> Result<(), Failure> {
    let api = session.api().await?;
    let repo_type = args.repo_type.get();
    let revision = args.revision.as_deref().unwrap_or("main");
    let files = api.list_repo_files(&args.repo_id).repo_type(repo_type).revision(revision).await?;
    // A folder is everything in it.
    let patterns: Vec<String> = args
        .patterns
        .iter()
        .map(|pattern| if pattern.ends_with('/') { format!("{pattern}*") } else { pattern.clone() })
        .collect();
    let deletions = deletions(files, &patterns, "", &[]).map_err(hub_api::Error::from)?;
    let paths: Vec<String> = deletions.iter().map(|delete| delete.path_in_repo().to_owned()).collect();
    if paths.is_empty() {
        let text = format!("no file of {} matches {}", args.repo_id, args.patterns.join(" or "));
        return Err(Failure::new(Code::NotFound, text));
    }
    let question = format!("Delete {} files from {}: {}?", paths.len(), args.repo_id, paths.join(", "));
    if !args.yes && !confirm(&question) {
        return Err(Failure::new(Code::Usage, "nothing was deleted: confirm with --yes"));
    }
    let message = args.commit_message.unwrap_or_else(|| "Delete files with hub".to_owned());
    let mut call =
        api.create_commit(&args.repo_id, deletions, message).repo_type(repo_type).revision(revision);
    if let Some(description) = args.commit_description {
        call = call.commit_description(description);
    }
    let commit = call.create_pr(args.create_pr).await?;
    let url = commit.pr_url.as_ref().unwrap_or(&commit.commit_url);
    let value = json!({ "deleted": paths, "commit": commit });
    session.output.value_or_quiet(&value, || format!("Deleted {} files.\n{url}", paths.len()), Some(url))
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
    if args.visibility.private || args.visibility.no_private {
        call = call.private(args.visibility.private);
    }
    if args.visibility.protected {
        call = call.visibility("protected");
    }
    if let Some(gated) = args.gated {
        call = call.gated(if gated == "false" { Gated::Flag(false) } else { Gated::Mode(gated) });
    }
    let changed = call.await?;
    session.output.value(&changed, || format!("Changed the settings of the {repo_type} {}.", args.repo_id))
}
