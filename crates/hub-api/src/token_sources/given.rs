//! What a token endpoint gave.

use std::time::{Duration, SystemTime};

use hub_auth::{AuthError, Token, TokenOrigin};
use serde_json::{Map, Value};

/// No token lives longer; a server that says so is taken to mean "for ever".
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The field of a response that holds a token, cleaned and checked.
pub(super) fn token(
    fields: &Map<String, Value>,
    name: &str,
    origin: &TokenOrigin,
) -> Result<Option<Token>, AuthError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Token::parse(text, origin.clone())?),
        Some(_) => Err(AuthError::other(format!("the response of {origin} is wrong: {name} is not text"))),
    }
}

/// As [`token`], where it must be there.
pub(super) fn required(
    fields: &Map<String, Value>,
    name: &str,
    origin: &TokenOrigin,
) -> Result<Token, AuthError> {
    token(fields, name, origin)?
        .ok_or_else(|| AuthError::other(format!("the response of {origin} is wrong: it has no {name}")))
}

/// The end that `expires_in` leads to: seconds from now, as a whole number, a fraction or text. `None` if nothing is said.
pub(super) fn end(
    fields: &Map<String, Value>,
    now: SystemTime,
    origin: &TokenOrigin,
) -> Result<Option<SystemTime>, AuthError> {
    let wrong = || AuthError::other(format!("the response of {origin} is wrong: expires_in is not a number"));
    let seconds = match fields.get("expires_in") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_f64().ok_or_else(wrong)?,
        Some(Value::String(text)) => text.trim().parse::<f64>().map_err(|_| wrong())?,
        Some(_) => return Err(wrong()),
    };
    if seconds.is_nan() {
        return Err(wrong());
    }
    if seconds <= 0.0 {
        return Err(AuthError::Expired { origin: origin.to_string() });
    }
    let span = Duration::try_from_secs_f64(seconds.min(LONGEST.as_secs_f64())).map_err(|_| wrong())?;
    Ok(now.checked_add(span))
}
