//! `cargo xtask parity`: every documented Python method and argument is there, and the pages about published operations
//! and about the commands of `hf` are up to date.

use std::collections::BTreeMap;

use crate::{Outcome, cargo, commands, contract, printed};

/// The tests of all methods; each prints a line when it has passed.
///
/// Of the whole workspace, so that nothing is compiled a second time with other features.
const TESTS: [&str; 6] = ["test", "--quiet", "--locked", "--workspace", "--test", "parity"];

pub(crate) fn run() -> Outcome {
    methods()?;
    contract::page()?.check()?;
    commands::page()?.check()
}

/// Writes both pages anew.
pub(crate) fn write() -> Outcome {
    contract::page()?.write()?;
    commands::page()?.write()
}

fn methods() -> Outcome {
    let mut tests = cargo();
    tests.args(TESTS).args(["--", "--nocapture", "--test-threads", "1"]);
    let (passed, printed) = printed(&mut tests)?;
    let lines = || printed.lines().filter_map(|line| line.split_once("parity: ")).map(|(_, line)| line);
    let documented: usize = lines()
        .find_map(|line| line.strip_prefix("documented ")?.parse().ok())
        .ok_or("the tests did not say how many methods are documented")?;
    let mut modes = BTreeMap::<&str, usize>::new();
    for method in lines().filter_map(|line| line.strip_prefix("ok ")) {
        *modes.entry(method).or_default() += 1;
    }
    let done: Vec<_> = modes.iter().filter(|(_, modes)| **modes == 2).map(|(method, _)| method).collect();
    for method in &done {
        println!("ok {method}");
    }
    println!(
        "{} of {documented} documented methods, with every documented argument, asynchronous and blocking",
        done.len()
    );
    if passed && done.len() == documented {
        Ok(())
    } else {
        Err("a documented method is missing or fails".into())
    }
}
