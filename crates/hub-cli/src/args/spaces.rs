//! Arguments of `hub spaces`: what Spaces have besides what every kind has.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use super::{file, kind::Kind};

#[derive(Debug, Subcommand)]
pub(crate) enum Spaces {
    #[command(flatten)]
    Kind(Kind),
    /// Environment variables whose values nobody can read back
    #[command(subcommand)]
    Secrets(SpaceSecrets),
    /// Environment variables that everybody who sees the Space can read
    #[command(subcommand)]
    Variables(SpaceVariables),
    /// Ask for other hardware, or set after what time the Space goes to sleep
    Settings(SpaceSettings),
    /// Pause a Space until it is restarted
    Pause(SpaceArg),
    /// Restart a Space, also one that is paused
    Restart(RestartSpace),
    /// Allow changes while the Space runs
    DevMode(DevMode),
    /// The hardware that Spaces can ask for, with its price
    Hardware,
    /// List the Spaces that new ones can begin as
    Templates,
    /// Wait until a Space is built and has started
    Wait(WaitForSpace),
}

#[derive(Debug, Args)]
pub(crate) struct SpaceArg {
    /// NAMESPACE/NAME
    pub(crate) space_id: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SpaceSecrets {
    /// Set secrets
    Add(AddSecrets),
    /// Remove a secret; asks first
    Delete(DeleteSetting),
    /// The secrets, without their values
    #[command(alias = "ls")]
    List(SpaceArg),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SpaceVariables {
    /// Set variables
    Add(AddVariables),
    /// Remove a variable; asks first
    Delete(DeleteSetting),
    /// The variables
    #[command(alias = "ls")]
    List(SpaceArg),
}

/// Secrets, given one by one or in a file.
#[derive(Debug, Args)]
pub(crate) struct SecretsArgs {
    /// A secret: KEY=VALUE, or KEY for the value of the environment variable KEY, which others on this machine cannot see;
    /// may be repeated
    #[arg(long = "secrets", short, value_name = "KEY[=VALUE]")]
    pub(crate) secrets: Vec<String>,
    /// A file with a line KEY=VALUE for each secret
    #[arg(long, value_name = "FILE", value_parser = file())]
    pub(crate) secrets_file: Option<PathBuf>,
}

/// Variables, given one by one or in a file.
#[derive(Debug, Args)]
pub(crate) struct VariablesArgs {
    /// A variable: KEY=VALUE, or KEY for the value of the environment variable KEY; may be repeated
    #[arg(long = "env", short, value_name = "KEY[=VALUE]")]
    pub(crate) env: Vec<String>,
    /// A file with a line KEY=VALUE for each variable
    #[arg(long, value_name = "FILE", value_parser = file())]
    pub(crate) env_file: Option<PathBuf>,
}

/// What a Space is made with; other kinds have none of it.
#[derive(Debug, Args)]
pub(crate) struct NewSpaceArgs {
    /// What it runs on; `hub spaces hardware` lists what there is
    #[arg(long, value_name = "NAME")]
    pub(crate) flavor: Option<String>,
    /// Seconds without a visit after which it goes to sleep; -1 for never
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) sleep_time: Option<i64>,
    #[command(flatten)]
    pub(crate) secrets: SecretsArgs,
    #[command(flatten)]
    pub(crate) variables: VariablesArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AddSecrets {
    #[command(flatten)]
    pub(crate) space: SpaceArg,
    #[command(flatten)]
    pub(crate) secrets: SecretsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AddVariables {
    #[command(flatten)]
    pub(crate) space: SpaceArg,
    #[command(flatten)]
    pub(crate) variables: VariablesArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteSetting {
    #[command(flatten)]
    pub(crate) space: SpaceArg,
    /// Which one
    pub(crate) key: String,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("setting").required(true).multiple(true))]
pub(crate) struct SpaceSettings {
    #[command(flatten)]
    pub(crate) space: SpaceArg,
    /// Seconds without a visit after which the Space goes to sleep; -1 for never
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, group = "setting")]
    pub(crate) sleep_time: Option<i64>,
    /// What the Space shall run on; `hub spaces hardware` lists what there is
    #[arg(long, value_name = "NAME", group = "setting")]
    pub(crate) hardware: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RestartSpace {
    #[command(flatten)]
    pub(crate) space: SpaceArg,
    /// Build it anew, without what was kept from earlier builds
    #[arg(long)]
    pub(crate) factory_reboot: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DevMode {
    #[command(flatten)]
    pub(crate) space: SpaceArg,
    /// Allow no changes any more
    #[arg(long)]
    pub(crate) stop: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WaitForSpace {
    #[command(flatten)]
    pub(crate) space: SpaceArg,
    /// The most seconds to wait [default: no limit]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
}
