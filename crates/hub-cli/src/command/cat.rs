//! `hub cat`

use std::{
    fs::File,
    io::{self, Read},
};

use futures_util::TryStreamExt;
use hub_api::HfApi;

use crate::{
    args::Cat,
    client::Session,
    console::Content,
    failure::{Code, Failure},
    listed::{on_hub, unreadable},
    location::{Location, OnDisk, OnHub},
};

/// How much of a file of this machine is read at once.
const PIECE: usize = 256 * 1024;

pub(crate) async fn run(session: &Session, args: Cat) -> Result<(), Failure> {
    let locations = args.targets.iter().map(|target| Location::read(session, target));
    let locations: Vec<Location> = locations.collect::<Result<_, _>>()?;
    let api = session.api().await?;
    let mut stdout = Content::new();
    for location in &locations {
        match location {
            Location::Hub(file) => from_hub(&api, file, &mut stdout).await?,
            Location::Local(file) => from_disk(file, &mut stdout)?,
        }
        stdout.end()?;
    }
    Ok(())
}

async fn from_hub(api: &HfApi, file: &OnHub, stdout: &mut Content) -> Result<(), Failure> {
    if file.is_root() || file.has_slash {
        return Err(is_folder(&file.address()));
    }
    let mut call = api.read_file(&file.repo, &file.path);
    if let Some(revision) = &file.revision {
        call = call.revision(revision);
    }
    let mut reader = match call.await {
        Ok(reader) => reader,
        // To the Hub, a folder is no file that is missing.
        Err(error) if error.is_not_found() => {
            return Err(match on_hub(api, file).await {
                Ok(Some(entry)) if !entry.is_file() => is_folder(&file.address()),
                _ => error.into(),
            });
        }
        Err(error) => return Err(error.into()),
    };
    while let Some(chunk) = reader.try_next().await.map_err(hub_api::Error::from)? {
        stdout.write(&chunk)?;
    }
    Ok(())
}

fn from_disk(file: &OnDisk, stdout: &mut Content) -> Result<(), Failure> {
    let fail = |error| unreadable(&file.path, error);
    let mut content = File::open(&file.path).map_err(fail)?;
    if content.metadata().map_err(fail)?.is_dir() {
        return Err(is_folder(&file.path.display().to_string()));
    }
    let mut piece = vec![0; PIECE];
    loop {
        match content.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => stdout.write(piece.get(..read).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(fail(error)),
        }
    }
}

fn is_folder(what: &str) -> Failure {
    Failure::new(Code::Usage, format!("{what} is a folder: hub ls lists what is in it"))
}
