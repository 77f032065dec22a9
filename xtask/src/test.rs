//! `cargo xtask test`: what continuous integration runs, step by step.

use std::time::Instant;

use crate::{
    Outcome, book, browser, cargo, database, deps, execute, interop, layers, parity, publish, rows, supply,
    surface,
};

/// All steps.
pub(crate) fn run_all() -> Outcome {
    run(&STEPS)
}

/// The steps of these names, in the usual order.
pub(crate) fn run_some(names: &[&str]) -> Outcome {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|(step, _)| step != *name)) {
        return Err(format!(
            "there is no step {unknown:?}; there are {}",
            STEPS.map(|(name, _)| name).join(", ")
        ));
    }
    let chosen: Vec<Step> = STEPS.into_iter().filter(|(name, _)| names.contains(name)).collect();
    run(&chosen)
}

fn run(steps: &[Step]) -> Outcome {
    for (name, step) in steps {
        println!("==> {name}");
        let start = Instant::now();
        let outcome = step();
        let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!("==> {name}: {verdict} in {:.1} s", start.elapsed().as_secs_f64());
        outcome.map_err(|message| format!("{name}: {message}"))?;
    }
    Ok(())
}

/// A name, and what fails if something is wrong.
type Step = (&'static str, fn() -> Outcome);

const STEPS: [Step; 18] = [
    ("formatting", formatting),
    ("lints", lints),
    ("layers", layers::run),
    ("deps", deps::run),
    ("rows", rows::run),
    ("surface", surface::run),
    ("supply-chain", supply::packages),
    ("oldest-compiler", supply::oldest_compiler),
    ("other-systems", supply::other_systems),
    ("tests", tests),
    ("database", database::run),
    ("features", supply::features),
    ("packages", publish::run),
    ("parity", parity::run),
    ("documentation", documentation),
    ("book", book::run),
    ("interop", interop::run),
    ("page", browser::run),
];

fn formatting() -> Outcome {
    execute(cargo().args(["fmt", "--all", "--check"]))
}

fn lints() -> Outcome {
    execute(cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

fn tests() -> Outcome {
    execute(cargo().args(["test", "--workspace", "--locked"]))
}

fn documentation() -> Outcome {
    execute(cargo().args(["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-Dwarnings"))
}
