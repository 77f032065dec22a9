//! Blobs that are too large to be held in memory for everybody who asks: they are read piece by piece from where git has them.
//!
//! A loose object, and one that is whole in its pack, is decompressed as it is sent. One that a pack has as a difference to
//! another object has to be put together in memory: that is rationed.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use bytes::Bytes;
use flate2::bufread::ZlibDecoder;
use futures_util::stream::{self, Stream};
use gix::objs::Kind;

use super::{
    GitRepo, ObjectId,
    object::{kind_name, read_object},
    ration::Share,
};
use crate::store::{Result, StoreError};

/// Blobs up to this size are read whole.
pub(super) const WHOLE_AT_MOST: u64 = 128 * 1024;
/// Bytes that are sent at once.
const PIECE: usize = 64 * 1024;
/// Memory for putting together an object from differences, in sizes of the object: it, what it differs from, and the difference.
const PARTS: u64 = 3;
/// Bits of an entry of a pack that say its kind; source: git's `gitformat-pack`.
const PACKED_BLOB: u8 = 3;

/// The content of a blob, from its first byte to its last.
pub(crate) struct BlobReader {
    /// Bytes of all of it.
    size: u64,
    /// What was read of the source and is still to be given.
    ahead: io::Cursor<Vec<u8>>,
    source: Source,
}

enum Source {
    /// Reads on in a file.
    Compressed(Box<ZlibDecoder<BufReader<File>>>),
    /// Is in memory, and counted.
    Whole(io::Cursor<Vec<u8>>, #[expect(dead_code, reason = "held")] Option<Share>),
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            _ if self.ahead.position() < self.ahead.get_ref().len() as u64 => self.ahead.read(buffer),
            Source::Compressed(decoder) => decoder.read(buffer),
            Source::Whole(content, _) => content.read(buffer),
        }
    }
}

impl BlobReader {
    fn new(size: u64, source: Source) -> Self {
        Self { size, ahead: io::Cursor::default(), source }
    }

    /// The first bytes, as many as there are up to `most`, before anything else is read. They come again.
    pub(crate) fn peek(&mut self, most: u64) -> Result<&[u8]> {
        let mut head = Vec::new();
        self.take(most).read_to_end(&mut head).map_err(StoreError::git("read a file"))?;
        self.ahead = io::Cursor::new(head);
        Ok(self.ahead.get_ref())
    }

    /// The bytes from `start` to `end`, in pieces of at most 64 KiB, each read on a thread that may wait.
    pub(crate) fn pieces(self, start: u64, end: u64) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        stream::try_unfold((self, start, end - start), move |(mut reader, skip, left)| async move {
            if left == 0 {
                return Ok(None);
            }
            let piece = move || -> io::Result<_> {
                let skipped = io::copy(&mut (&mut reader).take(skip), &mut io::sink())?;
                let wanted = left.min(PIECE as u64);
                let mut buffer = Vec::with_capacity(PIECE);
                let read = (&mut reader).take(wanted).read_to_end(&mut buffer)? as u64;
                if skipped < skip || read < wanted {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(Some((Bytes::from(buffer), (reader, 0, left - read))))
            };
            let read = tokio::task::spawn_blocking(piece).await.map_err(StoreError::Stopped)?;
            read.map_err(StoreError::git("read a file"))
        })
    }
}

impl GitRepo {
    /// The content of a blob of any size, piece by piece. Waits for memory where it has to be put together.
    ///
    /// # Errors
    /// `ObjectMissing` when there is no such object, or it is no blob; `NoMemory`.
    pub(crate) fn open_blob(&self, oid: ObjectId) -> Result<BlobReader> {
        let repo = self.open.local()?;
        let header = repo.try_find_header(oid).map_err(StoreError::git("read an object"))?;
        let missing = || StoreError::ObjectMissing { id: oid, expected: kind_name(Kind::Blob) };
        let size = header.filter(|header| header.kind() == Kind::Blob).ok_or_else(missing)?.size();
        if size > WHOLE_AT_MOST {
            let objects = repo.objects.store_ref().path();
            let found = find(objects, oid).map_err(StoreError::io("read", objects))?;
            if let Some(decoder) = found {
                return Ok(BlobReader::new(size, Source::Compressed(Box::new(decoder))));
            }
        }
        let mut share = None;
        if size > WHOLE_AT_MOST {
            share = Some(self.open.ration().take(size.saturating_mul(PARTS)).ok_or(StoreError::NoMemory)?);
        }
        let content = read_object(&repo, oid, Kind::Blob)?;
        if let Some(share) = &mut share {
            share.shrink(size);
        }
        Ok(BlobReader::new(size, Source::Whole(io::Cursor::new(content), share)))
    }

    /// The content of a blob, whole. Where it is large, the memory is counted while it is put together.
    ///
    /// # Errors
    /// As for [`GitRepo::open_blob`].
    pub(crate) fn blob(&self, oid: ObjectId) -> Result<Vec<u8>> {
        let mut reader = self.open_blob(oid)?;
        match reader.source {
            Source::Whole(content, _) => Ok(content.into_inner()),
            Source::Compressed(_) => {
                let mut content = Vec::with_capacity(usize::try_from(reader.size).unwrap_or_default());
                reader.read_to_end(&mut content).map_err(StoreError::git("read a file"))?;
                Ok(content)
            }
        }
    }
}

/// Where the content of a blob begins that is whole on the disk; nothing when it is a difference, or moved meanwhile.
fn find(objects: &Path, oid: ObjectId) -> io::Result<Option<ZlibDecoder<BufReader<File>>>> {
    let name = oid.to_string();
    let (first, rest) = name.split_at(2);
    if let Some(file) = if_there(File::open(objects.join(first).join(rest)))? {
        let mut decoder = ZlibDecoder::new(BufReader::new(file));
        // "blob", a space, the size, NUL.
        let mut byte = [0];
        loop {
            decoder.read_exact(&mut byte)?;
            if byte == [0] {
                return Ok(Some(decoder));
            }
        }
    }
    for entry in if_there(fs::read_dir(objects.join("pack")))?.into_iter().flatten() {
        let index = entry?.path();
        if index.extension().is_none_or(|extension| extension != "idx") {
            continue;
        }
        let Ok(opened) = gix::odb::pack::index::File::at(&index, oid.kind()) else { continue };
        let Some(at) = opened.lookup(oid) else { continue };
        let Some(mut file) = if_there(File::open(index.with_extension("pack")))? else { continue };
        file.seek(SeekFrom::Start(opened.pack_offset_at_index(at)))?;
        let mut file = BufReader::new(file);
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        let [mut header] = byte;
        if header >> 4 & 0b111 != PACKED_BLOB {
            return Ok(None);
        }
        while header & 0x80 != 0 {
            file.read_exact(&mut byte)?;
            [header] = byte;
        }
        return Ok(Some(ZlibDecoder::new(file)));
    }
    Ok(None)
}

fn if_there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;
    use crate::store::testing::{commit, git, model, temporary};

    fn noise(length: usize) -> String {
        (0..length as u32)
            .map(|n| char::from(b'a' + (n.wrapping_mul(2_654_435_761) >> 24) as u8 % 26))
            .collect()
    }

    #[tokio::test]
    async fn any_range_of_a_large_blob_is_read_wherever_git_has_it() {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        let first = noise(1_000_000);
        let second = format!("{first}and more");
        commit(&store, &repo, &[("a", Some(&first))]).unwrap();
        commit(&store, &repo, &[("a", Some(&second)), ("small", Some("s"))]).unwrap();
        let opened = store.git(&repo).unwrap();
        let tip = opened.resolve("main").unwrap();
        let old = opened.log(tip, 0, 9).unwrap().0[1].id;
        for place in ["loose", "packed whole", "packed as differences"] {
            let threshold =
                if place == "packed whole" { "core.bigFileThreshold=1k" } else { "core.bigFileThreshold=1g" };
            if place != "loose" {
                git(&store, &repo, &["-c", threshold, "repack", "-adfq"]);
                opened.pushed();
            }
            let mut whole = 0;
            for (commit, content) in [(tip, &second), (old, &first)] {
                let oid = opened.entry(commit, "a").unwrap().unwrap().oid;
                assert_eq!(opened.blob(oid).unwrap(), content.as_bytes(), "{place}");
                for range in [0..content.len(), 0..1, 65_535..65_537, 999_990..content.len(), 7..7] {
                    let reader = opened.open_blob(oid).unwrap();
                    whole += usize::from(matches!(reader.source, Source::Whole(..)));
                    let pieces: Vec<Bytes> =
                        reader.pieces(range.start as u64, range.end as u64).try_collect().await.unwrap();
                    assert_eq!(pieces.concat(), &content.as_bytes()[range], "{place}");
                }
            }
            assert_eq!(whole > 0, place == "packed as differences", "{place}: {whole}");
        }
        let small = opened.entry(tip, "small").unwrap().unwrap().oid;
        assert_eq!(opened.blob(small).unwrap(), b"s");
        assert!(matches!(opened.open_blob(tip), Err(StoreError::ObjectMissing { .. })));
    }
}
