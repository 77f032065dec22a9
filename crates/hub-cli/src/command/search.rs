//! `hub models list`, `hub datasets list`, `hub spaces list` without a repository

use std::pin::pin;

use futures_util::{Stream, StreamExt, TryStreamExt};
use hub_api::{
    Error, HfApi, Listing, RepoType,
    api::search::{ListModelsListing, ListRepos, Listed},
    types::RepoInfo,
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

/// The repositories of one owner, `limit` at most.
pub(crate) async fn of_owner(
    api: &HfApi,
    repo_type: RepoType,
    owner: &str,
    search: Option<&str>,
    limit: usize,
) -> Result<Vec<RepoInfo>, Failure> {
    let args =
        Search { author: Some(owner.to_owned()), search: search.map(str::to_owned), ..Search::default() };
    Ok(match repo_type {
        RepoType::Dataset => {
            let found = common(api.list_datasets(), &args).limit(limit).all().await?;
            found.into_iter().map(RepoInfo::Dataset).collect()
        }
        RepoType::Space => {
            let found = common(api.list_spaces(), &args).limit(limit).all().await?;
            found.into_iter().map(RepoInfo::Space).collect()
        }
        _ => {
            let found = common(api.list_models(), &args).limit(limit).all().await?;
            found.into_iter().map(RepoInfo::Model).collect()
        }
    })
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
    let mut repos = pin!(repos);
    let mut all = Vec::new();
    while let Some(repo) = repos.next().await {
        let repo = repo?;
        session.output.item(|| line(&repo), repo.id())?;
        all.push(repo);
    }
    session.output.list(&all)
}

fn line(repo: &RepoInfo) -> String {
    let mut line = repo.id().to_owned();
    if repo.private() == Some(&true) {
        line.push_str("  (private)");
    }
    if let Some(tags) = repo.tags().filter(|tags| !tags.is_empty()) {
        line.push_str("  ");
        line.push_str(&tags.join(", "));
    }
    line
}
