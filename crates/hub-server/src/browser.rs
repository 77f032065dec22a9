//! Requests that a browser makes: its headers tell them from those of programs, and one's own page from a page of another site.
//!
//! A browser that was given a password for this Hub sends it along by itself, whatever page asks. So it is not asked for one, and
//! what it sends for a page of another site changes nothing. A token in `Authorization: Bearer` is different: a page that sends it
//! knows it.

use http::{
    HeaderMap, HeaderName, Method,
    header::{ACCEPT, AUTHORIZATION, HOST, ORIGIN, USER_AGENT, WWW_AUTHENTICATE},
    request::Parts,
};

use crate::api_error::ApiError;

/// The page that a request comes from, as the browser says. No page can write these headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A page of this Hub.
    This,
    /// A page of another site, or of another Hub of the same host.
    Other,
    /// No page, or none that is told.
    Untold,
}

/// Whether a browser asks. Not every browser says so in a header of its own over plain HTTP, but each names itself as `Mozilla`.
pub(crate) fn asks(headers: &HeaderMap) -> bool {
    const FETCH: [&str; 3] = ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"];
    let is_named = headers.get(USER_AGENT).is_some_and(|value| value.as_bytes().starts_with(b"Mozilla/"));
    is_named || wants_html(headers) || FETCH.iter().any(|name| headers.contains_key(*name))
}

/// Whether the caller wants a page.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .filter_map(|one| one.split(';').next())
        .any(|media_type| media_type.trim().eq_ignore_ascii_case("text/html"))
}

/// Where a request comes from. `base` is where the caller reaches the hub.
pub(crate) fn sender(parts: &Parts, base: &str) -> Sender {
    let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let is_this = match (site, text(ORIGIN)) {
        (Some("same-origin"), _) => true,
        (Some("none"), _) | (None, None) => return Sender::Untold,
        (Some(_), _) => false,
        (None, Some(origin)) if origin == base => true,
        (None, Some(origin)) => {
            let asked = text(HOST).or(parts.uri.authority().map(|it| it.as_str()));
            is_of_host(origin, asked, base.starts_with("https://"))
        }
    };
    if is_this { Sender::This } else { Sender::Other }
}

/// Refuses a change that a page of another site asks for with a password that the browser keeps.
///
/// # Errors
/// 403.
pub(crate) fn must_not_lend_its_password(parts: &Parts, base: &str) -> Result<(), ApiError> {
    let reads = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let is_bearer = |value: &http::HeaderValue| {
        let scheme = value.as_bytes().get(..7).unwrap_or_default();
        scheme.eq_ignore_ascii_case(b"bearer ")
    };
    let has_password = parts.headers.get_all(AUTHORIZATION).iter().any(|value| !is_bearer(value));
    if !reads && has_password && sender(parts, base) == Sender::Other {
        return Err(ApiError::forbidden(
            "A page of another site sent this with a password that the browser keeps, and nothing was changed: \
             send the token as \"Authorization: Bearer\", and let the browser forget the password",
        ));
    }
    Ok(())
}

/// A browser that is asked for a password by a header shows a window of its own, also for a picture in a page.
pub(crate) fn ask_for_no_password(headers: &mut HeaderMap) {
    headers.remove(WWW_AUTHENTICATE);
}

/// Whether an origin is the host that was asked. A page that came without TLS may be anybody's, and is none of a hub that has it.
fn is_of_host(origin: &str, asked: Option<&str>, is_secure: bool) -> bool {
    let Some((scheme, host)) = origin.split_once("://") else { return false };
    asked == Some(host) && !host.is_empty() && (scheme == "https" || (scheme == "http" && !is_secure))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri("/x").header(HOST, "hub.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

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

    #[test]
    fn a_browser_is_told_from_a_program() {
        for browser in [
            ("accept", "text/html,*/*;q=0.8"),
            ("sec-fetch-dest", "image"),
            ("sec-fetch-mode", "no-cors"),
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"),
        ] {
            assert!(asks(&parts(&[browser]).headers), "{browser:?}");
        }
        for program in [
            ("user-agent", "git/2.47.0"),
            ("user-agent", "git-lfs/3.6.0 (GitHub; linux amd64; go 1.23)"),
            ("user-agent", "hf_hub/1.0; python/3.12; Mozilla/"),
            ("accept", "*/*"),
            ("accept", "application/vnd.git-lfs+json"),
        ] {
            assert!(!asks(&parts(&[program]).headers), "{program:?}");
        }
    }

    #[test]
    fn the_page_that_a_request_comes_from_is_what_the_browser_says() {
        let told = |headers: &[(&str, &str)]| sender(&parts(headers), "http://hub.example");
        assert_eq!(told(&[]), Sender::Untold);
        assert_eq!(told(&[("sec-fetch-site", "none")]), Sender::Untold);
        assert_eq!(told(&[("sec-fetch-site", "same-origin")]), Sender::This);
        assert_eq!(told(&[("origin", "http://hub.example")]), Sender::This);
        for other in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "null")] {
            assert_eq!(told(&[other]), Sender::Other, "{other:?}");
        }
    }
}
