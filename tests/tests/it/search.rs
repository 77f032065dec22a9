//! Searching repositories, tags and metrics.

use futures_util::StreamExt;
use hub_api::{DatasetFilter, ErrorKind, HfApi, ModelFilter, RepoType};
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ADA, ada, bob, client_of, hub};

/// Models `ada/a`, `ada/b` and `bob/c` with cards, besides `ada/demo` without one.
async fn library() -> EmbeddedHub {
    let hub = hub();
    let cards = [
        (ada(&hub), "ada/a", "license: mit\nlibrary_name: candle\nlanguage: [en, fr]\nco2_eq_emissions: 5"),
        (ada(&hub), "ada/b", "license: mit\npipeline_tag: fill-mask\ndatasets: ada/nums\nlanguage: en"),
        (bob(&hub), "bob/c", "license: apache-2.0\ntags: [candle]\nco2_eq_emissions: {emissions: 50 g}"),
    ];
    for (api, id, card) in cards {
        api.create_repo(id).await.unwrap();
        add_card(&api, id, RepoType::Model, card).await;
    }
    hub
}

async fn add_card(api: &HfApi, id: &str, repo_type: RepoType, card: &str) {
    let readme = format!("---\n{card}\n---\n# A card\n").into_bytes();
    api.upload_file(readme, "README.md", id).repo_type(repo_type).await.unwrap();
}

macro_rules! ids {
    ($listing:expr) => {{
        let mut ids: Vec<_> = $listing.all().await.unwrap().into_iter().map(|info| info.id).collect();
        ids.sort();
        ids
    }};
}

#[tokio::test]
async fn models_are_found_by_everything_that_their_cards_say() {
    let hub = library().await;
    let api = client_of(&hub).build().unwrap();
    assert_eq!(ids!(api.list_models()), ["ada/a", "ada/b", "ada/demo", "bob/c"]);
    assert_eq!(ids!(api.list_models().filter("license:mit")), ["ada/a", "ada/b"]);
    assert_eq!(ids!(api.list_models().filter(["license:mit", "fr"])), ["ada/a"]);
    assert_eq!(ids!(api.list_models().filter(["candle", "fill-mask"])), [""; 0]);
    assert_eq!(ids!(api.list_models().filter("candle").author("BOB")), ["bob/c"]);
    assert_eq!(ids!(api.list_models().search("DEM")), ["ada/demo"]);
    assert_eq!(ids!(api.list_models().pipeline_tag("fill-mask")), ["ada/b"]);
    assert_eq!(ids!(api.list_models().gated(true)), [""; 0]);
    let filter = ModelFilter::new().author("ada").trained_dataset("ada/nums").language("en");
    assert_eq!(ids!(api.list_models().filter(filter)), ["ada/b"]);
}

#[tokio::test]
async fn emissions_are_compared_here() {
    let hub = library().await;
    let api = ada(&hub);
    assert_eq!(ids!(api.list_models().emissions_thresholds(1.0, 10.0)), ["ada/a"]);
    assert_eq!(ids!(api.list_models().emissions_thresholds(10.0, None)), ["bob/c"]);
    let error = api.list_models().emissions_thresholds(None, None).all().await.unwrap_err();
    assert!(error.is_invalid_input());
}

#[tokio::test]
async fn datasets_are_found_by_prefixed_tags() {
    let hub = hub();
    let api = ada(&hub);
    api.create_repo("ada/nums").repo_type(RepoType::Dataset).await.unwrap();
    api.create_repo("ada/words").repo_type(RepoType::Dataset).await.unwrap();
    let card = "language: fr\ntask_ids: parsing\nsize_categories: [1K<n<10K]";
    add_card(&api, "ada/words", RepoType::Dataset, card).await;
    let filter = DatasetFilter::new().language("fr").task_ids("task_ids:parsing");
    assert_eq!(ids!(api.list_datasets().filter(filter)), ["ada/words"]);
    assert_eq!(ids!(api.list_datasets().filter("size_categories:1K<n<10K")), ["ada/words"]);
    assert_eq!(ids!(api.list_datasets().search("nums")), ["ada/nums"]);
    let full = api.list_datasets().search("words").full(true).all().await.unwrap();
    assert_eq!(full[0].card_data.as_ref().unwrap().language, Some("fr".into()));
    assert_eq!(full[0].siblings.as_ref().unwrap().len(), 2);
}

#[tokio::test]
async fn spaces_are_found_by_what_they_use() {
    let hub = hub();
    let api = ada(&hub);
    for (id, card) in [
        ("ada/plain", "sdk: static"),
        ("ada/shows", "sdk: static\nmodels: [ada/demo]"),
        ("ada/reads", "sdk: static\ndatasets: [ada/nums]"),
    ] {
        api.create_repo(id).repo_type(RepoType::Space).space_sdk("static").await.unwrap();
        add_card(&api, id, RepoType::Space, card).await;
    }
    assert_eq!(ids!(api.list_spaces().linked(true)), ["ada/reads", "ada/shows"]);
    assert_eq!(ids!(api.list_spaces().models(["ada/demo"])), ["ada/shows"]);
    assert_eq!(ids!(api.list_spaces().datasets(["ada/nums"])), ["ada/reads"]);
    let shown = api.list_spaces().search("shows").all().await.unwrap().remove(0);
    let tags = Some(vec!["static".to_owned()]);
    assert_eq!((shown.sdk.as_deref(), shown.tags), (Some("static"), tags), "the model is not shown");
}

#[tokio::test]
async fn the_limit_is_what_is_asked_for_and_what_is_returned() {
    let hub = library().await;
    let api = ada(&hub);
    assert_eq!(api.list_models().limit(2).all().await.unwrap().len(), 2);
    hub.fault(Fault::status(500).on("GET").path("/api/models").times(1));
    assert_eq!(api.list_models().limit(0).all().await.unwrap(), []);
    let mut models = Box::pin(api.list_models().sort("id").direction(1).stream());
    assert_eq!(models.next().await.unwrap().unwrap().id, "ada/a");
}

#[tokio::test]
async fn items_have_the_fields_that_were_asked_for() {
    let hub = library().await;
    let api = ada(&hub);
    let folder = hub_tests::folder_with(&[("config.json", br#"{"model_type": "bert", "hidden_size": 1}"#)]);
    let commit = api.upload_folder("ada/b", folder.path()).await.unwrap();
    let only = |listing: hub_api::api::search::ListModelsListing| async move {
        listing.search("ada/b").all().await.unwrap().remove(0)
    };
    let plain = only(api.list_models()).await;
    assert_eq!((plain.pipeline_tag.as_deref(), plain.private), (Some("fill-mask"), Some(false)));
    assert_eq!((plain.sha, plain.siblings, plain.card_data, plain.config), (None, None, None, None));
    let full = only(api.list_models().full(true).card_data(true).fetch_config(true)).await;
    assert_eq!(full.sha.as_deref(), Some(commit.oid.as_str()));
    assert_eq!(full.siblings.unwrap().len(), 3);
    assert_eq!(full.card_data.unwrap().license, Some("mit".into()));
    assert_eq!(full.config.unwrap(), serde_json::json!({"model_type": "bert"}));
    let expanded = only(api.list_models().expand(["lastModified", "usedStorage"])).await;
    assert!(expanded.last_modified.is_some() && expanded.used_storage > Some(0) && expanded.tags.is_none());
}

#[tokio::test]
async fn sorting_takes_both_spellings() {
    let hub = library().await;
    let api = ada(&hub);
    api.upload_file(&b"1"[..], "new.txt", "ada/a").await.unwrap();
    for sort in ["last_modified", "lastModified"] {
        let mut times: Vec<_> = api
            .list_models()
            .sort(sort)
            .expand(["lastModified"])
            .all()
            .await
            .unwrap()
            .into_iter()
            .map(|info| info.last_modified.unwrap().to_string())
            .collect();
        let given = times.clone();
        times.sort_by(|a, b| b.cmp(a));
        assert_eq!(given, times);
    }
    let error = api.list_models().sort("beauty").all().await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::BadRequest));
}

#[tokio::test]
async fn private_repositories_are_listed_for_their_owner_only() {
    let hub = hub();
    ada(&hub).create_repo("ada/secret").private(true).await.unwrap();
    assert_eq!(ids!(ada(&hub).list_models()), ["ada/demo", "ada/secret"]);
    assert_eq!(ids!(bob(&hub).list_models()), ["ada/demo"]);
    assert_eq!(ids!(client_of(&hub).build().unwrap().list_models()), ["ada/demo"]);
}

#[tokio::test]
async fn tags_are_listed_in_groups_and_taken_by_filters() {
    let hub = library().await;
    let api = ada(&hub);
    let tags = api.get_model_tags().await.unwrap();
    assert_eq!(tags.id("license", "apache_2_0"), Some("license:apache-2.0"));
    let languages: Vec<_> = tags.namespace("language").into_values().collect();
    assert!(["en", "fr"].iter().all(|language| languages.contains(language)), "{languages:?}");
    assert_eq!(tags.id("pipeline_tag", "Fill_Mask"), Some("fill-mask"));
    let only = api.get_model_tags().only("dataset").await.unwrap();
    assert_eq!(only.0.into_keys().collect::<Vec<_>>(), ["dataset"]);
    assert_eq!(
        api.get_dataset_tags().await.unwrap().id("license", "mit"),
        Some("license:mit"),
        "known to every Hub"
    );
}

#[tokio::test]
async fn search_arguments_name_owners_only_when_asked_to() {
    let hub = library().await;
    let api = ada(&hub);
    let tags_only = api.model_search_arguments().await.unwrap();
    assert!(tags_only.authors.is_empty() && tags_only.names.is_empty() && !tags_only.tags.0.is_empty());
    let all = api.model_search_arguments().names(1000).await.unwrap();
    assert_eq!(all.authors.into_iter().collect::<Vec<_>>(), ["ada", "bob"]);
    assert_eq!(all.names.into_iter().collect::<Vec<_>>(), ["a", "b", "c", "demo"]);
    assert!(api.dataset_search_arguments().names(10).await.unwrap().names.is_empty());
}

#[tokio::test]
async fn a_server_without_metrics_is_told_from_a_missing_repository() {
    let hub = hub();
    let api = ada(&hub);
    assert_eq!(api.list_metrics().await.unwrap(), []);
    hub.fault(Fault::status(404).on("GET").path("/api/metrics"));
    let error = api.list_metrics().await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::NotFound));
    assert!(error.to_string().contains("no longer lists metrics"), "{error}");
}

#[tokio::test]
async fn a_full_name_has_one_namespace() {
    let hub = hub();
    let api = ada(&hub);
    assert_eq!(api.get_full_repo_name("m").await.unwrap(), "ada/m");
    let nobody = client_of(&hub).build().unwrap();
    assert_eq!(nobody.get_full_repo_name("m").organization("lab").await.unwrap(), "lab/m");
    assert_eq!(nobody.get_full_repo_name("bob/m").await.unwrap(), "bob/m");
    let error = nobody.get_full_repo_name("m").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Unauthorized));
}

#[test]
fn a_blocking_client_iterates() {
    let hub = hub();
    let api = client_of(&hub).token(ADA).build_blocking().unwrap();
    let ids: Vec<_> = api.list_models().iter().map(|info| info.unwrap().id).collect();
    assert_eq!(ids, ["ada/demo"]);
    assert_eq!(api.list_spaces().all().unwrap(), []);
    assert!(api.get_model_tags().send().unwrap().0.contains_key("library"));
}

#[tokio::test]
async fn likes_are_counted_in_listings_and_order_them() {
    let hub = hub();
    let api = ada(&hub);
    api.create_repo("ada/liked").await.unwrap();
    api.create_repo("ada/newest").await.unwrap();
    api.like("ada/liked").await.unwrap();
    bob(&hub).like("ada/liked").await.unwrap();
    bob(&hub).like("ada/demo").await.unwrap();
    let found = api.list_models().author("ada").sort("likes").all().await.unwrap();
    let counted: Vec<_> = found.iter().map(|model| (model.id.as_str(), model.likes)).collect();
    assert_eq!(counted, [("ada/liked", Some(2)), ("ada/demo", Some(1)), ("ada/newest", Some(0))]);
    let page = api.list_models().author("ada").sort("likes").limit(1).all().await.unwrap();
    assert_eq!(page[0].id, "ada/liked");
}
