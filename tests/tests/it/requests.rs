//! The request that each method sends: the call on the left, method and address on the right.

use hub_api::{Call, HfApi, Operation, RepoType, transport::testing::Recorder, types::Gated};
use hub_tests::{client_of, hub};

fn shown(request: Result<http::Request<hub_api::transport::Body>, hub_api::Error>) -> String {
    let request = request.unwrap();
    format!("{} {}", request.method(), request.uri())
}

#[test]
fn calls_say_what_they_would_send() {
    let api = HfApi::builder().build().unwrap();
    let table = [
        (shown(api.whoami().request()), "GET /api/whoami-v2"),
        (shown(api.model_info("a/b").request()), "GET /api/models/a/b"),
        (
            shown(
                api.model_info("a/b")
                    .revision("refs/pr/1")
                    .files_metadata(true)
                    .security_status(true)
                    .request(),
            ),
            "GET /api/models/a/b/revision/refs%2Fpr%2F1?securityStatus=true&blobs=true",
        ),
        (shown(api.dataset_info("a/b").request()), "GET /api/datasets/a/b"),
        (
            shown(api.space_info("gpt2").expand(["sha", "sdk"]).request()),
            "GET /api/spaces/gpt2?expand=sha&expand=sdk",
        ),
        (shown(api.repo_info("a/b").repo_type(RepoType::Dataset).request()), "GET /api/datasets/a/b"),
        (shown(api.list_repo_refs("a/b").request()), "GET /api/models/a/b/refs"),
        (
            shown(api.list_repo_refs("a/b").include_pull_requests(true).request()),
            "GET /api/models/a/b/refs?include_prs=true",
        ),
        (shown(api.auth_check("a/b").request()), "GET /api/models/a/b/auth-check"),
        (shown(api.auth_check("a/b").write(true).request()), "GET /api/models/a/b/auth-check/write"),
        (shown(api.like("a/b").repo_type(RepoType::Space).request()), "POST /api/spaces/a/b/like"),
        (shown(api.unlike("a/b").request()), "DELETE /api/models/a/b/like"),
    ];
    for (request, expected) in table {
        assert_eq!(request, expected);
    }
}

#[test]
fn a_call_that_cannot_be_sent_says_so_when_asked() {
    let api = HfApi::builder().build().unwrap();
    assert!(api.model_info("a//b").request().unwrap_err().is_invalid_input());
    assert!(
        api.model_info("a/b").expand(["sha"]).files_metadata(true).request().unwrap_err().is_invalid_input()
    );
}

/// What a call sends first; the answer does not matter.
async fn sent<O: Operation>(call: impl FnOnce(&HfApi) -> Call<O>) -> String {
    let recorder = Recorder::new();
    let api = client_of(&hub()).attempt_layer(recorder.layer()).build().unwrap();
    let _ = call(&api).await;
    let first = recorder.requests().remove(0);
    format!("{} {}", first.line(), String::from_utf8_lossy(&first.body)).trim_end().to_owned()
}

#[tokio::test]
async fn calls_of_several_steps_begin_with_what_they_would_send() {
    let table = [
        (sent(|api| api.create_branch("a/b", "x/y")).await, "POST /api/models/a/b/branch/x%2Fy {}"),
        (
            sent(|api| api.create_branch("a/b", "x").revision("refs/pr/1").repo_type(RepoType::Dataset))
                .await,
            r#"POST /api/datasets/a/b/branch/x {"startingPoint":"refs/pr/1"}"#,
        ),
        (sent(|api| api.delete_branch("a/b", "x/y")).await, "DELETE /api/models/a/b/branch/x%2Fy"),
        (sent(|api| api.create_tag("a/b", "v1")).await, r#"POST /api/models/a/b/tag/main {"tag":"v1"}"#),
        (
            sent(|api| api.create_tag("a/b", "v/1").revision("refs/pr/1").tag_message("One")).await,
            r#"POST /api/models/a/b/tag/refs%2Fpr%2F1 {"tag":"v/1","message":"One"}"#,
        ),
        (sent(|api| api.delete_tag("a/b", "v/1")).await, "DELETE /api/models/a/b/tag/v%2F1"),
        (
            sent(|api| api.super_squash_history("a/b").branch("x/y").commit_message("One")).await,
            r#"POST /api/models/a/b/super-squash/x%2Fy {"message":"One"}"#,
        ),
        (
            sent(|api| api.move_repo("a/b", "c/d").repo_type(RepoType::Space)).await,
            r#"POST /api/repos/move {"fromRepo":"a/b","toRepo":"c/d","type":"space"}"#,
        ),
        (
            sent(|api| api.update_repo_visibility("a/b", true)).await,
            r#"PUT /api/models/a/b/settings {"private":true}"#,
        ),
        (
            sent(|api| api.update_repo_settings("a/b").visibility("public").gated(Gated::Flag(false))).await,
            r#"PUT /api/models/a/b/settings {"visibility":"public","gated":false}"#,
        ),
        (sent(|api| api.update_repo_visibility("b", true)).await, "GET /api/whoami-v2"),
        (
            sent(|api| api.revision_exists("a/b", "refs/pr/1")).await,
            "GET /api/models/a/b/revision/refs%2Fpr%2F1",
        ),
        (sent(|api| api.file_exists("a/b", "c/d e")).await, "HEAD /a/b/resolve/main/c/d%20e"),
        (sent(|api| api.list_liked_repos().user("a b")).await, "GET /api/users/a%20b/likes"),
        (sent(|api| api.list_liked_repos()).await, "GET /api/whoami-v2"),
    ];
    for (request, expected) in table {
        assert_eq!(request, expected);
    }
}
