//! [`HostsLayer`]: which hosts may be contacted, and which were.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::future::{Either, Ready, ready};
use http::uri::Authority;
use http::{Request, Response, Uri};
use tower::{Layer, Service};
use url::Url;

use super::{Inner, ResponseFuture, ResponseResult};
use crate::options::EffectiveUri;
use crate::{Body, BoxError, Error, ErrorKind, Failure, Origin};

/// The hosts that may be contacted, and a list of those that were. Clones share the list.
///
/// ```
/// use hub_transport::layer::Hosts;
/// let hosts = Hosts::only(["hub.example.org", "*.storage.example.org", "127.0.0.1:9000"])?;
/// assert!(hosts.allows(&"https://eu.storage.example.org/x".parse()?));
/// assert!(!hosts.allows(&"https://elsewhere.example/x".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// `None`: every host is allowed.
    allowed: Option<Vec<HostPattern>>,
    contacted: Mutex<BTreeSet<String>>,
}

/// One entry of the list of allowed hosts.
#[derive(Debug, PartialEq, Eq)]
struct HostPattern {
    /// In lower case. With a dot in front it stands for every host below it.
    name: String,
    /// `None`: any port.
    port: Option<u16>,
}

impl Hosts {
    /// Every host may be contacted.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// Only these: `host` with any port, `host:port`, or `*.domain` for every host below a domain. Upper and lower case
    /// are the same.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] for an entry that is none of the three.
    pub fn only<H: AsRef<str>>(hosts: impl IntoIterator<Item = H>) -> Result<Self, Error> {
        let allowed = hosts.into_iter().map(|host| parse(host.as_ref())).collect::<Result<_, _>>()?;
        Ok(Self { shared: Arc::new(Shared { allowed: Some(allowed), contacted: Mutex::default() }) })
    }

    /// True if a request to `uri` may leave.
    #[must_use]
    pub fn allows(&self, uri: &Uri) -> bool {
        let Some(allowed) = &self.shared.allowed else { return true };
        let Some(origin) = Origin::of(uri) else { return false };
        allowed.iter().any(|pattern| pattern.matches(&origin))
    }

    /// The hosts that requests were sent to, each as `host` or `host:port` as its URLs have it, in alphabetical order.
    ///
    /// A host counts from the moment a request is given to the inner service, whether or not the connection succeeds. A proxy carries
    /// requests to these hosts and is not one of them.
    #[must_use]
    pub fn contacted(&self) -> Vec<String> {
        self.shared.contacted.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn note(&self, uri: &Uri) {
        let text = uri.authority().map_or("", Authority::as_str);
        let mut contacted = self.shared.contacted.lock().unwrap_or_else(PoisonError::into_inner);
        if !contacted.contains(text) {
            contacted.insert(shown(uri));
        }
    }
}

/// Whether two URIs are one, however they are written: a default port, upper case in the host, characters with percent signs.
fn same_place(one: &Uri, other: &Uri) -> bool {
    let parsed = |uri: &Uri| Url::parse(&uri.to_string()).ok();
    one == other || parsed(one).is_some_and(|one| parsed(other) == Some(one))
}

/// A response that comes from where the request was sent to, as far as the inner service says where it comes from. One that
/// followed a redirect has contacted a host that nobody checked.
fn from_there(response: Response<Body>, asked: &Uri) -> ResponseResult {
    let elsewhere = match response.extensions().get::<EffectiveUri>() {
        Some(EffectiveUri(uri)) if !same_place(uri, asked) => shown(uri),
        _ => return Ok(response),
    };
    let message = format!("the inner service followed a redirect to {elsewhere} by itself");
    let failure = Failure::responded(response.status(), ErrorKind::Redirect, message)
        .with_hint("turn redirects off in it; the client follows those that are safe")
        .permanent();
    Err(failure.into())
}

/// `host` or `host:port`, for people.
fn shown(uri: &Uri) -> String {
    let origin = Origin::of(uri).map(|origin| origin.to_string()).unwrap_or_default();
    origin.split_once("://").map(|(_, host)| host.to_owned()).unwrap_or_default()
}

fn parse(text: &str) -> Result<HostPattern, Error> {
    let wrong = || {
        Error::build(format!("{:?} is not a host", text.chars().take(200).collect::<String>()))
            .with_hint("write hub.example.org, hub.example.org:8080 or *.example.org")
    };
    let (below, rest) = text.trim().strip_prefix("*.").map_or((false, text.trim()), |rest| (true, rest));
    let authority: Authority = rest.parse().map_err(|_| wrong())?;
    let port = authority.port_u16();
    let whole = port.is_some() || authority.host().len() == authority.as_str().len();
    if !whole || authority.host().is_empty() || authority.host().contains('*') {
        return Err(wrong());
    }
    let dot = if below { "." } else { "" };
    Ok(HostPattern { name: format!("{dot}{}", authority.host().to_ascii_lowercase()), port })
}

impl HostPattern {
    fn matches(&self, origin: &Origin) -> bool {
        let host = origin.host();
        let named = if self.name.starts_with('.') {
            host.len() > self.name.len() && host.ends_with(&self.name)
        } else {
            host == self.name
        };
        named && self.port.is_none_or(|port| port == origin.port())
    }
}

/// Refuses a request to a host that is not allowed, with [`ErrorKind::HostNotAllowed`] and before anything is sent, and notes
/// the host of every other. A response that says with [`EffectiveUri`] that it comes from elsewhere is refused too. Belongs right
/// above the inner service: there it sees every hop of a redirect, and what other layers made
/// of the request.
#[derive(Debug, Clone)]
pub struct HostsLayer {
    hosts: Hosts,
}

impl HostsLayer {
    /// With the hosts that may be contacted.
    #[must_use]
    pub fn new(hosts: Hosts) -> Self {
        Self { hosts }
    }
}

impl<S> Layer<S> for HostsLayer {
    type Service = HostsService<S>;

    fn layer(&self, inner: S) -> HostsService<S> {
        HostsService { inner, hosts: self.hosts.clone() }
    }
}

/// See [`HostsLayer`].
#[derive(Debug, Clone)]
pub struct HostsService<S> {
    inner: S,
    hosts: Hosts,
}

impl<S: Inner> Service<Request<Body>> for HostsService<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = Either<Ready<ResponseResult>, ResponseFuture>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if self.hosts.allows(request.uri()) {
            self.hosts.note(request.uri());
            let asked = request.uri().clone();
            let answering = self.inner.call(request);
            return Either::Right(Box::pin(async move { from_there(answering.await?, &asked) }));
        }
        let host = shown(request.uri());
        let message = format!("{host} is not among the hosts that may be contacted; nothing was sent to it");
        let failure = Failure::not_sent(ErrorKind::HostNotAllowed, message)
            .with_hint(
                hub_types::Message::from("if it is trusted, add it to the hosts of ")
                    .and_argument("strict_origin"),
            )
            .permanent();
        Either::Left(ready(Err(failure.into())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allows(host: &str, uri: &str) -> bool {
        Hosts::only([host]).unwrap().allows(&uri.parse().unwrap())
    }

    #[test]
    fn a_host_is_allowed_by_its_whole_name() {
        let cases = [
            ("hub.test", "https://hub.test/x", true),
            ("HUB.test", "http://Hub.Test:8080/x", true),
            ("hub.test", "https://hub.test.evil/x", false),
            ("hub.test", "https://evilhub.test/x", false),
            ("hub.test", "https://hub.test@evil/x", false),
            ("hub.test", "https://hub.test:99999/x", false),
            ("hub.test", "https://a.hub.test/x", false),
            ("hub.test", "https://hub.test./x", false),
            ("hub.test:8443", "https://hub.test:8443/x", true),
            ("hub.test:8443", "https://hub.test/x", false),
            ("hub.test:443", "https://hub.test/x", true),
            ("*.hub.test", "https://a.b.hub.test/x", true),
            ("*.hub.test", "https://hub.test/x", false),
            ("*.hub.test", "https://evilhub.test/x", false),
            ("[::1]:9000", "http://[::1]:9000/x", true),
        ];
        for (host, uri, expected) in cases {
            assert_eq!(allows(host, uri), expected, "{host} {uri}");
        }
        assert!(Hosts::any().allows(&Uri::from_static("https://anywhere.test")));
        assert!(!Hosts::only([""; 0]).unwrap().allows(&Uri::from_static("https://anywhere.test")));
    }

    #[test]
    fn what_is_not_a_host_is_refused() {
        for text in
            ["", "*", "*.", "a.*", "https://hub.test", "hub.test/x", "u:p@hub.test", "hub.test:x", "h:70000"]
        {
            let error = Hosts::only([text]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Build, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_host_that_is_not_listed_is_never_allowed(host in "[a-z]{1,8}(\\.[a-z]{1,8}){0,3}") {
            let uri: Uri = format!("https://{host}/x").parse().unwrap();
            let listed = host == "hub.test" || host.ends_with(".cdn.test");
            prop_assert_eq!(Hosts::only(["hub.test", "*.cdn.test"]).unwrap().allows(&uri), listed);
        }
    }
}
