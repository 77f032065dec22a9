//! `cargo xtask supply`: what comes from others, and what it is built with: licences, banned and weak packages, sources,
//! unused dependencies, every set of features, the oldest compiler, other systems.

mod builds;

use std::process::{Command, Stdio};

use crate::python::{Environment, with_venv};
use crate::{Outcome, cargo, execute, in_ci, of_the_workspace, output, read, root};

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
    // `default` is one of the other sets in every crate, and who has `testing` are the tests, with everything else.
    hack.args(["hack", "clippy", "--quiet", "--locked", "--feature-powerset", "--depth", "2"]);
    hack.args(["--exclude-features", "default,testing"]).args(packages);
    execute(hack.args(["--", "-D", "warnings"]))
}

pub(crate) use builds::{oldest_compiler, other_systems, setup};

/// Feeds every parser of `tests/fuzz` inputs that coverage leads to, and gives how many parsers there are. Inputs that reach
/// something new stay in `target/fuzz-corpus` for the next run.
pub(crate) fn fuzz() -> Outcome<usize> {
    let Some(tools) = tools("fuzzing led by coverage")? else {
        return Err("cargo-fuzz cannot be had".into());
    };
    let folder = root().join("tests/fuzz");
    let targets = targets(&read(&folder.join("Cargo.toml"))?);
    // The same versions as everywhere else.
    let copied = std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"));
    copied.map_err(|error| format!("cannot copy the lock file: {error}"))?;
    for target in &targets {
        let found = root().join("target/fuzz-corpus").join(target);
        std::fs::create_dir_all(&found)
            .map_err(|error| format!("cannot make {}: {error}", found.display()))?;
        let mut fuzz = tools.command("cargo-fuzz");
        fuzz.args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir"]).arg(&folder);
        fuzz.arg("--target-dir").arg(root().join("target/fuzz")).arg(target).arg(found);
        fuzz.arg(folder.join("corpus").join(target)).args(["--", "-runs=10000000", "-max_total_time=600"]);
        // libFuzzer needs flags that are not stable; all code is safe, so that a sanitizer would find nothing in it.
        execute(fuzz.env("RUSTC_BOOTSTRAP", "1"))?;
    }
    Ok(targets.len())
}

/// Names of the programs in the manifest of the targets.
fn targets(manifest: &str) -> Vec<String> {
    let names = manifest.split("[[bin]]").skip(1);
    names.filter_map(|bin| Some(bin.split_once("name = \"")?.1.split_once('"')?.0.to_owned())).collect()
}

/// Installs cargo-mutants below the target folder and changes what decides most, one place at a time; what no test notices is
/// printed, and stays in `target/mutants.out`.
pub(crate) fn mutants() -> Outcome {
    let folder = root().join("target/tools");
    let program = folder.join("bin").join(format!("cargo-mutants{}", std::env::consts::EXE_SUFFIX));
    let version = output(Command::new(&program).args(["mutants", "--version"])).unwrap_or_default();
    if version.trim() != format!("cargo-mutants {MUTANTS}") {
        let mut install = cargo();
        install.args([
            "install",
            "cargo-mutants",
            "--quiet",
            "--locked",
            "--debug",
            "--version",
            MUTANTS,
            "--root",
        ]);
        execute(install.arg(&folder))?;
    }
    for (package, files) in MUTATED {
        let mut run = Command::new(&program);
        of_the_workspace(&mut run);
        run.args(["mutants", "--in-place", "--package", package, "--output"])
            .arg(root().join("target").join(package));
        for file in files {
            run.args(["--file", file]);
        }
        execute(run.args(["--", "--lib"]))?;
    }
    Ok(())
}

/// The version of cargo-mutants, which has no package with a program in it.
const MUTANTS: &str = "27.1.0";
/// Where every change must be noticed.
const MUTATED: [(&str, &[&str]); 2] = [
    ("hub-types", &["crates/hub-types/src/repo_path.rs"]),
    (
        "hub-transport",
        &[
            "crates/hub-transport/src/retry/rule.rs",
            "crates/hub-transport/src/retry/budget.rs",
            "crates/hub-transport/src/base_url.rs",
        ],
    ),
];

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
        of_the_workspace(&mut command);
        command
    }

    /// Whether the database of advisories could be fetched now.
    fn has_advisories(&self) -> bool {
        let mut fetch = self.command("cargo-deny");
        fetch.args(["--log-level", "off", "fetch", "db"]).stdout(Stdio::null()).stderr(Stdio::null());
        fetch.status().is_ok_and(|status| status.success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_are_those_that_the_tests_feed() {
        let manifest = read(&root().join("tests/fuzz/Cargo.toml")).unwrap();
        let fed = read(&root().join("tests/src/fuzz/mod.rs")).unwrap();
        let targets = targets(&manifest);
        assert!(targets.len() > 20);
        for target in targets {
            assert!(fed.contains(&format!("\"{target}\"")), "{target}");
            assert!(root().join("tests/fuzz/corpus").join(&target).is_dir(), "{target}");
        }
    }
}
