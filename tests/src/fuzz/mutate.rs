//! Inputs that are nearly right: files of a corpus, changed in a few places, the same ones for the same seed.

/// Longest input, in bytes.
const MAX_LENGTH: usize = 8 << 10;
/// Numbers at which programs go wrong.
const NUMBERS: [&str; 8] =
    ["0", "-1", "255", "65536", "2147483648", "4294967296", "9223372036854775808", "18446744073709551616"];

/// Makes inputs.
#[derive(Debug, Clone)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// The inputs of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number (SplitMix64).
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if that is 0.
    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    /// One of the corpus, changed in one to eight places.
    pub fn input(&mut self, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
        let mut input = corpus.get(self.below(corpus.len())).cloned().unwrap_or_default();
        for _ in 0..=self.below(8) {
            self.change(&mut input, corpus, words);
        }
        input.truncate(MAX_LENGTH);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&str]) {
        let at = self.below(input.len() + 1);
        let end = at + self.below((input.len() - at).min(64) + 1);
        match self.below(10) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << self.below(8);
                }
            }
            1 => {
                let byte = self.next() as u8;
                input.insert(at, byte);
            }
            2 => drop(input.drain(at..end)),
            3 => {
                let copy = input[at..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, copy);
            }
            4 => input.truncate(at),
            5 => {
                let other = &corpus[self.below(corpus.len())];
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            6 => {
                let number = NUMBERS[self.below(NUMBERS.len())];
                let digits = input[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                input.splice(at..at + digits, number.bytes());
            }
            7 => {
                // A short piece many times over: what costs more than it is long.
                let times = self.below(200);
                let piece = input[at..end.min(at + 8)].repeat(times);
                input.splice(at..at, piece);
            }
            _ => {
                let word = words[self.below(words.len())];
                let replaced = if self.below(2) == 0 { at..end } else { at..at };
                input.splice(replaced, word.bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_stands_for_the_same_inputs_and_another_one_for_others() {
        let corpus = [b"bytes=0-1".to_vec(), b"bytes=-5".to_vec()];
        let inputs = |seed| {
            let mut mutator = Mutator::new(seed);
            (0..100).map(|_| mutator.input(&corpus, &["bytes="])).collect::<Vec<_>>()
        };
        assert_eq!(inputs(7), inputs(7));
        assert_ne!(inputs(7), inputs(8));
        let different: std::collections::BTreeSet<_> = inputs(7).into_iter().collect();
        assert!(different.len() > 80, "{}", different.len());
    }
}
