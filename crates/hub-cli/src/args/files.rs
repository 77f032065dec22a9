//! Arguments of `hub ls`, `cat`, `cp`, `rm` and `find`.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::upload::CommitArgs;
use crate::rate;

#[derive(Debug, Args)]
pub(crate) struct Ls {
    /// What is listed: hf://[TYPE/]NAMESPACE/NAME[@REVISION][/PATH], the URL of a page of the Hub, or a path on this machine
    pub(crate) target: String,
    /// Also list what is in the folders
    #[arg(long, short = 'R')]
    pub(crate) recursive: bool,
    /// Write sizes as 1.5 MB
    #[arg(long, short = 'h')]
    pub(crate) human_readable: bool,
    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

#[derive(Debug, Args)]
pub(crate) struct Cat {
    /// The files: addresses, or paths on this machine
    #[arg(required = true)]
    pub(crate) targets: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Cp {
    /// What is copied: an address, or a path on this machine; of a folder with / at its end what is in it
    pub(crate) source: String,
    /// Where it goes: an address, or a path on this machine; into it if it is a folder or ends in / [default: this folder]
    pub(crate) target: Option<String>,
    /// Copy folders with everything in them
    #[arg(long, short = 'r', visible_short_alias = 'R')]
    pub(crate) recursive: bool,
    #[command(flatten)]
    pub(crate) commit: CommitArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Rm {
    /// What is removed: addresses, or paths on this machine
    #[arg(required = true)]
    pub(crate) targets: Vec<String>,
    /// Remove folders with everything in them
    #[arg(long, short = 'r', visible_short_alias = 'R')]
    pub(crate) recursive: bool,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) commit: CommitArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Find {
    /// Where to look: an address, or a path on this machine
    pub(crate) target: String,
    /// Only those whose name, without the folders, matches this pattern: * ? [abc]
    #[arg(long, value_name = "PATTERN")]
    pub(crate) name: Option<String>,
    /// Only files (f), or only folders (d)
    #[arg(long = "type", value_enum, value_name = "KIND")]
    pub(crate) kind: Option<EntryKind>,
    /// Only files with more than a size (+10MB), with less (-1KiB), or with exactly so many bytes (100); may be repeated
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, value_parser = SizeCondition::parse)]
    pub(crate) size: Vec<SizeCondition>,
}

/// What an entry is: in lists, and as a value of `--type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EntryKind {
    /// A file
    #[value(name = "f", alias = "file")]
    File,
    /// A folder
    #[value(name = "d", aliases = ["directory", "folder"])]
    Folder,
}

/// What the size of a file must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SizeCondition {
    Above(u64),
    Below(u64),
    Exactly(u64),
}

impl SizeCondition {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (make, number): (fn(u64) -> Self, &str) = match text.split_at_checked(1) {
            Some(("+", rest)) => (Self::Above, rest),
            Some(("-", rest)) => (Self::Below, rest),
            _ => (Self::Exactly, text),
        };
        let size = rate::parse(number)
            .map_err(|_| format!("{text:?} is no size: write for example +10MB, -1KiB or 100"))?;
        Ok(make(size))
    }

    pub(crate) const fn fits(self, size: u64) -> bool {
        match self {
            Self::Above(bytes) => size > bytes,
            Self::Below(bytes) => size < bytes,
            Self::Exactly(bytes) => size == bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_bound_or_a_number() {
        for (text, size, fits) in [
            ("+10", 11, true),
            ("+10", 10, false),
            ("-1KiB", 1023, true),
            ("-1KiB", 1024, false),
            ("100", 100, true),
            ("1.5MB", 1_500_000, true),
            ("100", 99, false),
        ] {
            assert_eq!(SizeCondition::parse(text).unwrap().fits(size), fits, "{text} {size}");
        }
        for wrong in ["", "+", "-", "ten", "+-1", "+é"] {
            assert!(SizeCondition::parse(wrong).is_err(), "{wrong}");
        }
    }
}
