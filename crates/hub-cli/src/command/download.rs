//! `hub download`

use std::path::Path;

use hub_api::{
    Call, Error, ErrorKind, HfApi, RepoRef, api::download::HasDownload, args::HasRevision,
    download::PlannedFile,
};
use serde_json::json;

use crate::{
    args::Download,
    client::Session,
    failure::{Code, Failure},
    listed::on_hub,
    location::OnHub,
    output::Brief,
    progress::watched,
    shown::{absolute, human_size},
};

pub(crate) async fn run(session: &Session, args: Download) -> Result<(), Failure> {
    let api = session.api().await?;
    let repo = args.repo_type.repo(&args.repo_id)?;
    let mut names = args.filenames.clone();
    if let Some(path) = &args.path {
        let folder = path.trim_end_matches('/');
        let revision = args.revision.as_deref().map(str::parse).transpose().map_err(Error::from)?;
        let at = OnHub { repo: repo.clone(), revision, path: folder.to_owned(), has_slash: folder != path };
        let filtered = !args.include.is_empty() || !args.exclude.is_empty();
        if filtered && !at.has_slash {
            if on_hub(&api, &at).await?.is_some_and(|entry| entry.is_file()) {
                let text = format!("{path} is a file: --include and --exclude choose among several");
                return Err(Failure::new(Code::Usage, text));
            }
        } else if !at.has_slash {
            match one(session, &api, &repo, path, &args).await {
                // The address of a folder looks the same.
                Err(error) if error.kind() == Some(ErrorKind::EntryNotFound) => {
                    if !matches!(on_hub(&api, &at).await, Ok(Some(entry)) if !entry.is_file()) {
                        return Err(error.into());
                    }
                }
                done => return done?,
            }
        }
        names.push(format!("{folder}/"));
    } else if let [file] = names.as_slice()
        && !file.ends_with('/')
    {
        return one(session, &api, &repo, file, &args).await?;
    }
    let call = api.snapshot_download(&repo).max_workers(args.max_workers).ignore_patterns(&args.exclude);
    let mut call = set(call, &args).names(names);
    if !args.include.is_empty() {
        call = call.allow_patterns(&args.include);
    }
    if args.dry_run {
        return say(session, &call.plan().await?);
    }
    let path = watched(session.output.board(), call).await?;
    tell(session, &path)
}

/// Downloads one file, and says where it is.
async fn one(
    session: &Session,
    api: &HfApi,
    repo: &RepoRef,
    file: &str,
    args: &Download,
) -> Result<Result<(), Failure>, Error> {
    let call = set(api.hf_hub_download(repo, file), args);
    if args.dry_run {
        return Ok(say(session, &[call.plan().await?]));
    }
    Ok(tell(session, &watched(session.output.board(), call).await?))
}

fn tell(session: &Session, path: &Path) -> Result<(), Failure> {
    let path = absolute(path).display().to_string();
    session.output.value(&json!({ "path": path }), || path.clone(), Brief::Same)
}

/// Sets what a file and a snapshot have in common.
fn set<O: HasDownload + HasRevision>(call: Call<O>, args: &Download) -> Call<O> {
    let mut call = call.force_download(args.force_download);
    if let Some(folder) = &args.local_dir {
        call = call.local_dir(folder);
    }
    if let Some(folder) = &args.cache_dir {
        call = call.cache_dir(folder);
    }
    if let Some(revision) = &args.revision {
        call = call.revision(revision);
    }
    call
}

/// What would be downloaded: one line for each file, then the sums; with `--quiet` the paths to download alone.
fn say(session: &Session, files: &[PlannedFile]) -> Result<(), Failure> {
    let text = || {
        let mut lines: Vec<String> = files.iter().map(line).collect();
        let wanted: Vec<u64> = files.iter().filter(|file| file.will_download).map(|file| file.size).collect();
        let (count, here) = (wanted.len(), files.len() - wanted.len());
        let size = human_size(wanted.iter().copied().fold(0, u64::saturating_add));
        lines.push(format!("{count} to download ({size}), {here} already here. Nothing was downloaded."));
        lines.join("\n")
    };
    let wanted = files.iter().filter(|file| file.will_download).map(|file| file.path.to_string());
    session.output.value(&files, text, Brief::Lines(wanted.collect()))
}

fn line(file: &PlannedFile) -> String {
    let what = if file.will_download { "download" } else { "here" };
    format!("{what:<8}  {} ({})", file.path, human_size(file.size))
}
