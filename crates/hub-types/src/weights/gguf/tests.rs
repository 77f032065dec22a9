use proptest::prelude::*;

use super::*;
use crate::weights::WeightsError;

/// Writes heads of files, as the format says.
#[derive(Clone, Copy)]
struct Writer {
    big_endian: bool,
    version: u32,
}

impl Writer {
    const NEW: Self = Self { big_endian: false, version: 3 };

    fn u32(self, number: u32) -> Vec<u8> {
        if self.big_endian { number.to_be_bytes().into() } else { number.to_le_bytes().into() }
    }

    fn u64(self, number: u64) -> Vec<u8> {
        if self.big_endian { number.to_be_bytes().into() } else { number.to_le_bytes().into() }
    }

    fn count(self, number: u64) -> Vec<u8> {
        if self.version == 1 { self.u32(number as u32) } else { self.u64(number) }
    }

    fn text(self, text: &str) -> Vec<u8> {
        [self.count(text.len() as u64), text.into()].concat()
    }

    fn start(self, tensors: u64, pairs: u64) -> Vec<u8> {
        [b"GGUF".to_vec(), self.u32(self.version), self.count(tensors), self.count(pairs)].concat()
    }

    fn pair(self, key: &str, kind: u32, value: Vec<u8>) -> Vec<u8> {
        [self.text(key), self.u32(kind), value].concat()
    }

    fn texts(self, key: &str, texts: &[&str]) -> Vec<u8> {
        let all = texts.iter().flat_map(|text| self.text(text)).collect();
        self.pair(key, 9, [self.u32(8), self.count(texts.len() as u64), all].concat())
    }

    fn tensor(self, name: &str, dimensions: &[u64], kind: u32, offset: u64) -> Vec<u8> {
        let lengths = dimensions.iter().flat_map(|length| self.count(*length)).collect();
        let count = self.u32(dimensions.len() as u32);
        [self.text(name), count, lengths, self.u32(kind), self.u64(offset)].concat()
    }
}

fn decode(head: &[u8], piece: usize, size: Option<u64>) -> Result<Gguf, WeightsError> {
    let mut decoder = GgufDecoder::new(size);
    for piece in head.chunks(piece.max(1)) {
        if decoder.feed(piece)? {
            break;
        }
    }
    decoder.finish()
}

fn whole(head: &[u8]) -> Result<Gguf, WeightsError> {
    decode(head, head.len(), None)
}

fn said(head: &[u8]) -> String {
    whole(head).unwrap_err().to_string()
}

#[test]
fn every_version_and_byte_order_is_read_in_pieces_of_any_size() {
    for version in 1..=3 {
        for big_endian in [false, true] {
            let w = Writer { big_endian, version };
            let floats = [1.5f32, -2.0].map(|number| w.u32(number.to_bits())).concat();
            let head = [
                w.start(2, 6),
                w.pair("general.architecture", 8, w.text("llama")),
                w.pair("general.alignment", 4, w.u32(64)),
                w.pair("flag", 7, vec![1]),
                w.pair("big", 10, w.u64(u64::MAX)),
                w.texts("tokens", &["a", "", "bc"]),
                w.pair("scores", 9, [w.u32(6), w.count(2), floats].concat()),
                w.tensor("x", &[256, 3], 12, 0),
                w.tensor("y", &[], 0, 448),
            ]
            .concat();
            for piece in 1..head.len() {
                let found = decode(&head, piece, None).unwrap();
                assert_eq!((found.version, found.big_endian, found.alignment), (version, big_endian, 64));
                assert_eq!(found.architecture(), Some("llama"));
                assert_eq!(
                    (found.metadata["flag"].as_bool(), found.metadata["big"].as_u64()),
                    (Some(true), Some(u64::MAX))
                );
                let tokens = found.metadata["tokens"].as_array().unwrap();
                let values: Vec<_> = tokens.values().unwrap().collect();
                assert_eq!(values, ["a", "", "bc"].map(|text| GgufValue::Text(text.into())));
                let scores = found.metadata["scores"].as_array().unwrap().values().unwrap();
                assert_eq!(scores.filter_map(|score| score.as_f64()).collect::<Vec<_>>(), [1.5, -2.0]);
                assert_eq!(found.data_start, (head.len() as u64).next_multiple_of(64));
                let x = found.tensor("x").unwrap();
                assert_eq!((x.shape(), x.kind.name(), x.size()), (vec![3, 256], Some("Q4_K"), Some(432)));
                let y = found.tensor("y").unwrap();
                assert_eq!(found.bytes_of(y), Some(found.data_start + 448..found.data_start + 452));
                assert_eq!((found.size(), found.parameter_count()["Q4_K"]), (436, 768));
            }
        }
    }
}

#[test]
fn arrays_inside_of_arrays_are_read_and_not_too_deep() {
    let w = Writer::NEW;
    let inner = [w.u32(8), w.count(2), w.text("a"), w.text("b")].concat();
    let numbers = [w.u32(4), w.count(2), w.u32(7), w.u32(8)].concat();
    let nested = [w.u32(9), w.count(2), inner, numbers].concat();
    for piece in [1, 5, 500] {
        let found = decode(&[w.start(0, 1), w.pair("k", 9, nested.clone())].concat(), piece, None).unwrap();
        let lists: Vec<_> = found.metadata["k"].as_array().unwrap().values().unwrap().collect();
        let texts: Vec<_> = lists[0].as_array().unwrap().values().unwrap().collect();
        let numbers: Vec<_> = lists[1].as_array().unwrap().values().unwrap().collect();
        assert_eq!(texts, [GgufValue::Text("a".into()), GgufValue::Text("b".into())]);
        assert_eq!(numbers, [GgufValue::U32(7), GgufValue::U32(8)]);
    }
    let deep = [w.u32(9), w.count(1)].concat().repeat(5);
    assert!(said(&[w.start(0, 1), w.pair("k", 9, deep), vec![0; 20]].concat()).contains("too often"));
}

#[test]
fn arrays_beyond_the_room_are_known_by_their_length() {
    let w = Writer::NEW;
    let head =
        [w.start(0, 3), w.texts("a", &["x"; 4]), w.texts("b", &["y"; 100]), w.texts("c", &["z"])].concat();
    let mut decoder = GgufDecoder::new(None).keep_arrays(50);
    assert!(decoder.feed(&head).unwrap());
    let found = decoder.finish().unwrap();
    let kept = |key: &str| {
        let array = found.metadata[key].as_array().unwrap();
        (array.len(), array.values().map(Iterator::count))
    };
    assert_eq!((kept("a"), kept("b"), kept("c")), ((4, Some(4)), (100, None), (1, Some(1))));
}

#[test]
fn numbers_are_bounded_by_what_can_follow() {
    let w = Writer::NEW;
    let pair = |value: Vec<u8>| [w.start(0, 1), value].concat();
    for (head, words) in [
        (w.start(u64::MAX, 0), "18446744073709551615 tensors follow, and a head that is read is too small"),
        (w.start(0, u64::MAX), "18446744073709551615 pairs follow"),
        (w.start(1 << 18, 0), "it has 262144 tensors, and more than 131072 are not read"),
        (w.start(0, 1 << 17), "it has 131072 pairs, and more than 65536 are not read"),
        (pair(w.count(u64::MAX)), "bytes of a text follow"),
        (pair(w.count(70_000)), "a text is 70000 long, and more than 65535 is not read"),
        (pair(w.pair("k", 8, w.count(u64::MAX))), "bytes of a text follow"),
        (pair(w.pair("k", 8, w.count(17 << 20))), "a text is 17825792 long"),
        (pair(w.pair("k", 9, [w.u32(0), w.count(u64::MAX)].concat())), "elements of an array follow"),
        (pair(w.pair("k", 9, [w.u32(8), w.count(MAX_HEAD)].concat())), "elements of an array follow"),
        ([w.start(1, 0), w.text("t"), w.u32(9)].concat(), "\"t\" has 9 dimensions"),
    ] {
        assert!(said(&head).contains(words), "{words}: {}", said(&head));
    }
    // A file of known size has room for less.
    let head = [w.start(0, 1), w.pair("k", 9, [w.u32(0), w.count(100)].concat())].concat();
    let size = head.len() as u64 + 99;
    let error = decode(&head, 9, Some(size)).unwrap_err().to_string();
    assert!(error.contains("100 elements of an array follow, and the file is too small"), "{error}");
    assert!(error.ends_with("99 bytes are left"), "{error}");
    assert!(matches!(decode(&head, 9, Some(size + 1)), Err(WeightsError::Truncated { .. })));
}

#[test]
fn a_file_that_was_cut_off_says_in_what() {
    let w = Writer::NEW;
    let start = w.start(2, 2);
    let text = w.text(&"x".repeat(50));
    let pair = [&start[..], &w.pair("t", 8, text)].concat();
    let array = [&pair[..], &w.texts("tokens", &["x", "yz"])].concat();
    let tensor = [&array[..], &w.tensor("t", &[1], 0, 0)].concat();
    let whole = [&tensor[..], &w.tensor("u", &[1], 0, 32)].concat();
    for (size, place) in [
        (12, "its first bytes"),
        (pair.len() + 3, "pair 2 of 2"),
        (array.len() - 3, "the array \"tokens\", which is pair 2 of 2"),
        (array.len() + 1, "the description of tensor 1 of 2"),
        (whole.len() - 1, "the description of tensor 2 of 2"),
    ] {
        let error = decode(&whole[..size], 5, Some(size as u64)).unwrap_err().to_string();
        let words = format!("behind the end of the file, which is at byte {size}, in {place}");
        assert!(error.ends_with(&words), "{words}: {error}");
    }
    let size = pair.len() - 9;
    let error = decode(&whole[..size], 5, Some(size as u64)).unwrap_err().to_string();
    assert!(
        error.contains("in pair 1 of 2 that 50 bytes of a text follow, and the file is too small"),
        "{error}"
    );
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let w = Writer::NEW;
    let pair = |value: Vec<u8>| [w.start(0, 1), value].concat();
    let tensor = |value: Vec<u8>| [w.start(1, 0), value].concat();
    for (head, words) in [
        (b"GGML".to_vec(), "the letters GGUF"),
        (b"PK\x03\x04".to_vec(), "the letters GGUF"),
        ([&b"GGUF"[..], &[9, 0, 0, 0]].concat(), "no version 9"),
        (pair(w.pair("k", 13, vec![])), "no type of values 13"),
        (pair(w.pair("general.alignment", 4, w.u32(0))), "no power of two"),
        (pair(w.pair("general.alignment", 4, w.u32(48))), "no power of two"),
        ([w.start(0, 2), w.pair("k", 0, vec![1]).repeat(2)].concat(), "\"k\" is given twice"),
        ([w.start(2, 0), w.tensor("t", &[1], 0, 0).repeat(2)].concat(), "\"t\" is given twice"),
        (tensor(w.tensor("t", &[u64::MAX, 2], 0, 0)), "more elements than can be counted"),
        (tensor(w.tensor("t", &[33], 2, 0)), "32 stand together"),
        (tensor(w.tensor("t", &[1], 0, u64::MAX)), "behind the end"),
        (pair([w.count(1), vec![0xff]].concat()), "not UTF-8"),
    ] {
        assert!(said(&head).contains(words), "{words}: {}", said(&head));
    }
    let head = tensor(w.tensor("t", &[4], 0, 0));
    let data = (head.len() as u64).next_multiple_of(32);
    assert!(decode(&head, 99, Some(data + 16)).is_ok());
    assert!(decode(&head, 99, Some(data + 15)).is_err());
    let unknown = whole(&tensor(w.tensor("t", &[4], 77, 0))).unwrap();
    assert_eq!(
        (unknown.tensors[0].size(), unknown.tensors[0].kind.to_string()),
        (None, "type 77".to_owned())
    );
}

#[test]
fn a_split_model_says_which_part_it_is() {
    let w = Writer::NEW;
    let head =
        [w.start(0, 2), w.pair("split.no", 2, vec![1, 0]), w.pair("split.count", 2, vec![3, 0])].concat();
    assert_eq!(whole(&head).unwrap().split(), Some((1, 3)));
    for name in
        ["a-00000-of-00003.gguf", "a-00004-of-00003.gguf", "a-1-of-3.gguf", "-00001-of-00001.gguf", "a.bin"]
    {
        assert_eq!(GgufShard::parse(name), None, "{name}");
    }
    let all: Vec<_> = GgufShard::parse("a-00001-of-00002.gguf").unwrap().all().collect();
    assert_eq!(all, ["a-00001-of-00002.gguf", "a-00002-of-00002.gguf"]);
}

proptest! {
    #[test]
    fn any_bytes_are_survived_and_pieces_make_no_difference(
        start in prop::bool::ANY,
        bytes in prop::collection::vec(prop_oneof![Just(0u8), 0u8..16, any::<u8>()], 0..200),
        piece in 1usize..64,
    ) {
        let head = if start { [&b"GGUF\x03\0\0\0"[..], &bytes].concat() } else { bytes };
        match (whole(&head), decode(&head, piece, None)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(format!("{one:?}"), format!("{other:?}")),
            (one, other) => prop_assert_eq!(one.is_ok(), other.is_ok()),
        }
    }

    #[test]
    fn what_was_written_is_read(
        texts in prop::collection::btree_map("[a-z.]{1,20}", "\\PC{0,20}", 0..10),
        tensors in prop::collection::btree_map("[a-z.]{1,20}", (prop::collection::vec(0u64..100, 0..4), any::<u32>()), 0..10),
        big_endian: bool,
        version in 1u32..4,
        piece in 1usize..200,
    ) {
        let w = Writer { big_endian, version };
        let mut head = w.start(tensors.len() as u64, texts.len() as u64);
        texts.iter().for_each(|(key, text)| head.extend(w.pair(key, 8, w.text(text))));
        // Single numbers, so that any number of them is a whole number of blocks.
        tensors.iter().for_each(|(name, (shape, offset))| head.extend(w.tensor(name, shape, 30, (*offset).into())));
        let found = decode(&head, piece, None).unwrap();
        prop_assert_eq!(found.metadata.len(), texts.len());
        for (key, text) in &texts {
            prop_assert_eq!(found.metadata[key].as_str(), Some(text.as_str()));
        }
        for (tensor, (name, (shape, offset))) in found.tensors.iter().zip(&tensors) {
            prop_assert_eq!((&tensor.name, &tensor.dimensions, tensor.offset), (name, shape, u64::from(*offset)));
            prop_assert_eq!(tensor.size(), Some(shape.iter().product::<u64>() * 2));
        }
        prop_assert_eq!(found.tensors.len(), tensors.len());
    }
}
