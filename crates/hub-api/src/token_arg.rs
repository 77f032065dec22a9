//! The token of one call, in place of the client's: the argument `token` that every method has in Python.

use std::sync::Arc;

use hub_auth::{Anonymous, AuthError, Token, TokenSource};

use crate::{Call, HfApi, Listing, Mode};

fn parsed(token: impl AsRef<str>) -> Result<Arc<dyn TokenSource>, AuthError> {
    Ok(Arc::new(Token::new(token)?))
}

impl<M: Mode> HfApi<M> {
    /// This client with another token; a token that cannot be sent is reported by the call that would send it.
    fn with_token(&self, source: Result<Arc<dyn TokenSource>, AuthError>) -> Self {
        let transport = match (self.transport(), source) {
            (Ok(transport), Ok(source)) => Ok(transport.with_token_source(source)),
            (Err(error), _) => Err(error.to_string()),
            (_, Err(error)) => Err(error.to_string()),
        };
        self.over(transport)
    }
}

impl<O, M: Mode> Call<O, M> {
    /// The token for this call, with all requests that it makes. Python: `token="hf_..."`.
    pub fn token(self, token: impl AsRef<str>) -> Self {
        self.edit_api(|api| api.with_token(parsed(token)))
    }

    /// Makes this call without a token. Python: `token=False`.
    pub fn no_token(self) -> Self {
        self.edit_api(|api| api.with_token(Ok(Arc::new(Anonymous))))
    }
}

impl<O, M: Mode> Listing<O, M> {
    /// The token for this listing, with all requests that it makes. Python: `token="hf_..."`.
    pub fn token(self, token: impl AsRef<str>) -> Self {
        self.edit_api(|api| api.with_token(parsed(token)))
    }

    /// Makes this listing without a token. Python: `token=False`.
    pub fn no_token(self) -> Self {
        self.edit_api(|api| api.with_token(Ok(Arc::new(Anonymous))))
    }
}
