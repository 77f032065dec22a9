//! [`RepoUrl`]: the URL of a repository, in every spelling that people paste.

use std::{fmt, str::FromStr};

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{ParseError, RepoId, RepoRef, RepoType, Revision, SafeRelPath, route};

mod endpoint;

use endpoint::{Endpoint, Hub, printable};

const WHAT: &str = "repository URL";
/// Pages of a repository at a revision, and at a file or folder in it.
const FOLDER_PAGES: [&str; 2] = ["tree", "commits"];
const FILE_PAGES: [&str; 4] = ["blob", "resolve", "raw", "blame"];

/// A repository at an endpoint, with the revision and the path in it if the URL names them.
///
/// | accepted | example |
/// |---|---|
/// | an id, after its kind or not | `ada/demo`, `demo`, `datasets/ada/nums`, `dataset/ada/nums` |
/// | a URL of the Hub's file systems | `hf://ada/demo`, `hf://datasets/ada/nums@v1/data/a.csv` |
/// | a web URL, with or without scheme | `https://huggingface.co/spaces/ada/demo`, `hf.co/ada/demo` |
/// | a page of a repository | `https://huggingface.co/ada/demo/blob/main/README.md` |
///
/// A web URL is on the endpoint's own host and below its path, or on `huggingface.co`, `hf.co` or
/// `hub-ci.huggingface.co`. Pages are `tree`, `blob`, `resolve`, `raw`, `blame`, `commit`, `commits` and `discussions`;
/// query, fragment and slashes too many are dropped. `hf://` URLs are taken as they stand, but for a
/// percent-encoded revision, and may hold `?` and `#` in the path. Where two readings are possible, `datasets/x` is the
/// dataset `x`, and `https://huggingface.co/x/tree` is the repository `x/tree`.
///
/// A path without a revision is on `main`. `Display` gives the web URL of what is named. Text is
/// read back for the public Hub only: for another endpoint use [`RepoUrl::parse_with_endpoint`].
/// Python: `RepoUrl`.
///
/// ```
/// use hub_types::{RepoType, RepoUrl};
/// let url: RepoUrl = "hf://datasets/ada/nums@v1/a.csv".parse()?;
/// assert_eq!((url.repo_type(), url.repo_id().as_str()), (RepoType::Dataset, "ada/nums"));
/// assert_eq!(url.to_string(), "https://huggingface.co/datasets/ada/nums/tree/v1/a.csv");
/// # Ok::<(), hub_types::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RepoUrl {
    endpoint: String,
    place: Place,
}

/// What a URL names, wherever the endpoint is.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    repo: RepoRef,
    revision: Option<Revision>,
    path: Option<SafeRelPath>,
    page: Page,
}

/// Which page shows the path: the Hub has one for files and one for folders.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Page {
    Tree,
    Blob,
}

impl RepoUrl {
    /// The public Hub, where URLs without a host belong.
    pub const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

    /// Names a repository at an endpoint.
    ///
    /// # Errors
    /// When the endpoint is not an `http` or `https` URL, or has a user name, a query or a fragment.
    pub fn new(endpoint: &str, repo: RepoRef) -> Result<Self, ParseError> {
        let endpoint = Endpoint::parse(endpoint)?.text;
        Ok(Self { endpoint, place: Place { repo, revision: None, path: None, page: Page::Tree } })
    }

    /// Reads a URL in any spelling, for the public Hub ([`RepoUrl::DEFAULT_ENDPOINT`]).
    ///
    /// # Errors
    /// As for [`RepoUrl::parse_with_endpoint`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with_endpoint(text, Self::DEFAULT_ENDPOINT)
    }

    /// Reads a URL in any spelling, for the Hub at `endpoint`, such as `http://box:8080/hub`.
    ///
    /// # Errors
    /// When the URL is on another host, names no repository or more than one, or a part of it breaks its own rules;
    /// and as for [`RepoUrl::new`].
    pub fn parse_with_endpoint(text: &str, endpoint: &str) -> Result<Self, ParseError> {
        Ok(Self::read(text, &Endpoint::parse(endpoint)?)?.0)
    }

    /// As [`RepoUrl::parse_with_endpoint`], without the URLs of the public Hub where the endpoint is another one.
    pub(crate) fn parse_own(text: &str, endpoint: &str) -> Result<Self, ParseError> {
        let endpoint = Endpoint::parse(endpoint)?;
        let (url, hub) = Self::read(text, &endpoint)?;
        match hub {
            Hub::Own => Ok(url),
            Hub::Public => {
                let endpoint = endpoint.text;
                let reason = format!(
                    "it is on another host than the endpoint {endpoint}; what it names there begins with hf://"
                );
                Err(ParseError::new(WHAT, printable(text), reason))
            }
        }
    }

    /// Reads a URL in any spelling, and says of which Hub it is.
    fn read(text: &str, endpoint: &Endpoint) -> Result<(Self, Hub), ParseError> {
        let web = |(path, hub)| web_url(path).map(|place| (place, hub));
        let place = match scheme(text) {
            Some((scheme, rest)) => match scheme.as_str() {
                "hf" => hub_url(rest).map(|place| (place, Hub::Own)),
                "http" | "https" => endpoint.path_of(&scheme, rest).and_then(web),
                _ => Err("it must start with https://, http:// or hf://, or be an id".into()),
            },
            None => match endpoint.path_of("https", text) {
                Ok(found) => web(found),
                Err(_) => plain_id(text).map(|place| (place, Hub::Own)),
            },
        };
        match place {
            Ok((place, hub)) => Ok((Self { endpoint: endpoint.text.clone(), place }, hub)),
            Err(reason) => Err(ParseError::new(WHAT, printable(text), reason)),
        }
    }

    /// Whether a text has a scheme: `https://` and so on.
    pub(crate) fn has_scheme(text: &str) -> bool {
        scheme(text).is_some()
    }

    /// Whether a text without a scheme begins with a host that has URLs of repositories.
    pub(crate) fn begins_with_host(text: &str, endpoint: &str) -> bool {
        Endpoint::parse(endpoint).is_ok_and(|endpoint| endpoint.path_of("https", text).is_ok())
    }

    pub(crate) fn into_parts(self) -> (RepoRef, Option<Revision>, Option<SafeRelPath>) {
        (self.place.repo, self.place.revision, self.place.path)
    }

    /// The endpoint that the URL was read for, without a slash at the end and with its host in lower case.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The user or organisation, when the id names one.
    pub fn namespace(&self) -> Option<&str> {
        self.place.repo.id.namespace()
    }

    /// The id without its namespace.
    pub fn repo_name(&self) -> &str {
        self.place.repo.id.name()
    }

    /// `namespace/name`, or `name` alone.
    pub fn repo_id(&self) -> &RepoId {
        &self.place.repo.id
    }

    /// Model, dataset or Space; a model where the URL does not say.
    pub fn repo_type(&self) -> RepoType {
        self.place.repo.repo_type
    }

    /// Kind and id together.
    pub fn repo(&self) -> &RepoRef {
        &self.place.repo
    }

    /// The revision, when the URL names one or names a path (which is on `main` then).
    pub fn revision(&self) -> Option<&Revision> {
        self.place.revision.as_ref()
    }

    /// The file or folder, when the URL names one; percent-decoded.
    pub fn path(&self) -> Option<&str> {
        self.place.path.as_ref().map(SafeRelPath::as_str)
    }

    /// The web URL: the same as `to_string`.
    pub fn url(&self) -> String {
        self.to_string()
    }
}

/// The scheme of a URL in lower case, and what stands behind it. A `://` in its path begins none.
fn scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once("://").filter(|(scheme, _)| !scheme.contains('/'))?;
    Some((scheme.to_ascii_lowercase(), rest))
}

/// `ada/demo`, `datasets/ada/nums`: ids have no path behind them, so that a misspelt kind is not taken for a namespace.
fn plain_id(text: &str) -> Result<Place, String> {
    let segments: Vec<String> =
        text.strip_suffix('/').unwrap_or(text).split('/').map(str::to_owned).collect();
    let (kind, id) = split_kind(&segments, |_| false)?;
    match id {
        [name] => Place::new(kind, name.clone(), None, None, Page::Tree),
        [namespace, name] => Place::new(kind, format!("{namespace}/{name}"), None, None, Page::Tree),
        _ => {
            Err("it must be an id such as \"namespace/name\", after models/, datasets/ or spaces/ or not"
                .into())
        }
    }
}

/// What stands behind `hf://`: `[kind/]id[@revision][/path]`.
fn hub_url(rest: &str) -> Result<Place, String> {
    let segments: Vec<String> =
        rest.strip_suffix('/').unwrap_or(rest).split('/').map(str::to_owned).collect();
    if segments.iter().any(String::is_empty) {
        return Err("it has two slashes in a row, or names no repository".into());
    }
    let (kind, rest) = split_kind(&segments, |behind| behind.first().is_some_and(|name| name.contains('@')))?;
    let (namespace, name, behind) = match rest {
        [name, behind @ ..] if name.contains('@') => (None, name, behind),
        [namespace, name, behind @ ..] => (Some(namespace), name, behind),
        [name] => (None, name, &[][..]),
        [] => return Err("it names no repository".into()),
    };
    let (name, revision) = match name.split_once('@') {
        Some((name, first)) => {
            let mut at = vec![decode(first)?];
            at.extend(behind.iter().cloned());
            // The name of a branch or tag with slashes is percent-encoded here too.
            if let [refs, kind, name, ..] = at.as_mut_slice()
                && refs.as_str() == "refs"
                && matches!(kind.as_str(), "heads" | "tags")
            {
                *name = decode(name)?;
            }
            (name, at)
        }
        None => (name.as_str(), Vec::new()),
    };
    let (revision, path) =
        if revision.is_empty() { (None, behind.to_vec()) } else { split_revision(&revision) };
    let id = namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
    Place::new(kind, id, revision, join(&path), Page::Tree)
}

/// The path of a web URL: `/[kind/]id[/page/...]`.
fn web_url(path: &str) -> Result<Place, String> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let segments =
        path.split('/').filter(|part| !part.is_empty()).map(decode).collect::<Result<Vec<_>, _>>()?;
    let (kind, rest) = split_kind(&segments, |behind| behind.iter().take(2).any(|word| is_page(word)))?;
    let (id, page) = match rest {
        [namespace, name, page @ ..] if page.first().is_none_or(|word| is_page(word)) => {
            (format!("{namespace}/{name}"), page)
        }
        [name, page @ ..] if page.first().is_none_or(|word| is_page(word)) => (name.clone(), page),
        [_, _, other, ..] => return Err(format!("{other:?} is not a page of a repository")),
        _ => return Err("it names no repository".into()),
    };
    let (word, behind) = match page {
        [] => return Place::new(kind, id, None, None, Page::Tree),
        // What a pull request shows are the files of its branch.
        [word, number, ..] if word == "discussions" && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Place::new(kind, id, Some(format!("refs/pr/{number}")), None, Page::Tree);
        }
        [word, ..] if word == "discussions" => return Place::new(kind, id, None, None, Page::Tree),
        [word, behind @ ..] => (word.as_str(), behind),
    };
    if behind.is_empty() {
        return Place::new(kind, id, None, None, Page::Tree);
    }
    let (revision, path) = split_revision(behind);
    if word == "commit" && !path.is_empty() {
        return Err("there is text behind the commit".into());
    }
    let page = if FILE_PAGES.contains(&word) { Page::Blob } else { Page::Tree };
    Place::new(kind, id, revision, join(&path), page)
}

fn is_page(word: &str) -> bool {
    FOLDER_PAGES.contains(&word) || FILE_PAGES.contains(&word) || matches!(word, "commit" | "discussions")
}

/// Takes the kind off the front. A plural word always is one, because no user can have that name; a singular word is
/// one where a whole id follows, which `ends_id` denies if the first segments behind the word show that the id ends.
fn split_kind(
    segments: &[String],
    ends_id: impl Fn(&[String]) -> bool,
) -> Result<(RepoType, &[String]), String> {
    let [word, rest @ ..] = segments else { return Err("it names no repository".into()) };
    if RepoType::is_unsupported(word) && !rest.is_empty() {
        return Err(format!("repositories of the kind {word:?} are not supported"));
    }
    match RepoType::from_word(word) {
        Some(kind) if word == kind.plural() && rest.is_empty() => {
            Err(format!("it names {word}, but no repository"))
        }
        Some(kind) if word == kind.plural() || (rest.len() >= 2 && !ends_id(rest)) => Ok((kind, rest)),
        _ => Ok((RepoType::Model, segments)),
    }
}

/// Takes the revision off the front: one segment, or three for a full ref with bare slashes, as the JavaScript client and the
/// Python file system write them.
fn split_revision(segments: &[String]) -> (Option<String>, Vec<String>) {
    match segments {
        [refs, kind, name, path @ ..]
            if refs == "refs" && matches!(kind.as_str(), "pr" | "convert" | "heads" | "tags") =>
        {
            (Some(format!("refs/{kind}/{name}")), path.to_vec())
        }
        [revision, path @ ..] => (Some(revision.clone()), path.to_vec()),
        [] => (None, Vec::new()),
    }
}

fn join(path: &[String]) -> Option<String> {
    (!path.is_empty()).then(|| path.join("/"))
}

fn decode(segment: &str) -> Result<String, String> {
    match percent_decode_str(segment).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err("it has percent-encoded bytes that are not UTF-8".into()),
    }
}

impl Place {
    fn new(
        kind: RepoType,
        id: String,
        revision: Option<String>,
        path: Option<String>,
        page: Page,
    ) -> Result<Self, String> {
        let owner = id.split('/').next().unwrap_or_default();
        if RepoType::from_word(owner).is_some_and(|word| word.plural() == owner) {
            // The URL of a model of that name would be one of another kind.
            return Err(format!("{owner:?} is a kind of repositories and nobody's name"));
        }
        let repo = RepoRef::new(kind, id.parse::<RepoId>().map_err(|error| id_problem(&id, &error))?);
        let path =
            path.map(|path| path.parse::<SafeRelPath>()).transpose().map_err(|error| error.to_string())?;
        let revision =
            revision.map(|text| text.parse::<Revision>()).transpose().map_err(|error| error.to_string())?;
        let revision = revision.or_else(|| path.is_some().then(Revision::main));
        let page = if path.is_some() { page } else { Page::Tree };
        Ok(Self { repo, revision, path, page })
    }
}

fn id_problem(id: &str, error: &ParseError) -> String {
    let hint =
        if id.contains('@') { "; a revision is written hf://ID@REVISION or ID/tree/REVISION" } else { "" };
    format!("in the id, {}{hint}", error.reason())
}

impl fmt::Display for RepoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { repo, revision, path, page } = &self.place;
        write!(f, "{}{}", self.endpoint, repo.web_path())?;
        if let Some(revision) = revision {
            let page = match page {
                Page::Tree => "tree",
                Page::Blob => "blob",
            };
            write!(f, "/{page}/{}", revision.encoded())?;
        }
        match path {
            Some(path) => write!(f, "/{}", route::encode_path(path.as_str())),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for RepoUrl {
    /// As Python prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (endpoint, kind, id) = (&self.endpoint, self.repo_type(), self.repo_id());
        write!(f, "RepoUrl('{self}', endpoint='{endpoint}', repo_type='{kind}', repo_id='{id}')")
    }
}

impl FromStr for RepoUrl {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl Serialize for RepoUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RepoUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
