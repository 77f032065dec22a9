//! What the machine has beside its own compiler: the oldest one that is promised, and the standard libraries of other systems.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::metadata::metadata;
use crate::{Outcome, cargo, execute, output, printed, root};

/// What a client needs, without the TLS that needs a C compiler for the other system.
const CLIENT: [&str; 7] =
    ["hub-types", "hub-auth", "hub-transport", "hub-commit", "hub-download", "hub-api", "hub-object-store"];

/// A system that some crates are checked for, where its standard library is installed.
struct System {
    target: &'static str,
    packages: &'static [&'static str],
}

const SYSTEMS: [System; 4] = [
    System { target: "wasm32-unknown-unknown", packages: &["hub-types"] },
    System { target: "x86_64-pc-windows-msvc", packages: &CLIENT },
    System { target: "x86_64-pc-windows-gnu", packages: &CLIENT },
    System { target: "aarch64-apple-darwin", packages: &CLIENT },
];

/// No dependency asks for a newer compiler than `rust-version`; where that compiler is installed, it builds everything. What
/// the standard library has only since then is refused by clippy's `incompatible_msrv` in any case.
pub(crate) fn oldest_compiler() -> Outcome {
    let metadata = metadata(&["--locked"])?;
    let ours = rust_version(&metadata)?;
    let newer = newer_than(&metadata, &ours);
    if !newer.is_empty() {
        return Err(format!("rust-version is {ours}, but there are newer needs:\n  {}", newer.join("\n  ")));
    }
    println!("no dependency needs a newer compiler than {ours}");
    let (is_rustup, toolchains) =
        printed(Command::new("rustup").args(["toolchain", "list"]).stderr(Stdio::null())).unwrap_or_default();
    let installed = toolchains.lines().filter_map(|line| line.split_whitespace().next());
    let is_ours = |name: &&str| {
        name.strip_prefix(ours.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
    };
    match installed.into_iter().find(is_ours).filter(|_| is_rustup) {
        Some(toolchain) => execute(
            Command::new("rustup")
                .args(["run", toolchain, "cargo", "check", "--workspace", "--all-targets", "--locked"])
                .env_remove("CARGO")
                .env_remove("RUSTUP_TOOLCHAIN")
                .env("CARGO_TARGET_DIR", root().join("target/oldest-compiler"))
                .current_dir(root()),
        ),
        None => {
            println!(
                "skipped: a build with Rust {ours}, because it is not installed (`rustup toolchain install {ours}`)"
            );
            Ok(())
        }
    }
}

/// Checks what is to work on other systems.
pub(crate) fn other_systems() -> Outcome {
    for System { target, packages } in &SYSTEMS {
        let library = output(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))?;
        if !Path::new(library.trim()).is_dir() {
            println!(
                "skipped: {} for {target}, because its standard library is not installed (`rustup target add {target}`)",
                packages.join(", ")
            );
            continue;
        }
        let packages = packages.iter().flat_map(|name| ["--package", name]);
        execute(
            cargo().args(["check", "--locked", "--no-default-features", "--target", target]).args(packages),
        )?;
    }
    Ok(())
}

/// Installs what the two checks above use, with rustup.
pub(crate) fn setup() -> Outcome {
    let ours = rust_version(&metadata(&["--locked"])?)?;
    let rustup = || Command::new("rustup");
    execute(rustup().args(["toolchain", "install", &ours, "--profile", "minimal", "--no-self-update"]))?;
    execute(rustup().args(["target", "add"]).args(SYSTEMS.map(|system| system.target)))
}

/// Names of the packages of the workspace that have features.
pub(crate) fn with_features() -> Outcome<Vec<String>> {
    let metadata = metadata(&["--no-deps"])?;
    let has_features = |package: &&Value| {
        package.get("features").and_then(Value::as_object).is_some_and(|features| !features.is_empty())
    };
    let names = packages(&metadata).filter(has_features).filter_map(|package| package.get("name")?.as_str());
    Ok(names.map(str::to_owned).collect())
}

/// The `rust-version` of the workspace.
fn rust_version(metadata: &Value) -> Outcome<String> {
    packages(metadata)
        .find(|package| package.get("name").is_some_and(|name| name == "xtask"))
        .and_then(|package| Some(package.get("rust_version")?.as_str()?.to_owned()))
        .ok_or_else(|| "cargo metadata does not say which rust-version the workspace has".into())
}

/// The packages that ask for a newer compiler.
fn newer_than(metadata: &Value, ours: &str) -> Vec<String> {
    packages(metadata)
        .filter_map(|package| {
            let text = |key: &str| package.get(key).and_then(Value::as_str);
            let (name, version, needs) = (text("name")?, text("version")?, text("rust_version")?);
            (numbers(needs) > numbers(ours)).then(|| format!("{name} {version} needs Rust {needs}"))
        })
        .collect()
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata.get("packages").and_then(Value::as_array).into_iter().flatten()
}

/// Major, minor and patch.
fn numbers(version: &str) -> [u64; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    [0; 3].map(|_: u64| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_package_that_needs_a_newer_compiler_is_found() {
        let metadata = json!({"packages": [
            {"name": "xtask", "version": "0.1.0", "rust_version": "1.89"},
            {"name": "old", "version": "1.0.0", "rust_version": "1.9"},
            {"name": "same", "version": "1.0.0", "rust_version": "1.89.0"},
            {"name": "silent", "version": "1.0.0", "rust_version": null},
            {"name": "new", "version": "2.0.0", "rust_version": "1.89.1"},
        ]});
        assert_eq!(rust_version(&metadata).unwrap(), "1.89");
        assert_eq!(newer_than(&metadata, "1.89"), ["new 2.0.0 needs Rust 1.89.1"]);
    }
}
