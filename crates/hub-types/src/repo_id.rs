//! Repository ids and the Hub's naming rules.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ParseError;

/// The name of a repository: `name` or `namespace/name`, checked against the Hub's rules.
///
/// * letters, digits, `_`, `-` and `.` of ASCII; at most one `/`;
/// * neither part starts or ends with `-` or `.`;
/// * the name has 1 to 96 characters;
/// * no `--` and no `..` anywhere; the id does not end in `.git`.
///
/// Upper and lower case are kept: the server decides whether they matter. Python: `validate_repo_id`.
///
/// ```
/// use hub_types::RepoId;
/// let id: RepoId = "ada/demo".parse()?;
/// assert_eq!((id.namespace(), id.name()), (Some("ada"), "demo"));
/// assert!("ada/demo.git".parse::<RepoId>().is_err());
/// # Ok::<(), hub_types::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepoId {
    text: String,
}

const WHAT: &str = "repository id";
/// The longest name part, in characters.
pub const MAX_NAME_LENGTH: usize = 96;

impl RepoId {
    /// Joins a namespace and a name.
    ///
    /// # Errors
    /// When the result breaks one of the naming rules.
    pub fn new(namespace: &str, name: &str) -> Result<Self, ParseError> {
        format!("{namespace}/{name}").parse()
    }

    /// The user or organisation, when the id names one.
    pub fn namespace(&self) -> Option<&str> {
        self.text.split_once('/').map(|(namespace, _)| namespace)
    }

    /// The part after the slash, or the whole id.
    pub fn name(&self) -> &str {
        self.text.split_once('/').map_or(self.text.as_str(), |(_, name)| name)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Says why `part` cannot be a namespace or a repository name, if it cannot.
fn refusal(part: &str, role: &str) -> Option<String> {
    if part.is_empty() {
        return Some(format!("the {role} is empty"));
    }
    if let Some(found) = part.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))) {
        return Some(format!("{:?} is not allowed, only letters, digits, '_', '-' and '.'", found));
    }
    if part.starts_with(['-', '.']) || part.ends_with(['-', '.']) {
        return Some(format!("the {role} must not start or end with '-' or '.'"));
    }
    None
}

impl FromStr for RepoId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let fail = |reason: String| Err(ParseError::new(WHAT, text, reason));
        let (namespace, name) = match text.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, text),
        };
        if name.contains('/') {
            return fail("it must be \"name\" or \"namespace/name\"".into());
        }
        if let Some(reason) = namespace.and_then(|part| refusal(part, "namespace")) {
            return fail(reason);
        }
        if let Some(reason) = refusal(name, "name") {
            return fail(reason);
        }
        if name.len() > MAX_NAME_LENGTH {
            return fail(format!(
                "the name has {} characters, at most {MAX_NAME_LENGTH} are allowed",
                name.len()
            ));
        }
        if text.contains("--") || text.contains("..") {
            return fail("\"--\" and \"..\" are not allowed".into());
        }
        if text.ends_with(".git") {
            return fail("it must not end with \".git\"".into());
        }
        Ok(Self { text: text.to_owned() })
    }
}

impl TryFrom<&str> for RepoId {
    type Error = ParseError;

    fn try_from(text: &str) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl TryFrom<String> for RepoId {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<RepoId> for String {
    fn from(id: RepoId) -> Self {
        id.as_str().to_owned()
    }
}

impl AsRef<str> for RepoId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for RepoId {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == text
    }
}

impl PartialEq<&str> for RepoId {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == *text
    }
}

impl fmt::Display for RepoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for RepoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RepoId({:?})", self.text)
    }
}

impl Serialize for RepoId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for RepoId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_that_the_hub_takes_are_taken() {
        for id in ["7", "mini", "acme/mini", "Acme-Lab_x/mini.v2", "_a/b_", &"x".repeat(96)] {
            assert_eq!(id.parse::<RepoId>().unwrap().as_str(), id);
        }
    }

    #[test]
    fn ids_that_break_a_rule_are_refused_with_that_rule() {
        let cases = [
            ("datasets/acme/mini", "namespace/name"),
            (".mini", "start or end"),
            ("mini.", "start or end"),
            ("-mini", "start or end"),
            ("acme-/mini", "start or end"),
            ("mi--ni", "\"--\""),
            ("mi..ni", "\"..\""),
            ("mini.git", ".git"),
            ("", "empty"),
            ("/mini", "namespace is empty"),
            ("acme/", "name is empty"),
            ("acme/mi ni", "' ' is not allowed"),
            ("acme/mïni", "'ï' is not allowed"),
            (&"x".repeat(97), "97 characters"),
        ];
        for (id, reason) in cases {
            let error = id.parse::<RepoId>().unwrap_err();
            assert!(error.reason().contains(reason), "{id}: {error}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_keeps_the_text(text in ".{0,120}") {
            if let Ok(id) = text.parse::<RepoId>() {
                prop_assert_eq!(id.to_string(), text);
                prop_assert!(id.name().len() <= MAX_NAME_LENGTH && !id.name().is_empty());
            }
        }

        #[test]
        fn namespace_and_name_join_back(ns in "[a-z0-9]{1,12}", name in "[A-Za-z0-9_]{1,40}") {
            let id = RepoId::new(&ns, &name).unwrap();
            prop_assert_eq!((id.namespace(), id.name()), (Some(ns.as_str()), name.as_str()));
        }
    }
}
