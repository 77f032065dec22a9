//! `hub repos`

use hub_api::{
    RepoType, RepoUrl,
    types::{Gated, space::SpaceSetting},
};
use serde_json::json;

use crate::{
    args::{CreateRepo, DeleteRepo, DuplicateRepo, ListRepos, MoveRepo, NewRepoArgs, RepoSettings, Repos},
    client::Session,
    command::{agreed, cp, delete_files, key_values, refs, search},
    failure::{Code, Failure},
    output::Brief,
};

pub(crate) async fn run(session: &Session, args: Repos) -> Result<(), Failure> {
    match args {
        Repos::Create(args) => create(session, args).await,
        Repos::Delete(args) => delete(session, args).await,
        Repos::Duplicate(args) => duplicate(session, args).await,
        Repos::List(args) => list(session, args).await,
        Repos::Cp(args) => cp::run(session, args).await,
        Repos::DeleteFiles(args) => delete_files::run(session, args).await,
        Repos::Move(args) => move_repo(session, args).await,
        Repos::Settings(args) => settings(session, args).await,
        Repos::Branch(args) => refs::branch(session, args).await,
        Repos::Tag(args) => refs::tag(session, args).await,
    }
}

async fn create(session: &Session, args: CreateRepo) -> Result<(), Failure> {
    let repo_type = args.repo_type.get();
    let space = NewSpace::read(&args.new, repo_type)?;
    let api = session.api().await?;
    let mut call = api.create_repo(&args.repo_id).repo_type(repo_type).exist_ok(args.new.exist_ok);
    if let Some(private) = args.new.visibility.private() {
        call = call.private(private);
    }
    if args.new.visibility.protected {
        call = call.visibility("protected");
    }
    if let Some(sdk) = args.sdk {
        call = call.space_sdk(sdk);
    }
    if let Some(template) = args.template {
        call = call.space_template(template);
    }
    if let Some(group) = args.new.resource_group_id {
        call = call.resource_group_id(group);
    }
    if let Some(region) = args.region {
        call = call.region(region);
    }
    if let Some(hardware) = args.new.space.flavor {
        call = call.space_hardware(hardware);
    }
    if let Some(seconds) = args.new.space.sleep_time {
        call = call.space_sleep_time(seconds);
    }
    made(session, &call.space_secrets(space.secrets).space_variables(space.variables).await?)
}

async fn duplicate(session: &Session, args: DuplicateRepo) -> Result<(), Failure> {
    let repo_type = args.repo_type.get();
    let space = NewSpace::read(&args.new, repo_type)?;
    let api = session.api().await?;
    let mut call = api.duplicate_repo(&args.from_id).repo_type(repo_type).exist_ok(args.new.exist_ok);
    if let Some(to) = args.to_id {
        call = call.to_id(to);
    }
    if let Some(private) = args.new.visibility.private() {
        call = call.private(private);
    }
    if args.new.visibility.protected {
        call = call.visibility("protected");
    }
    if let Some(group) = args.new.resource_group_id {
        call = call.resource_group_id(group);
    }
    if let Some(hardware) = args.new.space.flavor {
        call = call.hardware(hardware);
    }
    if let Some(seconds) = args.new.space.sleep_time {
        call = call.sleep_time(seconds);
    }
    made(session, &call.secrets(space.secrets).variables(space.variables).await?)
}

/// What only Spaces are made with, read before anything is sent.
struct NewSpace {
    secrets: Vec<SpaceSetting>,
    variables: Vec<SpaceSetting>,
}

impl NewSpace {
    fn read(args: &NewRepoArgs, repo_type: RepoType) -> Result<Self, Failure> {
        let space = &args.space;
        let (secrets, variables) =
            (key_values::secrets(&space.secrets)?, key_values::variables(&space.variables)?);
        let is_given = args.visibility.protected || space.flavor.is_some() || space.sleep_time.is_some();
        if repo_type != RepoType::Space && (is_given || !secrets.is_empty() || !variables.is_empty()) {
            let text = "--protected, --flavor, --sleep-time, --secrets and --env are for Spaces: say --repo-type space";
            return Err(Failure::new(Code::Usage, text));
        }
        Ok(Self { secrets, variables })
    }
}

fn made(session: &Session, url: &RepoUrl) -> Result<(), Failure> {
    let value = json!({ "url": url.url(), "repo_id": url.repo_id().as_str(), "repo_type": url.repo_type().singular() });
    session.output.value(&value, || url.url().to_owned(), Brief::Same)
}

async fn list(session: &Session, args: ListRepos) -> Result<(), Failure> {
    let api = session.api().await?;
    let author = match &args.namespace {
        Some(name) => name.clone(),
        None => api.whoami().await?.name,
    };
    let mut all = Vec::new();
    for repo_type in args.repo_types() {
        all.extend(search::of_author(&api, repo_type, &author, args.search.as_deref(), args.limit).await?);
    }
    session.output.table(
        &["TYPE", "ID", "CREATED", "LIKES", "PRIVATE"],
        &all,
        |repo| {
            let private = if repo.private() == Some(&true) { "yes" } else { "" };
            let kind = repo.repo_type().singular().to_owned();
            let created = search::day(repo.created_at());
            vec![kind, repo.id().to_owned(), created, search::likes(repo), private.to_owned()]
        },
        |repo| repo.id().to_owned(),
    )
}

async fn delete(session: &Session, args: DeleteRepo) -> Result<(), Failure> {
    let repo_type = args.repo_type.get();
    agreed(args.yes, &format!("Delete the {repo_type} {} with everything in it?", args.repo_id))?;
    let api = session.api().await?;
    let deleted = match api.delete_repo(&args.repo_id).repo_type(repo_type).await {
        Ok(()) => Some(&args.repo_id),
        Err(error) if args.missing_ok && error.is_not_found() => None,
        Err(error) => return Err(error.into()),
    };
    let value = json!({ "deleted": deleted, "repo_type": repo_type.singular() });
    let human = || match deleted {
        Some(id) => format!("Deleted the {repo_type} {id}."),
        None => format!("There is no {repo_type} {} that you can see: nothing was deleted.", args.repo_id),
    };
    session.output.value(&value, human, Brief::Lines(deleted.into_iter().cloned().collect()))
}

async fn move_repo(session: &Session, args: MoveRepo) -> Result<(), Failure> {
    let repo_type = args.repo_type.get();
    let api = session.api().await?;
    api.move_repo(&args.from_id, &args.to_id).repo_type(repo_type).await?;
    let value = json!({ "from": args.from_id, "to": args.to_id, "repo_type": repo_type.singular() });
    session.output.value(
        &value,
        || format!("Moved the {repo_type} {} to {}.", args.from_id, args.to_id),
        Brief::One(&args.to_id),
    )
}

async fn settings(session: &Session, args: RepoSettings) -> Result<(), Failure> {
    let repo_type = args.repo_type.get();
    let api = session.api().await?;
    let mut call = api.update_repo_settings(&args.repo_id).repo_type(repo_type);
    if let Some(private) = args.visibility.private() {
        call = call.private(private);
    }
    if args.visibility.protected {
        call = call.visibility("protected");
    }
    if let Some(gated) = args.gated {
        call = call.gated(if gated == "false" { Gated::Flag(false) } else { Gated::Mode(gated) });
    }
    let changed = call.await?;
    let human = || format!("Changed the settings of the {repo_type} {}.", args.repo_id);
    session.output.value(&changed, human, Brief::One(&args.repo_id))
}
