//! What the environment says about the client. The only file of this crate that reads it.

use std::{path::PathBuf, time::Duration};

use hub_download::DownloadTimeouts;
use hub_endpoints::XetPolicy;
use hub_transport::DEFAULT_ENDPOINT;

use crate::NetworkPolicy;

/// Settings that come from environment variables, as the Python client reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// `HF_ENDPOINT`; the public Hub unless set. With `HUGGINGFACE_CO_STAGING` and no `HF_ENDPOINT`, the test Hub.
    pub endpoint: String,
    /// Where downloads are kept: `HF_HUB_CACHE`, or what [`hub_auth::cache_dir_from_lookup`] finds else.
    pub cache_dir: Option<PathBuf>,
    /// [`Offline`](NetworkPolicy::Offline) with `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE`.
    pub network: NetworkPolicy,
    /// `HF_HUB_USER_AGENT_ORIGIN`: added to the user-agent as `origin/…`.
    pub user_agent_origin: Option<String>,
    /// `HF_HUB_ETAG_TIMEOUT` and `HF_HUB_DOWNLOAD_TIMEOUT`, in seconds; 10 each unless set, or 0, or no number.
    pub download_timeouts: DownloadTimeouts,
    /// [`Never`](XetPolicy::Never) with `HF_HUB_DISABLE_XET`.
    pub xet: XetPolicy,
    /// Whether a cache keeps what comes by Xet once for all its repositories: not with `HF_HUB_DISABLE_SHARED_BLOBS`.
    pub shared_blobs: bool,
    /// Where libraries keep what they make of downloads: `HF_ASSETS_CACHE`, or what [`hub_auth::assets_cache_from_lookup`] finds else.
    pub assets_dir: Option<PathBuf>,
    /// What uploads keep of the chunks that servers have: `HF_XET_CACHE`, or what [`hub_auth::xet_cache_from_lookup`] finds else.
    pub xet_cache: Option<PathBuf>,
}

/// The value of an environment variable, if it is set to text.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Default for Config {
    /// The public Hub, online.
    fn default() -> Self {
        Self {
            endpoint: DEFAULT_ENDPOINT.to_owned(),
            cache_dir: None,
            network: NetworkPolicy::Online,
            user_agent_origin: None,
            download_timeouts: DownloadTimeouts::default(),
            xet: XetPolicy::Auto,
            shared_blobs: true,
            assets_dir: None,
            xet_cache: None,
        }
    }
}

impl Config {
    /// Reads the environment of the process.
    pub fn from_env() -> Self {
        Self {
            cache_dir: hub_auth::cache_dir_from_env(),
            assets_dir: hub_auth::assets_cache_from_env(),
            xet_cache: hub_auth::xet_cache_from_env(),
            ..Self::from_lookup(variable)
        }
    }

    /// Reads variables through `lookup`. An empty variable counts as unset.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let is_on = |name: &str| {
            text(name)
                .is_some_and(|value| matches!(value.to_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE"))
        };
        let default =
            if is_on("HUGGINGFACE_CO_STAGING") { "https://hub-ci.huggingface.co" } else { DEFAULT_ENDPOINT };
        let seconds = |name: &str| {
            let seconds = text(name).and_then(|text| text.trim().parse().ok());
            seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs)
        };
        let mut download_timeouts = DownloadTimeouts::new();
        if let Some(limit) = seconds("HF_HUB_ETAG_TIMEOUT") {
            download_timeouts = download_timeouts.metadata(limit);
        }
        if let Some(limit) = seconds("HF_HUB_DOWNLOAD_TIMEOUT") {
            download_timeouts = download_timeouts.content(limit);
        }
        let offline = is_on("HF_HUB_OFFLINE") || is_on("TRANSFORMERS_OFFLINE");
        Self {
            cache_dir: hub_auth::cache_dir_from_lookup(|name| lookup(name).map(Into::into)),
            endpoint: text("HF_ENDPOINT").unwrap_or_else(|| default.to_owned()),
            network: if offline { NetworkPolicy::Offline } else { NetworkPolicy::Online },
            user_agent_origin: text("HF_HUB_USER_AGENT_ORIGIN"),
            download_timeouts,
            xet: if is_on("HF_HUB_DISABLE_XET") { XetPolicy::Never } else { XetPolicy::Auto },
            shared_blobs: !is_on("HF_HUB_DISABLE_SHARED_BLOBS"),
            assets_dir: hub_auth::assets_cache_from_lookup(|name| lookup(name).map(Into::into)),
            xet_cache: hub_auth::xet_cache_from_lookup(|name| lookup(name).map(Into::into)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_mean_what_they_mean_in_python() {
        let public = DEFAULT_ENDPOINT;
        let staging = "https://hub-ci.huggingface.co";
        type Case = (&'static [(&'static str, &'static str)], &'static str, bool);
        let cases: [Case; 8] = [
            (&[], public, false),
            (&[("HF_ENDPOINT", "")], public, false),
            (&[("HF_ENDPOINT", "http://box:8080")], "http://box:8080", false),
            (&[("HUGGINGFACE_CO_STAGING", "true")], staging, false),
            (&[("HUGGINGFACE_CO_STAGING", "1"), ("HF_ENDPOINT", "http://box")], "http://box", false),
            (&[("HF_HUB_OFFLINE", "yes")], public, true),
            (&[("TRANSFORMERS_OFFLINE", "ON")], public, true),
            (&[("HF_HUB_OFFLINE", "2")], public, false),
        ];
        for (variables, endpoint, offline) in cases {
            let config = Config::from_lookup(|name| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            });
            let is_offline = config.network == NetworkPolicy::Offline;
            assert_eq!((config.endpoint.as_str(), is_offline), (endpoint, offline), "{variables:?}");
        }
    }

    #[test]
    fn xet_is_used_unless_it_is_disabled() {
        for (value, policy) in [
            ("1", XetPolicy::Never),
            ("true", XetPolicy::Never),
            ("0", XetPolicy::Auto),
            ("", XetPolicy::Auto),
        ] {
            let config = Config::from_lookup(|name| (name == "HF_HUB_DISABLE_XET").then(|| value.to_owned()));
            assert_eq!(config.xet, policy, "{value}");
        }
    }

    #[test]
    fn blobs_are_shared_unless_that_is_disabled() {
        for (value, shared) in [("1", false), ("yes", false), ("0", true), ("", true)] {
            let of = |name: &str| (name == "HF_HUB_DISABLE_SHARED_BLOBS").then(|| value.to_owned());
            assert_eq!(Config::from_lookup(of).shared_blobs, shared, "{value}");
        }
    }

    #[test]
    fn the_waits_of_downloads_are_seconds_and_ten_unless_set() {
        for (text, seconds) in [
            ("3", Some(3)),
            (" 60 ", Some(60)),
            ("0", None),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("ten", None),
        ] {
            let of = |name: &str| {
                Config::from_lookup(|key| (key == name).then(|| text.to_owned())).download_timeouts
            };
            let (unset, limit) = (DownloadTimeouts::new(), seconds.map(Duration::from_secs));
            assert_eq!(
                of("HF_HUB_ETAG_TIMEOUT"),
                limit.map_or(unset, |limit| unset.metadata(limit)),
                "{text}"
            );
            assert_eq!(
                of("HF_HUB_DOWNLOAD_TIMEOUT"),
                limit.map_or(unset, |limit| unset.content(limit)),
                "{text}"
            );
        }
    }
}
