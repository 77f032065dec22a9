//! What a failed response says about itself: the `X-Error-Code` header and the JSON body.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;

use crate::lenient;

/// Header that carries an [`ErrorCode`].
pub const X_ERROR_CODE: &str = "x-error-code";
/// Header that carries the human-readable reason of a failure.
pub const X_ERROR_MESSAGE: &str = "x-error-message";
/// Header that names the request for the people who run the server.
pub const X_REQUEST_ID: &str = "x-request-id";
/// Header with the full commit id that a revision resolved to.
pub const X_REPO_COMMIT: &str = "x-repo-commit";
/// Header with the etag of the real object when a file response is a redirect. For LFS files it is the sha256.
pub const X_LINKED_ETAG: &str = "x-linked-etag";
/// Header with the size in bytes of the real object when a file response is a redirect.
pub const X_LINKED_SIZE: &str = "x-linked-size";
/// The one significant value of [`X_ERROR_MESSAGE`]: the repository was disabled by the Hub.
pub const DISABLED_MESSAGE: &str = "Access to this resource is disabled.";
/// The value of [`X_ERROR_MESSAGE`] when the token itself was refused.
pub const INVALID_CREDENTIALS_MESSAGE: &str = "Invalid credentials in Authorization header";

/// The machine-readable reason of a failed response, from the `X-Error-Code` header.
///
/// Codes that this version does not know are kept as [`ErrorCode::Other`]. Made from text with `From<&str>`,
/// which prefers the known spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// No such repository, or none that the caller may see.
    RepoNotFound,
    /// The repository has no such branch, tag or commit.
    RevisionNotFound,
    /// The revision has no such file or folder.
    EntryNotFound,
    /// The repository asks for an access request that was not granted.
    GatedRepo,
    /// A code that this version does not know.
    Other(String),
}

impl ErrorCode {
    /// The code as it stands in the header.
    pub fn as_str(&self) -> &str {
        match self {
            Self::RepoNotFound => "RepoNotFound",
            Self::RevisionNotFound => "RevisionNotFound",
            Self::EntryNotFound => "EntryNotFound",
            Self::GatedRepo => "GatedRepo",
            Self::Other(code) => code,
        }
    }
}

impl From<&str> for ErrorCode {
    fn from(code: &str) -> Self {
        match code {
            "RepoNotFound" => Self::RepoNotFound,
            "RevisionNotFound" => Self::RevisionNotFound,
            "EntryNotFound" => Self::EntryNotFound,
            "GatedRepo" => Self::GatedRepo,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The JSON body of a failed response. Every field may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorBody {
    /// The reason: a text, or several. Of an object its `message`.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Option::is_none")]
    pub error: Option<OneOrMany>,
    /// More about `error`, as OAuth endpoints send it.
    #[serde(default, deserialize_with = "text", skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// Reasons one by one, as validating endpoints send them.
    #[serde(default, deserialize_with = "items", skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorItem>,
    /// The repository that is in the way, when `repos/create` answers 409.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Whatever names a reason, as text: a text, or an object with one. Numbers and the like are taken as they are written.
pub(crate) fn reason(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => ["message", "error", "detail", "description"]
            .iter()
            .find_map(|name| fields.get(*name).and_then(Value::as_str).map(str::to_owned))
            .or_else(|| Some(value.to_string())),
        other => Some(other.to_string()),
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OneOrMany>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(values) => Some(OneOrMany::Many(values.iter().filter_map(reason).collect())),
        value => reason(&value).map(OneOrMany::One),
    })
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(reason(&Value::deserialize(deserializer)?))
}

fn items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ErrorItem>, D::Error> {
    let values = match Value::deserialize(deserializer)? {
        Value::Array(values) => values,
        value => vec![value],
    };
    Ok(values.iter().filter_map(reason).map(ErrorItem::new).collect())
}

/// One text or a list of texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// A single text.
    One(String),
    /// Several texts.
    Many(Vec<String>),
}

/// One entry of [`ErrorBody::errors`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ErrorItem {
    /// What is wrong.
    pub message: String,
}

impl ErrorItem {
    /// One reason.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl<'de> Deserialize<'de> for ErrorItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let message = reason(&value).ok_or_else(|| D::Error::custom("a reason must not be null"))?;
        Ok(Self { message })
    }
}

impl ErrorBody {
    /// A body with one reason.
    pub fn new(message: impl Into<String>) -> Self {
        Self { error: Some(OneOrMany::One(message.into())), ..Self::default() }
    }

    /// All reasons joined by newlines, without repetitions; `None` when the body names none.
    pub fn message(&self) -> Option<String> {
        let mut lines: Vec<String> = Vec::new();
        match &self.error {
            Some(OneOrMany::One(text)) => match &self.error_description {
                Some(more) => lines.push(format!("{text}: {more}")),
                None => lines.push(text.clone()),
            },
            Some(OneOrMany::Many(texts)) => lines.extend(texts.iter().cloned()),
            None => lines.extend(self.error_description.clone()),
        }
        lines.extend(self.errors.iter().map(|item| item.message.clone()));
        let mut kept: Vec<String> = Vec::new();
        for line in lines {
            if !line.is_empty() && !kept.contains(&line) {
                kept.push(line);
            }
        }
        (!kept.is_empty()).then(|| kept.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_keeps_its_spelling() {
        for code in ["RepoNotFound", "RevisionNotFound", "EntryNotFound", "GatedRepo", "SomethingNew"] {
            assert_eq!(ErrorCode::from(code).as_str(), code);
        }
        assert_eq!(ErrorCode::from("RepoNotFound"), ErrorCode::RepoNotFound);
    }

    #[test]
    fn the_message_joins_all_reasons_once() {
        let cases = [
            (r#"{"error":"no"}"#, Some("no")),
            (r#"{"error":["a","b","a"]}"#, Some("a\nb")),
            (r#"{"error":"a","error_description":"b"}"#, Some("a: b")),
            (r#"{"errors":[{"message":"x"},{"message":"y"}]}"#, Some("x\ny")),
            (r#"{"unknown":1}"#, None),
            (r#"{"error":"no","errors":null}"#, Some("no")),
            (r#"{"error":{"message":"no","code":7}}"#, Some("no")),
            (r#"{"error":{"code":7}}"#, Some(r#"{"code":7}"#)),
            (r#"{"error":[{"message":"a"},"b",null,3]}"#, Some("a\nb\n3")),
            (r#"{"error":null,"errors":["x",{"message":"y"},null]}"#, Some("x\ny")),
            (r#"{"errors":"x"}"#, Some("x")),
            (r#"{"error":7,"error_description":false}"#, Some("7: false")),
        ];
        for (json, expected) in cases {
            let body: ErrorBody = serde_json::from_str(json).unwrap();
            assert_eq!(body.message().as_deref(), expected, "{json}");
        }
    }
}
