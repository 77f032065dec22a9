//! From the Hub to this machine.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hub_api::{Error, HfApi, types::SafeRelPath};
use serde_json::json;
use tempfile::TempDir;

use super::{scratch, source::Source};
use crate::{
    client::Session,
    failure::{Code, Failure},
    location::{OnDisk, OnHub},
    output::Brief,
    progress::watched,
    shown::absolute,
};

/// Files are downloaded beside their place, and moved when all of them are there and right.
pub(super) async fn run(
    session: &Session,
    source: OnHub,
    target: OnDisk,
    recursive: bool,
) -> Result<(), Failure> {
    let api = session.api().await?;
    let contents = source.has_slash;
    let source = Source::look_up(&api, source, recursive).await?;
    let place = place(&source, &target, contents)?;
    let folder = if source.is_folder { Some(place.as_path()) } else { place.parent() };
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_folder(folder)?;
    let kept = scratch::create(folder).map_err(|error| unwritable(folder, error))?;
    fetch(session, &api, &source, &kept).await?;
    for file in &source.files {
        let here = file.path.parse::<SafeRelPath>().and_then(|path| path.under(kept.path()));
        let to = match source.inside(file) {
            "" => Ok(place.clone()),
            inside => inside.parse::<SafeRelPath>().and_then(|path| path.under(&place)),
        };
        let to = to.map_err(Error::from)?;
        stays_in(&target.path, &to)?;
        publish(&here.map_err(Error::from)?, &to)?;
    }
    let bytes = source.files.iter().map(|file| file.size).fold(0, u64::saturating_add);
    let path = absolute(&place).display().to_string();
    let value = json!({ "path": path, "commit_url": null, "files": source.files.len(), "bytes": bytes });
    session.output.value(&value, || path.clone(), Brief::Same)
}

/// Where the copy goes: into the target, if that is a folder or is said to be one, else there. Of a folder that ends in a slash
/// what is in it is meant.
fn place(source: &Source, target: &OnDisk, contents: bool) -> Result<PathBuf, Failure> {
    let into = target.has_slash || target.path.is_dir();
    if !into || (source.is_folder && contents) {
        return Ok(target.path.clone());
    }
    let name = source.at.name().parse::<SafeRelPath>().and_then(|name| name.under(&target.path));
    Ok(name.map_err(Error::from)?)
}

async fn fetch(session: &Session, api: &HfApi, source: &Source, kept: &TempDir) -> Result<(), Failure> {
    let (board, at) = (session.output.board(), &source.at);
    if source.is_folder {
        let folder = Some(format!("{}/", at.path)).filter(|_| !at.is_root());
        let call = api.snapshot_download(&at.repo).names(folder);
        let call = call.revision(&source.commit).local_dir(kept.path());
        watched(board, call).await?;
    } else {
        let call = api.hf_hub_download(&at.repo, &at.path).revision(&source.commit).local_dir(kept.path());
        watched(board, call).await?;
    }
    Ok(())
}

/// Refuses a place below the target of which a folder is a link: what it leads to was not named. The target itself may be one.
fn stays_in(target: &Path, place: &Path) -> Result<(), Failure> {
    let below = place.strip_prefix(target).unwrap_or(Path::new(""));
    let mut folder = target.to_owned();
    for part in below.parent().into_iter().flat_map(Path::components) {
        folder.push(part);
        if fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_symlink()) {
            let text = format!(
                "{} is a link, and nothing is written behind it; remove it, or copy to where it leads",
                folder.display()
            );
            return Err(Failure::new(Code::Failed, text));
        }
    }
    Ok(())
}

/// Gives a file its name, in place of what has that name.
fn publish(here: &Path, to: &Path) -> Result<(), Failure> {
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        create_folder(folder)?;
    }
    fs::rename(here, to).map_err(|error| unwritable(to, error))
}

fn create_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))
}

fn unwritable(path: &Path, error: io::Error) -> Failure {
    Failure::other(format!("cannot write {}", path.display()), error)
}
