//! Access tokens for the Hugging Face Hub: a [`Token`] that cannot be printed, the token store that the Python client
//! shares ([`HfFolder`]), and the places a token may come from ([`TokenSource`]).
//!
//! ```
//! use hub_auth::{HfFolder, Token, TokenPaths};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("token");
//! let store = HfFolder::new(TokenPaths { token: path, legacy: None });
//! assert!(store.get_token()?.is_none());
//! store.save_token(&Token::new("hf_example")?)?;
//! assert_eq!(store.require_token()?.reveal(), "hf_example");
//! store.delete_token()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`HfFolder::from_env`] is the store of the user who runs the program. Nothing here knows of HTTP: turning a token
//! into a header, and deciding which host may see it, is the transport's job.

mod cached;
mod chain;
mod command;
mod env;
mod error;
mod git_credential;
mod private_file;
mod source;
mod store;
mod stored;
mod sync;
mod token;
mod token_origin;

pub use cached::Cached;
pub use chain::Chain;
pub use command::CommandSource;
pub use env::{
    TokenPaths, assets_cache_from_env, assets_cache_from_lookup, cache_dir_from_env, cache_dir_from_lookup,
    xet_cache_from_env, xet_cache_from_lookup,
};
pub use error::{AuthError, InvalidToken, MAX_TOKEN_LEN, TokenFault};
pub use git_credential::GitCredential;
pub use source::{Anonymous, BoxFuture, Grant, GrantFuture, Runtime, TokenRequest, TokenSource};
pub use store::{EnvToken, HfFolder, TokenFile};
pub use stored::StoredToken;
pub use token::Token;
pub use token_origin::TokenOrigin;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
