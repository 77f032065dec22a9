//! Making, describing and deleting repositories.

use hub_api::{ErrorKind, RepoType, transport::Body};
use hub_server::Fault;
use hub_tests::{ADA, ada, bob, client_of, folder_with, hub};

#[tokio::test]
async fn a_new_repository_is_listed_described_and_deleted() {
    let hub = hub();
    let api = ada(&hub);
    for (repo_type, prefix) in
        [(RepoType::Model, ""), (RepoType::Dataset, "datasets/"), (RepoType::Space, "spaces/")]
    {
        let mut create = api.create_repo("ada/new").repo_type(repo_type);
        if repo_type == RepoType::Space {
            create = create.space_sdk("static");
        }
        let url = create.await.unwrap();
        assert_eq!(url.url(), format!("http://hub.localhost/{prefix}ada/new"));
        let info = api.repo_info("ada/new").repo_type(repo_type).await.unwrap();
        assert_eq!((info.id(), info.repo_type()), ("ada/new", repo_type));
        assert_eq!(info.author().unwrap(), "ada");
        assert!(api.repo_exists("ada/new").repo_type(repo_type).await.unwrap());
        api.delete_repo("ada/new").repo_type(repo_type).await.unwrap();
        assert!(!api.repo_exists("ada/new").repo_type(repo_type).await.unwrap());
    }
}

#[tokio::test]
async fn a_name_without_a_namespace_is_the_callers_own() {
    let hub = hub();
    let api = ada(&hub);
    assert_eq!(api.create_repo("short").await.unwrap().repo_id().as_str(), "ada/short");
    // The same again must lead to the same repository, although the argument has no namespace.
    assert_eq!(api.create_repo("short").exist_ok(true).await.unwrap().repo_id().as_str(), "ada/short");
}

#[tokio::test]
async fn an_existing_repository_is_a_conflict_unless_that_is_fine() {
    let hub = hub();
    let api = ada(&hub);
    let error = api.create_repo("ada/demo").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Conflict));
    assert!(error.to_string().contains("ada/demo"), "{error}");
    assert_eq!(api.create_repo("ada/demo").exist_ok(true).await.unwrap().repo_id().as_str(), "ada/demo");
}

#[tokio::test]
async fn a_missing_repository_is_an_error_unless_that_is_fine() {
    let hub = hub();
    let api = ada(&hub);
    assert_eq!(api.delete_repo("ada/none").await.unwrap_err().kind(), Some(ErrorKind::RepoNotFound));
    api.delete_repo("ada/none").missing_ok(true).await.unwrap();
}

#[tokio::test]
async fn a_private_repository_looks_like_a_missing_one_to_others() {
    let hub = hub();
    ada(&hub).create_repo("ada/secret").private(true).await.unwrap();
    assert_eq!(ada(&hub).model_info("ada/secret").await.unwrap().private, Some(true));
    for api in [bob(&hub), client_of(&hub).build().unwrap()] {
        let hidden = api.model_info("ada/secret").await.unwrap_err();
        let missing = api.model_info("ada/nothing").await.unwrap_err();
        assert_eq!(hidden.kind(), Some(ErrorKind::RepoNotFound));
        assert_eq!((hidden.kind(), hidden.status()), (missing.kind(), missing.status()));
    }
}

#[tokio::test]
async fn another_users_namespace_is_forbidden() {
    let hub = hub();
    let error = bob(&hub).create_repo("ada/not-bobs").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Forbidden));
    let error = bob(&hub).delete_repo("ada/demo").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Forbidden));
    assert!(ada(&hub).repo_exists("ada/demo").await.unwrap());
}

#[tokio::test]
async fn whoami_names_the_user_of_the_token() {
    let hub = hub();
    let me = ada(&hub).whoami().await.unwrap();
    assert_eq!((me.name.as_str(), me.kind.as_str()), ("ada", "user"));
    assert_eq!(me.auth.unwrap().access_token.unwrap().role, "write");
    let nobody = client_of(&hub).build().unwrap().whoami().await.unwrap_err();
    assert_eq!(nobody.kind(), Some(ErrorKind::Unauthorized));
}

#[tokio::test]
async fn file_metadata_comes_when_asked_for() {
    let hub = hub();
    let api = ada(&hub);
    let folder = folder_with(&[("a.txt", b"hello\n"), ("w.bin", &[0; 100])]);
    let commit = api.upload_folder("ada/demo", folder.path()).await.unwrap();
    let info = api.model_info("ada/demo").files_metadata(true).await.unwrap();
    assert_eq!(info.sha.as_deref(), Some(commit.oid.as_str()));
    let files = info.siblings.unwrap();
    let a = files.iter().find(|file| file.rfilename == "a.txt").unwrap();
    assert_eq!((a.size, a.blob_id.as_deref()), (Some(6), Some("ce013625030ba8dba906f756967f9e9ca394464a")));
    let w = files.iter().find(|file| file.rfilename == "w.bin").unwrap();
    assert_eq!(w.lfs.as_ref().unwrap().size, 100);
    let plain = api.model_info("ada/demo").await.unwrap().siblings.unwrap();
    assert!(plain.iter().all(|file| file.size.is_none()));
}

#[tokio::test]
async fn f26_a_repository_whose_response_was_lost_is_reported_as_made() {
    let hub = hub();
    let api = ada(&hub);
    hub.fault(Fault::lose_response().on("POST").path("/repos/create"));
    assert_eq!(api.create_repo("ada/new").await.unwrap().repo_id().as_str(), "ada/new");
    assert_eq!(api.list_repo_commits("ada/new").all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn f26_an_older_repository_is_not_taken_for_ones_own() {
    let hub = hub();
    hub.fault(Fault::status(502).on("POST").path("/repos/create"));
    // The server's clock says that the repository was made long ago.
    let later = tower::util::MapResponseLayer::new(|mut response: http::Response<Body>| {
        response.headers_mut().insert(http::header::DATE, "Fri, 01 Jan 2100 00:00:00 GMT".parse().unwrap());
        response
    });
    let api = client_of(&hub).token(ADA).attempt_layer(later).build().unwrap();
    let error = api.create_repo("ada/demo").await.unwrap_err();
    assert!(error.to_string().contains("it is not known whether this call has created it"), "{error}");
}

#[tokio::test]
async fn f24_a_deletion_whose_response_was_lost_is_done() {
    let hub = hub();
    let api = ada(&hub);
    hub.fault(Fault::lose_response().on("DELETE").path("/repos/delete"));
    api.delete_repo("ada/demo").await.unwrap();
    assert!(!api.repo_exists("ada/demo").await.unwrap());
}
