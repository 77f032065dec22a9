//! Byte grouping: bytes of numbers, sorted by their place in the number.

/// Writes `data` grouped into `out`, which has the same length.
///
/// When the length is not divisible by four, the first groups have one byte more.
pub(super) fn split(data: &[u8], out: &mut [u8]) {
    let (quads, rest) = data.as_chunks::<4>();
    let [g0, g1, g2, g3] = groups_mut(out);
    for ((((quad, a), b), c), d) in quads.iter().zip(&mut *g0).zip(&mut *g1).zip(&mut *g2).zip(&mut *g3) {
        [*a, *b, *c, *d] = *quad;
    }
    for (byte, group) in rest.iter().zip([g0, g1, g2]) {
        if let Some(last) = group.last_mut() {
            *last = *byte;
        }
    }
}

/// Writes the bytes of `grouped` in their order into `out`, which has the same length.
pub(super) fn join(grouped: &[u8], out: &mut [u8]) {
    let [g0, g1, g2, g3] = groups(grouped);
    let (quads, rest) = out.as_chunks_mut::<4>();
    for ((((quad, a), b), c), d) in quads.iter_mut().zip(g0).zip(g1).zip(g2).zip(g3) {
        *quad = [*a, *b, *c, *d];
    }
    for (byte, group) in rest.iter_mut().zip([g0, g1, g2]) {
        if let Some(last) = group.last() {
            *byte = *last;
        }
    }
}

/// Lengths of the first three groups of `len` bytes.
fn lengths(len: usize) -> [usize; 3] {
    [0, 1, 2].map(|residue| (len + 3 - residue) / 4)
}

fn groups(data: &[u8]) -> [&[u8]; 4] {
    let [a, b, c] = lengths(data.len());
    let (g0, rest) = data.split_at(a);
    let (g1, rest) = rest.split_at(b);
    let (g2, g3) = rest.split_at(c);
    [g0, g1, g2, g3]
}

fn groups_mut(data: &mut [u8]) -> [&mut [u8]; 4] {
    let [a, b, c] = lengths(data.len());
    let (g0, rest) = data.split_at_mut(a);
    let (g1, rest) = rest.split_at_mut(b);
    let (g2, g3) = rest.split_at_mut(c);
    [g0, g1, g2, g3]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_are_sorted_by_their_place() {
        for (data, grouped) in [
            (&b""[..], &b""[..]),
            (b"a", b"a"),
            (b"abcdefgh", b"aebfcgdh"),
            (b"abcdefg", b"aebfcgd"),
            (b"abcdef", b"aebfcd"),
        ] {
            let mut out = vec![0; data.len()];
            split(data, &mut out);
            assert_eq!(out, grouped);
        }
    }

    proptest! {
        #[test]
        fn what_is_split_is_joined(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (mut grouped, mut joined) = (vec![0; data.len()], vec![0; data.len()]);
            split(&data, &mut grouped);
            join(&grouped, &mut joined);
            let expected: Vec<u8> = (0..4).flat_map(|r| data.iter().skip(r).step_by(4)).copied().collect();
            prop_assert_eq!(grouped, expected);
            prop_assert_eq!(joined, data);
        }
    }
}
