//! Info, tree, paths-info, refs and commits.

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    ADA, add_files, call, commit, get, header_line, hub, lfs_line, ndjson, path_of, post, sha256, tip, upload,
};

/// The URL in a `Link` header, with its relation checked.
fn next(link: &str) -> String {
    let url = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    path_of(url)
}

async fn pages(hub: &hub_server::EmbeddedHub, first: &str) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut uri = Some(first.to_owned());
    while let Some(at) = uri {
        let response = get(&at).send(hub).await;
        pages.push(response.json().as_array().unwrap().clone());
        uri = response.header("link").map(next);
        assert!(pages.len() < 50, "the pages do not end");
    }
    pages
}

#[tokio::test]
async fn info_has_the_fields_that_clients_read() {
    let hub = hub();
    let readme =
        "---\nlicense: mit\npipeline_tag: text-generation\nlibrary_name: x\ntags: [small]\n---\n# Demo\n";
    let sha = add_files(&hub, "ada/demo", &[("README.md", readme), ("b/c.txt", "c")]).await;
    let info = get("/api/models/ada/demo").send(&hub).await.json();
    let expected = json!({
        "id": "ada/demo", "modelId": "ada/demo", "author": "ada", "sha": sha, "private": false, "disabled": false,
        "gated": false, "likes": 0, "downloads": 0, "pipeline_tag": "text-generation", "library_name": "x",
        "tags": ["x", "text-generation", "small", "license:mit"],
        "siblings": [{"rfilename": ".gitattributes"}, {"rfilename": "README.md"}, {"rfilename": "b/c.txt"}],
        "cardData": {"license": "mit", "pipeline_tag": "text-generation", "library_name": "x", "tags": ["small"]},
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&info[name], value, "{name}");
    }
    for name in ["lastModified", "createdAt"] {
        let time = info[name].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{name}: {time}");
    }
    assert_eq!(get("/api/models/ADA/Demo?securityStatus=true").send(&hub).await.json()["id"], "ada/demo");
    let space = get("/api/spaces/ada/app").send(&hub).await.json();
    assert_eq!((&space["sdk"], &space["id"]), (&json!("static"), &json!("ada/app")));
}

#[tokio::test]
async fn info_of_a_model_has_its_security_status_under_both_names_when_asked() {
    let hub = hub();
    let info = get("/api/models/ada/demo?securityStatus=true").send(&hub).await.json();
    assert_eq!(info["securityRepoStatus"], json!({"scansDone": false, "filesWithIssues": []}));
    assert_eq!(info["securityStatus"], json!({"containsInfected": false}));
    let plain = get("/api/models/ada/demo").send(&hub).await.json();
    assert!(plain.get("securityRepoStatus").is_none() && plain.get("securityStatus").is_none(), "{plain}");
}

#[tokio::test]
async fn info_at_a_revision_is_of_that_revision() {
    let hub = hub();
    let first = tip(&hub, "ada/demo").await;
    let second = add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    for (revision, sha, files) in [
        (first.as_str(), &first, 1),
        (&first[..7], &first, 1),
        ("main", &second, 2),
        ("HEAD", &second, 2),
        ("refs%2Fheads%2Fmain", &second, 2),
    ] {
        let info = get(&format!("/api/models/ada/demo/revision/{revision}")).send(&hub).await.json();
        assert_eq!(
            (&info["sha"], info["siblings"].as_array().unwrap().len()),
            (&json!(sha), files),
            "{revision}"
        );
    }
}

#[tokio::test]
async fn blobs_adds_exact_sizes_and_ids() {
    let hub = hub();
    let weights = vec![7_u8; 1000];
    upload(&hub, "ada/demo", &weights).await;
    commit("ada/demo", &[lfs_line("w.bin", &weights)]).token(ADA).send(&hub).await.json();
    add_files(&hub, "ada/demo", &[("a.txt", "hello")]).await;
    let info = get("/api/models/ada/demo?blobs=True").send(&hub).await.json();
    let sibling = |name: &str| {
        info["siblings"].as_array().unwrap().iter().find(|s| s["rfilename"] == name).unwrap().clone()
    };
    // git hash-object of "hello"
    let expected =
        json!({"rfilename": "a.txt", "size": 5, "blobId": "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"});
    assert_eq!(sibling("a.txt"), expected);
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 1000\n", sha256(&weights));
    let lfs = json!({"sha256": sha256(&weights), "size": 1000, "pointerSize": pointer.len()});
    assert_eq!((&sibling("w.bin")["lfs"], &sibling("w.bin")["size"]), (&lfs, &json!(1000)));
    let entries =
        post("/api/models/ada/demo/paths-info/main", json!({"paths": ["w.bin"]})).send(&hub).await.json();
    assert_eq!(entries[0]["oid"], sibling("w.bin")["blobId"]);
    assert_eq!(
        entries[0]["lfs"],
        json!({"oid": sha256(&weights), "size": 1000, "pointerSize": pointer.len()})
    );
}

#[tokio::test]
async fn expand_gives_only_what_it_names_and_refuses_what_it_does_not_know() {
    let hub = hub();
    let info = get("/api/models/ada/demo?expand=sha&expand[]=likes").send(&hub).await.json();
    let mut names: Vec<_> = info.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["_id", "id", "likes", "modelId", "sha"]);
    for (uri, status) in [
        ("/api/models/ada/demo?expand=nonsense", 400),
        ("/api/models/ada/demo?expand=citation", 400),
        ("/api/datasets/ada/nums?expand=citation", 200),
        ("/api/spaces/ada/app?expand=runtime", 200),
    ] {
        assert_eq!(get(uri).send(&hub).await.status, status, "{uri}");
    }
}

#[tokio::test]
async fn a_tree_lists_a_folder_or_everything_below_it() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "a"), ("d/e/f.txt", "f"), ("d/g.txt", "gg")]).await;
    let paths = async |uri: &str| {
        let entries = get(uri).send(&hub).await.json();
        let path = |entry: &Value| {
            format!("{}:{}", entry["type"].as_str().unwrap(), entry["path"].as_str().unwrap())
        };
        entries.as_array().unwrap().iter().map(path).collect::<Vec<_>>()
    };
    let base = "/api/models/ada/demo/tree/main";
    assert_eq!(paths(base).await, ["file:.gitattributes", "file:a.txt", "directory:d"]);
    assert_eq!(paths(&format!("{base}/d")).await, ["directory:d/e", "file:d/g.txt"]);
    assert_eq!(
        paths(&format!("{base}/d?recursive=True")).await,
        ["directory:d/e", "file:d/e/f.txt", "file:d/g.txt"]
    );
    assert_eq!(paths(&format!("{base}/d%2Fe")).await, ["file:d/e/f.txt"]);
    let file = get(&format!("{base}/a.txt")).send(&hub).await;
    assert_eq!(file.header("x-error-code"), Some("EntryNotFound"));
}

#[tokio::test]
async fn expand_adds_the_commit_that_last_changed_an_entry() {
    let hub = hub();
    let first = add_files(&hub, "ada/demo", &[("a.txt", "a"), ("b.txt", "b")]).await;
    let second = add_files(&hub, "ada/demo", &[("b.txt", "bb")]).await;
    let entries = get("/api/models/ada/demo/tree/main?expand=true").send(&hub).await.json();
    let last = |path: &str| {
        entries.as_array().unwrap().iter().find(|e| e["path"] == path).unwrap()["lastCommit"]["id"].clone()
    };
    assert_eq!((last("a.txt"), last("b.txt")), (json!(first), json!(second)));
    let security = &entries[0]["securityFileStatus"];
    assert!(security["avScan"].is_object() && security["pickleImportScan"].is_object(), "{security}");
}

#[tokio::test]
async fn the_pages_of_a_tree_come_from_one_commit() {
    let hub = hub();
    let names: Vec<String> = (0..7).map(|n| format!("f{n}.txt")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    add_files(&hub, "ada/demo", &files).await;
    let first = get("/api/models/ada/demo/tree/main?limit=3&recursive=true").send(&hub).await;
    let link = next(first.header("link").unwrap());
    assert!(link.contains("recursive=true") && link.contains("limit=3"), "{link}");
    // The branch moves on between two pages.
    add_files(&hub, "ada/demo", &[("aaa.txt", "x")]).await;
    let mut found = first.json().as_array().unwrap().clone();
    found.extend(pages(&hub, &link).await.concat());
    let paths: Vec<_> = found.iter().map(|entry| entry["path"].as_str().unwrap()).collect();
    let mut expected = vec![".gitattributes"];
    expected.extend(names.iter().map(String::as_str));
    assert_eq!(paths, expected);
    assert_eq!(get("/api/models/ada/demo/tree/main?cursor=xyz").send(&hub).await.status, 400);
    assert_eq!(get("/api/models/ada/demo/tree/main?limit=many").send(&hub).await.status, 400);
}

#[tokio::test]
async fn paths_info_takes_json_and_forms_and_leaves_unknown_paths_out() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "a"), ("d/g.txt", "gg")]).await;
    let uri = "/api/models/ada/demo/paths-info/main";
    let json = post(uri, json!({"paths": ["d/", "none", "a.txt"], "expand": true})).send(&hub).await.json();
    let form = call(Method::POST, uri)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("paths=d&paths=none&paths=a.txt&expand=True");
    assert_eq!(form.send(&hub).await.json(), json);
    let mut paths: Vec<_> = json.as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["a.txt", "d"]);
    assert!(json[0]["lastCommit"]["id"].is_string());
    for (body, status) in [
        (json!({"paths": []}), 400),
        (json!({"paths": [""]}), 400),
        (json!({"paths": vec!["x"; 2001]}), 413),
        (json!({"paths": ["../x", "/", "a//b"]}), 200),
    ] {
        assert_eq!(post(uri, body.clone()).send(&hub).await.status, status, "{body}");
    }
}

#[tokio::test]
async fn refs_has_three_lists_always_and_pull_requests_when_asked() {
    let hub = hub();
    let sha = tip(&hub, "ada/demo").await;
    let refs = get("/api/models/ada/demo/refs").send(&hub).await.json();
    let main = json!({"name": "main", "ref": "refs/heads/main", "targetCommit": sha});
    assert_eq!(refs, json!({"branches": [main], "converts": [], "tags": []}));
    let pr =
        call(Method::POST, "/api/models/ada/demo/commit/main?create_pr=1").body(ndjson(&[header_line("PR")]));
    let oid = pr.token(ADA).send(&hub).await.json()["commitOid"].clone();
    let refs = get("/api/models/ada/demo/refs?include_prs=1").send(&hub).await.json();
    assert_eq!(refs["pullRequests"], json!([{"name": "1", "ref": "refs/pr/1", "targetCommit": oid}]));
}

#[tokio::test]
async fn commits_are_listed_newest_first_page_by_page() {
    let hub = hub();
    for n in 0..4 {
        let lines = [
            json!({"key": "header", "value": {"summary": format!("c{n}"), "description": "why"}}),
            crate::support::file_line("a.txt", &n.to_string()),
        ];
        let uri = "/api/models/ada/demo/commit/main";
        call(Method::POST, uri).token(ADA).body(ndjson(&lines)).send(&hub).await.json();
    }
    let first = get("/api/models/ada/demo/commits/main?limit=2").send(&hub).await;
    assert_eq!(first.header("x-total-count"), Some("5"));
    let pages = pages(&hub, "/api/models/ada/demo/commits/main?limit=2").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    let titles: Vec<_> = pages.concat().iter().map(|c| c["title"].as_str().unwrap().to_owned()).collect();
    assert_eq!(titles, ["c3", "c2", "c1", "c0", "initial commit"]);
    let newest = &pages[0][0];
    assert_eq!((&newest["message"], &newest["authors"][0]["user"]), (&json!("why"), &json!("ada")));
    let formatted =
        get("/api/models/ada/demo/commits/main?limit=1&expand[]=formatted").send(&hub).await.json();
    assert_eq!(formatted[0]["formatted"]["title"], "c3");
}
