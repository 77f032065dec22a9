//! The `Link` header (RFC 8288): where the next page is.

use http::header::LINK;
use http::{HeaderMap, Uri};
use url::Url;

use crate::origin::same_origin;
use crate::{BaseUrl, Error, ErrorKind};

/// Longest accepted header value, in bytes. Cursors of the Hub have a few hundred.
const MAX_LINK: usize = 16 * 1024;

/// The URL of the next page, or `None` on the last one. `current` is where the page came from: relative links are resolved
/// against it, and a link that leaves its origin is an error, so that no server can move a listing elsewhere.
///
/// A mirror may pass on the links of the public Hub: they mean the mirror, as [`BaseUrl::mirrored`] says.
pub(crate) fn next_link(
    headers: &HeaderMap,
    current: &Uri,
    endpoint: &BaseUrl,
) -> Result<Option<Uri>, Error> {
    for value in headers.get_all(LINK) {
        let text = value.to_str().map_err(|_| bad("holds characters that no URL has"))?;
        if text.len() > MAX_LINK {
            return Err(bad("is longer than 16 KiB"));
        }
        if let Some(target) = next_target(text).map_err(bad)? {
            return resolve(target, current, endpoint).map(Some);
        }
    }
    Ok(None)
}

fn bad(why: &str) -> Error {
    Error::new(ErrorKind::Redirect, format!("the link to the next page {why}"))
}

fn resolve(target: &str, current: &Uri, endpoint: &BaseUrl) -> Result<Uri, Error> {
    let base = Url::parse(&current.to_string()).map_err(|_| bad("has no base"))?;
    let url = base.join(target).map_err(|_| bad("is not a URL"))?;
    let next =
        Uri::try_from(url.as_str().split('#').next().unwrap_or_default()).map_err(|_| bad("is not a URL"))?;
    let user_info = !url.username().is_empty() || url.password().is_some();
    if !user_info {
        // A mirror may have sent the listing on to the public Hub: then its links are what they say.
        if same_origin(&next, current) {
            return Ok(next);
        }
        if let Some(mirrored) = endpoint.mirrored(&next) {
            return Ok(mirrored);
        }
    }
    let host = next.host().unwrap_or("an unknown host").to_owned();
    Err(bad(&format!("leads to {host}, which is not where the listing came from"))
        .with_hint("nothing was sent there; check the endpoint"))
}

/// The target of the entry with `rel="next"`.
fn next_target(text: &str) -> Result<Option<&str>, &'static str> {
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (target, parameters) = rest
            .strip_prefix('<')
            .ok_or("does not begin with <")?
            .split_once('>')
            .ok_or("has no closing >")?;
        let (is_next, after) = parse_parameters(parameters)?;
        if is_next {
            return Ok(Some(target.trim()));
        }
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    Ok(None)
}

/// Reads `; name=value` pairs up to a comma outside quotes; says whether one is `rel` with `next` among its words.
fn parse_parameters(text: &str) -> Result<(bool, &str), &'static str> {
    let mut is_next = false;
    let mut rel_seen = false;
    let mut rest = text.trim_start();
    while let Some(parameter) = rest.strip_prefix(';') {
        let end = parameter.find(['=', ';', ',']).unwrap_or(parameter.len());
        let (name, after) = parameter.split_at(end);
        let mut value = "";
        rest = after;
        if let Some(after) = after.strip_prefix('=') {
            let after = after.trim_start();
            if let Some(quoted) = after.strip_prefix('"') {
                (value, rest) = quoted.split_once('"').ok_or("has a quote that is not closed")?;
            } else {
                let end = after.find([';', ',']).unwrap_or(after.len());
                (value, rest) = after.split_at(end);
            }
        }
        // Only the first `rel` counts (RFC 8288 section 3.3).
        if name.trim().eq_ignore_ascii_case("rel") && !rel_seen {
            rel_seen = true;
            is_next = value.split_whitespace().any(|word| word.eq_ignore_ascii_case("next"));
        }
        rest = rest.trim_start();
    }
    if rest.is_empty() || rest.starts_with(',') { Ok((is_next, rest)) } else { Err("is malformed") }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn next(link: &str) -> Result<Option<String>, Error> {
        next_at("https://hub.example", link)
    }

    fn next_at(endpoint: &str, link: &str) -> Result<Option<String>, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(LINK, HeaderValue::from_bytes(link.as_bytes()).unwrap());
        let endpoint: BaseUrl = endpoint.parse().unwrap();
        let current = endpoint.join("/api/models?limit=2").unwrap();
        next_link(&headers, &current, &endpoint).map(|next| next.map(|next| next.to_string()))
    }

    #[test]
    fn the_entry_with_rel_next_is_found() {
        let here = "https://hub.example/api/models?cursor=a";
        let cases = [
            (r#"<https://hub.example/api/models?cursor=a>; rel="next""#, Some(here)),
            (
                r#"<https://hub.example/x>; rel="prev", <https://hub.example/api/models?cursor=a>; rel="next""#,
                Some(here),
            ),
            (r#"<https://hub.example/api/models?cursor=a>; title="a, <b>; c"; rel=next"#, Some(here)),
            (r#"<https://HUB.example:443/api/models?cursor=a>;REL="first next""#, Some(here)),
            ("</api/models?cursor=a>; rel=next", Some(here)),
            ("<?cursor=a>; rel=next", Some(here)),
            (r#"<https://hub.example/x>; rel="prev""#, None),
            ("", None),
        ];
        for (link, expected) in cases {
            assert_eq!(next(link).unwrap().as_deref(), expected, "{link}");
        }
    }

    #[test]
    fn a_link_of_the_public_hub_that_a_mirror_passes_on_is_the_mirrors() {
        let link = r#"<https://huggingface.co/api/models?limit=2&cursor=a%3D>; rel="next""#;
        for endpoint in ["https://hub.example", "https://hub.example/m", "http://127.0.0.1:9"] {
            let expected = format!("{endpoint}/api/models?limit=2&cursor=a%3D");
            assert_eq!(next_at(endpoint, link).unwrap(), Some(expected));
        }
        for wrong in
            ["https://huggingface.co.evil.example/x", "https://u@huggingface.co/x", "http://huggingface.co/x"]
        {
            next_at("https://hub.example", &format!("<{wrong}>; rel=next")).unwrap_err();
        }
    }

    #[test]
    fn f50_bad_and_foreign_links_are_errors() {
        let long = format!("<https://hub.example/{}>; rel=next", "x".repeat(2 * 1024 * 1024));
        for link in [
            "<https://evil.example/api/models>; rel=next",
            "<http://hub.example/api/models>; rel=next",
            "<https://hub.example:444/api/models>; rel=next",
            "<//evil.example/api/models>; rel=next",
            "<https://hub.example@evil.example/>; rel=next",
            "<https://user:pw@hub.example/>; rel=next",
            r"</\evil.example/>; rel=next",
            "<javascript:alert(1)>; rel=next",
            "<https://hub.example/api/models; rel=next",
            r#"<https://hub.example/x>; rel="next"#,
            "https://hub.example/x; rel=next",
            "<https://hub.example/x> rel=next",
            long.as_str(),
        ] {
            let error = next(link).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Redirect, "{}", &link[..link.len().min(80)]);
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_never_leaves_the_origin(link in r#"[<>;,="/:@\\a-z .?]{0,80}"#) {
            if let Ok(Some(next)) = next(&link) {
                prop_assert!(next.starts_with("https://hub.example/"), "{}", next);
            }
        }

        #[test]
        fn any_cursor_survives(cursor in "[A-Za-z0-9%=_-]{1,100}") {
            let url = format!("https://hub.example/api/models?cursor={cursor}");
            prop_assert_eq!(next(&format!("<{url}>; rel=\"next\"")).unwrap(), Some(url));
        }
    }
}
