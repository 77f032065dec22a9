//! Seed files: accounts that a hub begins with, in TOML.
//!
//! ```toml
//! [[user]]
//! name = "ada"
//! fullname = "Ada L."
//! email = "ada@example.org"
//! tokens = [{ name = "laptop", token = "hf_ada_write", role = "write" }]
//! orgs = [{ name = "analytical", role = "admin" }]
//!
//! [[org]]
//! name = "analytical"
//! fullname = "Analytical Engines"
//!
//! [tags]
//! models = "models-tags.json"
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::Deserialize;

use crate::{
    OpenError, OrgRole, TokenRole,
    store::{Store, StoreError},
};

/// The accounts of a seed file. Applying it again changes nothing.
///
/// Token roles are `read`, `write` and `admin`; roles in organisations `admin`, `write`, `contributor` and `read`. An
/// organisation that a user belongs to need not be named on its own. Keys that are not known are mistakes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    #[serde(default, rename = "user")]
    pub(crate) users: Vec<SeedUser>,
    #[serde(default, rename = "org")]
    pub(crate) orgs: Vec<SeedOrg>,
    /// The files that the tag listings serve.
    #[serde(default)]
    pub tags: TagFiles,
}

/// The files behind the listings of tags and metrics, as the seed file names them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TagFiles {
    /// What `models-tags-by-type` serves, in JSON.
    pub models: Option<PathBuf>,
    /// What `datasets-tags-by-type` serves, in JSON.
    pub datasets: Option<PathBuf>,
    /// What `metrics` serves, in JSON.
    pub metrics: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedUser {
    pub(crate) name: String,
    pub(crate) fullname: Option<String>,
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) tokens: Vec<SeedToken>,
    #[serde(default)]
    pub(crate) orgs: Vec<SeedRole>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedToken {
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) role: TokenRole,
}

impl std::fmt::Debug for SeedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeedToken")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedRole {
    pub(crate) name: String,
    pub(crate) role: OrgRole,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedOrg {
    pub(crate) name: String,
    pub(crate) fullname: Option<String>,
}

impl SeedUser {
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), fullname: None, email: None, tokens: Vec::new(), orgs: Vec::new() }
    }
}

impl Seed {
    /// Reads a seed file. The files that it names are relative to its folder.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML, or has a key or role that is not known.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error| OpenError::io("read", path, error))?;
        let mut seed = Self::parse(&text, &path.display().to_string())?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for file in [&mut seed.tags.models, &mut seed.tags.datasets, &mut seed.tags.metrics] {
            *file = file.take().map(|file| folder.join(file));
        }
        Ok(seed)
    }

    fn parse(text: &str, origin: &str) -> Result<Self, OpenError> {
        toml::from_str(text).map_err(|error| {
            // The rendered error quotes the line, which may hold a token: only its message and place are kept.
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let message = error.message().replace('\n', " ");
            OpenError::Seed { origin: origin.to_owned(), reason: format!("line {line}: {message}") }
        })
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.users.extend(other.users);
        self.orgs.extend(other.orgs);
        self.tags.models = other.tags.models.or(self.tags.models.take());
        self.tags.datasets = other.tags.datasets.or(self.tags.datasets.take());
        self.tags.metrics = other.tags.metrics.or(self.tags.metrics.take());
    }

    pub(crate) fn apply(&self, store: &Store) -> Result<(), StoreError> {
        for org in &self.orgs {
            store.add_org(&org.name, org.fullname.as_deref())?;
        }
        for user in &self.users {
            store.add_user(&user.name, user.fullname.as_deref(), user.email.as_deref())?;
            for token in &user.tokens {
                store.add_token(&user.name, &token.name, &token.token, token.role, None)?;
            }
            for SeedRole { name, role } in &user.orgs {
                store.add_org(name, None)?;
                store.add_member(name, &user.name, *role)?;
            }
        }
        Ok(())
    }
}

impl FromStr for Seed {
    type Err = OpenError;

    fn from_str(text: &str) -> Result<Self, OpenError> {
        Self::parse(text, "text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_with_their_line_and_without_the_token() {
        let cases = [
            ("[[user]]\nname = \"ada\"\nage = 3\n", "line 3"),
            (
                "[[user]]\nname = \"ada\"\n\ntokens = [{ name = \"a\", token = \"hf_secret\", role = \"king\" }]\n",
                "line 4",
            ),
            ("[[user]]\nfullname = \"Ada\"\n", "name"),
        ];
        for (text, expected) in cases {
            let error = text.parse::<Seed>().unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("hf_secret"), "{error}");
        }
    }

    #[test]
    fn tag_files_are_read() {
        let seed: Seed = "[tags]\nmodels = \"models-tags.json\"\n".parse().unwrap();
        assert_eq!(seed.tags.models, Some(PathBuf::from("models-tags.json")));
        assert_eq!(seed.tags.metrics, None);
    }
}
