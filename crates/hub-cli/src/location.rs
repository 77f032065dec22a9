//! Where files are: on the Hub, or on this machine.

use std::path::{Path, PathBuf};

use hub_api::{Error, HfUri, RepoRef, Revision};

use crate::{
    client::Session,
    failure::{Code, Failure},
};

/// A file or folder, as an argument names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    Hub(OnHub),
    Local(OnDisk),
}

/// A file or folder of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnHub {
    pub(crate) repo: RepoRef,
    pub(crate) revision: Option<Revision>,
    /// From the root of the repository, without slashes at its ends; the root is empty.
    pub(crate) path: String,
    /// Whether the address ends in `/`.
    pub(crate) has_slash: bool,
}

/// A file or folder of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnDisk {
    pub(crate) path: PathBuf,
    /// Whether the text ends in a separator.
    pub(crate) has_slash: bool,
}

impl Location {
    /// What a text names: an address for the Hub in use, or a path.
    pub(crate) fn read(session: &Session, text: &str) -> Result<Self, Failure> {
        Self::parse(text, &session.url())
    }

    fn parse(text: &str, endpoint: &str) -> Result<Self, Failure> {
        let ends_in = |separators: &[char]| text.ends_with(separators);
        let Some(uri) = HfUri::parse_if_address(text, endpoint).map_err(Error::from)? else {
            if text.is_empty() {
                return Err(Failure::new(Code::Usage, "an empty text names no file"));
            }
            let has_slash = if cfg!(windows) { ends_in(&['/', '\\']) } else { ends_in(&['/']) };
            return Ok(Self::Local(OnDisk { path: text.into(), has_slash }));
        };
        let path = uri.path().map(ToString::to_string).unwrap_or_default();
        let (repo, revision) = (uri.repo().clone(), uri.revision().cloned());
        Ok(Self::Hub(OnHub { repo, revision, path, has_slash: ends_in(&['/']) }))
    }
}

impl OnHub {
    /// Another file or folder of the same revision.
    pub(crate) fn with_path(&self, path: impl Into<String>) -> Self {
        Self { path: path.into(), has_slash: false, ..self.clone() }
    }

    /// What is called `name` in this folder.
    pub(crate) fn join(&self, name: &str) -> Self {
        match self.path.as_str() {
            "" => self.with_path(name),
            folder => self.with_path(format!("{folder}/{name}")),
        }
    }

    pub(crate) const fn is_root(&self) -> bool {
        self.path.is_empty()
    }

    /// The last part of the path, or the name of the repository.
    pub(crate) fn name(&self) -> &str {
        match self.path.as_str() {
            "" => self.repo.id.name(),
            path => path.rsplit('/').next().unwrap_or(path),
        }
    }

    /// The address. What a Hub calls a file may be no path that can be read back; it is shown all the same.
    pub(crate) fn address(&self) -> String {
        let repository = match HfUri::new(self.repo.clone()) {
            Ok(uri) => uri.with_revision(self.revision.clone()).to_string(),
            Err(_) => self.repo.id.to_string(),
        };
        if self.is_root() { repository } else { format!("{repository}/{}", self.path) }
    }
}

impl OnDisk {
    /// The last part of the path, where it has a name.
    pub(crate) fn name(&self) -> Result<String, Failure> {
        let whole = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        name_of(&whole).ok_or_else(|| {
            let text = format!("say the name that {} gets where it goes", self.path.display());
            Failure::new(Code::Usage, text)
        })
    }
}

/// The last part of a path.
pub(crate) fn name_of(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: &str = "http://box:8080";

    #[test]
    fn an_argument_is_an_address_or_a_path() {
        for (text, address, has_slash) in [
            ("hf://ada/base", "hf://models/ada/base", false),
            ("hf://datasets/ada/nums@v1/a/b/", "hf://datasets/ada/nums@v1/a/b", true),
            ("http://box:8080/ada/base/blob/main/a%20b", "hf://models/ada/base@main/a b", false),
        ] {
            let Location::Hub(found) = Location::parse(text, ENDPOINT).unwrap() else { panic!("{text}") };
            assert_eq!((found.address().as_str(), found.has_slash), (address, has_slash), "{text}");
        }
        for (text, has_slash) in [("a/b", false), ("./a/", true), ("/", true), ("ada/base", false)] {
            let Location::Local(found) = Location::parse(text, ENDPOINT).unwrap() else { panic!("{text}") };
            assert_eq!((found.path.as_path(), found.has_slash), (Path::new(text), has_slash));
        }
        for wrong in ["", "hf://ada", "https://huggingface.co/ada/base", "s3://bucket/x"] {
            assert!(Location::parse(wrong, ENDPOINT).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_place_has_a_name_and_places_below_it() {
        let Location::Hub(root) = Location::parse("hf://ada/base", ENDPOINT).unwrap() else { panic!() };
        assert_eq!((root.name(), root.is_root()), ("base", true));
        let file = root.join("a").join("b.txt");
        assert_eq!((file.path.as_str(), file.name()), ("a/b.txt", "b.txt"));
    }
}
