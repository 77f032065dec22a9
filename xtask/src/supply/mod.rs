//! `cargo xtask supply`: what comes from others, and what it is built with: licences, banned and weak packages, sources,
//! unused dependencies, every set of features, the oldest compiler, other systems.

mod builds;

use std::process::{Command, Stdio};

use crate::python::{Environment, with_venv};
use crate::{Outcome, execute, in_ci, root};

/// The programs, pinned with hashes.
const TOOLS: &str = "xtask/tools.txt";

/// All of it, as `cargo xtask test` runs it step by step.
pub(crate) fn run() -> Outcome {
    packages()?;
    features()?;
    builds::oldest_compiler()?;
    builds::other_systems()
}

/// Licences, bans, sources and advisories by cargo-deny, unused dependencies by cargo-shear.
pub(crate) fn packages() -> Outcome {
    let Some(tools) = tools("licences, banned packages, sources and unused dependencies")? else {
        return Ok(());
    };
    execute(tools.command("cargo-deny").args(DENY).args(["check", "bans", "licenses", "sources"]))?;
    execute(tools.command("cargo-shear").args(["--locked", "--deny-warnings"]))?;
    if tools.has_advisories() {
        execute(tools.command("cargo-deny").args(DENY).args(["check", "--disable-fetch", "advisories"]))
    } else {
        println!(
            "skipped: advisories, because https://github.com/RustSec/advisory-db cannot be fetched; \
             the weak versions in deny.toml are refused all the same"
        );
        Ok(())
    }
}

/// One lock file, no long reports about what is well.
const DENY: [&str; 3] = ["--locked", "--log-level", "error"];

/// Every set of up to two features of the crates that have some, without warnings.
pub(crate) fn features() -> Outcome {
    let Some(tools) = tools("that each set of features compiles")? else { return Ok(()) };
    let packages = builds::with_features()?;
    let packages = packages.iter().flat_map(|name| ["--package", name]);
    let mut hack = tools.command("cargo-hack");
    // `default` is one of the other sets in every crate.
    hack.args(["hack", "clippy", "--quiet", "--locked", "--feature-powerset", "--depth", "2"]);
    hack.args(["--exclude-features", "default"]).args(packages);
    execute(hack.args(["--", "-D", "warnings"]))
}

pub(crate) use builds::{oldest_compiler, other_systems};

/// The installed programs.
struct Tools(Environment);

/// Installs the programs below the target folder; `None` where that cannot be done and need not be.
fn tools(shows: &str) -> Outcome<Option<Tools>> {
    let installed = with_venv().and_then(|()| Environment::pinned("tools/cargo", &[TOOLS]));
    match installed {
        Ok(environment) => Ok(Some(Tools(environment))),
        Err(reason) if in_ci() => {
            Err(format!("the programs of {TOOLS} cannot be had ({reason}); with CI set, they must run"))
        }
        Err(reason) => {
            println!("skipped: {shows}, because the programs of {TOOLS} cannot be had ({reason})");
            Ok(None)
        }
    }
}

impl Tools {
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.0.program(name));
        command.current_dir(root());
        command
    }

    /// Whether the database of advisories could be fetched now.
    fn has_advisories(&self) -> bool {
        let mut fetch = self.command("cargo-deny");
        fetch.args(["--log-level", "off", "fetch", "db"]).stdout(Stdio::null()).stderr(Stdio::null());
        fetch.status().is_ok_and(|status| status.success())
    }
}
