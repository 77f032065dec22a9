//! The methods, each with arguments for its `n`th run.

#![allow(clippy::async_yields_async, reason = "what is prepared is a future, polled by somebody else")]

use std::{future::IntoFuture, io::SeekFrom, pin::Pin, sync::Arc};

use futures_util::TryStreamExt;
use hub_api::{Error, HfApi, RepoType, commit::CommitOperationAdd, types::card::CardMap};
use hub_tests::{
    cancel::{Begun, Served},
    noise,
};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

pub(crate) const DEMO: &str = "ada/demo";
pub(crate) const APP: &str = "ada/app";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Change,
    Upload,
    Download,
}

/// Prepares a run, which is not counted, and gives the call.
type Begin = fn(HfApi, Arc<Served>, usize) -> Pin<Box<dyn Future<Output = Begun> + Send>>;

pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) begin: Begin,
}

/// Rows of a name, what is done before, whose value is `it`, and the call.
macro_rules! methods {
    ($kind:expr, ($api:ident, $scene:ident, $n:ident, $it:ident), $($name:ident: $before:block $call:expr;)*) => {
        vec![$(Method {
            name: stringify!($name),
            kind: $kind,
            begin: |$api, $scene, $n| Box::pin(async move {
                let $it = $before;
                let _ = (&$it, &$scene, $n);
                let call = IntoFuture::into_future($call);
                Box::pin(async move { call.await.map(drop) }) as Begun
            }),
        }),*]
    };
}

pub(crate) fn methods() -> Vec<Method> {
    [reads(), discussions(), repositories(), spaces(), uploads(), downloads()].into_iter().flatten().collect()
}

async fn comment(api: &HfApi) -> String {
    api.comment_discussion(DEMO, 1, "first").await.unwrap().id
}

async fn discussion(api: &HfApi) -> u64 {
    api.create_discussion(DEMO, "Another").await.unwrap().discussion.num
}

async fn pull_request(api: &HfApi, n: usize) -> u64 {
    let content = n.to_string().into_bytes();
    let call = api.upload_file(content, format!("pull/{n}"), DEMO).create_pr(true);
    call.await.unwrap().pr_num.unwrap()
}

async fn new_repo(api: &HfApi, id: String) -> String {
    api.create_repo(id.clone()).await.unwrap();
    id
}

fn reads() -> Vec<Method> {
    methods! { Kind::Read, (api, scene, n, it),
        whoami: {} api.whoami();
        repo_info: {} api.repo_info(DEMO);
        model_info: {} api.model_info(DEMO).files_metadata(true);
        dataset_info: {} api.dataset_info("ada/data");
        space_info: {} api.space_info(APP);
        repo_exists: {} api.repo_exists(DEMO);
        list_repo_files: {} api.list_repo_files(DEMO);
        list_repo_tree: {} api.list_repo_tree(DEMO).recursive(true).all();
        list_repo_refs: {} api.list_repo_refs(DEMO);
        list_repo_commits: {} api.list_repo_commits(DEMO).all();
        get_paths_info: {} api.get_paths_info(DEMO, ["a.txt", "w.bin"]);
        revision_exists: {} api.revision_exists(DEMO, "main");
        file_exists: {} api.file_exists(DEMO, "a.txt");
        auth_check: {} api.auth_check(DEMO);
        list_liked_repos: {} api.list_liked_repos();
        list_repo_likers: {} api.list_repo_likers(DEMO).all();
        list_models: {} api.list_models().all();
        list_datasets: {} api.list_datasets().all();
        list_spaces: {} api.list_spaces().all();
        get_model_tags: {} api.get_model_tags();
        get_dataset_tags: {} api.get_dataset_tags();
        model_search_arguments: {} api.model_search_arguments();
        dataset_search_arguments: {} api.dataset_search_arguments();
        list_metrics: {} api.list_metrics();
        get_full_repo_name: {} api.get_full_repo_name("demo");
        get_repo_discussions: {} api.get_repo_discussions(DEMO).all();
        get_discussion_details: {} api.get_discussion_details(DEMO, 1);
        get_space_secrets: {} api.get_space_secrets(APP);
        get_space_variables: {} api.get_space_variables(APP);
        get_space_runtime: {} api.get_space_runtime(APP);
        list_spaces_hardware: {} api.list_spaces_hardware();
        list_space_templates: {} api.list_space_templates();
        get_hf_file_metadata: {} api.get_hf_file_metadata(format!("{}/{DEMO}/resolve/main/w.bin", scene.url));
        hf_hub_url: {} api.hf_hub_url(DEMO, "a.txt");
        try_to_load_from_cache: {} api.try_to_load_from_cache(DEMO, "a.txt");
        get_cached_repo_tree: { downloaded(&api, &scene).await } api.get_cached_repo_tree(DEMO);
        cached_assets_path: { scene.folder("assets", n) } api.cached_assets_path("tests").assets_dir(it);
        resolve_revision: {} api.resolve_revision(DEMO);
    }
}

fn discussions() -> Vec<Method> {
    methods! { Kind::Change, (api, scene, n, it),
        create_discussion: {} api.create_discussion(DEMO, format!("Topic {n}"));
        create_pull_request: {} api.create_pull_request(DEMO, format!("Change {n}"));
        comment_discussion: {} api.comment_discussion(DEMO, 1, format!("comment {n}"));
        edit_discussion_comment: { comment(&api).await } api.edit_discussion_comment(DEMO, 1, it, format!("new {n}"));
        hide_discussion_comment: { comment(&api).await } api.hide_discussion_comment(DEMO, 1, it);
        rename_discussion: {} api.rename_discussion(DEMO, 1, format!("Name {n}"));
        change_discussion_status: { discussion(&api).await } api.change_discussion_status(DEMO, it, "closed");
        merge_pull_request: { pull_request(&api, n).await } api.merge_pull_request(DEMO, it);
    }
}

fn repositories() -> Vec<Method> {
    methods! { Kind::Change, (api, scene, n, it),
        create_repo: {} api.create_repo(format!("ada/new-{n}"));
        delete_repo: { new_repo(&api, format!("ada/gone-{n}")).await } api.delete_repo(it);
        move_repo: { new_repo(&api, format!("ada/old-{n}")).await } api.move_repo(it, format!("ada/moved-{n}"));
        update_repo_visibility: {} api.update_repo_visibility("ada/data", n % 2 == 0).repo_type(RepoType::Dataset);
        update_repo_settings: {} api.update_repo_settings("ada/data").repo_type(RepoType::Dataset).private(n % 2 == 0);
        create_branch: {} api.create_branch(DEMO, format!("branch-{n}"));
        delete_branch: { api.create_branch(DEMO, format!("gone-{n}")).await.unwrap() } api.delete_branch(DEMO, format!("gone-{n}"));
        create_tag: {} api.create_tag(DEMO, format!("tag-{n}"));
        delete_tag: { api.create_tag(DEMO, format!("gone-{n}")).await.unwrap() } api.delete_tag(DEMO, format!("gone-{n}"));
        super_squash_history: { new_repo(&api, format!("ada/long-{n}")).await } api.super_squash_history(it);
        like: {} api.like(DEMO);
        unlike: {} api.unlike(DEMO);
        duplicate_repo: {} api.duplicate_repo(DEMO).to_id(format!("ada/copy-{n}"));
    }
}

fn spaces() -> Vec<Method> {
    methods! { Kind::Change, (api, scene, n, it),
        add_space_secret: {} api.add_space_secret(APP, "KEY", "x");
        delete_space_secret: {} api.delete_space_secret(APP, "KEY");
        add_space_variable: {} api.add_space_variable(APP, "MODE", "fast");
        delete_space_variable: {} api.delete_space_variable(APP, "MODE");
        request_space_hardware: {} api.request_space_hardware(APP, "t4-small");
        set_space_sleep_time: {} api.set_space_sleep_time(APP, 3600);
        pause_space: {} api.pause_space(APP);
        restart_space: {} api.restart_space(APP);
        set_space_dev_mode: {} api.set_space_dev_mode(APP, true);
        duplicate_space: {} api.duplicate_space(APP).to_id(format!("ada/app-{n}"));
    }
}

fn uploads() -> Vec<Method> {
    methods! { Kind::Upload, (api, scene, n, it),
        create_commit: { CommitOperationAdd::new("new.bin", noise(1000 + n as u64, 30_000)).unwrap() }
            api.create_commit(DEMO, [it.into()], "Add a file");
        upload_file: {} api.upload_file(n.to_string().into_bytes(), "n.txt", DEMO);
        upload_folder: { new_repo(&api, format!("ada/folder-{n}")).await }
            api.upload_folder(it, scene.scratch.path().join("source"));
        upload_large_folder: { new_repo(&api, format!("ada/large-{n}")).await }
            api.upload_large_folder(it, scene.scratch.path().join("source")).files_per_commit(2);
        push_repo_card: { format!("---\nlicense: mit\n---\n{n}\n").parse().unwrap() } api.push_repo_card(DEMO, &it);
        metadata_update: {} api.metadata_update(DEMO, CardMap::from_iter([("license", format!("other-{n}"))])).overwrite(true);
        delete_file: { add(&api, format!("gone/{n}")).await } api.delete_file(it, DEMO);
        delete_folder: { add(&api, format!("folder-{n}/x")).await } api.delete_folder(format!("folder-{n}"), DEMO);
    }
}

async fn add(api: &HfApi, path: String) -> String {
    api.upload_file(&b"x"[..], &path, DEMO).await.unwrap();
    path
}

fn downloads() -> Vec<Method> {
    methods! { Kind::Download, (api, scene, n, it),
        hf_hub_download: { scene.folder("file", n) } api.hf_hub_download(DEMO, "w.bin").cache_dir(it);
        snapshot_download: { scene.folder("all", n) } api.snapshot_download(DEMO).local_dir(it);
        verify_repo_checksums: { downloaded(&api, &scene).await } api.verify_repo_checksums(DEMO);
        open_file: {} async move {
            let mut reader = api.open_file(DEMO, "w.bin").await?;
            reader.seek(SeekFrom::End(-10)).await.unwrap();
            let mut end = Vec::new();
            reader.read_to_end(&mut end).await.unwrap();
            assert_eq!(end.len(), 10);
            Ok::<_, Error>(())
        };
        get_safetensors_metadata: {} api.get_safetensors_metadata(DEMO);
        parse_safetensors_file_metadata: {} api.parse_safetensors_file_metadata(DEMO, "model.safetensors");
        get_gguf_metadata: {} api.get_gguf_metadata(DEMO, "model.gguf");
        read_tensor: {} api.read_tensor(DEMO, "bias");
        download_safetensors: { scene.folder("weights", n) } api.download_safetensors(DEMO).cache_dir(it);
        load_repo_card: {} api.load_repo_card(DEMO);
        read_file: {} async move {
            let reader = api.read_file(DEMO, "w.bin").await?;
            let read = reader.try_fold(0, async |read, chunk| Ok(read + chunk.len())).await?;
            assert_eq!(read, 150_000);
            Ok::<_, Error>(())
        };
    }
}

async fn downloaded(api: &HfApi, scene: &Served) {
    let cache = scene.scratch.path().join("cache");
    api.snapshot_download(DEMO).cache_dir(cache).await.unwrap();
}
