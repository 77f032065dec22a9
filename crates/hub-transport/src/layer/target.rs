//! Where a redirect leads, and whether it may be followed. Pure.

use http::header::LOCATION;
use http::{HeaderMap, Method, StatusCode, Uri};
use url::Url;

use crate::origin::same_origin;
use crate::{ErrorKind, Failure, Origin, RedirectMode};

/// Longest accepted `Location`, in bytes. Signed URLs of the large clouds have up to about 4 KiB.
const MAX_LOCATION: usize = 16 * 1024;

/// The hop that is being answered.
pub(super) struct Hop<'a> {
    pub(super) mode: RedirectMode,
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) endpoint: &'a Origin,
}

/// Whether the `Location` names no host (RFC 3986, section 4.2).
fn is_relative(headers: &HeaderMap) -> bool {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    !location.starts_with("//") && Url::parse(location) == Err(url::ParseError::RelativeUrlWithoutBase)
}

impl Hop<'_> {
    /// Where to send the request next; `None` if the response stands as it is.
    pub(super) fn next(&self, status: StatusCode, headers: &HeaderMap) -> Result<Option<Uri>, Failure> {
        let changes_method = matches!(status.as_u16(), 301..=303);
        if !(changes_method || matches!(status.as_u16(), 307 | 308)) || self.mode == RedirectMode::Never {
            return Ok(None);
        }
        let refuse = |why: String| Failure::responded(status, ErrorKind::Redirect, why).permanent();
        let target =
            resolve(self.uri, headers).map_err(|why| refuse(format!("the server redirects, but {why}")))?;
        let crosses = !same_origin(self.uri, &target);
        if self.mode == RedirectMode::Relative && !is_relative(headers) {
            return Ok(None);
        }
        let host = target.host().unwrap_or_default();
        let insecure = self.uri.scheme_str() == Some("https") && target.scheme_str() == Some("http");
        if insecure {
            return Err(refuse(format!(
                "the server redirects from https to http, to {host}; it was not followed"
            )));
        }
        let reads = matches!(*self.method, Method::GET | Method::HEAD);
        // A client that turned the method into GET, as browsers do, would report success for a call that was never made.
        if changes_method && !reads {
            let code = status.as_u16();
            return Err(refuse(format!(
                "unexpected redirect: {code} asks to repeat the {} as another request, to {host}; it was not followed",
                self.method
            )));
        }
        // Storage services redirect signed uploads between their regions; such a request carries no credential of ours.
        let signed_put = *self.method == Method::PUT && !self.endpoint.covers(self.uri);
        if crosses && !reads && !signed_put {
            let failure = refuse(format!(
                "the server redirects a {} to another origin, {host}; it was not followed",
                self.method
            ));
            return Err(failure.with_hint("if that is the right server, use it as the endpoint"));
        }
        Ok(Some(target))
    }
}

fn resolve(current: &Uri, headers: &HeaderMap) -> Result<Uri, &'static str> {
    let value = headers.get(LOCATION).ok_or("does not say where to (no Location)")?;
    if value.len() > MAX_LOCATION {
        return Err("its Location is longer than 16 KiB");
    }
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| "its Location is not text")?.trim();
    // An absolute target is kept as it is where possible: writing a signed URL anew could break its signature.
    if let Some(uri) = text.parse::<Uri>().ok().filter(|uri| uri.scheme().is_some()) {
        return without_user_info(uri);
    }
    // Browsers repair a host that is missing by taking the first word of the path for it.
    let lower = text.to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix("https:").or_else(|| lower.strip_prefix("http:"))
        && (!rest.starts_with("//") || rest.starts_with("///"))
    {
        return Err("its Location has no host");
    }
    let base = Url::parse(&current.to_string()).map_err(|_| "it is relative to nothing")?;
    let mut url = base.join(text).map_err(|_| "its Location is not a URL")?;
    url.set_fragment(None);
    without_user_info(Uri::try_from(url.as_str()).map_err(|_| "its Location is not a URL")?)
}

fn without_user_info(uri: Uri) -> Result<Uri, &'static str> {
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("to something that is neither http nor https");
    }
    let mut parts = uri.into_parts();
    let authority = parts.authority.take().ok_or("its Location has no host")?;
    let text = authority.as_str();
    let bare = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let bare = bare.parse().map_err(|_| "its Location has no host")?;
    if authority.host().is_empty() {
        return Err("its Location has no host");
    }
    parts.authority = Some(bare);
    let uri = Uri::from_parts(parts).map_err(|_| "its Location is not a URL")?;
    if Origin::of(&uri).is_some() { Ok(uri) } else { Err("its Location has no usable port") }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn next(
        mode: RedirectMode,
        method: Method,
        from: &str,
        status: u16,
        to: &str,
    ) -> Result<Option<String>, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_bytes(to.as_bytes()).unwrap());
        let endpoint = Origin::of(&Uri::from_static("https://hub.test")).unwrap();
        let uri = from.parse().unwrap();
        let hop = Hop { mode, method: &method, uri: &uri, endpoint: &endpoint };
        hop.next(StatusCode::from_u16(status).unwrap(), &headers).map(|uri| uri.map(|uri| uri.to_string()))
    }

    fn get(to: &str) -> Result<Option<String>, Failure> {
        next(RedirectMode::Follow, Method::GET, "https://hub.test/a/b?x=1", 302, to)
    }

    #[test]
    fn f49_locations_are_resolved_against_the_request() {
        let cases = [
            ("/c", "https://hub.test/c"),
            ("c", "https://hub.test/a/c"),
            ("../c?y#frag", "https://hub.test/c?y"),
            ("?y=2", "https://hub.test/a/b?y=2"),
            ("//cdn.test/c", "https://cdn.test/c"),
            ("https://cdn.test/%7Bx%7D'?s=a%2Fb'#frag", "https://cdn.test/%7Bx%7D'?s=a%2Fb'"),
            ("https://user:pw@cdn.test/c", "https://cdn.test/c"),
            ("https://hub.test@cdn.test/c", "https://cdn.test/c"),
            ("/ü b", "https://hub.test/%C3%BC%20b"),
            ("/a[1]", "https://hub.test/a[1]"),
            (r"/\cdn.test/c", "https://cdn.test/c"),
        ];
        for (to, expected) in cases {
            assert_eq!(get(to).unwrap().as_deref(), Some(expected), "{to}");
        }
    }

    #[test]
    fn f47_f49_bad_and_insecure_locations_are_refused() {
        for to in [
            "http://hub.test/c",
            "file:///etc/passwd",
            "ftp://hub.test/c",
            "https://",
            "https:///c",
            "javascript:x",
            "https://[::1",
            "https://hub.test:x/c",
        ] {
            assert_eq!(get(to).unwrap_err().kind(), ErrorKind::Redirect, "{to}");
        }
        let endpoint = Origin::of(&Uri::from_static("https://hub.test")).unwrap();
        let uri = Uri::from_static("https://hub.test/");
        let hop = Hop { mode: RedirectMode::Follow, method: &Method::GET, uri: &uri, endpoint: &endpoint };
        assert!(hop.next(StatusCode::FOUND, &HeaderMap::new()).is_err(), "no Location");
    }

    #[test]
    fn f46_f48_what_is_followed_depends_on_method_status_and_origin() {
        let hub = "https://hub.test/x";
        let signed = "https://store.test/x?sig=1";
        let same = "/y";
        let other = "https://cdn.test/y";
        let follow = RedirectMode::Follow;
        // Method, from, status, to, followed.
        let cases = [
            (Method::GET, hub, 301, same, true),
            (Method::HEAD, hub, 302, other, true),
            (Method::GET, hub, 303, other, true),
            (Method::GET, hub, 308, other, true),
            (Method::POST, hub, 307, same, true),
            (Method::PUT, hub, 308, same, true),
            (Method::DELETE, hub, 307, same, true),
            (Method::POST, hub, 301, same, false),
            (Method::POST, hub, 302, same, false),
            (Method::POST, hub, 303, same, false),
            (Method::PUT, hub, 302, same, false),
            (Method::DELETE, hub, 303, same, false),
            (Method::POST, hub, 307, other, false),
            (Method::PUT, hub, 307, other, false),
            (Method::PUT, signed, 307, other, true),
            (Method::POST, signed, 307, other, false),
            (Method::PUT, signed, 302, other, false),
        ];
        for (method, from, status, to, followed) in cases {
            let got = next(follow, method.clone(), from, status, to);
            assert_eq!(got.is_ok_and(|uri| uri.is_some()), followed, "{method} {from} {status} {to}");
        }
    }

    #[test]
    fn other_modes_return_the_response_where_they_stop() {
        let hub = "https://hub.test/x";
        let stop = |mode, to| next(mode, Method::HEAD, hub, 302, to).unwrap();
        assert_eq!(stop(RedirectMode::Never, "/y"), None);
        for (to, target) in [
            ("/y", Some("https://hub.test/y")),
            ("y?u=https://a", Some("https://hub.test/y?u=https://a")),
            ("https://hub.test/y", None),
            ("//hub.test/y", None),
            ("https://cdn.test/y", None),
            ("http://hub.test/y", None),
        ] {
            assert_eq!(stop(RedirectMode::Relative, to).as_deref(), target, "{to}");
        }
        assert_eq!(next(RedirectMode::Follow, Method::GET, hub, 304, "/y").unwrap(), None);
    }

    proptest! {
        #[test]
        fn any_location_is_survived_and_stays_on_https(to in r#"[a-z:/\\@?#\[\]%. é]{0,40}"#) {
            if let Ok(Some(uri)) = get(&to) {
                prop_assert!(uri.starts_with("https://"), "{}", uri);
            }
        }
    }
}
