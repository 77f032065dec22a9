//! Cards of an embedded Hub are changed without a loss.

use hub_api::{Error, ErrorKind, EvalResult, RepoType, metadata_load, metadata_save};
use hub_tests::{ada, hub};
use hub_types::card::{CardMap, CardValue, eval_results_to_model_index};

const CARD: &str = "---\r\n# why\r\nlicense: mit # now\r\nlanguage: no\r\n---\r\n# Demo\r\n\r\ntext";

fn license(name: &str) -> CardMap {
    CardMap::from_iter([("license", name)])
}

#[tokio::test]
async fn a_card_is_loaded_changed_and_pushed() {
    let hub = hub();
    let api = ada(&hub);
    let missing = api.load_repo_card("ada/demo").await.unwrap_err();
    assert_eq!(missing.kind(), Some(ErrorKind::EntryNotFound));
    api.upload_file(CARD.as_bytes(), "README.md", "ada/demo").await.unwrap();
    let mut card = api.model("ada/demo").card().await.unwrap();
    assert_eq!((card.content().as_str(), card.text()), (CARD, "# Demo\r\n\r\ntext"));
    assert_eq!(card.data().get("language"), Some(&CardValue::from("no")));
    // The Hub reads the same words.
    let info = api.model_info("ada/demo").await.unwrap();
    assert_eq!(info.card_data.unwrap().language.unwrap().as_slice(), ["no"]);

    card.data_mut().insert("license", "apache-2.0");
    api.push_repo_card("ada/demo", &card).commit_message("Another licence").await.unwrap();
    let again = api.load_repo_card("ada/demo").await.unwrap();
    assert_eq!(again.content(), CARD.replace("mit #", "apache-2.0 #"));
}

#[tokio::test]
async fn what_the_hub_refuses_is_not_committed() {
    let hub = hub();
    let api = ada(&hub);
    let head = api.model_info("ada/demo").await.unwrap().sha;
    let broken = CardMap::from_iter([("model-index", CardValue::from("nothing"))]);
    let error = api.metadata_update("ada/demo", broken).await.unwrap_err();
    assert!(matches!(error, Error::Commit(hub_api::commit::CommitError::ReadmeRejected { .. })), "{error}");
    assert_eq!(api.model_info("ada/demo").await.unwrap().sha, head);
}

#[tokio::test]
async fn metadata_is_updated_on_top_of_what_was_read() {
    let hub = hub();
    let api = ada(&hub);
    let made = api.metadata_update("ada/demo", license("mit")).await.unwrap();
    assert!(made.created && made.commit_message.starts_with("Update metadata"));
    let same = api.metadata_update("ada/demo", license("mit")).await.unwrap();
    assert!(!same.created);
    let error = api.metadata_update("ada/demo", license("other")).await.unwrap_err();
    let Error::Card { source, .. } = error else { panic!("{error}") };
    assert!(source.to_string().contains("another value of \"license\""), "{source}");
    api.metadata_update("ada/demo", license("other")).overwrite(true).await.unwrap();

    let index = |value: f64| {
        let result = EvalResult::new("text-classification", "imdb", "IMDb", "accuracy", value);
        CardMap::from_iter([("model-index", eval_results_to_model_index("demo", &[result]).unwrap())])
    };
    api.metadata_update("ada/demo", index(0.5)).await.unwrap();
    assert!(api.metadata_update("ada/demo", index(0.6)).await.is_err());
    api.metadata_update("ada/demo", index(0.6)).overwrite(true).await.unwrap();
    let card = api.load_repo_card("ada/demo").await.unwrap();
    assert!(
        card.content().starts_with("---\nlicense: other\nmodel-index:\n- name: demo\n"),
        "{}",
        card.content()
    );
    assert!(card.content().contains("value: 0.6") && !card.content().contains("0.5"));

    let moved = api.metadata_update("ada/demo", license("mit")).overwrite(true).parent_commit(made.oid);
    assert!(moved.await.unwrap_err().is_conflict());
    let pull_request = api.metadata_update("ada/demo", license("mit")).overwrite(true).create_pr(true);
    assert!(pull_request.await.unwrap().pr_url.is_some());
}

#[tokio::test]
async fn a_space_without_a_card_gets_none() {
    let hub = hub();
    let api = ada(&hub);
    api.create_repo("ada/app").repo_type(RepoType::Space).space_sdk("static").await.unwrap();
    api.delete_file("README.md", "ada/app").repo_type(RepoType::Space).await.unwrap();
    let error = api.metadata_update("ada/app", license("mit")).repo_type(RepoType::Space).await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::EntryNotFound));
}

#[test]
fn a_file_of_this_machine_has_fields_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("README.md");
    metadata_save(&path, &license("mit")).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "---\nlicense: mit\n---\n");
    std::fs::write(&path, CARD).unwrap();
    let mut fields = metadata_load(&path).unwrap().unwrap();
    fields.insert("license", "bsd");
    metadata_save(&path, &fields).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), CARD.replace("mit #", "bsd #"));
    std::fs::write(&path, "no head").unwrap();
    assert_eq!(metadata_load(&path).unwrap(), None);
    std::fs::write(&path, "---\na: b: c\n---\n").unwrap();
    let error = metadata_load(&path).unwrap_err();
    assert!(error.to_string().ends_with("README.md cannot be used"), "{error}");
}
