//! `cargo xtask ci`: `cargo xtask test`, and the checks that need tools which are not part of Rust.

use std::process::Stdio;

use crate::{Outcome, cargo, execute, test};

/// A subcommand of cargo that may be installed, and what it is run with.
struct Extra {
    tool: &'static str,
    shows: &'static str,
    arguments: &'static [&'static str],
}

const EXTRAS: [Extra; 2] = [
    Extra {
        tool: "deny",
        shows: "licences, banned crates and sources",
        // Advisories need a database from the network and change without a change here.
        arguments: &["check", "bans", "licenses", "sources"],
    },
    Extra {
        tool: "hack",
        shows: "that each set of features compiles",
        arguments: &["check", "--workspace", "--feature-powerset", "--no-dev-deps", "--locked"],
    },
];

pub(crate) fn run() -> Outcome {
    test::run_all()?;
    let mut skipped = Vec::new();
    for extra in &EXTRAS {
        if is_installed(extra.tool) {
            println!("==> cargo {}", extra.tool);
            run_extra(extra)?;
        } else {
            skipped.push(extra);
        }
    }
    for Extra { tool, shows, .. } in skipped {
        println!("skipped: cargo {tool} ({shows}); `cargo install cargo-{tool}` makes it run");
    }
    Ok(())
}

fn run_extra(extra: &Extra) -> Outcome {
    execute(cargo().arg(extra.tool).args(extra.arguments))
}

fn is_installed(tool: &str) -> bool {
    cargo()
        .args([tool, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
