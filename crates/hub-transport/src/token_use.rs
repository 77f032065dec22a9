//! [`TokenUse`]: which token a request went out with, for its errors.

use std::fmt;

use hub_auth::TokenOrigin;

/// Which token a request to the Hub went out with: its source, never its text.
///
/// `Display` reads as part of a sentence: `with the token of HF_TOKEN`, `without a token`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenUse {
    /// The token from this source was sent.
    With(TokenOrigin),
    /// None was sent, because there is none.
    Without,
    /// There is one from this source, but it stayed here: the endpoint is plain `http` on another machine, and sending it
    /// there was not allowed (see [`TransportBuilder::allow_http_token`](crate::TransportBuilder::allow_http_token)).
    Withheld(TokenOrigin),
}

impl fmt::Display for TokenUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Without => f.write_str("without a token"),
            Self::Withheld(origin) => {
                write!(f, "without the token from {origin}, which is not sent over plain http")
            }
            Self::With(TokenOrigin::Argument) => f.write_str("with the token that was given"),
            Self::With(TokenOrigin::Env(name)) => write!(f, "with the token of {name}"),
            Self::With(TokenOrigin::File(path)) => write!(f, "with the token from {}", path.display()),
            Self::With(other) => write!(f, "with the token from {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_reads_as_part_of_a_sentence() {
        for (origin, expected) in [
            (TokenOrigin::Argument, "with the token that was given"),
            (TokenOrigin::Env("HF_TOKEN".into()), "with the token of HF_TOKEN"),
            (TokenOrigin::File("/home/ada/token".into()), "with the token from /home/ada/token"),
            (TokenOrigin::Other("the keyring".into()), "with the token from the keyring"),
        ] {
            assert_eq!(TokenUse::With(origin).to_string(), expected);
        }
        assert_eq!(TokenUse::Without.to_string(), "without a token");
        assert_eq!(
            TokenUse::Withheld(TokenOrigin::Env("HF_TOKEN".into())).to_string(),
            "without the token from the environment variable HF_TOKEN, which is not sent over plain http"
        );
    }
}
