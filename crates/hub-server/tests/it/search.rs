//! Searching repositories, tags and metrics, as the server answers.

use http::Method;
use hub_server::{EmbeddedHub, Seed};
use hub_types::{RepoRef, RepoType};
use serde_json::{Value, json};

use crate::support::{
    ADA, BOB, RITA, Received, add_files, builder, call, commit, file_line, get, header_line, hub, ndjson,
    path_of,
};

fn ids(response: &Received) -> Vec<String> {
    let items = response.json();
    items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// The URL of the next page, which must be absolute.
fn next(response: &Received) -> Option<String> {
    let link = response.header("link")?;
    let url = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    Some(path_of(url))
}

#[tokio::test]
async fn pages_follow_each_other_and_keep_the_query() {
    let hub = builder().repo("ada/demo-2").repo("ada/demo-3").repo("ada/other").build().unwrap();
    let mut seen = Vec::new();
    let mut url = Some("/api/models?search=demo&sort=id&direction=1&limit=1".to_owned());
    while let Some(current) = url {
        let response = get(&current).send(&hub).await;
        assert_eq!(response.json().as_array().unwrap().len(), 1);
        seen.extend(ids(&response));
        url = next(&response);
        assert!(url.as_ref().is_none_or(|next| next.contains("search=demo")), "{url:?}");
    }
    assert_eq!(seen, ["ada/demo", "ada/demo-2", "ada/demo-3"]);
}

#[tokio::test]
async fn a_page_that_is_just_full_is_the_last() {
    let hub = hub();
    let response = get("/api/models?limit=2").send(&hub).await;
    assert_eq!((ids(&response).len(), next(&response)), (2, None));
}

#[tokio::test]
async fn members_see_private_repositories_and_others_do_not() {
    let hub = hub();
    for (token, seen) in [(None, false), (Some(BOB), false), (Some(ADA), false), (Some(RITA), true)] {
        let found = ids(&get("/api/models").maybe_token(token).send(&hub).await);
        assert_eq!(found.contains(&"analytical/closed".to_owned()), seen, "{token:?}");
    }
}

#[tokio::test]
async fn items_have_the_fields_of_the_hub() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("README.md", "---\nlicense: mit\n---\n")]).await;
    let keys = |item: &Value| {
        let mut keys: Vec<_> = item.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let plain = get("/api/models?author=ada").send(&hub).await.json();
    let expected = ["_id", "author", "createdAt", "downloads", "id", "likes", "modelId", "private", "tags"];
    assert_eq!(keys(&plain[0]), expected);
    assert_eq!(plain[0]["tags"], json!(["license:mit"]));
    let full = get("/api/datasets?full=True").send(&hub).await.json();
    assert_eq!(full[0]["siblings"], json!([{"rfilename": ".gitattributes"}]));
    assert!(full[0]["sha"].is_string() && full[0]["lastModified"].is_string() && full[0]["gated"] == false);
    let expanded = get("/api/spaces?expand[]=sdk&expand=likes").send(&hub).await.json();
    assert_eq!(keys(&expanded[0]), ["_id", "id", "likes", "sdk"]);
}

#[tokio::test]
async fn what_the_hub_does_not_know_is_refused() {
    let hub = hub();
    for query in [
        "models?sort=beauty",
        "spaces?sort=downloads",
        "models?expand=beauty",
        "models?expand=sha&full=true",
        "models?limit=x",
        "models?cursor=x",
    ] {
        assert_eq!(get(&format!("/api/{query}")).send(&hub).await.status, 400, "{query}");
    }
    for query in ["models?inference=warm", "models?num_parameters=min:1B", "datasets?gated=true"] {
        assert_eq!(get(&format!("/api/{query}")).send(&hub).await.json(), json!([]), "{query}");
    }
}

#[tokio::test]
async fn a_search_is_data_and_never_a_part_of_the_query() {
    let hub = hub();
    for query in ["search=%27%20OR%201=1--", "filter=%22%5D%27", "author=%25", "search=_"] {
        assert_eq!(get(&format!("/api/models?{query}")).send(&hub).await.json(), json!([]), "{query}");
    }
    assert_eq!(ids(&get("/api/models?search=&author=ada").send(&hub).await), ["ada/demo"]);
}

#[tokio::test]
async fn a_card_that_changes_changes_what_is_found_and_a_proposal_does_not() {
    let hub = hub();
    let found = async |tag: &str| ids(&get(&format!("/api/models?filter={tag}")).send(&hub).await).len();
    add_files(&hub, "ada/demo", &[("README.md", "---\ntags: [one]\n---\n")]).await;
    assert_eq!((found("one").await, found("two").await), (1, 0));
    add_files(&hub, "ada/demo", &[("README.md", "---\ntags: [two]\n---\n")]).await;
    assert_eq!((found("one").await, found("two").await), (0, 1));
    let lines = [header_line("Propose"), file_line("README.md", "---\ntags: [three]\n---\n")];
    let proposal = call(Method::POST, "/api/models/ada/demo/commit/main?create_pr=1").body(ndjson(&lines));
    proposal.token(ADA).send(&hub).await.json();
    assert_eq!((found("two").await, found("three").await), (1, 0));
    let gone = json!({"key": "deletedFile", "value": {"path": "README.md"}});
    commit("ada/demo", &[gone]).token(ADA).send(&hub).await.json();
    assert_eq!(found("two").await, 0);
}

#[tokio::test]
async fn a_search_has_few_terms() {
    let hub = hub();
    let many = vec!["search=a"; 51].join("&");
    assert_eq!(get(&format!("/api/models?{many}")).send(&hub).await.status, 400);
    assert_eq!(get(&format!("/api/models?filter={}", "x".repeat(501))).send(&hub).await.status, 400);
    assert_eq!(get(&format!("/api/models?{}", vec!["filter=a"; 50].join("&"))).send(&hub).await.status, 200);
}

#[tokio::test]
async fn tags_come_from_public_cards_unless_the_seed_names_a_file() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("README.md", "---\nlicense: mit\nlibrary_name: candle\n---\n")]).await;
    let tags = get("/api/models-tags-by-type").send(&hub).await.json();
    let has = |group: &str, tag: serde_json::Value| tags[group].as_array().unwrap().contains(&tag);
    assert!(has("license", json!({"id": "license:mit", "label": "mit", "type": "license"})));
    assert!(has("library", json!({"id": "candle", "label": "candle", "type": "library"})));
    assert!(
        has("pipeline_tag", json!({"id": "fill-mask", "label": "Fill-Mask", "type": "pipeline_tag"})),
        "known"
    );
    let only = get("/api/models-tags-by-type?type=license").send(&hub).await.json();
    assert_eq!(only, json!({ "license": tags["license"] }));
    assert_eq!(get("/api/metrics").send(&hub).await.json(), json!([]));

    let folder = tempfile::tempdir().unwrap();
    let metric = json!([{"id": "accuracy", "description": "how often it is right", "citation": null}]);
    let tags = json!({"library": [{"id": "x", "label": "X", "type": "library", "color": "red"}]});
    std::fs::write(folder.path().join("tags.json"), tags.to_string()).unwrap();
    std::fs::write(folder.path().join("metrics.json"), metric.to_string()).unwrap();
    let seed = folder.path().join("seed.toml");
    std::fs::write(&seed, "[tags]\nmodels = \"tags.json\"\nmetrics = \"metrics.json\"\n").unwrap();
    let hub = EmbeddedHub::temporary().seed(Seed::from_file(&seed).unwrap()).build().unwrap();
    assert_eq!(get("/api/models-tags-by-type").send(&hub).await.json(), tags);
    assert_eq!(get("/api/metrics").send(&hub).await.json()[0]["id"], "accuracy");

    std::fs::write(folder.path().join("tags.json"), "[]").unwrap();
    let error = EmbeddedHub::temporary().seed(Seed::from_file(&seed).unwrap()).build().unwrap_err();
    assert!(error.to_string().contains("tags.json"), "{error}");
}

#[tokio::test]
async fn searches_refuse_a_wrong_token() {
    let hub = hub();
    for url in ["/api/models", "/api/datasets", "/api/spaces", "/api/models-tags-by-type", "/api/metrics"] {
        assert_eq!(get(url).token("hf_wrong").send(&hub).await.status, 401, "{url}");
    }
}

#[tokio::test]
async fn a_disabled_repository_is_listed_without_what_is_in_its_files() {
    let hub = hub();
    let card = "---\ntags: [template]\npipeline_tag: fill-mask\ndatasets: [ada/nums]\n---\n";
    add_files(&hub, "ada/demo", &[("README.md", card), ("config.json", r#"{"model_type": "x"}"#)]).await;
    let listed = async |query: &str| get(&format!("/api/models?author=ada{query}")).send(&hub).await.json();
    let everything = "&full=true&cardData=true&config=true";
    assert_eq!(listed(everything).await[0]["config"]["model_type"], "x");
    let demo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    hub.disable(&demo, true).unwrap();
    for query in ["", everything, "&expand=siblings&expand=cardData&expand=tags&expand=usedStorage"] {
        let one = &listed(query).await[0];
        assert_eq!(one["id"], "ada/demo");
        for gone in ["siblings", "cardData", "config", "usedStorage", "pipeline_tag"] {
            assert!(one.get(gone).is_none_or(Value::is_null), "{gone} in {one}");
        }
        assert!(one.get("tags").is_none_or(|tags| *tags == json!([])), "{one}");
        assert_eq!(one.get("disabled").is_some(), query == everything);
    }
    assert_eq!(listed(everything).await[0]["disabled"], true);
    for by_card in ["&filter=template", "&pipeline_tag=fill-mask"] {
        assert_eq!(listed(by_card).await, json!([]), "{by_card}");
    }
    let tags = get("/api/models-tags-by-type").send(&hub).await.json();
    assert!(!tags.to_string().contains("template"), "{tags}");
}

#[tokio::test]
async fn a_disabled_template_is_none() {
    let hub = hub();
    let readme = file_line("README.md", "---\nsdk: static\ntags: [template]\n---\n");
    let commit = call(Method::POST, "/api/spaces/ada/app/commit/main");
    commit.body(ndjson(&[header_line("Card"), readme])).token(ADA).send(&hub).await.json();
    let listed = async || get("/api/spaces/templates").send(&hub).await.json()["templates"].clone();
    assert_eq!(listed().await[0]["repoId"], "ada/app");
    hub.disable(&RepoRef::new(RepoType::Space, "ada/app".parse().unwrap()), true).unwrap();
    assert_eq!(listed().await, json!([]));
    let new = json!({"name": "copy", "type": "space", "sdk": "static", "template": "ada/app"});
    assert_eq!(crate::support::post("/api/repos/create", new).token(BOB).send(&hub).await.status, 400);
}
