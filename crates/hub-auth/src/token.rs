//! [`Token`]: an access token that cannot be printed by accident, and where it came from.

use std::{fmt, str::FromStr};

use zeroize::Zeroizing;

use crate::error::{AuthError, InvalidToken, MAX_TOKEN_LEN, TokenFault};
use crate::token_origin::TokenOrigin;

/// An access token of the Hub (`hf_...`, or an OAuth or JWT token).
///
/// It has no `Display` and no `Serialize`, its `Debug` form is `Token(hf_***)`, and its memory is wiped when it is
/// dropped. [`Token::reveal`] is the only way to the text.
///
/// ```
/// let token = hub_auth::Token::new(" hf_example\n")?;
/// assert_eq!(token.reveal(), "hf_example");
/// assert_eq!(format!("{token:?}"), "Token(hf_***)");
/// # Ok::<(), hub_auth::AuthError>(())
/// ```
///
/// Printing it does not compile, while printing a `String` in the same place does:
///
/// ```
/// fn print<T: std::fmt::Display>(_: T) {}
/// print(String::from("text"));
/// ```
/// ```compile_fail,E0277
/// fn print<T: std::fmt::Display>(_: T) {}
/// print(hub_auth::Token::new("hf_example").unwrap());
/// ```
///
/// Nor does serialising it:
///
/// ```
/// fn save<T: serde::Serialize>(_: T) {}
/// save(String::from("text"));
/// ```
/// ```compile_fail,E0277
/// fn save<T: serde::Serialize>(_: T) {}
/// save(hub_auth::Token::new("hf_example").unwrap());
/// ```
#[derive(Clone)]
pub struct Token {
    secret: Zeroizing<String>,
    origin: TokenOrigin,
}

impl Token {
    /// A token from text: line ends are removed wherever they stand and white space around it is trimmed, as the
    /// Python client does. Its origin is [`TokenOrigin::Argument`].
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] if nothing remains, if a character is not visible ASCII (it could not stand in a
    /// header), if it is in quotes, or if it is longer than [`MAX_TOKEN_LEN`].
    pub fn new(text: impl AsRef<str>) -> Result<Self, AuthError> {
        match Self::parse(text.as_ref(), TokenOrigin::Argument)? {
            Some(token) => Ok(token),
            None => Err(InvalidToken::new(TokenOrigin::Argument, TokenFault::Empty).into()),
        }
    }

    /// Like [`Token::new`] for text from `origin`, with `None` for text that is empty once it is cleaned.
    ///
    /// # Errors
    ///
    /// As for [`Token::new`]; the error names `origin`.
    pub fn parse(text: &str, origin: TokenOrigin) -> Result<Option<Self>, InvalidToken> {
        // Reserved whole, so that growing never leaves an unwiped copy behind.
        let mut joined = Zeroizing::new(String::with_capacity(text.len()));
        joined.extend(text.chars().filter(|c| !matches!(c, '\r' | '\n')));
        let cleaned = joined.trim();
        if cleaned.is_empty() {
            return Ok(None);
        }
        const QUOTES: [char; 8] =
            ['"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}', '\u{201e}'];
        if cleaned.starts_with(QUOTES) || cleaned.ends_with(QUOTES) {
            return Err(InvalidToken::new(origin, TokenFault::Quoted));
        }
        if cleaned.len() > MAX_TOKEN_LEN {
            return Err(InvalidToken::new(origin, TokenFault::TooLong));
        }
        if let Some(position) = cleaned.chars().position(|c| !c.is_ascii_graphic()) {
            return Err(InvalidToken::new(origin, TokenFault::Character { position }));
        }
        Ok(Some(Self { secret: Zeroizing::new(cleaned.to_owned()), origin }))
    }

    /// The text of the token. Whoever calls this answers for where it goes.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.secret
    }

    /// Where the token came from; printable, for messages such as "the token from HF_TOKEN was refused".
    #[must_use]
    pub fn source(&self) -> &TokenOrigin {
        &self.origin
    }

    /// The same token with another origin.
    #[must_use]
    pub fn with_source(self, origin: TokenOrigin) -> Self {
        Self { origin, ..self }
    }
}

impl FromStr for Token {
    type Err = AuthError;

    /// As [`Token::new`].
    fn from_str(text: &str) -> Result<Self, AuthError> {
        Self::new(text)
    }
}

/// By the secret alone, wherever it came from. How long it takes depends on the lengths only.
impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        let (own, other) = (self.secret.as_bytes(), other.secret.as_bytes());
        let differing = own.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
        own.len() == other.len() && std::hint::black_box(differing) == 0
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hf_***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_same_when_their_secrets_are() {
        let token = |text: &str| text.parse::<Token>().unwrap();
        assert_eq!(token("hf_a"), token(" hf_a\n"));
        for other in ["hf_b", "hf_", "hf_ab"] {
            assert!(token("hf_a") != token(other), "{other}");
        }
    }

    #[test]
    fn text_is_cleaned_as_python_does() {
        for (text, expected) in [
            ("hf_abc", "hf_abc"),
            ("hf_abc\n", "hf_abc"),
            ("\r\n hf_abc \t\r\n", "hf_abc"),
            ("hf_\r\nabc", "hf_abc"),
            ("eyJ0.eyJ1.c2ln-_~", "eyJ0.eyJ1.c2ln-_~"),
        ] {
            assert_eq!(Token::new(text).unwrap().reveal(), expected, "{text:?}");
        }
    }

    #[test]
    fn text_that_could_not_stand_in_a_header_is_refused() {
        for (text, fault) in [
            ("", TokenFault::Empty),
            (" \r\n\t", TokenFault::Empty),
            ("hf_a bc", TokenFault::Character { position: 4 }),
            ("hf_a\tbc", TokenFault::Character { position: 4 }),
            ("hf_\0", TokenFault::Character { position: 3 }),
            ("hf_\u{7f}x", TokenFault::Character { position: 3 }),
            ("hf_é", TokenFault::Character { position: 3 }),
            ("\"hf_a\"", TokenFault::Quoted),
            ("'hf_a'\n", TokenFault::Quoted),
            ("\u{201c}hf_a\u{201d}", TokenFault::Quoted),
            ("\"hf_a", TokenFault::Quoted),
            ("hf_a'", TokenFault::Quoted),
            ("\"\"", TokenFault::Quoted),
            ("\u{feff}hf_a", TokenFault::Character { position: 0 }),
        ] {
            match Token::new(text) {
                Err(AuthError::Invalid(invalid)) => assert_eq!(invalid.fault(), &fault, "{text:?}"),
                other => panic!("{text:?}: {other:?}"),
            }
        }
        let long = "a".repeat(MAX_TOKEN_LEN);
        assert!(Token::new(&long).is_ok());
        assert!(Token::new(long + "a").is_err());
    }

    #[test]
    fn a_token_in_quotes_is_said_to_be_in_quotes() {
        let origin = TokenOrigin::Env("HF_TOKEN".into());
        let error = Token::parse("\"hf_canary\"", origin).unwrap_err().to_string();
        assert_eq!(
            error,
            "the environment variable HF_TOKEN does not hold a usable token: it is in quotes; remove the quotes: what \
             reads an .env file does that, and nothing else does"
        );
    }

    #[test]
    fn no_printable_form_holds_the_secret() {
        let canary = "hf_CANARYcanary0123456789";
        let token = Token::new(canary).unwrap();
        let refused = Token::new(format!("{canary} {canary}")).unwrap_err();
        let wrapped = (Some(token.clone()), crate::Chain::new().then(token));
        let printed = format!("{wrapped:?} {wrapped:#?} {refused} {refused:?}");
        assert!(!printed.contains("CANARY") && !printed.contains("23456789"), "{printed}");
    }

    #[test]
    fn the_origin_is_kept_and_can_be_replaced() {
        let token = Token::new("hf_a").unwrap();
        assert_eq!(token.source(), &TokenOrigin::Argument);
        let token = token.with_source(TokenOrigin::Env("HF_TOKEN".into()));
        assert_eq!(token.source().to_string(), "the environment variable HF_TOKEN");
        assert_eq!(token.reveal(), "hf_a");
    }
}
