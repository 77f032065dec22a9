//! `hub cache`

use std::{
    collections::BTreeSet,
    time::{SystemTime, UNIX_EPOCH},
};

use hub_api::{
    Config,
    download::{Cache, CacheInfo, CachedRevision, Deletion, Verification},
    types::CommitHash,
};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::{
    args::{CacheCommand, CacheDirArg, DeletionArgs, ListCache, RemoveFromCache, VerifyCache},
    cached::Entry,
    client::Session,
    command::agreed_after,
    failure::{Code, Failure},
    output::Brief,
    progress::watched,
    shown::{absolute, counted, human_size, name},
};

/// All but `verify` wait for the disk, and for nothing else.
pub(crate) async fn run(session: &Session, args: CacheCommand) -> Result<(), Failure> {
    match args {
        CacheCommand::List(args) => list(session, args),
        CacheCommand::Rm(args) => {
            let (cache, info) = open(&args.deletion.folder)?;
            let plan = choose(&info, &args)?;
            delete(session, &cache, (&info, &plan), &args.deletion)
        }
        CacheCommand::Prune(args) => {
            let (cache, info) = open(&args.deletion.folder)?;
            delete(session, &cache, (&info, &info.prune()), &args.deletion)
        }
        CacheCommand::Verify(args) => verify(session, args).await,
    }
}

fn open(args: &CacheDirArg) -> Result<(Cache, CacheInfo), Failure> {
    let from_env = || Config::from_env().cache_dir.map(|folder| absolute(&folder));
    let folder = args.cache_dir.clone().or_else(from_env).ok_or_else(|| {
        Failure::new(
            Code::Usage,
            "there is no home folder with a cache in it: say where it is with --cache-dir",
        )
    })?;
    let cache = Cache::new(folder);
    let info = cache.scan().map_err(hub_api::Error::from)?;
    Ok((cache, info))
}

fn list(session: &Session, args: ListCache) -> Result<(), Failure> {
    let (_, info) = open(&args.folder)?;
    if args.show_warnings {
        for warning in &info.warnings {
            tracing::warn!("{warning}");
        }
    } else if !info.warnings.is_empty() {
        let (count, them) = match info.warnings.len() {
            1 => ("1 thing is".to_owned(), "it"),
            many => (format!("{many} things are"), "them"),
        };
        tracing::warn!("{count} not part of a cache; --show-warnings names {them}");
    }
    let now = SystemTime::now();
    let mut entries = Entry::all(&info, args.revisions);
    entries.retain(|entry| args.filter.iter().all(|condition| condition.fits(entry, now)));
    if let Some(order) = args.sort {
        order.sort(&mut entries);
    }
    entries.truncate(args.limit.unwrap_or(usize::MAX));
    let items: Vec<Line> = entries.into_iter().map(Line).collect();
    let quiet = |Line(entry): &Line| {
        entry.commit.as_ref().map_or_else(|| entry.name.clone(), |commit| commit.as_str().to_owned())
    };
    let age = |time| ago(time, now);
    if args.revisions {
        let head = ["ID", "COMMIT", "SIZE", "MODIFIED", "REFS"];
        let row = |line: &Line| {
            let Line(entry) = line;
            let refs = entry.refs.join(", ");
            vec![entry.name.clone(), quiet(line), human_size(entry.size), age(entry.modified), refs]
        };
        return session.output.table(&head, &items, row, quiet);
    }
    let row = |Line(entry): &Line| {
        let commits = entry.revisions.to_string();
        let (read, changed) = (age(entry.accessed), age(entry.modified));
        vec![entry.name.clone(), human_size(entry.size), commits, changed, read]
    };
    session.output.table(&["ID", "SIZE", "COMMITS", "MODIFIED", "READ"], &items, row, quiet)
}

/// What a line is as JSON.
struct Line(Entry);

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(entry) = self;
        let seconds = |time: Option<SystemTime>| Some(time?.duration_since(UNIX_EPOCH).ok()?.as_secs());
        let mut value = json!({
            "id": entry.name,
            "repo_type": entry.repo_type.singular(),
            "size_on_disk": entry.size,
            "path": entry.path,
            "files": entry.files,
            "refs": entry.refs,
            "last_modified": seconds(entry.modified),
            "last_accessed": seconds(entry.accessed),
        });
        if let Some(object) = value.as_object_mut() {
            match &entry.commit {
                Some(commit) => object.insert("revision".to_owned(), json!(commit.as_str())),
                None => object.insert("revisions".to_owned(), json!(entry.revisions)),
            };
        }
        value.serialize(serializer)
    }
}

/// How long ago something was, roughly.
fn ago(time: Option<SystemTime>, now: SystemTime) -> String {
    let Some(time) = time else { return String::new() };
    let seconds = now.duration_since(time).unwrap_or_default().as_secs();
    let (number, unit) = match seconds {
        0..60 => return "now".to_owned(),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural} ago")
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

fn delete(
    session: &Session,
    cache: &Cache,
    (info, plan): (&CacheInfo, &Deletion),
    args: &DeletionArgs,
) -> Result<(), Failure> {
    let gone = Gone::all(info, plan);
    let size = human_size(plan.freed);
    let parts =
        [(plan.repos.len(), "repository", "repositories"), (plan.snapshots.len(), "commit", "commits")];
    let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, one, many)| counted(count, one, many)).collect();
    let what = format!("{} ({size})", parts.join(" and "));
    if !plan.is_empty() && !args.dry_run {
        let names: Vec<String> = gone.iter().map(Gone::described).collect();
        agreed_after(args.yes, &names, &format!("Delete {what} from {}?", cache.root().display()))?;
        plan.execute(cache).map_err(hub_api::Error::from)?;
    }
    let value = json!({
        "freed": plan.freed, "repos": plan.repos, "snapshots": plan.snapshots, "dry_run": args.dry_run,
    });
    let human = || match (plan.is_empty(), args.dry_run) {
        (true, _) => "There is nothing to delete.".to_owned(),
        (false, true) => {
            let names: String = gone.iter().map(|gone| format!("{}\n", gone.described())).collect();
            format!("{names}Would delete {what}.")
        }
        (false, false) => format!("Deleted {what}."),
    };
    let brief = Brief::Lines(gone.iter().map(|gone| gone.name().to_owned()).collect());
    session.output.value(&value, human, brief)
}

/// A part of a cache that is deleted: a repository with these commits, or one commit.
struct Gone<'a> {
    repo: String,
    commits: Vec<&'a CachedRevision>,
    is_whole: bool,
}

impl<'a> Gone<'a> {
    fn all(info: &'a CacheInfo, plan: &Deletion) -> Vec<Self> {
        let mut all = Vec::new();
        for repo in &info.repos {
            let name = format!("{}/{}", repo.repo.repo_type, repo.repo.id);
            if plan.repos.contains(&repo.path) {
                all.push(Self { repo: name, commits: repo.revisions.iter().collect(), is_whole: true });
                continue;
            }
            for revision in repo.revisions.iter().filter(|one| plan.snapshots.contains(&one.path)) {
                all.push(Self { repo: name.clone(), commits: vec![revision], is_whole: false });
            }
        }
        all
    }

    /// What `hub cache rm` knows it by.
    fn name(&self) -> &str {
        match self.commits.first() {
            Some(revision) if !self.is_whole => revision.commit.as_str(),
            _ => &self.repo,
        }
    }

    fn described(&self) -> String {
        let described = |revision: &&CachedRevision| {
            let refs: Vec<&str> = revision.refs.iter().map(String::as_str).collect();
            let refs = if refs.is_empty() { String::new() } else { format!(" ({})", refs.join(", ")) };
            format!("{}{refs}", revision.commit)
        };
        let commits: Vec<String> = self.commits.iter().map(described).collect();
        let all = if self.is_whole { "all of it: " } else { "" };
        name(&format!("{}  {all}{}", self.repo, commits.join(", "))).into_owned()
    }
}

async fn verify(session: &Session, args: VerifyCache) -> Result<(), Failure> {
    let repo = args.repo_type.repo(&args.repo_id)?;
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
    let found = watched(session.output.board(), call).await?;
    let wrong = found.mismatches.iter().map(|wrong| wrong.path.to_string());
    let missing = found.missing.iter().filter(|_| args.fail_on_missing_files).map(ToString::to_string);
    let extra = found.extra.iter().filter(|_| args.fail_on_extra_files).map(ToString::to_string);
    let brief = Brief::Lines(wrong.chain(missing).chain(extra).collect());
    session.output.value(&found, || described(&found), brief)?;
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
        lines.extend(paths.iter().map(|path| format!("{what:<8}  {}", name(&path.to_string()))));
    }
    let (count, commit, folder) = (found.checked, &found.commit, found.folder.display());
    let files = counted(count, "file", "files");
    lines.push(format!("Checked {files} of {commit} in {folder}: {} wrong.", found.mismatches.len()));
    lines.join("\n")
}
