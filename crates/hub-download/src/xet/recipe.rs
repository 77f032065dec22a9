//! The recipe of a blob: of which chunks it consists, where each of them is in the CAS, and its hash. It is kept beside the blobs of a
//! cache, so that a later version of the file copies what it has in common.
//!
//! ```text
//! "HUBXETR1"  size of the blob u64
//! for each run of chunks that follow one another in a xorb, in the order of the blob, at most 8192 chunks:
//!   hash of the xorb 32 (zero: not known)  number of the first chunk u32  count u32
//!   count × raw length u32
//!   count × hash of the chunk 32
//! ```
//!
//! Numbers are little-endian. It is not fsynced: every chunk that is copied by it is compared with its hash.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    path::{Path, PathBuf},
};

use hub_xet::{ChunkRange, MAX_XORB_CHUNKS, MerkleHash, chunker::MAX_CHUNK, hash::HASH_LEN};

use crate::disk::{beside, sweep};

const MAGIC: &[u8; 8] = b"HUBXETR1";
const HASH_BYTES: u64 = HASH_LEN as u64;

/// A chunk of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlobChunk {
    /// The xorb that has it; [`MerkleHash::ZERO`] if that is not known.
    pub(super) xorb: MerkleHash,
    /// Its number there.
    pub(super) number: u32,
    pub(super) hash: MerkleHash,
    /// Raw bytes.
    pub(super) len: u32,
}

/// Writes a recipe, chunk by chunk. Dropped before it is published it leaves nothing.
#[derive(Debug)]
pub(super) struct RecipeWriter {
    file: BufWriter<File>,
    made: Made,
    place: PathBuf,
    run: Vec<BlobChunk>,
}

/// A recipe that is written and not published yet. Dropped it leaves nothing.
#[derive(Debug)]
pub(crate) struct Recipe {
    made: Made,
    place: PathBuf,
}

/// A file that goes when this is dropped.
#[derive(Debug)]
struct Made(PathBuf);

impl Drop for Made {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

/// All methods wait for the disk.
impl RecipeWriter {
    /// The recipe of a blob of `size` bytes, to be published at `place`.
    pub(super) fn create(place: &Path, size: u64) -> io::Result<Self> {
        let folder = place.parent().unwrap_or(place);
        fs::create_dir_all(folder)?;
        sweep(folder);
        let made = Made(beside(place, "tmp"));
        let mut file = BufWriter::new(File::create_new(&made.0)?);
        file.write_all(MAGIC)?;
        file.write_all(&size.to_le_bytes())?;
        Ok(Self { file, made, place: place.to_owned(), run: Vec::new() })
    }

    /// Adds the next chunk of the blob.
    pub(super) fn push(&mut self, chunk: BlobChunk) -> io::Result<()> {
        let goes_on = self.run.last().is_none_or(|last| {
            let is_next = last.xorb == MerkleHash::ZERO || last.number + 1 == chunk.number;
            last.xorb == chunk.xorb && is_next && self.run.len() < MAX_XORB_CHUNKS
        });
        if !goes_on {
            self.end_run()?;
        }
        self.run.push(chunk);
        Ok(())
    }

    fn end_run(&mut self) -> io::Result<()> {
        let Some(first) = self.run.first() else { return Ok(()) };
        let count = u32::try_from(self.run.len()).unwrap_or(u32::MAX);
        self.file.write_all(first.xorb.as_bytes())?;
        self.file.write_all(&first.number.to_le_bytes())?;
        self.file.write_all(&count.to_le_bytes())?;
        for chunk in &self.run {
            self.file.write_all(&chunk.len.to_le_bytes())?;
        }
        for chunk in &self.run {
            self.file.write_all(chunk.hash.as_bytes())?;
        }
        self.run.clear();
        Ok(())
    }

    /// All chunks are there.
    pub(super) fn finish(mut self) -> io::Result<Recipe> {
        self.end_run()?;
        self.file.flush()?;
        let Self { made, place, .. } = self;
        Ok(Recipe { made, place })
    }
}

impl Recipe {
    /// Puts it beside the blob, which is published. Waits for the disk.
    pub(crate) fn publish(self) {
        if let Err(error) = fs::rename(&self.made.0, &self.place) {
            tracing::debug!(%error, path = %self.place.display(), "the recipe of a blob is not kept");
        }
    }
}

/// Chunks of a blob that follow one another in a xorb too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) xorb: MerkleHash,
    pub(super) chunks: ChunkRange,
    /// Where the first one is in the blob.
    pub(super) position: u64,
    /// Raw bytes of each.
    pub(super) lens: Vec<u32>,
    /// Where their hashes are in the recipe.
    hashes_at: u64,
}

impl Run {
    /// Where the chunk with this number is in the blob.
    pub(super) fn position_of(&self, number: u32) -> u64 {
        let before = number.saturating_sub(self.chunks.start) as usize;
        self.position + self.lens.iter().take(before).map(|len| u64::from(*len)).sum::<u64>()
    }

    /// Raw lengths of some of its chunks.
    pub(super) fn lens_of(&self, chunks: ChunkRange) -> &[u32] {
        let first = chunks.start.saturating_sub(self.chunks.start) as usize;
        self.lens.get(first..first + chunks.len() as usize).unwrap_or_default()
    }

    /// Reads the hashes of some of its chunks.
    pub(super) fn hashes_of(&self, recipe: &mut File, chunks: ChunkRange) -> io::Result<Vec<MerkleHash>> {
        let first = u64::from(chunks.start.saturating_sub(self.chunks.start));
        recipe.seek(io::SeekFrom::Start(self.hashes_at + first * HASH_BYTES))?;
        let mut bytes = vec![0; chunks.len() as usize * HASH_LEN];
        recipe.read_exact(&mut bytes)?;
        Ok(bytes.as_chunks::<HASH_LEN>().0.iter().map(|hash| MerkleHash::from_bytes(*hash)).collect())
    }
}

fn wrong(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Reads the runs of a recipe whose xorbs are known. `room`: how many chunks may be held, of which those of this recipe are taken off.
/// Waits for the disk.
///
/// # Errors
/// It cannot be read, is none or damaged, is of a blob that has not `size` bytes, or there is no room for it.
pub(super) fn read(place: &Path, size: u64, room: &mut usize) -> io::Result<Vec<Run>> {
    /// What a run costs besides its chunks, in chunks.
    const RUN: usize = 32;
    let mut file = BufReader::new(File::open(place)?);
    let length = file.get_ref().metadata()?.len();
    if array(&mut file)? != *MAGIC || u64::from_le_bytes(array(&mut file)?) != size {
        return Err(wrong("it is no recipe of this blob"));
    }
    let (mut runs, mut position, mut at) = (Vec::new(), 0_u64, 16_u64);
    while at < length {
        let xorb = MerkleHash::from_bytes(array(&mut file)?);
        let (first, count) = (u32::from_le_bytes(array(&mut file)?), u32::from_le_bytes(array(&mut file)?));
        let end = first.checked_add(count).ok_or_else(|| wrong("it has impossible chunks"))?;
        let chunks = ChunkRange::new(first, end).checked().map_err(|_| wrong("it has impossible chunks"))?;
        *room = room.checked_sub(count as usize + RUN).ok_or_else(|| wrong("it has too many chunks"))?;
        let mut lens = Vec::with_capacity(count as usize);
        let begin = position;
        for _ in 0..count {
            let len = u32::from_le_bytes(array(&mut file)?);
            if len == 0 || len as usize > MAX_CHUNK {
                return Err(wrong("it has a chunk of an impossible length"));
            }
            position += u64::from(len);
            lens.push(len);
        }
        let hashes_at = at + HASH_BYTES + 8 + 4 * u64::from(count);
        let skipped = HASH_BYTES * u64::from(count);
        file.seek_relative(i64::try_from(skipped).map_err(io::Error::other)?)?;
        at = hashes_at + skipped;
        if xorb != MerkleHash::ZERO {
            runs.push(Run { xorb, chunks, position: begin, lens, hashes_at });
        }
    }
    if at != length || position != size {
        return Err(wrong("it is cut off"));
    }
    Ok(runs)
}

fn array<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use hub_xet::hash::chunk_hash;
    use proptest::prelude::*;

    use super::*;

    fn chunk(xorb: u8, number: u32, len: u32) -> BlobChunk {
        let xorb = if xorb == 0 { MerkleHash::ZERO } else { MerkleHash::from_bytes([xorb; 32]) };
        BlobChunk { xorb, number, hash: chunk_hash(&[number as u8, len as u8]), len }
    }

    fn written(place: &Path, chunks: &[BlobChunk]) -> u64 {
        let size = chunks.iter().map(|chunk| u64::from(chunk.len)).sum();
        let mut writer = RecipeWriter::create(place, size).unwrap();
        chunks.iter().for_each(|chunk| writer.push(*chunk).unwrap());
        writer.finish().unwrap().publish();
        size
    }

    #[test]
    fn what_is_written_is_read_back_and_a_damaged_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("x").join("recipe");
        let chunks = [
            chunk(1, 4, 10),
            chunk(1, 5, 20),
            chunk(0, 0, 7),
            chunk(0, 0, 8),
            chunk(2, 0, 5),
            chunk(1, 6, 1),
        ];
        let size = written(&place, &chunks);
        assert_eq!(fs::read_dir(place.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        let runs = read(&place, size, &mut 1_000).unwrap();
        let shown: Vec<_> = runs.iter().map(|run| (run.chunks, run.position, run.lens.clone())).collect();
        assert_eq!(
            shown,
            [
                (ChunkRange::new(4, 6), 0, vec![10, 20]),
                (ChunkRange::new(0, 1), 45, vec![5]),
                (ChunkRange::new(6, 7), 50, vec![1]),
            ]
        );
        let mut file = File::open(&place).unwrap();
        assert_eq!(runs[0].hashes_of(&mut file, ChunkRange::new(5, 6)).unwrap(), [chunks[1].hash]);
        assert_eq!((runs[0].position_of(5), runs[0].lens_of(ChunkRange::new(5, 6))), (10, &[20][..]));

        assert!(read(&place, size + 1, &mut 1_000).is_err());
        assert!(read(&place, size, &mut 100).is_err(), "there is no room");
        let whole = fs::read(&place).unwrap();
        for cut in 0..whole.len() {
            fs::write(&place, &whole[..cut]).unwrap();
            assert!(read(&place, size, &mut 1_000).is_err(), "{cut}");
        }
    }

    #[test]
    fn one_that_is_not_published_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("recipe");
        let writer = RecipeWriter::create(&place, 5).unwrap();
        drop(writer.finish().unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), size in 0..1_000_u64) {
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join("recipe");
            fs::write(&place, [MAGIC.as_slice(), &size.to_le_bytes(), &bytes].concat()).unwrap();
            if let Ok(runs) = read(&place, size, &mut 1_000) {
                prop_assert!(runs.iter().all(|run| run.position_of(run.chunks.end) <= size));
            }
        }
    }
}
