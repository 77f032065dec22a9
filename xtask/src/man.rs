//! `cargo xtask man`: the manual pages, for whoever packages the program.

use crate::{HUB, Outcome, cargo, execute, interop::target_folder};

pub(crate) fn run() -> Outcome {
    execute(cargo().args(HUB).arg("man").arg(target_folder()?.join("man")))
}
