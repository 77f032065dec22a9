//! The binary `hub`: data goes to stdout, everything else to stderr.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the one crate that prints")]

mod args;
mod cached;
mod client;
mod command;
mod examples;
mod failure;
mod model;
mod output;
mod progress;
mod stop;
mod table;
mod tally;
mod tree;

use std::process::ExitCode;

use clap::FromArgMatches;
use tracing_subscriber::EnvFilter;

use crate::{
    args::{Cli, Command},
    client::Session,
    failure::Failure,
    output::Output,
};

fn main() -> ExitCode {
    // clap prints help and usage errors itself and exits with 0 or 2.
    let matches = model::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let serving = matches!(cli.command, Command::Serve(_));
    start_log(serving);
    if cli.global.token.is_some() {
        tracing::warn!(
            "a token on the command line can be seen by other users of this machine; HF_TOKEN cannot"
        );
    }
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("hub: {failure}");
            failure.exit_code()
        }
    }
}

/// Warnings of a command are for a person and stand alone; a server's log is kept, with times.
fn start_log(serving: bool) {
    let default = if serving { "info" } else { "warn" };
    let filter = EnvFilter::try_from_env("HUB_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    if serving || std::env::var_os("HUB_LOG").is_some() {
        log.init();
    } else {
        log.without_time().with_target(false).init();
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let output = Output::new(&cli.global);
    match &cli.command {
        Command::Version => {
            let version = env!("CARGO_PKG_VERSION");
            return output.value(&serde_json::json!({ "version": version }), || format!("hub {version}"));
        }
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut model::command(), "hub", &mut std::io::stdout());
            return Ok(());
        }
        Command::Man { folder } => return command::man::run(output, folder),
        Command::Commands => return output.json(&model::leaves()),
        _ => {}
    }
    let mut runtime = match cli.command {
        Command::Serve(_) | Command::Upload(_) | Command::UploadLargeFolder(_) | Command::Download(_) => {
            tokio::runtime::Builder::new_multi_thread()
        }
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build().map_err(|error| Failure::other("cannot start", error))?;
    let done = runtime.block_on(async {
        let session = Session::new(cli.global, output);
        let done = match cli.command {
            Command::Auth(args) => command::auth::run(&session, args).await,
            Command::Repos(args) => command::repos::run(&session, args).await,
            Command::Discussions(args) => command::discussions::run(&session, args).await,
            Command::Upload(args) => command::upload::run(&session, args).await,
            Command::UploadLargeFolder(args) => command::large_upload::run(&session, args).await,
            Command::Download(args) => command::download::run(&session, args).await,
            Command::Cache(args) => command::cache::run(&session, args).await,
            Command::Models(args) => command::kind::run(&session, hub_api::RepoType::Model, args).await,
            Command::Datasets(args) => command::kind::run(&session, hub_api::RepoType::Dataset, args).await,
            Command::Spaces(args) => command::spaces::run(&session, args).await,
            Command::Serve(args) => command::serve::run(args).await,
            Command::Env => command::env::run(&session),
            Command::Version | Command::Completions { .. } | Command::Man { .. } | Command::Commands => {
                Ok(())
            }
        };
        session.log_hosts();
        done
    });
    // A disk task that is still running must not hold up the end of the program.
    runtime.shutdown_background();
    done
}
