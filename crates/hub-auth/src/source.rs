//! [`TokenSource`]: where a client asks for its token, each time it needs it.

use std::fmt::Debug;
use std::sync::Arc;

use crate::error::AuthError;
use crate::token::Token;

/// Gives a token when asked. A client asks once per attempt, so a source may change its answer over time.
///
/// Called on the task that sends the request: it may read a small file, but must not wait for a network.
pub trait TokenSource: Send + Sync + Debug {
    /// The token to use now; `None` means that the request goes out anonymously.
    ///
    /// # Errors
    ///
    /// When there is a token but it cannot be read or used. The request is then not sent.
    fn token(&self) -> Result<Option<Token>, AuthError>;
}

impl TokenSource for Token {
    fn token(&self) -> Result<Option<Token>, AuthError> {
        Ok(Some(self.clone()))
    }
}

impl<T: TokenSource + ?Sized> TokenSource for Arc<T> {
    fn token(&self) -> Result<Option<Token>, AuthError> {
        (**self).token()
    }
}

/// Never gives a token: `token=False` of the Python client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Anonymous;

impl TokenSource for Anonymous {
    fn token(&self) -> Result<Option<Token>, AuthError> {
        Ok(None)
    }
}

/// Asks several sources in order and gives the first token.
///
/// An error ends the search: a token that is set but broken must not be replaced by another one silently.
///
/// ```
/// use hub_auth::{Anonymous, Chain, Token, TokenSource};
///
/// let chain = Chain::new().then(Anonymous).then(Token::new("hf_example")?);
/// assert_eq!(chain.token()?.unwrap().reveal(), "hf_example");
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

    /// Adds a source to be asked after those already there.
    #[must_use]
    pub fn then(mut self, source: impl TokenSource + 'static) -> Self {
        self.sources.push(Arc::new(source));
        self
    }
}

impl TokenSource for Chain {
    fn token(&self) -> Result<Option<Token>, AuthError> {
        for source in &self.sources {
            if let Some(token) = source.token()? {
                return Ok(Some(token));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Broken;

    impl TokenSource for Broken {
        fn token(&self) -> Result<Option<Token>, AuthError> {
            Err(AuthError::NoHome)
        }
    }

    fn token(text: &str) -> Token {
        Token::new(text).unwrap()
    }

    fn revealed(source: &dyn TokenSource) -> Option<String> {
        source.token().unwrap().map(|token| token.reveal().to_owned())
    }

    #[test]
    fn a_chain_gives_the_first_token() {
        assert_eq!(revealed(&Chain::new()), None);
        assert_eq!(revealed(&Chain::new().then(Anonymous)), None);
        assert_eq!(
            revealed(&Chain::new().then(Anonymous).then(token("a")).then(token("b"))),
            Some("a".into())
        );
    }

    #[test]
    fn a_broken_source_ends_the_search_but_only_when_it_is_reached() {
        assert!(Chain::new().then(Broken).then(token("a")).token().is_err());
        assert_eq!(revealed(&Chain::new().then(token("a")).then(Broken)), Some("a".into()));
    }

    #[test]
    fn a_shared_source_is_a_source() {
        let shared: Arc<dyn TokenSource> = Arc::new(token("a"));
        assert_eq!(revealed(&shared), Some("a".into()));
    }
}
