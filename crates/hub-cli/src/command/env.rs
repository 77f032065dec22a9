//! `hub env`

use hub_api::{Config, HfFolder};
use serde_json::json;

use crate::{client::Session, failure::Failure};

/// Variables that change what `hub` does. Of tokens and proxies, whose values may be secret, only that they are set is said.
const SHOWN: [&str; 9] = [
    "HF_ENDPOINT",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_HUB_OFFLINE",
    "HF_TOKEN_PATH",
    "HUB_LOG",
    "HUB_MAX_BANDWIDTH",
    "NO_COLOR",
    "SSL_CERT_FILE",
];
const SECRET: [&str; 5] = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

pub(crate) fn run(session: &Session) -> Result<(), Failure> {
    let config = Config::from_env();
    let store = HfFolder::from_env();
    let token = match (session.token(), store.environment_token(), store.get_token()) {
        (Some(_), _, _) => "--token",
        (None, Ok(Some(_)), _) => "the environment",
        (None, _, Ok(Some(_))) => "the token file",
        (None, _, Ok(None)) => "none",
        (None, _, Err(_)) => "cannot be read",
    };
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut variables: Vec<(String, String)> =
        SHOWN.iter().filter_map(|name| Some(((*name).to_owned(), variable(name)?))).collect();
    for name in SECRET {
        let found = variable(name).or_else(|| variable(&name.to_lowercase()));
        variables.extend(found.map(|_| (name.to_owned(), "set".to_owned())));
    }
    let path = |path: Option<std::path::PathBuf>| path.map(|path| path.display().to_string());
    let value = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "platform": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "endpoint": session.url(),
        "network": format!("{:?}", config.network).to_lowercase(),
        "cache_dir": path(config.cache_dir),
        "token_path": path(store.token_path().map(Into::into)),
        "token": token,
        "variables": variables.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
    });
    session.output.value(&value, || {
        let text = |name: &str| match value.get(name) {
            Some(serde_json::Value::String(text)) => text.clone(),
            None | Some(serde_json::Value::Null) => "none".to_owned(),
            Some(other) => other.to_string(),
        };
        let names = ["version", "platform", "endpoint", "network", "cache_dir", "token_path", "token"];
        let mut lines: Vec<String> = names.iter().map(|name| format!("{name}: {}", text(name))).collect();
        lines.extend(variables.iter().map(|(name, value)| format!("{name}={value}")));
        lines.join("\n")
    })
}
