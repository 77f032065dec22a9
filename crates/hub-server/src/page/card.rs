//! The card of a repository, and what there is to know of it at a glance.

use askama::Template;
use http::Response;
use hub_types::RepoType;

use super::{
    card_facts::{Facts, Link},
    commit::CommitLine,
    content, markdown,
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
    shown,
    use_this::{Recipe, Repo},
};
use crate::{
    Body,
    api_error::ApiError,
    card::{self, Card},
    context::Inner,
    handler::spaces,
    route::rights::Access,
    store::{CommitId, EntryKind},
};

const README: &str = "README.md";
/// Files that are counted.
const MOST_FILES: usize = 1000;

#[derive(Template)]
#[template(path = "card.html")]
struct CardPage {
    shell: Shell,
    head: RepoHead,
    readme: Readme,
    facts: Facts,
    commit: CommitLine,
    files: String,
    recipes: Vec<Recipe>,
}

/// The text of a card.
enum Readme {
    Missing,
    /// It is for those who may read the files.
    Hidden,
    /// It has front matter alone.
    Blank,
    /// Why there is no text.
    Unreadable(&'static str),
    /// Its text, in Markdown until it is rendered, and whether it is all of it.
    Text(String, bool),
}

/// What a page is made of.
struct Found {
    readme: Readme,
    facts: Facts,
    commit: CommitLine,
    files: String,
}

impl CardPage {
    fn edit(&self) -> String {
        self.head.paths.edit(&self.head.default_branch, README)
    }

    fn source(&self) -> String {
        format!("{}?plain=1", self.head.paths.blob(&self.head.default_branch, README))
    }
}

/// Shows it.
pub(super) async fn page(request: &Request, access: Access) -> Result<Response<Body>, ApiError> {
    let (head, found) = request.read(access, Tab::Card, read).await?;
    let Found { readme, facts, commit, files } = found;
    let readme = match readme {
        Readme::Text(text, _) if hub_types::card::split(&text).text.trim().is_empty() => Readme::Blank,
        Readme::Text(text, is_whole) => {
            let (paths, branch) = (head.paths.clone(), head.default_branch.clone());
            let render = move || markdown::render_file(&text, &paths, &branch, "");
            Readme::Text(content::in_turn(render).await?, is_whole)
        }
        other => other,
    };
    let id = head.id();
    let branch = Some(head.default_branch.as_str()).filter(|branch| *branch != "main");
    let recipes = Repo {
        repo_type: head.repo_type,
        id: &id,
        base: &request.context.base,
        page: head.paths.base(),
        branch,
        library: facts.library.as_deref(),
        task: facts.task.as_deref(),
    }
    .recipes();
    let shell = request.shell(head.title(""));
    request.html(&CardPage { shell, head, readme, facts, commit, files, recipes })
}

fn read(hub: &Inner, access: &Access, head: &RepoHead) -> Result<Found, ApiError> {
    let git = hub.store.git(&access.repo)?;
    let tip = git.resolve(&git.default_branch()?)?;
    let readme = text_of_card(hub, access, tip)?;
    let fields = match &readme {
        Readme::Text(text, _) => match card::parse(text) {
            Card::Fields(fields) => fields,
            Card::Missing | Card::Broken(_) => serde_json::Map::new(),
        },
        _ => serde_json::Map::new(),
    };
    let mut facts = Facts::read(hub, access, &fields)?;
    if access.repo.repo.repo_type == RepoType::Space {
        let sdk = card::text(&fields, "sdk").or_else(|| access.repo.sdk.clone());
        let plain = |text: String| vec![Link { text: shown::cut(&text, 60), path: None }];
        facts.add("SDK", sdk.map(plain).unwrap_or_default());
        facts.add("Stage", plain(stage(&spaces::glance(hub, &access.repo)?.stage.to_string())));
    }
    let readme =
        if head.may_read_files || matches!(readme, Readme::Missing) { readme } else { Readme::Hidden };
    let count = git.first_paths(tip, MOST_FILES + 1)?.len();
    let files = match count {
        1 => "1 file".to_owned(),
        count if count > MOST_FILES => format!("more than {} files", shown::count(MOST_FILES)),
        count => format!("{} files", shown::count(count)),
    };
    let commit = CommitLine::new(&git.commit(tip)?, &head.paths);
    Ok(Found { readme, facts, commit, files })
}

/// `NO_APP_FILE` as `No app file`.
fn stage(word: &str) -> String {
    let words = word.replace('_', " ").to_ascii_lowercase();
    words.get(..1).map_or_else(String::new, |first| {
        format!("{}{}", first.to_ascii_uppercase(), words.get(1..).unwrap_or_default())
    })
}

/// The text of the card, as far as it is read.
fn text_of_card(hub: &Inner, access: &Access, tip: CommitId) -> Result<Readme, ApiError> {
    let git = hub.store.git(&access.repo)?;
    let found = git.entry(tip, README)?.filter(|entry| entry.kind == EntryKind::File);
    let Some(entry) = found else { return Ok(Readme::Missing) };
    if entry.lfs.is_some() {
        return Ok(Readme::Unreadable("The card is kept in LFS, where it is not read."));
    }
    // With room for the front matter, which is not shown.
    let most = markdown::LONGEST * 2;
    let text = content::text(content::head(&git, &entry, most)?, entry.size <= most as u64);
    Ok(match text {
        Some(text) => Readme::Text(text, entry.size <= markdown::LONGEST as u64),
        None => Readme::Unreadable("The card is no text in UTF-8."),
    })
}
