//! `hub man`

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    failure::Failure,
    model,
    output::{Brief, Output},
};

pub(crate) fn run(output: Output, folder: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::other(format!("cannot write to {}", folder.display()), error);
    fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(model::command().disable_help_subcommand(true), folder).map_err(failed)?;
    let pages = fs::read_dir(folder).map_err(failed)?.count();
    let value = json!({ "path": folder, "pages": pages });
    let path = folder.display().to_string();
    output.value(&value, || format!("Wrote the manual pages to {path}."), Brief::One(&path))
}
