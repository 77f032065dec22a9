//! Secrets and variables, from the command line, the environment and files

use std::{fmt, fs, path::Path};

use hub_api::types::space::SpaceSetting;

use crate::{
    args::{SecretsArgs, VariablesArgs},
    failure::{Code, Failure},
};

pub(super) fn secrets(args: &SecretsArgs) -> Result<Vec<SpaceSetting>, Failure> {
    settings(Kind::Secret, &args.secrets, args.secrets_file.as_deref())
}

pub(super) fn variables(args: &VariablesArgs) -> Result<Vec<SpaceSetting>, Failure> {
    settings(Kind::Variable, &args.env, args.env_file.as_deref())
}

/// What is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing of it is shown: what seems to be its key may be its value.
    Secret,
    /// Everybody who sees the Space can read it.
    Variable,
}

impl Kind {
    /// The flag for one, and that for a file with several.
    const fn flags(self) -> (&'static str, &'static str) {
        match self {
            Self::Secret => ("--secrets", "--secrets-file"),
            Self::Variable => ("--env", "--env-file"),
        }
    }
}

/// Where a setting was said. Never with its value, which may be a secret.
enum Said<'a> {
    Flag(&'a str),
    Line { flag: &'a str, file: &'a Path, number: usize },
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Line { flag, file, number } => write!(f, "{flag} {}, line {number}", file.display()),
        }
    }
}

/// Those of the file come first, so that the command line can set them anew.
fn settings(kind: Kind, given: &[String], file: Option<&Path>) -> Result<Vec<SpaceSetting>, Failure> {
    let (flag, file_flag) = kind.flags();
    let mut all = Vec::new();
    if let Some(file) = file {
        let failed = |error| Failure::other(format!("{file_flag}: cannot read {}", file.display()), error);
        let bytes = fs::read(file).map_err(failed)?;
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            let said = Said::Line { flag: file_flag, file, number };
            let line = std::str::from_utf8(line)
                .map_err(|_| Failure::new(Code::Usage, format!("{said}: it is not UTF-8")))?;
            let line = line.trim_start_matches('\u{feff}').trim();
            if !line.is_empty() && !line.starts_with('#') {
                all.push(setting(kind, line, &said)?);
            }
        }
    }
    for text in given {
        all.push(setting(kind, text, &Said::Flag(flag))?);
    }
    Ok(all)
}

fn setting(kind: Kind, text: &str, said: &Said<'_>) -> Result<SpaceSetting, Failure> {
    let wrong = |what: String| Failure::new(Code::Usage, format!("{said}: {what}"));
    let (key, value) = match text.split_once('=') {
        Some((key, value)) => (key.trim(), Some(value.trim_matches('"'))),
        None => (text, None),
    };
    if key.is_empty() {
        return Err(wrong("there is no key before the =".to_owned()));
    }
    if !is_key(key) {
        // It may be a value, of which nothing is shown.
        return Err(wrong(
            "what should be a key has other characters than letters, digits and _, or begins with a digit: write KEY=VALUE"
                .to_owned(),
        ));
    }
    match value {
        Some(value) => Ok(SpaceSetting::new(key, value)),
        None => match std::env::var(key) {
            Ok(value) => Ok(SpaceSetting::new(key, value)),
            Err(_) if key.starts_with("hf_") => {
                Err(wrong("a token stands where a key should: write KEY=VALUE".to_owned()))
            }
            Err(_) if kind == Kind::Secret => Err(wrong(
                "there is no =VALUE, and no environment variable of that name is set: write KEY=VALUE"
                    .to_owned(),
            )),
            Err(_) => Err(wrong(format!(
                "{key} has no value: write {key}=VALUE, or set the environment variable {key}, which is not set"
            ))),
        },
    }
}

/// What the Hub takes for a key.
fn is_key(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_setting_is_named_by_key_and_line_and_never_by_its_value() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        for (text, said) in [
            ("A=1\n# a remark\n\nNOT_SET_ANYWHERE\n", ".env, line 4: NOT_SET_ANYWHERE has no value"),
            ("A=1\n=sesame\n", ".env, line 2: there is no key"),
            ("open sesame=1\n", ".env, line 1: what should be a key"),
            ("hf_sesame\n", ".env, line 1: a token stands"),
            ("A=1\nB=\u{fffd}\n", ""),
        ] {
            fs::write(&file, text).unwrap();
            match settings(Kind::Variable, &[], Some(&file)) {
                Ok(all) => assert!(said.is_empty() && all.len() == 2, "{text}"),
                Err(failure) => {
                    let failure = failure.to_string();
                    assert!(failure.starts_with("--env-file ") && failure.contains(said), "{failure}");
                    assert!(!said.is_empty() && !failure.contains("sesame"), "{failure}");
                }
            }
        }
        fs::write(&file, b"A=1\nB=\xff\n").unwrap();
        let failure = settings(Kind::Variable, &[], Some(&file)).unwrap_err().to_string();
        assert!(failure.ends_with(".env, line 2: it is not UTF-8"), "{failure}");
        let failure = settings(Kind::Variable, &["NOT_SET_ANYWHERE".to_owned()], None).unwrap_err();
        assert!(failure.to_string().starts_with("--env: NOT_SET_ANYWHERE has no value"), "{failure}");
        let missing = settings(Kind::Variable, &[], Some(&folder.path().join("none"))).unwrap_err();
        assert!(missing.to_string().contains("none"), "{missing}");
    }

    #[test]
    fn nothing_of_a_secret_is_shown_although_it_looks_like_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        for secret in ["Sesame1234", "hf_Sesame", "=Sesame", "open Sesame", "Sesame\u{1b}", "1Sesame=x"] {
            fs::write(&file, format!("A=1\n{secret}\n")).unwrap();
            let in_file = settings(Kind::Secret, &[], Some(&file)).unwrap_err().to_string();
            assert!(
                in_file.starts_with("--secrets-file ") && in_file.contains(".env, line 2: "),
                "{in_file}"
            );
            let alone = settings(Kind::Secret, &[secret.to_owned()], None).unwrap_err().to_string();
            assert!(alone.starts_with("--secrets: "), "{alone}");
            assert!(!in_file.contains("Sesame") && !alone.contains("Sesame"), "{in_file}; {alone}");
        }
    }
}
