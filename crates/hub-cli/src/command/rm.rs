//! `hub rm`

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hub_api::{
    CommitInfo, CommitOperation, CommitOperationDelete, Error, HfApi, IsFolder, commit::CommitError,
};
use serde_json::json;

use crate::{
    args::Rm,
    client::Session,
    command::commit::{agree, told},
    failure::{Code, Failure},
    listed::{on_hub, unreadable},
    location::{Location, OnDisk, OnHub},
    output::Brief,
    shown::{absolute, counted, name},
};

/// Most paths that the message of a commit names.
const NAMED: usize = 3;

/// Looks for all first: if one is not there, none is removed.
pub(crate) async fn run(session: &Session, mut args: Rm) -> Result<(), Failure> {
    let (mut on_hub, mut on_disk) = (Vec::new(), Vec::new());
    for target in &args.targets {
        match Location::read(session, target)? {
            Location::Hub(at) => on_hub.push(at),
            Location::Local(at) => on_disk.push(at),
        }
    }
    let said = args.commit.revision.clone();
    for at in &mut on_hub {
        args.commit.revision.clone_from(&said);
        agree(at, &mut args.commit)?;
    }
    let doomed: Vec<PathBuf> =
        on_disk.iter().map(|at| of_disk(at, args.recursive)).collect::<Result<_, _>>()?;
    let absolute: Vec<PathBuf> = doomed.iter().map(|path| absolute(path)).collect();
    let mut removed: Vec<String> = Vec::new();
    let mut commit = None;
    if let Some(first) = on_hub.first().cloned() {
        let api = session.api().await?;
        let operations = of_hub(&api, &first, &on_hub, args.recursive).await?;
        if !args.dry_run {
            commit = Some(remove(&api, &first, operations, &args).await?);
        }
        removed.extend(on_hub.iter().map(|at| at.address()));
    }
    let mut failure = None;
    for (number, path) in doomed.iter().enumerate() {
        if !args.dry_run
            && !is_covered(&absolute, number)
            && let Err(error) = remove_here(path)
        {
            failure = Some(Failure::other(format!("cannot remove {}", path.display()), error));
            break;
        }
        removed.push(path.to_string_lossy().into_owned());
    }
    match failure {
        // What has gone already is said too.
        Some(failure) if removed.is_empty() => Err(failure),
        Some(failure) => show(session, removed, false, commit.as_ref()).and(Err(failure)),
        None => show(session, removed, args.dry_run, commit.as_ref()),
    }
}

fn show(
    session: &Session,
    removed: Vec<String>,
    dry_run: bool,
    commit: Option<&CommitInfo>,
) -> Result<(), Failure> {
    let url = commit.map(|commit| commit.commit_url.clone());
    let value = json!({ "removed": removed, "dry_run": dry_run, "commit_url": url });
    let human = || {
        let mut lines: Vec<String> = removed.iter().map(|path| name(path).into_owned()).collect();
        let paths = counted(removed.len() as u64, "path", "paths");
        lines.push(if dry_run { format!("Would remove {paths}.") } else { format!("Removed {paths}.") });
        lines.extend(url.clone());
        lines.join("\n")
    };
    session.output.value(&value, human, Brief::Lines(removed.clone()))
}

/// Whether a path goes with another one: it is inside of that, or the same and named before.
fn is_covered(paths: &[impl AsRef<Path>], number: usize) -> bool {
    let Some(path) = paths.get(number).map(AsRef::as_ref) else { return false };
    let mut others = paths.iter().map(AsRef::as_ref).enumerate().filter(|(other, _)| *other != number);
    others.any(|(other, one)| path.starts_with(one) && (path != one || other < number))
}

/// The deletions of one commit, of files and folders that are there.
async fn of_hub(
    api: &HfApi,
    first: &OnHub,
    targets: &[OnHub],
    recursive: bool,
) -> Result<Vec<CommitOperation>, Failure> {
    let mut operations = Vec::with_capacity(targets.len());
    let paths: Vec<&str> = targets.iter().map(|at| at.path.as_str()).collect();
    for (number, at) in targets.iter().enumerate() {
        if at.repo != first.repo || at.revision != first.revision {
            let text = "all that one command removes from the Hub is of one revision of one repository: it is one commit";
            return Err(Failure::new(Code::Usage, text));
        }
        if at.is_root() {
            let text = format!("{} is the whole repository: hub repos delete deletes it", at.address());
            return Err(Failure::new(Code::Usage, text));
        }
        let entry = on_hub(api, at).await?.filter(|entry| !(entry.is_file() && at.has_slash));
        let Some(entry) = entry else {
            let text = format!("there is no file or folder {}: nothing was removed", at.address());
            return Err(Failure::new(Code::NotFound, text));
        };
        if !entry.is_file() && !recursive {
            return Err(is_folder(&at.address()));
        }
        if is_covered(&paths, number) {
            continue;
        }
        let kind = if entry.is_file() { IsFolder::File } else { IsFolder::Folder };
        let delete: Result<_, CommitError> = CommitOperationDelete::new(&at.path, kind);
        operations.push(delete.map_err(Error::from)?.into());
    }
    Ok(operations)
}

fn is_folder(what: &str) -> Failure {
    Failure::new(Code::Usage, format!("{what} is a folder: say -r to remove it with what is in it"))
}

async fn remove(
    api: &HfApi,
    first: &OnHub,
    operations: Vec<CommitOperation>,
    args: &Rm,
) -> Result<CommitInfo, Failure> {
    let mut message: Vec<&str> = operations.iter().take(NAMED).map(CommitOperation::path_in_repo).collect();
    if operations.len() > NAMED {
        message.push("and more");
    }
    let message = format!("Remove {}", message.join(", "));
    Ok(told(api.create_commit(&first.repo, operations, message), &args.commit).await?)
}

/// A file or folder of this machine that is there and may go.
fn of_disk(at: &OnDisk, recursive: bool) -> Result<PathBuf, Failure> {
    let found = fs::symlink_metadata(&at.path).map_err(|error| unreadable(&at.path, error))?;
    let shown = at.path.display().to_string();
    if at.path.file_name().is_none() || shown.ends_with("/.") {
        return Err(Failure::new(
            Code::Usage,
            format!("{shown} is not removed: say a file or folder by its name"),
        ));
    }
    if found.is_dir() && !recursive {
        return Err(is_folder(&shown));
    }
    Ok(at.path.clone())
}

fn remove_here(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path)?.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    }
}
