//! [`Proxies`]: which requests go through which proxy.

use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::origin::is_loopback;
use crate::{Error, Origin};

/// Which requests go through which proxy. Nothing is read from the environment here: see [`Proxies::from_vars`].
///
/// Proxies are URLs with the scheme `http` (also when none is written), `https` or `socks5`/`socks5h` (names are resolved by the
/// proxy in both), with user and password if needed. Requests to `https` go through a tunnel; requests to `http` are forwarded.
/// This machine (`localhost`, loopback addresss) is never reached through a proxy.
#[derive(Clone)]
pub struct Proxies {
    matcher: Option<Arc<Matcher>>,
    /// Entries of `NO_PROXY` with a port, which the matcher does not know: host suffix and port.
    direct: Arc<[(String, u16)]>,
}

#[derive(Default)]
struct Settings {
    http: String,
    https: String,
    all: String,
    no: String,
}

/// A proxy chosen for one request.
pub(super) struct Proxy {
    pub(super) uri: Uri,
    intercept: Intercept,
}

impl Proxies {
    /// No proxy.
    #[must_use]
    pub fn none() -> Self {
        Self { matcher: None, direct: Arc::new([]) }
    }

    /// One proxy for everything but this machine.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) if it is not the URL of a proxy.
    pub fn all(proxy: &str) -> Result<Self, Error> {
        Self::new(Settings { all: check("the proxy", proxy)?, ..Settings::default() })
    }

    /// What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in upper or lower case (lower first). `get` gives
    /// the value of a variable: `|name| std::env::var(name).ok()` for those of the process.
    ///
    /// `NO_PROXY` lists hosts (and all below them), URLs, networks (`10.0.0.0/8`), each with an optional `:port`, or
    /// `*`. `HTTP_PROXY` in upper case is ignored in a CGI program (`REQUEST_METHOD` is set): there the visitor decides it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) naming the variable that is not the URL of a proxy.
    pub fn from_vars(get: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let is_cgi = get("REQUEST_METHOD").is_some();
        let read = |upper: &str| {
            let lower = get(&upper.to_ascii_lowercase());
            lower
                .or_else(|| if is_cgi && upper == "HTTP_PROXY" { None } else { get(upper) })
                .unwrap_or_default()
        };
        Self::new(Settings {
            http: check("HTTP_PROXY", &read("HTTP_PROXY"))?,
            https: check("HTTPS_PROXY", &read("HTTPS_PROXY"))?,
            all: check("ALL_PROXY", &read("ALL_PROXY"))?,
            no: read("NO_PROXY"),
        })
    }

    fn new(settings: Settings) -> Result<Self, Error> {
        if settings.http.is_empty() && settings.https.is_empty() && settings.all.is_empty() {
            return Ok(Self::none());
        }
        let (with_port, plain): (Vec<_>, Vec<_>) = settings
            .no
            .split([',', ' '])
            .filter(|entry| !entry.is_empty())
            .partition(|entry| host_and_port(entry).is_some());
        let matcher = Matcher::builder()
            .http(settings.http)
            .https(settings.https)
            .all(settings.all)
            .no(plain.iter().map(|entry| entry.trim_start_matches("*.")).collect::<Vec<_>>().join(","))
            .build();
        let direct = with_port.into_iter().filter_map(host_and_port).collect();
        Ok(Self { matcher: Some(Arc::new(matcher)), direct })
    }

    /// The proxy for a request to `uri`, if it needs one.
    pub(super) fn proxy_for(&self, uri: &Uri) -> Option<Proxy> {
        let matcher = self.matcher.as_ref()?;
        let host = uri.host()?;
        let direct = is_loopback(host)
            || Origin::of(uri).is_some_and(|origin| {
                let host = origin.host().trim_matches(['[', ']']);
                self.direct.iter().any(|(suffix, port)| *port == origin.port() && is_below(host, suffix))
            });
        if direct {
            return None;
        }
        let intercept = matcher.intercept(uri)?;
        Some(Proxy { uri: intercept.uri().clone(), intercept })
    }

    /// The `Proxy-Authorization` of a request that a proxy forwards in plain text.
    pub(super) fn forward_credentials(&self, uri: &Uri) -> Option<HeaderValue> {
        if self.matcher.is_none() || uri.scheme_str() != Some("http") {
            return None;
        }
        self.proxy_for(uri)?.http_credentials()
    }
}

impl Proxy {
    pub(super) fn is_socks(&self) -> bool {
        matches!(self.uri.scheme_str(), Some("socks5" | "socks5h"))
    }

    pub(super) fn http_credentials(&self) -> Option<HeaderValue> {
        let mut value = self.intercept.basic_auth()?.clone();
        value.set_sensitive(true);
        Some(value)
    }

    pub(super) fn socks_credentials(&self) -> Option<(String, String)> {
        self.intercept.raw_auth().map(|(user, password)| (user.to_owned(), password.to_owned()))
    }
}

/// The matcher ignores what it cannot read; a mistyped proxy must not mean "no proxy". The value may hold a password and is
/// not repeated.
fn check(name: &str, value: &str) -> Result<String, Error> {
    let value = value.trim();
    if value.is_empty() {
        return Ok(String::new());
    }
    let wrong = |why: &str| {
        Error::build(format!("{name} is not usable: {why}")).with_hint("write it like http://host:8080")
    };
    let text = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let uri = Uri::try_from(text.as_str()).map_err(|_| wrong("it is not a URL"))?;
    match uri.scheme_str() {
        Some("http" | "https" | "socks5" | "socks5h") if has_host(&uri) => Ok(text),
        Some("http" | "https" | "socks5" | "socks5h") => Err(wrong("it has no host or no usable port")),
        scheme => Err(wrong(&format!("the scheme {} is not known", scheme.unwrap_or_default()))),
    }
}

fn has_host(uri: &Uri) -> bool {
    let Some(authority) = uri.authority() else { return false };
    let bare = authority.as_str().rsplit('@').next().unwrap_or_default();
    let port = bare.get(authority.host().len()..).unwrap_or_default();
    !authority.host().is_empty() && (matches!(port, "" | ":") || authority.port_u16().is_some())
}

fn host_and_port(entry: &str) -> Option<(String, u16)> {
    let (host, port) = entry.rsplit_once(':')?;
    // A bare IPv6 address has colons but no port.
    if host.contains(':') && !host.ends_with(']') {
        return None;
    }
    let host = host.trim_matches(['[', ']']).trim_start_matches("*.").trim_start_matches('.');
    Some((host.to_ascii_lowercase(), port.parse().ok()?))
}

fn is_below(host: &str, suffix: &str) -> bool {
    host.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The matcher prints its proxies without their credentials.
        f.debug_struct("Proxies").field("matcher", &self.matcher).field("direct", &self.direct).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(vars: &[(&str, &str)]) -> Result<Proxies, Error> {
        Proxies::from_vars(|name| {
            vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn chosen(vars: &[(&str, &str)], uri: &str) -> Option<String> {
        let proxy = proxies(vars).unwrap().proxy_for(&uri.parse().unwrap())?;
        Some(proxy.uri.authority().unwrap().to_string())
    }

    #[test]
    fn the_scheme_of_the_request_chooses_the_proxy() {
        let vars = [
            ("HTTP_PROXY", "http://plain:1"),
            ("HTTPS_PROXY", "https://safe:2"),
            ("ALL_PROXY", "socks5h://all:3"),
        ];
        assert_eq!(chosen(&vars, "http://hub.test/").as_deref(), Some("plain:1"));
        assert_eq!(chosen(&vars, "https://hub.test/").as_deref(), Some("safe:2"));
        assert_eq!(chosen(&vars[2..], "https://hub.test/").as_deref(), Some("all:3"));
        assert_eq!(
            chosen(&[("https_proxy", "low:4"), vars[1]], "https://hub.test/").as_deref(),
            Some("low:4")
        );
        assert_eq!(chosen(&[], "https://hub.test/"), None);
    }

    #[test]
    fn no_proxy_knows_hosts_networks_ports_and_everything() {
        let cases = [
            ("hub.test", "https://hub.test/", true),
            ("hub.test", "https://api.hub.test/", true),
            ("hub.test", "https://nothub.test/", false),
            (".hub.test", "https://api.hub.test/", true),
            ("*.hub.test", "https://api.hub.test/", true),
            ("hub.test:8443", "https://hub.test:8443/", true),
            ("hub.test:8443", "https://hub.test/", false),
            ("hub.test:443", "https://hub.test/", true),
            ("10.0.0.0/8", "https://10.1.2.3/", true),
            ("10.0.0.0/8", "https://11.1.2.3/", false),
            ("*", "https://hub.test/", true),
            ("a, hub.test", "https://hub.test/", true),
        ];
        for (no, uri, direct) in cases {
            let vars = [("ALL_PROXY", "http://p:1"), ("NO_PROXY", no)];
            assert_eq!(chosen(&vars, uri).is_none(), direct, "{no} {uri}");
        }
    }

    #[test]
    fn this_machine_is_never_reached_through_a_proxy() {
        for uri in ["http://127.0.0.1:80/", "http://localhost/", "http://[::1]:1/"] {
            assert_eq!(chosen(&[("ALL_PROXY", "http://p:1")], uri), None, "{uri}");
        }
    }

    #[test]
    fn a_cgi_program_ignores_the_variable_that_a_visitor_can_set() {
        let vars = [("HTTP_PROXY", "http://evil:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(chosen(&vars, "http://hub.test/"), None);
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error_that_does_not_repeat_it() {
        for value in ["http://", "ftp://u:hunter2@h", "socks4://h", "http://u:hunter2@h:99999x", "a b"] {
            let error = proxies(&[("HTTPS_PROXY", value)]).unwrap_err();
            assert!(
                error.to_string().contains("HTTPS_PROXY") && !error.to_string().contains("hunter2"),
                "{error}"
            );
        }
        let shown = format!("{:?}", proxies(&[("ALL_PROXY", "http://u:hunter2@h:1")]).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
