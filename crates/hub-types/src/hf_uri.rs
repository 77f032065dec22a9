//! [`HfUri`]: the address of a repository, or of a file or folder in it.

use std::{fmt, str::FromStr};

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{ParseError, RepoId, RepoRef, RepoType, RepoUrl, Revision, SafeRelPath};

const WHAT: &str = "address";
const SCHEME: &str = "hf://";
/// Bytes of the longest address that is read: room for the longest revision, percent-encoded, and the longest path.
const LONGEST: usize = 8 * 1024;
/// Bytes of a text that is too long that its error keeps.
const KEPT: usize = 120;

/// The address of a repository, or of a file or folder in it: `hf://[TYPE/]NAMESPACE/NAME[@REVISION][/PATH]`.
///
/// | part | what it is | example |
/// |---|---|---|
/// | `TYPE` | `models` unless said, `datasets` or `spaces`: always in the plural | `hf://datasets/ada/nums` |
/// | `NAMESPACE/NAME` | the whole id; a name alone is refused, because `hf://a/b` would have two readings | `hf://ada/demo` |
/// | `REVISION` | up to the next `/`, percent-encoded; `refs/heads/WORD`, `refs/tags/WORD`, `refs/pr/N` and `refs/convert/WORD` stand as they are | `hf://ada/demo@v1`, `@feature%2Fone`, `@refs/pr/1` |
/// | `PATH` | as it is, not percent-encoded, without empty parts; a `/` at its end is dropped | `hf://ada/demo/a/b.txt` |
///
/// An `@` counts in the id alone: `hf://ada/demo/x@1.txt` names the file `x@1.txt`. At most 8 KiB are read. The URL of a page
/// of the Hub, as a browser shows it, is read too: see [`HfUri::parse_with_endpoint`]. `Display` writes the type always.
/// Python: `HfUri`, `parse_hf_uri`.
///
/// ```
/// use hub_types::{HfUri, RepoType};
/// let uri: HfUri = "hf://datasets/ada/nums@refs/convert/parquet/default/train/0000.parquet".parse()?;
/// assert_eq!((uri.repo_type(), uri.repo_id().as_str()), (RepoType::Dataset, "ada/nums"));
/// assert_eq!(uri.revision().map(|revision| revision.as_str()), Some("refs/convert/parquet"));
/// assert_eq!(uri.path().map(|path| path.as_str()), Some("default/train/0000.parquet"));
///
/// let page: HfUri = "https://huggingface.co/ada/demo/blob/main/a%20b.txt".parse()?;
/// assert_eq!(page.to_string(), "hf://models/ada/demo@main/a b.txt");
/// # Ok::<(), hub_types::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HfUri {
    repo: RepoRef,
    revision: Option<Revision>,
    path: Option<SafeRelPath>,
}

impl HfUri {
    /// The address of a repository.
    ///
    /// # Errors
    /// When its id has no namespace.
    pub fn new(repo: RepoRef) -> Result<Self, ParseError> {
        if repo.id.namespace().is_none() {
            let id = repo.id.to_string();
            return Err(ParseError::new(WHAT, id, "it must name the repository whole, as NAMESPACE/NAME"));
        }
        Ok(Self { repo, revision: None, path: None })
    }

    /// The same address at a revision, or at none.
    #[must_use]
    pub fn with_revision(mut self, revision: impl Into<Option<Revision>>) -> Self {
        self.revision = revision.into();
        self
    }

    /// The same address of a file or folder, or of the whole repository.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<Option<SafeRelPath>>) -> Self {
        self.path = path.into();
        self
    }

    /// Reads an address for the public Hub ([`RepoUrl::DEFAULT_ENDPOINT`]).
    ///
    /// # Errors
    /// As for [`HfUri::parse_with_endpoint`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with_endpoint(text, RepoUrl::DEFAULT_ENDPOINT)
    }

    /// Reads an address for the Hub at `endpoint`: an `hf://` one, which every Hub has, or the URL of one of its pages:
    /// a repository, and `tree`, `blob`, `resolve`, `raw` or `blame` of a revision and a path in it.
    ///
    /// # Errors
    /// When it is neither, is longer than 8 KiB, is on another host than the endpoint, or a part of it breaks its own rules.
    pub fn parse_with_endpoint(text: &str, endpoint: &str) -> Result<Self, ParseError> {
        Self::parse_if_address(text, endpoint)?.ok_or_else(|| {
            let reason = "it must begin with hf://, or be the URL of a page of the Hub; a repository is hf://NAMESPACE/NAME";
            ParseError::new(WHAT, shortened(text), reason)
        })
    }

    /// Reads a text that may be something else, such as an id or a path of this machine: then it gives `None`. An address has a
    /// scheme, or begins with a host of the Hub and has two slashes or more, which no id has.
    ///
    /// ```
    /// use hub_types::HfUri;
    /// let read = |text| HfUri::parse_if_address(text, "http://box:8080");
    /// assert_eq!(read("ada/demo")?, None);
    /// assert_eq!(read("box:8080/ada/demo")?, Some("hf://ada/demo".parse()?));
    /// assert!(read("s3://bucket/demo").is_err());
    /// # Ok::<(), hub_types::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`HfUri::parse_with_endpoint`], for an address.
    pub fn parse_if_address(text: &str, endpoint: &str) -> Result<Option<Self>, ParseError> {
        let begins_with_host = || text.matches('/').count() >= 2 && RepoUrl::begins_with_host(text, endpoint);
        if !RepoUrl::has_scheme(text) && !begins_with_host() {
            return Ok(None);
        }
        if text.len() > LONGEST {
            return Err(ParseError::new(WHAT, shortened(text), format!("it is longer than {LONGEST} bytes")));
        }
        match without_scheme(text) {
            Some(rest) => hub_address(rest).map_err(|reason| ParseError::new(WHAT, text, reason)),
            None => RepoUrl::parse_own(text, endpoint)?.try_into(),
        }
        .map(Some)
    }

    /// The repository.
    pub const fn repo(&self) -> &RepoRef {
        &self.repo
    }

    /// Model, dataset or Space.
    pub const fn repo_type(&self) -> RepoType {
        self.repo.repo_type
    }

    /// `NAMESPACE/NAME`.
    pub const fn repo_id(&self) -> &RepoId {
        &self.repo.id
    }

    /// The revision, when the address names one.
    pub const fn revision(&self) -> Option<&Revision> {
        self.revision.as_ref()
    }

    /// The file or folder, when the address names one.
    pub const fn path(&self) -> Option<&SafeRelPath> {
        self.path.as_ref()
    }

    /// The revision of the address, or one that was said besides.
    ///
    /// # Errors
    /// When both are there and differ.
    pub fn agreed_revision(&self, other: Option<Revision>) -> Result<Option<Revision>, ParseError> {
        match (&self.revision, other) {
            (Some(own), Some(other)) if *own != other => {
                let reason = format!("it names the revision {own}, and {other} was asked for besides");
                Err(ParseError::new(WHAT, self.to_string(), reason))
            }
            (own, other) => Ok(own.clone().or(other)),
        }
    }

    /// That the repository is of the kind that was said besides.
    ///
    /// # Errors
    /// When it is of another.
    pub fn check_type(&self, said: RepoType) -> Result<(), ParseError> {
        if self.repo_type() == said {
            return Ok(());
        }
        let reason = format!("it names a {}, and a {said} was asked for", self.repo_type());
        Err(ParseError::new(WHAT, self.to_string(), reason))
    }
}

/// The text, or the beginning of a long one.
fn shortened(text: &str) -> String {
    if text.len() > LONGEST { text.chars().take(KEPT).collect() } else { text.to_owned() }
}

fn without_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(rest)
}

/// What stands behind `hf://`.
fn hub_address(rest: &str) -> Result<HfUri, String> {
    let segments: Vec<&str> = rest.strip_suffix('/').unwrap_or(rest).split('/').collect();
    if segments == [""] {
        return Err("it names no repository".into());
    }
    if segments.contains(&"") {
        return Err("it has two slashes in a row".into());
    }
    let (repo_type, segments) = split_type(&segments)?;
    let [namespace, name, behind @ ..] = segments else {
        return Err("it must name the repository whole, as NAMESPACE/NAME".into());
    };
    if namespace.contains('@') {
        return Err("it must name the repository whole, as NAMESPACE/NAME, before '@'".into());
    }
    let (name, revision, path) = match name.split_once('@') {
        None => (*name, None, behind),
        Some((name, first)) => {
            let (revision, path) = split_revision(first, behind)?;
            (name, Some(revision), path)
        }
    };
    let id = RepoId::new(namespace, name).map_err(|error| format!("in the id, {}", error.reason()))?;
    let part = |error: ParseError| format!("in the {}, {}", error.what(), error.reason());
    let revision = revision.map(|text| text.parse::<Revision>()).transpose().map_err(part)?;
    let path = (!path.is_empty()).then(|| path.join("/").parse::<SafeRelPath>()).transpose().map_err(part)?;
    Ok(HfUri { repo: RepoRef::new(repo_type, id), revision, path })
}

/// Takes the type off the front.
fn split_type<'a, 'b>(segments: &'a [&'b str]) -> Result<(RepoType, &'a [&'b str]), String> {
    let [first, rest @ ..] = segments else { return Err("it names no repository".into()) };
    if RepoType::is_unsupported(first) {
        return Err(format!(
            "what is below {first:?} is not supported: only models, datasets and spaces are"
        ));
    }
    match RepoType::from_word(first) {
        Some(kind) if kind.plural() == *first && rest.is_empty() => {
            Err(format!("it names {first}, but no repository"))
        }
        Some(kind) if kind.plural() == *first => Ok((kind, rest)),
        Some(kind) => Err(format!("the type is in the plural: write hf://{}/", kind.plural())),
        None => Ok((RepoType::Model, segments)),
    }
}

/// The revision that begins with the segment behind `@`, and the path behind it.
fn split_revision<'a, 'b>(first: &str, behind: &'a [&'b str]) -> Result<(String, &'a [&'b str]), String> {
    if first.is_empty() {
        return Err("there is no revision behind '@'".into());
    }
    let decode = |segment: &str| match percent_decode_str(segment).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err("the revision has percent-encoded bytes that are not UTF-8".to_owned()),
    };
    match (first, behind) {
        // The name of a branch or tag with slashes is percent-encoded here too.
        ("refs", [kind @ ("heads" | "tags"), name, path @ ..]) => {
            Ok((format!("refs/{kind}/{}", decode(name)?), path))
        }
        ("refs", [kind, name, path @ ..]) if is_special(&format!("refs/{kind}/{name}")) => {
            Ok((format!("refs/{kind}/{name}"), path))
        }
        _ => Ok((decode(first)?, behind)),
    }
}

/// Whether a revision stands in an address with its slashes.
fn is_special(revision: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
    };
    match revision.strip_prefix("refs/").and_then(|rest| rest.split_once('/')) {
        Some(("pr", number)) => !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()),
        Some(("convert" | "heads" | "tags", word)) => is_word(word),
        _ => false,
    }
}

impl fmt::Display for HfUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.repo_type().plural(), self.repo_id())?;
        match self.revision.as_ref().map(Revision::as_str) {
            Some(revision) if is_special(revision) => write!(f, "@{revision}")?,
            // With its own letters, and a path such as `pr/1` behind it, it would be read as another.
            Some("refs") => f.write_str("@%72efs")?,
            Some(revision) => write!(f, "@{}", revision.replace('%', "%25").replace('/', "%2F"))?,
            None => {}
        }
        match &self.path {
            Some(path) => write!(f, "/{path}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for HfUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HfUri({:?})", self.to_string())
    }
}

impl TryFrom<RepoUrl> for HfUri {
    type Error = ParseError;

    /// # Errors
    /// When the id has no namespace.
    fn try_from(url: RepoUrl) -> Result<Self, ParseError> {
        let (repo, revision, path) = url.into_parts();
        Ok(Self::new(repo)?.with_revision(revision).with_path(path))
    }
}

impl FromStr for HfUri {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl Serialize for HfUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HfUri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
