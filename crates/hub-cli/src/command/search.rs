//! `hub models list`, `hub datasets list`, `hub spaces list` without a repository

use futures_util::{Stream, TryStreamExt};
use hub_api::{
    Error, HfApi, Listing, RepoType,
    api::search::{ListModelsListing, ListRepos, Listed},
    types::{RepoInfo, Timestamp},
};

use crate::{
    args::Search,
    client::Session,
    failure::{Code, Failure},
};

/// How many repositories are listed unless more are asked for.
const DEFAULT_LIMIT: usize = 30;

pub(crate) async fn run(
    session: &Session,
    repo_type: RepoType,
    args: Search,
    limit: Option<usize>,
) -> Result<(), Failure> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if let Some(flag) = model_flag(&args).filter(|_| repo_type != RepoType::Model) {
        return Err(Failure::new(Code::Usage, format!("{flag} is for models")));
    }
    let api = session.api().await?;
    match repo_type {
        RepoType::Dataset => {
            let listing = common(api.list_datasets(), &args).limit(limit);
            show(session, listing.stream().map_ok(RepoInfo::Dataset)).await
        }
        RepoType::Space => {
            let listing = common(api.list_spaces(), &args).limit(limit);
            show(session, listing.stream().map_ok(RepoInfo::Space)).await
        }
        _ => {
            let listing = of_models(common(api.list_models(), &args), args).limit(limit);
            show(session, listing.stream().map_ok(RepoInfo::Model)).await
        }
    }
}

/// The repositories of one kind that a user or an organisation owns.
pub(super) async fn of_author(
    api: &HfApi,
    repo_type: RepoType,
    author: &str,
    text: Option<&str>,
    limit: usize,
) -> Result<Vec<RepoInfo>, Failure> {
    fn narrowed<T: Listed>(
        listing: Listing<ListRepos<T>>,
        author: &str,
        text: Option<&str>,
        limit: usize,
    ) -> Listing<ListRepos<T>> {
        let listing = listing.author(author).limit(limit);
        if let Some(text) = text { listing.search(text) } else { listing }
    }
    let found: Result<Vec<RepoInfo>, Error> = match repo_type {
        RepoType::Dataset => {
            let listing = narrowed(api.list_datasets(), author, text, limit);
            listing.stream().map_ok(RepoInfo::Dataset).try_collect().await
        }
        RepoType::Space => {
            let listing = narrowed(api.list_spaces(), author, text, limit);
            listing.stream().map_ok(RepoInfo::Space).try_collect().await
        }
        _ => {
            let listing = narrowed(api.list_models(), author, text, limit);
            listing.stream().map_ok(RepoInfo::Model).try_collect().await
        }
    };
    Ok(found?)
}

/// The first flag that is set and that only models have.
fn model_flag(args: &Search) -> Option<&'static str> {
    let flags = [
        (args.pipeline_tag.is_some(), "--pipeline-tag"),
        (args.gated, "--gated"),
        (args.no_gated, "--no-gated"),
        (!args.apps.is_empty(), "--apps"),
        (args.num_parameters.is_some(), "--num-parameters"),
        (!args.inference_provider.is_empty(), "--inference-provider"),
        (args.warm, "--warm"),
    ];
    flags.into_iter().find(|(set, _)| *set).map(|(_, flag)| flag)
}

fn common<T: Listed>(mut listing: Listing<ListRepos<T>>, args: &Search) -> Listing<ListRepos<T>> {
    listing = listing.filter(args.filter.clone()).expand(args.expand.clone());
    if let Some(author) = &args.author {
        listing = listing.author(author);
    }
    if let Some(text) = &args.search {
        listing = listing.search(text);
    }
    if let Some(sort) = &args.sort {
        listing = listing.sort(sort);
    }
    listing
}

fn of_models(mut listing: ListModelsListing, args: Search) -> ListModelsListing {
    listing = listing.apps(args.apps).inference_provider(args.inference_provider);
    if let Some(task) = args.pipeline_tag {
        listing = listing.pipeline_tag(task);
    }
    if args.gated || args.no_gated {
        listing = listing.gated(args.gated);
    }
    if let Some(range) = args.num_parameters {
        listing = listing.num_parameters(range);
    }
    if args.warm {
        listing = listing.inference("warm");
    }
    listing
}

async fn show(session: &Session, repos: impl Stream<Item = Result<RepoInfo, Error>>) -> Result<(), Failure> {
    let all: Vec<RepoInfo> = repos.try_collect().await?;
    let head = ["ID", "CREATED", "CHANGED", "LIKES", "PRIVATE", "TAGS"];
    session.output.table(&head, &all, cells, |repo| repo.id().to_owned())
}

fn cells(repo: &RepoInfo) -> Vec<String> {
    let private = if repo.private() == Some(&true) { "yes" } else { "" };
    let tags = repo.tags().map(|tags| tags.join(", ")).unwrap_or_default();
    let id = repo.id().to_owned();
    vec![id, day(repo.created_at()), day(repo.last_modified()), likes(repo), private.to_owned(), tags]
}

/// The day of a time, if it is known.
pub(super) fn day(time: Option<&Timestamp>) -> String {
    time.map(|time| time.to_string().chars().take(10).collect()).unwrap_or_default()
}

pub(super) fn likes(repo: &RepoInfo) -> String {
    repo.likes().map(ToString::to_string).unwrap_or_default()
}
