//! The client that a command uses, from flags and environment.

use std::path::Path;

use hub_api::{Config, HfApi};
use hub_local::{LocalHub, OwnHub};

use crate::{
    args::Global,
    failure::{Code, Failure},
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

    /// The client for `--endpoint` and `--token`, else for what the environment says.
    pub(crate) async fn api(&self) -> Result<HfApi, Failure> {
        self.api_with(self.token()).await
    }

    /// As [`Session::api`], with another token.
    pub(crate) async fn api_with(&self, token: Option<&str>) -> Result<HfApi, Failure> {
        let endpoint = self.global.endpoint.clone().unwrap_or_else(|| Config::from_env().endpoint);
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
