//! How methods take a repository.

use std::borrow::Cow;

use hub_types::{HfUri, RepoId, RepoRef, RepoType, RepoUrl, Revision};

use crate::{Error, HfApi, Mode};

/// A repository as a caller names it: checked when the call runs.
///
/// Made from `"name"`, `"namespace/name"`, a [`RepoId`], a [`RepoRef`], a [`RepoUrl`] or a [`HfUri`], or from the text of an
/// address: `"hf://datasets/ada/nums@v1/a.csv"`, or the URL of a page of the Hub. The kind is a model unless the value says
/// otherwise or [`repo_type`](crate::Call::repo_type) is called.
///
/// What an address names besides the repository counts: its revision is that of the call, and its path the file or folder, where the
/// method takes one; the argument for it is `""` then. A call that is told another revision, kind or path besides fails, and so
/// does one about the repository alone for an address of a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoArg {
    /// An id or an address.
    text: String,
    repo_type: Option<RepoType>,
    /// The Hub that the client talks to, where web URLs of the argument must belong.
    endpoint: Option<String>,
}

impl RepoArg {
    fn of(text: String, repo_type: Option<RepoType>) -> Self {
        Self { text, repo_type, endpoint: None }
    }

    pub(crate) fn set_type(&mut self, repo_type: RepoType) {
        self.repo_type = Some(repo_type);
    }

    /// The same argument of a client of this Hub.
    pub(crate) fn on(mut self, endpoint: impl FnOnce() -> Option<String>) -> Self {
        if self.may_be_url() {
            self.endpoint = endpoint();
        }
        self
    }

    /// Whether it is more than an id.
    fn may_be_url(&self) -> bool {
        self.text.matches('/').nth(1).is_some()
    }

    /// What it names, if it is an address.
    fn address(&self) -> Result<Option<HfUri>, Error> {
        let endpoint = self.endpoint.as_deref().unwrap_or(RepoUrl::DEFAULT_ENDPOINT);
        let uri = HfUri::parse_if_address(&self.text, endpoint)?;
        if let (Some(uri), Some(said)) = (&uri, self.repo_type) {
            uri.check_type(said)?;
        }
        Ok(uri)
    }

    fn id(&self) -> Result<RepoRef, Error> {
        Ok(RepoRef::new(self.repo_type.unwrap_or_default(), self.text.parse()?))
    }

    pub(crate) fn repo_type(&self) -> RepoType {
        let of_address = || Some(self.address().ok()??.repo_type());
        self.repo_type.or_else(of_address).unwrap_or_default()
    }

    /// The repository, if the id keeps the Hub's rules.
    pub(crate) fn get(&self) -> Result<RepoRef, Error> {
        let Some(uri) = self.address()? else { return self.id() };
        match (uri.revision(), uri.path()) {
            (None, None) => Ok(uri.repo().clone()),
            _ => Err(too_much(&uri, "a revision or a file in the repository", "the repository alone")),
        }
    }

    /// The repository, and the revision that it or the caller names, if any.
    pub(crate) fn at(&self, revision: Option<&str>) -> Result<(RepoRef, Option<Revision>), Error> {
        let revision = self::revision(revision)?;
        let Some(uri) = self.address()? else { return Ok((self.id()?, revision)) };
        if uri.path().is_some() {
            return Err(too_much(&uri, "a file or folder", "the repository as a whole"));
        }
        Ok((uri.repo().clone(), uri.agreed_revision(revision)?))
    }

    /// As [`RepoArg::at`]; no revision means `main`.
    pub(crate) fn at_or_main(&self, revision: Option<&str>) -> Result<(RepoRef, Revision), Error> {
        let (repo, revision) = self.at(revision)?;
        Ok((repo, revision.unwrap_or_default()))
    }

    /// The path that the address or the caller names; after that the argument names none.
    pub(crate) fn take_path(&mut self, given: String) -> Result<String, Error> {
        let Some(uri) = self.address()? else { return Ok(given) };
        let Some(path) = uri.path() else { return Ok(given) };
        let plain = given.trim_start_matches("./").trim_matches('/');
        if !matches!(plain, "" | ".") && plain != path.as_str() {
            let text =
                format!("{uri} names a path already, and {given:?} was given besides: say one of them");
            return Err(Error::setup(text));
        }
        let path = if plain.is_empty() || plain == "." { path.to_string() } else { given };
        self.text = uri.with_path(None).to_string();
        Ok(path)
    }

    /// As it reads in a sentence: `model ada/demo`.
    pub(crate) fn describe(&self) -> String {
        match self.address() {
            Ok(Some(uri)) => uri.repo().to_string(),
            _ => format!("{} {}", self.repo_type.unwrap_or_default(), self.text),
        }
    }
}

fn too_much(uri: &HfUri, what: &str, wanted: &str) -> Error {
    Error::setup(format!("{uri} names {what}, and this is about {wanted}"))
}

impl<M: Mode> HfApi<M> {
    /// A repository as a caller of this client names it.
    pub(crate) fn arg(&self, repo: impl Into<RepoArg>) -> RepoArg {
        repo.into().on(|| self.endpoint().ok())
    }
}

impl From<&str> for RepoArg {
    fn from(id: &str) -> Self {
        Self::of(id.to_owned(), None)
    }
}

impl From<String> for RepoArg {
    fn from(id: String) -> Self {
        Self::of(id, None)
    }
}

impl From<&String> for RepoArg {
    fn from(id: &String) -> Self {
        id.as_str().into()
    }
}

impl From<Cow<'_, str>> for RepoArg {
    fn from(id: Cow<'_, str>) -> Self {
        id.into_owned().into()
    }
}

impl From<RepoId> for RepoArg {
    fn from(id: RepoId) -> Self {
        id.as_str().into()
    }
}

impl From<&RepoId> for RepoArg {
    fn from(id: &RepoId) -> Self {
        id.as_str().into()
    }
}

impl From<RepoRef> for RepoArg {
    fn from(repo: RepoRef) -> Self {
        (&repo).into()
    }
}

impl From<&RepoRef> for RepoArg {
    fn from(repo: &RepoRef) -> Self {
        Self::of(repo.id.to_string(), Some(repo.repo_type))
    }
}

impl From<&RepoUrl> for RepoArg {
    fn from(url: &RepoUrl) -> Self {
        Self::of(url.repo_id().to_string(), Some(url.repo_type()))
    }
}

impl From<&HfUri> for RepoArg {
    fn from(uri: &HfUri) -> Self {
        Self::of(uri.to_string(), None)
    }
}

impl From<HfUri> for RepoArg {
    fn from(uri: HfUri) -> Self {
        (&uri).into()
    }
}

impl From<RepoUrl> for RepoArg {
    fn from(url: RepoUrl) -> Self {
        (&url).into()
    }
}

/// A revision as a caller names it; none means the default branch.
fn revision(text: Option<&str>) -> Result<Option<Revision>, Error> {
    Ok(text.map(str::parse).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: &str = "http://box:8080";

    fn arg(text: &str) -> RepoArg {
        RepoArg::from(text).on(|| Some(PRIVATE.to_owned()))
    }

    #[test]
    fn an_id_and_an_address_name_the_same_repository() {
        for text in ["ada/nums", "hf://ada/nums", "http://box:8080/ada/nums", "box:8080/ada/nums"] {
            let repo = arg(text).get().unwrap();
            assert_eq!(repo.to_string(), "model ada/nums", "{text}");
            assert_eq!(arg(text).describe(), "model ada/nums", "{text}");
        }
        assert_eq!(arg("hf://datasets/ada/nums").repo_type(), RepoType::Dataset);
    }

    #[test]
    fn the_revision_of_an_address_is_that_of_the_call() {
        let found = |text, said| arg(text).at(said).map(|(_, revision)| revision.map(String::from));
        assert_eq!(found("hf://ada/nums@v1", None).unwrap().as_deref(), Some("v1"));
        assert_eq!(found("hf://ada/nums", Some("v1")).unwrap().as_deref(), Some("v1"));
        assert_eq!(found("ada/nums", None).unwrap(), None);
        let error = found("hf://ada/nums@v1", Some("v2")).unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("the revision v1, and v2"), "{error}");
    }

    #[test]
    fn the_path_of_an_address_is_the_one_that_is_left_out() {
        let path = |text: &str, given: &str| {
            let mut arg = arg(text);
            let path = arg.take_path(given.to_owned())?;
            Ok::<_, Error>((path, arg.at(None)?.0.to_string()))
        };
        for (text, given, expected) in [
            ("hf://ada/nums/a/b", "", "a/b"),
            ("hf://ada/nums@main/a/b", "a/b", "a/b"),
            ("http://box:8080/ada/nums/blob/main/a%20b", "", "a b"),
            ("hf://ada/nums", "c", "c"),
            ("ada/nums", "c", "c"),
        ] {
            assert_eq!(
                path(text, given).unwrap(),
                (expected.to_owned(), "model ada/nums".to_owned()),
                "{text}"
            );
        }
        assert!(path("hf://ada/nums/a", "b").unwrap_err().to_string().contains("already"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut model = arg("hf://datasets/ada/nums");
        model.set_type(RepoType::Model);
        for (refused, reason) in [
            (model.get().unwrap_err(), "names a dataset"),
            (arg("hf://ada/nums@v1").get().unwrap_err(), "the repository alone"),
            (arg("hf://ada/nums/a").get().unwrap_err(), "the repository alone"),
            (arg("hf://ada/nums/a").at(None).unwrap_err(), "as a whole"),
            (arg("https://huggingface.co/ada/nums").get().unwrap_err(), "another host"),
            (arg("datasets/ada/nums").get().unwrap_err(), "namespace/name"),
        ] {
            assert!(refused.is_invalid_input() && refused.to_string().contains(reason), "{refused}");
        }
    }
}
