//! Stages, hardware and storage: words that the Hub may add to.

use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A word that the Hub may add to: what this version does not know is kept as it is.
macro_rules! open_word {
    ($(#[$meta:meta])* $name:ident { $( $(#[$word_meta:meta])* $variant:ident = $word:literal, )* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$word_meta])* $variant, )*
            /// A word that is newer than this library.
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $( $word => Self::$variant, )*
                    _ => Self::Other(word.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                Self::from(word.as_str())
            }
        }

        impl FromStr for $name {
            type Err = Infallible;

            fn from_str(word: &str) -> Result<Self, Infallible> {
                Ok(Self::from(word))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }
    };
}

open_word! {
    /// How far a Space is. Python: `SpaceStage`.
    SpaceStage {
        /// There is no file to run.
        NoAppFile = "NO_APP_FILE",
        /// The front matter of its README is wrong.
        ConfigError = "CONFIG_ERROR",
        /// It is built; nothing runs.
        Building = "BUILDING",
        /// Building failed.
        BuildError = "BUILD_ERROR",
        /// It was built and starts; nothing runs.
        AppStarting = "APP_STARTING",
        /// It runs.
        Running = "RUNNING",
        /// It runs while its next version is built.
        RunningBuilding = "RUNNING_BUILDING",
        /// It runs while its next version starts.
        RunningAppStarting = "RUNNING_APP_STARTING",
        /// It ended with an error.
        RuntimeError = "RUNTIME_ERROR",
        /// It is being deleted.
        Deleting = "DELETING",
        /// The Hub stopped it.
        Stopped = "STOPPED",
        /// Its owner paused it.
        Paused = "PAUSED",
        /// Nobody visited it for its sleep time; the next visit wakes it.
        Sleeping = "SLEEPING",
    }
}

impl SpaceStage {
    /// Whether it will become another stage by itself.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Building | Self::AppStarting | Self::RunningBuilding | Self::RunningAppStarting)
    }
}

open_word! {
    /// The machine that a Space runs on. Python: `SpaceHardware`.
    ///
    /// The Hub adds machines often, so a word is never refused before it is sent.
    SpaceHardware {
        /// Two virtual cores, 16 GB, free.
        CpuBasic = "cpu-basic",
        /// Eight virtual cores, 32 GB.
        CpuUpgrade = "cpu-upgrade",
        /// A share of large GPUs, while the Space computes.
        ZeroA10g = "zero-a10g",
        /// One Nvidia T4, few cores.
        T4Small = "t4-small",
        /// One Nvidia T4, more cores.
        T4Medium = "t4-medium",
        /// One Nvidia L4.
        L4x1 = "l4x1",
        /// Four Nvidia L4.
        L4x4 = "l4x4",
        /// One Nvidia L40S.
        L40sx1 = "l40sx1",
        /// Four Nvidia L40S.
        L40sx4 = "l40sx4",
        /// Eight Nvidia L40S.
        L40sx8 = "l40sx8",
        /// One Nvidia A10G, few cores.
        A10gSmall = "a10g-small",
        /// One Nvidia A10G, more cores.
        A10gLarge = "a10g-large",
        /// Two Nvidia A10G.
        A10gLargex2 = "a10g-largex2",
        /// Four Nvidia A10G.
        A10gLargex4 = "a10g-largex4",
        /// One Nvidia A100.
        A100Large = "a100-large",
        /// Four Nvidia A100.
        A100x4 = "a100x4",
        /// Eight Nvidia A100.
        A100x8 = "a100x8",
    }
}

open_word! {
    /// How much a Space may keep beyond a restart. Python: `SpaceStorage`.
    SpaceStorage {
        /// 20 GB.
        Small = "small",
        /// 150 GB.
        Medium = "medium",
        /// 1 TB.
        Large = "large",
    }
}
