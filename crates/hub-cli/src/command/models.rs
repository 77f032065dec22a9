//! `hub models`

use hub_api::RepoType;
use serde_json::json;

use crate::{
    args::{Models, WeightsArgs},
    client::Session,
    command::{
        kind,
        weights::{Weights, memory},
    },
    failure::Failure,
    output::Brief,
    shown::{counted, human_size, name},
    table,
};

pub(crate) async fn run(session: &Session, args: Models) -> Result<(), Failure> {
    match args {
        Models::Kind(args) => kind::run(session, RepoType::Model, args).await,
        Models::Weights(args) => weights(session, args).await,
        Models::Tensors(args) => tensors(session, args).await,
    }
}

async fn tensors(session: &Session, args: WeightsArgs) -> Result<(), Failure> {
    let found = Weights::read(&session.api().await?, &args).await?;
    let has_several_files = found.files > 1;
    session.output.table(
        &["TENSOR", "DTYPE", "SHAPE", "PARAMETERS", "SIZE", "FILE"],
        &found.tensors,
        |tensor| {
            let shape: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
            vec![
                tensor.name.clone(),
                tensor.dtype.clone(),
                format!("[{}]", shape.join(", ")),
                tensor.parameters.to_string(),
                tensor.bytes.map_or_else(|| "unknown".to_owned(), human_size),
                if has_several_files { tensor.file.clone() } else { String::new() },
            ]
        },
        |tensor| tensor.name.clone(),
    )
}

async fn weights(session: &Session, args: WeightsArgs) -> Result<(), Failure> {
    let found = Weights::read(&session.api().await?, &args).await?;
    let (dtypes, parameters, bytes) = (found.dtypes(), found.parameters(), found.bytes());
    let memory = memory(bytes, parameters);
    let value = json!({
        "id": args.repo_id,
        "commit": found.commit,
        "format": found.format,
        "files": found.files,
        "tensors": found.tensors.len(),
        "parameters": parameters,
        "bytes": bytes,
        "dtypes": dtypes,
        "memory": memory,
    });
    let human = || {
        let what = format!(
            "{} in {} of {}",
            counted(found.tensors.len() as u64, "tensor", "tensors"),
            counted(found.files as u64, "file", "files"),
            found.format,
        );
        let rows: Vec<_> = dtypes
            .iter()
            .map(|row| {
                let cells = [
                    row.tensors.to_string(),
                    row.parameters.to_string(),
                    row.bytes.map_or_else(|| "unknown".to_owned(), human_size),
                ];
                [vec![row.dtype.clone()], cells.to_vec()].concat()
            })
            .collect();
        let sizes: Vec<_> = memory
            .iter()
            .map(|row| vec![row.stored.to_owned(), human_size(row.bytes), row.fits_in()])
            .collect();
        let mut lines = vec![format!("model {}: {what}", name(&args.repo_id)), String::new()];
        lines.extend(table::lines(&["DTYPE", "TENSORS", "PARAMETERS", "SIZE"], &rows, None));
        lines.push(String::new());
        lines.extend(table::lines(&["STORED", "SIZE", "FITS IN"], &sizes, None));
        lines.join("\n")
    };
    session.output.value(&value, human, Brief::One(&parameters.to_string()))
}
