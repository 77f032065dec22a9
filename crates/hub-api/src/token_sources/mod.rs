//! Sources of tokens that ask a server: they live here because `hub-auth` knows no HTTP.

mod endpoint;
mod given;
mod oauth;
mod oidc;

pub use oauth::OAuthRefresh;
pub use oidc::{IdToken, OidcExchange};
