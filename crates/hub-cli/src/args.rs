//! The command line as clap reads it. Commands and flags are those of the official `hf` command.

mod admin;
mod auth;
mod cache;
mod discussions;
mod files;
mod kind;
mod large;
mod models;
mod refs;
mod repo_type;
mod repos;
mod spaces;
mod upload;
mod visibility;

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PathBufValueParser, PossibleValuesParser, TypedValueParser},
};
use hub_api::NetworkPolicy;
use hub_server::RateLimit;

pub(crate) use admin::{
    Admin, AdminCommand, AdminMembers, AdminOrgs, AdminQuota, AdminRepo, AdminRepos, AdminTokens, AdminUsers,
};
pub(crate) use auth::{Auth, Login, Logout, Switch};
pub(crate) use cache::{CacheCommand, CacheDirArg, DeletionArgs, ListCache, VerifyCache};
pub(crate) use discussions::{
    BodyArgs, CreateDiscussion, DiscussionArg, DiscussionKindArg, DiscussionStatusArg, Discussions,
    EditComment, ListDiscussions, Settle,
};
pub(crate) use files::{Cat, Cp, EntryKind, Find, Ls, Rm};
pub(crate) use kind::{Card, Info, Kind, List, Search};
pub(crate) use large::UploadLargeFolder;
pub(crate) use models::{Models, WeightsArgs};
pub(crate) use refs::{Branch, CreateBranch, CreateTag, DeleteBranch, DeleteTag, Tag};
pub(crate) use repo_type::{RepoTypeArg, repo_of};
pub(crate) use repos::{
    CreateRepo, DeleteFiles, DeleteRepo, DuplicateRepo, ListRepos, MoveRepo, NewRepoArgs, RepoSettings, Repos,
};
pub(crate) use spaces::{
    DeleteSetting, SecretsArgs, SpaceSecrets, SpaceSettings, SpaceVariables, Spaces, VariablesArgs,
    WaitForSpace,
};
pub(crate) use upload::{CommitArgs, Upload};

use crate::{
    rate,
    shown::{absolute, with_home},
};

/// Talks to the Hugging Face Hub, to a private Hub, or to one in a folder on this machine.
#[derive(Debug, Parser)]
#[command(name = "hub", version, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten, next_help_heading = "Options of every command")]
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
    #[arg(long, global = true, value_name = "RATE", value_parser = rate::parse)]
    pub(crate) max_bandwidth: Option<u64>,
    /// Whether the Hub is asked: prefer-cache takes what earlier downloads left and asks for the rest, offline opens no
    /// connection [default: HUB_NETWORK, then offline where HF_HUB_OFFLINE is on, then online]
    #[arg(long, global = true, value_name = "POLICY", value_parser = network_policies())]
    pub(crate) network: Option<NetworkPolicy>,
    /// Contact no host but that of the Hub and this one: host, host:port or *.domain; may be repeated. The Hub's own host
    /// alone means no other [default: HUB_STRICT_ORIGIN, hosts with commas between them, then any host]
    #[arg(long, global = true, value_name = "HOST")]
    pub(crate) strict_origin: Vec<String>,
    /// Send the token also to a Hub with plain http on another machine, where everyone on the way can read it; a Hub on this
    /// machine needs no such permission [default: HUB_ALLOW_HTTP_TOKEN, 1 or 0, then no]
    #[arg(long, global = true)]
    pub(crate) allow_http_token: bool,
    /// Send and fetch large files without Xet: by LFS and plain GET; of `serve`: offer no Xet to others [default:
    /// HF_HUB_DISABLE_XET, then with it; `serve` offers it]
    #[arg(long, global = true)]
    pub(crate) no_xet: bool,
    /// How results are written to stdout
    #[arg(long, global = true, value_enum, default_value_t = FormatArg::Auto, value_name = "FORMAT")]
    pub(crate) format: FormatArg,
    /// The same as --format json
    #[arg(long, global = true, conflicts_with = "format")]
    pub(crate) json: bool,
    /// The same as --format quiet: only what a script needs, one value a line
    #[arg(long, short, global = true, conflicts_with_all = ["format", "json"])]
    pub(crate) quiet: bool,
    /// Write tables as wide as they are, also where the terminal is narrower
    #[arg(long, global = true)]
    pub(crate) no_truncate: bool,
}

fn network_policies() -> impl TypedValueParser<Value = NetworkPolicy> {
    PossibleValuesParser::new(NetworkPolicy::ALL.map(NetworkPolicy::as_str))
        .try_map(|name| name.parse::<NetworkPolicy>())
}

/// A folder that something is written to or kept in: it is said as a path from the root, whatever folder the reader is in.
fn folder() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|path| absolute(&with_home(path)))
}

/// A file.
fn file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(with_home)
}

/// Values of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// For people
    Auto,
    /// For people
    Human,
    /// For programs that read text: nothing is shortened
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
    /// List a folder: hf://NAMESPACE/NAME/PATH, or one on this machine
    #[command(disable_help_flag = true)]
    Ls(Ls),
    /// Write files to stdout, one after the other
    Cat(Cat),
    /// Copy files and folders to the Hub, from it, or inside it
    Cp(Cp),
    /// Remove files and folders: on the Hub as one commit, so that the history keeps them
    Rm(Rm),
    /// Find files and folders by name, kind and size
    Find(Find),
    /// See what downloads are kept, and delete some
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Look at models and their weights
    #[command(subcommand)]
    Models(Models),
    /// Look at datasets
    #[command(subcommand)]
    Datasets(Kind),
    /// Look at Spaces, set them up, pause and restart them
    #[command(subcommand)]
    Spaces(Spaces),
    /// Run a Hub on this machine over the repositories in a folder
    Serve(Serve),
    /// Look after the Hub that `hub serve` runs: accounts, tokens, limits, checks and backups
    Admin(Admin),
    /// Write a completion script for a shell to stdout
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages of all commands into a folder
    Man {
        /// The folder; made if it is missing
        #[arg(value_parser = folder())]
        folder: PathBuf,
    },
    /// Say what this program goes by: version, Hub, folders, token, environment
    Env,
    /// Print the version
    Version,
    /// Print all commands with their flags as JSON
    #[command(hide = true)]
    Commands,
}

#[derive(Debug, Args)]
pub(crate) struct Download {
    /// NAMESPACE/NAME, or an address: hf://[TYPE/]NAMESPACE/NAME[@REVISION][/PATH], or the URL of a page of the Hub
    pub(crate) repo_id: String,
    /// The files, and with / at their end folders [default: all, or what the address names]
    pub(crate) filenames: Vec<String>,
    #[command(flatten)]
    pub(crate) repo_type: RepoTypeArg,
    /// A branch, a tag, a commit or refs/pr/N [default: main]
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    /// Only files that match; may be repeated
    #[arg(long, value_name = "PATTERN", conflicts_with = "filenames")]
    pub(crate) include: Vec<String>,
    /// No files that match; may be repeated
    #[arg(long, value_name = "PATTERN", conflicts_with = "filenames")]
    pub(crate) exclude: Vec<String>,
    /// A folder that files go to, at their own paths, instead of the cache
    #[arg(long, value_name = "DIR", conflicts_with = "cache_dir", value_parser = folder())]
    pub(crate) local_dir: Option<PathBuf>,
    /// The cache folder [default: the one of Python programs]
    #[arg(long, value_name = "DIR", value_parser = folder())]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Fetch files that are there already
    #[arg(long)]
    pub(crate) force_download: bool,
    /// How many files are downloaded at once
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) max_workers: usize,
    /// Only say what would be downloaded
    #[arg(long, overrides_with = "no_dry_run")]
    pub(crate) dry_run: bool,
    /// Download; the default
    #[arg(long, hide = true, overrides_with = "dry_run")]
    no_dry_run: bool,
    /// The file or folder that the address names.
    #[arg(skip)]
    pub(crate) path: Option<String>,
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
    #[arg(long, value_name = "DIR", default_value = "./hub-data", value_parser = folder())]
    pub(crate) data: PathBuf,
    /// Users, organisations and tokens to add, as TOML; without it a new folder has none
    #[arg(long, value_name = "FILE", value_parser = file())]
    pub(crate) seed: Option<PathBuf>,
    /// The key that encrypts the secrets of Spaces, made if it is missing; without it `secret.key` in the data folder
    #[arg(long, value_name = "FILE", value_parser = file())]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// The database of PostgreSQL in place of a file in the data folder: postgres://USER:PASSWORD@HOST/NAME [default: HUB_DATABASE]
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Keep nothing of what is uploaded to LFS, only check it or not even that: for measurements. Such files cannot be downloaded
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "checked")]
    pub(crate) discard_lfs: Option<Discard>,
    /// Show browsers no pages: they are answered as programs are
    #[arg(long)]
    pub(crate) no_page: bool,
    /// Wait so many milliseconds before each response: for measurements
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(crate) latency: u64,
    /// The URL that clients know this Hub by; needed to listen on all addresses of the machine
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// The certificate for https, a PEM file with those that lead to an authority after it; read again on SIGHUP
    #[arg(long, value_name = "FILE", requires = "tls_key", value_parser = file())]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of the certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert", value_parser = file())]
    pub(crate) tls_key: Option<PathBuf>,
    /// The address of a proxy that stands before it, whose X-Forwarded-For is believed; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub(crate) trusted_proxy: Vec<IpAddr>,
    /// How long transfers may take to end once the server is to stop
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) shutdown_timeout: u64,
    /// The most requests of one user in 5 minutes: to the API, and after a comma downloads of files [default of these: five
    /// times as many; without the flag: no limit]
    #[arg(long, value_name = "API[,RESOLVERS]", value_parser = rate_limit)]
    pub(crate) rate_limit_user: Option<RateLimit>,
    /// The same for each address from which requests come without a valid token
    #[arg(long, value_name = "API[,RESOLVERS]", value_parser = rate_limit)]
    pub(crate) rate_limit_address: Option<RateLimit>,
    /// Add a line of JSON to this file for each change that is made; opened anew on SIGHUP
    #[arg(long, value_name = "FILE", value_parser = file())]
    pub(crate) audit_log: Option<PathBuf>,
    /// How the log is written to stderr: lines for people, or an object of JSON in each
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
}

/// `1000` or `1000,5000`.
fn rate_limit(text: &str) -> Result<RateLimit, String> {
    let wrong = |_| format!("{text:?} is no limit: write for example 1000, or 1000,5000");
    let (api, resolvers) = text.split_once(',').map_or((text, None), |(api, rest)| (api, Some(rest)));
    let api: u32 = api.parse().map_err(wrong)?;
    let resolvers = resolvers.map(str::parse).transpose().map_err(wrong)?;
    Ok(RateLimit::new(api, resolvers.unwrap_or(api.saturating_mul(5))))
}

/// How a server's log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// What happens to discarded content.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Discard {
    Checked,
    Unchecked,
}
