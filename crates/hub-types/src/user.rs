//! Who a token belongs to.

use serde::{Deserialize, Serialize};

use crate::{Extra, setters::setters};

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
#[non_exhaustive]
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

impl OrgMembership {
    /// An organisation of which only the account name is known.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), fullname: None, role_in_org: None, extra: Extra::new() }
    }

    setters! {
        /// Name in full. Default unknown.
        fullname: Option<String>,
        /// `admin`, `write`, `contributor` or `read`. Default unknown.
        role_in_org: Option<String>,
        /// Fields that are not modelled. Default none.
        extra: Extra,
    }
}

/// How the caller is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
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

impl AuthInfo {
    /// A caller known by `kind`: `access_token` and others.
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), access_token: None, extra: Extra::new() }
    }

    setters! {
        /// The token, without its text. Default none.
        access_token: Option<AccessTokenInfo>,
        /// Fields that are not modelled. Default none.
        extra: Extra,
    }
}

/// A token, without its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccessTokenInfo {
    /// The name that its owner gave it.
    pub display_name: String,
    /// `read`, `write`, `fineGrained` and others.
    pub role: String,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl AccessTokenInfo {
    /// A token that its owner calls `display_name`.
    pub fn new(display_name: impl Into<String>, role: impl Into<String>) -> Self {
        Self { display_name: display_name.into(), role: role.into(), extra: Extra::new() }
    }

    setters! {
        /// Fields that are not modelled. Default none.
        extra: Extra,
    }
}
