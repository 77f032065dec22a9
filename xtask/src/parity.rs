//! `cargo xtask parity`: every documented Python method and argument is there, and the list of published operations is
//! up to date.

use crate::{Outcome, cargo, contract, output};

/// The test that calls everything; it prints a line for each method.
///
/// Of the whole workspace, so that nothing is compiled a second time with other features.
const TEST: [&str; 7] = ["test", "--quiet", "--locked", "--workspace", "--test", "parity", "asynchronously"];

pub(crate) fn run() -> Outcome {
    methods()?;
    contract::run()
}

fn methods() -> Outcome {
    let printed = output(cargo().args(TEST).args(["--", "--nocapture"]))?;
    let lines: Vec<&str> =
        printed.lines().filter_map(|line| line.split_once("parity: ")).map(|(_, line)| line).collect();
    let done = lines.iter().filter(|line| line.starts_with("ok ")).count();
    for line in &lines {
        println!("{line}");
    }
    println!("{done} of {} documented methods, with every documented argument", lines.len());
    if done == lines.len() && done > 0 { Ok(()) } else { Err("something documented is missing".into()) }
}
