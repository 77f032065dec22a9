//! [`ChunkIndex`]: where chunks are known to be.

use std::collections::{BTreeMap, HashMap};

use crate::{MerkleHash, hash::DedupKey, shard::Shard};

/// Most keys of shards that are kept; the oldest goes first. Each costs a hash for each chunk that is looked up.
const MAX_KEYS: usize = 16;

/// A xorb: one that has its hash, or one that this session is still filling, by a number of the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum XorbId {
    /// Not complete.
    Open(u64),
    /// Complete, with its hash.
    Stored(MerkleHash),
}

/// A bounded index from chunk hashes to places in xorbs.
///
/// A chunk costs about 60 bytes. When there are too many, whole xorbs are forgotten, those first that came first; open ones stay.
#[derive(Debug, Clone)]
pub struct ChunkIndex {
    max_chunks: usize,
    chunks: usize,
    next_slot: u64,
    xorbs: BTreeMap<u64, Entry>,
    slots: HashMap<XorbId, u64>,
    plain: Table,
    /// By key, in the order in which they came.
    hidden: Vec<(DedupKey, Table)>,
}

#[derive(Debug, Clone)]
struct Entry {
    id: XorbId,
    key: DedupKey,
    /// Hidden under the key.
    chunks: Vec<MerkleHash>,
}

/// Places by the head of a chunk hash. Two chunks with one head are told apart by the xorb's list; the second is then not found.
#[derive(Debug, Clone, Default)]
struct Table {
    places: HashMap<u64, Hit>,
    expires: u64,
}

/// A place in a xorb of a [`ChunkIndex`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    slot: u64,
    number: u32,
}

impl Hit {
    /// Number of the chunk in the xorb.
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl ChunkIndex {
    /// An empty index for at most `max_chunks` chunks; open xorbs may go beyond.
    pub fn new(max_chunks: usize) -> Self {
        Self {
            max_chunks,
            chunks: 0,
            next_slot: 0,
            xorbs: BTreeMap::new(),
            slots: HashMap::new(),
            plain: Table::default(),
            hidden: Vec::new(),
        }
    }

    /// Number of chunks in it.
    pub fn len(&self) -> usize {
        self.chunks
    }

    /// Whether it knows nothing.
    pub fn is_empty(&self) -> bool {
        self.chunks == 0
    }

    /// Adds a complete xorb with its plain chunk hashes.
    pub fn insert(&mut self, xorb: MerkleHash, chunks: impl IntoIterator<Item = MerkleHash>) {
        self.add(XorbId::Stored(xorb), DedupKey::PLAIN, chunks.into_iter().collect());
    }

    /// Adds the xorbs of a shard: one that was stored, or a response to a query. One that is expired at `now`, in seconds since 1970, adds
    /// nothing.
    pub fn insert_shard(&mut self, shard: &Shard, now: u64) {
        let (key, expires) =
            shard.footer.map_or((DedupKey::PLAIN, u64::MAX), |footer| (footer.key, footer.expires));
        if expires <= now {
            return;
        }
        if key != DedupKey::PLAIN && self.hidden.iter().all(|(known, _)| *known != key) {
            if self.hidden.len() == MAX_KEYS {
                let (oldest, _) = self.hidden.remove(0);
                self.remove_where(|entry| entry.key == oldest);
            }
            self.hidden.push((key, Table::default()));
        }
        if let Some((_, table)) = self.hidden.iter_mut().find(|(known, _)| *known == key) {
            table.expires = table.expires.max(expires);
        }
        for xorb in &shard.xorbs {
            let chunks = xorb.chunks.iter().map(|chunk| chunk.hash).collect();
            self.add(XorbId::Stored(xorb.hash), key, chunks);
        }
    }

    /// Adds the next chunk of an open xorb.
    pub fn push_open(&mut self, xorb: u64, chunk: MerkleHash) {
        let id = XorbId::Open(xorb);
        if !self.slots.contains_key(&id) {
            self.add(id, DedupKey::PLAIN, Vec::new());
        }
        let Some(slot) = self.slots.get(&id).copied() else { return };
        let Some(entry) = self.xorbs.get_mut(&slot) else { return };
        let number = u32::try_from(entry.chunks.len()).unwrap_or(u32::MAX);
        entry.chunks.push(chunk);
        self.chunks += 1;
        self.plain.places.entry(chunk.head()).or_insert(Hit { slot, number });
    }

    /// Gives an open xorb its hash.
    pub fn close(&mut self, xorb: u64, hash: MerkleHash) {
        let Some(slot) = self.slots.remove(&XorbId::Open(xorb)) else { return };
        if let Some(entry) = self.xorbs.get_mut(&slot) {
            entry.id = XorbId::Stored(hash);
        }
        if let Some(before) = self.slots.insert(XorbId::Stored(hash), slot) {
            self.remove_slot(before);
        }
        self.shrink();
    }

    /// Forgets a xorb, for example one that the server has not after all.
    pub fn remove(&mut self, xorb: XorbId) {
        if let Some(slot) = self.slots.get(&xorb).copied() {
            self.remove_slot(slot);
        }
    }

    /// Forgets the xorbs of shards that are expired at `now`, in seconds since 1970.
    pub fn expire(&mut self, now: u64) {
        let gone: Vec<DedupKey> =
            self.hidden.iter().filter(|(_, table)| table.expires <= now).map(|(key, _)| *key).collect();
        self.hidden.retain(|(_, table)| table.expires > now);
        self.remove_where(|entry| gone.contains(&entry.key));
    }

    /// Where a chunk with this plain hash is.
    pub fn find(&self, chunk: &MerkleHash) -> Option<Hit> {
        let tables = self.hidden.iter().map(|(key, table)| (key, table));
        std::iter::once((&DedupKey::PLAIN, &self.plain)).chain(tables).find_map(|(key, table)| {
            let hidden = key.hide(chunk);
            let hit = *table.places.get(&hidden.head())?;
            (self.xorbs.get(&hit.slot)?.chunks.get(hit.number as usize) == Some(&hidden)).then_some(hit)
        })
    }

    /// The place after `hit`, if the chunk with this plain hash is there.
    pub fn follow(&self, hit: Hit, chunk: &MerkleHash) -> Option<Hit> {
        let entry = self.xorbs.get(&hit.slot)?;
        let next = Hit { slot: hit.slot, number: hit.number.checked_add(1)? };
        (*entry.chunks.get(next.number as usize)? == entry.key.hide(chunk)).then_some(next)
    }

    /// The xorb of a hit, as long as it is not forgotten.
    pub fn xorb(&self, hit: Hit) -> Option<XorbId> {
        self.xorbs.get(&hit.slot).map(|entry| entry.id)
    }

    fn add(&mut self, id: XorbId, key: DedupKey, chunks: Vec<MerkleHash>) {
        if let Some(slot) = self.slots.get(&id).copied() {
            // Plain hashes are worth more than hidden ones, and hidden ones under a new key more than under an old one.
            let known = self.xorbs.get(&slot).map(|entry| entry.key);
            if known == Some(key) || known == Some(DedupKey::PLAIN) {
                return;
            }
            self.remove_slot(slot);
        }
        let slot = self.next_slot;
        self.next_slot += 1;
        let table = self
            .hidden
            .iter_mut()
            .find(|(known, _)| *known == key)
            .map_or(&mut self.plain, |(_, table)| table);
        for (number, chunk) in (0..).zip(&chunks) {
            table.places.entry(chunk.head()).or_insert(Hit { slot, number });
        }
        self.chunks += chunks.len();
        self.slots.insert(id, slot);
        self.xorbs.insert(slot, Entry { id, key, chunks });
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.chunks > self.max_chunks {
            let stored = |entry: &Entry| matches!(entry.id, XorbId::Stored(_));
            let Some(slot) = self.xorbs.iter().find(|(_, entry)| stored(entry)).map(|(slot, _)| *slot) else {
                return;
            };
            self.remove_slot(slot);
        }
    }

    fn remove_where(&mut self, gone: impl Fn(&Entry) -> bool) {
        let slots: Vec<u64> =
            self.xorbs.iter().filter(|(_, entry)| gone(entry)).map(|(slot, _)| *slot).collect();
        slots.into_iter().for_each(|slot| self.remove_slot(slot));
    }

    fn remove_slot(&mut self, slot: u64) {
        let Some(entry) = self.xorbs.remove(&slot) else { return };
        if self.slots.get(&entry.id) == Some(&slot) {
            self.slots.remove(&entry.id);
        }
        self.chunks -= entry.chunks.len();
        let table = self.hidden.iter_mut().find(|(key, _)| *key == entry.key).map(|(_, table)| table);
        let table = if entry.key == DedupKey::PLAIN { Some(&mut self.plain) } else { table };
        let Some(table) = table else { return };
        for chunk in &entry.chunks {
            if table.places.get(&chunk.head()).is_some_and(|hit| hit.slot == slot) {
                table.places.remove(&chunk.head());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hash::chunk_hash,
        shard::{ShardChunk, ShardFooter, XorbBlock},
    };

    fn hashes(range: std::ops::Range<u32>) -> Vec<MerkleHash> {
        range.map(|i| chunk_hash(&i.to_le_bytes())).collect()
    }

    fn shard(xorb: MerkleHash, chunks: &[MerkleHash], key: DedupKey, expires: u64) -> Shard {
        let chunk = |hash: &MerkleHash| ShardChunk { hash: *hash, raw_len: 1, global_dedup: false };
        let xorb = XorbBlock { hash: xorb, stored_len: 0, chunks: chunks.iter().map(chunk).collect() };
        Shard {
            files: vec![],
            xorbs: vec![xorb.hidden(&key)],
            footer: Some(ShardFooter { key, created: 0, expires }),
        }
    }

    fn found(index: &ChunkIndex, chunk: &MerkleHash) -> Option<(XorbId, u32)> {
        let hit = index.find(chunk)?;
        Some((index.xorb(hit)?, hit.number()))
    }

    #[test]
    fn open_xorbs_are_found_by_their_hash_once_they_have_one() {
        let mut index = ChunkIndex::new(100);
        let (chunks, xorb) = (hashes(0..3), chunk_hash(b"xorb"));
        chunks.iter().for_each(|chunk| index.push_open(7, *chunk));
        assert_eq!(found(&index, &chunks[2]), Some((XorbId::Open(7), 2)));
        index.close(7, xorb);
        assert_eq!(found(&index, &chunks[2]), Some((XorbId::Stored(xorb), 2)));
        index.remove(XorbId::Stored(xorb));
        assert_eq!(found(&index, &chunks[2]), None);
        assert!(index.is_empty() && index.plain.places.is_empty() && index.slots.is_empty());
    }

    #[test]
    fn hidden_chunks_are_found_by_their_plain_hash_until_they_expire() {
        let mut index = ChunkIndex::new(100);
        let (chunks, xorb) = (hashes(0..3), chunk_hash(b"xorb"));
        let key = DedupKey::from_bytes([9; 32]);
        index.insert_shard(&shard(xorb, &chunks, key, 50), 50);
        assert!(index.is_empty());
        index.insert_shard(&shard(xorb, &chunks, key, 51), 50);
        let hit = index.find(&chunks[0]).unwrap();
        assert_eq!(index.follow(hit, &chunks[1]).map(|hit| hit.number()), Some(1));
        assert_eq!(index.follow(hit, &chunks[2]), None);
        assert_eq!(index.find(&key.hide(&chunks[0])), None);
        index.expire(51);
        assert!(index.find(&chunks[0]).is_none() && index.is_empty() && index.hidden.is_empty());
    }

    #[test]
    fn the_oldest_xorbs_and_keys_go_first() {
        let mut index = ChunkIndex::new(25);
        index.push_open(1, chunk_hash(b"open"));
        for i in 0..5 {
            index.insert(chunk_hash(&[i as u8]), hashes(10 * i..10 * i + 10));
        }
        assert_eq!(index.len(), 21);
        assert!(index.find(&chunk_hash(b"open")).is_some());
        let known: Vec<bool> =
            hashes(0..50).iter().step_by(10).map(|chunk| index.find(chunk).is_some()).collect();
        assert_eq!(known, [false, false, false, true, true]);

        let mut index = ChunkIndex::new(1000);
        for key in 1..=17_u8 {
            let chunks = hashes(100 * u32::from(key)..100 * u32::from(key) + 1);
            index.insert_shard(&shard(chunk_hash(&[key]), &chunks, DedupKey::from_bytes([key; 32]), 1), 0);
        }
        assert_eq!((index.hidden.len(), index.len()), (16, 16));
        assert!(index.find(&hashes(100..101)[0]).is_none() && index.find(&hashes(1700..1701)[0]).is_some());
    }

    #[test]
    fn plain_hashes_replace_hidden_ones() {
        let mut index = ChunkIndex::new(100);
        let (chunks, xorb) = (hashes(0..3), chunk_hash(b"xorb"));
        index.insert_shard(&shard(xorb, &chunks, DedupKey::from_bytes([9; 32]), 9), 0);
        index.insert(xorb, chunks.clone());
        index.insert_shard(&shard(xorb, &chunks, DedupKey::from_bytes([8; 32]), 9), 0);
        assert_eq!((index.len(), index.plain.places.len()), (3, 3));
    }
}
