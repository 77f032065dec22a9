//! What went wrong, as a page.

use askama::Template;
use http::{Response, StatusCode};
use hub_types::error_code::X_ERROR_MESSAGE;

use super::{
    request::Request,
    shell::Shell,
    unsent::{Kind, Unsent},
};
use crate::{Body, api_error::ApiError, browser, respond};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    status: StatusCode,
    message: String,
    request_id: String,
    /// Whether signing in may help.
    sign_in: bool,
    /// What somebody wrote, and was not saved.
    unsent: Option<Unsent>,
}

impl ErrorPage {
    fn words(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }
}

/// The page of an error. It has the status, the headers and the words of the API's answer.
pub(super) fn page(request: &Request, error: ApiError, unsent: Option<Unsent>) -> Response<Body> {
    let signed_in = request.caller.is_some();
    let plain = respond::error(error);
    let status = plain.status();
    let message = plain.headers().get(X_ERROR_MESSAGE).and_then(|value| value.to_str().ok());
    let message = match message.unwrap_or_default() {
        "" => "The Hub could not answer this.".to_owned(),
        // The API speaks of passwords, as the Hub's does, and there are none here.
        _ if status == StatusCode::UNAUTHORIZED && unsent.is_some() => {
            "You are not signed in any more, or what you wrote for is not there.".to_owned()
        }
        _ if status == StatusCode::UNAUTHORIZED => {
            "There is no such page, or it is for those who sign in.".to_owned()
        }
        message => message.to_owned(),
    };
    let page = ErrorPage {
        shell: request.shell(status.canonical_reason().unwrap_or("Error")),
        status,
        message,
        request_id: request.context.request_id.to_string(),
        sign_in: !signed_in && matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN),
        unsent,
    };
    let Ok(shown) = request.html_with(status, &page) else { return plain };
    let (mut parts, _) = plain.into_parts();
    let (shown, body) = shown.into_parts();
    browser::ask_for_no_password(&mut parts.headers);
    parts.headers.extend(shown.headers);
    Response::from_parts(parts, body)
}
