//! Arguments of `hub auth`.

use clap::{Args, Subcommand};

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
    #[arg(long)]
    pub(crate) force: bool,
}

/// Whether git gets the token too.
#[derive(Debug, Args)]
pub(crate) struct GitCredentialArg {
    /// Also give the token to git's credential helper
    #[arg(long)]
    pub(crate) add_to_git_credential: bool,
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
