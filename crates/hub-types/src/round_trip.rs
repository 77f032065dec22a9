//! What a server sends and this version does not know survives reading and writing, at every depth.

use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{discussion::DiscussionPage, *};

/// The value with one more field in each object.
fn with_unknown(value: &Value, key: &str, unknown: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: serde_json::Map<_, _> = fields
                .iter()
                .map(|(name, field)| (name.clone(), with_unknown(field, key, unknown)))
                .collect();
            fields.insert(key.to_owned(), unknown.clone());
            Value::Object(fields)
        }
        Value::Array(items) => items.iter().map(|item| with_unknown(item, key, unknown)).collect(),
        other => other.clone(),
    }
}

fn assert_survives<T: Serialize + DeserializeOwned>(sent: &Value, what: &str) {
    let read: T =
        serde_json::from_value(sent.clone()).unwrap_or_else(|error| panic!("{what}: {error}: {sent}"));
    assert_eq!(&serde_json::to_value(read).unwrap(), sent, "{what}");
}

fn file() -> Value {
    json!({"rfilename": "w.bin", "size": 5, "blobId": "66", "lfs": {"sha256": "aa", "size": 5, "pointerSize": 130}})
}

fn all_survive(key: &str, unknown: &Value) {
    let sent = |value: Value| with_unknown(&value, key, unknown);
    let date = "2024-05-06T07:08:09.000Z";
    assert_survives::<ModelInfo>(
        &sent(
            json!({"_id": "1", "id": "a/b", "modelId": "a/b", "author": "a", "sha": "11", "lastModified": date,
            "private": false, "gated": "auto", "disabled": false, "downloads": 3, "likes": 2, "tags": ["x"],
            "pipeline_tag": "t", "library_name": "l", "createdAt": date, "cardData": {"license": "mit"},
            "config": {"model_type": "bert"}, "securityStatus": {"scansDone": true}, "siblings": [file()],
            "spaces": ["a/s"], "safetensors": {"total": 1, "parameters": {"F32": 1}},
            "transformersInfo": {"auto_model": "AutoModel"}}),
        ),
        "ModelInfo",
    );
    assert_survives::<DatasetInfo>(
        &sent(
            json!({"id": "a/b", "author": "a", "sha": "11", "lastModified": date, "private": false, "gated": false,
            "description": "d", "citation": "c", "cardData": {"license": "mit"}, "siblings": [file()], "tags": []}),
        ),
        "DatasetInfo",
    );
    assert_survives::<SpaceInfo>(
        &sent(
            json!({"id": "a/b", "author": "a", "sha": "11", "lastModified": date, "private": true, "sdk": "docker",
            "runtime": {"stage": "RUNNING", "hardware": {"current": "cpu-basic", "requested": null}, "storage": null,
                "gcTimeout": 172800, "devMode": false}, "cardData": {"title": "t", "models": ["a/b"]}, "siblings": [file()]}),
        ),
        "SpaceInfo",
    );
    assert_survives::<RepoFile>(&sent(file()), "RepoFile");
    assert_survives::<TreeEntry>(
        &sent(json!({"type": "file", "oid": "66", "size": 5, "path": "w.bin",
            "lfs": {"oid": "aa", "size": 5, "pointerSize": 130},
            "lastCommit": {"id": "11", "title": "t", "date": date}})),
        "TreeEntry",
    );
    let reference = json!({"name": "main", "ref": "refs/heads/main", "targetCommit": "11"});
    assert_survives::<GitRefs>(
        &sent(
            json!({"branches": [reference], "converts": [], "tags": [reference], "pullRequests": [reference]}),
        ),
        "GitRefs",
    );
    assert_survives::<GitCommitInfo>(
        &sent(json!({"id": "11", "title": "t", "message": "m", "authors": [{"user": "a", "avatar": "/x"}],
            "date": date})),
        "GitCommitInfo",
    );
    assert_survives::<Like>(
        &sent(json!({"createdAt": date, "repo": {"name": "a/b", "type": "model"}})),
        "Like",
    );
    assert_survives::<Liker>(&sent(json!({"user": "a", "fullname": "A", "avatarUrl": "/x"})), "Liker");
    let author = json!({"name": "a", "fullname": "A", "type": "user"});
    let discussion = json!({"num": 1, "title": "t", "status": "open", "isPullRequest": false, "createdAt": date,
        "author": author, "repo": {"name": "a/b", "type": "model"}, "pinned": false});
    assert_survives::<Discussion>(&sent(discussion.clone()), "Discussion");
    assert_survives::<DiscussionPage>(
        &sent(json!({"discussions": [discussion], "count": 1, "start": 0})),
        "DiscussionPage",
    );
    let event = |kind: &str, data: Value| json!({"id": "1", "type": kind, "createdAt": date, "author": author, "data": data});
    for (kind, data) in [
        ("status-change", json!({"status": "closed"})),
        ("title-change", json!({"from": "a", "to": "b"})),
        ("commit", json!({"subject": "s", "oid": "11"})),
        ("something-new", json!({"x": 1})),
    ] {
        assert_survives::<DiscussionEvent>(&sent(event(kind, data)), kind);
    }
    assert_survives::<WhoAmI>(
        &sent(json!({"type": "user", "name": "a", "fullname": "A", "email": "a@b",
            "orgs": [{"name": "o", "fullname": "O", "roleInOrg": "admin"}],
            "auth": {"type": "access_token", "accessToken": {"displayName": "laptop", "role": "write"}}})),
        "WhoAmI",
    );
}

#[test]
fn f42_unknown_fields_survive_in_all_that_a_server_describes() {
    for unknown in
        [json!(null), json!(1.5), json!("text"), json!([1, {"deep": []}]), json!({"deep": {"er": true}})]
    {
        all_survive("fieldOfTomorrow", &unknown);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn f42_unknown_fields_of_any_name_survive(key in "x[A-Za-z_\\- é]{0,12}", number: i64, text in ".{0,12}") {
        all_survive(&key, &json!({ "n": number, "t": text }));
    }
}
