//! Every method, in an order in which each can succeed.

use std::path::Path;

use hub_api::{CommitOperationAdd, HfApi, RepoType, RequestTo, types::space::SpaceSetting};
use hub_tests::{folder_with, noise};
use serde_json::Value;

use crate::SECRET;

/// The name of a method, whether it succeeded, and all that it said: the call itself, and its result or error with all causes.
type Said = (&'static str, bool, String);

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error}\n{error:?}\n");
    let mut next = error.source();
    while let Some(cause) = next {
        text += &format!("{cause}\n{cause:?}\n");
        next = cause.source();
    }
    text
}

pub(crate) async fn all(api: &HfApi, place: &Path) -> Vec<Said> {
    let mut said: Vec<Said> = vec![("debug", true, format!("{api:?} {api:#?}"))];
    macro_rules! run {
        ($name:ident($($argument:expr),*) $($rest:tt)*) => {
            match api.$name($($argument),*) $($rest)* .await {
                Ok(value) => {
                    said.push((stringify!($name), true, format!("{value:?}")));
                    Some(value)
                }
                Err(error) => {
                    said.push((stringify!($name), false, chain(&hub_api::Error::from(error))));
                    None
                }
            }
        };
    }
    let space = RepoType::Space;
    let folder = folder_with(&[("b.txt", b"b"), ("big.bin", &noise(1, 60_000)), ("x/c.txt", b"c")]);
    let id = "ada/demo";

    // Repositories and files.
    run!(whoami());
    run!(create_repo("ada/new"));
    run!(upload_file(&b"---\nlicense: mit\n---\n"[..], "README.md", id));
    run!(upload_folder(id, folder.path()));
    run!(upload_large_folder(id, folder.path()).path_in_repo("large"));
    let add = CommitOperationAdd::new("d.txt", &b"d"[..]).unwrap();
    run!(create_commit(id, [add.into()], "Few"));
    run!(delete_file("b.txt", id));
    run!(delete_folder("x", id));
    run!(upload_file(&b"p"[..], "p.txt", id).create_pr(true));

    // Questions.
    run!(model_info(id).files_metadata(true));
    run!(repo_info(id));
    run!(repo_exists(id));
    run!(revision_exists(id, "main"));
    run!(file_exists(id, "d.txt"));
    run!(auth_check(id).write(true));
    run!(list_repo_files(id));
    run!(list_repo_tree(id).all());
    run!(get_paths_info(id, ["d.txt", "big.bin"]));
    run!(list_repo_commits(id).all());
    run!(list_repo_refs(id));
    run!(list_models().all());
    run!(list_datasets().all());
    run!(list_spaces().all());
    run!(get_model_tags());
    run!(get_dataset_tags());
    run!(model_search_arguments());
    run!(dataset_search_arguments());
    run!(list_metrics());
    run!(get_full_repo_name("demo"));
    run!(request(RequestTo::<Value>::get("/api/whoami-v2")));

    // Branches and tags.
    run!(create_branch(id, "plain"));
    run!(create_tag(id, "v1"));
    run!(delete_tag(id, "v1"));
    run!(super_squash_history(id).branch("plain"));
    run!(delete_branch(id, "plain"));

    // Downloads.
    let target = place.join("files");
    run!(hf_hub_download(id, "d.txt"));
    run!(snapshot_download(id).local_dir(&target));
    run!(verify_repo_checksums(id).local_dir(&target));
    run!(try_to_load_from_cache(id, "d.txt"));
    run!(resolve_revision(id));
    run!(get_cached_repo_tree(id).local_dir(&target));
    run!(cached_assets_path("tests").assets_dir(&target));
    if let Some(url) = run!(hf_hub_url(id, "d.txt")) {
        run!(get_hf_file_metadata(url));
    }
    run!(read_file(id, "d.txt"));

    // Discussions; the commit above opened number 1.
    run!(create_discussion(id, "A question"));
    run!(create_pull_request(id, "A change"));
    let comment = run!(comment_discussion(id, 2, "So.")).map_or_else(|| "none".to_owned(), |event| event.id);
    run!(edit_discussion_comment(id, 2, &comment, "Thus."));
    run!(hide_discussion_comment(id, 2, &comment));
    run!(rename_discussion(id, 2, "A response"));
    run!(change_discussion_status(id, 2, "closed"));
    run!(get_discussion_details(id, 2));
    run!(get_repo_discussions(id).all());
    run!(merge_pull_request(id, 1));

    // Spaces, with a secret.
    let app = "ada/app";
    let secrets = || [SpaceSetting::new("KEY", SECRET)];
    said.push(("debug", true, format!("{:?}", secrets())));
    run!(create_repo(app).repo_type(space).space_sdk("gradio").space_secrets(secrets()));
    said.push(("debug", true, format!("{:?}", api.add_space_secret(app, "A", SECRET))));
    run!(add_space_secret(app, "A", SECRET));
    run!(get_space_secrets(app));
    run!(delete_space_secret(app, "A"));
    run!(add_space_variable(app, "A", "x"));
    run!(get_space_variables(app));
    run!(delete_space_variable(app, "A"));
    run!(get_space_runtime(app));
    run!(list_spaces_hardware());
    run!(list_space_templates());
    run!(request_space_hardware(app, "l4x1"));
    run!(set_space_sleep_time(app, 60));
    run!(pause_space(app));
    run!(restart_space(app));
    run!(set_space_dev_mode(app, true));
    run!(space_info(app));
    run!(duplicate_space(app).to_id("ada/copy").secrets(secrets()));

    // The end.
    run!(like(id));
    run!(list_repo_likers(id).all());
    run!(list_liked_repos());
    run!(unlike(id));
    run!(update_repo_visibility(id, true));
    run!(update_repo_settings(id).private(false));
    run!(move_repo("ada/new", "ada/moved"));
    run!(delete_repo("ada/moved"));
    said
}
