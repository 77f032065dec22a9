//! Git LFS: batch answers, uploads that are checked, downloads by signed URLs.

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    ADA, ADA_READS, BOB, batch, builder, call, commit, get, head, hub, lfs_line, path_of, post, sha256,
    upload,
};

fn href(action: &Value) -> String {
    path_of(action["href"].as_str().unwrap())
}

fn changed(href: &str, from: &str, to: &str) -> String {
    assert!(href.contains(from), "{href}");
    href.replacen(from, to, 1)
}

#[tokio::test]
async fn an_upload_is_asked_for_sent_verified_and_then_known() {
    let hub = hub();
    let content = b"some weights".to_vec();
    let object = batch(&hub, ADA, "ada/demo", "upload", &content).await;
    let upload = &object["actions"]["upload"];
    assert!(upload["header"].get("chunk_size").is_none());
    assert!(upload["href"].as_str().unwrap().starts_with("http://localhost/ada/demo.git/info/lfs/objects/"));
    let put = call(Method::PUT, &href(upload)).body(content.clone()).send(&hub).await;
    assert_eq!(put.status, 200);
    let verify = href(&object["actions"]["verify"]);
    let body = json!({"oid": sha256(&content), "size": content.len()});
    assert_eq!(post(&verify, body.clone()).send(&hub).await.status, 200);
    let again = batch(&hub, ADA, "ada/demo", "upload", &content).await;
    assert_eq!(again, body, "no actions, not even an empty object");
}

#[tokio::test]
async fn the_batch_answers_in_the_media_type_of_git_lfs_for_every_kind() {
    let hub = hub();
    for repo in ["ada/demo", "datasets/ada/nums", "spaces/ada/app"] {
        for suffix in [".git", ""] {
            let body = json!({"operation": "upload", "objects": [{"oid": sha256(b"x"), "size": 1}]});
            let response =
                post(&format!("/{repo}{suffix}/info/lfs/objects/batch"), body).token(ADA).send(&hub).await;
            assert_eq!(response.header("content-type"), Some("application/vnd.git-lfs+json"));
            assert_eq!(response.json()["transfer"], "basic");
        }
    }
}

#[tokio::test]
async fn content_that_is_not_what_was_announced_is_never_kept() {
    let hub = hub();
    let content = b"announced".to_vec();
    let object = batch(&hub, ADA, "ada/demo", "upload", &content).await;
    let href = href(&object["actions"]["upload"]);
    for wrong in [b"annOunced".to_vec(), b"announce".to_vec(), b"announced!".to_vec(), Vec::new()] {
        let response = call(Method::PUT, &href).body(wrong).send(&hub).await;
        assert_eq!(response.status, 422, "{response:?}");
        let object = batch(&hub, ADA, "ada/demo", "upload", &content).await;
        assert!(object["actions"]["upload"].is_object());
        assert_eq!(commit("ada/demo", &[lfs_line("w", &content)]).token(ADA).send(&hub).await.status, 400);
    }
    let short = call(Method::PUT, &href).header("content-length", "3").body(content.clone()).send(&hub).await;
    assert_eq!(short.status, 422, "the length in the header is another");
    assert_eq!(call(Method::PUT, &href).body(content).send(&hub).await.status, 200);
}

#[tokio::test]
async fn an_object_of_another_repository_must_be_uploaded_again() {
    let hub = hub();
    let content = b"shared".to_vec();
    upload(&hub, "ada/demo", &content).await;
    let object = batch(&hub, ADA, "datasets/ada/nums", "upload", &content).await;
    assert!(object["actions"]["upload"].is_object());
    let object = batch(&hub, ADA, "datasets/ada/nums", "download", &content).await;
    assert_eq!((&object["error"]["code"], object.get("actions")), (&json!(404), None));
}

#[tokio::test]
async fn batch_refuses_objects_one_by_one_and_nonsense_whole() {
    let hub = hub();
    let content = b"known".to_vec();
    upload(&hub, "ada/demo", &content).await;
    let ask =
        async |body: Value| post("/ada/demo.git/info/lfs/objects/batch", body).token(ADA).send(&hub).await;
    let objects = json!([{"oid": "XY", "size": 1}, {"oid": sha256(&content), "size": 999}, {"oid": sha256(b"new"), "size": 3}]);
    let response =
        ask(json!({"operation": "upload", "hash_algo": "sha_256", "objects": objects})).await.json();
    let errors: Vec<_> =
        response["objects"].as_array().unwrap().iter().map(|o| o["error"]["code"].clone()).collect();
    assert_eq!(errors, [json!(422), json!(422), json!(null)]);
    for (body, status) in [
        (json!({"operation": "upload", "objects": [{"oid": sha256(b"x"), "size": -1}]}), 400),
        (json!({"operation": "remove", "objects": []}), 400),
        (json!({"operation": "upload", "hash_algo": "sha512", "objects": []}), 422),
        (json!({"operation": "upload", "objects": vec![json!({"oid": "x", "size": 1}); 1001]}), 413),
    ] {
        assert_eq!(ask(body.clone()).await.status, status, "{body}");
    }
}

#[tokio::test]
async fn those_who_see_a_repository_download_and_signed_in_writers_upload() {
    let hub = hub();
    let content = b"known".to_vec();
    upload(&hub, "ada/demo", &content).await;
    let ask = |operation: &str, token: Option<&str>| {
        let body =
            json!({"operation": operation, "objects": [{"oid": sha256(&content), "size": content.len()}]});
        post("/ada/demo.git/info/lfs/objects/batch", body).maybe_token(token)
    };
    for (operation, token, status) in [
        ("download", None, 200),
        ("download", Some(ADA_READS), 200),
        ("upload", None, 401),
        ("upload", Some(ADA_READS), 403),
        ("upload", Some(BOB), 200),
        ("upload", Some(ADA), 200),
    ] {
        let response = ask(operation, token).send(&hub).await;
        assert_eq!(response.status, status, "{operation} {token:?}");
        assert_eq!(response.header("lfs-authenticate").is_some(), status == 401);
    }
}

#[tokio::test]
async fn a_download_url_needs_no_token_and_serves_ranges() {
    let hub = hub();
    let content: Vec<u8> = (0..600_000_u32).map(|n| n as u8).collect();
    upload(&hub, "ada/demo", &content).await;
    let object = batch(&hub, ADA, "ada/demo", "download", &content).await;
    let href = href(&object["actions"]["download"]);
    let whole = get(&href).send(&hub).await;
    assert_eq!((whole.status.as_u16(), whole.body == content), (200, true));
    assert_eq!(whole.header("etag"), Some(format!("\"{}\"", sha256(&content)).as_str()));
    assert_eq!(whole.header("content-length"), Some("600000"));
    let part = get(&href).header("range", "bytes=599990-").send(&hub).await;
    assert_eq!(
        (part.status.as_u16(), part.header("content-range")),
        (206, Some("bytes 599990-599999/600000"))
    );
    assert_eq!(&part.body[..], &content[599_990..]);
    let headers = head(&href).send(&hub).await;
    assert_eq!((headers.header("content-length"), headers.body.len()), (Some("600000"), 0));
    let after = get(&href).header("range", "bytes=600000-").send(&hub).await;
    assert_eq!((after.status.as_u16(), after.header("content-range")), (416, Some("bytes */600000")));
}

#[tokio::test]
async fn a_url_is_good_for_nothing_but_what_it_was_signed_for() {
    let hub = hub();
    let content = b"signed".to_vec();
    let object = batch(&hub, ADA, "ada/demo", "upload", &content).await;
    let upload_to = href(&object["actions"]["upload"]);
    let other = sha256(b"other");
    let wrong = [
        (Method::GET, upload_to.clone()),
        (Method::PUT, changed(&upload_to, "/ada/demo.git/", "/datasets/ada/nums.git/")),
        (Method::PUT, changed(&upload_to, &sha256(&content), &other)),
        (Method::PUT, changed(&upload_to, "size=6", "size=7")),
        (Method::PUT, changed(&upload_to, "expires=", "expires=9")),
        (Method::PUT, changed(&upload_to, "signature=", "signature=0")),
        (Method::PUT, upload_to.split('?').next().unwrap().to_owned()),
        (Method::PUT, changed(&upload_to, "?", "/1?")),
    ];
    for (method, uri) in wrong {
        let response = call(method, &uri).token(ADA).body(content.clone()).send(&hub).await;
        assert_eq!(response.status, 403, "{uri}");
    }
    let deleted = json!({"name": "demo", "organization": "ada"});
    call(Method::DELETE, "/api/repos/delete").token(ADA).body(deleted.to_string()).send(&hub).await;
    post("/api/repos/create", json!({"name": "demo", "organization": "ada"}))
        .token(ADA)
        .send(&hub)
        .await
        .json();
    let response = call(Method::PUT, &upload_to).body(content).send(&hub).await;
    assert_eq!(response.status, 403, "a new repository of the same name");
}

#[tokio::test]
async fn a_large_object_goes_in_parts_when_the_client_knows_how() {
    let hub = builder().build().unwrap();
    let body = json!({"name": "parts", "lfsmultipartthresh": 10});
    post("/api/repos/create", body).token(ADA).send(&hub).await.json();
    let content = b"0123456789abcdefghijKLMNO".to_vec();
    let object = batch(&hub, ADA, "ada/parts", "upload", &content).await;
    let header = object["actions"]["upload"]["header"].as_object().unwrap().clone();
    assert_eq!((&header["chunk_size"], header.len()), (&json!("10"), 4));

    let only_basic =
        json!({"operation": "upload", "objects": [{"oid": sha256(&content), "size": content.len()}]});
    let response =
        post("/ada/parts.git/info/lfs/objects/batch", only_basic).token(ADA).send(&hub).await.json();
    assert_eq!(response["transfer"], "basic");
    assert!(response["objects"][0]["actions"]["upload"]["header"].get("chunk_size").is_none());

    let mut parts = Vec::new();
    for (number, chunk) in content.chunks(10).enumerate() {
        let url = path_of(header[&(number + 1).to_string()].as_str().unwrap());
        let response = call(Method::PUT, &url).body(chunk.to_vec()).send(&hub).await;
        let etag = response.header("etag").unwrap().to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
        parts.push(json!({"partNumber": number + 1, "etag": etag}));
    }
    let complete = href(&object["actions"]["upload"]);
    let done = json!({"oid": sha256(&content), "parts": parts});
    let missing = json!({"oid": sha256(&content), "parts": &parts[..2]});
    assert_eq!(post(&complete, missing).send(&hub).await.status, 422);
    let other = json!({"oid": sha256(b"other"), "parts": parts});
    assert_eq!(post(&complete, other).send(&hub).await.status, 422);
    assert_eq!(post(&complete, done.clone()).send(&hub).await.status, 200);
    assert_eq!(post(&complete, done).send(&hub).await.status, 200, "the response may have been lost");
    assert!(batch(&hub, ADA, "ada/parts", "upload", &content).await.get("actions").is_none());
    let object = batch(&hub, ADA, "ada/parts", "download", &content).await;
    assert_eq!(get(&href(&object["actions"]["download"])).send(&hub).await.body, content);
}

#[tokio::test]
async fn parts_that_make_another_content_are_refused_and_not_kept() {
    let hub = hub();
    let body = json!({"name": "parts", "lfsmultipartthresh": 10});
    post("/api/repos/create", body).token(ADA).send(&hub).await.json();
    let content = b"0123456789abcde".to_vec();
    let object = batch(&hub, ADA, "ada/parts", "upload", &content).await;
    let header = &object["actions"]["upload"]["header"];
    let mut parts = Vec::new();
    for (number, chunk) in ["1", "2"].into_iter().zip([b"0123456789".as_slice(), b"abcdX"]) {
        let url = path_of(header[number].as_str().unwrap());
        let response = call(Method::PUT, &url).body(chunk).send(&hub).await;
        parts.push(
            json!({"partNumber": number.parse::<u32>().unwrap(), "etag": response.header("etag").unwrap()}),
        );
    }
    let done = json!({"oid": sha256(&content), "parts": parts});
    assert_eq!(post(&href(&object["actions"]["upload"]), done).send(&hub).await.status, 422);
    assert!(batch(&hub, ADA, "ada/parts", "upload", &content).await["actions"].is_object());
}
