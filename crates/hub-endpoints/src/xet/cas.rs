//! [`XetCas`]: requests to the CAS of a repository, with a token that is renewed.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response, StatusCode, response::Parts};
use hub_transport::{
    BaseUrl, Body, CallInfo, Endpoint, Error, ErrorKind, RetryClass, Transport, WithoutToken,
};
use hub_xet::wire::{SESSION_ID_HEADER, XetToken};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{GetXetToken, session};
use crate::server_url;

/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_secs(30);
/// How long a new token is used in any case: the clock of this machine may be wrong.
const LEAST: Duration = Duration::from_secs(10);
/// How long a token is used at most.
const MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// The CAS of a repository. Requests go out with its token, which is renewed 30 s before it ends and once when the CAS refuses it; of
/// those who need a new one at the same time, one asks the Hub.
///
/// The token is a bearer for the origin of the CAS: a redirect that leaves it goes on without. The token of the Hub is never sent there.
/// All else is as for every request of the transport: proxies, certificates, limits, retries.
///
/// Shared by reference by all transfers of a session.
#[derive(Debug)]
pub struct XetCas {
    transport: Transport,
    source: GetXetToken,
    session: HeaderValue,
    held: Mutex<Option<Held>>,
}

/// A token in use.
#[derive(Debug, Clone)]
struct Held {
    base: BaseUrl,
    /// Marked sensitive.
    bearer: HeaderValue,
    until: Instant,
}

impl XetCas {
    /// Requests the first token; `None` if the Hub has no Xet, or no such repository or revision, which other requests tell apart.
    ///
    /// # Errors
    /// What else can go wrong with a request, such as `Unauthorized` and `Forbidden`; `Decode` for a CAS at a URL that is not used, see
    /// [`server_url`].
    pub async fn connect(transport: &Transport, source: GetXetToken) -> Result<Option<Self>, Error> {
        let cas = Self {
            session: session::new_id(transport),
            transport: transport.clone(),
            source,
            held: Mutex::default(),
        };
        match cas.token().await {
            Ok(_) => Ok(Some(cas)),
            // A 401 may mean a missing repository too, and mostly means a token that is not taken.
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The transport that its requests go through.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The base of all routes, without a slash at its end, as the Hub last told it. It names the instance: what is known of one CAS holds
    /// for no other.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect), if a token has to be renewed.
    pub async fn url(&self) -> Result<String, Error> {
        Ok(self.token().await?.base.to_string())
    }

    /// Sends a request whose path is relative to the CAS (a [`CasRoute`](hub_xet::wire::CasRoute)), reads the whole response and decodes
    /// it: [`Transport::send`].
    ///
    /// # Errors
    /// Those of [`Transport::send`], and of [`connect`](Self::connect).
    pub async fn send<E: Endpoint>(&self, endpoint: &E) -> Result<E::Output, Error> {
        let token = self.token().await?;
        match self.transport.send(&AtCas { cas: self, token: &token, inner: endpoint }).await {
            Err(error) if is_refused(&error) => {
                let token = self.replace(&token).await?;
                self.transport.send(&AtCas { cas: self, token: &token, inner: endpoint }).await
            }
            outcome => outcome,
        }
    }

    /// Sends a request whose path is relative to the CAS, and returns the response as soon as its head is there: [`Transport::open`].
    /// `make` makes the request, a second time if the token is refused.
    ///
    /// # Errors
    /// Those of [`Transport::open`], and of [`connect`](Self::connect).
    pub async fn open(
        &self,
        call: CallInfo,
        make: impl Fn() -> Result<Request<Body>, Error>,
    ) -> Result<Response<Body>, Error> {
        let token = self.token().await?;
        match self.transport.open(call.clone(), self.addressed(&token, make()?)?).await {
            Err(error) if is_refused(&error) => {
                let token = self.replace(&token).await?;
                self.transport.open(call, self.addressed(&token, make()?)?).await
            }
            outcome => outcome,
        }
    }

    /// The token to use now.
    async fn token(&self) -> Result<Held, Error> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|held| self.transport.clock().now() < held.until) {
            return Ok(held.clone());
        }
        Ok(held.insert(self.request().await?).clone())
    }

    /// Another token than the one that was refused.
    async fn replace(&self, refused: &Held) -> Result<Held, Error> {
        tracing::debug!(repo = %self.source.repo, "the CAS refused the token; the Hub is asked for another one");
        self.held.lock().await.take_if(|held| held.bearer == refused.bearer);
        self.token().await
    }

    async fn request(&self) -> Result<Held, Error> {
        let XetToken { cas_url, access_token, expires } = self.transport.send(&self.source).await?;
        let call = CallInfo::new(GetXetToken::NAME, self.source.target(), RetryClass::Read);
        let wrong = |what: String| Error::new(ErrorKind::Decode, what).in_call(&call);
        let shown = cas_url.split(['?', '#']).next().unwrap_or_default();
        let url = server_url(self.transport.endpoint(), &cas_url)
            .map_err(|reason| wrong(format!("the URL of the CAS {shown:?} {reason}")))?;
        let base = url.parse().map_err(|_| wrong(format!("the URL of the CAS {shown:?} is not usable")))?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {access_token}"))
            .map_err(|_| wrong("the token for the CAS cannot stand in a header".to_owned()))?;
        bearer.set_sensitive(true);
        let clock = self.transport.clock();
        let now = clock.wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        let left = Duration::from_secs(expires).saturating_sub(now).saturating_sub(MARGIN);
        Ok(Held { base, bearer, until: clock.now() + left.clamp(LEAST, MOST) })
    }

    /// A request for a path of the CAS as one for its URL.
    fn addressed(&self, token: &Held, mut request: Request<Body>) -> Result<Request<Body>, Error> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = token.base.join(path)?;
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, token.bearer.clone());
        headers.insert(SESSION_ID_HEADER, self.session.clone());
        request.extensions_mut().insert(WithoutToken);
        Ok(request)
    }
}

/// Whether another token may help.
fn is_refused(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden)
}

/// An endpoint at the CAS.
struct AtCas<'c, E> {
    cas: &'c XetCas,
    token: &'c Held,
    inner: &'c E,
}

impl<E: Endpoint> Endpoint for AtCas<'_, E> {
    const NAME: &'static str = E::NAME;
    type Output = E::Output;

    fn class(&self) -> RetryClass {
        self.inner.class()
    }

    fn target(&self) -> String {
        self.inner.target()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        self.cas.addressed(self.token, self.inner.request()?)
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<E::Output, Error> {
        self.inner.decode(head, body)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::SystemTime;

    use futures_util::future::join_all;
    use hub_transport::testing::TestToken;
    use hub_transport::{BoxError, decode_done, get};
    use hub_types::{RepoRef, RepoType, Revision};
    use serde_json::json;

    use super::*;

    const FILE: &str = "/v2/reconstructions/0";

    struct Question;

    impl Endpoint for Question {
        const NAME: &'static str = "question";
        type Output = ();
        fn class(&self) -> RetryClass {
            RetryClass::Read
        }
        fn target(&self) -> String {
            String::new()
        }
        fn request(&self) -> Result<Request<Body>, Error> {
            get(FILE).query("x", 1).finish()
        }
        fn decode(&self, head: &Parts, body: Bytes) -> Result<(), Error> {
            decode_done(head, &body).map(drop)
        }
    }

    /// A Hub whose tokens are called `cas-1`, `cas-2`, and its CAS: the first word of each line is the token that came.
    #[derive(Clone)]
    struct Server {
        lines: Arc<Mutex<Vec<String>>>,
        /// How many tokens it gave.
        given: Arc<AtomicUsize>,
        cas_url: &'static str,
        lifetime: u64,
        /// Tokens that the CAS does not take.
        refused: &'static [&'static str],
        redirect: Option<&'static str>,
    }

    impl Server {
        fn new(cas_url: &'static str) -> Self {
            Self {
                lines: Arc::default(),
                given: Arc::default(),
                cas_url,
                lifetime: 3600,
                refused: &[],
                redirect: None,
            }
        }

        fn respond(&self, request: &Request<Body>) -> Response<Body> {
            let token = request.headers().get(AUTHORIZATION).map_or("-", |value| value.to_str().unwrap());
            let token = token.trim_start_matches("Bearer ");
            let mut lines = self.lines.lock().unwrap();
            lines.push(format!("{token} {}", request.uri()));
            let reply = |status: u16, body: String| {
                Response::builder().status(status).body(Body::bytes(body)).unwrap()
            };
            if request.uri().path().contains("xet-read-token") {
                let asked = self.given.fetch_add(1, Ordering::SeqCst) + 1;
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
                let token = json!({"casUrl": self.cas_url, "accessToken": format!("cas-{asked}"), "exp": now + self.lifetime});
                return reply(200, token.to_string());
            }
            match self.redirect {
                Some(location) if request.uri().path().ends_with(FILE) => {
                    Response::builder().status(302).header("location", location).body(Body::empty()).unwrap()
                }
                _ if self.refused.contains(&token) => reply(401, String::new()),
                _ => reply(200, String::new()),
            }
        }

        fn hub(&self) -> Transport {
            let server = self.clone();
            let inner = tower::service_fn(move |request: Request<Body>| {
                let server = server.clone();
                async move {
                    tokio::task::yield_now().await;
                    Ok::<_, BoxError>(server.respond(&request))
                }
            });
            let builder = Transport::builder("https://hub.test").token_source(Arc::new(TestToken));
            builder.inner_service(inner).build().unwrap()
        }

        fn lines(&self) -> Vec<String> {
            std::mem::take(&mut *self.lines.lock().unwrap())
        }
    }

    fn source() -> GetXetToken {
        let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
        GetXetToken::read(repo, Revision::main())
    }

    async fn connected(server: &Server) -> XetCas {
        let cas = XetCas::connect(&server.hub(), source()).await.unwrap().unwrap();
        assert_eq!(
            server.lines(),
            ["hf_testTokenThatNoHubKnows https://hub.test/api/models/ada/demo/xet-read-token/main"]
        );
        cas
    }

    #[tokio::test(start_paused = true)]
    async fn the_token_of_the_cas_goes_to_the_cas_and_that_of_the_hub_does_not() {
        for base in ["https://cas.test/deep", "https://hub.test/_xet/1"] {
            let server = Server::new(base);
            let cas = connected(&server).await;
            assert_eq!(cas.url().await.unwrap(), base);
            cas.send(&Question).await.unwrap();
            let call = CallInfo::new("question", "", RetryClass::Read);
            cas.open(call, || get("/v1/chunks/default/0").finish()).await.unwrap();
            let lines = [format!("cas-1 {base}{FILE}?x=1"), format!("cas-1 {base}/v1/chunks/default/0")];
            assert_eq!(server.lines(), lines);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_token_goes_along_where_a_redirect_leaves_the_cas() {
        for location in ["https://other.test/x", "https://hub.test/x"] {
            let server = Server { redirect: Some(location), ..Server::new("https://cas.test") };
            connected(&server).await.send(&Question).await.unwrap();
            assert_eq!(
                server.lines(),
                [format!("cas-1 https://cas.test{FILE}?x=1"), format!("- {location}")]
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_before_it_ends_by_one_request_for_all_who_wait() {
        let server = Server { lifetime: 100, ..Server::new("https://cas.test") };
        let cas = connected(&server).await;
        tokio::time::advance(Duration::from_secs(60)).await;
        cas.send(&Question).await.unwrap();
        assert_eq!(server.lines().len(), 1, "there are 40 s left");
        tokio::time::advance(Duration::from_secs(15)).await;
        join_all((0..5).map(|_| cas.send(&Question))).await.into_iter().for_each(Result::unwrap);
        let lines = server.lines();
        assert!(lines.len() == 6 && lines.iter().skip(1).all(|line| line.starts_with("cas-2 ")), "{lines:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_of_the_past_is_used_for_a_while_because_clocks_differ() {
        let server = Server { lifetime: 0, ..Server::new("https://cas.test") };
        let cas = connected(&server).await;
        cas.send(&Question).await.unwrap();
        assert_eq!(server.lines().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_is_refused_is_replaced_once() {
        let server = Server { refused: &["cas-1"], ..Server::new("https://cas.test") };
        let cas = connected(&server).await;
        join_all((0..3).map(|_| cas.send(&Question))).await.into_iter().for_each(Result::unwrap);
        let lines = server.lines();
        assert_eq!(lines.iter().filter(|line| line.contains("xet-read-token")).count(), 1, "{lines:?}");

        let server = Server { refused: &["cas-1", "cas-2", "cas-3"], ..Server::new("https://cas.test") };
        let error = connected(&server).await.send(&Question).await.unwrap_err();
        assert_eq!((error.kind(), server.lines().len()), (ErrorKind::Unauthorized, 3));
        assert!(!format!("{error} {error:?}").contains("cas-"), "{error:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_hub_without_xet_is_no_error_and_a_cas_in_the_clear_is_one() {
        let respond = |status: u16| {
            let script = hub_transport::testing::Script::always(hub_transport::testing::reply(status));
            Transport::builder("https://hub.test").inner_service(script).build().unwrap()
        };
        assert!(XetCas::connect(&respond(404), source()).await.unwrap().is_none());
        assert_eq!(
            XetCas::connect(&respond(401), source()).await.unwrap_err().status(),
            Some(StatusCode::UNAUTHORIZED)
        );
        assert_eq!(XetCas::connect(&respond(403), source()).await.unwrap_err().kind(), ErrorKind::Forbidden);
        for cas_url in ["http://cas.test", "https://u:secret@cas.test", "/_xet", "https://169.254.169.254/x"]
        {
            let error = XetCas::connect(&Server::new(cas_url).hub(), source()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        }
    }
}
