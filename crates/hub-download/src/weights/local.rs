//! The heads of files of weights on this machine.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use hub_types::{
    SafeRelPath,
    weights::{
        WeightsError,
        gguf::{Gguf, GgufDecoder},
        safetensors::{
            INDEX_FILE, MAX_INDEX, SINGLE_FILE, SafetensorsFileMetadata, SafetensorsIndex,
            SafetensorsRepoMetadata, head_size, parse,
        },
    },
};

use super::request::wrong;
use super::safetensors::paths;
use crate::DownloadError;
use crate::disk::io_error;

/// How much of a GGUF file is read at once.
const PIECE: usize = 64 * 1024;

/// Reads the head of a safetensors file of this machine. Waits for the disk. Python:
/// `parse_local_safetensors_file_metadata`.
///
/// # Errors
/// [`DownloadError::Io`]; [`DownloadError::Weights`] for what is no such file.
pub fn parse_local_safetensors_file_metadata(
    path: impl AsRef<Path>,
) -> Result<SafetensorsFileMetadata, DownloadError> {
    let path = path.as_ref();
    let (mut file, size) = open(path)?;
    let wrong = wrong(path.display());
    let mut head = Vec::new();
    read_more(&mut file, path, 8, &mut head)?;
    let needed = head_size(&head).map_err(&wrong)?;
    read_more(&mut file, path, needed, &mut head)?;
    parse(&head, Some(size)).map_err(&wrong)
}

/// Reads the heads of weights of this machine: of a file, or of the files of a folder, which are found as in a repository. Waits
/// for the disk. Python: `get_local_safetensors_metadata`.
///
/// # Errors
/// [`DownloadError::NotASafetensorsRepo`] for a folder without weights; otherwise as for
/// [`parse_local_safetensors_file_metadata`].
pub fn get_local_safetensors_metadata(
    path: impl AsRef<Path>,
) -> Result<SafetensorsRepoMetadata, DownloadError> {
    let path = path.as_ref();
    let index = if path.is_dir() {
        match index_in(path)? {
            Some(index) => index,
            None => return of_file(&path.join(SINGLE_FILE)),
        }
    } else if path.extension().is_some_and(|ending| ending == "json") {
        path.to_owned()
    } else {
        return of_file(path);
    };
    let folder = index.parent().unwrap_or(Path::new(""));
    let shards = local_index(&index)?;
    let mut heads = BTreeMap::new();
    for file in paths(&shards)? {
        let head = parse_local_safetensors_file_metadata(folder.join(file.as_str()))?;
        heads.insert(file.to_string(), head);
    }
    SafetensorsRepoMetadata::of_shards(shards, heads).map_err(wrong(index.display()))
}

fn of_file(path: &Path) -> Result<SafetensorsRepoMetadata, DownloadError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let head = parse_local_safetensors_file_metadata(path)?;
    SafetensorsRepoMetadata::of_file(name, head).map_err(wrong(path.display()))
}

/// Reads the head of a GGUF file of this machine. Waits for the disk.
///
/// # Errors
/// [`DownloadError::Io`]; [`DownloadError::Weights`] for what is no such file.
pub fn parse_local_gguf_metadata(path: impl AsRef<Path>) -> Result<Gguf, DownloadError> {
    let path = path.as_ref();
    let (mut file, size) = open(path)?;
    let wrong = wrong(path.display());
    let mut decoder = GgufDecoder::new(Some(size));
    let mut piece = vec![0; PIECE];
    loop {
        let count = file.read(&mut piece).map_err(|error| io_error("read", path, error))?;
        let read = piece.get(..count).unwrap_or_default();
        if read.is_empty() || decoder.feed(read).map_err(&wrong)? {
            return decoder.finish().map_err(&wrong);
        }
    }
}

/// The files that the weights of a folder are in, in order.
pub(super) fn files_in(folder: &Path) -> Result<Vec<SafeRelPath>, DownloadError> {
    match index_in(folder)? {
        Some(index) => paths(&local_index(&index)?),
        None => Ok(vec![SINGLE_FILE.parse()?]),
    }
}

/// The index of the weights of a folder; `None` if they are in one file.
fn index_in(folder: &Path) -> Result<Option<PathBuf>, DownloadError> {
    if folder.join(SINGLE_FILE).exists() {
        return Ok(None);
    }
    let index = folder.join(INDEX_FILE);
    if !index.exists() {
        return Err(DownloadError::NotASafetensorsRepo { what: folder.display().to_string() });
    }
    Ok(Some(index))
}

fn local_index(path: &Path) -> Result<SafetensorsIndex, DownloadError> {
    let size = fs::metadata(path).map_err(|error| io_error("read", path, error))?.len();
    if size > MAX_INDEX {
        let error = WeightsError::TooLarge { what: "the index", size, most: MAX_INDEX };
        return Err(wrong(path.display())(error));
    }
    let json = fs::read(path).map_err(|error| io_error("read", path, error))?;
    SafetensorsIndex::parse(&json).map_err(wrong(path.display()))
}

fn open(path: &Path) -> Result<(File, u64), DownloadError> {
    let file = File::open(path).map_err(|error| io_error("open", path, error))?;
    let size = file.metadata().map_err(|error| io_error("open", path, error))?.len();
    Ok((file, size))
}

/// Reads on until `head` has so many bytes, or there are no more.
fn read_more(file: &mut File, path: &Path, needed: u64, head: &mut Vec<u8>) -> Result<(), DownloadError> {
    let missing = needed.saturating_sub(head.len() as u64);
    file.take(missing).read_to_end(head).map(drop).map_err(|error| io_error("read", path, error))
}
