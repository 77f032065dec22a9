//! `hub models card`, `hub datasets card`, `hub spaces card`

use hub_api::RepoType;
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
    let (metadata, text) = split(&card);
    let value = json!({ "id": args.repo_id, "metadata": metadata, "text": text });
    let shown = match (args.metadata, args.text) {
        (true, _) => metadata,
        (_, true) => text,
        _ => &card,
    };
    session.output.value(&value, || shown.trim_end_matches('\n').to_owned(), Brief::Same)
}

/// The YAML between the two lines of dashes that a card begins with, and what comes after it.
fn split(card: &str) -> (&str, &str) {
    let parts = || {
        let rest = card.trim_start_matches('\u{feff}').strip_prefix("---")?;
        let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'))?;
        let mut at = 0;
        for line in rest.split_inclusive('\n') {
            if line.trim_end() == "---" {
                return Some((rest.get(..at)?, rest.get(at + line.len()..)?));
            }
            at += line.len();
        }
        None
    };
    parts().unwrap_or(("", card))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_split_at_its_lines_of_dashes() {
        for (card, metadata, text) in [
            ("---\na: 1\n---\n# A\n", "a: 1\n", "# A\n"),
            ("---\r\na: 1\r\n---\r\n# A", "a: 1\r\n", "# A"),
            ("---\n---\n", "", ""),
            ("---\na: 1\n---", "a: 1\n", ""),
            ("# A\n---\nb\n---\n", "", "# A\n---\nb\n---\n"),
            ("---\nno end\n", "", "---\nno end\n"),
            ("", "", ""),
        ] {
            assert_eq!(split(card), (metadata, text), "{card:?}");
        }
    }
}
