//! From this machine to the Hub.

use std::fs;

use super::target::{place, show, usage};
use crate::{
    args::Cp,
    client::Session,
    command::{commit::told, standard_input},
    failure::Failure,
    listed::unreadable,
    location::{OnDisk, OnHub},
    progress::watched,
};

pub(super) async fn run(session: &Session, source: OnDisk, target: OnHub, args: Cp) -> Result<(), Failure> {
    let found = fs::metadata(&source.path).map_err(|error| unreadable(&source.path, error))?;
    let api = session.api().await?;
    if !found.is_dir() {
        let to = place(&api, &target, &source.name()?).await?;
        let call = api.upload_file(source.path, &to.path, &target.repo);
        let commit = watched(session.output.board(), told(call, &args.commit)).await?;
        return show(session, &to, &commit);
    }
    if !args.recursive {
        let text = format!("{} is a folder: say -r to copy what is in it", source.path.display());
        return Err(usage(text));
    }
    // With a slash at its end a folder means what is in it.
    let to = if source.has_slash { target.clone() } else { place(&api, &target, &source.name()?).await? };
    let call = api.upload_folder(&target.repo, &source.path).path_in_repo(&to.path);
    let commit = watched(session.output.board(), told(call, &args.commit)).await?;
    show(session, &to, &commit)
}

/// What comes on standard input, kept on disk until all of it is there.
pub(super) async fn from_stdin(session: &Session, target: OnHub, args: Cp) -> Result<(), Failure> {
    if target.is_root() || target.has_slash {
        return Err(usage("say the name that standard input gets: hf://NAMESPACE/NAME/FILE"));
    }
    let source = standard_input::keep()?;
    let api = session.api().await?;
    let call = api.upload_file(source, &target.path, &target.repo);
    let commit = watched(session.output.board(), told(call, &args.commit)).await?;
    show(session, &target, &commit)
}
