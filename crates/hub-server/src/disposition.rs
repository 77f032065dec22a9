//! `Content-Disposition` (RFC 6266) of files, and what makes a picture of one harmless.

use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
};
use hub_types::{query::Query, route};

use crate::api_error::header_text;

/// No script of a picture runs, also where it is opened by itself; it may only have colours and lines of its own.
const POLICY_OF_SVG: HeaderValue =
    HeaderValue::from_static("sandbox; default-src 'none'; style-src 'unsafe-inline'");

/// Whether a browser shows or keeps a file, and under which name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disposition {
    /// `inline` or `attachment`.
    kind: &'static str,
    name: String,
}

impl Disposition {
    /// That of the file at a path, as `?download=true` says.
    pub(crate) fn of(path: &str, query: &Query) -> Self {
        let kind = if query.flag("download") { "attachment" } else { "inline" };
        Self { kind, name: path.rsplit('/').next().unwrap_or_default().to_owned() }
    }

    /// What [`in_query`](Self::in_query) wrote.
    pub(crate) fn read(query: &Query) -> Option<Self> {
        let kind = match query.get("disposition")? {
            "attachment" => "attachment",
            _ => "inline",
        };
        Some(Self { kind, name: query.get("filename")?.to_owned() })
    }

    /// As parameters of a URL.
    pub(crate) fn in_query(&self) -> String {
        format!("disposition={}&filename={}", self.kind, route::encode_segment(&self.name))
    }

    /// Whether the name is that of an SVG picture.
    pub(crate) fn is_svg(&self) -> bool {
        self.name.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("svg"))
    }

    /// Puts it on a response.
    pub(crate) fn describe(&self, headers: &mut HeaderMap) {
        let name = route::encode_segment(&self.name);
        headers.insert(CONTENT_DISPOSITION, header_text(&format!("{}; filename*=UTF-8''{name}", self.kind)));
    }
}

/// Sends a file as the SVG picture that it is. Its own headers keep it from running anything.
pub(crate) fn as_svg(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY_OF_SVG);
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_what_its_response_is_called() {
        for (path, query, header) in [
            ("a/model.bin", "download=true", "attachment; filename*=UTF-8''model.bin"),
            ("gr\u{fc}n & \"x\";\n.svg", "", "inline; filename*=UTF-8''gr%C3%BCn%20%26%20%22x%22%3B%0A.svg"),
        ] {
            let one = Disposition::of(path, &Query::parse(query.as_bytes()));
            let read = Disposition::read(&Query::parse(one.in_query().as_bytes())).unwrap();
            assert_eq!(read, one);
            let mut headers = HeaderMap::new();
            read.describe(&mut headers);
            assert_eq!(headers[CONTENT_DISPOSITION], header);
            assert_eq!(read.is_svg(), path.ends_with(".svg"));
        }
        assert_eq!(Disposition::read(&Query::default()), None);
    }
}
