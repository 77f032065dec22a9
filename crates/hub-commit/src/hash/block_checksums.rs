//! Checksums of 16 MiB blocks, to notice that a file changed between hashing and sending.
//!
//! A block's sum is a sum over its 16-byte words, each mixed with its place in the file. So it can be computed in pieces by
//! parts of an upload whose borders lie anywhere, and costs a small fraction of sha256. It guards against accidents, not
//! against attackers: the server checks the sha256.

/// Bytes of a block.
pub(crate) const BLOCK: u64 = 16 * 1024 * 1024;
/// Bytes of a word. Pieces must begin on a multiple of it.
pub(crate) const WORD: u64 = 16;

/// The sum of the words in `piece`, which stands at `offset` (a multiple of [`WORD`]) in the file. Missing bytes of the
/// last word count as zeros.
pub(crate) fn sum(piece: &[u8], offset: u64) -> u64 {
    let (words, tail) = piece.as_chunks::<16>();
    let mut index = offset / WORD;
    let mut total = 0u64;
    for word in words {
        total = total.wrapping_add(mix(u128::from_le_bytes(*word), index));
        index += 1;
    }
    if !tail.is_empty() {
        let mut word = [0; 16];
        for (to, from) in word.iter_mut().zip(tail) {
            *to = *from;
        }
        total = total.wrapping_add(mix(u128::from_le_bytes(word), index));
    }
    total
}

/// A word at its place, spread over 64 bits by the folded 128-bit product of its halves.
fn mix(word: u128, index: u64) -> u64 {
    let place = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (low, high) =
        (word as u64 ^ place, (word >> 64) as u64 ^ place.rotate_left(32) ^ 0xd6e8_feb8_6659_fd93);
    let product = u128::from(low) * u128::from(high);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The index of the block that holds byte `offset`.
pub(crate) fn block_of(offset: u64) -> usize {
    usize::try_from(offset / BLOCK).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moving_swapping_and_flipping_is_noticed() {
        let data: Vec<u8> = (0..=255).collect();
        let original = sum(&data, 0);
        assert_ne!(original, sum(&data, WORD), "the place counts");
        for at in 0..256 {
            let mut changed = data.clone();
            changed[at] ^= 1;
            assert_ne!(sum(&changed, 0), original, "byte {at}");
        }
        let mut swapped = data.clone();
        swapped.swap(0, 8);
        assert_ne!(sum(&swapped, 0), original);
        swapped = data.clone();
        swapped.swap(0, 16);
        assert_ne!(sum(&swapped, 0), original);
    }

    proptest! {
        #[test]
        fn the_sum_of_the_pieces_is_the_sum_of_the_whole(
            data in proptest::collection::vec(any::<u8>(), 0..200),
            cut in 0usize..15,
            base in 0u64..1000,
        ) {
            let cut = (cut * WORD as usize).min(data.len() / WORD as usize * WORD as usize);
            let (a, b) = data.split_at(cut);
            let offset = base * WORD;
            prop_assert_eq!(sum(a, offset).wrapping_add(sum(b, offset + cut as u64)), sum(&data, offset));
        }
    }
}
