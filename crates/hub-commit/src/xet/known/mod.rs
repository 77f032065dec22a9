//! [`Known`]: what is known of the chunks that a CAS has, kept on the disk between uploads.

mod records;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use hub_xet::MerkleHash;
use hub_xet::dedup::{ChunkIndex, XorbId};
use hub_xet::hash::{DedupKey, chunk_hash};
use hub_xet::shard::{Shard, ShardBuilder, ShardFooter, XorbBlock};

use self::records::{Record, Records};

/// How long it is believed that a CAS has a xorb that it once had: as the official client does.
pub(super) const LIFETIME: Duration = Duration::from_secs(21 * 24 * 60 * 60);
/// Most bytes of a file on the disk, which is then shortened to half: what it says of 80 GiB of content.
const MOST: u64 = 64 * 1024 * 1024;
const ENDING: &str = "xorbs";

/// Notes about one CAS, in a file of their own. They only spare work: one that cannot be read or written is as good as none, and
/// nobody is held up by it.
///
/// The file is a list of shards with footers, each with a checksum, and of xorbs that turned out to be missing; it only grows at its
/// end, so that several programs may write to it.
#[derive(Debug)]
pub(super) struct Known {
    file: Option<Mutex<File>>,
}

impl Known {
    /// Notes that are not kept.
    pub(super) fn nothing() -> Self {
        Self { file: None }
    }

    /// Opens the notes about the CAS at `cas_url` in `folder` and puts what they say into `index`. `now` is in seconds since 1970.
    /// Blocks on the disk.
    pub(super) fn open(folder: &Path, cas_url: &str, now: u64, index: &mut ChunkIndex) -> Self {
        let name = chunk_hash(cas_url.as_bytes()).to_string();
        let path = folder.join(format!("{}.{ENDING}", name.get(..32).unwrap_or(&name)));
        remove_old(folder, &path, now);
        match load(&path, now, MOST, index) {
            Ok(file) => Self { file: Some(Mutex::new(file)) },
            Err(error) => {
                tracing::warn!(%error, "{path:?} cannot be used: more may be sent than must be");
                Self::nothing()
            }
        }
    }

    /// Notes that the CAS has a xorb, with its plain chunk hashes.
    pub(super) fn note_xorb(&self, xorb: &XorbBlock, now: u64) {
        if self.file.is_none() {
            return;
        }
        let mut builder = ShardBuilder::new();
        if builder.push_xorb(xorb).is_err() {
            return;
        }
        let footer = ShardFooter {
            key: DedupKey::PLAIN,
            created: now,
            expires: now.saturating_add(LIFETIME.as_secs()),
        };
        self.append(&Record::Shard(&builder.finish_with(&footer)));
    }

    /// Notes what a response to a query says, for three weeks at most.
    pub(super) fn note_answer(&self, shard: &Shard, now: u64) {
        let (Some(footer), Some(_)) = (shard.footer, &self.file) else { return };
        let mut builder = ShardBuilder::new();
        if shard.xorbs.iter().try_for_each(|xorb| builder.push_xorb(xorb)).is_ok() {
            let expires = footer.expires.min(now.saturating_add(LIFETIME.as_secs()));
            self.append(&Record::Shard(&builder.finish_with(&ShardFooter { expires, ..footer })));
        }
    }

    /// Notes that the CAS has not this xorb.
    pub(super) fn forget(&self, xorb: MerkleHash) {
        self.append(&Record::Missing(xorb));
    }

    fn append(&self, record: &Record<'_>) {
        let Some(file) = &self.file else { return };
        // One write, so that what several programs write does not mix.
        let written = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&record.to_bytes());
        if let Err(error) = written {
            tracing::debug!(%error, "what is known of the chunks at the server could not be noted");
        }
    }
}

/// Reads the file at `path`, or makes one, and gives it open at its end.
fn load(path: &Path, now: u64, most: u64, index: &mut ChunkIndex) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let length = file.metadata()?.len();
    let mut records = Records::new(&mut file);
    while let Some(record) = records.next()? {
        match record {
            Record::Shard(bytes) => records::learn(index, bytes, now),
            Record::Missing(xorb) => index.remove(XorbId::Stored(xorb)),
        }
    }
    let end = records.end();
    if end == length && length <= most && length > 0 {
        return Ok(file);
    }
    // Torn, too long, or new.
    shortened(path, &mut file, end, now, most)
}

/// Writes what counts of the first `end` bytes to a new file, the newest up to half of `most`, which takes the place of the old one.
fn shortened(path: &Path, file: &mut File, end: u64, now: u64, most: u64) -> io::Result<File> {
    let new = temporary(path);
    // Of a program that had the same number and was killed.
    let _ = fs::remove_file(&new);
    let mut out = OpenOptions::new().read(true).append(true).create_new(true).open(&new)?;
    let written = (|| {
        out.write_all(records::HEADER)?;
        let begin = (end + records::HEADER.len() as u64).saturating_sub(most / 2);
        file.seek(SeekFrom::Start(0))?;
        let mut records = Records::new(file);
        loop {
            let at = records.end();
            let Some(record) = records.next()? else { break };
            if at >= begin && !record.is_over(now) {
                out.write_all(&record.to_bytes())?;
            }
        }
        out.sync_data()?;
        fs::rename(&new, path)
    })();
    if written.is_err() {
        // What was begun is of no use.
        let _ = fs::remove_file(&new);
    }
    written.map(|()| out)
}

/// A name beside `path` that no other program has, nor another job of this one.
fn temporary(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    path.with_extension(format!("{}-{number}.new", std::process::id()))
}

/// Removes the notes about other servers that nobody has written to for so long that nothing in them counts.
fn remove_old(folder: &Path, but: &Path, now: u64) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let counts_from = UNIX_EPOCH + Duration::from_secs(now).saturating_sub(LIFETIME);
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path != but) {
        let is_ours = path.extension().is_some_and(|ending| ending == ENDING || ending == "new");
        let modified = fs::metadata(&path).and_then(|metadata| metadata.modified());
        if is_ours && modified.is_ok_and(|modified| modified < counts_from) {
            // Another program may have been faster.
            let _ = fs::remove_file(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use hub_xet::shard::ShardChunk;

    use super::*;

    const URL: &str = "https://cas.test/1";
    const NOW: u64 = 1_700_000_000;

    fn xorb(number: u32, chunks: u32) -> XorbBlock {
        let chunk = |i: u32| ShardChunk {
            hash: chunk_hash(&[number.to_le_bytes(), i.to_le_bytes()].concat()),
            raw_len: 1,
            global_dedup: false,
        };
        let hash = chunk_hash(&number.to_le_bytes());
        XorbBlock { hash, stored_len: 0, chunks: (0..chunks).map(chunk).collect() }
    }

    fn open(folder: &Path, url: &str, now: u64) -> (Known, ChunkIndex) {
        let mut index = ChunkIndex::new(1_000_000);
        (Known::open(folder, url, now, &mut index), index)
    }

    fn only_file(folder: &Path) -> PathBuf {
        let paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(paths.len(), 1, "{paths:?}");
        paths[0].clone()
    }

    #[test]
    fn what_was_uploaded_is_known_again_for_three_weeks_and_at_that_server_only() {
        let dir = tempfile::tempdir().unwrap();
        let (known, index) = open(dir.path(), URL, NOW);
        assert!(index.is_empty());
        known.note_xorb(&xorb(1, 3), NOW);
        known.note_xorb(&xorb(2, 4), NOW);
        known.forget(xorb(1, 3).hash);
        assert_eq!(open(dir.path(), URL, NOW).1.len(), 4);
        assert_eq!(open(dir.path(), URL, NOW + LIFETIME.as_secs() - 1).1.len(), 4);
        assert!(open(dir.path(), URL, NOW + LIFETIME.as_secs()).1.is_empty());
        assert!(open(dir.path(), "https://cas.test/2", NOW).1.is_empty());
    }

    #[test]
    fn a_torn_end_is_cut_off_and_what_follows_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path(), URL, NOW).0.note_xorb(&xorb(1, 3), NOW);
        let path = only_file(dir.path());
        let whole = fs::read(&path).unwrap();
        for len in 0..whole.len() {
            fs::write(&path, &whole[..len]).unwrap();
            let (known, index) = open(dir.path(), URL, NOW);
            assert!(index.is_empty(), "{len}");
            known.note_xorb(&xorb(2, 5), NOW);
            assert_eq!(open(dir.path(), URL, NOW).1.len(), 5, "{len}");
        }
        only_file(dir.path());
    }

    #[test]
    fn any_changed_byte_costs_what_follows_it_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (known, _) = open(dir.path(), URL, NOW);
        known.note_xorb(&xorb(1, 2), NOW);
        known.note_xorb(&xorb(2, 4), NOW);
        let path = only_file(dir.path());
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x20;
            fs::write(&path, &changed).unwrap();
            let len = open(dir.path(), URL, NOW).1.len();
            assert!(matches!(len, 0 | 2), "byte {at}: {len}");
        }
        fs::write(&path, vec![0xFF; 100_000]).unwrap();
        assert!(open(dir.path(), URL, NOW).1.is_empty());
    }

    #[test]
    fn a_file_that_grows_too_long_keeps_its_newest_half() {
        let dir = tempfile::tempdir().unwrap();
        let (known, _) = open(dir.path(), URL, NOW);
        (0..10).for_each(|number| known.note_xorb(&xorb(number, 100), NOW));
        let path = only_file(dir.path());
        let length = fs::metadata(&path).unwrap().len();
        let mut all = ChunkIndex::new(1_000_000);
        load(&path, NOW, length - 1, &mut all).unwrap();
        assert_eq!(all.len(), 1000);
        assert!(fs::metadata(&path).unwrap().len() <= length / 2);
        let mut half = ChunkIndex::new(1_000_000);
        load(&path, NOW, length, &mut half).unwrap();
        assert!((400..=500).contains(&half.len()), "{}", half.len());
        assert!(half.find(&xorb(9, 1).chunks[0].hash).is_some());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_no_obstacle() {
        let dir = tempfile::tempdir().unwrap();
        let taken = dir.path().join("file");
        fs::write(&taken, "x").unwrap();
        let (known, index) = open(&taken, URL, NOW);
        known.note_xorb(&xorb(1, 1), NOW);
        assert!(known.file.is_none() && index.is_empty());
    }
}
