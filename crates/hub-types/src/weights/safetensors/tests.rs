use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// The bytes of a file: a header, padded, and so many bytes of data.
fn file(header: &Value, padding: usize, data: usize) -> Vec<u8> {
    let json = format!("{header}{}", " ".repeat(padding));
    [&(json.len() as u64).to_le_bytes()[..], json.as_bytes(), &vec![0; data]].concat()
}

fn read(header: &Value, data: usize) -> Result<SafetensorsFileMetadata, WeightsError> {
    let bytes = file(header, 3, data);
    parse(&bytes, Some(bytes.len() as u64))
}

#[test]
fn a_header_says_what_is_where() {
    let header = json!({
        "__metadata__": {"format": "pt", "epoch": 3},
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "BF16", "shape": [], "data_offsets": [24, 26], "new": {}},
        "c": {"dtype": "F4", "shape": [3], "data_offsets": [26, 28]},
        "none": {"dtype": "F32", "shape": [0, 5], "data_offsets": [28, 28]},
    });
    let found = read(&header, 28).unwrap();
    assert_eq!((found.metadata["format"].as_str(), found.metadata["epoch"].as_str()), ("pt", "3"));
    assert_eq!(found.data_start(), Some(found.header_size.unwrap() + 8));
    assert_eq!((found.tensors["a"].parameter_count(), found.tensors["b"].parameter_count()), (6, 1));
    assert_eq!(found.size(), 28);
    let counts = found.parameter_count().unwrap();
    assert_eq!(counts, BTreeMap::from([("BF16".into(), 1), ("F32".into(), 6), ("F4".into(), 3)]));
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let tensor = |dtype: &str, shape: Value, offsets: Value| json!({"w": {"dtype": dtype, "shape": shape, "data_offsets": offsets}});
    let most = u64::MAX;
    for (header, said) in [
        (tensor("F32", json!([2]), json!([8, 0])), "before it begins"),
        (tensor("F32", json!([2]), json!([0, 12])), "the file has 8"),
        (tensor("F32", json!([3]), json!([0, 8])), "has 8 bytes, not 12"),
        (tensor("X", json!([most, 2]), json!([0, 8])), "more elements than can be counted"),
        (tensor("F32", json!([most]), json!([0, 8])), "more bytes than can be counted"),
        (tensor("F32", json!([-1]), json!([0, 8])), "a whole number from 0 on"),
        (tensor("F32", json!(vec![1; 65]), json!([0, 4])), "more than 64 dimensions"),
        (tensor("F32", json!([2]), json!([0])), "a list of another length"),
        (tensor("F32", json!([2]), json!([0, 8, 9])), "its header is wrong"),
        (json!({"w": {"dtype": "F32", "shape": []}}), "\"data_offsets\" is missing"),
        (json!({"w": 1}), "an object is expected"),
        (json!([]), "an object is expected"),
    ] {
        let error = read(&header, 8).unwrap_err().to_string();
        assert!(error.contains(said), "{header}: {error}");
    }
    let sum = json!({
        "a": {"dtype": "X", "shape": [most], "data_offsets": [0, 4]},
        "b": {"dtype": "X", "shape": [1], "data_offsets": [4, 8]},
    });
    assert!(read(&sum, 8).unwrap_err().to_string().contains("more parameters than can be counted"));
}

#[test]
fn a_name_that_is_given_twice_is_refused() {
    let tensor = r#"{"dtype":"U8","shape":[],"data_offsets":[0,1]}"#;
    for (text, name) in [
        (format!(r#"{{"w":{tensor},"w":{tensor}}}"#), "\"w\""),
        (r#"{"__metadata__":{},"__metadata__":null}"#.to_owned(), "\"__metadata__\""),
    ] {
        let error = serde_json::from_str::<SafetensorsFileMetadata>(&text).unwrap_err().to_string();
        assert!(error.contains(&format!("{name} is given twice")), "{error}");
    }
}

#[test]
fn tensors_have_no_bytes_in_common() {
    let tensor =
        |start: u64, end: u64| json!({"dtype": "U8", "shape": [end - start], "data_offsets": [start, end]});
    for (a, b, c, common) in [
        ((0, 4), (4, 8), (8, 8), None),
        ((4, 8), (0, 4), (2, 2), None),
        ((0, 1), (5, 6), (7, 8), None),
        ((0, 4), (0, 4), (4, 8), Some(r#""a" and "b" have bytes in common, from byte 0 on"#)),
        ((0, 8), (8, 8), (2, 3), Some(r#""a" and "c" have bytes in common, from byte 2 on"#)),
        ((5, 8), (0, 3), (2, 5), Some(r#""b" and "c" have bytes in common, from byte 2 on"#)),
    ] {
        let header = json!({"a": tensor(a.0, a.1), "b": tensor(b.0, b.1), "c": tensor(c.0, c.1)});
        match (read(&header, 8), common) {
            (Ok(_), None) => {}
            (Err(error), Some(common)) => assert!(error.to_string().contains(common), "{error}"),
            (found, _) => panic!("{header}: {found:?}"),
        }
    }
}

#[test]
fn what_takes_more_memory_than_it_has_bytes_is_bounded() {
    let head = |json: String| [&(json.len() as u64).to_le_bytes()[..], json.as_bytes()].concat();
    let tensors = |count: usize| {
        let tensor = |number| format!(r#""{number:x}":{{"dtype":"","shape":[],"data_offsets":[0,0]}}"#);
        format!("{{{}}}", (0..count).map(tensor).collect::<Vec<_>>().join(","))
    };
    assert_eq!(parse(&head(tensors(MAX_TENSORS)), None).unwrap().tensors.len(), MAX_TENSORS);
    let list = |count: usize| format!(r#"{{"__metadata__":{{"a":[{}]}}}}"#, vec!["0"; count - 1].join(","));
    let pairs = |count: usize| {
        let pairs: Vec<String> = (0..count).map(|number| format!(r#""{number}":"""#)).collect();
        format!(r#"{{"__metadata__":{{{}}}}}"#, pairs.join(","))
    };
    let values = 1 << 16;
    assert_eq!(parse(&head(list(values)), None).unwrap().metadata["a"].len(), 2 * values - 1);
    assert_eq!(parse(&head(pairs(values)), None).unwrap().metadata.len(), values);
    for (json, words) in [
        (tensors(MAX_TENSORS + 1), "it has more than 262144 tensors"),
        (list(values + 1), "it has more than 65536 values in its metadata"),
        (pairs(values + 1), "it has more than 65536 values in its metadata"),
    ] {
        let error = parse(&head(json), None).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }

    let index = |metadata: &str, count: usize| {
        let files: Vec<String> = (0..count).map(|number| format!(r#""{number}":"m""#)).collect();
        let json = format!(r#"{{"metadata":{metadata},"weight_map":{{{}}}}}"#, files.join(","));
        SafetensorsIndex::parse(json.as_bytes())
    };
    assert_eq!(index("{}", 1 << 19).unwrap().weight_map.len(), 1 << 19);
    assert!(index("{}", (1 << 19) + 1).unwrap_err().to_string().contains("more than 524288 tensors"));
    let long = format!(r#"{{"a":[{}]}}"#, vec!["{}"; values].join(","));
    assert!(index(&long, 1).unwrap_err().to_string().contains("more than 65536 values"));
    assert!(index("[]", 1).unwrap_err().to_string().contains("an object is expected"));
}

#[test]
fn the_border_of_what_was_read_is_exact() {
    let bytes = file(&json!({}), 0, 0);
    assert_eq!(parse(&bytes, None).unwrap().header_size, Some(2));
    for given in 0..bytes.len() {
        let needed = if given < 8 { 8 } else { bytes.len() as u64 };
        let error = parse(&bytes[..given], None).unwrap_err();
        assert_eq!(error, WeightsError::Truncated { needed, given: given as u64 });
    }
    assert_eq!(head_size(&MAX_HEADER.to_le_bytes()).unwrap(), MAX_HEADER + 8);
    for size in [MAX_HEADER + 1, u64::MAX] {
        let error = parse(&size.to_le_bytes(), None).unwrap_err();
        assert_eq!(error, WeightsError::TooLarge { what: "the header", size, most: MAX_HEADER });
    }
    assert!(parse(&100u64.to_le_bytes(), Some(50)).unwrap_err().to_string().contains("the file has 50"));
}

#[test]
fn shards_are_counted_together_and_files_are_in_order() {
    let index = SafetensorsIndex::parse(
        br#"{"metadata": {"total_size": 6}, "weight_map": {"a": "m-2.safetensors", "b": "m-1.safetensors", "c": "m-2.safetensors"}}"#,
    )
    .unwrap();
    assert_eq!(index.files().into_iter().collect::<Vec<_>>(), ["m-1.safetensors", "m-2.safetensors"]);
    let headers = |name: &str| {
        let header = json!({name: {"dtype": "BF16", "shape": [3], "data_offsets": [0, 6]}});
        serde_json::from_value::<SafetensorsFileMetadata>(header).unwrap()
    };
    let files = BTreeMap::from([("m-1".to_owned(), headers("b")), ("m-2".to_owned(), headers("a"))]);
    let repo = SafetensorsRepoMetadata::of_shards(index, files).unwrap();
    assert_eq!((repo.sharded, repo.parameter_count["BF16"], repo.size()), (true, 6, 12));
    assert_eq!(
        repo.tensors().map(|(name, _, file)| (name, file)).collect::<Vec<_>>(),
        [("b", "m-1"), ("a", "m-2")]
    );
    let single = SafetensorsRepoMetadata::of_file(SINGLE_FILE, headers("x")).unwrap();
    assert_eq!((single.sharded, single.weight_map["x"].as_str()), (false, SINGLE_FILE));
    assert!(SafetensorsIndex::parse(b"{}").unwrap_err().to_string().contains("\"weight_map\" is missing"));
}

fn tensors() -> impl Strategy<Value = Vec<(String, &'static str, u64, Vec<u64>)>> {
    let dtype = prop_oneof![Just(("F64", 8)), Just(("BF16", 2)), Just(("U8", 1)), Just(("I32", 4))];
    let tensor = ("[a-z.]{1,12}", dtype, prop::collection::vec(0u64..5, 0..4));
    prop::collection::vec(tensor.prop_map(|(name, (dtype, width), shape)| (name, dtype, width, shape)), 0..20)
}

proptest! {
    #[test]
    fn what_was_written_is_read(all in tensors(), padding in 0usize..20) {
        let (mut header, mut end) = (serde_json::Map::new(), 0);
        for (name, dtype, width, shape) in &all {
            if !header.contains_key(name) {
                let start = end;
                end += shape.iter().product::<u64>() * width;
                header.insert(name.clone(), json!({"dtype": dtype, "shape": shape, "data_offsets": [start, end]}));
            }
        }
        let expected = header.len();
        let bytes = file(&Value::Object(header), padding, end as usize);
        let found = parse(&bytes, Some(bytes.len() as u64)).unwrap();
        prop_assert_eq!(found.tensors.len(), expected);
        prop_assert_eq!(found.size(), end);
        prop_assert_eq!(found.data_start().unwrap() + end, bytes.len() as u64);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..64), text in "\\PC{0,60}") {
        let _ = parse(&bytes, Some(bytes.len() as u64));
        let _ = parse(&[&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat(), None);
    }
}
