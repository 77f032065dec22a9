//! Heads of weights by ranges of bytes, and one tensor.

use hub_download::{
    Cache, DownloadError, ReadRequest, SnapshotRequest, Target,
    weights::{
        WeightsRequest, download_safetensors, get_gguf_metadata, get_local_safetensors_metadata,
        get_safetensors_metadata, parse_local_gguf_metadata, parse_local_safetensors_file_metadata,
        parse_safetensors_file_metadata, read_tensor,
    },
};
use hub_transport::testing::{Step, reply};
use hub_types::{CommitHash, RepoRef, RepoType, Revision};
use serde_json::{Value, json};

use crate::memory_hub::MemoryHub;
use crate::server::COMMIT;
use crate::ways::Asked;

fn repo() -> RepoRef {
    RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap())
}

fn wanted() -> WeightsRequest {
    WeightsRequest::new(repo())
}

fn file(path: &str) -> ReadRequest {
    ReadRequest::new(repo(), path.parse().unwrap())
}

/// The bytes of a safetensors file with these tensors of BF16, each of so many bytes of its own value, and padding.
fn weights(tensors: &[(&str, usize, u8)], padding: usize) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, size, value) in tensors {
        let start = data.len();
        data.resize(start + size, *value);
        let tensor = json!({"dtype": "BF16", "shape": [size / 2], "data_offsets": [start, data.len()]});
        header.insert((*name).to_owned(), tensor);
    }
    let json = format!("{}{}", Value::Object(header), " ".repeat(padding));
    [&(json.len() as u64).to_le_bytes()[..], json.as_bytes(), &data].concat()
}

fn index(weight_map: Value) -> Vec<u8> {
    json!({"metadata": {"total_size": 12}, "weight_map": weight_map}).to_string().into_bytes()
}

fn sharded(count: usize) -> MemoryHub {
    let name = |number: usize| format!("model-{number:05}-of-{count:05}.safetensors");
    let map: serde_json::Map<_, _> =
        (1..=count).map(|number| (format!("t{number}"), name(number).into())).collect();
    (1..=count)
        .fold(MemoryHub::default().file("model.safetensors.index.json", index(map.into())), |hub, number| {
            hub.file(&name(number), weights(&[(&format!("t{number}"), 4, number as u8)], 0))
        })
}

#[tokio::test]
async fn the_head_of_a_file_takes_one_request_or_two() {
    let (short, long) = (weights(&[("w", 400_000, 7)], 0), weights(&[("w", 10, 7)], 150_000));
    // The header ends with the last byte that is read first, or one byte behind it.
    let fitting = |more: usize| {
        let without = weights(&[("w", 10, 7)], 0).len() - 10;
        let file = weights(&[("w", 10, 7)], 100_001 - without + more);
        assert_eq!(file.len(), 100_011 + more);
        file
    };
    let (edge, over) = (fitting(0), fitting(1));
    for (bytes, asked) in [
        (&short, &["GET w.safetensors 0-100000"][..]),
        (&edge, &["GET w.safetensors 0-100000"]),
        (&over, &["GET w.safetensors 0-100000", "GET w.safetensors 100001-100001"]),
        (&long, &["GET w.safetensors 0-100000", &format!("GET w.safetensors 100001-{}", long.len() - 11)]),
    ] {
        let hub = MemoryHub::default().file("w.safetensors", bytes.clone());
        let found = parse_safetensors_file_metadata(&hub.transport(), file("w.safetensors")).await.unwrap();
        assert_eq!(found.data_start().unwrap() + found.size(), bytes.len() as u64);
        assert_eq!(hub.asked()[1..], *asked);
        assert!(hub.sent() < 280_000, "{}", hub.sent());
        // A server that does not know ranges sends everything, which is not read.
        let hub =
            MemoryHub::default().sparse("w.safetensors", bytes.clone(), bytes.len() as u64).without_ranges();
        assert_eq!(
            parse_safetensors_file_metadata(&hub.transport(), file("w.safetensors")).await.unwrap(),
            found
        );
    }
}

#[tokio::test]
async fn what_is_no_safetensors_file_is_told_with_its_name() {
    let hub = MemoryHub::default().file("a", &b"short"[..]).file("b", vec![255; 200]).file("c", vec![0; 8]);
    for (path, words) in
        [("a", "only 5 are here"), ("b", "more than 25000000 is not read"), ("c", "header is wrong")]
    {
        let error = parse_safetensors_file_metadata(&hub.transport(), file(path)).await.unwrap_err();
        let DownloadError::Weights { path: named, source } = error else { panic!("{error}") };
        assert!(named == path && source.to_string().contains(words), "{source}");
    }
}

#[tokio::test]
async fn a_repository_with_one_file_is_read_at_one_commit() {
    let hub = MemoryHub::default().file("model.safetensors", weights(&[("a", 4, 1), ("b", 8, 2)], 0));
    let found = get_safetensors_metadata(&hub.transport(), wanted()).await.unwrap();
    assert_eq!((found.sharded, found.parameter_count["BF16"], found.weight_map.len()), (false, 6, 2));
    assert_eq!(found.commit.unwrap().as_str(), COMMIT);
    assert_eq!(hub.asked(), ["HEAD model.safetensors", "GET model.safetensors"]);
    let none = get_safetensors_metadata(&MemoryHub::default().transport(), wanted()).await.unwrap_err();
    assert!(none.to_string().starts_with("model ada/demo at main has neither"), "{none}");
    assert!(matches!(none, DownloadError::NotASafetensorsRepo { .. }));
}

#[tokio::test]
async fn shards_are_read_one_by_one_where_the_hub_does_not_give_all_heads() {
    for revision in [None, Some("main".parse::<Revision>().unwrap())] {
        let hub = sharded(3);
        let found =
            get_safetensors_metadata(&hub.transport(), wanted().revision(revision.clone())).await.unwrap();
        assert_eq!((found.sharded, found.parameter_count["BF16"], found.files_metadata.len()), (true, 6, 3));
        assert_eq!(found.metadata["total_size"], 12);
        let asked = hub.asked();
        let count = |start: &str| asked.iter().filter(|line| line.starts_with(start)).count();
        assert_eq!((count("HEAD"), count("POST"), count("GET model-")), (2, 1, 3), "{asked:?}");
        assert_eq!(count("GET /api/models/ada/demo/safetensors-metadata/"), usize::from(revision.is_none()));
    }
    let lost =
        MemoryHub::default().file("model.safetensors.index.json", index(json!({"w": "gone.safetensors"})));
    let error = get_safetensors_metadata(&lost.transport(), wanted()).await.unwrap_err();
    let DownloadError::Weights { source, .. } = error else { panic!("{error}") };
    assert!(source.to_string().contains("gone.safetensors, which is not in the repository"), "{source}");
    let hostile = MemoryHub::default().file("model.safetensors.index.json", index(json!({"w": "../x"})));
    let error = get_safetensors_metadata(&hostile.transport(), wanted()).await.unwrap_err();
    assert!(matches!(error, DownloadError::Invalid(_)), "{error}");
}

#[tokio::test]
async fn shards_in_git_itself_are_known_by_their_git_id_also_where_that_has_64_digits() {
    let name = |number: usize| format!("model-{number:05}-of-00002.safetensors");
    let hub = MemoryHub::default()
        .file("model.safetensors.index.json", index(json!({"t1": name(1), "t2": name(2)})))
        .in_git(&name(1), weights(&[("t1", 4, 1)], 0))
        .in_git(&name(2), weights(&[("t2", 4, 2)], 0));
    let found = get_safetensors_metadata(&hub.transport(), wanted()).await.unwrap();
    assert_eq!((found.parameter_count["BF16"], found.files_metadata.len()), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn shards_of_the_cache_stand_in_when_the_hub_does_not_respond() {
    let place = tempfile::tempdir().unwrap();
    let (hub, cache) = (sharded(3), Cache::new(place.path()));
    let target = Target::Cache(cache.clone());
    let files = download_safetensors(&hub.transport(), SnapshotRequest::new(repo(), target)).await.unwrap();
    let there = get_safetensors_metadata(&hub.transport(), wanted()).await.unwrap();
    let wanted = || wanted().cache(cache.clone());
    let responses: [fn() -> Step; 4] = [|| reply(503), || reply(401), Step::not_sent, Step::pending];
    for response in responses {
        let server = Asked::new(move |_| response());
        let here = get_safetensors_metadata(&server.transport, wanted()).await.unwrap();
        assert_eq!(here, there);
        assert_eq!(server.requests().len(), 1, "it is asked for the one file only, and once");
        let tensor = read_tensor(&server.transport, wanted(), "t2", None).await.unwrap();
        assert_eq!(tensor.data, [2; 4]);
    }
    // What the Hub says of the revision counts.
    let server = Asked::new(|_| reply(404).header("x-error-code", "RevisionNotFound"));
    get_safetensors_metadata(&server.transport, wanted()).await.unwrap_err();
    // A Hub that responds is asked for nothing that is here.
    hub.asked();
    get_safetensors_metadata(&hub.transport(), wanted()).await.unwrap();
    assert_eq!(hub.asked(), ["HEAD model.safetensors"]);

    std::fs::remove_file(&files[1]).unwrap();
    let server = Asked::new(|_| reply(503));
    let error = get_safetensors_metadata(&server.transport, wanted()).await.unwrap_err();
    let DownloadError::Unreachable { what, .. } = &error else { panic!("{error:?}") };
    assert!(what.contains("model-00002-of-00003.safetensors"), "{what}");
}

#[tokio::test]
async fn all_heads_in_one_response_are_taken_if_they_are_of_the_same_index() {
    let tensor = |number: usize| json!({format!("t{number}"): {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}});
    let name = |number: usize| format!("model-{number:05}-of-00003.safetensors");
    let heads = |last: &str| {
        let map = json!({"t1": name(1), "t2": name(2), (last): name(3)});
        let headers = json!({name(1): tensor(1), name(2): tensor(2), name(3): tensor(3)});
        json!({"index": {"metadata": {}, "weight_map": map}, "headers": headers})
    };
    let hub = sharded(3).heads(heads("t3"));
    let found = get_safetensors_metadata(&hub.transport(), wanted()).await.unwrap();
    assert_eq!((found.parameter_count["BF16"], found.files_metadata[&name(2)].header_size), (6, None));
    assert!(!hub.asked().iter().any(|line| line.starts_with("GET model-")));
    for odd in [heads("other"), json!({"index": 1}), json!([])] {
        let hub = sharded(3).heads(odd);
        let found = get_safetensors_metadata(&hub.transport(), wanted()).await.unwrap();
        assert!(found.files_metadata[&name(2)].header_size.is_some());
    }
}

#[tokio::test]
async fn one_tensor_is_read_by_its_name() {
    let hub = sharded(2).file("other.safetensors", weights(&[("a", 4, 1), ("b", 8, 2), ("none", 0, 0)], 0));
    let transport = hub.transport();
    let tensor = read_tensor(&transport, wanted(), "t2", None).await.unwrap();
    assert_eq!((tensor.dtype.as_str(), &tensor.shape[..], &tensor.data[..]), ("BF16", &[2][..], &[2; 4][..]));
    assert_eq!((tensor.file.as_str(), tensor.commit.as_str()), ("model-00002-of-00002.safetensors", COMMIT));
    let other = || Some("other.safetensors".parse().unwrap());
    let tensor = read_tensor(&transport, wanted(), "b", other()).await.unwrap();
    assert_eq!(tensor.data, [2; 8]);
    assert!(read_tensor(&transport, wanted(), "none", other()).await.unwrap().data.is_empty());
    for file in [None, other()] {
        let error = read_tensor(&transport, wanted(), "x", file).await.unwrap_err();
        assert!(error.to_string().ends_with("has no tensor \"x\""), "{error}");
    }
}

/// The head of a GGUF file with a long list of tokens, and tensors of Q4_K with so many bytes all together.
fn gguf(tokens: usize, tensors: u64, size_of_each: u64) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let mut head = b"GGUF\x03\0\0\0".to_vec();
    head.extend(tensors.to_le_bytes());
    head.extend(2u64.to_le_bytes());
    head.extend([text("general.name"), 8u32.to_le_bytes().to_vec(), text("demo")].concat());
    head.extend([text("tokenizer.ggml.tokens"), [9u32, 8].map(u32::to_le_bytes).concat()].concat());
    head.extend((tokens as u64).to_le_bytes());
    (0..tokens).for_each(|number| head.extend(text(&format!("token number {number:09}"))));
    for number in 0..tensors {
        head.extend([text(&format!("blk.{number}.weight")), 1u32.to_le_bytes().to_vec()].concat());
        head.extend((size_of_each / 144 * 256).to_le_bytes());
        head.extend(12u32.to_le_bytes());
        head.extend((number * size_of_each).to_le_bytes());
    }
    head
}

#[tokio::test]
async fn the_whole_table_of_a_gguf_of_7_gb_takes_one_request_and_little_more_than_its_head() {
    let each = 144 * 170_000;
    let head = gguf(300_000, 290, each);
    assert!(head.len() > 9_000_000);
    let size = (head.len() as u64).next_multiple_of(32) + 290 * each;
    assert!(size > 7_000_000_000);
    let hub = MemoryHub::default().sparse("big.gguf", head.clone(), size);
    let found = get_gguf_metadata(&hub.transport(), file("big.gguf")).await.unwrap();
    assert_eq!((found.name(), found.tensors.len(), found.size()), (Some("demo"), 290, 290 * each));
    let tokens = found.metadata["tokenizer.ggml.tokens"].as_array().unwrap();
    assert_eq!(tokens.values().unwrap().last().unwrap().as_str(), Some("token number 000299999"));
    assert_eq!(hub.asked(), ["HEAD big.gguf", "GET big.gguf 0-67108863"]);
    assert!(hub.sent() < head.len() as u64 + 200_000, "{} of {}", hub.sent(), head.len());

    let transport = hub.transport();
    let tensor = read_tensor(&transport, wanted(), "blk.0.weight", Some("big.gguf".parse().unwrap()));
    let tensor = tensor.await.unwrap();
    assert_eq!(
        (tensor.dtype.as_str(), &tensor.shape[..], tensor.data.len() as u64),
        ("Q4_K", &[170_000 * 256][..], each)
    );

    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("big.gguf");
    std::fs::write(&place, &head).unwrap();
    std::fs::File::options().append(true).open(&place).unwrap().set_len(size).unwrap();
    assert_eq!(parse_local_gguf_metadata(&place).unwrap(), found);
    std::fs::write(&place, &head[..head.len() - 1]).unwrap();
    assert!(parse_local_gguf_metadata(&place).is_err());
}

#[tokio::test]
async fn weights_are_downloaded_in_order_and_read_here_as_there() {
    let hub = sharded(3).file("notes.txt", &b"x"[..]);
    for target in ["cache", "folder"] {
        let place = tempfile::tempdir().unwrap();
        let target = match target {
            "cache" => Target::Cache(Cache::new(place.path())),
            _ => Target::Folder(place.path().to_owned()),
        };
        let paths =
            download_safetensors(&hub.transport(), SnapshotRequest::new(repo(), target)).await.unwrap();
        let names: Vec<_> = paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(
            names,
            (1..=3).map(|number| format!("model-{number:05}-of-00003.safetensors")).collect::<Vec<_>>()
        );
        let folder = paths[0].parent().unwrap();
        assert!(!folder.join("notes.txt").exists());
        let here = get_local_safetensors_metadata(folder).unwrap();
        let there = get_safetensors_metadata(&hub.transport(), wanted()).await.unwrap();
        assert_eq!(here, there.clone().commit(None::<CommitHash>));
        assert_eq!(
            get_local_safetensors_metadata(folder.join("model.safetensors.index.json")).unwrap(),
            here
        );
        let file = parse_local_safetensors_file_metadata(&paths[1]).unwrap();
        assert_eq!(Some(&file), there.files_metadata.get(names[1]));
        let one = get_local_safetensors_metadata(&paths[1]).unwrap();
        assert_eq!((one.sharded, one.files_metadata.len()), (false, 1));
    }
    let empty = tempfile::tempdir().unwrap();
    let error = get_local_safetensors_metadata(empty.path()).unwrap_err();
    assert!(matches!(error, DownloadError::NotASafetensorsRepo { .. }), "{error}");
}
