//! `cargo xtask man`: manual pages and completions, for whoever packages the program.

use std::process::Command;

use crate::interop::hub;
use crate::python::target_folder;
use crate::{Outcome, execute, output};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

pub(crate) fn run() -> Outcome {
    let (hub, target) = (hub()?, target_folder()?);
    execute(Command::new(&hub).arg("man").arg(target.join("man")))?;
    let folder = target.join("completions");
    let fail = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(fail)?;
    for shell in SHELLS {
        let script = output(Command::new(&hub).args(["completions", shell]))?;
        std::fs::write(folder.join(format!("hub.{shell}")), script).map_err(fail)?;
    }
    println!("manual pages: {}; completions: {}", target.join("man").display(), folder.display());
    Ok(())
}
