//! [`OAuthRefresh`]: a token of a login in a browser, renewed with its refresh token.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hub_auth::{AuthError, Grant, GrantFuture, Token, TokenOrigin, TokenRequest, TokenSource};
use hub_transport::{RetryClass, Transport, post};
use tokio::sync::Mutex;

use super::{endpoint, given};

/// How long before its end a token is renewed.
const RENEW_BEFORE: Duration = Duration::from_secs(24 * 3600);

type OnRenewed = Arc<dyn Fn(&Token, Option<&Token>, Option<SystemTime>) + Send + Sync>;

/// Gives the access token of an OAuth login, and renews it with the refresh token: when a day or less is left (a quarter of its time
/// if it is shorter-lived), and after a refusal.
///
/// ```
/// # use hub_api::{HfApi, OAuthRefresh, Token};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let refresh_token = Token::new("example-refresh-token")?; // from where the program keeps it
/// let api = HfApi::builder()
///     .token_source_over(|transport| {
///         OAuthRefresh::new(transport, "client-id", refresh_token).on_renewed(|access, refresh, expires_at| {
///             // Keep them: the old refresh token may be good for nothing now.
///             # let _ = (access, refresh, expires_at);
///         })
///     })
///     .build()?;
/// # Ok(()) }
/// ```
pub struct OAuthRefresh {
    transport: Transport,
    client_id: String,
    state: Mutex<State>,
    on_renewed: Option<OnRenewed>,
}

struct State {
    refresh_token: Token,
    /// The access token from before, until it was given out.
    first: Option<(Token, Option<SystemTime>)>,
    /// Why the refresh token is good for nothing any more.
    over: Option<String>,
}

impl OAuthRefresh {
    /// Renews with `refresh_token`, which was given to the OAuth application `client_id`. `transport` leads to the Hub; its
    /// own token is not sent.
    pub fn new(transport: &Transport, client_id: impl Into<String>, refresh_token: Token) -> Self {
        Self {
            transport: transport.with_token_source(Arc::new(hub_auth::Anonymous)),
            client_id: client_id.into(),
            state: Mutex::new(State { refresh_token, first: None, over: None }),
            on_renewed: None,
        }
    }

    /// The access token at hand and its end: used until it has to be renewed.
    #[must_use]
    pub fn access_token(mut self, token: Token, expires_at: Option<SystemTime>) -> Self {
        self.state.get_mut().first = Some((token, expires_at));
        self
    }

    /// Called with each new access token, the refresh token that takes the place of the old one if there is one, and the end of the
    /// access token: to keep them. It runs on a task of the client and must not block for long.
    #[must_use]
    pub fn on_renewed(
        self,
        keep: impl Fn(&Token, Option<&Token>, Option<SystemTime>) + Send + Sync + 'static,
    ) -> Self {
        Self { on_renewed: Some(Arc::new(keep)), ..self }
    }

    fn grant(token: Token, end: Option<SystemTime>) -> Grant {
        end.into_iter().fold(Grant::new(token), Grant::until).renew_before(RENEW_BEFORE)
    }

    async fn renew(&self, request: TokenRequest) -> Result<Grant, AuthError> {
        let mut state = self.state.lock().await;
        if let Some((token, end)) = state.first.take()
            && end.is_none_or(|end| end > request.now())
            && request.refused().is_none_or(|refused| refused.reveal() != token.reveal())
        {
            return Ok(Self::grant(token, end));
        }
        if let Some(reason) = &state.over {
            return Err(AuthError::other(reason.clone()));
        }
        let (refresh_token, client_id) = (state.refresh_token.clone(), self.client_id.clone());
        let ask = endpoint::Ask {
            what: "a new access token",
            // The server may make the refresh token useless as it answers.
            class: RetryClass::Ambiguous,
            request: Box::new(move || {
                post("/oauth/token").form(&[
                    ("grant_type", "refresh_token"),
                    ("refresh_token", refresh_token.reveal()),
                    ("client_id", &client_id),
                ])
            }),
            bearer: None,
        };
        let secrets = [state.refresh_token.reveal()];
        let fields = match endpoint::send(&self.transport, ask, &secrets).await {
            Ok(fields) => fields,
            Err(refused) if refused.reason.is_some() => {
                let reason = format!("{}; log in again", refused.error);
                state.over = Some(reason.clone());
                return Err(AuthError::other(reason));
            }
            Err(refused) => return Err(refused.error),
        };
        let origin = TokenOrigin::Other("a renewed login".to_owned());
        // First what must not be lost, whatever else is wrong with the response.
        let refresh = given::token(&fields, "refresh_token", &origin).ok().flatten();
        if let Some(refresh) = &refresh {
            state.refresh_token = refresh.clone();
        }
        let token = given::required(&fields, "access_token", &origin)?;
        let end = given::end(&fields, request.now(), &origin)?;
        if let Some(keep) = &self.on_renewed {
            keep(&token, refresh.as_ref(), end);
        }
        Ok(Self::grant(token, end))
    }
}

impl TokenSource for OAuthRefresh {
    fn token(&self, request: TokenRequest) -> GrantFuture<'_> {
        Box::pin(self.renew(request))
    }
}

impl fmt::Debug for OAuthRefresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthRefresh").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
