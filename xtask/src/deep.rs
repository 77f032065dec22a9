//! `cargo xtask deep`: the searches of docs/proof.md with numbers that no continuous integration has time for. What they found is
//! noted in docs/proof-runs.md, with seed, commit and machine.

use std::process::Command;
use std::time::Instant;

use crate::bench::machine;
use crate::page::Page;
use crate::{Outcome, cargo, output, printed, read, root, supply};

const PAGE: &str = "docs/proof-runs.md";
const HEAD: &str = "\
# Runs of the long lanes

After this page you know how long the searches of [proof.md](proof.md) ran, on which commit, and what came out.

Written by `cargo xtask deep`, which runs the searches of the tests with far larger numbers; `cargo xtask deep LANE` runs one and
replaces its row. A lane that fails prints what replays the case, and leaves its row as it was.

| lane | how much | seed | result | minutes | commit | machine |
|---|---|---|---|---|---|---|
";

/// A search that is also a test.
struct Lane {
    name: &'static str,
    /// What is searched, for the page.
    much: &'static str,
    /// What is set for it. `SEED` stands for the seed of the run.
    variables: &'static [(&'static str, &'static str)],
    run: Run,
}

enum Run {
    /// `cargo test` with these arguments.
    Test(&'static [&'static str]),
    /// Every target with cargo-fuzz.
    Fuzz,
}

const LANES: [Lane; 10] = [
    Lane {
        name: "properties",
        much: "20,000 cases of each property",
        variables: &[("PROPTEST_CASES", "20000"), ("PROPTEST_RNG_SEED", "SEED")],
        run: Run::Test(&["--workspace", "--lib", "--exclude", "hub-server"]),
    },
    Lane {
        name: "server",
        much: "2,000 cases of each property of the embedded Hub, whose cases are whole histories on disk",
        variables: &[("PROPTEST_CASES", "2000"), ("PROPTEST_RNG_SEED", "SEED")],
        run: Run::Test(&["-p", "hub-server", "--lib"]),
    },
    Lane {
        name: "operations",
        much: "every fault at every request of the embedded Hub too",
        variables: &[("HUB_DEEP_ONE_IN", "1")],
        run: Run::Test(&["-p", "hub-tests", "--test", "operations"]),
    },
    Lane {
        name: "simulation",
        much: "1,000,000 seeds, from 0",
        variables: &[("HUB_DEEP_SEEDS", "1000000")],
        run: Run::Test(&["--release", "-p", "hub-tests", "--test", "simulation"]),
    },
    Lane {
        name: "doubt",
        much: "100,000 runs of each fault, from 0; 5,000 on the embedded Hub",
        variables: &[("HUB_DEEP_SEEDS", "100000")],
        run: Run::Test(&["--release", "-p", "hub-tests", "--test", "doubt"]),
    },
    Lane {
        name: "kills",
        much: "2,000 kills of the server; 20 mixtures of what a power failure takes; 10,000 times the heaviest pages",
        variables: &[("HUB_DEEP_KILLS", "2000"), ("HUB_DEEP_POWER", "20"), ("HUB_DEEP_PAGES", "10000")],
        run: Run::Test(&["-p", "hub-cli", "--test", "durable", "--", "--skip", "soak"]),
    },
    Lane {
        name: "soak",
        much: "1,800,000 calls of a mixed load",
        variables: &[("HUB_DEEP_SOAK", "1800000")],
        run: Run::Test(&["--release", "-p", "hub-cli", "--test", "durable", "soak"]),
    },
    Lane {
        name: "races",
        much: "1,000,000 schedules of each",
        variables: &[("HUB_DEEP_SCHEDULES", "1000000"), ("HUB_RACES_SEED", "SEED")],
        run: Run::Test(&["--release", "-p", "hub-races"]),
    },
    Lane {
        name: "mutations",
        much: "1,000,000 changed inputs for each parser",
        variables: &[("HUB_FUZZ_RUNS", "1000000"), ("HUB_FUZZ_SEED", "SEED")],
        run: Run::Test(&["--release", "-p", "hub-tests", "--test", "fuzz"]),
    },
    Lane {
        name: "fuzz",
        much: "10,000,000 inputs for each parser, or 10 minutes, led by coverage",
        variables: &[],
        run: Run::Fuzz,
    },
];

/// Names of the lanes.
pub(crate) fn names() -> Vec<&'static str> {
    LANES.iter().map(|lane| lane.name).collect()
}

/// Runs all lanes, or the one of this name. A failure does not keep the others from running.
pub(crate) fn run(only: Option<&str>) -> Outcome {
    if let Some(name) = only
        && !names().contains(&name)
    {
        return Err(format!("there is no lane {name:?}; there are {}", names().join(", ")));
    }
    let commit = git(&["log", "-1", "--format=%h"])?;
    // Another commit is searched with other seeds; the same one can be searched again.
    let seed = git(&["log", "-1", "--format=%ct"])?;
    let machine = machine()?;
    let mut failed = Vec::new();
    for lane in LANES.iter().filter(|lane| only.is_none_or(|name| lane.name == name)) {
        println!("==> {}: {}, seed {seed}", lane.name, lane.much);
        let start = Instant::now();
        match lane.result(&seed) {
            Ok(result) => {
                let Lane { name, much, .. } = lane;
                let minutes = start.elapsed().as_secs_f64() / 60.0;
                let row = format!(
                    "| {name} | {much} | {seed} | {result} | {minutes:.1} | {commit} | {machine} |\n"
                );
                let text = with_row(&read(&root().join(PAGE)).unwrap_or_default(), name, &row);
                Page { name: PAGE, text, summary: format!("{name}: {result}") }.write()?;
            }
            Err(reason) => failed.push(format!("{}: {reason}", lane.name)),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("lanes failed:\n  {}", failed.join("\n  "))) }
}

fn git(arguments: &[&str]) -> Outcome<String> {
    Ok(output(Command::new("git").args(arguments).current_dir(root()))?.trim().to_owned())
}

impl Lane {
    /// Runs it and says how it went.
    fn result(&self, seed: &str) -> Outcome<String> {
        let variables = self.variables.iter().map(|(name, value)| (name, value.replace("SEED", seed)));
        match self.run {
            Run::Test(arguments) => {
                let mut command = cargo();
                command.args(["test", "--locked"]).args(arguments).envs(variables);
                let (succeeded, text) = printed(&mut command)?;
                print!("{text}");
                if succeeded {
                    Ok(format!("{} tests passed", passed(&text)))
                } else {
                    Err("tests failed".into())
                }
            }
            Run::Fuzz => supply::fuzz().map(|targets| format!("no input of {targets} parsers fails")),
        }
    }
}

/// How many tests passed, as `cargo test` prints it.
fn passed(text: &str) -> u64 {
    let of_line =
        |line: &str| line.strip_prefix("test result: ok. ")?.split_once(" passed")?.0.parse::<u64>().ok();
    text.lines().filter_map(of_line).sum()
}

/// The page with the row of one lane replaced, the rows in the order of the lanes.
fn with_row(page: &str, name: &str, row: &str) -> String {
    let mut text = HEAD.to_owned();
    for lane in names() {
        let there = page.split_inclusive('\n').find(|line| line.starts_with(&format!("| {lane} |")));
        text.push_str(if lane == name { row } else { there.unwrap_or_default() });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_one_lane_keeps_the_rows_of_the_others() {
        let page = with_row("", "fuzz", "| fuzz | old |\n");
        let page = with_row(&page, "kills", "| kills | new |\n");
        assert!(page.starts_with(HEAD) && page.ends_with("| kills | new |\n| fuzz | old |\n"), "{page}");
        let page = with_row(&page, "fuzz", "| fuzz | new |\n");
        assert!(page.ends_with("| kills | new |\n| fuzz | new |\n"), "{page}");
    }

    #[test]
    fn the_nightly_workflow_has_a_job_for_every_lane() {
        let workflow = read(&root().join(".github/workflows/nightly.yml")).unwrap();
        assert!(workflow.contains(&format!("lane: [{}]\n", names().join(", "))));
    }

    #[test]
    fn the_tests_that_passed_are_counted_over_all_programs() {
        let text = "running 2\ntest result: ok. 2 passed; 0 failed\n\ntest result: ok. 40 passed; 0 failed\n";
        assert_eq!(passed(text), 42);
    }
}
