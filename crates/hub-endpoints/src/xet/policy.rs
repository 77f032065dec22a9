//! [`XetPolicy`].

/// Whether large files are sent and fetched by Xet, which moves only what the other side has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum XetPolicy {
    /// Where the Hub has it and it pays: uploads always, downloads of files of 16 MiB or more, and of those that an older version is kept
    /// of.
    #[default]
    Auto,
    /// Never: files are sent by LFS and fetched by plain `GET`. `HF_HUB_DISABLE_XET=1` sets it for clients from the environment.
    Never,
    /// Where the Hub has it, also for smaller files.
    Always,
}
