//! Secrets and variables, from the command line, the environment and files

use std::path::Path;

use hub_api::types::space::SpaceSetting;

use crate::{
    args::{SecretsArgs, VariablesArgs},
    failure::{Code, Failure},
};

pub(super) fn secrets(args: &SecretsArgs) -> Result<Vec<SpaceSetting>, Failure> {
    settings(&args.secrets, args.secrets_file.as_deref())
}

pub(super) fn variables(args: &VariablesArgs) -> Result<Vec<SpaceSetting>, Failure> {
    settings(&args.env, args.env_file.as_deref())
}

/// Those of the file come first, so that the command line can set them anew.
fn settings(given: &[String], file: Option<&Path>) -> Result<Vec<SpaceSetting>, Failure> {
    let mut lines: Vec<String> = Vec::new();
    if let Some(file) = file {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::other(format!("cannot read {}", file.display()), error))?;
        let meant = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.extend(meant.map(str::to_owned));
    }
    lines.extend(given.iter().cloned());
    lines
        .iter()
        .map(|line| match line.split_once('=') {
            Some((key, value)) => Ok(SpaceSetting::new(key.trim(), value.trim_matches('"'))),
            None => match std::env::var(line) {
                Ok(value) => Ok(SpaceSetting::new(line, value)),
                Err(_) => Err(Failure::new(
                    Code::Usage,
                    "a key without a value stands for an environment variable, and there is none of that name",
                )),
            },
        })
        .collect()
}
