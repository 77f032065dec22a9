//! Writing one pack and its index. Source: git's `gitformat-pack`, pack version 2 and index version 2.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
};

use flate2::{Compression, Crc, read::ZlibDecoder, write::ZlibEncoder};
use gix::objs::Kind;
use sha1::{Digest, Sha1};

use super::ObjectId;

/// Offsets from here on go to a second table of the index.
const LARGE_OFFSET: u64 = 0x8000_0000;

struct Entry {
    offset: u64,
    crc: u32,
    /// Bytes of the header, before the compressed content.
    header: u64,
    size: u64,
}

/// A pack that grows.
pub(super) struct PackWriter {
    file: BufWriter<File>,
    end: u64,
    entries: HashMap<ObjectId, Entry>,
    encoder: ZlibEncoder<Vec<u8>>,
    /// Memory of the last compressed object.
    spare: Vec<u8>,
}

impl PackWriter {
    /// Begins a pack in a new file.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::with_capacity(
            256 * 1024,
            File::options().read(true).write(true).create_new(true).open(path)?,
        );
        // The number of objects is filled in at the end.
        file.write_all(b"PACK\0\0\0\x02\0\0\0\0")?;
        let encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        Ok(Self { file, end: 12, entries: HashMap::new(), encoder, spare: Vec::new() })
    }

    /// Adds an object that is not in the pack yet.
    pub(super) fn add(&mut self, id: ObjectId, kind: Kind, content: &[u8]) -> io::Result<()> {
        let header = entry_header(kind, content.len() as u64);
        self.encoder.write_all(content)?;
        let mut compressed = self.encoder.reset(std::mem::take(&mut self.spare))?;
        let mut crc = Crc::new();
        crc.update(&header);
        crc.update(&compressed);
        self.file.write_all(&header)?;
        self.file.write_all(&compressed)?;
        let entry = Entry {
            offset: self.end,
            crc: crc.sum(),
            header: header.len() as u64,
            size: content.len() as u64,
        };
        self.end += header.len() as u64 + compressed.len() as u64;
        self.entries.insert(id, entry);
        compressed.clear();
        self.spare = compressed;
        Ok(())
    }

    /// Whether the object was added.
    pub(super) fn contains(&self, id: ObjectId) -> bool {
        self.entries.contains_key(&id)
    }

    /// The content of an object that was added.
    pub(super) fn read(&mut self, id: ObjectId) -> io::Result<Option<Vec<u8>>> {
        let Some(entry) = self.entries.get(&id) else { return Ok(None) };
        self.file.flush()?;
        let file = self.file.get_mut();
        file.seek(SeekFrom::Start(entry.offset + entry.header))?;
        let mut content = Vec::new();
        ZlibDecoder::new(&mut *file).take(entry.size).read_to_end(&mut content)?;
        file.seek(SeekFrom::Start(self.end))?;
        Ok(Some(content))
    }

    /// Completes the pack and writes its index to a new file; neither is synced. Returns the pack's name: 40 digits.
    pub(super) fn finish(mut self, index: &Path) -> io::Result<String> {
        let count = u32::try_from(self.entries.len()).map_err(io::Error::other)?.to_be_bytes();
        self.file.flush()?;
        let file = self.file.get_mut();
        file.seek(SeekFrom::Start(8))?;
        file.write_all(&count)?;
        file.seek(SeekFrom::Start(0))?;
        let mut hasher = Sha1::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hasher.update(buffer.get(..read).unwrap_or_default());
        }
        let checksum = hasher.finalize();
        file.write_all(&checksum)?;
        File::create_new(index)?.write_all(&index_of(&self.entries, &checksum))?;
        Ok(checksum.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Kind and size: four bits of size in the first byte, then seven in each, lowest first; the high bit says that more follow.
fn entry_header(kind: Kind, size: u64) -> Vec<u8> {
    let kind: u8 = match kind {
        Kind::Commit => 1,
        Kind::Tree => 2,
        Kind::Blob => 3,
        Kind::Tag => 4,
    };
    let mut header = vec![kind << 4 | (size & 0x0f) as u8];
    let mut rest = size >> 4;
    while rest > 0 {
        if let Some(last) = header.last_mut() {
            *last |= 0x80;
        }
        header.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    header
}

fn index_of(entries: &HashMap<ObjectId, Entry>, pack_checksum: &[u8]) -> Vec<u8> {
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_unstable_by_key(|(id, _)| **id);
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    let mut below = 0_u32;
    let mut ids = sorted.iter().map(|(id, _)| id.first_byte()).peekable();
    for first in 0..=u8::MAX {
        while ids.next_if(|byte| *byte == first).is_some() {
            below += 1;
        }
        index.extend(below.to_be_bytes());
    }
    for (id, _) in &sorted {
        index.extend(id.as_slice());
    }
    for (_, entry) in &sorted {
        index.extend(entry.crc.to_be_bytes());
    }
    let mut large: Vec<u64> = Vec::new();
    for (_, entry) in &sorted {
        let offset = if entry.offset < LARGE_OFFSET {
            entry.offset
        } else {
            large.push(entry.offset);
            LARGE_OFFSET | (large.len() as u64 - 1)
        };
        index.extend((offset as u32).to_be_bytes());
    }
    for offset in large {
        index.extend(offset.to_be_bytes());
    }
    index.extend(pack_checksum);
    let checksum = Sha1::digest(&index);
    index.extend(checksum.as_slice());
    index
}
