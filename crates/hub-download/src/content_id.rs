//! What identifies a blob, and the hash that checks it.

use std::{io::Read, path::Path};

use hub_types::{CommitHash, TreeEntry, hex::encode as hex, lfs};
use sha1::Digest;

use crate::disk::read_pieces;

/// The identity of a file's content, from an etag or a tree entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentId {
    /// 64 hexadecimal digits: the sha256 of an LFS file.
    Sha256(String),
    /// 40 hexadecimal digits, or 64 where git uses sha256: the git blob id of a regular file.
    GitBlob(String),
    /// An etag of another form: the content can be checked by its size only.
    Opaque(String),
}

impl ContentId {
    /// Reads an etag, with or without quotes and the weak mark.
    pub fn from_etag(etag: &str) -> Self {
        let text = etag.trim().trim_start_matches("W/").trim_matches('"');
        // Proxies that compress mark the etag: `HASH-gzip`, `HASH;gz`.
        let hash = text.split(['-', ';']).next().unwrap_or_default();
        let text = if matches!(hash.len(), 40 | 64) { hash } else { text };
        if lfs::is_oid(text) {
            Self::Sha256(text.to_owned())
        } else if text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Self::GitBlob(text.to_ascii_lowercase())
        } else {
            Self::Opaque(text.to_owned())
        }
    }

    /// As [`Self::from_etag`], for a file that is in git itself at this commit: where commits have 64 digits, so has the git id of a
    /// blob, which is not the hash of its content alone.
    pub(crate) fn in_git(etag: &str, commit: &CommitHash) -> Self {
        if commit.as_str().len() == 64 { Self::of_git(etag) } else { Self::from_etag(etag) }
    }

    /// As a listing has it.
    pub(crate) fn of_entry(entry: &TreeEntry) -> Self {
        Self::listed(entry.lfs.as_ref().map(|lfs| lfs.oid.as_str()), &entry.oid)
    }

    /// The sha256 of an LFS file, else the git id of the blob.
    pub(crate) fn listed(lfs: Option<&str>, git: &str) -> Self {
        if let Some(oid) = lfs {
            return Self::from_etag(oid);
        }
        Self::of_git(git)
    }

    /// The git id of a blob.
    fn of_git(id: &str) -> Self {
        match Self::from_etag(id) {
            Self::Sha256(id) => Self::GitBlob(id),
            id => id,
        }
    }

    /// The etag without quotes.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sha256(text) | Self::GitBlob(text) | Self::Opaque(text) => text,
        }
    }

    /// A text for file names: only letters and digits, whatever the server sent.
    pub(crate) fn file_name(&self) -> String {
        match self {
            Self::Sha256(text) | Self::GitBlob(text) => text.clone(),
            Self::Opaque(text) => hex(&sha1::Sha1::digest(text.as_bytes())),
        }
    }

    /// Whether a blob of `size` bytes may have this identity: there is only one that is empty.
    pub(crate) fn allows(&self, size: u64) -> bool {
        size > 0 || self.hasher(0).finish().is_none_or(|empty| empty == self.as_str())
    }

    /// Whether the content can be checked by its size only.
    pub(crate) fn is_opaque(&self) -> bool {
        matches!(self, Self::Opaque(_))
    }

    /// Starts checking a blob of `size` bytes.
    pub(crate) fn hasher(&self, size: u64) -> Hasher {
        match self {
            Self::Sha256(_) => Hasher::Sha256(sha2::Sha256::new()),
            Self::GitBlob(id) => {
                let head = format!("blob {size}\0");
                if id.len() == 64 {
                    return Hasher::Sha256(sha2::Sha256::new_with_prefix(head));
                }
                Hasher::GitBlob(sha1::Sha1::new_with_prefix(head))
            }
            Self::Opaque(_) => Hasher::None,
        }
    }

    /// Whether the file at `path` has this content. `None` when that cannot be told from its bytes. Waits for the disk.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn matches_file(&self, path: &Path) -> std::io::Result<Option<bool>> {
        let mut file = std::fs::File::open(path)?;
        let mut hasher = self.hasher(file.metadata()?.len());
        hasher.read(&mut file)?;
        Ok(hasher.finish().map(|digest| digest == self.as_str()))
    }
}

/// A running hash.
#[derive(Debug, Clone)]
pub(crate) enum Hasher {
    Sha256(sha2::Sha256),
    GitBlob(sha1::Sha1),
    None,
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::GitBlob(hash) => hash.update(bytes),
            Self::None => {}
        }
    }

    /// Takes in everything that `reader` has left; returns how many bytes that was.
    pub(crate) fn read(&mut self, reader: &mut impl Read) -> std::io::Result<u64> {
        read_pieces(reader, |piece| self.update(piece))
    }

    /// The hash in hexadecimal digits, if there is one.
    pub(crate) fn finish(self) -> Option<String> {
        match self {
            Self::Sha256(hash) => Some(hex(&hash.finalize())),
            Self::GitBlob(hash) => Some(hex(&hash.finalize())),
            Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_are_told_apart_by_their_form() {
        let sha256 = "a".repeat(64);
        let blob = "b".repeat(40);
        assert_eq!(ContentId::from_etag(&format!("\"{sha256}\"")), ContentId::Sha256(sha256));
        assert_eq!(ContentId::from_etag(&format!("W/\"{blob}\"")), ContentId::GitBlob(blob));
        let hostile = ContentId::from_etag("\"../../etc/passwd\"");
        assert!(hostile.file_name().bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[test]
    fn where_commits_have_64_digits_so_have_the_blobs_of_git() {
        let commit = |digits| "1".repeat(digits).parse::<CommitHash>().unwrap();
        let hello = "2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4";
        let id = ContentId::in_git(hello, &commit(64));
        assert_eq!(id, ContentId::GitBlob(hello.to_owned()));
        let mut hasher = id.hasher(6);
        hasher.update(b"hello\n");
        assert_eq!(hasher.finish().as_deref(), Some(hello));
        assert_eq!(ContentId::in_git(hello, &commit(40)), ContentId::Sha256(hello.to_owned()));
    }

    #[test]
    fn what_a_listing_says_of_a_file_is_the_sha256_of_lfs_files_alone() {
        use hub_types::tree::{EntryKind, TreeLfs};
        let (short, long) = ("a".repeat(40), "b".repeat(64));
        for id in [&short, &long] {
            let mut entry = TreeEntry::new(EntryKind::File, id, 7, "w.bin");
            assert_eq!(ContentId::of_entry(&entry), ContentId::GitBlob(id.clone()));
            entry.lfs = Some(TreeLfs::new("c".repeat(64), 7));
            assert_eq!(ContentId::of_entry(&entry), ContentId::Sha256("c".repeat(64)));
        }
    }

    #[test]
    fn both_hashes_are_those_of_git_and_lfs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, "hello\n").unwrap();
        let blob = ContentId::from_etag("ce013625030ba8dba906f756967f9e9ca394464a");
        let oid = ContentId::from_etag("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
        assert_eq!(blob.matches_file(&path).unwrap(), Some(true));
        assert_eq!(oid.matches_file(&path).unwrap(), Some(true));
        assert_eq!(ContentId::from_etag(&"0".repeat(64)).matches_file(&path).unwrap(), Some(false));
        assert_eq!(ContentId::from_etag("x").matches_file(&path).unwrap(), None);
    }
}
