//! What `hub upload` does once or again and again: one commit of a file or a folder.

use std::path::{Component, Path, PathBuf};

use hub_api::{
    AddSource, Call, CommitInfo, CommitPlan, HfApi, Operation, RepoRef, RepoType,
    api::{HasCommit, create_repo::CreateRepoCall, upload::UploadFileCall, upload_folder::UploadFolderCall},
    types::CommitHash,
};

use crate::{
    args::Upload,
    client::Session,
    command::{
        commit::told,
        standard_input::{self, STREAM},
    },
    failure::{Code, Failure},
    progress::watched,
};

/// What becomes of a repository that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    IsMade,
    Fails,
}

/// An upload that can be done again.
pub(super) struct UploadJob<'a> {
    pub(super) session: &'a Session,
    args: Upload,
    api: HfApi,
    repo: RepoRef,
    source: Source,
    path_in_repo: String,
}

/// What is uploaded.
enum Source {
    Folder(PathBuf),
    File(AddSource),
}

impl<'a> UploadJob<'a> {
    pub(super) async fn new(session: &'a Session, args: Upload) -> Result<Self, Failure> {
        let mut args = args;
        take_pattern(&mut args)?;
        if let Some(commit) =
            args.commit.revision.as_deref().filter(|text| text.parse::<CommitHash>().is_ok())
        {
            return Err(Failure::new(
                Code::Usage,
                format!("{commit} is a commit: files are uploaded to a branch"),
            ));
        }
        let (local_path, path_in_repo) = places(&args)?;
        let source = if local_path == Path::new(STREAM) {
            if args.every.is_some() {
                return Err(Failure::new(
                    Code::Usage,
                    "--every reads again and again, and standard input ends",
                ));
            }
            Source::File(standard_input::keep()?)
        } else {
            let metadata = std::fs::metadata(&local_path)
                .map_err(|error| Failure::other(format!("cannot read {}", local_path.display()), error))?;
            if metadata.is_dir() { Source::Folder(local_path) } else { Source::File(local_path.into()) }
        };
        let has_patterns =
            [&args.source.include, &args.source.exclude, &args.delete].iter().any(|given| !given.is_empty());
        if has_patterns && matches!(source, Source::File(_)) {
            return Err(Failure::new(Code::Usage, "--include, --exclude and --delete are for folders"));
        }
        let api = session.api().await?;
        // The response to the making of the repository names its owner; without that the Hub is asked.
        let is_made_first = !args.dry_run && args.every.is_none();
        let id =
            if is_made_first { args.repo_id.clone() } else { api.get_full_repo_name(&args.repo_id).await? };
        let repo = args.source.repo_type.repo(&id)?;
        Ok(Self { session, args, api, repo, source, path_in_repo })
    }

    /// Commits what has changed.
    pub(super) async fn commit(&self, missing: Missing) -> Result<CommitInfo, Failure> {
        match &self.source {
            Source::Folder(folder) => self.run(self.folder(folder), missing).await,
            Source::File(file) => self.run(self.file(file), missing).await,
        }
    }

    /// Makes the repository if it is missing. An upload does so by itself, unless there is no file to upload.
    pub(super) async fn make_repo(&self) -> Result<(), Failure> {
        new_repo(&self.api, &self.args).await?;
        Ok(())
    }

    /// What a commit would be.
    pub(super) async fn plan(&self) -> Result<CommitPlan, Failure> {
        let create = || new_repo(&self.api, &self.args);
        Ok(match &self.source {
            Source::Folder(folder) => self.folder(folder).create_repo(create()).plan().await?,
            Source::File(file) => self.file(file).create_repo(create()).plan().await?,
        })
    }

    async fn run<O>(&self, mut call: Call<O>, missing: Missing) -> Result<CommitInfo, Failure>
    where
        O: HasCommit + Operation<Output = CommitInfo>,
    {
        if missing == Missing::IsMade {
            call = call.create_repo(new_repo(&self.api, &self.args));
        }
        Ok(watched(self.session.output.board(), call).await?)
    }

    fn folder(&self, folder: &Path) -> UploadFolderCall {
        let args = &self.args;
        let call = self
            .api
            .upload_folder(self.repo.clone(), folder)
            .path_in_repo(&self.path_in_repo)
            .ignore_patterns(&args.source.exclude)
            .delete_patterns(&args.delete)
            .links(args.links());
        let include = &args.source.include;
        self.told(if include.is_empty() { call } else { call.allow_patterns(include) })
    }

    fn file(&self, file: &AddSource) -> UploadFileCall {
        self.told(self.api.upload_file(file.clone(), &self.path_in_repo, self.repo.clone()))
    }

    /// Sets what every commit can be told. A branch that is named and not there is made; a pull request is not.
    fn told<O: HasCommit>(&self, call: Call<O>) -> Call<O> {
        let args = &self.args.commit;
        let is_branch = args.revision.as_deref().is_some_and(|revision| !revision.starts_with("refs/"));
        told(call, args).create_missing_branch(is_branch)
    }
}

/// Makes the repository if it is missing. A Space cannot be made without an SDK: `gradio`, as the `hf` command does.
fn new_repo(api: &HfApi, args: &Upload) -> CreateRepoCall {
    let repo_type = args.source.repo_type.get();
    let mut create = api.create_repo(&args.repo_id).repo_type(repo_type).exist_ok(true);
    if let Some(private) = args.source.visibility.private() {
        create = create.private(private);
    }
    if repo_type == RepoType::Space {
        create = create.space_sdk("gradio");
    }
    create
}

/// Makes of a pattern that nothing has for its name what `--include` of this folder means. What is there is no pattern, whatever its name.
fn take_pattern(args: &mut Upload) -> Result<(), Failure> {
    let Some(path) = args.local_path.as_ref().filter(|path| std::fs::symlink_metadata(path).is_err()) else {
        return Ok(());
    };
    let Some(pattern) = path.to_str().filter(|text| text.contains(['*', '?', '['])) else { return Ok(()) };
    if !args.source.include.is_empty() {
        let text = format!("{pattern} is a pattern already: say all patterns with --include, and the folder");
        return Err(Failure::new(Code::Usage, text));
    }
    args.source.include = vec![pattern.trim_start_matches("./").to_owned()];
    args.local_path = Some(PathBuf::from("."));
    args.path_in_repo.get_or_insert_with(|| ".".to_owned());
    Ok(())
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
                Code::Failed,
                format!("there is no file or folder {name:?} here: say which one to upload"),
            ))
        };
    };
    if local_path == Path::new(STREAM) {
        let name =
            args.path_in_repo.as_deref().filter(|path| !path.ends_with('/') && !matches!(*path, "" | "."));
        let name = name.ok_or_else(|| {
            let text =
                "standard input has no name: say the one in the repository, as in hub upload ID - notes.txt";
            Failure::new(Code::Usage, text)
        })?;
        return Ok((local_path.clone(), name.to_owned()));
    }
    let path_in_repo = match &args.path_in_repo {
        Some(path) if local_path.is_dir() => path.clone(),
        Some(path) => file_in(path, local_path)?,
        None if local_path.is_dir() => folder_as_given(local_path),
        None => file_in(".", local_path)?,
    };
    Ok((local_path.clone(), path_in_repo))
}

/// Where a file goes: into a folder of the repository under its own name, else to the path that is said.
fn file_in(path_in_repo: &str, file: &Path) -> Result<String, Failure> {
    let path = path_in_repo.trim_start_matches("./");
    if !matches!(path, "" | "." | "/") && !path.ends_with('/') {
        return Ok(path_in_repo.to_owned());
    }
    let name = file.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Failure::new(Code::Usage, format!("say the name that {} gets in the repository", file.display()))
    })?;
    let folder = path.trim_matches('/');
    Ok(if matches!(folder, "" | ".") { name.to_owned() } else { format!("{folder}/{name}") })
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
    fn a_file_goes_into_the_folder_that_is_said_or_to_the_path() {
        for (said, goes) in [
            (".", "a.txt"),
            ("/", "a.txt"),
            ("./", "a.txt"),
            ("", "a.txt"),
            ("docs/", "docs/a.txt"),
            ("/docs/", "docs/a.txt"),
            ("./docs/", "docs/a.txt"),
            ("docs/x/", "docs/x/a.txt"),
            ("docs", "docs"),
            ("docs/b.txt", "docs/b.txt"),
            ("../", "../a.txt"),
        ] {
            assert_eq!(file_in(said, Path::new("here/a.txt")).unwrap(), goes, "{said}");
        }
    }

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
