//! Which scheme a chunk is stored by.

use super::Scheme;

/// How chunks are to be stored. Whatever is asked for, a chunk that would not get smaller is stored as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Looks at the first chunk and at each 32nd, and decides for [`Lz4`](Self::Lz4) or [`ByteGroup4Lz4`](Self::ByteGroup4Lz4)
    /// until the next look, as the official client does.
    #[default]
    Auto,
    /// Nothing is compressed: when the network is faster than the processor.
    None,
    /// LZ4.
    Lz4,
    /// Byte groups, then LZ4.
    ByteGroup4Lz4,
    /// Both, of which the smaller is taken: costs as much time as both together.
    Smallest,
}

/// Chunks between two looks of [`Compression::Auto`].
const INTERVAL: u32 = 32;
/// From this divergence on, in nats, bytes are grouped.
const THRESHOLD: f64 = 0.02;

/// What [`Compression::Auto`] remembers.
#[derive(Debug, Clone, Default)]
pub(super) struct Looks {
    since: u32,
    grouped: bool,
}

impl Looks {
    pub(super) fn choose(&mut self, chunk: &[u8]) -> Scheme {
        if self.since == 0 {
            self.grouped = divergence(chunk) > THRESHOLD;
        }
        self.since = (self.since + 1) % INTERVAL;
        if self.grouped { Scheme::ByteGroup4Lz4 } else { Scheme::Lz4 }
    }
}

/// How far the bytes at one of the four places of a number differ from all bytes together: the greatest Kullback–Leibler divergence of
/// their distributions of bits set.
fn divergence(data: &[u8]) -> f64 {
    let mut counts = [[0_u32; 9]; 4];
    let mut count = |place: usize, byte: u8| {
        if let Some(count) = counts.get_mut(place).and_then(|c| c.get_mut(byte.count_ones() as usize)) {
            *count += 1;
        }
    };
    let (quads, rest) = data.as_chunks::<4>();
    for [a, b, c, d] in quads {
        count(0, *a);
        count(1, *b);
        count(2, *c);
        count(3, *d);
    }
    rest.iter().enumerate().for_each(|(place, byte)| count(place, *byte));

    let pooled: [u32; 9] = std::array::from_fn(|bits| counts.iter().filter_map(|c| c.get(bits)).sum::<u32>());
    let pooled = smoothed(pooled);
    counts
        .map(|counts| smoothed(counts).iter().zip(pooled).map(|(p, q)| p * (p / q).ln()).sum::<f64>())
        .into_iter()
        .fold(0.0, f64::max)
}

/// Counts as probabilities, none of which is zero.
fn smoothed(counts: [u32; 9]) -> [f64; 9] {
    let total: u32 = counts.iter().map(|count| count + 1).sum();
    counts.map(|count| f64::from(count + 1) / f64::from(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_four_bytes_are_grouped_and_text_is_not() {
        let numbers: Vec<u8> = (0..10_000).flat_map(|i| (i as f32 * 1e-4).to_le_bytes()).collect();
        let text = b"the quick brown fox jumps over the lazy dog; ".repeat(500);
        assert!(divergence(&numbers) > THRESHOLD);
        assert!(divergence(&text) < THRESHOLD);
        assert_eq!(divergence(&[]), 0.0);
    }

    #[test]
    fn a_decision_holds_for_32_chunks() {
        let numbers: Vec<u8> = (0..1000_u32).flat_map(u32::to_le_bytes).collect();
        let text = b"the quick brown fox jumps over the lazy dog; ".repeat(100);
        let mut looks = Looks::default();
        assert_eq!(looks.choose(&numbers), Scheme::ByteGroup4Lz4);
        let next: Vec<Scheme> = (0..32).map(|_| looks.choose(&text)).collect();
        assert!(next[..31].iter().all(|scheme| *scheme == Scheme::ByteGroup4Lz4));
        assert_eq!(next[31], Scheme::Lz4);
    }
}
