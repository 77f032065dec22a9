//! Every method of the client, with as few and with as many arguments as it takes.

use hub_api::{
    CommitOperation, CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi, IsFolder,
    RepoType, RequestTo,
    types::{
        Gated,
        card::CardMap,
        discussion::{DiscussionStatusFilter, DiscussionTypeFilter},
        space::SpaceSetting,
    },
};
use hub_server::{EmbeddedHub, OrgRole, TokenRole};
use hub_tests::{
    ADA, BOB,
    book::{gguf, weights},
    folder_with, noise,
};
use serde_json::Value;

use crate::{
    call, try_call,
    watch::{Client, Exchange, Watch},
};

/// Runs all methods over an embedded Hub, and gives what was exchanged.
pub(crate) async fn everything() -> Vec<Exchange> {
    let hub = EmbeddedHub::temporary()
        .token("ada", ADA, TokenRole::Write)
        .token("bob", BOB, TokenRole::Write)
        .member("analytical", "ada", OrgRole::Write)
        .build()
        .unwrap();
    let watch = Watch::default();
    let client = |token: &str| -> Client {
        let api: HfApi = watch.client_of(&hub).token(token).build().unwrap();
        Client { api, watch: watch.clone() }
    };
    let (ada, bob) = (client(ADA), client(BOB));
    for repo_type in RepoType::ALL {
        let id = format!("ada/some-{repo_type}");
        let repo = Repo { id: &id, repo_type };
        repo.create(&ada).await;
        repo.files(&ada).await;
        repo.refs(&ada).await;
        repo.discussions(&ada, &bob).await;
        repo.questions(&ada).await;
        repo.downloads(&ada).await;
        repo.weights_and_cards(&ada).await;
        repo.end(&ada).await;
    }
    of_spaces(&ada).await;
    of_users(&ada, &bob).await;
    tags_and_searches(&ada).await;
    all_arguments(&ada).await;
    watch.exchanges()
}

/// What only Spaces have, and copies.
async fn of_spaces(ada: &Client) {
    let id = "ada/app";
    let setting = || [SpaceSetting::new("KEY", "value")];
    let described = || setting().map(|setting| setting.description("what for".to_owned()));
    call!(
        ada,
        create_repo(id)
            .repo_type(RepoType::Space)
            .space_sdk("gradio")
            .space_hardware("t4-small")
            .space_sleep_time(60)
            .space_secrets(described())
            .space_variables(setting())
    );
    call!(ada, upload_file(&b"print()"[..], "app.py", id).repo_type(RepoType::Space));
    call!(ada, add_space_secret(id, "A", "x"));
    call!(ada, add_space_secret(id, "A", "x").description("what for"));
    call!(ada, get_space_secrets(id));
    call!(ada, delete_space_secret(id, "A"));
    call!(ada, add_space_variable(id, "A", "x"));
    call!(ada, add_space_variable(id, "A", "x").description("what for"));
    call!(ada, get_space_variables(id));
    call!(ada, delete_space_variable(id, "A"));
    call!(ada, get_space_runtime(id));
    call!(ada, list_spaces_hardware());
    let card = b"---\ntags: [template]\n---\n";
    call!(ada, upload_file(&card[..], "README.md", id).repo_type(RepoType::Space));
    call!(ada, list_space_templates());
    call!(ada, create_repo("ada/begun").repo_type(RepoType::Space).space_template(id));
    call!(ada, request_space_hardware(id, "l4x1"));
    call!(ada, request_space_hardware(id, "l4x1").sleep_time(-1));
    call!(ada, set_space_sleep_time(id, 60));
    call!(ada, pause_space(id));
    call!(ada, restart_space(id));
    call!(ada, restart_space(id).factory_reboot(true));
    call!(ada, set_space_dev_mode(id, true));
    call!(ada, duplicate_space(id).to_id("ada/copy"));
    call!(
        ada,
        duplicate_space(id)
            .to_id("analytical/copy")
            .private(true)
            .hardware("cpu-basic")
            .sleep_time(-1)
            .secrets(described())
            .variables(setting())
    );
    call!(ada, create_repo("ada/original"));
    let group = "a".repeat(24);
    call!(
        ada,
        duplicate_repo("ada/original").to_id("ada/copy").visibility("private").resource_group_id(group)
    );
}

/// One repository of a kind.
struct Repo<'a> {
    id: &'a str,
    repo_type: RepoType,
}

impl Repo<'_> {
    async fn create(&self, ada: &Client) {
        let (id, kind) = (self.id, self.repo_type);
        let is_space = kind == RepoType::Space;
        let first = |client: &Client, id: &str| {
            let call = client.api.create_repo(id).repo_type(kind);
            if is_space { call.space_sdk("static") } else { call }
        };
        ada.watch.run("create_repo", first(ada, id)).await.unwrap();
        ada.watch.run("create_repo", first(ada, id).private(false).exist_ok(true)).await.unwrap();
        let other = format!("analytical/some-{kind}");
        let full = first(ada, &other).private(true);
        let full = if is_space { full.space_sdk("gradio").space_hardware("cpu-basic") } else { full };
        ada.watch.run("create_repo", full).await.unwrap();
        ada.watch.run("create_repo", first(ada, &other)).await.unwrap_err();
    }

    async fn files(&self, ada: &Client) {
        let (id, kind) = (self.id, self.repo_type);
        call!(ada, upload_file(&b"hello"[..], "docs/a.txt", id).repo_type(kind));
        let folder = folder_with(&[("b.txt", b"b"), ("big.bin", &noise(1, 60_000)), ("x/c.txt", b"c")]);
        let head = call!(ada, upload_folder(id, folder.path()).repo_type(kind)).oid;
        let add: CommitOperation = CommitOperationAdd::new("d.txt", &b"d"[..]).unwrap().into();
        let delete: CommitOperation = CommitOperationDelete::new("b.txt", IsFolder::File).unwrap().into();
        call!(ada, create_commit(id, [add.clone()], "Few").repo_type(kind));
        let head_now = call!(ada, list_repo_refs(id).repo_type(kind)).branches[0].target_commit.clone();
        assert_ne!(head, head_now);
        let only = folder_with(&[("a.txt", b"a\n")]);
        let mirror = ada.api.upload_folder(id, folder.path()).repo_type(kind).path_in_repo("copy");
        ada.watch.run("upload_folder", mirror).await.unwrap();
        let mirror = ada.api.upload_folder(id, only.path()).repo_type(kind).path_in_repo("copy");
        ada.watch.run("upload_folder", mirror.delete_patterns(["*"])).await.unwrap();
        let large = folder_with(&[("planned.bin", &noise(2, 40_000))]);
        let planned = ada.api.upload_folder(id, large.path()).repo_type(kind).plan();
        let planned = ada.watch.run("upload_folder", planned).await.unwrap();
        call!(ada, execute(planned));
        let head_now = call!(ada, list_repo_refs(id).repo_type(kind)).branches[0].target_commit.clone();
        call!(
            ada,
            create_commit(id, [CommitOperationAdd::new("e.txt", &b"e"[..]).unwrap().into(), delete], "Many")
                .repo_type(kind)
                .revision("main")
                .parent_commit(head_now)
                .commit_description("All that can be said.")
        );
        call!(ada, upload_large_folder(id, folder.path()).repo_type(kind).path_in_repo("large"));
        call!(ada, upload_file(&b"p"[..], "p.txt", id).repo_type(kind).create_pr(true));
        call!(ada, upload_file(&b"q"[..], "q.txt", id).repo_type(kind).revision("refs/pr/1"));
        call!(ada, delete_file("e.txt", id).repo_type(kind).commit_message("Not this one"));
        call!(ada, delete_folder("x", id).repo_type(kind));
    }

    async fn refs(&self, ada: &Client) {
        let (id, kind) = (self.id, self.repo_type);
        call!(ada, create_branch(id, "plain").repo_type(kind));
        call!(ada, create_branch(id, "with/slash").repo_type(kind).revision("main"));
        call!(ada, create_branch(id, "plain").repo_type(kind).exist_ok(true));
        call!(ada, delete_branch(id, "with/slash").repo_type(kind));
        call!(ada, create_tag(id, "v1").repo_type(kind));
        call!(ada, create_tag(id, "v2").repo_type(kind).revision("plain").tag_message("Second"));
        call!(ada, create_tag(id, "v1").repo_type(kind).exist_ok(true));
        call!(ada, list_repo_refs(id).repo_type(kind).include_pull_requests(true));
        call!(ada, delete_tag(id, "v1").repo_type(kind));
        call!(ada, super_squash_history(id).repo_type(kind).branch("plain").commit_message("One"));
    }

    async fn discussions(&self, ada: &Client, bob: &Client) {
        let (id, kind) = (self.id, self.repo_type);
        // The commit above opened number 1.
        call!(ada, create_discussion(id, "A question").repo_type(kind));
        call!(bob, create_discussion(id, "Another").repo_type(kind).description("How?"));
        call!(bob, create_pull_request(id, "A change").repo_type(kind).description("Why not?"));
        let comment = call!(bob, comment_discussion(id, 2, "So.").repo_type(kind)).id;
        call!(bob, edit_discussion_comment(id, 2, &comment, "Thus.").repo_type(kind));
        call!(ada, hide_discussion_comment(id, 2, &comment).repo_type(kind));
        call!(ada, rename_discussion(id, 2, "A response").repo_type(kind));
        call!(ada, change_discussion_status(id, 2, "closed").repo_type(kind));
        call!(ada, change_discussion_status(id, 2, "open").repo_type(kind).comment("Not yet."));
        for number in [2, 4] {
            call!(ada, get_discussion_details(id, number).repo_type(kind));
        }
        call!(ada, merge_pull_request(id, 1).repo_type(kind).comment("Well done."));
        call!(bob, upload_file(&b"new"[..], "new.txt", id).repo_type(kind).revision("refs/pr/4"));
        call!(bob, change_discussion_status(id, 4, "open").repo_type(kind));
        call!(ada, merge_pull_request(id, 4).repo_type(kind));
        call!(ada, get_discussion_details(id, 4).repo_type(kind));
        call!(ada, get_repo_discussions(id).repo_type(kind).all());
        call!(
            ada,
            get_repo_discussions(id)
                .repo_type(kind)
                .author("bob")
                .discussion_type(DiscussionTypeFilter::PullRequest)
                .discussion_status(DiscussionStatusFilter::Closed)
                .all()
        );
        // One that cannot be merged, and is given up.
        call!(bob, upload_file(&b"bob's"[..], "f", id).repo_type(kind).create_pr(true));
        call!(ada, upload_file(&b"ada's"[..], "f", id).repo_type(kind));
        call!(ada, get_discussion_details(id, 5).repo_type(kind));
        assert!(try_call!(ada, merge_pull_request(id, 5).repo_type(kind)).is_err());
        call!(bob, change_discussion_status(id, 5, "closed").repo_type(kind).comment("Never mind."));
        call!(ada, get_discussion_details(id, 5).repo_type(kind));
        for number in 6..=22 {
            call!(ada, create_discussion(id, format!("Topic {number}")).repo_type(kind));
        }
        call!(ada, get_repo_discussions(id).repo_type(kind).all());
    }

    async fn questions(&self, ada: &Client) {
        let (id, kind) = (self.id, self.repo_type);
        call!(ada, repo_info(id).repo_type(kind));
        call!(ada, repo_exists(id).repo_type(kind));
        call!(ada, revision_exists(id, "main").repo_type(kind));
        call!(ada, file_exists(id, "d.txt").repo_type(kind));
        call!(ada, auth_check(id).repo_type(kind).write(true));
        call!(ada, list_repo_files(id).repo_type(kind));
        call!(ada, list_repo_tree(id).repo_type(kind).all());
        call!(
            ada,
            list_repo_tree(id)
                .repo_type(kind)
                .revision("refs/pr/1")
                .path_in_repo("docs")
                .recursive(true)
                .expand(true)
                .all()
        );
        call!(ada, list_repo_tree(id).repo_type(kind).recursive(true).expand(true).all());
        let paths = ["docs", "d.txt", "big.bin", "none"];
        call!(ada, get_paths_info(id, paths).repo_type(kind));
        call!(ada, get_paths_info(id, paths).repo_type(kind).revision("main").expand(true));
        call!(ada, list_repo_commits(id).repo_type(kind).all());
        call!(ada, list_repo_commits(id).repo_type(kind).revision("plain").all());
        // As URLs of further pages look, and what no method asks for.
        for path in ["tree/main?recursive=true&limit=1", "commits/main?limit=1&expand=formatted"] {
            let pages = RequestTo::<Value>::get(format!("/api/{}/{id}/{path}", kind.plural()));
            assert!(ada.api.request_pages(pages).all().await.unwrap().len() > 2);
        }
    }

    async fn downloads(&self, ada: &Client) {
        let (id, kind) = (self.id, self.repo_type);
        let target = tempfile::tempdir().unwrap();
        call!(ada, hf_hub_download(id, "d.txt").repo_type(kind).local_dir(target.path()));
        let url = call!(ada, hf_hub_url(id, "d.txt").repo_type(kind));
        call!(ada, get_hf_file_metadata(url));
        call!(ada, read_file(id, "d.txt").repo_type(kind).range(1..));
        call!(ada, try_to_load_from_cache(id, "d.txt").repo_type(kind).cache_dir(target.path()));
        call!(ada, snapshot_download(id).repo_type(kind).revision("main").local_dir(target.path()));
        call!(ada, resolve_revision(id).repo_type(kind).cache_dir(target.path().join("cache")));
        call!(ada, verify_repo_checksums(id).repo_type(kind).local_dir(target.path()).repair(true));
    }

    async fn weights_and_cards(&self, ada: &Client) {
        let (id, kind) = (self.id, self.repo_type);
        let target = tempfile::tempdir().unwrap();
        call!(ada, upload_file(weights(), "model.safetensors", id).repo_type(kind));
        call!(ada, upload_file(gguf(), "model.gguf", id).repo_type(kind));
        call!(ada, open_file(id, "model.gguf").repo_type(kind).revision("main"));
        call!(ada, get_safetensors_metadata(id).repo_type(kind));
        call!(ada, parse_safetensors_file_metadata(id, "model.safetensors").repo_type(kind));
        call!(ada, get_gguf_metadata(id, "model.gguf").repo_type(kind));
        call!(ada, read_tensor(id, "bias").repo_type(kind));
        call!(ada, download_safetensors(id).repo_type(kind).local_dir(target.path()));
        let card = "---\nlicense: mit\nsdk: static\n---\n# Card\n".parse().unwrap();
        call!(ada, push_repo_card(id, &card).repo_type(kind));
        call!(ada, load_repo_card(id).repo_type(kind));
        let license = CardMap::from_iter([("license", "apache-2.0")]);
        call!(ada, metadata_update(id, license).repo_type(kind).overwrite(true));
    }

    async fn end(&self, ada: &Client) {
        let (id, kind) = (self.id, self.repo_type);
        call!(ada, update_repo_visibility(id, true).repo_type(kind));
        call!(ada, update_repo_settings(id).repo_type(kind).visibility("public"));
        call!(ada, update_repo_settings(id).repo_type(kind).private(true));
        // A Space cannot be gated.
        let gates = [Gated::Mode("manual".into()), Gated::Flag(false)];
        for gated in gates.into_iter().filter(|_| kind != RepoType::Space) {
            call!(ada, update_repo_settings(id).repo_type(kind).private(true).gated(gated));
        }
        call!(ada, update_repo_visibility(id, false).repo_type(kind));
        call!(ada, like(id).repo_type(kind));
        call!(ada, list_repo_likers(id).repo_type(kind).all());
        let moved = format!("{id}-moved");
        call!(ada, move_repo(id, &moved).repo_type(kind));
        call!(ada, delete_repo(&moved).repo_type(kind).missing_ok(true));
        assert!(try_call!(ada, delete_repo(&moved).repo_type(kind)).is_err());
    }
}

async fn of_users(ada: &Client, bob: &Client) {
    call!(ada, whoami());
    call!(bob, whoami());
    call!(bob, create_repo("short-name"));
    call!(bob, like("bob/short-name"));
    call!(bob, list_liked_repos());
    call!(ada, get_full_repo_name("demo"));
    call!(ada, get_full_repo_name("demo").organization("analytical"));
    for kind in RepoType::ALL {
        let id = format!("analytical/some-{kind}");
        call!(ada, like(&id).repo_type(kind));
        call!(ada, update_repo_visibility(&id, false).repo_type(kind));
    }
    call!(ada, list_liked_repos());
    call!(ada, list_liked_repos().user("ada"));
    let pages = RequestTo::<Value>::get("/api/users/ada/likes").query("limit", 1);
    assert_eq!(ada.api.request_pages(pages).all().await.unwrap().len(), 3);
    call!(ada, unlike("analytical/some-model"));
}

async fn tags_and_searches(ada: &Client) {
    let card =
        b"---\nlicense: mit\nlanguage: fr\ntags: [x]\npipeline_tag: text-generation\nlibrary_name: candle\n\
        datasets: [ada/d]\n---\n";
    let data_card = b"---\nlicense: mit\nlanguage: fr\ntags: [x]\ntask_categories: [text-generation]\n\
        size_categories: [n<1K]\n---\n";
    call!(ada, upload_file(&card[..], "README.md", "analytical/some-model"));
    call!(
        ada,
        upload_file(&data_card[..], "README.md", "analytical/some-dataset").repo_type(RepoType::Dataset)
    );
    call!(ada, get_model_tags());
    call!(ada, get_model_tags().only("license"));
    call!(ada, get_dataset_tags());
    call!(ada, get_dataset_tags().only("language"));
    call!(ada, model_search_arguments().names(5));
    call!(ada, dataset_search_arguments().names(5));
    call!(ada, list_metrics());
    call!(ada, list_models().all());
    call!(ada, list_datasets().all());
    call!(ada, list_spaces().all());
    call!(ada, model_info("analytical/some-model"));
    call!(ada, dataset_info("analytical/some-dataset"));
    call!(ada, space_info("analytical/some-space"));
}

/// What the official client is asked to do with many arguments.
async fn all_arguments(ada: &Client) {
    let id = "analytical/full";
    call!(ada, create_repo(id).visibility("public").region("eu").resource_group_id("a".repeat(24)));
    call!(ada, upload_file(noise(9, 30_000), "w.bin", id));
    call!(ada, upload_file(&b"{}"[..], "config.json", id));
    let copies: [CommitOperation; 2] = [
        CommitOperationCopy::new("w.bin", "copy.bin").unwrap().into(),
        CommitOperationCopy::new("config.json", "copy.json").unwrap().into(),
    ];
    call!(ada, create_commit(id, copies, "Copy").create_pr(true));
    call!(ada, model_info(id).revision("main").files_metadata(true).security_status(true));
    call!(ada, model_info(id).expand(["sha", "downloads"]));
    call!(ada, repo_info(id).files_metadata(true));
    call!(ada, dataset_info("analytical/some-dataset").files_metadata(true));
    call!(ada, space_info("analytical/some-space").files_metadata(true));
    call!(ada, auth_check(id).write(true));
    let folder = folder_with(&[("README.md", b"---\nlicense: mit\n---\n")]);
    call!(ada, upload_folder(id, folder.path()));
    call!(
        ada,
        duplicate_repo("ada/app")
            .repo_type(RepoType::Space)
            .to_id("analytical/another")
            .private(true)
            .hardware("t4-small")
            .sleep_time(60)
            .secrets([SpaceSetting::new("KEY", "value")])
            .variables([SpaceSetting::new("KEY", "value")])
    );
    call!(
        ada,
        list_models()
            .filter("pytorch")
            .author("ada")
            .search("x")
            .sort("likes")
            .direction(-1)
            .limit(5)
            .full(true)
            .card_data(true)
            .fetch_config(true)
            .gated(false)
            .pipeline_tag("fill-mask")
            .all()
    );
    call!(ada, list_models().expand(["sha"]).limit(5).all());
    call!(
        ada,
        list_datasets()
            .filter("language:fr")
            .author("ada")
            .search("x")
            .sort("likes")
            .direction(-1)
            .limit(5)
            .full(true)
            .all()
    );
    call!(
        ada,
        list_spaces()
            .filter("gradio")
            .author("ada")
            .search("x")
            .sort("likes")
            .direction(-1)
            .limit(5)
            .full(true)
            .linked(true)
            .models(["ada/m"])
            .datasets(["ada/d"])
            .all()
    );
}
