//! Arguments of `hub admin`.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use hub_server::{OrgRole, TokenRole};

use super::{file, folder, repo_type::RepoTypeArg};
use crate::{cached::age, rate};

#[derive(Debug, Args)]
pub(crate) struct Admin {
    /// The data folder of the Hub; where a server has it, that server does what is asked
    #[arg(long, global = true, value_name = "DIR", default_value = "./hub-data", value_parser = folder())]
    pub(crate) data: PathBuf,
    /// The key of the secrets of Spaces, where it is not in the data folder
    #[arg(long, global = true, value_name = "FILE", value_parser = file())]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// The database of PostgreSQL in place of a file in the data folder: postgres://USER:PASSWORD@HOST/NAME [default: HUB_DATABASE]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database: Option<String>,
    #[command(subcommand)]
    pub(crate) command: AdminCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Create, list, switch off and delete users
    #[command(subcommand)]
    Users(AdminUsers),
    /// Create, list and delete organisations, and say who belongs to them
    #[command(subcommand)]
    Orgs(AdminOrgs),
    /// Create, list and revoke tokens
    #[command(subcommand)]
    Tokens(AdminTokens),
    /// List all repositories, and switch one off or on
    #[command(subcommand)]
    Repos(AdminRepos),
    /// Say how much a user or an organisation stores, and set how much it may
    Quota(AdminQuota),
    /// Check that the database, the repositories and the large files are whole; fails if something is not
    Fsck(AdminFsck),
    /// Pack all repositories, and remove what nobody needs; a server does so by itself when it has little to do
    Gc,
    /// Copy the data folder to another one, also while a server uses it
    Backup(AdminBackup),
    /// Put a backup into an empty data folder
    Restore(AdminRestore),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminUsers {
    /// Create a user; without a token nobody can log in as it
    Create(CreateUser),
    /// List the users
    #[command(alias = "ls")]
    List,
    /// Refuse the tokens of a user from now on
    Disable {
        /// The user
        name: String,
    },
    /// Take the tokens of a user again
    Enable {
        /// The user
        name: String,
    },
    /// Delete a user without repositories, with its tokens; asks first
    Delete(DeleteAccount),
}

#[derive(Debug, Args)]
pub(crate) struct CreateUser {
    /// The name, and the namespace of its repositories
    pub(crate) name: String,
    /// The name in full
    #[arg(long, value_name = "TEXT")]
    pub(crate) fullname: Option<String>,
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteAccount {
    /// The name
    pub(crate) name: String,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminOrgs {
    /// Create an organisation
    Create(CreateOrg),
    /// List the organisations
    #[command(alias = "ls")]
    List,
    /// Say whether new repositories of an organisation are private
    Settings(OrgSettings),
    /// Delete an organisation without repositories; asks first
    Delete(DeleteAccount),
    /// List, add, change and remove the members of an organisation
    #[command(subcommand)]
    Members(AdminMembers),
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("default").required(true))]
pub(crate) struct OrgSettings {
    /// The organisation
    pub(crate) name: String,
    /// New repositories are private unless it is said
    #[arg(long, group = "default")]
    pub(crate) private_by_default: bool,
    /// New repositories are public unless it is said, as in the beginning
    #[arg(long, group = "default")]
    pub(crate) public_by_default: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CreateOrg {
    /// The name, and the namespace of its repositories
    pub(crate) name: String,
    /// The name in full
    #[arg(long, value_name = "TEXT")]
    pub(crate) fullname: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminMembers {
    /// List the members
    #[command(alias = "ls")]
    List {
        /// The organisation
        org: String,
    },
    /// Make a user a member, or give a member another role
    Set {
        /// The organisation
        org: String,
        /// The user
        user: String,
        /// What the user may do there
        #[arg(long, value_enum, default_value = "read")]
        role: OrgRoleArg,
    },
    /// End a membership
    Remove {
        /// The organisation
        org: String,
        /// The user
        user: String,
    },
}

/// Roles in an organisation.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum OrgRoleArg {
    /// Reads
    Read,
    /// Makes repositories, and writes to those only
    Contributor,
    /// Reads and writes everything
    Write,
    /// Everything
    Admin,
}

impl From<OrgRoleArg> for OrgRole {
    fn from(role: OrgRoleArg) -> Self {
        match role {
            OrgRoleArg::Read => Self::Read,
            OrgRoleArg::Contributor => Self::Contributor,
            OrgRoleArg::Write => Self::Write,
            OrgRoleArg::Admin => Self::Admin,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminTokens {
    /// Create a token, and print it this once
    Create(CreateToken),
    /// List the tokens by their names
    #[command(alias = "ls")]
    List {
        /// Whose [default: everybody's]
        user: Option<String>,
    },
    /// Refuse a token from now on; asks first
    Revoke {
        /// Whose
        user: String,
        /// The name of the token
        token_name: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CreateToken {
    /// Whose
    pub(crate) user: String,
    /// A name for it, that says where it is used
    pub(crate) token_name: String,
    /// What it may do, of what its user may
    #[arg(long, value_enum, default_value = "read")]
    pub(crate) role: TokenRoleArg,
    /// For how long it is valid: a number with s, m, h, d, w, mo or y [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub(crate) valid_for: Option<Duration>,
}

/// Roles of a token.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TokenRoleArg {
    /// Reads
    Read,
    /// Reads and writes
    Write,
    /// Everything
    Admin,
}

impl From<TokenRoleArg> for TokenRole {
    fn from(role: TokenRoleArg) -> Self {
        match role {
            TokenRoleArg::Read => Self::Read,
            TokenRoleArg::Write => Self::Write,
            TokenRoleArg::Admin => Self::Admin,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminRepos {
    /// List all repositories, private ones too
    #[command(alias = "ls")]
    List,
    /// Give nothing of a repository to anybody from now on, and keep it
    Disable(AdminRepo),
    /// Give it out again
    Enable(AdminRepo),
}

#[derive(Debug, Args)]
pub(crate) struct AdminRepo {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
}

#[derive(Debug, Args)]
pub(crate) struct AdminQuota {
    /// A user or an organisation
    pub(crate) account: String,
    /// The most that its repositories may store together, for example 50GB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) set: Option<u64>,
    /// Set no limit
    #[arg(long, conflicts_with = "set")]
    pub(crate) unlimited: bool,
}

fn size(text: &str) -> Result<u64, String> {
    rate::parse(text).map_err(|_| format!("{text:?} is no size: write for example 50GB"))
}

#[derive(Debug, Args)]
pub(crate) struct AdminFsck {
    /// Compare large files by their sizes, and do not read them
    #[arg(long)]
    pub(crate) quick: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AdminBackup {
    /// The folder to copy to; empty, or made
    #[arg(value_parser = folder())]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct AdminRestore {
    /// The folder of the backup
    #[arg(value_parser = folder())]
    pub(crate) folder: PathBuf,
}
