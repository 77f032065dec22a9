//! `hub cache`

use std::{collections::BTreeSet, time::SystemTime};

use hub_api::{
    Config,
    download::{Cache, CacheInfo, CachedFile, CachedRepo, CachedRevision, Deletion, Verification},
    types::CommitHash,
};
use serde_json::{Value, json};

use crate::{
    args::{
        CacheCommand, CacheDirArg, DeletionArgs, ListCache, RemoveFromCache, VerifyCache,
        cache_filter::CacheLine,
    },
    client::Session,
    command::confirm,
    failure::{Code, Failure},
    output::human_size,
};

/// All but `verify` wait for the disk, and for nothing else.
pub(crate) async fn run(session: &Session, args: CacheCommand) -> Result<(), Failure> {
    match args {
        CacheCommand::List(args) => list(session, args),
        CacheCommand::Rm(args) => {
            let (cache, info) = open(&args.deletion.folder, true)?;
            let plan = choose(&info, &args)?;
            delete(session, &cache, &plan, &args.deletion)
        }
        CacheCommand::Prune(args) => {
            let (cache, info) = open(&args.deletion.folder, true)?;
            delete(session, &cache, &info.prune(), &args.deletion)
        }
        CacheCommand::Verify(args) => verify(session, args).await,
    }
}

fn open(args: &CacheDirArg, warns: bool) -> Result<(Cache, CacheInfo), Failure> {
    let folder = args.cache_dir.clone().or(Config::from_env().cache_dir).ok_or_else(|| {
        Failure::new(
            Code::Usage,
            "there is no home folder with a cache in it: say where it is with --cache-dir",
        )
    })?;
    let cache = Cache::new(folder);
    let info = cache.scan().map_err(hub_api::Error::from)?;
    for warning in info.warnings.iter().filter(|_| warns) {
        tracing::warn!("{warning}");
    }
    Ok((cache, info))
}

fn list(session: &Session, args: ListCache) -> Result<(), Failure> {
    let info = open(&args.folder, !args.no_show_warnings)?.1;
    let mut lines: Vec<(CacheLine, String, String, Value)> = Vec::new();
    for repo in &info.repos {
        let name = format!("{}/{}", repo.repo.repo_type, repo.repo.id);
        if args.revisions {
            lines.extend(repo.revisions.iter().map(|revision| revision_line(&name, repo, revision)));
        } else {
            lines.push(repo_line(&name, repo));
        }
    }
    let now = SystemTime::now();
    lines.retain(|(line, ..)| args.filter.iter().all(|condition| condition.holds(line, now)));
    if let Some(order) = args.sort {
        lines.sort_by(|(a, ..), (b, ..)| order.compare(a, b));
    }
    lines.truncate(args.limit.unwrap_or(usize::MAX));
    for (_, quiet, shown, _) in &lines {
        session.output.item(|| shown.trim_end().to_owned(), quiet)?;
    }
    let items: Vec<_> = lines.into_iter().map(|(.., value)| value).collect();
    session.output.list(&items)
}

fn repo_line(name: &str, repo: &CachedRepo) -> (CacheLine, String, String, Value) {
    let refs: BTreeSet<&String> = repo.revisions.iter().flat_map(|revision| &revision.refs).collect();
    let files = || repo.revisions.iter().flat_map(|revision| &revision.files);
    let line = CacheLine {
        name: name.to_owned(),
        kind: repo.repo.repo_type.singular().to_owned(),
        size: repo.size_on_disk,
        accessed: files().filter_map(accessed).max(),
        modified: repo.modified(),
        refs: refs.into_iter().cloned().collect(),
    };
    let shown = format!("{:>10}  {:>3} commits  {name}", human_size(repo.size_on_disk), repo.revisions.len());
    let value = json!({
        "id": name, "size_on_disk": repo.size_on_disk, "path": repo.path, "revisions": repo.revisions.len(),
    });
    (line, name.to_owned(), shown, value)
}

fn revision_line(
    name: &str,
    repo: &CachedRepo,
    revision: &CachedRevision,
) -> (CacheLine, String, String, Value) {
    let line = CacheLine {
        name: name.to_owned(),
        kind: repo.repo.repo_type.singular().to_owned(),
        size: revision.size_on_disk,
        accessed: revision.files.iter().filter_map(accessed).max(),
        modified: revision.files.iter().filter_map(|file| file.modified).max(),
        refs: revision.refs.iter().cloned().collect(),
    };
    let size = human_size(revision.size_on_disk);
    let shown = format!("{size:>10}  {}  {name}  {}", revision.commit, line.refs.join(", "));
    let value = json!({
        "id": name, "revision": revision.commit.as_str(), "size_on_disk": revision.size_on_disk,
        "path": revision.path, "refs": line.refs, "files": revision.files.len(),
    });
    (line, revision.commit.to_string(), shown, value)
}

/// When the content of a file was last read, where the file system notes it.
fn accessed(file: &CachedFile) -> Option<SystemTime> {
    std::fs::metadata(&file.blob).ok()?.accessed().ok()
}

/// The commits that are meant. A name that is not in the cache is a mistake, and nothing is deleted.
fn choose(info: &CacheInfo, args: &RemoveFromCache) -> Result<Deletion, Failure> {
    let mut commits: BTreeSet<CommitHash> = BTreeSet::new();
    for target in &args.targets {
        if let Ok(commit) = target.parse::<CommitHash>() {
            commits.insert(commit);
            continue;
        }
        let repo = info
            .repos
            .iter()
            .find(|repo| format!("{}/{}", repo.repo.repo_type, repo.repo.id) == *target)
            .ok_or_else(|| not_cached(target))?;
        commits.extend(repo.revisions.iter().map(|revision| revision.commit.clone()));
    }
    let plan = info.delete_revisions(&commits);
    match plan.missing.first() {
        Some(missing) => Err(not_cached(missing)),
        None => Ok(plan),
    }
}

fn not_cached(target: &str) -> Failure {
    Failure::new(Code::NotFound, format!("{target} is not in the cache; `hub cache list` says what is"))
}

fn delete(session: &Session, cache: &Cache, plan: &Deletion, args: &DeletionArgs) -> Result<(), Failure> {
    let size = human_size(plan.freed);
    let what = format!("{} repositories and {} commits ({size})", plan.repos.len(), plan.snapshots.len());
    if !plan.is_empty() && !args.dry_run {
        if !args.yes && !confirm(&format!("Delete {what} from {}?", cache.root().display())) {
            return Err(Failure::new(
                Code::Usage,
                "nothing was deleted; say --yes to delete without a question",
            ));
        }
        plan.execute(cache).map_err(hub_api::Error::from)?;
    }
    let value = json!({
        "freed": plan.freed, "repos": plan.repos, "snapshots": plan.snapshots, "dry_run": args.dry_run,
    });
    session.output.value(&value, || match (plan.is_empty(), args.dry_run) {
        (true, _) => "There is nothing to delete.".to_owned(),
        (false, true) => format!("Would delete {what}."),
        (false, false) => format!("Deleted {what}."),
    })
}

async fn verify(session: &Session, args: VerifyCache) -> Result<(), Failure> {
    let repo =
        hub_api::RepoRef::new(args.repo_type.get(), args.repo_id.parse().map_err(hub_api::Error::from)?);
    let mut call = session.api().await?.verify_repo_checksums(&repo).repair(args.repair);
    if let Some(folder) = &args.folder.cache_dir {
        call = call.cache_dir(folder);
    }
    if let Some(folder) = &args.local_dir {
        call = call.local_dir(folder);
    }
    if let Some(revision) = &args.revision {
        call = call.revision(revision);
    }
    let found = call.await?;
    session.output.value(&found, || described(&found))?;
    let faults = [
        (found.mismatches.len(), "wrong"),
        (if args.fail_on_missing_files { found.missing.len() } else { 0 }, "missing"),
        (if args.fail_on_extra_files { found.extra.len() } else { 0 }, "not of the repository"),
    ];
    let faults: Vec<_> = faults
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    let hint = if args.repair || (found.is_ok() && found.missing.is_empty()) {
        ""
    } else {
        "; --repair downloads wrong and missing files again"
    };
    let what = faults.join(", ");
    Err(Failure::new(Code::Failed, format!("the files of {repo} are not those of the Hub: {what}{hint}")))
}

/// A verification for people: one line for each path that is not as it should be, then the sums.
fn described(found: &Verification) -> String {
    let mut lines: Vec<String> = Vec::new();
    for wrong in &found.mismatches {
        let (path, algorithm) = (&wrong.path, wrong.algorithm);
        lines
            .push(format!("wrong     {path} ({algorithm} is {}, expected {})", wrong.actual, wrong.expected));
    }
    let lists = [("missing", &found.missing), ("extra", &found.extra), ("repaired", &found.repaired)];
    for (what, paths) in lists {
        lines.extend(paths.iter().map(|path| format!("{what:<8}  {path}")));
    }
    let (count, commit, folder) = (found.checked, &found.commit, found.folder.display());
    lines.push(format!("Checked {count} files of {commit} in {folder}: {} wrong.", found.mismatches.len()));
    lines.join("\n")
}
