//! A request for a page: who asks, and what every answer to it has.

use std::sync::{Arc, OnceLock};

use askama::Template;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, VARY},
    request::Parts,
};
use hub_types::query::Query;

use super::{
    session,
    shell::{Shell, Viewer},
};
use crate::{
    Body,
    api_error::{ApiError, header_text},
    browser::{self, Sender},
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
    /// The form that was read.
    sent: OnceLock<Query>,
}

impl Request {
    pub(super) fn new(context: Context, parts: Parts) -> Self {
        Self { context, parts, caller: None, sent: OnceLock::new() }
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

    /// Keeps what a form says, for the page of an error.
    pub(super) fn sent(&self, form: &Query) {
        // It is read once.
        let _ = self.sent.set(form.clone());
    }

    /// The form that was read, if one was.
    pub(super) fn form(&self) -> Option<&Query> {
        self.sent.get()
    }

    /// Refuses a form that a page of another site sends. Browsers say where a form comes from, and let no page write it.
    pub(super) fn must_be_of_this_site(&self) -> Result<(), ApiError> {
        if browser::sender(&self.parts, &self.context.base) == Sender::This {
            return Ok(());
        }
        Err(ApiError::forbidden("This form was sent by a page of another site: nothing was changed"))
    }
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
