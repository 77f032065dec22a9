//! Who a token belongs to.

use serde::{Deserialize, Serialize};

use crate::Extra;

/// The owner of a token. Python: the dictionary that `whoami` returns. Endpoint: `GET /api/whoami-v2`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WhoAmI {
    /// `user`, `org` or `app`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Account name: the namespace of its repositories.
    pub name: String,
    /// Name in full.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub fullname: Option<String>,
    /// E-mail address, when the token may see it.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Organisations that the account belongs to.
    #[serde(default, deserialize_with = "crate::lenient::list")]
    pub orgs: Vec<OrgMembership>,
    /// What the token may do.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub auth: Option<AuthInfo>,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl WhoAmI {
    /// Describes a user.
    pub fn user(name: impl Into<String>) -> Self {
        Self {
            kind: "user".to_owned(),
            name: name.into(),
            fullname: None,
            email: None,
            orgs: Vec::new(),
            auth: None,
            extra: Extra::new(),
        }
    }
}

/// An organisation of a [`WhoAmI`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgMembership {
    /// Account name of the organisation.
    pub name: String,
    /// Name in full.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub fullname: Option<String>,
    /// `admin`, `write`, `contributor` or `read`.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub role_in_org: Option<String>,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How the caller is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthInfo {
    /// `access_token` and others.
    #[serde(rename = "type")]
    pub kind: String,
    /// The token, without its text.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub access_token: Option<AccessTokenInfo>,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A token, without its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessTokenInfo {
    /// The name that its owner gave it.
    pub display_name: String,
    /// `read`, `write`, `fineGrained` and others.
    pub role: String,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}
