"""More calls whose requests are recorded: reading, search, likes, discussions and Spaces."""

from calls import ALL, COMMENT, DATASET, MINIMAL, MODEL, SPACE, Call, both, on

INFO = {"revision": "main", "timeout": 5, "files_metadata": True}

READING = [
    *both("model_info", {"repo_id": MODEL}, {"repo_id": MODEL, **INFO, "securityStatus": True}),
    Call("model_info", "expanded", {"repo_id": MODEL, "expand": ["likes", "tags"]}),
    Call("model_info", "of a pull request", {"repo_id": MODEL, "revision": "refs/pr/1"}),
    *both("dataset_info", {"repo_id": DATASET}, {"repo_id": DATASET, **INFO}),
    *both("space_info", {"repo_id": SPACE}, {"repo_id": SPACE, **INFO}),
    *both("repo_info", {"repo_id": MODEL}, {"repo_id": DATASET, "repo_type": "dataset", **INFO}),
    *both("list_repo_files", {"repo_id": MODEL}, {"repo_id": DATASET, "revision": "main", "repo_type": "dataset"}),
    *both(
        "list_repo_tree",
        {"repo_id": MODEL},
        {
            "repo_id": DATASET,
            "path_in_repo": "data",
            "recursive": True,
            "expand": True,
            "revision": "main",
            "repo_type": "dataset",
        },
    ),
    *both(
        "get_paths_info",
        {"repo_id": MODEL, "paths": "README.md"},
        {
            "repo_id": DATASET,
            "paths": ["data", "README.md"],
            "expand": True,
            "revision": "main",
            "repo_type": "dataset",
        },
    ),
    *both(
        "file_exists",
        {"repo_id": MODEL, "filename": "README.md"},
        {"repo_id": DATASET, "filename": "data/none.txt", "repo_type": "dataset", "revision": "main"},
    ),
    Call("hf_hub_download", MINIMAL, {"repo_id": MODEL, "filename": "config.json"}),
    Call("hf_hub_download", "again, from the cache", {"repo_id": MODEL, "filename": "config.json"}),
    Call("hf_hub_download", "a large file", {"repo_id": MODEL, "filename": "model.safetensors"}),
    Call(
        "hf_hub_download",
        ALL,
        {
            "repo_id": DATASET,
            "filename": "one.txt",
            "subfolder": "data",
            "repo_type": "dataset",
            "revision": "main",
            "force_download": True,
            "etag_timeout": 5,
        },
    ),
    Call(
        "snapshot_download",
        "some files, one after another",
        {"repo_id": DATASET, "repo_type": "dataset", "allow_patterns": ["data/*"], "max_workers": 1},
    ),
]

SEARCH = [
    *both(
        "list_models",
        {},
        {
            "filter": ["text-classification", "pytorch"],
            "author": "ada",
            "search": "parity",
            "emissions_thresholds": [0.1, 100],
            "sort": "last_modified",
            "limit": 3,
            "full": True,
            "cardData": True,
            "fetch_config": True,
        },
    ),
    Call("list_models", "one filter", {"filter": "license:mit"}),
    Call("list_models", "today's arguments", {"gated": False, "pipeline_tag": "fill-mask", "trained_dataset": "glue"}),
    Call("list_models", "expanded", {"expand": ["likes", "tags"], "limit": 2}),
    *both(
        "list_datasets",
        {},
        {
            "filter": "license:mit",
            "author": "ada",
            "search": "parity",
            "dataset_name": "parity",
            "sort": "downloads",
            "limit": 3,
            "full": True,
        },
    ),
    Call(
        "list_datasets",
        "by tags",
        {
            "language_creators": "found",
            "language": ["fr", "de"],
            "multilinguality": "multilingual",
            "size_categories": "n<1K",
            "task_categories": ["text-classification"],
            "task_ids": "task_ids:parsing",
            "benchmark": True,
        },
    ),
    *both(
        "list_spaces",
        {},
        {
            "filter": "gradio",
            "author": "ada",
            "search": "parity",
            "datasets": DATASET,
            "models": [MODEL],
            "linked": True,
            "sort": "created_at",
            "limit": 3,
            "full": True,
        },
    ),
    Call("get_model_tags", MINIMAL),
    Call("get_dataset_tags", MINIMAL),
    *both("list_repo_likers", {"repo_id": MODEL}, {"repo_id": DATASET, "repo_type": "dataset"}),
    *both("list_liked_repos", {}, {"user": "grace"}),
    *both("unlike", {"repo_id": MODEL}, {"repo_id": DATASET, "repo_type": "dataset"}),
]


def note_comment(state):
    """Edits and hidings are about the newest comment of discussion 2."""
    events = state.api.get_discussion_details(MODEL, 2).events
    state.comment = [event.id for event in events if event.type == "comment"][-1]


def propose(state):
    """Pull request 3 of the dataset, with something in it to merge."""
    change = [state.client.CommitOperationAdd("merged.txt", b"merged\n")]
    made = state.api.create_commit(DATASET, change, commit_message="Propose", repo_type="dataset", create_pr=True)
    assert made.pr_num == 3, made


DISCUSSIONS = [
    *both(
        "create_discussion",
        {"repo_id": MODEL, "title": "A question"},
        {
            "repo_id": DATASET,
            "title": " A proposal ",
            "description": " Please look. ",
            "repo_type": "dataset",
            "pull_request": True,
        },
    ),
    *both(
        "create_pull_request",
        {"repo_id": MODEL, "title": "A change"},
        {"repo_id": DATASET, "title": "Another change", "description": "Because.", "repo_type": "dataset"},
    ),
    *both(
        "get_repo_discussions",
        {"repo_id": MODEL},
        {
            "repo_id": DATASET,
            "author": "ada",
            "discussion_type": "pull_request",
            "discussion_status": "open",
            "repo_type": "dataset",
        },
    ),
    *both("get_discussion_details", on(2), {"repo_id": DATASET, "discussion_num": 1, "repo_type": "dataset"}),
    *both(
        "comment_discussion",
        on(2, comment="An answer"),
        {"repo_id": DATASET, "discussion_num": 1, "comment": "Thanks", "repo_type": "dataset"},
    ),
    Call("edit_discussion_comment", MINIMAL, on(2, comment_id=COMMENT, new_content="A better answer"), note_comment),
    Call("hide_discussion_comment", MINIMAL, on(2, comment_id=COMMENT), note_comment),
    *both(
        "rename_discussion",
        on(2, new_title="A better question"),
        {"repo_id": DATASET, "discussion_num": 1, "new_title": "Renamed", "repo_type": "dataset"},
    ),
    *both(
        "change_discussion_status",
        on(2, new_status="closed"),
        {
            "repo_id": DATASET,
            "discussion_num": 1,
            "new_status": "open",
            "comment": " Open it ",
            "repo_type": "dataset",
        },
    ),
    Call("merge_pull_request", MINIMAL, on(1)),
    Call(
        "merge_pull_request",
        ALL,
        {"repo_id": DATASET, "discussion_num": 3, "comment": " Merged ", "repo_type": "dataset"},
        propose,
    ),
]

SPACES = [
    Call("get_space_runtime", MINIMAL, {"repo_id": SPACE}),
    *both(
        "add_space_secret",
        {"repo_id": SPACE, "key": "TOKEN", "value": "hush"},
        {"repo_id": SPACE, "key": "TOKEN", "value": "hush", "description": "a token"},
    ),
    Call("get_space_secrets", MINIMAL, {"repo_id": SPACE}),
    Call("delete_space_secret", MINIMAL, {"repo_id": SPACE, "key": "TOKEN"}),
    *both(
        "add_space_variable",
        {"repo_id": SPACE, "key": "LEVEL", "value": "1"},
        {"repo_id": SPACE, "key": "LEVEL", "value": "2", "description": "how much"},
    ),
    Call("get_space_variables", MINIMAL, {"repo_id": SPACE}),
    Call("delete_space_variable", MINIMAL, {"repo_id": SPACE, "key": "LEVEL"}),
    *both(
        "request_space_hardware",
        {"repo_id": SPACE, "hardware": "t4-medium"},
        {"repo_id": SPACE, "hardware": "t4-small", "sleep_time": 7200},
    ),
    Call("set_space_sleep_time", MINIMAL, {"repo_id": SPACE, "sleep_time": 600}),
    Call("pause_space", MINIMAL, {"repo_id": SPACE}),
    *both("restart_space", {"repo_id": SPACE}, {"repo_id": SPACE, "factory_reboot": True}),
    *both(
        "duplicate_repo",
        {"from_id": SPACE, "repo_type": "space", "to_id": "ada/parity-double"},
        {
            "from_id": SPACE,
            "to_id": "analytical/parity-double",
            "repo_type": "space",
            "private": True,
            "exist_ok": True,
            "space_hardware": "cpu-upgrade",
            "space_sleep_time": 3600,
            "space_secrets": [{"key": "TOKEN", "value": "hush"}],
            "space_variables": [{"key": "LEVEL", "value": "3"}],
        },
    ),
]
