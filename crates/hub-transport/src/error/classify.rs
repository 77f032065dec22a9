//! The one place that reads a failed response: status, headers, route and body become an [`ErrorKind`] and its words.
//! The rules and their order are those of `hf_raise_for_status` of the Python client.

use http::{HeaderMap, StatusCode, Uri};
use hub_types::error_code::{
    DISABLED_MESSAGE, ErrorBody, ErrorCode, INVALID_CREDENTIALS_MESSAGE, X_ERROR_CODE, X_ERROR_MESSAGE,
    X_REQUEST_ID,
};

use crate::{ErrorKind, redact};

/// How much of an unreadable body is kept, in bytes after cleaning.
pub const MAX_SNIPPET: usize = 512;
const MAX_MESSAGE: usize = 2048;

/// What a failed response says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Classified {
    /// The sort of failure.
    pub kind: ErrorKind,
    /// What went wrong, with the server's words.
    pub message: String,
    /// What the reader can do about it.
    pub hint: Option<&'static str>,
    /// Machine-readable reason.
    pub error_code: Option<ErrorCode>,
    /// The server's reasons, joined by newlines.
    pub server_message: Option<String>,
    /// The server's name for the request.
    pub request_id: Option<String>,
    /// The beginning of a body that is not JSON, without tags and control characters.
    pub snippet: Option<String>,
    /// The URL of what is in the way, when the body names it.
    pub existing_url: Option<String>,
}

/// Reads a failed response to a request for `uri`; `body` may be empty, cut off, or anything but JSON.
#[must_use]
pub fn classify(status: StatusCode, headers: &HeaderMap, uri: &Uri, body: &[u8]) -> Classified {
    let text = |name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty())
    };
    let error_code = text(X_ERROR_CODE).map(ErrorCode::from);
    let header_message = text(X_ERROR_MESSAGE);
    let Said { message: body_message, snippet, existing_url } = read_body(headers, body);
    let server_message = join(header_message, body_message);
    let kind = kind(status, error_code.as_ref(), header_message, uri);
    let (words, hint) = words(kind, status);
    let hint = if kind == ErrorKind::BadRequest && is_wrong_scheme(body) {
        Some("the server speaks https on this port: write https:// in the URL")
    } else {
        hint
    };
    let message = match &server_message {
        Some(reason) if !words.is_empty() && !reason.to_lowercase().contains(words) => {
            format!("{words}: {reason}")
        }
        Some(reason) => reason.clone(),
        None if words.is_empty() => format!("the server answered {status}"),
        None => words.to_owned(),
    };
    Classified {
        kind,
        message,
        hint,
        error_code,
        server_message,
        request_id: request_id(headers),
        snippet,
        existing_url,
    }
}

/// The server's name for a request, in the order of the Python client.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    [X_REQUEST_ID, "x-amzn-trace-id", "x-amz-cf-id"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok().filter(|id| !id.is_empty()))
        .map(|id| redact::clean(id, 200))
}

fn kind(status: StatusCode, code: Option<&ErrorCode>, message: Option<&str>, uri: &Uri) -> ErrorKind {
    match code {
        Some(ErrorCode::RevisionNotFound) => return ErrorKind::RevisionNotFound,
        Some(ErrorCode::EntryNotFound) => return ErrorKind::EntryNotFound,
        Some(ErrorCode::GatedRepo) => return ErrorKind::GatedRepo,
        _ if message == Some(DISABLED_MESSAGE) => return ErrorKind::DisabledRepo,
        Some(ErrorCode::RepoNotFound) => return ErrorKind::RepoNotFound,
        _ => {}
    }
    match status.as_u16() {
        // The Hub hides repositories from anonymous callers behind a 401.
        401 if message != Some(INVALID_CREDENTIALS_MESSAGE) && is_about_a_repo(uri) => {
            ErrorKind::RepoNotFound
        }
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        400 | 422 => ErrorKind::BadRequest,
        404 | 410 => ErrorKind::NotFound,
        407 => ErrorKind::ProxyAuth,
        408 => ErrorKind::Timeout,
        409 => ErrorKind::Conflict,
        412 => ErrorKind::PreconditionFailed,
        413 => ErrorKind::PayloadTooLarge,
        416 => ErrorKind::RangeNotSatisfiable,
        429 => ErrorKind::RateLimited,
        300..=399 => ErrorKind::Redirect,
        421 | 425 | 500..=599 => ErrorKind::Server,
        _ => ErrorKind::Other,
    }
}

/// The pages of common servers for a request in plain http on a port for https.
fn is_wrong_scheme(body: &[u8]) -> bool {
    const PAGES: [&str; 3] = [
        "sent to https port",
        "http request to an https server",
        "speaking plain http to an ssl-enabled server port",
    ];
    let start = body.get(..2048).unwrap_or(body);
    let text = String::from_utf8_lossy(start).to_lowercase();
    PAGES.iter().any(|page| text.contains(page))
}

fn is_about_a_repo(uri: &Uri) -> bool {
    let segments: Vec<_> = uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let named = segments.windows(3).any(|part| matches!(part, ["api", "models" | "datasets" | "spaces", _]));
    named || segments.iter().skip(1).any(|segment| *segment == "resolve")
}

fn words(kind: ErrorKind, status: StatusCode) -> (&'static str, Option<&'static str>) {
    match kind {
        ErrorKind::RepoNotFound => (
            "repository not found",
            Some("check its name and type; if it is private or gated, use a token that has access to it"),
        ),
        ErrorKind::RevisionNotFound => {
            ("revision not found", Some("list the branches and tags of the repository"))
        }
        ErrorKind::EntryNotFound => ("file or folder not found", None),
        ErrorKind::GatedRepo => {
            ("access to the repository is restricted", Some("ask for access on its page on the Hub"))
        }
        ErrorKind::DisabledRepo => ("the repository is disabled", None),
        ErrorKind::Unauthorized => ("not authorised", Some("log in, or give a valid token")),
        ErrorKind::Forbidden => {
            ("forbidden", Some("check that the token has the permission that this needs"))
        }
        ErrorKind::BadRequest => ("the server does not accept the request", None),
        ErrorKind::NotFound => ("not found", None),
        ErrorKind::ProxyAuth => {
            ("the proxy asks for authentication", Some("put user and password into the proxy URL"))
        }
        ErrorKind::Timeout => ("the server gave up waiting for the request", None),
        ErrorKind::Conflict => ("conflict", None),
        ErrorKind::PreconditionFailed => ("it was changed in the meantime", None),
        ErrorKind::PayloadTooLarge => ("too large for the server", None),
        ErrorKind::RangeNotSatisfiable => ("the asked range lies outside the file", None),
        ErrorKind::RateLimited => ("too many requests", Some("wait, or send fewer requests at once")),
        ErrorKind::Redirect => ("the server redirects elsewhere", None),
        ErrorKind::Server if status.as_u16() == 503 => ("the server is not available", None),
        ErrorKind::Server => ("the server failed", None),
        _ => ("", None),
    }
}

/// What a failed response's body says.
#[derive(Default)]
struct Said {
    message: Option<String>,
    snippet: Option<String>,
    existing_url: Option<String>,
}

/// The server's reason and, if the body is not JSON, its readable beginning.
fn read_body(headers: &HeaderMap, body: &[u8]) -> Said {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Said::default();
    }
    if let Ok(json) = serde_json::from_slice::<ErrorBody>(body) {
        return Said {
            message: json.message(),
            snippet: None,
            existing_url: json.url.map(|url| redact::clean(&url, MAX_MESSAGE)),
        };
    }
    let text = String::from_utf8_lossy(body);
    let start = text.trim_start();
    let declared = headers
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if declared || start.starts_with('<') {
        return Said {
            snippet: non_empty(redact::clean(&without_tags(start), MAX_SNIPPET)),
            ..Said::default()
        };
    }
    let snippet = non_empty(redact::clean(start, MAX_SNIPPET));
    let message = if start.starts_with(['{', '[']) { None } else { snippet.clone() };
    Said { message, snippet, existing_url: None }
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The text between tags, without scripts and styles.
fn without_tags(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        out.push(' ');
        if out.len() > 4 * MAX_SNIPPET {
            return out;
        }
        let name = tag.get(..6).unwrap_or(tag).to_ascii_lowercase();
        let end = if name.starts_with("script") {
            "</script"
        } else if name.starts_with("style") {
            "</style"
        } else {
            ""
        };
        let inner = tag.find(end).and_then(|at| tag.get(at..)).unwrap_or_default();
        rest = inner.split_once('>').map_or("", |(_, after)| after);
    }
    out + rest
}

/// Header and body messages without repetitions, cleaned line by line.
fn join(header: Option<&str>, body: Option<String>) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in header.into_iter().chain(body.iter().flat_map(|body| body.lines())) {
        let line = redact::clean(line, MAX_MESSAGE);
        if !line.is_empty() && !lines.contains(&line) && lines.len() < 20 {
            lines.push(line);
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn response(status: u16, uri: &str, headers: &[(&'static str, &'static str)], body: &str) -> Classified {
        let map = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        classify(StatusCode::from_u16(status).unwrap(), &map, &uri.parse().unwrap(), body.as_bytes())
    }

    #[test]
    fn f23_f24_kinds_follow_code_then_message_then_status_and_route() {
        use ErrorKind::*;
        let repo = "http://h/api/models/a/b";
        let code = |value: &'static str| [("x-error-code", value)];
        let said = |value: &'static str| [("x-error-message", value)];
        type Case = (u16, &'static str, Vec<(&'static str, &'static str)>, ErrorKind);
        let cases: Vec<Case> = vec![
            (404, repo, code("RevisionNotFound").into(), RevisionNotFound),
            (404, repo, code("EntryNotFound").into(), EntryNotFound),
            (401, repo, code("GatedRepo").into(), GatedRepo),
            (403, repo, code("GatedRepo").into(), GatedRepo),
            (403, repo, said("Access to this resource is disabled.").into(), DisabledRepo),
            (401, repo, code("RepoNotFound").into(), RepoNotFound),
            (404, repo, code("RepoNotFound").into(), RepoNotFound),
            (401, repo, vec![], RepoNotFound),
            (401, "https://h/a/b/resolve/main/x", vec![], RepoNotFound),
            (401, repo, said("Invalid credentials in Authorization header").into(), Unauthorized),
            (401, "http://h/api/whoami-v2", vec![], Unauthorized),
            (401, "http://h/api/models", vec![], Unauthorized),
            (403, repo, vec![], Forbidden),
            (404, repo, code("SomethingNew").into(), NotFound),
            (400, repo, vec![], BadRequest),
            (422, repo, vec![], BadRequest),
            (409, repo, vec![], Conflict),
            (412, repo, vec![], PreconditionFailed),
            (413, repo, vec![], PayloadTooLarge),
            (416, repo, vec![], RangeNotSatisfiable),
            (429, repo, vec![], RateLimited),
            (500, repo, vec![], Server),
            (418, repo, vec![], Other),
        ];
        for (status, uri, headers, expected) in cases {
            assert_eq!(response(status, uri, &headers, "").kind, expected, "{status} {uri} {headers:?}");
        }
    }

    #[test]
    fn http_on_an_https_port_is_recognised_by_the_pages_of_common_servers() {
        for page in [
            "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head>",
            "Client sent an HTTP request to an HTTPS server.\n",
            "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
        ] {
            let hint = response(400, "/x", &[], page).hint;
            assert!(hint.is_some_and(|hint| hint.contains("https://")), "{page}");
        }
        assert!(response(400, "/x", &[], "no such thing").hint.is_none());
    }

    #[test]
    fn messages_of_header_and_body_are_joined_once() {
        let got = response(404, "/x", &[("x-error-message", "gone")], r#"{"error":["gone","really"]}"#);
        assert_eq!(got.server_message.as_deref(), Some("gone\nreally"));
        assert_eq!(got.message, "not found: gone\nreally");
    }

    #[test]
    fn f38_a_page_of_html_is_shown_as_its_text() {
        let html = "<!doctype html><html><script>var x=1<2;</script><style>b{}</style><h1>502\u{1b}[1m Bad</h1> gateway";
        let got = response(502, "/x", &[("content-type", "text/html")], html);
        assert_eq!((got.kind, got.snippet.as_deref()), (ErrorKind::Server, Some("502 [1m Bad gateway")));
        assert_eq!(got.server_message, None);
        let long = response(502, "/x", &[], &format!("<p>{}", "x".repeat(9000)));
        assert_eq!(long.snippet.unwrap().len(), MAX_SNIPPET);
    }

    #[test]
    fn plain_text_is_the_message_and_broken_json_is_not() {
        assert_eq!(
            response(400, "/x", &[], "no such thing").server_message.as_deref(),
            Some("no such thing")
        );
        let cut = response(400, "/x", &[], r#"{"error": "no su"#);
        assert_eq!((cut.server_message, cut.snippet.as_deref()), (None, Some(r#"{"error": "no su"#)));
    }

    #[test]
    fn the_request_id_has_two_fallbacks() {
        let all = [("x-request-id", "a"), ("x-amzn-trace-id", "b"), ("x-amz-cf-id", "c")];
        for (skip, expected) in [(0, Some("a")), (1, Some("b")), (2, Some("c")), (3, None)] {
            let rest: Vec<_> = all.iter().skip(skip).copied().collect();
            assert_eq!(response(500, "/x", &rest, "").request_id.as_deref(), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_survived(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), status in 400u16..600) {
            let got = classify(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), &Uri::from_static("/x"), &body);
            proptest::prop_assert!(got.snippet.is_none_or(|snippet| snippet.len() <= MAX_SNIPPET));
        }
    }
}
