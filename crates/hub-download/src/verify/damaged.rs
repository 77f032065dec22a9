//! Taking wrong blobs out of a cache, so that nobody takes them for the right ones.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use bytes::Bytes;
use hub_xet::{chunker::ChunkStream, hash::chunk_hash, merkle::MerkleBuilder};

use crate::cache::shared::SharedStore;
use crate::disk::{blocking, io_error, read_pieces};
use crate::{Cache, DownloadError, RemoteFile, SystemDisk};

/// Takes the blobs of files out of a cache, and the links to them. A blob that a wrong link leads to may be right for others, and
/// stays; so does what all repositories share, unless it is not what its own name says.
pub(super) async fn delete_wrong_blobs(cache: Cache, wrong: Vec<RemoteFile>) -> Result<(), DownloadError> {
    blocking(move || {
        let store = SharedStore::of(cache.root());
        for file in wrong {
            let folder = cache.folder(&file.repo);
            let (pointer, blob) = (folder.pointer(&file.commit, &file.path)?, folder.blob(&file.id));
            let leads_there = pointer.canonicalize().ok().zip(blob.canonicalize().ok());
            if leads_there.is_some_and(|(one, other)| one == other) {
                let shared = store.entry_of(&blob);
                fs::remove_file(&blob).map_err(|error| io_error("remove", &blob, error))?;
                if let Some(entry) = shared {
                    delete_if_damaged(&store, &entry).map_err(|error| io_error("check", &entry, error))?;
                }
            }
            fs::remove_file(&pointer).map_err(|error| io_error("remove", &pointer, error))?;
        }
        Ok(())
    })
    .await
}

fn delete_if_damaged(store: &SharedStore, entry: &Path) -> io::Result<()> {
    match xet_hash(entry) {
        Ok(hash) if entry.file_name().is_some_and(|name| name == hash.as_str()) => {
            tracing::warn!(entry = %entry.display(), "the Hub names a shared blob that has another content than the file; it stays");
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // What cannot be read is of no use to anybody.
        _ => store.remove_damaged(&SystemDisk, entry),
    }
}

/// The Xet hash of a file, as the names of entries have it.
fn xet_hash(path: &Path) -> io::Result<String> {
    let (mut chunks, mut tree) = (ChunkStream::new(), MerkleBuilder::new());
    read_pieces(&mut File::open(path)?, |piece| {
        chunks.push(Bytes::copy_from_slice(piece));
        while let Some(chunk) = chunks.next_chunk() {
            tree.push(chunk_hash(&chunk), chunk.len() as u64);
        }
    })?;
    if let Some(chunk) = chunks.finish() {
        tree.push(chunk_hash(&chunk), chunk.len() as u64);
    }
    Ok(tree.file_hash().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::shared::SharedEntry;

    #[test]
    fn a_shared_blob_goes_only_if_it_is_not_what_its_name_says() {
        let cache = tempfile::tempdir().unwrap();
        let content: Vec<u8> = (0..700_000_u32).map(|at| (at * 7 + at / 251 * at) as u8).collect();
        let blobs = cache.path().join("models--a--b/blobs");
        fs::create_dir_all(&blobs).unwrap();
        let blob = blobs.join("etag");
        fs::write(&blob, &content).unwrap();
        let chunks: Vec<&[u8]> = hub_xet::chunker::chunks(&content).collect();
        assert!(chunks.len() > 3);
        let mut tree = MerkleBuilder::new();
        for chunk in chunks {
            tree.push(hub_xet::hash::chunk_hash(chunk), chunk.len() as u64);
        }
        assert_eq!(xet_hash(&blob).unwrap(), tree.file_hash().to_string());

        let store = SharedStore::of(cache.path());
        let shared = SharedEntry::new(cache.path(), &tree.file_hash(), content.len() as u64).unwrap();
        if !shared.publish(&SystemDisk, &blob, false).unwrap() {
            // Links are impossible here.
            return;
        }
        let entry = store.entry_of(&blob).unwrap();
        delete_if_damaged(&store, &entry).unwrap();
        assert!(entry.exists());
        fs::remove_file(&entry).unwrap();
        fs::write(&entry, "other").unwrap();
        delete_if_damaged(&store, &entry).unwrap();
        assert!(!entry.exists());
        assert_eq!(store.users(&entry).map(|users| users.len()), Some(1), "who led there will do so again");
    }
}
