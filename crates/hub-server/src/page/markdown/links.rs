//! Where the links and images of a text lead: into its repository, to another page of this Hub, or elsewhere.

use percent_encoding::percent_decode_str;
use url::Url;

use super::super::shown::Paths;

/// Before the name of every place within a file, so that none is one of the page around it.
const PREFIX: &str = "card-";

/// A host that is none: links that lead to it are those within the repository.
const REPOSITORY: &str = "https://repository.invalid/";

/// The links of a text that lies in a folder of a revision.
pub(super) struct Links {
    paths: Paths,
    revision: String,
    /// The folder as a URL.
    base: Option<Url>,
    /// Before the name of every place within the text.
    prefix: String,
}

/// What a link leads to.
enum Target {
    Elsewhere(String),
    /// Another page of this Hub.
    Page(String),
    /// A path of the repository, and what comes behind it in the link.
    File {
        path: String,
        query: Option<String>,
        fragment: Option<String>,
    },
}

impl Links {
    pub(super) fn new(paths: &Paths, revision: &str, folder: &str) -> Self {
        let slash = if folder.is_empty() { "" } else { "/" };
        let folder = hub_types::route::encode_path(folder);
        let base = Url::parse(&format!("{REPOSITORY}{folder}{slash}")).ok();
        Self { paths: paths.clone(), revision: revision.to_owned(), base, prefix: PREFIX.to_owned() }
    }

    /// Those of a comment, whose places are those of no other.
    pub(super) fn of_comment(self, id: &str) -> Self {
        Self { prefix: format!("{id}-{PREFIX}"), ..self }
    }

    /// What every place within the text begins with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Where a link leads; `None` for what is none.
    pub(super) fn href(&self, link: &str) -> Option<String> {
        if let Some(place) = link.trim().strip_prefix('#') {
            return Some(format!("#{}", with_prefix(&self.prefix, place)));
        }
        Some(match self.target(link)? {
            Target::Elsewhere(url) | Target::Page(url) => url,
            Target::File { path, query, fragment } => {
                let is_folder = path.is_empty() || path.ends_with('/');
                let mut at = if is_folder {
                    self.paths.tree(&self.revision, path.trim_end_matches('/'))
                } else {
                    self.paths.blob(&self.revision, &path)
                };
                if let Some(query) = query {
                    at.push('?');
                    at.push_str(&query);
                }
                if let Some(place) = fragment {
                    at.push('#');
                    at.push_str(&if is_markdown(&path) { with_prefix(PREFIX, &place) } else { place });
                }
                at
            }
        })
    }

    /// Where an image comes from; `None` where it can come from nowhere.
    pub(super) fn src(&self, link: &str) -> Option<String> {
        match self.target(link)? {
            Target::Elsewhere(url) if url.starts_with("mailto:") => None,
            Target::Elsewhere(url) | Target::Page(url) => Some(url),
            Target::File { path, .. } => Some(self.paths.resolve(&self.revision, &path)),
        }
    }

    fn target(&self, link: &str) -> Option<Target> {
        let url = self.base.as_ref()?.join(link).ok()?;
        if !matches!(url.scheme(), "http" | "https" | "mailto") {
            return None;
        }
        let Some(inside) = url.as_str().strip_prefix(REPOSITORY) else {
            return Some(Target::Elsewhere(url.to_string()));
        };
        // As a browser reads it, which leaves these out.
        let first = link.chars().find(|c| !c.is_ascii_control() && *c != ' ');
        if matches!(first, Some('/' | '\\')) {
            let is_page = !inside.starts_with('/');
            return is_page.then(|| Target::Page(format!("/{inside}")));
        }
        let path = percent_decode_str(url.path().trim_start_matches('/')).decode_utf8().ok()?.into_owned();
        if path.split('/').any(|part| matches!(part, "." | "..")) {
            return None;
        }
        let text = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(str::to_owned);
        Some(Target::File { path, query: text(url.query()), fragment: text(url.fragment()) })
    }
}

/// Whether a file is shown as text with places in it.
pub(in crate::page) fn is_markdown(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["md", "markdown"].iter().any(|one| extension.eq_ignore_ascii_case(one))
}

fn with_prefix(prefix: &str, place: &str) -> String {
    if place.starts_with(prefix) { place.to_owned() } else { format!("{prefix}{place}") }
}

#[cfg(test)]
mod tests {
    use hub_types::{RepoRef, RepoType};

    use super::*;

    fn links(folder: &str) -> Links {
        let repo = RepoRef::new(RepoType::Dataset, "ada/demo".parse().unwrap());
        Links::new(&Paths::new(&repo), "refs/pr/1", folder)
    }

    #[test]
    fn links_lead_to_what_the_author_sees_in_the_folder() {
        let at = |rest: &str| Some(format!("/datasets/ada/demo/{rest}"));
        let table = [
            ("", "a.py", at("blob/refs%2Fpr%2F1/a.py")),
            ("", "./a%20b.py", at("blob/refs%2Fpr%2F1/a%20b.py")),
            ("", "a b.py", at("blob/refs%2Fpr%2F1/a%20b.py")),
            ("docs/x", "../a.py#L3", at("blob/refs%2Fpr%2F1/docs/a.py#L3")),
            ("docs/x", "../../../a.py", at("blob/refs%2Fpr%2F1/a.py")),
            ("docs", "b.md?plain=1#use", at("blob/refs%2Fpr%2F1/docs/b.md?plain=1#card-use")),
            ("docs", "sub/", at("tree/refs%2Fpr%2F1/docs/sub")),
            ("docs", "..", at("tree/refs%2Fpr%2F1")),
            ("", "#use", Some("#card-use".to_owned())),
            ("", "/ada/other", Some("/ada/other".to_owned())),
            ("", "https://example.com/a", Some("https://example.com/a".to_owned())),
            ("", "//example.com/a", Some("https://example.com/a".to_owned())),
            ("", "/\\example.com/a", Some("https://example.com/a".to_owned())),
            ("", "\t/\n/example.com/a", Some("https://example.com/a".to_owned())),
            ("", "mailto:a@example.com", Some("mailto:a@example.com".to_owned())),
        ];
        for (folder, link, expected) in table {
            assert_eq!(links(folder).href(link), expected, "{link:?} in {folder:?}");
        }
        let image = Some("/datasets/ada/demo/resolve/refs%2Fpr%2F1/docs/a.png".to_owned());
        assert_eq!(links("docs").src("a.png?raw=true"), image);
    }

    #[test]
    fn what_is_no_link_to_a_page_is_none() {
        let none = [
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            " \u{1}javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "/.//example.com",
            "a%2f..%2f..%2fb",
            "ftp://example.com",
            "https://",
        ];
        for link in none {
            assert_eq!(links("").href(link), None, "{link:?}");
        }
        assert_eq!(links("").src("mailto:a@example.com"), None);
    }
}
