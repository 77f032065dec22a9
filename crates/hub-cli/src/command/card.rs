//! `hub models card`, `hub datasets card`, `hub spaces card`

use hub_api::{
    RepoType,
    types::card::{CardParts, split},
};
use serde_json::json;

use crate::{
    args::{Card, repo_of},
    client::Session,
    failure::Failure,
    output::Brief,
};

pub(super) async fn run(session: &Session, repo_type: RepoType, args: Card) -> Result<(), Failure> {
    let api = session.api().await?;
    let repo = repo_of(repo_type, &args.repo_id)?;
    let path = api.hf_hub_download(&repo, "README.md").await?;
    let card = std::fs::read_to_string(&path)
        .map_err(|error| Failure::other(format!("cannot read {}", path.display()), error))?;
    let CardParts { yaml, text, .. } = split(&card);
    let metadata = yaml.unwrap_or_default();
    let value = json!({ "id": args.repo_id, "metadata": metadata, "text": text });
    let shown = match (args.metadata, args.text) {
        (true, _) => metadata,
        (_, true) => text,
        _ => &card,
    };
    session.output.value(&value, || shown.trim_end_matches('\n').to_owned(), Brief::Same)
}
