//! The ways to a client.

use std::sync::OnceLock;

use hub_transport::Transport;

use crate::{Config, Error, HfApi, HfApiBuilder};

impl HfApi {
    /// Starts a client for the public Hub without a token; reads nothing from the environment.
    pub fn builder() -> HfApiBuilder {
        HfApiBuilder::new()
    }

    /// Starts a client with what the environment says: endpoint, token store, offline mode, proxies.
    ///
    /// The variables are those of the Python client: see [`Config`] and [`hub_auth::HfFolder`].
    pub fn builder_from_env() -> HfApiBuilder {
        HfApiBuilder::from_env(&Config::from_env())
    }

    /// A client with what the environment says. Python: `HfApi()`.
    ///
    /// # Errors
    /// When a variable cannot be used, for example an `HF_ENDPOINT` that is not a URL.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder_from_env().build()
    }

    /// Starts a client over a finished transport, for example a whole stack of the caller's: nothing is added to it. Cache,
    /// network policy and, where the stack adds tokens, the token can be set; to set anything else is an error.
    pub fn builder_over(transport: Transport) -> HfApiBuilder {
        HfApiBuilder::over(transport)
    }

    /// The client of the free functions, made from the environment when it is first used.
    pub(crate) fn shared() -> Self {
        static SHARED: OnceLock<HfApi> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::from_env().unwrap_or_else(|error| Self::unusable(error.to_string())))
            .clone()
    }
}
