//! `hub find`

use hub_api::types::pattern::Filter;

use crate::{
    args::Find,
    client::Session,
    failure::Failure,
    listed::{self, Listed},
    location::Location,
    shown::name,
};

pub(crate) async fn run(session: &Session, args: Find) -> Result<(), Failure> {
    let location = Location::read(session, &args.target)?;
    let wanted = Wanted::new(&args);
    let api = session.api().await?;
    let mut all: Vec<Listed> = Vec::new();
    let output = session.output;
    listed::each(&api, &location, true, |entry| {
        if wanted.takes(&entry) {
            output.item(|| name(&entry.path).into_owned(), &entry.path)?;
            if output.is_json() {
                all.push(entry);
            }
        }
        Ok(())
    })
    .await?;
    output.list(&all)
}

/// What is looked for.
struct Wanted<'a> {
    name: Filter,
    args: &'a Find,
}

impl<'a> Wanted<'a> {
    fn new(args: &'a Find) -> Self {
        let names = args.name.as_ref().map(std::slice::from_ref);
        Self { name: Filter::new(names, &[] as &[&str]), args }
    }

    fn takes(&self, entry: &Listed) -> bool {
        let is_kind = self.args.kind.is_none_or(|kind| kind == entry.kind);
        let mut sizes = self.args.size.iter();
        let fits = sizes.all(|condition| entry.size.is_some_and(|size| condition.fits(size)));
        is_kind && fits && self.name.takes(entry.file_name())
    }
}
