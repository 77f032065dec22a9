//! `hub upload-large-folder`

use crate::{
    args::UploadLargeFolder, client::Session, failure::Failure, output::Brief, progress::watched,
    shown::counted,
};

pub(crate) async fn run(session: &Session, args: UploadLargeFolder) -> Result<(), Failure> {
    let api = session.api().await?;
    let folder = args.local_path.clone();
    let mut call = api
        .upload_large_folder(&args.repo_id, &args.local_path)
        .repo_type(args.source.repo_type.get())
        .ignore_patterns(args.source.exclude)
        .atomic(args.atomic);
    if let Some(private) = args.source.visibility.private() {
        call = call.private(private);
    }
    if !args.source.include.is_empty() {
        call = call.allow_patterns(args.source.include);
    }
    if let Some(revision) = args.revision {
        call = call.revision(revision);
    }
    if let Some(workers) = args.num_workers {
        call = call.num_workers(workers);
    }
    if let Some(files) = args.files_per_commit {
        call = call.files_per_commit(files);
    }
    let board = if args.no_bars { None } else { session.output.board() };
    let done = watched(board, call).await?;
    if done.files == 0 {
        tracing::warn!("there is no such file in {}: nothing was uploaded", folder.display());
    }
    let human = || {
        let already = match done.unchanged {
            0 => String::new(),
            files => format!(", {files} of them were there already"),
        };
        let via =
            done.pull_request.map(|number| format!(", merged as pull request {number}")).unwrap_or_default();
        let last = done.commit_url.as_ref().map(|url| format!("\n{url}")).unwrap_or_default();
        let commits = counted(done.commits.len(), "commit", "commits");
        format!("{}{already}; {commits}{via}.{last}", counted(done.files, "file", "files"))
    };
    let url = done.commit_url.iter().cloned().collect();
    session.output.value(&done, human, Brief::Lines(url))
}
