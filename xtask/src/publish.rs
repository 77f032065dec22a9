//! `cargo xtask publish`: the packages as a registry would get them, without sending them anywhere. `cargo package` puts them
//! into archives in the order of their dependencies, each resolved against those before it as if they were published already;
//! then the archives are unpacked and everything in them is compiled, tests and examples too.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::metadata::metadata;
use crate::python::target_folder;
use crate::{Outcome, cargo, execute, read, root};

pub(crate) fn run() -> Outcome {
    let metadata = metadata(&["--no-deps", "--locked"])?;
    let packages = packages(&metadata);
    let license = read(&root().join("LICENSE"))?;
    let faults: Vec<String> =
        packages.iter().filter(|one| one.published).flat_map(|one| one.faults(&license)).collect();
    if !faults.is_empty() {
        return Err(format!("packages need attention:\n  {}", faults.join("\n  ")));
    }
    let without = packages.iter().filter(|one| one.published && one.repository.is_empty()).count();
    if without > 0 {
        println!(
            "{without} packages name no repository: set `repository` once it has a URL (CONTRIBUTING.md)"
        );
    }
    let target = target_folder()?;
    pack(&packages, &target)?;
    let published: Vec<&Package> = packages.iter().filter(|one| one.published).collect();
    let unpacked = unpack(&published, &target)?;
    compile(&published, &unpacked, &target)
}

/// A member of the workspace, as its manifest describes it.
#[derive(Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) folder: PathBuf,
    pub(crate) published: bool,
    repository: String,
    description: String,
    readme: String,
    keywords: usize,
    categories: usize,
    on_docs_rs: bool,
}

/// All members.
pub(crate) fn packages(metadata: &Value) -> Vec<Package> {
    metadata.get("packages").and_then(Value::as_array).into_iter().flatten().map(Package::of).collect()
}

impl Package {
    fn of(value: &Value) -> Self {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let count = |key: &str| value.get(key).and_then(Value::as_array).map_or(0, Vec::len);
        let manifest = PathBuf::from(text("manifest_path"));
        Self {
            name: text("name"),
            version: text("version"),
            folder: manifest.parent().unwrap_or(&manifest).to_owned(),
            // `publish = false` is an empty list of registries.
            published: value.get("publish").is_none_or(Value::is_null),
            repository: text("repository"),
            description: text("description"),
            readme: text("readme"),
            keywords: count("keywords"),
            categories: count("categories"),
            on_docs_rs: value.pointer("/metadata/docs/rs/all-features") == Some(&Value::Bool(true)),
        }
    }

    /// What a page of the registry, or somebody who has the archive alone, would miss.
    fn faults(&self, license: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let mut check = |is_fine: bool, fault: &str| {
            if !is_fine {
                faults.push(format!("{} {fault}", self.name));
            }
        };
        check(!self.description.is_empty(), "has no description");
        check((1..=5).contains(&self.keywords), "needs one to five keywords");
        check((1..=5).contains(&self.categories), "needs one to five categories");
        check(self.on_docs_rs, "has no [package.metadata.docs.rs] with all-features");
        let beginning = format!("# {}\n", self.name);
        let readme = read(&self.folder.join(&self.readme)).unwrap_or_default();
        check(self.readme == "README.md", "does not name its README.md");
        check(readme.starts_with(&beginning), "has a README.md that does not begin with its name");
        let is_program = self.folder.join("src/main.rs").is_file();
        check(is_program || readme.contains("\n```rust"), "has a README.md without a program");
        let own = read(&self.folder.join("LICENSE")).unwrap_or_default();
        check(own == license, "has no copy of LICENSE");
        faults
    }
}

/// Makes the archives, offline: what is needed of other packages is there since the workspace was built.
fn pack(packages: &[Package], target: &Path) -> Outcome {
    let mut package = cargo();
    package.args(["package", "--workspace", "--no-verify", "--allow-dirty", "--offline", "--quiet"]);
    for unpublished in packages.iter().filter(|one| !one.published) {
        package.args(["--exclude", &unpublished.name]);
    }
    execute(package.arg("--target-dir").arg(target))
}

/// Unpacks the archives next to each other.
fn unpack(packages: &[&Package], target: &Path) -> Outcome<PathBuf> {
    let folder = target.join("packages");
    let fail = |error: std::io::Error| format!("cannot make {} anew: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(fail)?;
    }
    std::fs::create_dir_all(&folder).map_err(fail)?;
    for Package { name, version, .. } in packages {
        let archive = target.join("package").join(format!("{name}-{version}.crate"));
        execute(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&folder))?;
    }
    Ok(folder)
}

/// Compiles what was unpacked, as a workspace in which each package stands for the one that the registry would have. What comes
/// from others was compiled with the same settings before, by the lints, and is used again.
fn compile(packages: &[&Package], folder: &Path, target: &Path) -> Outcome {
    let manifest = workspace(packages, &read(&root().join("Cargo.toml"))?);
    let place = folder.join("Cargo.toml");
    std::fs::write(&place, manifest).map_err(|error| format!("cannot write {}: {error}", place.display()))?;
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))
        .map_err(|error| format!("cannot copy the lock file: {error}"))?;
    let mut check = cargo();
    check.current_dir(folder).args([
        "check",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--offline",
        "--quiet",
    ]);
    execute(check.arg("--target-dir").arg(target))?;
    println!(
        "{} packages are complete: all in them compiles without the rest of the workspace",
        packages.len()
    );
    Ok(())
}

/// A manifest around the unpacked packages, with the profiles of ours, which are its end.
fn workspace(packages: &[&Package], ours: &str) -> String {
    let mut members = String::new();
    let mut patches = String::new();
    for Package { name, version, .. } in packages {
        members.push_str(&format!("    \"{name}-{version}\",\n"));
        patches.push_str(&format!("{name} = {{ path = \"{name}-{version}\" }}\n"));
    }
    let profiles = ours.find("[profile.").and_then(|begin| ours.get(begin..)).unwrap_or_default();
    format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\n{members}]\n\n[patch.crates-io]\n{patches}\n{profiles}"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_told_and_what_is_not_published_is_known() {
        let metadata = json!({"packages": [
            {"name": "a", "version": "1.2.3", "manifest_path": "/none/a/Cargo.toml", "publish": null, "keywords": ["x"]},
            {"name": "b", "version": "1.2.3", "manifest_path": "/none/b/Cargo.toml", "publish": []},
        ]});
        let packages = packages(&metadata);
        assert_eq!(packages.iter().map(|one| one.published).collect::<Vec<_>>(), [true, false]);
        let faults = packages[0].faults("license").join("\n");
        assert!(faults.contains("a has no description") && faults.contains("a needs one to five categories"));
        assert!(!faults.contains("keywords"), "{faults}");
    }

    #[test]
    fn unpacked_packages_stand_for_those_of_the_registry() {
        let package = Package { name: "a".into(), version: "1.2.3".into(), ..Package::default() };
        let manifest = workspace(&[&package], "[workspace]\n[profile.dev]\ndebug = 1\n");
        assert!(manifest.contains("members = [\n    \"a-1.2.3\",\n]"), "{manifest}");
        assert!(
            manifest.ends_with("[patch.crates-io]\na = { path = \"a-1.2.3\" }\n\n[profile.dev]\ndebug = 1\n")
        );
    }
}
