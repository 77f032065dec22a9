//! Which xorbs a CAS has not, from what it says when it refuses files.

use std::collections::HashSet;

use hub_xet::MerkleHash;

/// Longest text that is looked at, in bytes.
const MOST: usize = 64 * 1024;

/// Those of `referred`, xorbs that others have uploaded, without which files are to be tried again. A server may name them; otherwise
/// all of them are under suspicion.
pub(super) fn suspects(message: &str, referred: &HashSet<MerkleHash>) -> HashSet<MerkleHash> {
    let text = message.as_bytes().get(..MOST).unwrap_or(message.as_bytes());
    let words = text.split(|byte| !byte.is_ascii_hexdigit()).filter(|word| word.len() == 64);
    let hashes = words.filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok());
    let named: HashSet<MerkleHash> = hashes.filter(|hash| referred.contains(hash)).collect();
    if named.is_empty() { referred.clone() } else { named }
}

#[cfg(test)]
mod tests {
    use hub_xet::hash::chunk_hash;

    use super::*;

    #[test]
    fn the_xorbs_that_a_server_names_are_suspected_and_else_all() {
        let [a, b, own] = [b"a", b"b", b"c"].map(|name| chunk_hash(name));
        let referred = HashSet::from([a, b]);
        let table = [
            (format!("xorb {a} is not known"), vec![a]),
            (format!("missing:{b},{a}."), vec![a, b]),
            (format!("file {own} refers to xorb {b}"), vec![b]),
            (format!("file {own} is wrong"), vec![a, b]),
            (format!("xorb x{a}0 is not known"), vec![a, b]),
            (String::new(), vec![a, b]),
        ];
        for (message, expected) in table {
            assert_eq!(suspects(&message, &referred), expected.into_iter().collect(), "{message}");
        }
    }
}
