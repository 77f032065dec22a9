//! `hub cache rm` and `hub cache prune`

use hub_api::{
    download::{Cache, CacheInfo, CachePart, CachedRepo, CachedRevision, Deletion},
    types::CommitHash,
};
use serde_json::json;

use crate::{
    args::DeletionArgs,
    client::Session,
    command::agreed_after,
    failure::{Code, Failure},
    output::Brief,
    shown::{counted, human_size, name},
};

/// What is meant by the targets. A name that is not in the cache, or that means several things, is a mistake, and nothing is deleted.
pub(super) fn chosen(info: &CacheInfo, targets: &[String]) -> Result<Vec<CachePart>, Failure> {
    targets.iter().map(|target| part(info, target)).collect()
}

fn part(info: &CacheInfo, target: &str) -> Result<CachePart, Failure> {
    if let Ok(commit) = target.parse::<CommitHash>() {
        return only_one(info, &commit);
    }
    let (id, rest) = target.split_once('@').map_or((target, None), |(id, rest)| (id, Some(rest)));
    let repo = info.repos.iter().find(|repo| repo.cache_id() == id).ok_or_else(|| not_cached(target))?;
    let Some(rest) = rest else { return Ok(CachePart::Repo(repo.repo.clone())) };
    // The names of branches may have slashes too: what is known and longest is meant.
    let shorter = rest.rmatch_indices('/').filter_map(|(at, _)| rest.split_at_checked(at));
    let mut splits = std::iter::once((rest, "")).chain(shorter);
    let found = splits.find_map(|(name, path)| Some((revision_of(repo, name)?, path.strip_prefix('/'))));
    let (revision, path) = found.ok_or_else(|| not_cached(target))?;
    let (repo, commit) = (repo.repo.clone(), revision.commit.clone());
    match path.map(str::to_owned) {
        None => Ok(CachePart::Revision(repo, commit)),
        Some(path) if revision.files.iter().any(|file| file.path == path) => {
            Ok(CachePart::File(repo, commit, path))
        }
        Some(_) => Err(not_cached(target)),
    }
}

/// A commit by its whole id, or by the name of a branch or tag that led to it.
fn revision_of<'a>(repo: &'a CachedRepo, text: &str) -> Option<&'a CachedRevision> {
    let commit = text.parse::<CommitHash>().ok();
    repo.revisions
        .iter()
        .find(|revision| commit.as_ref() == Some(&revision.commit) || revision.refs.contains(text))
}

/// A commit of whichever repository has it. After a repository was renamed, two may have it.
fn only_one(info: &CacheInfo, commit: &CommitHash) -> Result<CachePart, Failure> {
    let having = info.revisions().filter(|(_, revision)| revision.commit == *commit);
    let having: Vec<&CachedRepo> = having.map(|(repo, _)| repo).collect();
    match having.as_slice() {
        [] => Err(not_cached(commit.as_str())),
        [repo] => Ok(CachePart::Revision(repo.repo.clone(), commit.clone())),
        several => {
            let names: Vec<String> =
                several.iter().map(|repo| format!("{}@{commit}", repo.cache_id())).collect();
            let text = format!("several repositories have this commit: say which, {}", names.join(" or "));
            Err(Failure::new(Code::Usage, text))
        }
    }
}

fn not_cached(target: &str) -> Failure {
    Failure::new(Code::NotFound, format!("{target} is not in the cache; `hub cache list` says what is"))
}

pub(super) fn delete(
    session: &Session,
    cache: &Cache,
    (info, plan): (&CacheInfo, &Deletion),
    args: &DeletionArgs,
) -> Result<(), Failure> {
    for spared in &plan.spared {
        tracing::warn!("{spared}");
    }
    let gone = Gone::all(info, plan);
    let what = format!("{} ({})", sums(plan), human_size(plan.freed));
    if !args.dry_run {
        if !plan.is_empty() {
            let names: Vec<String> = gone.iter().map(|gone| gone.described.clone()).collect();
            agreed_after(args.yes, &names, &format!("Delete {what} from {}?", cache.root().display()))?;
        }
        // A plan may also have what is of no interest: what killed processes left half made.
        plan.execute(cache).map_err(hub_api::Error::from)?;
    }
    let value = json!({
        "freed": plan.freed, "repos": plan.repos, "snapshots": plan.snapshots, "files": plan.files,
        "incomplete": plan.incomplete, "shared_blobs": plan.shared, "spared": plan.spared,
        "dry_run": args.dry_run,
    });
    let human = || match (plan.is_empty(), args.dry_run) {
        (true, _) => "There is nothing to delete.".to_owned(),
        (false, true) => {
            let names: String = gone.iter().map(|gone| format!("{}\n", gone.described)).collect();
            format!("{names}Would delete {what}.")
        }
        (false, false) => format!("Deleted {what}."),
    };
    let brief = Brief::Lines(gone.iter().map(|gone| gone.name.clone()).collect());
    session.output.value(&value, human, brief)
}

/// `1 repository and 2 incomplete downloads`
fn sums(plan: &Deletion) -> String {
    let parts = [
        (plan.repos.len(), "repository", "repositories"),
        (plan.snapshots.len(), "commit", "commits"),
        (plan.files.len(), "file", "files"),
        (plan.incomplete.len(), "incomplete download", "incomplete downloads"),
        (plan.shared.len(), "shared blob", "shared blobs"),
    ];
    let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, one, many)| counted(count, one, many)).collect();
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// A part of a cache that is deleted.
struct Gone {
    /// What `hub cache rm` knows it by, or its path.
    name: String,
    described: String,
}

impl Gone {
    fn all(info: &CacheInfo, plan: &Deletion) -> Vec<Self> {
        let mut all = Vec::new();
        for repo in &info.repos {
            let id = repo.cache_id();
            if plan.repos.contains(&repo.path) {
                let commits: Vec<String> = repo.revisions.iter().map(described).collect();
                let described = format!("{id}  all of it: {}", commits.join(", "));
                all.push(Self { name: id, described: name(&described).into_owned() });
                continue;
            }
            for revision in &repo.revisions {
                if plan.snapshots.contains(&revision.path) {
                    let described = format!("{id}  {}", described(revision));
                    let commit = revision.commit.to_string();
                    all.push(Self { name: commit, described: name(&described).into_owned() });
                    continue;
                }
                for file in revision.files.iter().filter(|file| plan.files.contains(&file.place)) {
                    let target = format!("{id}@{}/{}", revision.commit, file.path);
                    let target = name(&target).into_owned();
                    all.push(Self { name: target.clone(), described: target });
                }
            }
        }
        let unused = info.unused().map(|blob| (&blob.path, "of no repository any more"));
        let incomplete = info.incomplete_files.iter().map(|file| (&file.path, "not complete"));
        for (path, why) in incomplete.chain(unused) {
            if plan.incomplete.contains(path) || plan.shared.contains(path) {
                let path = path.display().to_string();
                all.push(Self { described: name(&format!("{path}  {why}")).into_owned(), name: path });
            }
        }
        all
    }
}

/// A commit for people: `1111… (main)`.
fn described(revision: &CachedRevision) -> String {
    let refs: Vec<&str> = revision.refs.iter().map(String::as_str).collect();
    let refs = if refs.is_empty() { String::new() } else { format!(" ({})", refs.join(", ")) };
    format!("{}{refs}", revision.commit)
}
