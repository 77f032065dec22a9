//! The client that a command uses, from flags and environment.

use std::{cell::RefCell, path::Path};

use hub_api::{Config, HfApi, HfFolder, NetworkPolicy, Token, XetPolicy};
use hub_server::{EmbeddedHub, OwnHub};

use crate::{
    args::Global,
    failure::{Code, Failure},
    output::Output,
    rate,
    shown::{absolute, with_home},
    words::{self, chain},
};

/// URL under which the embedded Hub of `local:DIR` knows itself. Nothing listens there: requests stay in process.
const LOCAL_URL: &str = "http://hub.localhost";

/// The variables with which Python programs go offline.
const PYTHON: [&str; 2] = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];

/// What every command gets.
pub(crate) struct Session {
    global: Global,
    pub(crate) output: Output,
    clients: RefCell<Vec<HfApi>>,
}

impl Session {
    pub(crate) fn new(global: Global, output: Output) -> Self {
        Self { global, output, clients: RefCell::default() }
    }

    /// The token of `--token`.
    pub(crate) fn token(&self) -> Option<&str> {
        self.global.token.as_deref()
    }

    /// What was asked for: a URL, or `local:` and a folder.
    pub(crate) fn endpoint(&self) -> String {
        self.global.endpoint.clone().unwrap_or_else(|| Config::from_env().endpoint)
    }

    /// Bytes a second for uploads and downloads together, 0 for no limit: the flag, else `HUB_MAX_BANDWIDTH`.
    fn max_bandwidth(&self) -> Result<u64, Failure> {
        let rate = flag_or_variable(self.global.max_bandwidth, "HUB_MAX_BANDWIDTH", rate::parse)?;
        Ok(rate.unwrap_or(0))
    }

    /// Whether the Hub is asked: the flag, else `HUB_NETWORK`, else what Python programs read. The Hub of `local:DIR` needs
    /// no network, so that only what was meant for this program counts there.
    pub(crate) fn network(&self) -> Result<NetworkPolicy, Failure> {
        let parse = |text: &str| text.parse::<NetworkPolicy>().map_err(|error| chain(&error));
        let told = flag_or_variable(self.global.network, "HUB_NETWORK", parse)?;
        let from_python = || if self.is_local() { NetworkPolicy::Online } else { Config::from_env().network };
        let (switch, policy) = match (self.global.network, told) {
            (Some(policy), _) => ("--network offline", policy),
            (None, Some(policy)) => ("HUB_NETWORK=offline", policy),
            (None, None) => (PYTHON.into_iter().find(|name| is_set(name)).unwrap_or_default(), from_python()),
        };
        if policy == NetworkPolicy::Offline {
            words::offline_by(switch);
        }
        Ok(policy)
    }

    /// The hosts that may be contacted, if not all: the flag, else `HUB_STRICT_ORIGIN`.
    pub(crate) fn strict_origin(&self) -> Result<Option<Vec<String>>, Failure> {
        let flag = Some(self.global.strict_origin.clone()).filter(|hosts| !hosts.is_empty());
        flag_or_variable(flag, "HUB_STRICT_ORIGIN", |text| Ok(text.split(',').map(str::to_owned).collect()))
    }

    /// Whether the token may go to another machine over plain http: the flag, else `HUB_ALLOW_HTTP_TOKEN`.
    pub(crate) fn allow_http_token(&self) -> Result<bool, Failure> {
        let flag = self.global.allow_http_token.then_some(true);
        let told = flag_or_variable(flag, "HUB_ALLOW_HTTP_TOKEN", |text| {
            match text.to_ascii_uppercase().as_str() {
                "1" | "ON" | "YES" | "TRUE" => Ok(true),
                "0" | "OFF" | "NO" | "FALSE" => Ok(false),
                _ => Err(format!("{text:?} is neither 1 nor 0")),
            }
        })?;
        Ok(told.unwrap_or(false))
    }

    /// The URL of the Hub in use.
    pub(crate) fn url(&self) -> String {
        if self.is_local() { LOCAL_URL.to_owned() } else { self.endpoint() }
    }

    fn is_local(&self) -> bool {
        self.endpoint().starts_with("local:")
    }

    /// The token in use, which the Hub of `local:DIR` has for itself.
    pub(crate) async fn token_in_use(&self) -> Result<Token, Failure> {
        if let Some(token) = self.token() {
            return Ok(Token::new(token)?);
        }
        match self.endpoint().strip_prefix("local:") {
            Some(dir) => Ok(Token::new(open_local(Path::new(dir)).await?.token)?),
            None => Ok(HfFolder::from_env().require_token()?),
        }
    }

    /// The client for `--endpoint` and `--token`, else for what the environment says.
    pub(crate) async fn api(&self) -> Result<HfApi, Failure> {
        self.api_with(self.token()).await
    }

    /// As [`Session::api`], with another token.
    pub(crate) async fn api_with(&self, token: Option<&str>) -> Result<HfApi, Failure> {
        let endpoint = self.endpoint();
        let config = Config::from_env();
        let mut builder = match endpoint.strip_prefix("local:") {
            Some(dir) => {
                let local = open_local(Path::new(dir)).await?;
                HfApi::builder()
                    .endpoint(LOCAL_URL)
                    .token(&local.token)
                    .inner_service(local.hub)
                    .inner_is_private()
            }
            None => HfApi::builder_from_env().endpoint(&endpoint),
        };
        if let Some(cache) = &config.cache_dir {
            builder = builder.cache_dir(absolute(cache));
        }
        builder = builder
            .network(self.network()?)
            .max_bandwidth(self.max_bandwidth()?)
            .allow_http_token(self.allow_http_token()?)
            .library("hub-cli", env!("CARGO_PKG_VERSION"))
            .shared_blobs(config.shared_blobs);
        if self.global.no_xet || config.xet == XetPolicy::Never {
            builder = builder.xet(XetPolicy::Never);
        }
        if let Some(token) = token {
            builder = builder.token(token);
        }
        if let Some(hosts) = self.strict_origin()? {
            builder = builder.strict_origin(hosts);
        }
        let api = builder.build()?;
        self.clients.borrow_mut().push(api.clone());
        Ok(api)
    }

    /// Says in the log to which hosts requests went.
    pub(crate) fn log_hosts(&self) {
        for api in self.clients.borrow().iter() {
            tracing::info!(hosts = ?api.contacted_hosts(), "contacted");
        }
    }
}

/// What a flag says, else an environment variable unless it is empty.
fn flag_or_variable<T>(
    flag: Option<T>,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, Failure> {
    if flag.is_some() {
        return Ok(flag);
    }
    match std::env::var(name) {
        Ok(text) if !text.is_empty() => {
            parse(&text).map(Some).map_err(|reason| Failure::new(Code::Usage, format!("{name}: {reason}")))
        }
        _ => Ok(None),
    }
}

fn is_set(name: &str) -> bool {
    let asked = Config::from_lookup(|other| std::env::var(other).ok().filter(|_| other == name));
    asked.network == NetworkPolicy::Offline
}

async fn open_local(dir: &Path) -> Result<OwnHub, Failure> {
    if dir.as_os_str().is_empty() {
        return Err(Failure::new(Code::Usage, "local: needs a folder, for example local:./hub-data"));
    }
    let dir = with_home(dir.to_owned());
    let opened = tokio::task::spawn_blocking(move || EmbeddedHub::open_local(dir)).await;
    let opened = opened.map_err(|error| Failure::other("cannot open the embedded Hub", error))?;
    opened.map_err(|error| Failure::other("cannot open the embedded Hub", error))
}
