//! The binary `hub`: data goes to stdout, everything else to stderr.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "the comments of arguments are what `--help` says, brackets too"
)]

mod addresses;
mod args;
mod bars;
mod cached;
mod client;
mod command;
mod console;
mod examples;
mod failure;
mod listed;
mod location;
mod log;
mod model;
mod output;
mod progress;
mod rate;
mod shown;
mod stop;
mod table;
mod tally;
mod tree;
mod usage;
mod words;

use std::process::ExitCode;

use clap::FromArgMatches;

use crate::{
    args::{Cli, Command},
    client::Session,
    failure::Failure,
    output::{Brief, Output},
};

fn main() -> ExitCode {
    let parsed = model::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let done = match parsed {
        Ok(cli) => run(cli).map(|()| ExitCode::SUCCESS),
        Err(error) => {
            let words: Vec<String> =
                std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
            usage::told(&error, &words)
                .map(|code| ExitCode::from(u8::try_from(code).unwrap_or(failure::Code::Usage as u8)))
        }
    };
    done.unwrap_or_else(|failure| {
        if failure.is_told() {
            console::note(format!("hub: {failure}"));
        }
        failure.exit_code()
    })
}

fn run(cli: Cli) -> Result<(), Failure> {
    let output = Output::new(&cli.global);
    let serving = match &cli.command {
        Command::Serve(serve) => Some(serve.log_format),
        _ => None,
    };
    log::start(serving, output.is_quiet());
    if cli.global.token.is_some() {
        tracing::warn!(
            "a token on the command line can be seen by other users of this machine; HF_TOKEN cannot"
        );
    }
    match &cli.command {
        Command::Version => {
            let version = env!("CARGO_PKG_VERSION");
            let value = serde_json::json!({ "version": version });
            return output.value(&value, || format!("hub {version}"), Brief::One(version));
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut model::command(), "hub", &mut script);
            return console::bytes(&script);
        }
        Command::Man { folder } => return command::man::run(output, folder),
        Command::Commands => return output.json(&model::leaves()),
        _ => {}
    }
    let mut runtime = match cli.command {
        Command::Serve(_)
        | Command::Upload(_)
        | Command::UploadLargeFolder(_)
        | Command::Download(_)
        | Command::Cp(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build().map_err(|error| Failure::other("cannot start", error))?;
    let offers_xet = !cli.global.no_xet;
    let mut command = cli.command;
    let done = runtime.block_on(async {
        let _limit = stop::file_size_is_an_error();
        let session = Session::new(cli.global, output);
        addresses::read(&session, &mut command)?;
        let done = match command {
            Command::Auth(args) => command::auth::run(&session, args).await,
            Command::Repos(args) => command::repos::run(&session, args).await,
            Command::Discussions(args) => command::discussions::run(&session, args).await,
            Command::Upload(args) => command::upload::run(&session, args).await,
            Command::UploadLargeFolder(args) => command::large_upload::run(&session, args).await,
            Command::Download(args) => command::download::run(&session, args).await,
            Command::Ls(args) => command::ls::run(&session, args).await,
            Command::Cat(args) => command::cat::run(&session, args).await,
            Command::Cp(args) => command::cp::run(&session, args).await,
            Command::Rm(args) => command::rm::run(&session, args).await,
            Command::Find(args) => command::find::run(&session, args).await,
            Command::Cache(args) => command::cache::run(&session, args).await,
            Command::Models(args) => command::models::run(&session, args).await,
            Command::Datasets(args) => command::kind::run(&session, hub_api::RepoType::Dataset, args).await,
            Command::Spaces(args) => command::spaces::run(&session, args).await,
            Command::Serve(args) => command::serve::run(args, offers_xet).await,
            Command::Admin(args) => command::admin::run(&session, args).await,
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
