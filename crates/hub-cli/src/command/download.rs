//! `hub download`

use hub_api::{
    Call,
    api::download::HasDownload,
    args::{HasProgress, HasRevision},
};
use serde_json::json;

use crate::{
    args::Download,
    client::Session,
    failure::Failure,
    progress::{Board, watched},
};

pub(crate) async fn run(session: &Session, args: Download) -> Result<(), Failure> {
    let api = session.api().await?;
    let repo =
        hub_api::RepoRef::new(args.repo_type.get(), args.repo_id.parse().map_err(hub_api::Error::from)?);
    let board = session.output.board();
    let path = match args.filenames.as_slice() {
        [file] => {
            let call = told(api.hf_hub_download(&repo, file), &args, board.as_ref());
            watched(board, call).await?
        }
        files => {
            let call = told(api.snapshot_download(&repo), &args, board.as_ref());
            let mut call = call.max_workers(args.max_workers).ignore_patterns(&args.exclude);
            if !files.is_empty() {
                call = call.allow_patterns(files);
            } else if !args.include.is_empty() {
                call = call.allow_patterns(&args.include);
            }
            watched(board, call).await?
        }
    };
    let path = path.display().to_string();
    session.output.value(&json!({ "path": path }), || path.clone())
}

/// Sets what one file and many have in common.
fn told<O: HasDownload + HasRevision + HasProgress>(
    mut call: Call<O>,
    args: &Download,
    board: Option<&Board>,
) -> Call<O> {
    call = call.force_download(args.force_download);
    if let Some(folder) = &args.local_dir {
        call = call.local_dir(folder);
    }
    if let Some(folder) = &args.cache_dir {
        call = call.cache_dir(folder);
    }
    if let Some(revision) = &args.revision {
        call = call.revision(revision);
    }
    if let Some(board) = board {
        call = call.progress(board.clone());
    }
    call
}
