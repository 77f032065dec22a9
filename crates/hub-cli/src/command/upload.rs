//! `hub upload`

use std::path::{Component, Path, PathBuf};

use hub_api::{
    AddSource, CommitOperation, CommitOperationAdd, HfApi, RepoRef, RepoType,
    commit::{
        CommitError, check_sources,
        folder::{FolderOptions, scan},
    },
};

use crate::{
    args::Upload,
    client::Session,
    failure::{Code, Failure},
    progress::watched,
};

pub(crate) async fn run(session: &Session, args: Upload) -> Result<(), Failure> {
    let (local_path, path_in_repo) = places(&args)?;
    let api = session.api().await?;
    // All files are found and opened first: nothing is created for an upload that cannot be.
    let read = {
        let (include, exclude) = (args.include.clone(), args.exclude.clone());
        tokio::task::spawn_blocking(move || operations(&local_path, &path_in_repo, include, exclude))
    };
    let (operations, message) =
        read.await.map_err(|error| Failure::other("cannot read the files", error))??;
    let mut call = api
        .create_commit(target(&api, &args).await?, operations, args.commit_message.clone().unwrap_or(message))
        .create_pr(args.create_pr);
    if let Some(revision) = args.revision {
        call = call.revision(revision);
    }
    if let Some(description) = args.commit_description {
        call = call.commit_description(description);
    }
    let board = session.output.board();
    if let Some(board) = &board {
        call = call.progress(board.clone());
    }
    let commit = watched(board, call).await?;
    let human = || match (&commit.pr_url, commit.created) {
        (_, false) => format!("Nothing has changed; no commit was made.\n{}", commit.commit_url),
        (Some(pull_request), true) => pull_request.clone(),
        (None, true) => commit.commit_url.clone(),
    };
    session.output.value_or_quiet(&commit, human, Some(&commit.commit_url))
}

/// What is uploaded, and the message for it. Blocks on the disk.
fn operations(
    local_path: &Path,
    path_in_repo: &str,
    include: Vec<String>,
    exclude: Vec<String>,
) -> Result<(Vec<CommitOperation>, String), Failure> {
    let metadata = std::fs::metadata(local_path)
        .map_err(|error| Failure::other(format!("cannot read {}", local_path.display()), error))?;
    let failed = |error: CommitError| Failure::from(hub_api::Error::from(error));
    let (operations, message) = if metadata.is_dir() {
        let mut options = FolderOptions::new().path_in_repo(path_in_repo).ignore_patterns(exclude);
        if !include.is_empty() {
            options = options.allow_patterns(include);
        }
        (scan(local_path, &options).map_err(failed)?, "Upload folder with hub".to_owned())
    } else {
        if !include.is_empty() || !exclude.is_empty() {
            return Err(Failure::new(Code::Usage, "--include and --exclude are for folders"));
        }
        let add = CommitOperationAdd::new(path_in_repo, AddSource::from(local_path)).map_err(failed)?;
        (vec![add.into()], format!("Upload {path_in_repo} with hub"))
    };
    check_sources(&operations).map_err(failed)?;
    Ok((operations, message))
}

/// The repository, made if it is missing. A Space cannot be made without an SDK: `gradio`, as the `hf` command does.
async fn target(api: &HfApi, args: &Upload) -> Result<RepoRef, Failure> {
    let repo_type = args.repo_type.get();
    let mut create = api.create_repo(&args.repo_id).repo_type(repo_type).exist_ok(true);
    if args.private {
        create = create.private(true);
    }
    if repo_type == RepoType::Space {
        create = create.space_sdk("gradio");
    }
    let url = create.await?;
    Ok(RepoRef::new(repo_type, url.repo_id().clone()))
}

/// What to upload, and where it goes.
fn places(args: &Upload) -> Result<(PathBuf, String), Failure> {
    let Some(local_path) = &args.local_path else {
        let name = args.repo_id.rsplit('/').next().unwrap_or_default();
        let path = PathBuf::from(name);
        return if path.is_file() {
            Ok((path, name.to_owned()))
        } else if path.is_dir() {
            Ok((path, ".".to_owned()))
        } else {
            Err(Failure::new(
                Code::Usage,
                format!("there is no file or folder {name:?} here: say which one to upload"),
            ))
        };
    };
    let path_in_repo = match &args.path_in_repo {
        Some(path) => path.clone(),
        None if local_path.is_dir() => folder_as_given(local_path),
        None => match local_path.file_name().and_then(|name| name.to_str()) {
            Some(name) => name.to_owned(),
            None => return Err(Failure::new(Code::Usage, "say where the file goes in the repository")),
        },
    };
    Ok((local_path.clone(), path_in_repo))
}

/// A relative path without `..` stays what it is; anything else goes to the root.
fn folder_as_given(path: &Path) -> String {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy()),
            Component::CurDir => {}
            _ => return ".".to_owned(),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_relative_path() {
        for (given, expected) in [
            ("docs", "docs"),
            ("./docs/", "docs"),
            ("a/b", "a/b"),
            (".", "."),
            ("../docs", "."),
            ("/tmp", "."),
        ] {
            assert_eq!(folder_as_given(Path::new(given)), expected, "{given}");
        }
    }
}
