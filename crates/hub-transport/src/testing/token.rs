//! [`TestToken`]: a token for tests.

use hub_auth::{Grant, GrantFuture, Token, TokenRequest, TokenSource};

/// A source of a token that no Hub knows. Whether a request carried it, [`Recorded::has_token`](super::Recorded::has_token) says.
#[derive(Debug, Clone, Copy, Default)]
pub struct TestToken;

impl TokenSource for TestToken {
    fn token(&self, _: TokenRequest) -> GrantFuture<'_> {
        Box::pin(std::future::ready(Token::new("hf_testTokenThatNoHubKnows").map(Grant::new)))
    }

    fn is_fixed(&self) -> bool {
        true
    }
}
