//! What a client may ask the network for.

use std::{fmt, str::FromStr};

use crate::Error;

/// Whether the Hub is asked. Set with [`HfApiBuilder::network`](crate::HfApiBuilder::network). As text `online`,
/// `prefer-cache` and `offline`.
///
/// | | calls | a download into a cache |
/// |---|---|---|
/// | [`Online`](Self::Online) | are sent | asks what the revision is now, fetches what is not here |
/// | [`PreferCache`](Self::PreferCache) | are sent | takes the commit that the revision was last known to be; asks for what is not here |
/// | [`Offline`](Self::Offline) | fail with [`ErrorKind::Offline`](crate::ErrorKind::Offline) | takes what is here, or fails |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum NetworkPolicy {
    /// The Hub is asked. Where it cannot be reached, downloads work with what is here.
    #[default]
    Online,
    /// Downloads into a cache take a branch or tag for the commit that it led to when it was last asked about, so that all
    /// files come from that one. A file of it that is here is not asked about; a whole snapshot costs one listing, the first time. What was
    /// never asked about, `force_download` and downloads into a `local_dir` are as when online.
    PreferCache,
    /// No connection is opened. `HF_HUB_OFFLINE=1` sets it for clients from the environment.
    Offline,
}

impl NetworkPolicy {
    /// Every policy.
    pub const ALL: [Self; 3] = [Self::Online, Self::PreferCache, Self::Offline];

    /// Its name as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::PreferCache => "prefer-cache",
            Self::Offline => "offline",
        }
    }
}

impl fmt::Display for NetworkPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for NetworkPolicy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == text).ok_or_else(|| {
            Error::setup(format!(
                "{text:?} is no network policy: write {}",
                Self::ALL.map(Self::as_str).join(", ")
            ))
        })
    }
}
