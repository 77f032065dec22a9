//! The documented classes: how they are made, and the members they have. A member that is missing does not compile.

use hub_api::{
    CommitInfo, CommitOperationAdd, CommitOperationDelete, DatasetFilter, HfApi, HfFolder, IsFolder,
    ModelFilter, RepoUrl, Token,
    auth::TokenPaths,
    types::{
        DatasetInfo, GitRefInfo, GitRefs, ModelInfo, RepoFile, SpaceInfo, UserLikes, space::SpaceRuntime,
    },
};

#[test]
fn infos_have_the_documented_members() {
    let model = ModelInfo::new("ada/demo");
    let _ = (&model.model_id, &model.sha, &model.last_modified, &model.tags, &model.pipeline_tag);
    let _ = (
        &model.siblings,
        &model.private,
        &model.author,
        &model.config,
        &model.security_repo_status,
        &model.extra,
    );
    let data = DatasetInfo::new("ada/data");
    let _ =
        (&data.id, &data.sha, &data.last_modified, &data.tags, &data.siblings, &data.private, &data.author);
    let _ = (&data.description, &data.citation, &data.card_data, &data.extra);
    let space = SpaceInfo::new("ada/app");
    let _ = (
        &space.id,
        &space.sha,
        &space.last_modified,
        &space.siblings,
        &space.private,
        &space.author,
        &space.extra,
    );
    let members = |info: SpaceInfo| info.runtime.map(|runtime| runtime.stage);
    assert_eq!(members(space), None);
    let file = RepoFile::new("a.txt");
    let _ = (&file.rfilename, &file.size, &file.blob_id, &file.lfs, &file.extra);
    let members =
        |runtime: SpaceRuntime| (runtime.raw(), runtime.stage, runtime.hardware, runtime.requested_hardware);
    let (raw, ..) = members(serde_json::from_str(r#"{"stage":"RUNNING","new":1}"#).unwrap());
    assert_eq!(raw["new"], 1);
}

#[test]
fn cards_and_counts_have_the_documented_members() {
    let model: ModelInfo = serde_json::from_str(
        r#"{"id": "ada/demo", "cardData": {"language": ["fr", "en"], "license": "mit", "new": 1},
            "safetensors": {"parameters": {"F32": 7}, "total": 7},
            "transformersInfo": {"auto_model": "AutoModel", "processor": "AutoTokenizer"}}"#,
    )
    .unwrap();
    let card = model.card_data.unwrap();
    assert_eq!(card.language.unwrap().as_slice(), ["fr", "en"]);
    assert_eq!((card.license, &card.extra["new"]), (Some("mit".into()), &1.into()));
    assert_eq!(model.safetensors.unwrap().parameters.unwrap()["F32"], 7);
    assert_eq!(model.transformers_info.unwrap().auto_model, "AutoModel");
    let data = DatasetInfo::new("ada/data").card_data.unwrap_or_default();
    let _ = (data.task_categories, data.size_categories, data.pretty_name, data.config_names);
    let space = SpaceInfo::new("ada/app").card_data.unwrap_or_default();
    let _ = (space.title, space.sdk, space.app_file, space.app_port, space.models);
}

#[test]
fn refs_and_likes_have_the_documented_members() {
    let GitRefs { branches, converts, tags, .. } = GitRefs::default();
    assert_eq!((branches.len(), converts.len(), tags.len()), (0, 0, 0));
    let member = |info: GitRefInfo| (info.name, info.reference, info.target_commit);
    let info =
        serde_json::from_str(r#"{"name":"main","ref":"refs/heads/main","targetCommit":"abc"}"#).unwrap();
    assert_eq!(member(info).1, "refs/heads/main");
    let UserLikes { user, total, datasets, models, spaces, .. } = UserLikes::new("ada", []);
    assert_eq!((user.as_str(), total + datasets.len() + models.len() + spaces.len()), ("ada", 0));
}

#[test]
fn a_commit_info_knows_its_pull_request() {
    let info = CommitInfo::new("https://hub/ada/demo/commit/1", "1".repeat(40), "Title", "Text");
    let _ = (&info.commit_url, &info.commit_message, &info.commit_description, &info.oid, info.repo_url());
    assert_eq!((&info.pr_url, info.pr_num, info.pr_revision()), (&None, None, None));
    let info = info.with_pull_request("https://hub/ada/demo/discussions/7").unwrap();
    assert_eq!((info.pr_num, info.pr_revision()), (Some(7), Some("refs/pr/7".parse().unwrap())));
}

#[test]
fn a_repo_url_has_the_documented_members() {
    let url =
        RepoUrl::parse_with_endpoint("https://hub.example/datasets/ada/data", "https://hub.example").unwrap();
    assert_eq!(
        (url.endpoint(), url.namespace(), url.repo_name()),
        ("https://hub.example", Some("ada"), "data")
    );
    assert_eq!((url.repo_id().as_str(), url.repo_type().singular()), ("ada/data", "dataset"));
    assert_eq!(url.url(), "https://hub.example/datasets/ada/data");
}

#[test]
fn operations_are_made_and_read_as_documented() {
    use std::io::Read;
    let add = CommitOperationAdd::new("a.txt", &b"hello"[..]).unwrap();
    assert_eq!((add.path_in_repo(), add.b64content().unwrap().as_str()), ("a.txt", "aGVsbG8="));
    let mut text = String::new();
    add.as_file(None).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
    let delete = CommitOperationDelete::new("d/", IsFolder::Auto).unwrap();
    assert!(delete.is_folder());
}

#[test]
fn the_token_folder_saves_gives_and_deletes() {
    let folder = tempfile::tempdir().unwrap();
    let paths = TokenPaths { token: folder.path().join("token"), legacy: None };
    let store = HfFolder::new(paths);
    store.save_token(&Token::new("hf_secret").unwrap()).unwrap();
    assert_eq!(store.get_token().unwrap().unwrap().reveal(), "hf_secret");
    store.delete_token().unwrap();
    assert!(store.get_token().unwrap().is_none());
}

#[tokio::test]
async fn filters_and_search_arguments_are_made_as_documented() {
    let model = ModelFilter::new()
        .author("a")
        .library("l")
        .language("fr")
        .model_name("m")
        .task("t")
        .trained_dataset("d");
    assert_eq!(model.tag("x").tags().len(), 5);
    let data = DatasetFilter::new()
        .author("a")
        .benchmark("b")
        .dataset_name("d")
        .language_creators("c")
        .language("fr");
    let data = data.multilinguality("m").size_categories("s").task_categories("t").task_ids("i");
    assert_eq!(data.tags().len(), 7);
    let hub = crate::hub();
    let api: HfApi = hub_tests::ada(&hub);
    api.model_search_arguments().await.unwrap();
    api.dataset_search_arguments().await.unwrap();
}
