//! New bare repositories with their first commit.

use std::{fs, path::Path, sync::Arc};

use hub_types::RepoType;
use jiff::Timestamp;

use super::{Change, CommitPlan, CommitTarget, GitRepo, open::OpenRepo};
use crate::store::{NewRepo, Result, StoreError, layout};

/// What is a large file in every new repository, as on the Hub.
const LFS_PATTERNS: &[&str] = &[
    "*.7z",
    "*.arrow",
    "*.bin",
    "*.bz2",
    "*.ckpt",
    "*.ftz",
    "*.gz",
    "*.h5",
    "*.joblib",
    "*.lfs.*",
    "*.mlmodel",
    "*.model",
    "*.msgpack",
    "*.npy",
    "*.npz",
    "*.onnx",
    "*.ot",
    "*.parquet",
    "*.pb",
    "*.pickle",
    "*.pkl",
    "*.pt",
    "*.pth",
    "*.rar",
    "*.safetensors",
    "saved_model/**/*",
    "*.tar.*",
    "*.tar",
    "*.tflite",
    "*.tgz",
    "*.wasm",
    "*.xz",
    "*.zip",
    "*.zst",
    "*tfevents*",
];

/// What else is large in a dataset: tables, sound and pictures.
const DATASET_PATTERNS: &[&str] = &[
    "*.avro", "*.lz4", "*.mds", "*.pcm", "*.sam", "*.raw", "*.aac", "*.flac", "*.mp3", "*.ogg", "*.wav",
    "*.bmp", "*.gif", "*.png", "*.tiff", "*.jpg", "*.jpeg", "*.webp", "*.mp4", "*.webm",
];

const CONFIG: &str = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";

/// Makes a bare repository in the empty folder `path`, with everything in it on disk. `tmp` is for the commit's quarantine.
pub(in crate::store) fn create(path: &Path, tmp: &Path, new: &NewRepo, time: Timestamp) -> Result<()> {
    for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
        layout::create_folder_durably(&path.join(folder))?;
    }
    layout::write_durably(path, "HEAD", b"ref: refs/heads/main\n")?;
    layout::write_durably(path, "config", CONFIG.as_bytes())?;
    // tempfile makes folders for their owner only; a data folder may be shared by a group as its owner likes.
    let permissions = fs::metadata(tmp).map_err(StoreError::io("read", tmp))?.permissions();
    fs::set_permissions(path, permissions).map_err(StoreError::io("write", path))?;
    let open = OpenRepo::new(path.to_path_buf(), tmp.to_path_buf(), new.repo.to_string());
    let mut stage = GitRepo { open: Arc::new(open) }.stage()?;
    let mut changes = Vec::new();
    for (path, content) in first_files(new) {
        let blob = stage.write_blob(content.as_bytes())?;
        changes.push(Change::Put { path: path.to_owned(), blob });
    }
    stage.finish(CommitPlan {
        target: CommitTarget::Branch {
            full_name: "refs/heads/main".to_owned(),
            expected_parent: None,
            create: true,
        },
        changes,
        lfs_paths: Vec::new(),
        author: new.author.clone(),
        time,
        message: "initial commit".to_owned(),
    })?;
    Ok(())
}

fn first_files(new: &NewRepo) -> Vec<(&'static str, String)> {
    let extra = if new.repo.repo_type == RepoType::Dataset { DATASET_PATTERNS } else { &[] };
    let rules = LFS_PATTERNS
        .iter()
        .chain(extra)
        .map(|pattern| format!("{pattern} filter=lfs diff=lfs merge=lfs -text\n"));
    let mut files = vec![(".gitattributes", rules.collect())];
    if new.repo.repo_type == RepoType::Space {
        let sdk = new.sdk.as_deref().unwrap_or("static");
        files.push(("README.md", format!("---\ntitle: {}\nsdk: {sdk}\n---\n", new.repo.id.name())));
    }
    files
}
