//! New bare repositories with their first commit.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use gix::objs::{Kind, Tree, WriteTo, tree};
use hub_types::RepoType;
use jiff::Timestamp;

use super::{
    CommitId, GitRepo, ObjectId,
    open::{OpenRepo, Shared},
    pack::PackWriter,
    stage::encode_commit,
};
use crate::store::{NewRepo, Result, StoreError, disk};

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

/// Makes a bare repository in the empty folder `path`, with everything in it on disk. `tmp` is for what its commits need later.
///
/// All files and folders are synced at once, at the end: nobody knows of the folder before.
pub(in crate::store) fn create(path: &Path, tmp: &Path, new: &NewRepo, time: Timestamp) -> Result<GitRepo> {
    let (packs, heads) = (path.join("objects/pack"), path.join("refs/heads"));
    for folder in [&packs, &heads] {
        fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
    }
    // tempfile makes folders for their owner only; a data folder may be shared by a group as its owner likes.
    let permissions = fs::metadata(tmp).map_err(StoreError::io("read", tmp))?.permissions();
    fs::set_permissions(path, permissions).map_err(StoreError::io("write", path))?;
    let (tip, pack) = first_commit(&packs, new, time)?;
    let mut written = pack;
    for (name, content) in
        [("HEAD", "ref: refs/heads/main\n"), ("config", CONFIG), ("refs/heads/main", &format!("{tip}\n"))]
    {
        let file = path.join(name);
        fs::write(&file, content).map_err(StoreError::io("write", &file))?;
        written.push(file);
    }
    written.extend(["objects/pack", "objects", "refs/heads", "refs", ""].map(|folder| path.join(folder)));
    disk::at_once(&written, disk::sync)?;
    let open = OpenRepo::new(path.to_path_buf(), tmp.to_path_buf(), new.repo.to_string(), Shared::default());
    Ok(GitRepo { open: Arc::new(open), watcher: None })
}

/// Whether a folder holds no more than [`create`] makes: one branch, and a pack with one commit. So it is when a process was killed before
/// anybody was told of the repository.
pub(in crate::store) fn is_new(path: &Path) -> bool {
    let only = |folder: &str| match disk::entries(&path.join(folder)).as_deref() {
        Ok([one]) => Some(one.clone()),
        _ => None,
    };
    let branch = only("refs").and_then(|_| only("refs/heads"));
    let packs = only("objects").and_then(|_| disk::entries(&path.join("objects/pack")).ok());
    let pack = packs.filter(|files| files.len() == 2).unwrap_or_default();
    let pack = pack.iter().find(|file| file.extension().is_some_and(|extension| extension == "pack"));
    // Behind its name and version: how many objects it has. A commit, a folder and its files.
    let count = || -> Option<u32> {
        let mut head = [0; 12];
        fs::File::open(pack?).ok()?.read_exact(&mut head).ok()?;
        Some(u32::from_be_bytes(*head.last_chunk()?))
    };
    branch.is_some_and(|branch| branch.ends_with("main")) && count().is_some_and(|count| count <= 4)
}

/// Writes the first commit into a pack, and returns its id and the files, which are not synced.
fn first_commit(packs: &Path, new: &NewRepo, time: Timestamp) -> Result<(CommitId, Vec<PathBuf>)> {
    let fresh = packs.join("fresh");
    let written = || StoreError::io("write", &fresh);
    let mut pack = PackWriter::create(&fresh).map_err(written())?;
    let mut add = |kind, content: &[u8]| -> Result<ObjectId> {
        let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, content)
            .map_err(StoreError::git("hash an object"))?;
        pack.add(id, kind, content).map_err(written())?;
        Ok(id)
    };
    let mut tree = Tree::empty();
    for (name, content) in first_files(new) {
        let oid = add(Kind::Blob, content.as_bytes())?;
        tree.entries.push(tree::Entry { mode: tree::EntryKind::Blob.into(), filename: name.into(), oid });
    }
    let mut content = Vec::new();
    tree.write_to(&mut content).map_err(StoreError::git("write a folder"))?;
    let tree = add(Kind::Tree, &content)?;
    let commit = add(Kind::Commit, &encode_commit(&new.author, time, "initial commit", tree, Vec::new())?)?;
    let index = packs.join("index");
    let name = pack.finish(&index).map_err(written())?;
    let files = [(fresh.clone(), "pack"), (index, "idx")].map(|(from, extension)| {
        let to = packs.join(format!("pack-{name}.{extension}"));
        fs::rename(&from, &to).map_err(StoreError::io("create", &to)).map(|()| to)
    });
    Ok((commit, files.into_iter().collect::<Result<_>>()?))
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

#[cfg(test)]
mod tests {
    use super::is_new;
    use crate::store::testing::{commit, model, temporary};

    #[test]
    fn a_repository_is_new_until_something_is_in_it() {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        let folder = store.git_dir(&repo.repo).unwrap().unwrap();
        assert!(is_new(&folder));
        commit(&store, &repo, &[("a", Some("text"))]).unwrap();
        assert!(!is_new(&folder) && !is_new(&folder.join("refs")));
    }
}
