//! What a refused call says: what is missing or refused, with which token, and what to do.

use std::path::PathBuf;

use hub_api::{
    Error, ErrorKind, RepoType, Token,
    auth::{HfFolder, TokenOrigin, TokenPaths},
    transport::{RetryConfig, TokenUse},
    types::Gated,
};
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ADA, BOB, ada, bob, client_of, hub};

/// The kind of the failure, and whether its text has all of these.
fn assert_says(error: &Error, kind: ErrorKind, words: &[&str]) {
    assert_eq!(error.kind(), Some(kind), "{error}");
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
    assert!(!text.contains(ADA) && !text.contains(BOB) && !text.contains('\n'), "{text}");
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let api = ada(&hub());
    let given = "with the token that was given";
    let missing = api.model_info("ada/none").await.unwrap_err();
    assert_says(&missing, ErrorKind::RepoNotFound, &["model ada/none", "not found", given, "check its name"]);
    let revision = api.model_info("ada/demo").revision("v9").await.unwrap_err();
    assert_says(
        &revision,
        ErrorKind::RevisionNotFound,
        &["ada/demo", "revision not found", "branches and tags"],
    );
    let target = tempfile::tempdir().unwrap();
    let entry = api.hf_hub_download("ada/demo", "no.txt").local_dir(target.path()).await.unwrap_err();
    assert_says(&entry, ErrorKind::EntryNotFound, &["ada/demo", "not found"]);
    assert!(missing.is_not_found() && revision.is_not_found() && entry.is_not_found());
}

#[tokio::test]
async fn a_private_repository_is_missing_for_others_and_for_nobody() {
    let hub = hub();
    ada(&hub).create_repo("ada/secret").private(true).await.unwrap();
    let other = bob(&hub).model_info("ada/secret").await.unwrap_err();
    assert_says(&other, ErrorKind::RepoNotFound, &["ada/secret", "with the token that was given"]);
    let nobody = client_of(&hub).build().unwrap().model_info("ada/secret").await.unwrap_err();
    assert_says(&nobody, ErrorKind::RepoNotFound, &["ada/secret", "without a token", "private or gated"]);
}

#[tokio::test]
async fn a_gated_repository_says_where_to_ask() {
    let hub = hub();
    let api = ada(&hub);
    api.upload_file(&b"x"[..], "a.txt", "ada/demo").await.unwrap();
    api.update_repo_settings("ada/demo").gated(Gated::Mode("auto".into())).await.unwrap();
    let target = tempfile::tempdir().unwrap();
    for (client, token) in
        [(bob(&hub), "with the token that was given"), (client_of(&hub).build().unwrap(), "without a token")]
    {
        let error = client.hf_hub_download("ada/demo", "a.txt").local_dir(target.path()).await.unwrap_err();
        assert_says(&error, ErrorKind::GatedRepo, &["ada/demo", "restricted", token, "ask for access"]);
        assert!(!error.is_not_found());
    }
    api.hf_hub_download("ada/demo", "a.txt").local_dir(target.path()).await.unwrap();
}

#[tokio::test]
async fn conflicts_bad_requests_and_rights_have_their_kinds() {
    let hub = hub();
    let api = ada(&hub);
    let taken = api.create_repo("ada/demo").await.unwrap_err();
    assert_says(&taken, ErrorKind::Conflict, &["ada/demo", "already"]);
    let branch = api.create_branch("ada/demo", "main").await.unwrap_err();
    assert_says(&branch, ErrorKind::Conflict, &["ada/demo", "main"]);
    let rights = bob(&hub).create_branch("ada/demo", "x").await.unwrap_err();
    assert_says(&rights, ErrorKind::Forbidden, &["ada/demo", "with the token that was given", "permission"]);
    let bad = api.list_models().expand(["nonsense"]).all().await.unwrap_err();
    assert_says(&bad, ErrorKind::BadRequest, &["\"expand\" must be one of [author, "]);
    let who = client_of(&hub).token("hf_wrong").build().unwrap().whoami().await.unwrap_err();
    assert_says(&who, ErrorKind::Unauthorized, &["with the token that was given", "log in"]);
}

#[tokio::test]
async fn a_moved_branch_is_a_conflict_that_names_both_heads() {
    let hub = hub();
    let api = ada(&hub);
    let old = api.model_info("ada/demo").await.unwrap().sha.unwrap();
    api.upload_file(&b"1"[..], "a", "ada/demo").await.unwrap();
    let error = api.upload_file(&b"2"[..], "a", "ada/demo").parent_commit(&old).await.unwrap_err();
    assert!(error.to_string().contains(&old), "{error}");
}

#[tokio::test]
async fn faults_of_the_server_have_their_kinds() {
    for (fault, kind, words) in [
        (Fault::status(429), ErrorKind::RateLimited, "wait, or send fewer requests"),
        (Fault::status(503), ErrorKind::Server, "not available"),
        (Fault::status(413), ErrorKind::PayloadTooLarge, "too large"),
    ] {
        let hub = hub();
        hub.fault(fault.times(10));
        let api = client_of(&hub).token(ADA).retry(RetryConfig::none()).build().unwrap();
        let error = api.model_info("ada/demo").await.unwrap_err();
        assert_says(&error, kind, &["model ada/demo", words]);
    }
}

fn disabled(hub: &EmbeddedHub) -> hub_api::HfApi {
    // What the public Hub answers for a repository that it has switched off.
    let switched_off =
        tower::util::MapResponseLayer::new(|mut response: http::Response<hub_api::transport::Body>| {
            if response.status() == 200 {
                *response.status_mut() = http::StatusCode::FORBIDDEN;
                let said = http::HeaderValue::from_static("Access to this resource is disabled.");
                response.headers_mut().insert("x-error-message", said);
            }
            response
        });
    client_of(hub).token(ADA).attempt_layer(switched_off).build().unwrap()
}

#[tokio::test]
async fn a_disabled_repository_says_so() {
    let error = disabled(&hub()).model_info("ada/demo").await.unwrap_err();
    assert_says(
        &error,
        ErrorKind::DisabledRepo,
        &["model ada/demo", "disabled", "with the token that was given"],
    );
}

#[tokio::test]
async fn the_token_in_play_is_told_by_its_source() {
    let hub = hub();
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("token");
    let store = HfFolder::new(TokenPaths { token: path.clone(), legacy: None });
    store.save_token(&Token::new(BOB).unwrap()).unwrap();
    let variable = Token::new(BOB).unwrap().with_source(TokenOrigin::Env("HF_TOKEN".into()));
    let from_file = format!("with the token from {}", path.display());
    for (builder, expected) in [
        (client_of(&hub).token_source(store), from_file.as_str()),
        (client_of(&hub).token_source(variable), "with the token of HF_TOKEN"),
        (client_of(&hub).token(BOB), "with the token that was given"),
        (client_of(&hub), "without a token"),
    ] {
        let error = builder.build().unwrap().model_info("ada/none").await.unwrap_err();
        assert_says(&error, ErrorKind::RepoNotFound, &["ada/none", expected]);
    }
}

#[tokio::test]
async fn a_call_can_take_another_token_for_all_of_its_requests() {
    let hub = hub();
    let api = ada(&hub);
    assert_eq!(api.whoami().token(BOB).await.unwrap().name, "bob");
    assert_eq!(api.whoami().await.unwrap().name, "ada");
    // The name of the owner is asked for first.
    assert_eq!(api.get_full_repo_name("x").token(BOB).await.unwrap(), "bob/x");
    api.create_repo("bob/own").token(BOB).private(true).await.unwrap();
    api.upload_file(&b"1"[..], "a", "bob/own").token(BOB).await.unwrap();
    assert!(api.list_repo_tree("bob/own").all().await.unwrap_err().is_not_found());
    assert_eq!(api.list_repo_tree("bob/own").token(BOB).all().await.unwrap().len(), 2);
    let nobody = api.whoami().no_token().await.unwrap_err();
    assert_eq!(nobody.transport().unwrap().context().token, Some(TokenUse::Without));
    let blocking = api.blocking();
    let name = tokio::task::spawn_blocking(move || blocking.whoami().token(BOB).send().unwrap().name);
    assert_eq!(name.await.unwrap(), "bob");
}

#[tokio::test]
async fn a_token_of_a_call_that_is_none_is_an_error_of_the_call() {
    let api = ada(&hub());
    assert!(api.whoami().token("a b").await.unwrap_err().is_invalid_input());
    assert!(api.list_models().token("").all().await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn settings_take_an_organisation_and_a_name_apart_from_the_id() {
    let hub = hub();
    let api = ada(&hub);
    let repo = RepoType::Model;
    api.update_repo_visibility("demo", true).organization("ada").repo_type(repo).await.unwrap();
    assert_eq!(api.model_info("ada/demo").await.unwrap().private, Some(true));
    api.create_repo("ada/other").await.unwrap();
    api.update_repo_visibility("ada/demo", true).name("other").await.unwrap();
    assert_eq!(api.model_info("ada/other").await.unwrap().private, Some(true));
    assert!(
        api.update_repo_visibility("demo", true).organization("a/b").await.unwrap_err().is_invalid_input()
    );
}
