//! What is moved: files and folders of known shapes.

use std::fs;
use std::path::{Path, PathBuf};

use super::write_sparse;
use crate::Outcome;

/// A file or folder below the bench folder.
#[derive(Clone, Copy)]
pub(super) enum Content {
    /// One file of so many MiB.
    File(u64),
    /// So many files of 1 to 8 KiB that go inside the commit.
    Small(usize),
    /// So many files of 1 MiB that go inside the commit.
    Text(usize),
    /// So many files of 5 MiB that go to LFS.
    Lfs(usize),
    /// So many files of 1 KiB that go to LFS.
    Tiny(usize),
}

impl Content {
    /// The file or folder, made if it is not there.
    pub(super) fn made_in(self, place: &Path) -> Outcome<PathBuf> {
        let (name, make): (_, fn(&Path, u64) -> std::io::Result<()>) = match self {
            Content::File(size) => (format!("{size}.bin"), |path, size| write_sparse(path, size)),
            Content::Small(_) => (format!("{}-small", self.number()), make_small),
            Content::Text(_) => (format!("{}-text", self.number()), make_text),
            Content::Lfs(_) => (format!("{}-lfs", self.number()), make_lfs),
            Content::Tiny(_) => (format!("{}-tiny", self.number()), make_tiny),
        };
        let path = place.join(name);
        if !path.exists() {
            make(&path, self.number())
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        Ok(path)
    }

    fn number(self) -> u64 {
        match self {
            Content::File(size) => size,
            Content::Small(count) | Content::Text(count) | Content::Lfs(count) | Content::Tiny(count) => {
                count as u64
            }
        }
    }
}

/// Text files of 1 to 8 KiB, 100 in a folder, no two alike.
fn make_small(folder: &Path, count: u64) -> std::io::Result<()> {
    for number in 0..count {
        let inner = folder.join(format!("{:04}", number / 100));
        if number % 100 == 0 {
            fs::create_dir_all(&inner)?;
        }
        let line = format!("{{\"number\": {number}, \"text\": \"a line of a small file\"}}\n");
        let size = 1024 + usize::try_from(number * 7919 % 7168).unwrap_or_default();
        let text: String = line.chars().cycle().take(size).collect();
        fs::write(inner.join(format!("{number:06}.json")), text)?;
    }
    Ok(())
}

/// Text files of 1 MiB, no two alike.
fn make_text(folder: &Path, count: u64) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for number in 0..count {
        let line = format!("{number} is the number of this file, and this is a line of it\n");
        let text: String = line.chars().cycle().take(1 << 20).collect();
        fs::write(folder.join(format!("{number:04}.txt")), text)?;
    }
    Ok(())
}

/// Files of 1 KiB with bytes that no text has, 100 in a folder, no two alike.
fn make_tiny(folder: &Path, count: u64) -> std::io::Result<()> {
    for number in 0..count {
        let inner = folder.join(format!("{:04}", number / 100));
        if number % 100 == 0 {
            fs::create_dir_all(&inner)?;
        }
        fs::write(inner.join(format!("{number:06}.bin")), number.to_le_bytes().repeat(128))?;
    }
    Ok(())
}

fn make_lfs(folder: &Path, count: u64) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for number in 0..count {
        let mut content = vec![0; 5 << 20];
        for (place, byte) in content.iter_mut().enumerate() {
            *byte = (place as u64 * 31 + number * 7) as u8;
        }
        fs::write(folder.join(format!("{number:04}.bin")), content)?;
    }
    Ok(())
}
