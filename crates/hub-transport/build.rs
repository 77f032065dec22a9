//! Tells the crate which compiler builds it, for the user agent.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=RUSTC");
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    // `rustc 1.89.0 (29483883e 2025-08-04)`
    let version = said.split_whitespace().nth(1).unwrap_or_default();
    println!("cargo::rustc-env=HUB_RUSTC_VERSION={version}");
}
