//! Names and settings of repositories, and questions of access.

use hub_api::{ErrorKind, NetworkPolicy, RepoType, transport::testing::Recorder, types::Gated};
use hub_server::Fault;
use hub_tests::{ADA, ada, bob, client_of, files_in, folder_with, hub, noise};

#[tokio::test]
async fn a_moved_repository_is_found_under_both_names() {
    let hub = hub();
    let api = ada(&hub);
    let folder = folder_with(&[("a.txt", b"hello"), ("w.bin", &noise(1, 50_000))]);
    api.upload_folder("ada/demo", folder.path()).await.unwrap();
    api.move_repo("ada/demo", "ada/new").await.unwrap();
    for id in ["ada/demo", "ada/new"] {
        assert_eq!(api.model_info(id).await.unwrap().id, "ada/new");
        let target = tempfile::tempdir().unwrap();
        api.snapshot_download(id).local_dir(target.path()).await.unwrap();
        let mut copy = files_in(target.path());
        copy.remove(".gitattributes");
        assert_eq!(copy, files_in(folder.path()), "{id}");
    }
    // Method and body go along: a commit to the old name arrives.
    let commit = api.upload_file(&b"late"[..], "late.txt", "ada/demo").await.unwrap();
    assert_eq!(api.model_info("ada/new").await.unwrap().sha.unwrap(), commit.oid);
}

#[tokio::test]
async fn a_move_whose_response_was_lost_is_done() {
    let hub = hub();
    let api = ada(&hub);
    hub.fault(Fault::lose_response().on("POST").path("/repos/move"));
    api.move_repo("ada/demo", "ada/new").await.unwrap();
    hub.fault(Fault::status(502).on("POST").path("/repos/move"));
    let error = api.move_repo("ada/new", "ada/newer").await.unwrap_err();
    assert!(error.to_string().contains("was not moved"), "{error}");
    assert!(!api.repo_exists("ada/newer").await.unwrap());
}

#[tokio::test]
async fn a_move_needs_two_ids_with_namespaces_and_a_free_name() {
    let hub = hub();
    let api = ada(&hub);
    assert!(api.move_repo("demo", "ada/x").await.unwrap_err().is_invalid_input());
    assert!(api.move_repo("ada/demo", "x").await.unwrap_err().is_invalid_input());
    api.create_repo("ada/taken").await.unwrap();
    let taken = api.move_repo("ada/demo", "ada/taken").await.unwrap_err();
    assert_eq!(taken.kind(), Some(ErrorKind::Conflict));
    let error = bob(&hub).move_repo("ada/demo", "bob/demo").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Forbidden));
    let dataset = api.move_repo("ada/demo", "ada/x").repo_type(RepoType::Dataset).await.unwrap_err();
    assert_eq!(dataset.kind(), Some(ErrorKind::RepoNotFound));
}

#[tokio::test]
async fn a_repository_becomes_private_also_by_its_short_name() {
    let hub = hub();
    let api = ada(&hub);
    let changed = api.update_repo_visibility("demo", true).await.unwrap();
    assert_eq!(changed.private, Some(true));
    assert!(!bob(&hub).repo_exists("ada/demo").await.unwrap());
    hub.fault(Fault::lose_response().on("PUT").path("/settings"));
    api.update_repo_settings("ada/demo").visibility("public").await.unwrap();
    assert!(bob(&hub).repo_exists("ada/demo").await.unwrap());
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused_before_anything_is_sent() {
    let hub = hub();
    let api = client_of(&hub).network(NetworkPolicy::Offline).build().unwrap();
    let settings = || api.update_repo_settings("ada/demo");
    for call in [
        settings(),
        settings().private(true).visibility("public"),
        settings().visibility("secret"),
        settings().gated(Gated::Flag(true)),
        settings().gated(Gated::Mode("always".into())),
    ] {
        assert!(call.await.unwrap_err().is_invalid_input());
    }
    for call in [
        api.create_repo("ada/new").private(true).visibility("private"),
        api.create_repo("ada/new").visibility("secret"),
    ] {
        assert!(call.await.unwrap_err().is_invalid_input());
    }
    let copy = api.duplicate_repo("ada/demo").to_id("ada/new").private(true).visibility("private");
    assert!(copy.await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn who_sees_a_new_repository_where_it_is_and_whose_it_is_are_sent() {
    let hub = hub();
    let recorder = Recorder::new();
    let api = client_of(&hub).token(ADA).attempt_layer(recorder.layer()).build().unwrap();
    api.create_repo("ada/new").visibility("private").region("eu").resource_group_id("g1").await.unwrap();
    api.duplicate_repo("ada/new")
        .to_id("ada/copy")
        .visibility("public")
        .resource_group_id("g2")
        .await
        .unwrap();
    let sent: Vec<serde_json::Value> =
        recorder.requests().iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect();
    let expected = [("private", "eu".into(), "g1"), ("public", serde_json::Value::Null, "g2")];
    for (body, (visibility, region, group)) in sent.iter().zip(expected) {
        assert_eq!((&body["visibility"], &body["region"]), (&visibility.into(), &region), "{body}");
        assert_eq!((&body["resourceGroupId"], body.get("private")), (&group.into(), None), "{body}");
    }
    assert_eq!(sent.len(), 2);
    assert!(
        bob(&hub).repo_exists("ada/copy").await.unwrap() && !bob(&hub).repo_exists("ada/new").await.unwrap()
    );
}

#[tokio::test]
async fn files_of_a_gated_repository_are_for_its_members() {
    let hub = hub();
    let api = ada(&hub);
    api.upload_file(&b"x"[..], "x.txt", "ada/demo").await.unwrap();
    api.update_repo_settings("ada/demo").gated(Gated::Mode("auto".into())).await.unwrap();
    assert_eq!(bob(&hub).model_info("ada/demo").await.unwrap().gated, Some(Gated::Mode("auto".into())));
    for other in [bob(&hub), client_of(&hub).build().unwrap()] {
        let error = other.file_exists("ada/demo", "x.txt").await.unwrap_err();
        assert_eq!(error.kind(), Some(ErrorKind::GatedRepo));
        assert_eq!(other.auth_check("ada/demo").await.unwrap_err().kind(), Some(ErrorKind::GatedRepo));
    }
    assert!(api.file_exists("ada/demo", "x.txt").await.unwrap());
    api.auth_check("ada/demo").await.unwrap();
}

#[tokio::test]
async fn questions_of_existence_are_answered_with_yes_or_no() {
    let hub = hub();
    let api = ada(&hub);
    api.upload_folder("ada/demo", folder_with(&[("w.bin", &noise(1, 50_000))]).path()).await.unwrap();
    assert!(api.revision_exists("ada/demo", "main").await.unwrap());
    assert!(!api.revision_exists("ada/demo", "none").await.unwrap());
    assert!(!api.revision_exists("ada/none", "main").await.unwrap());
    assert!(api.file_exists("ada/demo", "w.bin").await.unwrap());
    assert!(!api.file_exists("ada/demo", "none.bin").await.unwrap());
    assert!(!api.file_exists("ada/demo", "w.bin").revision("none").await.unwrap());
    assert!(!api.file_exists("ada/none", "w.bin").await.unwrap());
    assert!(api.file_exists("ada/demo", "../w.bin").await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn auth_check_tells_reading_from_writing() {
    let hub = hub();
    ada(&hub).auth_check("ada/demo").write(true).await.unwrap();
    bob(&hub).auth_check("ada/demo").await.unwrap();
    let error = bob(&hub).auth_check("ada/demo").write(true).await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Forbidden));
    let error = bob(&hub).auth_check("ada/none").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::RepoNotFound));
    ada(&hub).blocking().auth_check("ada/demo").send().unwrap();
}
