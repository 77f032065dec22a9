//! [`TestToken`]: a token for tests.

use hub_auth::{AuthError, Token, TokenSource};

/// A source of a token that no Hub knows. Whether a request carried it, [`Recorded::has_token`](super::Recorded::has_token) says.
#[derive(Debug, Clone, Copy, Default)]
pub struct TestToken;

impl TokenSource for TestToken {
    fn token(&self) -> Result<Option<Token>, AuthError> {
        Token::new("hf_testTokenThatNoHubKnows").map(Some)
    }
}
