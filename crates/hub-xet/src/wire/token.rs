//! The response of the token routes, and the headers of the protocol.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Header with [`XetToken::cas_url`]; the Python client reads the headers, others the body.
pub const CAS_URL_HEADER: &str = "x-xet-cas-url";
/// Header with [`XetToken::access_token`].
pub const ACCESS_TOKEN_HEADER: &str = "x-xet-access-token";
/// Header with [`XetToken::expires`].
pub const TOKEN_EXPIRATION_HEADER: &str = "x-xet-token-expiration";

/// Header of a file's metadata with its Xet hash; without it the file is downloaded in the plain way.
pub const XET_HASH_HEADER: &str = "x-xet-hash";
/// Header of each request to the CAS with an id of the client's session.
pub const SESSION_ID_HEADER: &str = "x-xet-session-id";

/// Where the CAS is and the token for it (section 8). `Debug` does not show the token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct XetToken {
    /// Base of all CAS routes, without a slash at its end.
    pub cas_url: String,
    /// What goes behind `Bearer `.
    pub access_token: String,
    /// Until when it is good, in seconds since 1970.
    #[serde(rename = "exp")]
    pub expires: u64,
}

impl fmt::Debug for XetToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XetToken")
            .field("cas_url", &self.cas_url)
            .field("access_token", &"…")
            .field("expires", &self.expires)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_and_is_not_shown() {
        let json = r#"{"casUrl":"http://cas/x","accessToken":"secret","exp":1700000000}"#;
        let token: XetToken = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&token).unwrap(), json);
        assert!(!format!("{token:?}").contains("secret"));
    }
}
