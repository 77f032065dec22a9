//! Spaces: secrets, variables, what they run on, and copies.

use hub_api::{
    Error, ErrorKind, HfApi, RepoType,
    types::space::{SpaceHardware, SpaceSetting, SpaceStage},
};
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ada, bob, hub, noise};

/// An embedded Hub with the Space `ada/app`, which has something to run.
async fn with_space() -> (EmbeddedHub, HfApi) {
    let hub = hub();
    let ada = ada(&hub);
    ada.create_repo("ada/app").repo_type(RepoType::Space).space_sdk("gradio").await.unwrap();
    ada.upload_file(&b"print()"[..], "app.py", "ada/app").repo_type(RepoType::Space).await.unwrap();
    (hub, ada)
}

/// As [`with_space`], with `ada/app` as a template called "Starter".
async fn with_template(tags: &str) -> (EmbeddedHub, HfApi) {
    let (hub, ada) = with_space().await;
    let card = format!("---\ntitle: Starter\ntags: [{tags}]\n---\n").into_bytes();
    ada.upload_file(card, "README.md", "ada/app").repo_type(RepoType::Space).await.unwrap();
    (hub, ada)
}

/// What one look after the other shows.
async fn looks(api: &HfApi, id: &str, count: usize) -> Vec<String> {
    let mut stages = Vec::new();
    for _ in 0..count {
        stages.push(api.get_space_runtime(id).await.unwrap().stage.to_string());
    }
    stages
}

#[tokio::test]
async fn a_space_is_built_starts_and_runs() {
    let (_hub, ada) = with_space().await;
    assert_eq!(looks(&ada, "ada/app", 3).await, ["BUILDING", "APP_STARTING", "RUNNING"]);
    let runtime = ada.get_space_runtime("ada/app").await.unwrap();
    assert_eq!(runtime.hardware, Some(SpaceHardware::CpuBasic));
    assert_eq!(runtime.sleep_time, Some(172_800));
    let info = ada.space_info("ada/app").expand(["runtime"]).await.unwrap();
    assert_eq!(info.runtime, Some(runtime), "looking at the repository changes nothing");
}

#[tokio::test]
async fn a_space_without_an_app_does_not_run() {
    let hub = hub();
    let ada = ada(&hub);
    ada.create_repo("ada/empty").repo_type(RepoType::Space).space_sdk("docker").await.unwrap();
    assert_eq!(looks(&ada, "ada/empty", 2).await, ["NO_APP_FILE", "NO_APP_FILE"]);
}

#[tokio::test]
async fn secrets_are_listed_without_their_values() {
    let (_hub, ada) = with_space().await;
    ada.add_space_secret("ada/app", "API_KEY", "s3cr3t").description("for the API").await.unwrap();
    ada.add_space_secret("ada/app", "API_KEY", "other").await.unwrap();
    let secrets = ada.get_space_secrets("ada/app").await.unwrap();
    assert_eq!(secrets.keys().collect::<Vec<_>>(), ["API_KEY"]);
    assert_eq!(secrets["API_KEY"].key, "API_KEY");
    assert!(!serde_json::to_string(&secrets).unwrap().contains("other"));
    ada.delete_space_secret("ada/app", "API_KEY").await.unwrap();
    ada.delete_space_secret("ada/app", "API_KEY").await.unwrap();
    assert!(ada.get_space_secrets("ada/app").await.unwrap().is_empty());
}

#[tokio::test]
async fn every_change_of_variables_answers_with_all_of_them() {
    let (hub, ada) = with_space().await;
    ada.add_space_variable("ada/app", "MODE", "fast").await.unwrap();
    let both = ada.add_space_variable("ada/app", "MODEL", "ada/demo").description("which").await.unwrap();
    let values: Vec<_> = both.values().map(|v| (v.key.as_str(), v.value.as_str())).collect();
    assert_eq!(values, [("MODE", "fast"), ("MODEL", "ada/demo")]);
    assert_eq!(bob(&hub).get_space_variables("ada/app").await.unwrap(), both);
    let left = ada.delete_space_variable("ada/app", "MODE").await.unwrap();
    assert_eq!(left.keys().collect::<Vec<_>>(), ["MODEL"]);
}

#[tokio::test]
async fn a_key_that_is_no_name_is_refused() {
    let (_hub, ada) = with_space().await;
    for key in ["1A", "A-B", "ü"] {
        let error = ada.add_space_secret("ada/app", key, "x").await.unwrap_err();
        assert_eq!(error.kind(), Some(ErrorKind::BadRequest), "{key}");
    }
    assert!(ada.add_space_secret("ada/app", "", "x").await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn hardware_is_requested_once_though_the_response_is_lost() {
    let (hub, ada) = with_space().await;
    looks(&ada, "ada/app", 4).await;
    hub.fault(Fault::lose_response().on("POST").path("/hardware"));
    let runtime = ada.request_space_hardware("ada/app", "t4-small").sleep_time(3600).await.unwrap();
    assert_eq!(runtime.requested_hardware, Some(SpaceHardware::T4Small));
    assert_eq!(runtime.hardware, Some(SpaceHardware::CpuBasic));
    assert_eq!(runtime.sleep_time, Some(3600));
    looks(&ada, "ada/app", 3).await;
    assert_eq!(ada.get_space_runtime("ada/app").await.unwrap().hardware, Some(SpaceHardware::T4Small));
    assert_eq!(ada.set_space_sleep_time("ada/app", -1).await.unwrap().sleep_time, Some(-1));
    let error = ada.request_space_hardware("ada/app", "abacus").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::BadRequest));
    assert!(ada.list_spaces_hardware().await.unwrap().iter().any(|one| one.name == SpaceHardware::T4Small));
}

#[tokio::test]
async fn a_sleep_time_that_means_nothing_is_refused_before_anything_is_sent() {
    let (hub, ada) = with_space().await;
    hub.fault(Fault::status(500).on("POST").path("/").times(100));
    for seconds in [0, -2] {
        let error = ada.set_space_sleep_time("ada/app", seconds).await.unwrap_err();
        assert!(matches!(error, Error::Setup(_)), "{error}");
        let error = ada.request_space_hardware("ada/app", "t4-small").sleep_time(seconds).await.unwrap_err();
        assert!(matches!(error, Error::Setup(_)), "{error}");
    }
}

#[tokio::test]
async fn a_space_is_paused_and_restarted() {
    let (_hub, ada) = with_space().await;
    assert_eq!(ada.pause_space("ada/app").await.unwrap().stage, SpaceStage::Paused);
    assert_eq!(looks(&ada, "ada/app", 2).await, ["PAUSED", "PAUSED"]);
    assert_eq!(ada.restart_space("ada/app").factory_reboot(true).await.unwrap().stage, SpaceStage::Building);
    assert!(ada.set_space_dev_mode("ada/app", true).await.unwrap().dev_mode);
}

#[tokio::test]
async fn a_static_space_has_no_hardware() {
    let hub = hub();
    let ada = ada(&hub);
    ada.create_repo("ada/page").repo_type(RepoType::Space).space_sdk("static").await.unwrap();
    ada.upload_file(&b"<p>"[..], "index.html", "ada/page").repo_type(RepoType::Space).await.unwrap();
    let runtime = ada.get_space_runtime("ada/page").await.unwrap();
    assert_eq!((runtime.stage, runtime.hardware), (SpaceStage::Running, None));
    let error = ada.pause_space("ada/page").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::BadRequest));
}

#[tokio::test]
async fn a_new_space_gets_what_it_is_given() {
    let hub = hub();
    let ada = ada(&hub);
    ada.create_repo("ada/new")
        .repo_type(RepoType::Space)
        .space_sdk("gradio")
        .space_hardware("t4-small")
        .space_storage("small")
        .space_sleep_time(60)
        .space_secrets([SpaceSetting::new("KEY", "x")])
        .space_variables([SpaceSetting::new("MODE", "fast")])
        .await
        .unwrap();
    let runtime = ada.get_space_runtime("ada/new").await.unwrap();
    assert_eq!(runtime.requested_hardware, Some(SpaceHardware::T4Small));
    assert_eq!(
        (runtime.sleep_time, runtime.storage.map(|s| s.to_string())),
        (Some(60), Some("small".into()))
    );
    assert!(ada.get_space_secrets("ada/new").await.unwrap().contains_key("KEY"));
    assert_eq!(ada.get_space_variables("ada/new").await.unwrap()["MODE"].value, "fast");
}

#[tokio::test]
async fn a_new_space_begins_as_a_template() {
    let (hub, _ada) = with_template("template, template-private").await;
    let bob = bob(&hub);
    let templates = bob.list_space_templates().await.unwrap();
    let [template] = templates.as_slice() else { panic!("{templates:?}") };
    assert_eq!(
        (&*template.name, template.repo_id.as_str(), &*template.sdk),
        ("Starter", "ada/app", "gradio")
    );

    for (id, said) in [("bob/one", "ada/app"), ("bob/two", "starter")] {
        bob.create_repo(id).repo_type(RepoType::Space).space_template(said).await.unwrap();
        let files = bob.list_repo_files(id).repo_type(RepoType::Space).await.unwrap();
        assert!(files.iter().any(|file| file == "app.py"), "{files:?}");
        let info = bob.space_info(id).await.unwrap();
        assert_eq!((info.private, info.sdk.as_deref()), (Some(true), Some("gradio")));
    }
    let call = bob.create_repo("bob/three").repo_type(RepoType::Space).space_template("Starter");
    call.private(false).await.unwrap();
    assert_eq!(bob.space_info("bob/three").await.unwrap().private, Some(false));
}

#[tokio::test]
async fn a_template_that_cannot_be_is_refused_before_anything_is_made() {
    let (hub, ada) = with_template("template").await;
    hub.fault(Fault::status(500).on("POST").path("/api/repos/create").times(100));
    let space = || ada.create_repo("ada/new").repo_type(RepoType::Space);
    for (call, said) in [
        (space().space_template("Ender"), "there is no template \"Ender\" for Spaces; there are: Starter"),
        (space().space_template("Starter").space_sdk("docker"), "runs on gradio, not on docker"),
        (ada.create_repo("ada/new").space_template("Starter"), "a template is for Spaces"),
    ] {
        let error = call.await.unwrap_err();
        assert!(matches!(error, Error::Setup(_)) && error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn a_copy_has_the_files_and_variables_and_no_secrets() {
    let (hub, ada) = with_space().await;
    let weights = noise(1, 100_000);
    ada.upload_file(weights.clone(), "w.bin", "ada/app").repo_type(RepoType::Space).await.unwrap();
    ada.add_space_secret("ada/app", "KEY", "x").await.unwrap();
    ada.add_space_variable("ada/app", "MODE", "fast").await.unwrap();
    let bob = bob(&hub);
    hub.fault(Fault::lose_response().on("POST").path("/duplicate"));
    let url = bob.duplicate_space("ada/app").to_id("mine").private(true).await.unwrap();
    assert_eq!(url.repo_id().as_str(), "bob/mine");
    let files = bob.list_repo_files("bob/mine").repo_type(RepoType::Space).await.unwrap();
    assert_eq!(files, [".gitattributes", "README.md", "app.py", "w.bin"]);
    let folder = tempfile::tempdir().unwrap();
    let copy = bob.hf_hub_download("bob/mine", "w.bin").repo_type(RepoType::Space).local_dir(folder.path());
    assert_eq!(std::fs::read(copy.await.unwrap()).unwrap(), weights);
    assert!(bob.get_space_secrets("bob/mine").await.unwrap().is_empty());
    assert_eq!(bob.get_space_variables("bob/mine").await.unwrap()["MODE"].value, "fast");
    assert!(ada.space_info("bob/mine").await.unwrap_err().is_not_found(), "it is private");
    let again = bob.duplicate_space("ada/app").to_id("mine").await.unwrap_err();
    assert_eq!(again.kind(), Some(ErrorKind::Conflict));
    assert_eq!(bob.duplicate_space("ada/app").to_id("mine").exist_ok(true).await.unwrap(), url);
    let model = bob.duplicate_repo("ada/demo").await.unwrap();
    assert_eq!(model.repo_id().as_str(), "bob/demo");
}
