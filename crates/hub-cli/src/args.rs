//! The command line as clap reads it. Commands and flags are those of the official `hf` command.

mod cache;
pub(crate) mod cache_filter;
mod discussions;
mod download;
mod kind;
mod large;
mod rate;
mod refs;
mod repos;
mod spaces;
mod upload;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use hub_api::RepoType;

pub(crate) use cache::{CacheCommand, CacheDirArg, DeletionArgs, ListCache, RemoveFromCache, VerifyCache};
pub(crate) use discussions::{
    BodyArgs, CreateDiscussion, DiscussionArg, DiscussionKindArg, DiscussionStatusArg, Discussions,
    EditComment, ListDiscussions, Settle,
};
pub(crate) use download::Download;
pub(crate) use kind::{Card, Info, Kind, List, Search};
pub(crate) use large::UploadLargeFolder;
pub(crate) use rate::parse as parse_rate;
pub(crate) use refs::{Branch, CreateBranch, CreateTag, DeleteTag, MoveRepo, RepoSettings, Tag};
pub(crate) use repos::{CreateRepo, DeleteFiles, DeleteRepo, DuplicateRepo, ListRepos, VisibilityArgs};
pub(crate) use spaces::{
    DeleteSetting, SecretsArgs, SettingsArgs, SpaceSecrets, SpaceSettings, SpaceVariables, Spaces,
    VariablesArgs, WaitForSpace,
};
pub(crate) use upload::Upload;

/// Talks to the Hugging Face Hub, to a private Hub, or to one in a folder on this machine.
#[derive(Debug, Parser)]
#[command(name = "hub", version, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The Hub: an http(s) URL, or local:DIR for one in the folder DIR [default: HF_ENDPOINT, then the public Hub]
    #[arg(long, global = true, value_name = "URL|local:DIR")]
    pub(crate) endpoint: Option<String>,
    /// The access token; others on this machine can see it on the command line, HF_TOKEN or `hub auth login` are safer
    #[arg(long, global = true, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// The most that uploads and downloads take a second: a number of bytes, or one with kB, MB, GB (powers of 1000) or KiB,
    /// MiB, GiB (powers of 1024), for example 10MiB; 0 for no limit [default: HUB_MAX_BANDWIDTH, then no limit]
    #[arg(long, global = true, value_name = "RATE", value_parser = parse_rate)]
    pub(crate) max_bandwidth: Option<u64>,
    /// How results are written to stdout
    #[arg(long, global = true, value_enum, default_value_t = FormatArg::Auto, value_name = "FORMAT")]
    pub(crate) format: FormatArg,
    /// The same as --format json
    #[arg(long, global = true, conflicts_with = "format")]
    pub(crate) json: bool,
    /// The same as --format quiet: only what a script needs, one value a line
    #[arg(long, short, global = true, conflicts_with_all = ["format", "json"])]
    pub(crate) quiet: bool,
    /// Do not cut lines of lists to the width of the terminal
    #[arg(long, global = true)]
    pub(crate) no_truncate: bool,
}

/// Values of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// For people
    Auto,
    /// For people
    Human,
    /// For programs that read text
    Agent,
    /// For programs: one JSON value
    Json,
    /// Only what a script needs
    Quiet,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Log in, log out, and see who is logged in
    #[command(subcommand)]
    Auth(Auth),
    /// Create, move, set up and delete repositories, their branches and their tags
    #[command(subcommand, alias = "repo")]
    Repos(Repos),
    /// Look at discussions and pull requests, open, answer and merge them
    #[command(subcommand)]
    Discussions(Discussions),
    /// Upload a file or a folder as one commit; creates the repository if it is missing
    Upload(Upload),
    /// Upload a folder of any size over several commits; run again after a failure, it goes on where it was
    UploadLargeFolder(UploadLargeFolder),
    /// Download files of a repository, into the cache or into a folder
    Download(Download),
    /// See what downloads are kept, and delete some
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Look at models
    #[command(subcommand)]
    Models(Kind),
    /// Look at datasets
    #[command(subcommand)]
    Datasets(Kind),
    /// Look at Spaces, set them up, pause and restart them
    #[command(subcommand)]
    Spaces(Spaces),
    /// What a report about a problem needs: version, endpoint, folders, where the token is from; never the token itself
    Env,
    /// Run a Hub on this machine over the repositories in a folder
    Serve(Serve),
    /// Write a completion script for a shell to stdout
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write a manual page for each command into a folder
    Man {
        /// The folder; made if it is missing
        dir: PathBuf,
    },
    /// Print the version
    Version,
    /// All commands with their arguments and flags, as JSON
    #[command(hide = true)]
    Commands,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Auth {
    /// Check a token and keep it for later commands, under the name that it has on the Hub
    Login(Login),
    /// Forget all kept tokens, or one of them
    Logout(Logout),
    /// List the kept tokens by their names; a star marks the one in use
    List,
    /// Use another one of the kept tokens
    Switch(Switch),
    /// Print the token in use
    Token,
    /// Say whose token is in use
    Whoami,
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Read the token from standard input instead of asking for it
    #[arg(long, conflicts_with = "token")]
    pub(crate) token_stdin: bool,
    #[command(flatten)]
    pub(crate) git: GitCredentialArg,
    /// Ask for a token although one is in use already
    #[arg(long, overrides_with = "no_force")]
    pub(crate) force: bool,
    /// Do not ask for a token when one is in use already; the default
    #[arg(long, overrides_with = "force")]
    pub(crate) no_force: bool,
}

/// Whether git gets the token too.
#[derive(Debug, Args)]
pub(crate) struct GitCredentialArg {
    /// Also give the token to git's credential helper
    #[arg(long, overrides_with = "no_add_to_git_credential")]
    pub(crate) add_to_git_credential: bool,
    /// Do not give the token to git; the default
    #[arg(long, overrides_with = "add_to_git_credential")]
    pub(crate) no_add_to_git_credential: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// The name of the token to forget [default: all of them]
    #[arg(long, value_name = "NAME")]
    pub(crate) token_name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Switch {
    /// The name of the token to use
    #[arg(long, value_name = "NAME")]
    pub(crate) token_name: String,
    #[command(flatten)]
    pub(crate) git: GitCredentialArg,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Repos {
    /// Create a repository
    Create(CreateRepo),
    /// Your repositories, or those of somebody else
    #[command(alias = "ls")]
    List(ListRepos),
    /// Copy a repository of somebody, on the Hub, to one of your own
    Duplicate(DuplicateRepo),
    /// Delete files of a repository as one commit
    DeleteFiles(DeleteFiles),
    /// Delete a repository with everything in it
    Delete(DeleteRepo),
    /// Give a repository another name; the old one leads to it
    Move(MoveRepo),
    /// Change who sees a repository and who gets its files
    Settings(RepoSettings),
    /// Create and delete branches
    #[command(subcommand)]
    Branch(Branch),
    /// Create, list and delete tags
    #[command(subcommand)]
    Tag(Tag),
}

/// The kind of a repository.
#[derive(Debug, Args)]
pub(crate) struct RepoTypeArg {
    /// The kind of the repository
    #[arg(long = "repo-type", alias = "type", value_name = "TYPE", default_value = "model",
          value_parser = ["model", "dataset", "space"])]
    repo_type: String,
}

impl RepoTypeArg {
    pub(crate) fn get(&self) -> RepoType {
        RepoType::from_word(&self.repo_type).unwrap_or_default()
    }
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Let other machines in: needed to listen on an address that is not this machine's own
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// The folder that holds everything; created if it is missing
    #[arg(long, value_name = "DIR", default_value = "./hub-data")]
    pub(crate) data: PathBuf,
    /// Users, organisations and tokens to add, as TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,
    /// Keep nothing of what is uploaded to LFS, only check it or not even that: for measurements. Such files cannot be downloaded
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "checked")]
    pub(crate) discard_lfs: Option<Discard>,
    /// Wait so many milliseconds before each answer: for measurements
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(crate) latency: u64,
    /// The address that clients know this Hub by, when a proxy stands before it
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

/// What happens to discarded content.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Discard {
    Checked,
    Unchecked,
}
