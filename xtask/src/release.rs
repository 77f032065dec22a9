//! `cargo xtask release VERSION`: checks, sets the version of the workspace, dates the changelog, commits and tags. What it makes
//! stays on this machine.

use std::process::{Command, Stdio};

use crate::{Outcome, cargo, execute, output, read, root, test};

const MANIFEST: &str = "Cargo.toml";
const CHANGELOG: &str = "CHANGELOG.md";

pub(crate) fn run(version: &str) -> Outcome {
    let (manifest, changelog) = (read(&root().join(MANIFEST))?, read(&root().join(CHANGELOG))?);
    let date = jiff::Timestamp::now().to_string();
    let date = date.split('T').next().unwrap_or_default();
    let manifest = with_version(&manifest, version)?;
    let changelog = dated(&changelog, version, date)?;
    let tag = format!("v{version}");
    if !git(&["status", "--porcelain"])?.is_empty() {
        return Err("the tree has changes that are not committed: commit them or put them aside".into());
    }
    if !git(&["tag", "--list", &tag])?.is_empty() {
        return Err(format!("there is a tag {tag} already"));
    }
    compare_with_last_tag()?;
    test::run_all()?;

    write(MANIFEST, &manifest)?;
    write(CHANGELOG, &changelog)?;
    // The lock file has the versions of the members too.
    execute(cargo().args(["update", "--workspace", "--offline", "--quiet"]))?;
    git(&["commit", "--quiet", "--all", "--message", &format!("Release {version}")])?;
    git(&["tag", "--annotate", &tag, "--message", &format!("hub {version}")])?;
    println!(
        "the commit and the tag {tag} are here; look at them, then `git push --follow-tags` and `cargo publish --workspace`"
    );
    Ok(())
}

fn git(arguments: &[&str]) -> Outcome<String> {
    output(Command::new("git").args(arguments).current_dir(root())).map(|text| text.trim().to_owned())
}

fn write(name: &str, text: &str) -> Outcome {
    std::fs::write(root().join(name), text).map_err(|error| format!("cannot write {name}: {error}"))
}

/// Whether what is public only changed as much as the version says, by cargo-semver-checks.
fn compare_with_last_tag() -> Outcome {
    let mut describe = Command::new("git");
    describe.args(["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]).current_dir(root());
    let Ok(tag) = output(describe.stderr(Stdio::null())) else {
        println!("skipped: cargo semver-checks, because there is no tag to compare with");
        return Ok(());
    };
    let mut version = cargo();
    version.args(["semver-checks", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if !version.status().is_ok_and(|status| status.success()) {
        println!(
            "skipped: cargo semver-checks, because it is not installed (`cargo install cargo-semver-checks --locked`); \
             compare docs/public-api with that of {}",
            tag.trim()
        );
        return Ok(());
    }
    execute(cargo().args(["semver-checks", "--workspace", "--baseline-rev", tag.trim()]))
}

/// Numbers of a version, and what is behind a hyphen; a version without that is the highest of its numbers.
type Version = ([u64; 3], bool, String);

fn parsed(version: &str) -> Outcome<Version> {
    let fault =
        || format!("{version:?} is no version: three numbers, as in 0.2.0, perhaps with -rc.1 behind them");
    let (numbers, pre) = version.split_once('-').unwrap_or((version, ""));
    let is_number = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit()) && !(part.len() > 1 && part.starts_with('0'))
    };
    let parts: Vec<u64> = numbers
        .split('.')
        .map(|part| part.parse().ok().filter(|_| is_number(part)))
        .collect::<Option<_>>()
        .ok_or_else(fault)?;
    let numbers = <[u64; 3]>::try_from(parts).map_err(|_| fault())?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    if version.ends_with('-') || !pre.bytes().all(is_word) {
        return Err(fault());
    }
    Ok((numbers, pre.is_empty(), pre.to_owned()))
}

/// The manifest of the workspace with a higher version: its own, and those that its crates ask of each other.
fn with_version(manifest: &str, version: &str) -> Outcome<String> {
    let old = manifest
        .split_once("[workspace.package]")
        .and_then(|(_, rest)| rest.split_once("\nversion = \""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(version, _)| version)
        .ok_or("Cargo.toml has no version in [workspace.package]")?;
    if parsed(version)? <= parsed(old)? {
        return Err(format!("{version} is not higher than {old}"));
    }
    Ok(manifest
        .replacen(&format!("\nversion = \"{old}\""), &format!("\nversion = \"{version}\""), 1)
        .replace(&format!("version = \"={old}\""), &format!("version = \"={version}\"")))
}

/// The changelog with what was unreleased under a version and a date, below an empty section for what comes next.
fn dated(changelog: &str, version: &str, date: &str) -> Outcome<String> {
    const UNRELEASED: &str = "\n## Unreleased\n";
    let (before, after) =
        changelog.split_once(UNRELEASED).ok_or("CHANGELOG.md has no section \"## Unreleased\"")?;
    let section = after.split("\n## ").next().unwrap_or_default();
    if !section.lines().any(|line| line.starts_with("- ")) {
        return Err("CHANGELOG.md has nothing under \"## Unreleased\"".into());
    }
    Ok(format!("{before}{UNRELEASED}\n## {version} - {date}\n{after}"))
}

/// What the changelog says of a version.
pub(crate) fn notes(changelog: &str, version: &str) -> Option<String> {
    let (_, after) = changelog.split_once(&format!("\n## {version} - "))?;
    let (_, section) = after.split_once('\n')?;
    Some(section.split("\n## ").next()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[workspace]\n\n[workspace.package]\nversion = \"0.9.0\"\nedition = \"2024\"\n\n\
                            [workspace.dependencies]\na = { path = \"a\", version = \"=0.9.0\" }\nb = { version = \"0.9.0\" }\n";

    #[test]
    fn the_workspace_and_its_crates_get_the_version_and_nothing_else_does() {
        let set = with_version(MANIFEST, "0.10.0").unwrap();
        assert!(set.contains("[workspace.package]\nversion = \"0.10.0\""), "{set}");
        assert!(set.contains("a = { path = \"a\", version = \"=0.10.0\" }"), "{set}");
        assert!(set.contains("b = { version = \"0.9.0\" }"), "{set}");
    }

    #[test]
    fn a_version_that_is_none_or_not_higher_is_refused() {
        for version in [
            "0.9.0",
            "0.8.9",
            "0.9.0-rc.1",
            "1.0",
            "1.0.0.0",
            "v1.0.0",
            "1.0.x",
            "",
            "1.00.0",
            "1.0.0-",
            "1.0.0-a b",
        ] {
            assert!(with_version(MANIFEST, version).is_err(), "{version}");
        }
        for version in ["0.9.1", "0.10.0-rc.1", "1.0.0"] {
            assert!(with_version(MANIFEST, version).is_ok(), "{version}");
        }
    }

    #[test]
    fn the_manifest_of_this_workspace_can_be_set() {
        let manifest = read(&root().join(super::MANIFEST)).unwrap();
        let set = with_version(&manifest, "999.0.0").unwrap();
        assert_eq!(set.matches("999.0.0").count(), 11, "the workspace and the ten libraries");
    }

    #[test]
    fn what_was_unreleased_goes_under_the_version() {
        let before =
            "# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## 0.1.0 - 2026-01-01\n\n- Old.\n";
        let after = dated(before, "0.2.0", "2026-02-03").unwrap();
        assert_eq!(
            after,
            "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-02-03\n\n### Added\n\n- A thing.\n\n## 0.1.0 - 2026-01-01\n\n- Old.\n"
        );
        assert_eq!(notes(&after, "0.2.0").unwrap(), "### Added\n\n- A thing.");
        assert_eq!(notes(&after, "0.1.0").unwrap(), "- Old.");
        assert_eq!(notes(&after, "0.3.0"), None);
        assert!(dated(&after, "0.3.0", "2026-02-04").unwrap_err().contains("nothing under"));
        assert!(dated("# Changelog\n", "0.2.0", "2026-02-03").unwrap_err().contains("no section"));
    }
}
