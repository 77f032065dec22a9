//! `GET /api/whoami-v2`.

use http::Response;
use hub_types::{AccessTokenInfo, AuthInfo, Extra, OrgMembership, WhoAmI};
use serde_json::json;

use super::{avatar_url, timestamp};
use crate::{
    Body,
    api_error::ApiError,
    respond,
    store::{Identity, Membership, OrgRole, TokenRole},
};

/// Says who the token belongs to.
pub(crate) fn whoami(caller: &Identity) -> Result<Response<Body>, ApiError> {
    respond::ok(&describe(caller))
}

fn describe(caller: &Identity) -> WhoAmI {
    let mut who = WhoAmI::user(&caller.user.name);
    // Python's `whoami` callers read `fullname` without asking whether it is there.
    who.fullname = Some(caller.user.fullname.clone().unwrap_or_else(|| caller.user.name.clone()));
    who.email = caller.user.email.clone();
    who.orgs = caller.orgs.iter().map(membership).collect();
    let role = match caller.role {
        TokenRole::Read => "read",
        // The Hub knows no more powerful kind of token.
        TokenRole::Write | TokenRole::Admin => "write",
    };
    let token = AccessTokenInfo::new(&caller.token_name, role)
        .extra(Extra::from_iter([("createdAt".to_owned(), json!(timestamp(caller.created_at)))]));
    let expires = caller.expires.map(|time| ("expiresAt".to_owned(), json!(timestamp(time))));
    who.auth = Some(AuthInfo::new("access_token").access_token(token).extra(Extra::from_iter(expires)));
    who.extra = Extra::from_iter([
        ("id".to_owned(), json!(format!("{:024x}", caller.user.key))),
        ("avatarUrl".to_owned(), json!(avatar_url(caller.user.key))),
        ("emailVerified".to_owned(), json!(caller.user.email.is_some())),
        ("isPro".to_owned(), json!(false)),
        ("canPay".to_owned(), json!(false)),
    ]);
    who
}

fn membership(membership: &Membership) -> OrgMembership {
    let Membership { org, role } = membership;
    let role = match role {
        OrgRole::Admin => "admin",
        OrgRole::Write => "write",
        OrgRole::Contributor => "contributor",
        OrgRole::Read => "read",
    };
    OrgMembership::new(&org.name)
        .fullname(org.fullname.clone().unwrap_or_else(|| org.name.clone()))
        .role_in_org(role.to_owned())
        .extra(Extra::from_iter([
            ("type".to_owned(), json!("org")),
            // Tokens of organisations are a thing of the past; old clients read the field.
            ("apiToken".to_owned(), json!("")),
            ("id".to_owned(), json!(format!("{:024x}", org.key))),
            ("avatarUrl".to_owned(), json!(avatar_url(org.key))),
        ]))
}
