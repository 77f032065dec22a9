//! [`OidcExchange`]: a token for a run in CI, without a stored one.

use std::fmt;
use std::time::Duration;

use hub_auth::{AuthError, Grant, GrantFuture, Token, TokenOrigin, TokenRequest, TokenSource};
use hub_transport::{Origin, RetryClass, Transport, get, post};
use serde_json::json;

use super::{endpoint, given};

/// How long a token is good when the Hub does not say.
const UNLESS_SAID: Duration = Duration::from_secs(3600);

/// How long before its end it is exchanged again.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// Exchanges the identity of a CI job for a token of the Hub: what the Hub calls a trusted publisher. No secret has to be stored.
///
/// The client from the environment does it when `HF_OIDC_RESOURCE` is set. In a program:
///
/// ```
/// # use hub_api::{HfApi, Token, IdToken, OidcExchange};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let id_token = Token::new("eyJ0.e30.c2ln")?;
/// let api = HfApi::builder()
///     .token_source_over(|transport| OidcExchange::new(transport, "acme/model", IdToken::Given(id_token)))
///     .build()?;
/// # Ok(()) }
/// ```
pub struct OidcExchange {
    transport: Transport,
    resource: String,
    identity: Result<IdToken, String>,
}

/// Where the proof of who the job is comes from.
#[derive(Clone)]
#[non_exhaustive]
pub enum IdToken {
    /// The ID token itself, as GitLab and others put it into a variable. Good for one exchange or a few: they are short-lived.
    Given(Token),
    /// GitHub Actions gives one when asked (`permissions: id-token: write`).
    GitHub {
        /// `ACTIONS_ID_TOKEN_REQUEST_URL`: https, or this machine.
        url: String,
        /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
        token: Token,
    },
}

impl OidcExchange {
    /// A token for `resource`: `acme/model`, `datasets/acme/d`, or the name of a user. `transport` leads to the Hub; its own
    /// token is not sent.
    pub fn new(transport: &Transport, resource: impl Into<String>, identity: IdToken) -> Self {
        Self::with(transport, resource.into(), Ok(identity))
    }

    /// What the variables of a CI job say, as the Python client reads them: `HF_OIDC_RESOURCE`, `HF_OIDC_ID_TOKEN`, and those of
    /// GitHub Actions. `None` without `HF_OIDC_RESOURCE`. What is missing besides is an error of the first call.
    pub fn from_lookup(transport: &Transport, lookup: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let text = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let resource = text("HF_OIDC_RESOURCE")?;
        let token = |name: &str, value: String| {
            let token =
                Token::parse(&value, TokenOrigin::Env(name.to_owned())).map_err(|error| error.to_string())?;
            token.ok_or_else(|| format!("{name} is empty"))
        };
        let identity = if let Some(given) = text("HF_OIDC_ID_TOKEN") {
            token("HF_OIDC_ID_TOKEN", given).map(IdToken::Given)
        } else {
            let on_github = text("GITHUB_ACTIONS").is_some_and(|value| value.eq_ignore_ascii_case("true"));
            let name = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
            match (text("ACTIONS_ID_TOKEN_REQUEST_URL"), text(name)) {
                (Some(url), Some(value)) if on_github => {
                    token(name, value).map(|token| IdToken::GitHub { url, token })
                }
                _ if on_github => Err("the job has no ID token: give it the permission `id-token: write` in the workflow \
                                       file"
                    .to_owned()),
                _ => Err("HF_OIDC_RESOURCE is set but there is no ID token: set HF_OIDC_ID_TOKEN, or on GitHub Actions \
                          give the job the permission `id-token: write`"
                    .to_owned()),
            }
        };
        Some(Self::with(transport, resource.trim().to_owned(), identity))
    }

    fn with(transport: &Transport, resource: String, identity: Result<IdToken, String>) -> Self {
        let transport = transport.with_token_source(std::sync::Arc::new(hub_auth::Anonymous));
        Self { transport, resource, identity }
    }

    fn origin(&self) -> TokenOrigin {
        TokenOrigin::Other(format!("the exchange of an ID token for {:?}", self.resource))
    }

    async fn id_token(&self) -> Result<Token, AuthError> {
        match &self.identity {
            Err(reason) => Err(AuthError::other(reason.clone())),
            Ok(IdToken::Given(token)) => Ok(token.clone()),
            Ok(IdToken::GitHub { url, token }) => {
                let protected = url.parse().ok().and_then(|uri| Origin::of(&uri));
                if !protected.is_some_and(|origin| origin.is_protected()) {
                    return Err(AuthError::other(
                        "ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL; nothing was sent there",
                    ));
                }
                let (url, audience) = (url.clone(), self.transport.endpoint().to_string());
                let ask = endpoint::Ask {
                    what: "an ID token of GitHub Actions",
                    class: RetryClass::Read,
                    request: Box::new(move || get(&url).query("audience", &audience)),
                    bearer: Some(token.clone()),
                };
                let fields = endpoint::send(&self.transport, ask, &[token.reveal()])
                    .await
                    .map_err(|refused| refused.error)?;
                given::required(&fields, "value", &TokenOrigin::Other("GitHub Actions".to_owned()))
            }
        }
    }

    async fn exchange(&self, request: TokenRequest) -> Result<Grant, AuthError> {
        let id_token = self.id_token().await?;
        let (subject, resource) = (id_token.clone(), self.resource.clone());
        let ask = endpoint::Ask {
            what: "a token for this job",
            // A second exchange gives a second token and changes nothing else.
            class: RetryClass::Read,
            request: Box::new(move || {
                post("/oauth/token").json(&json!({
                    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
                    "subject_token": subject.reveal(),
                    "resource": resource,
                }))
            }),
            bearer: None,
        };
        let fields = endpoint::send(&self.transport, ask, &[id_token.reveal()])
            .await
            .map_err(|refused| refused.error)?;
        let origin = self.origin();
        let token = given::required(&fields, "access_token", &origin)?;
        let end = given::end(&fields, request.now(), &origin)?;
        let end = end.or_else(|| request.now().checked_add(UNLESS_SAID));
        // One that was given cannot be had anew, so that its token is used to the end.
        let before =
            if matches!(self.identity, Ok(IdToken::Given(_))) { Duration::ZERO } else { RENEW_BEFORE };
        Ok(end.into_iter().fold(Grant::new(token), Grant::until).renew_before(before))
    }
}

impl TokenSource for OidcExchange {
    fn token(&self, request: TokenRequest) -> GrantFuture<'_> {
        Box::pin(self.exchange(request))
    }
}

impl fmt::Debug for OidcExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcExchange").field("resource", &self.resource).finish_non_exhaustive()
    }
}

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given(_) => "Given(***)",
            Self::GitHub { .. } => "GitHub(***)",
        })
    }
}
