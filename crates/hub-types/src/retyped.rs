//! F42: each field of what a server sends, left out, null, or of another shape. A field that may be absent never fails what is
//! around it, and one bad element of a list fails alone.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    discussion::DiscussionPage, error_code::ErrorBody, lfs::BatchResponse, preupload::*, space::*, *,
};

/// A message with all its fields, and the paths without which it cannot be read.
struct Message {
    name: &'static str,
    sample: Value,
    required: &'static [&'static str],
    /// Reads and writes it.
    pass: fn(&str) -> Result<Value, String>,
}

fn pass<T: DeserializeOwned + Serialize>(text: &str) -> Result<Value, String> {
    let read: T = serde_json::from_str(text).map_err(|error| error.to_string())?;
    serde_json::to_value(read).map_err(|error| error.to_string())
}

fn message<T: DeserializeOwned + Serialize>(
    name: &'static str,
    required: &'static [&'static str],
    sample: Value,
) -> Message {
    Message { name, sample, required, pass: pass::<T> }
}

const DATE: &str = "2024-05-06T07:08:09.000Z";

fn messages() -> Vec<Message> {
    let action = json!({"href": "https://s/x?sig=1", "header": {"chunk_size": "5", "00001": "https://s/1"}, "expires_in": 60});
    let author = json!({"name": "ada", "fullname": "Ada"});
    let version = json!({"raw": "a", "html": "<p>", "updatedAt": DATE, "author": author});
    let comment = json!({"id": "1", "type": "comment", "createdAt": DATE, "author": author,
        "data": {"edited": true, "hidden": false, "latest": version, "numEdits": 1, "history": [version]}});
    let discussion = json!({"num": 1, "title": "t", "status": "open", "isPullRequest": true, "createdAt": DATE,
        "author": author, "repo": {"name": "a/b", "type": "model"}, "pinned": true});
    let mut details = discussion.clone();
    details["events"] = json!([comment]);
    details["locked"] = json!(true);
    details["filesWithConflicts"] = json!(["a"]);
    details["changes"] = json!({"base": "main", "mergeCommitId": "1", "headCommitId": "2"});
    details["diff"] = json!("diff");
    let reference = json!({"name": "main", "ref": "refs/heads/main", "targetCommit": "11"});
    let file = json!({"rfilename": "w", "size": 5, "blobId": "66", "lfs": {"sha256": "aa", "size": 5, "pointerSize": 130}});
    let tag = json!({"id": "t", "label": "T", "type": "x", "subType": "y", "clickable": true});
    let repo = json!({"id": "a/b", "author": "a", "sha": "11", "lastModified": DATE, "private": false, "gated": "auto",
        "downloads": 3, "likes": 2, "tags": ["x"], "cardData": {"license": "mit"}, "siblings": [file], "usedStorage": 9});
    vec![
        message::<BatchResponse>(
            "BatchResponse",
            &["/objects"],
            json!({"transfer": "basic", "objects": [
                {"oid": "aa", "size": 5, "authenticated": true, "actions": {"upload": action, "verify": action}},
                {"oid": "bb", "size": 6, "error": {"code": 404, "message": "gone"}},
            ]}),
        ),
        message::<ErrorBody>(
            "ErrorBody",
            &[],
            json!({"error": "no", "error_description": "more", "errors": [{"message": "x"}], "url": "https://h/a/b"}),
        ),
        message::<TreeEntry>(
            "TreeEntry",
            // Another size or object would be another content: the entry fails, and the others of the listing do not.
            &["/type", "/oid", "/path", "/size~", "/lfs~", "/lfs/oid", "/lfs/size"],
            json!({"type": "file", "oid": "66", "size": 5, "path": "w", "lfs": {"oid": "aa", "size": 5, "pointerSize": 130},
                "lastCommit": {"id": "11", "title": "t", "date": DATE}, "xetHash": "x"}),
        ),
        message::<PreuploadResponse>(
            "PreuploadResponse",
            &["/files", "/files/0-", "/files/0/path", "/files/0/uploadMode"],
            json!({"files": [{"path": "a", "uploadMode": "lfs", "shouldIgnore": true, "oid": "66"}], "commitOid": "11"}),
        ),
        message::<commit::CommitResponse>(
            "CommitResponse",
            &["/commitOid", "/commitUrl"],
            json!({"success": true, "commitOid": "11", "commitUrl": "https://h", "hookOutput": "x", "pullRequestUrl": "https://h/1"}),
        ),
        message::<GitCommitInfo>(
            "GitCommitInfo",
            &["/id", "/title", "/date"],
            json!({"id": "11", "title": "t", "message": "m", "authors": [{"user": "a", "avatar": "/x"}], "date": DATE}),
        ),
        message::<WhoAmI>(
            "WhoAmI",
            &["/type", "/name"],
            json!({"type": "user", "name": "a", "fullname": "A", "email": "a@b", "orgs": [{"name": "o", "fullname": "O",
                "roleInOrg": "admin"}], "auth": {"type": "access_token", "accessToken": {"displayName": "l", "role": "write"}}}),
        ),
        message::<GitRefs>(
            "GitRefs",
            // What is not in the list is taken to be gone, so a list that cannot be read whole is none.
            &[
                "/branches",
                "/branches/0-",
                "/branches/0/name",
                "/branches/0/ref",
                "/branches/0/targetCommit",
                "/tags",
                "/tags/0-",
                "/tags/0/name",
                "/tags/0/ref",
                "/tags/0/targetCommit",
            ],
            json!({"branches": [reference], "converts": [reference], "tags": [reference], "pullRequests": [reference]}),
        ),
        message::<Like>(
            "Like",
            &["/repo", "/repo/name", "/repo/type"],
            json!({"createdAt": DATE, "repo": {"name": "a/b", "type": "model"}}),
        ),
        message::<Liker>("Liker", &["/user"], json!({"user": "a", "fullname": "A", "avatarUrl": "/x"})),
        message::<ValidateYamlResponse>(
            "ValidateYamlResponse",
            &[],
            json!({"errors": [{"message": "x"}], "warnings": [{"message": "y"}]}),
        ),
        message::<Discussion>(
            "Discussion",
            &["/num", "/title", "/status", "/isPullRequest", "/createdAt"],
            discussion.clone(),
        ),
        message::<DiscussionPage<Value>>(
            "DiscussionPage",
            &["/discussions", "/count", "/start"],
            json!({"discussions": [discussion], "count": 1, "start": 0}),
        ),
        message::<DiscussionWithDetails>(
            "DiscussionWithDetails",
            &["/num", "/title", "/status", "/isPullRequest", "/createdAt", "/events-"],
            details,
        ),
        message::<DiscussionEvent>("DiscussionEvent", &["/id", "/type", "/createdAt", "/data-"], comment),
        message::<SpaceRuntime>(
            "SpaceRuntime",
            &["/stage"],
            json!({"stage": "RUNNING", "hardware": {"current": "cpu-basic", "requested": "t4-small"}, "storage": "small",
                "gcTimeout": 60, "devMode": true}),
        ),
        message::<SpaceSecret>(
            "SpaceSecret",
            &[],
            json!({"key": "K", "description": "d", "updatedAt": DATE}),
        ),
        message::<SpaceVariable>(
            "SpaceVariable",
            &["/value"],
            json!({"key": "K", "value": "v", "description": "d", "updatedAt": DATE}),
        ),
        message::<SpaceTemplates>(
            "SpaceTemplates",
            &["/templates-"],
            json!({"templates": [{"name": "n", "repoId": "a/b", "sdk": "docker", "preferredPrivate": true}]}),
        ),
        message::<CreateRepoResponse>(
            "CreateRepoResponse",
            &["/url"],
            json!({"url": "https://h/a/b", "name": "a/b", "id": "1"}),
        ),
        message::<TagsByType>("TagsByType", &[], json!({"library": [tag], "license": [tag]})),
        message::<RepoFile>("RepoFile", &["/rfilename"], file.clone()),
        message::<ModelInfo>("ModelInfo", &["/id"], repo.clone()),
        message::<DatasetInfo>("DatasetInfo", &["/id"], repo.clone()),
        message::<SpaceInfo>("SpaceInfo", &["/id"], repo),
    ]
}

/// The paths of all fields and elements.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut step = |name: &str, inner: &Value| {
        let path = format!("{at}/{name}");
        paths(inner, &path, found);
        found.push(path);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| step(name, field)),
        Value::Array(items) => (0..).zip(items).for_each(|(index, item)| step(&i32::to_string(&index), item)),
        _ => {}
    }
}

fn without(sample: &Value, path: &str) -> Value {
    let mut changed = sample.clone();
    let (parent, name) = path.rsplit_once('/').unwrap();
    match changed.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.remove(name)),
        Value::Array(items) => drop(items.remove(name.parse().unwrap())),
        _ => unreachable!("only these have fields"),
    }
    changed
}

fn others() -> [Value; 11] {
    [
        json!(true),
        json!(7),
        json!(-1),
        json!(0.5),
        json!(u64::MAX),
        json!("x"),
        json!(""),
        json!([]),
        json!({}),
        json!([null, 7, "x", {}]),
        json!({"x": [null]}),
    ]
}

/// How a required path fails: always when it is left out, unless it ends in `~` (only another shape fails) or `-` (another
/// shape may be taken too).
fn may_fail(message: &Message, path: &str, absent: bool) -> bool {
    message.required.iter().any(|required| match required.strip_suffix('~') {
        Some(bare) => bare == path && !absent,
        None => required.trim_end_matches('-') == path,
    })
}

#[test]
fn f42_a_field_that_is_absent_null_or_of_another_shape_fails_nothing_around_it() {
    for message in messages() {
        let whole = (message.pass)(&message.sample.to_string()).unwrap();
        let mut all = Vec::new();
        paths(&message.sample, "", &mut all);
        assert!(all.len() >= 3, "{}", message.name);
        for path in all {
            let null = {
                let mut changed = message.sample.clone();
                *changed.pointer_mut(&path).unwrap() = Value::Null;
                changed
            };
            let absent = [without(&message.sample, &path), null].map(|value| (value, true));
            let retyped = others().map(|other| {
                let mut changed = message.sample.clone();
                *changed.pointer_mut(&path).unwrap() = other;
                (changed, false)
            });
            for (changed, is_absent) in absent.into_iter().chain(retyped) {
                let what = format!("{} {path}: {changed}", message.name);
                match (message.pass)(&changed.to_string()) {
                    Err(error) => assert!(may_fail(&message, &path, is_absent), "{what}: {error}"),
                    Ok(read) => {
                        let touched = path.split('/').nth(1).unwrap();
                        for (name, value) in whole.as_object().unwrap() {
                            assert!(
                                name == touched || read.get(name) == Some(value),
                                "{what}: {name} is lost"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn f42_what_cannot_be_left_out_is_missed() {
    for message in messages() {
        for path in message.required.iter().filter(|path| !path.ends_with(['~', '-'])) {
            let read = (message.pass)(&without(&message.sample, path).to_string());
            assert!(read.is_err(), "{} without {path}: {read:?}", message.name);
        }
    }
}

#[test]
fn f42_one_bad_object_of_a_batch_fails_alone_and_never_counts_as_uploaded() {
    let good =
        json!({"oid": "aa", "size": 5, "actions": {"upload": {"href": "https://s/x", "header": null}}});
    for bad in [
        json!({"oid": "bb", "size": "big"}),
        json!({"oid": "bb"}),
        json!({"oid": "bb", "size": 5, "actions": "upload it"}),
        json!({"oid": "bb", "size": 5, "actions": {"upload": {"href": null}}}),
        json!({"oid": "bb", "size": 5, "actions": {"upload": "https://s/x?sig=secret"}}),
        json!({"oid": "bb", "size": 5, "actions": {"upload": {"href": "https://s"}, "verify": 7}}),
        json!({"oid": "bb", "size": 5, "error": "gone"}),
        json!({"oid": "bb", "size": 5, "error": {}}),
        json!({"oid": "bb", "size": 5, "error": {"code": "gone", "message": 7}}),
    ] {
        let text = json!({"objects": [good, bad, null, 7, {"size": 5}]}).to_string();
        let batch: BatchResponse = serde_json::from_str(&text).unwrap();
        let [one, other] = batch.objects.as_slice() else { panic!("{bad}: {batch:?}") };
        assert!(one.error.is_none() && one.actions.as_ref().unwrap().upload.is_some());
        let error = other.error.as_ref().unwrap_or_else(|| panic!("{bad} counts as uploaded"));
        assert!(
            other.oid == "bb" && !error.message.is_empty() && !error.message.contains("secret"),
            "{error:?}"
        );
    }
}

#[test]
fn f42_headers_of_an_upload_are_read_however_they_are_written() {
    let action: lfs::Action = serde_json::from_value(json!({
        "href": "https://s/x", "header": {"chunk_size": 5, "1": "https://s/1", "2": "https://s/2", "X-Store": true, "none": null},
        "expires_in": "soon",
    }))
    .unwrap();
    assert_eq!(action.multipart(10).unwrap().unwrap().chunk_size, 5);
    assert_eq!((action.header["X-Store"].as_str(), action.header.get("none")), ("true", None));
    assert_eq!(action.expires_in, None);
    for chunk_size in [json!({}), json!([5]), json!("five"), json!(-5), json!(0)] {
        let action: lfs::Action =
            serde_json::from_value(json!({"href": "https://s/x", "header": {"chunk_size": chunk_size}}))
                .unwrap();
        assert!(action.multipart(10).is_err(), "{chunk_size}: nothing is sent to the wrong place");
    }
}
