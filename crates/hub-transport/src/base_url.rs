//! [`BaseUrl`]: the endpoint all relative requests go to, and [`Origin`], which decides where a token may go.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use url::Url;

use crate::Error;
use crate::origin::Origin;

/// Hosts of the public Hub. A mirror may pass its responses on unchanged; they then mean the mirror.
const PUBLIC: [&str; 2] = ["huggingface.co", "hub-ci.huggingface.co"];

/// The public Hub.
pub const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// A parsed endpoint: an origin and an optional path in front of every route, without a slash at its end.
///
/// ```
/// let base: hub_transport::BaseUrl = "https://hub.example.org/mirror/".parse()?;
/// assert_eq!(base.to_string(), "https://hub.example.org/mirror");
/// assert_eq!(base.join("/api/models?limit=2")?, "https://hub.example.org/mirror/api/models?limit=2");
/// # Ok::<(), hub_transport::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    origin: Origin,
    text: String,
}

impl BaseUrl {
    /// The origin that the token is bound to.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The endpoint as text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True for [`DEFAULT_ENDPOINT`].
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.text == DEFAULT_ENDPOINT
    }

    /// The same URL at this endpoint, if `uri` is one of the public Hub and this is another: a mirror may pass on what the
    /// Hub says of the next page, or of where a body goes, unchanged. `None` for every other URL, also for one with a
    /// user name. Path and query are taken as they are.
    #[must_use]
    pub fn mirrored(&self, uri: &Uri) -> Option<Uri> {
        let origin = Origin::of(uri)?;
        let is_public = origin.is_https() && origin.port() == 443 && PUBLIC.contains(&origin.host());
        let has_user = uri.authority()?.as_str().contains('@');
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        (is_public && !has_user && origin != self.origin).then(|| self.join(path).ok()).flatten()
    }

    /// `route`, a path with an optional query, under this endpoint. The path is taken as it is: already encoded.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) if the result is not a URI.
    pub fn join(&self, route: &str) -> Result<Uri, Error> {
        let slash = if route.starts_with('/') { "" } else { "/" };
        Uri::try_from(format!("{}{slash}{route}", self.text)).map_err(|source| {
            Error::build(format!(
                "{:?} is not a path of the Hub",
                route.chars().take(200).collect::<String>()
            ))
            .with_source(source)
        })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for BaseUrl {
    type Err = Error;

    /// Reads an endpoint such as `https://huggingface.co` or `http://127.0.0.1:8080/hub`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) for another scheme than `http` and `https`, a missing host, a user
    /// or password, a query or a fragment.
    fn from_str(text: &str) -> Result<Self, Error> {
        // The text itself is not repeated where it may hold a password.
        let wrong = |why: &str| {
            Error::build(format!("the endpoint is not usable: {why}"))
                .with_hint(format!("write it like {DEFAULT_ENDPOINT} or http://127.0.0.1:8080"))
        };
        let url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(&format!("the scheme {:?} is neither http nor https", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds a user name or a password; give a token instead"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it holds a query or a fragment"));
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        let uri = Uri::try_from(text.as_str()).map_err(|error| wrong(&error.to_string()))?;
        let origin = Origin::of(&uri).ok_or_else(|| wrong("it has no host"))?;
        Ok(Self { origin, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_normalised() {
        let cases = [
            ("https://huggingface.co", "https://huggingface.co", "https://huggingface.co"),
            ("https://HuggingFace.co:443/", "https://huggingface.co", "https://huggingface.co"),
            (" http://127.0.0.1:8080/hub// ", "http://127.0.0.1:8080/hub", "http://127.0.0.1:8080"),
            ("http://[::1]:9000", "http://[::1]:9000", "http://[::1]:9000"),
        ];
        for (text, whole, origin) in cases {
            let base: BaseUrl = text.parse().unwrap();
            assert_eq!((base.as_str(), base.origin().to_string().as_str()), (whole, origin), "{text}");
        }
    }

    #[test]
    fn endpoints_with_secrets_queries_or_other_schemes_are_refused_without_repeating_them() {
        for text in
            ["https://u:hunter2@h/", "ftp://h", "h", "https://h?hunter2", "https://h#hunter2", "", "local:x"]
        {
            let error = text.parse::<BaseUrl>().unwrap_err();
            assert!(!format!("{error}{error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_a_mirror_says_of_the_public_hub_means_the_mirror_by_origin_and_not_by_text() {
        let mirror: BaseUrl = "https://hub.example/m".parse().unwrap();
        let at = |base: &BaseUrl, uri: &str| base.mirrored(&uri.parse().unwrap()).map(|uri| uri.to_string());
        for (uri, expected) in [
            ("https://huggingface.co/a/b?x=%2F&y", Some("https://hub.example/m/a/b?x=%2F&y")),
            ("https://HuggingFace.co:443/a", Some("https://hub.example/m/a")),
            ("https://huggingface.co", Some("https://hub.example/m/")),
            ("https://hub-ci.huggingface.co/a", Some("https://hub.example/m/a")),
            ("https://huggingface.co.evil.example/a", None),
            ("https://huggingface.co@evil.example/a", None),
            ("https://ada@huggingface.co/a", None),
            ("https://huggingface.co:8443/a", None),
            ("http://huggingface.co/a", None),
            ("https://evil.example/https://huggingface.co/a", None),
            ("https://cdn-lfs.huggingface.co/a", None),
            ("/a", None),
        ] {
            assert_eq!(at(&mirror, uri).as_deref(), expected, "{uri}");
        }
        let public: BaseUrl = DEFAULT_ENDPOINT.parse().unwrap();
        assert_eq!(at(&public, "https://huggingface.co/a"), None);
    }
}
