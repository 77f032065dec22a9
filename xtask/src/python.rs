//! Environments of Python below the target folder, with the packages of a requirements file that pins versions and hashes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Outcome, cargo, execute, output, read, root};

/// A Python of its own, with packages.
pub(crate) struct Environment {
    pub(crate) python: PathBuf,
}

impl Environment {
    /// What the requirements files (paths from the root of the workspace) name, and nothing else: `--no-deps`. An
    /// environment that an earlier run made of the same text is used again.
    pub(crate) fn pinned(folder: &str, requirements: &[&str]) -> Outcome<Self> {
        let made = Self::at(folder)?;
        let files: Vec<PathBuf> = requirements.iter().map(|name| root().join(name)).collect();
        let wanted = files.iter().map(|file| read(file)).collect::<Outcome<Vec<String>>>()?.concat();
        let stamp = made.folder().join("installed.txt");
        if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(made);
        }
        made.create()?;
        let mut pip = made.pip();
        pip.args(["--require-hashes", "--no-deps"]);
        for file in &files {
            pip.arg("-r").arg(file);
        }
        execute(&mut pip)?;
        std::fs::write(&stamp, wanted)
            .map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
        Ok(made)
    }

    /// The newest version of a package, and what it needs, made anew.
    pub(crate) fn newest(folder: &str, package: &str) -> Outcome<Self> {
        let made = Self::at(folder)?;
        made.create()?;
        execute(made.pip().arg(package))?;
        Ok(made)
    }

    fn at(folder: &str) -> Outcome<Self> {
        let python = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
        Ok(Self { python: target_folder()?.join(folder).join(python) })
    }

    fn folder(&self) -> &Path {
        self.python.parent().and_then(Path::parent).unwrap_or(&self.python)
    }

    /// A program that one of the packages brings.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.python.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    fn create(&self) -> Outcome {
        execute(Command::new("python3").args(["-m", "venv", "--clear"]).arg(self.folder()))
    }

    fn pip(&self) -> Command {
        let mut pip = Command::new(&self.python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip
    }

    /// The newest version of a package that an index has today.
    pub(crate) fn newest_version(&self, package: &str) -> Outcome<String> {
        let report = output(
            self.pip().args(["--dry-run", "--no-deps", "--ignore-installed", "--report", "-"]).arg(package),
        )?;
        serde_json::from_str::<serde_json::Value>(&report)
            .ok()
            .and_then(|report| Some(report.pointer("/install/0/metadata/version")?.as_str()?.to_owned()))
            .ok_or_else(|| format!("pip does not say which version of {package} is the newest"))
    }

    /// What a line of Python prints.
    pub(crate) fn printed(&self, script: &str) -> Outcome<String> {
        output(Command::new(&self.python).args(["-c", script]).stderr(Stdio::null()))
    }
}

/// Fails where no environment can be made.
pub(crate) fn with_venv() -> Outcome {
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

pub(crate) fn target_folder() -> Outcome<PathBuf> {
    let metadata = output(cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
    serde_json::from_str::<serde_json::Value>(&metadata)
        .ok()
        .and_then(|value| Some(PathBuf::from(value.get("target_directory")?.as_str()?)))
        .ok_or_else(|| "cargo metadata names no target directory".into())
}
