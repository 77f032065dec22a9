//! `hub cache`

mod delete;

use std::time::{SystemTime, UNIX_EPOCH};

use hub_api::{
    Config,
    download::{Cache, CacheInfo, Verification},
};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::{
    args::{CacheCommand, CacheDirArg, ListCache, VerifyCache},
    cached::Entry,
    client::Session,
    command::cache::delete::{chosen, delete},
    console,
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
            let plan = info.delete(chosen(&info, &args.targets)?);
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
    tell_what_is_left(&info);
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

/// What `hub cache prune` would take away beside commits, told on stderr.
fn tell_what_is_left(info: &CacheInfo) {
    if !info.incomplete_files.is_empty() {
        let count = counted(info.incomplete_files.len(), "download is", "downloads are");
        let size = human_size(info.incomplete_size_on_disk());
        console::note(format!(
            "{count} not complete ({size}); `hub cache prune` deletes what was left behind"
        ));
    }
    let (count, size) = info
        .unused()
        .fold((0_usize, 0_u64), |(count, size), blob| (count + 1, size.saturating_add(blob.size_on_disk)));
    if count > 0 {
        let (count, size) = (counted(count, "shared blob is", "shared blobs are"), human_size(size));
        console::note(format!("{count} of no repository any more ({size}); `hub cache prune` deletes them"));
    }
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
    let missing = found.missing.iter().map(ToString::to_string);
    let extra = found.extra.iter().filter(|_| args.fail_on_extra_files).map(ToString::to_string);
    let brief = Brief::Lines(wrong.chain(missing).chain(extra).collect());
    session.output.value(&found, || described(&found), brief)?;
    let faults = [
        (found.mismatches.len(), "wrong"),
        (found.missing.len(), "missing"),
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
    let faults = [(found.mismatches.len(), "wrong"), (found.missing.len(), "missing")];
    let faults: Vec<String> = faults
        .iter()
        .filter(|(count, what)| *count > 0 || *what == "wrong")
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    lines.push(format!("Checked {files} of {commit} in {folder}: {}.", faults.join(", ")));
    lines.join("\n")
}
