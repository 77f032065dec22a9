//! `GET /api/{models}/{id}/xet-{read|write}-token/{rev}`.

use http::{HeaderName, Response, StatusCode};
use hub_types::{
    Revision,
    lfs::{Action, BatchRef},
    route,
};
use hub_xet::wire::{ACCESS_TOKEN_HEADER, CAS_URL_HEADER, TOKEN_EXPIRATION_HEADER, XetToken};

use crate::{
    Body,
    api_error::{ApiError, header_text},
    context::{Context, Inner},
    respond,
    route::{cas, exceptions, rights::Access, xet_scope::XetScope},
    signed::{LIFETIME, now},
};

/// What clients send where there is no revision: a pull request is yet to be made.
const NO_REVISION: &str = "None";

/// Gives a token for the store. The official clients read it from the headers, or from the body.
pub(crate) async fn token(
    context: &Context,
    access: Access,
    write: bool,
    revision: Revision,
) -> Result<Response<Body>, ApiError> {
    if !context.hub().offers_xet {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "this Hub does not offer Xet: upload by LFS"));
    }
    let create_pr = write && context.query.flag("create_pr");
    let grants = Grants { context: context.clone(), access };
    let token = context
        .blocking(move |hub| {
            if !create_pr && revision.as_str() != NO_REVISION {
                hub.store.git(&grants.access.repo)?.resolve(revision.as_str())?;
            }
            if write {
                // Told at once, and not after everything was sent.
                hub.store.must_have_room(&grants.access.repo.repo, 1)?;
            }
            Ok(grants.token(hub, write, create_pr, &revision))
        })
        .await?;
    let mut response = respond::json(StatusCode::OK, &token);
    for (name, value) in headers(&token) {
        response.headers_mut().insert(HeaderName::from_static(name), header_text(&value));
    }
    Ok(response)
}

/// A token as headers.
fn headers(token: &XetToken) -> [(&'static str, String); 3] {
    [
        (CAS_URL_HEADER, token.cas_url.clone()),
        (ACCESS_TOKEN_HEADER, token.access_token.clone()),
        (TOKEN_EXPIRATION_HEADER, token.expires.to_string()),
    ]
}

/// Makes tokens for what a caller may do in a repository.
pub(crate) struct Grants {
    pub(crate) context: Context,
    pub(crate) access: Access,
}

impl Grants {
    /// How an LFS batch names an upload by Xet: where a token is had, and one as headers.
    pub(crate) fn upload_action(&self, hub: &Inner, reference: Option<&BatchRef>) -> Action {
        let named = reference.map(|reference| reference.name.as_str());
        let named = named.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
        let revision = named.and_then(|name| name.parse().ok()).unwrap_or_else(Revision::main);
        // Who asks may propose changes at least, and these are what it may upload for.
        let create_pr = exceptions::may_commit(&hub.store, &self.access, &revision, false).is_err();
        let query = if create_pr { "?create_pr=1" } else { "" };
        let path = route::repo(&self.access.repo.repo).xet_token(true, &revision);
        let mut action = Action::new(self.context.absolute(&format!("{path}{query}")));
        let token = self.token(hub, true, create_pr, &revision);
        action.header.extend(headers(&token).map(|(name, value)| (name.to_owned(), value)));
        action
    }

    /// A token for an hour, and not longer than that of the caller is good.
    pub(crate) fn token(&self, hub: &Inner, write: bool, create_pr: bool, revision: &Revision) -> XetToken {
        let lifetime = if self.context.expired_links { 0 } else { LIFETIME.as_secs() };
        let ends = self.access.caller.as_ref().and_then(|caller| caller.expires);
        let ends = ends.map_or(u64::MAX, |end| u64::try_from(end.as_second()).unwrap_or(0));
        let expires = ends.min(now() + lifetime);
        let scope = XetScope::new(&self.access, write, create_pr, revision, expires);
        XetToken {
            cas_url: self.context.absolute(&cas::base(hub.store.xet().instance())),
            access_token: scope.to_token(&hub.signer),
            expires,
        }
    }
}
