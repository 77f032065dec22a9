//! The client that a command uses, from flags and environment.

use std::path::Path;

use hub_api::{Config, HfApi, HfFolder, Token, auth::AuthError};
use hub_local::{LocalHub, OwnHub};

use crate::{
    args::{Global, parse_rate},
    failure::{Code, Failure, chain},
    output::Output,
};

/// Address under which the embedded Hub of `local:DIR` knows itself. Nothing listens there: requests stay in process.
const LOCAL_URL: &str = "http://hub.localhost";

/// What every command gets.
pub(crate) struct Session {
    global: Global,
    pub(crate) output: Output,
}

impl Session {
    pub(crate) fn new(global: Global, output: Output) -> Self {
        Self { global, output }
    }

    /// The token of `--token`.
    pub(crate) fn token(&self) -> Option<&str> {
        self.global.token.as_deref()
    }

    /// What was asked for: an address, or `local:` and a folder.
    pub(crate) fn endpoint(&self) -> String {
        self.global.endpoint.clone().unwrap_or_else(|| Config::from_env().endpoint)
    }

    /// Bytes a second for uploads and downloads together, 0 for no limit: the flag, else `HUB_MAX_BANDWIDTH`.
    fn max_bandwidth(&self) -> Result<u64, Failure> {
        if let Some(rate) = self.global.max_bandwidth {
            return Ok(rate);
        }
        match std::env::var("HUB_MAX_BANDWIDTH") {
            Ok(text) if !text.is_empty() => parse_rate(&text)
                .map_err(|reason| Failure::new(Code::Usage, format!("HUB_MAX_BANDWIDTH: {reason}"))),
            _ => Ok(0),
        }
    }

    /// The address of the Hub in use.
    pub(crate) fn url(&self) -> String {
        let endpoint = self.endpoint();
        if endpoint.starts_with("local:") { LOCAL_URL.to_owned() } else { endpoint }
    }

    /// The token in use, which the Hub of `local:DIR` has for itself.
    pub(crate) async fn token_in_use(&self) -> Result<Token, Failure> {
        let no_token = |error: AuthError| Failure::new(Code::NotAuthorised, chain(&error));
        if let Some(token) = self.token() {
            return Token::new(token).map_err(no_token);
        }
        match self.endpoint().strip_prefix("local:") {
            Some(dir) => Token::new(open_local(Path::new(dir)).await?.token).map_err(no_token),
            None => HfFolder::from_env().require_token().map_err(no_token),
        }
    }

    /// The client for `--endpoint` and `--token`, else for what the environment says.
    pub(crate) async fn api(&self) -> Result<HfApi, Failure> {
        self.api_with(self.token()).await
    }

    /// As [`Session::api`], with another token.
    pub(crate) async fn api_with(&self, token: Option<&str>) -> Result<HfApi, Failure> {
        let endpoint = self.endpoint();
        let builder = match endpoint.strip_prefix("local:") {
            Some(dir) => {
                let local = open_local(Path::new(dir)).await?;
                let mut builder = HfApi::builder().endpoint(LOCAL_URL).token(&local.token).leaf(local.hub);
                if let Some(cache) = Config::from_env().cache_dir {
                    builder = builder.cache_dir(cache);
                }
                match token {
                    Some(token) => builder.token(token),
                    None => builder,
                }
            }
            None => {
                let builder = HfApi::builder_from_env().endpoint(&endpoint);
                match token {
                    Some(token) => builder.token(token),
                    None => builder,
                }
            }
        };
        let builder = builder.max_bandwidth(self.max_bandwidth()?);
        Ok(builder.library("hub-cli", env!("CARGO_PKG_VERSION")).build()?)
    }
}

async fn open_local(dir: &Path) -> Result<OwnHub, Failure> {
    if dir.as_os_str().is_empty() {
        return Err(Failure::new(Code::Usage, "local: needs a folder, for example local:./hub-data"));
    }
    let dir = dir.to_owned();
    let opened = tokio::task::spawn_blocking(move || LocalHub::open_local(dir)).await;
    let opened = opened.map_err(|error| Failure::other("cannot open the embedded Hub", error))?;
    opened.map_err(|error| Failure::other("cannot open the embedded Hub", error))
}
