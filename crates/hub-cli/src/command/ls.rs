//! `hub ls`

use crate::{
    args::Ls,
    client::Session,
    failure::Failure,
    listed::{self, Listed},
    location::Location,
};

pub(crate) async fn run(session: &Session, args: Ls) -> Result<(), Failure> {
    let location = Location::read(session, &args.target)?;
    let api = session.api().await?;
    let mut all: Vec<Listed> = Vec::new();
    let output = session.output;
    listed::each(&api, &location, args.recursive, |entry| {
        output.item(|| entry.line(args.human_readable), &entry.path)?;
        if output.is_json() {
            all.push(entry);
        }
        Ok(())
    })
    .await?;
    output.list(&all)
}
