//! [`Chain`]: several sources in order.

use std::sync::Arc;

use crate::cached::Cached;
use crate::source::{Grant, GrantFuture, TokenRequest, TokenSource};

/// Asks several sources in order and gives the first token.
///
/// An error ends the search: a token that is set but broken must not be replaced by another one silently.
///
/// ```
/// use std::sync::Arc;
/// use hub_auth::{Anonymous, Chain, Token};
///
/// let chain = Chain::new().then(Anonymous).then(Token::new("hf_example")?);
/// # let _ = chain;
/// # Ok::<(), hub_auth::AuthError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Chain {
    sources: Vec<Arc<dyn TokenSource>>,
}

impl Chain {
    /// A chain without sources, which gives no token.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a source to be asked after those already there. What it gives is kept for it alone.
    #[must_use]
    pub fn then(mut self, source: impl TokenSource + 'static) -> Self {
        self.sources.push(Cached::around(Arc::new(source)));
        self
    }
}

impl TokenSource for Chain {
    fn token(&self, request: TokenRequest) -> GrantFuture<'_> {
        Box::pin(async move {
            for source in &self.sources {
                let grant = source.token(request.clone()).await?;
                if grant.token().is_some() {
                    return Ok(grant);
                }
            }
            Ok(Grant::none())
        })
    }

    /// Its members keep what can be kept.
    fn is_per_attempt(&self) -> bool {
        true
    }

    fn is_fixed(&self) -> bool {
        self.sources.iter().all(TokenSource::is_fixed)
    }
}
