//! `hub env`

use std::collections::BTreeMap;

use hub_api::{Config, HfFolder};
use serde::Serialize;

use crate::{
    client::Session,
    failure::Failure,
    output::Brief,
    shown::{absolute, name},
    words::chain,
};

/// Variables whose values can be shown. Of others that look as if they were meant for the Hub, only that they are set.
const SHOWN: [&str; 39] = [
    "ALL_PROXY",
    "COLUMNS",
    "HF_ENDPOINT",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN",
    "HF_HUB_DISABLE_SHARED_BLOBS",
    "HF_HUB_DISABLE_XET",
    "HF_HUB_DOWNLOAD_TIMEOUT",
    "HF_HUB_ETAG_TIMEOUT",
    "HF_HUB_OFFLINE",
    "HF_HUB_USER_AGENT_ORIGIN",
    "HF_TOKEN_PATH",
    "HF_XET_CACHE",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "HUB_ALLOW_HTTP_TOKEN",
    "HUB_LOG",
    "HUB_MAX_BANDWIDTH",
    "HUB_NETWORK",
    "HUB_STRICT_ORIGIN",
    "HUGGINGFACE_CO_STAGING",
    "HUGGINGFACE_HUB_CACHE",
    "NO_COLOR",
    "NO_PROXY",
    "REQUEST_METHOD",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TRANSFORMERS_OFFLINE",
    "XDG_CACHE_HOME",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HF_HUB_DISABLE_PROGRESS_BARS",
    "HF_HUB_DISABLE_TELEMETRY",
];

/// Names that begin like this are meant for the Hub.
const OURS: [&str; 3] = ["HF_", "HUB_", "HUGGING"];

#[derive(Debug, Serialize)]
struct Environment {
    version: &'static str,
    system: String,
    endpoint: String,
    network: &'static str,
    /// The hosts beside the Hub's own that may be contacted; none: all.
    allowed_hosts: Option<Vec<String>>,
    cache_dir: Option<String>,
    token_path: Option<String>,
    /// Whether there is a token, and where it came from.
    token: TokenFacts,
    tls: &'static str,
    /// The variables that change what this program does.
    environment: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct TokenFacts {
    present: bool,
    source: Option<String>,
    /// Why what is there cannot be used.
    problem: Option<String>,
}

pub(crate) fn run(session: &Session) -> Result<(), Failure> {
    let config = Config::from_env();
    let store = HfFolder::from_env();
    let endpoint = session.endpoint();
    let token = match (session.token(), endpoint.strip_prefix("local:")) {
        (Some(_), _) => TokenFacts { present: true, source: Some("--token".to_owned()), problem: None },
        (None, Some(folder)) => {
            TokenFacts { present: true, source: Some(format!("the Hub in {folder}")), problem: None }
        }
        (None, None) => match store.get_token() {
            Ok(token) => TokenFacts {
                present: token.is_some(),
                source: token.map(|token| token.source().to_string()),
                problem: None,
            },
            Err(error) => TokenFacts { present: false, source: None, problem: Some(chain(&error)) },
        },
    };
    let facts = Environment {
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        endpoint: without_password(&endpoint),
        network: session.network()?.as_str(),
        allowed_hosts: session.strict_origin()?,
        cache_dir: config.cache_dir.map(|path| absolute(&path).display().to_string()),
        token_path: store.token_path().map(|path| absolute(path).display().to_string()),
        token,
        tls: "rustls, with the certificates that the operating system trusts",
        environment: variables(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        })),
    };
    session.output.value(&facts, || described(&facts), Brief::Same)
}

fn described(facts: &Environment) -> String {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let token = match (&facts.token.problem, &facts.token.source) {
        (Some(problem), _) => problem.clone(),
        (None, source) => {
            source.as_ref().map_or_else(|| "none".to_owned(), |source| format!("from {source}"))
        }
    };
    let mut lines = vec![
        format!("version      {}", facts.version),
        format!("system       {}", facts.system),
        format!("endpoint     {}", facts.endpoint),
        format!("network      {}", facts.network),
        format!(
            "hosts        {}",
            facts.allowed_hosts.as_ref().map_or("all".to_owned(), |hosts| hosts.join(", "))
        ),
        format!("cache        {}", or_none(&facts.cache_dir)),
        format!("token file   {}", or_none(&facts.token_path)),
        format!("token        {token}"),
        format!("TLS          {}", facts.tls),
    ];
    lines.extend(facts.environment.iter().map(|(variable, value)| format!("{variable}={}", name(value))));
    lines.join("\n")
}

/// Those that change what this program does. What may be a secret is only said to be set.
fn variables(all: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    all.filter_map(|(name, value)| {
        let is_shown = SHOWN.contains(&name.as_str());
        let is_ours = is_shown || OURS.iter().any(|prefix| name.starts_with(prefix));
        let value = if is_shown { without_password(&value) } else { "(set)".to_owned() };
        is_ours.then_some((name, value))
    })
    .collect()
}

/// A URL without what may be secret in it: user, password and query. Folders, and `local:` with one, stay as they are.
fn without_password(text: &str) -> String {
    let is_folder = text.starts_with(['/', '.', '~']) || text.starts_with("local:");
    if is_folder {
        return text.to_owned();
    }
    let (scheme, rest) = match text.find("://") {
        Some(at) => text.split_at(at + "://".len()),
        None => ("", text),
    };
    // A password may hold signs that end the host elsewhere, so all before the last @ counts as one.
    let (user, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("***@", rest));
    match rest.split_once(['?', '#']) {
        Some((rest, _)) => format!("{scheme}{user}{rest}?***"),
        None => format!("{scheme}{user}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_queries_of_urls_are_not_shown() {
        for (text, shown) in [
            ("http://ada:secret@proxy:8080/x", "http://***@proxy:8080/x"),
            ("ada:secret@proxy", "***@proxy"),
            ("socks5://ada:se@cret@proxy", "socks5://***@proxy"),
            ("http://proxy:8080", "http://proxy:8080"),
            ("/home/a@b/cache", "/home/a@b/cache"),
            ("http://ada:pa/ss@proxy:3128", "http://***@proxy:3128"),
            ("http://ada:p?ss@proxy", "http://***@proxy"),
            ("https://box/?token=hf_x", "https://box/?***"),
            ("local:a@b", "local:a@b"),
            ("10MiB", "10MiB"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }

    #[test]
    fn a_variable_that_may_hold_a_secret_is_only_said_to_be_set() {
        let all =
            [("HF_TOKEN", "hf_a"), ("HF_HOME", "/h"), ("HUGGING_FACE_HUB_TOKEN", "hf_b"), ("PATH", "/bin")];
        let shown = variables(all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        let shown: Vec<(&str, &str)> =
            shown.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(shown, [("HF_HOME", "/h"), ("HF_TOKEN", "(set)"), ("HUGGING_FACE_HUB_TOKEN", "(set)")]);
    }
}
