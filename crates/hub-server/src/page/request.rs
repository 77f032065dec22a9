//! A request for a page: who asks, and what every answer to it has.

use std::sync::Arc;

use askama::Template;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, HOST, LOCATION, ORIGIN, REFERRER_POLICY, VARY},
    request::Parts,
};

use super::{
    session,
    shell::{Shell, Viewer},
};
use crate::{
    Body,
    api_error::{ApiError, header_text},
    conditional::Validator,
    context::Context,
    respond,
    route::rights,
    store::Identity,
};

/// Nothing that a page shows may run as a script, be sent elsewhere, or show the page in a frame. Cards have pictures from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' https: data:; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A request for a page.
pub(super) struct Request {
    pub(super) context: Context,
    pub(super) parts: Parts,
    /// Who asks; set by [`identify`](Self::identify).
    pub(super) caller: Option<Arc<Identity>>,
}

impl Request {
    pub(super) fn new(context: Context, parts: Parts) -> Self {
        Self { context, parts, caller: None }
    }

    /// Finds out who asks. A session that is over is none, and was left out before.
    pub(super) async fn identify(&mut self) -> Result<(), ApiError> {
        let headers = self.parts.headers.clone();
        let caller = self.context.blocking(move |hub| rights::identify(&hub.store, &headers)).await?;
        self.caller = caller.map(Arc::new);
        Ok(())
    }

    /// Who looks at a page that is for those who have signed in.
    ///
    /// # Errors
    /// 401.
    pub(super) fn viewer(&self) -> Result<&Identity, ApiError> {
        self.caller.as_deref().ok_or_else(ApiError::sign_in)
    }

    /// What the layout of a page needs.
    pub(super) fn shell(&self, title: impl Into<String>) -> Shell {
        let viewer = self.caller.as_ref().map(|caller| Viewer { name: caller.user.name.clone() });
        let back = self.parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Shell {
            title: title.into(),
            viewer,
            form_token: self.form_token(),
            back,
            host: self.context.host().to_owned(),
        }
    }

    /// What the forms of a page carry, so that a page of somebody else cannot send them.
    pub(super) fn form_token(&self) -> String {
        session::form_token(&self.context.hub().signer, &self.parts)
    }

    /// A page, or 304 where the browser has it.
    pub(super) fn html(&self, page: &impl Template) -> Result<Response<Body>, ApiError> {
        self.html_with(None, page)
    }

    /// A page with a status of its own; without one as [`html`](Self::html).
    pub(super) fn html_with(
        &self,
        status: impl Into<Option<StatusCode>>,
        page: &impl Template,
    ) -> Result<Response<Body>, ApiError> {
        let status = status.into().unwrap_or(StatusCode::OK);
        let text = page.render().map_err(|error| ApiError::internal(&error))?;
        let (tag, is_known) = Validator::of(&self.context, &self.parts).with(&text).tag();
        if is_known && status == StatusCode::OK {
            return Ok(tag.not_modified());
        }
        let response = respond::whole(status, "text/html; charset=utf-8", text);
        Ok(if status == StatusCode::OK { tag.on(response) } else { response })
    }

    /// Sends the browser to another page of this Hub, after a form: 303. The path begins with a slash.
    #[allow(clippy::unused_self)]
    pub(super) fn see(&self, path: &str) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert(LOCATION, header_text(path));
        response
    }

    /// Refuses a form that a page of another site sends. Browsers say where a form comes from, and let no page write it.
    pub(super) fn must_be_of_this_site(&self) -> Result<(), ApiError> {
        let text = |name| self.parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let is_own = match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
            (Some(site), _) => site == "same-origin",
            (None, Some(origin)) if origin == &*self.context.base => true,
            (None, Some(origin)) => {
                let asked = text(HOST.as_str()).or(self.parts.uri.authority().map(|it| it.as_str()));
                is_of_host(origin, asked, self.context.base.starts_with("https://"))
            }
            (None, None) => false,
        };
        if is_own {
            return Ok(());
        }
        Err(ApiError::forbidden("This form was sent by a page of another site: nothing was changed"))
    }
}

/// Whether an origin is the host that was asked. A page that came without TLS may be anybody's, and is none of a hub that has it.
fn is_of_host(origin: &str, asked: Option<&str>, is_secure: bool) -> bool {
    let Some((scheme, host)) = origin.split_once("://") else { return false };
    asked == Some(host) && !host.is_empty() && (scheme == "https" || (scheme == "http" && !is_secure))
}

/// Adds what every answer to a browser has.
pub(super) fn with_headers(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    let fixed = HeaderValue::from_static;
    headers.insert("content-security-policy", fixed(POLICY));
    headers.insert("x-content-type-options", fixed("nosniff"));
    headers.insert("x-frame-options", fixed("DENY"));
    headers.insert("cross-origin-opener-policy", fixed("same-origin"));
    headers.insert(REFERRER_POLICY, fixed("same-origin"));
    headers.insert(VARY, fixed("accept, cookie"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, fixed("private, no-cache"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::is_of_host;

    #[test]
    fn an_origin_is_this_host_over_a_connection_that_is_as_safe() {
        let asked = Some("hub.example:8080");
        assert!(is_of_host("http://hub.example:8080", asked, false));
        assert!(is_of_host("https://hub.example:8080", asked, false), "behind a proxy that has TLS");
        assert!(is_of_host("https://hub.example:8080", asked, true));
        assert!(!is_of_host("http://hub.example:8080", asked, true));
        for other in
            ["null", "", "http://", "http://hub.example", "http://hub.example:8081", "ftp://hub.example:8080"]
        {
            assert!(!is_of_host(other, asked, false), "{other}");
        }
        assert!(!is_of_host("http://", Some(""), false) && !is_of_host("http://hub.example", None, false));
    }
}
