"""The calls whose requests are recorded: each with fixed names and contents, in an order in which each succeeds."""

from dataclasses import dataclass, field
from typing import Callable

MODEL, DATASET, SPACE = "ada/parity-model", "ada/parity-dataset", "ada/parity-space"
# Filled in when the call is made, since the server chooses them.
HEAD, COMMENT = "<oid>", "<id>"
FILES = {"README.md": "---\nlicense: mit\n---\n# Parity\n", "data/one.txt": "one\n", "data/skip.log": "log\n"}
LARGE = "weights\n"

MINIMAL, ALL = "minimal", "all arguments"


@dataclass
class Call:
    """One call of the client. `before` brings the server into the state that the call needs; it is not recorded."""

    name: str
    case: str
    arguments: dict = field(default_factory=dict)
    before: Callable | None = None


def text(content):
    """File contents, as the committed facts say them."""
    return {"text": content}


def add(path, content):
    return {"add": path, "text": content}


def on(number, **others):
    return {"repo_id": MODEL, "discussion_num": number, **others}


def both(name, minimal, everything, before=None):
    return [Call(name, MINIMAL, minimal, before), Call(name, ALL, everything, before)]


ACCOUNT = [
    Call("whoami", MINIMAL),
    *both("get_full_repo_name", {"model_id": "mini"}, {"model_id": "mini", "organization": "analytical"}),
]

REPOSITORIES = [
    *both(
        "create_repo",
        {"repo_id": MODEL},
        {
            "repo_id": SPACE,
            "private": True,
            "repo_type": "space",
            "exist_ok": True,
            "space_sdk": "gradio",
            "space_hardware": "cpu-upgrade",
            "space_sleep_time": 3600,
            "space_secrets": [{"key": "API_KEY", "value": "hush", "description": "the key"}],
            "space_variables": [{"key": "MODE", "value": "fast"}],
        },
    ),
    Call("create_repo", "a dataset, public", {"repo_id": DATASET, "repo_type": "dataset", "private": False}),
    Call("create_repo", "in an organisation", {"repo_id": "analytical/parity-model", "private": True}),
    Call("create_repo", "without a namespace", {"repo_id": "parity-bare"}),
    Call("create_repo", "that exists", {"repo_id": MODEL, "exist_ok": True}),
    Call(
        "create_repo",
        "in a resource group",
        {"repo_id": "ada/parity-group", "resource_group_id": "6" * 24, "region": "us"},
    ),
    Call("repo_exists", MINIMAL, {"repo_id": MODEL}),
    Call("repo_exists", "missing", {"repo_id": "ada/none", "repo_type": "dataset"}),
    *both("auth_check", {"repo_id": MODEL}, {"repo_id": DATASET, "repo_type": "dataset", "write": True}),
    *both(
        "update_repo_settings",
        {"repo_id": MODEL, "private": True},
        {"repo_id": DATASET, "repo_type": "dataset", "gated": "auto", "visibility": "private"},
    ),
    Call("update_repo_settings", "no longer gated", {"repo_id": DATASET, "repo_type": "dataset", "gated": False}),
    Call("update_repo_settings", "public", {"repo_id": MODEL, "private": False}),
    *both(
        "move_repo",
        {"from_id": "ada/parity-bare", "to_id": "ada/parity-moved"},
        {"from_id": DATASET, "to_id": "analytical/parity-dataset", "repo_type": "dataset"},
    ),
    Call("move_repo", "back", {"from_id": "analytical/parity-dataset", "to_id": DATASET, "repo_type": "dataset"}),
    *both(
        "delete_repo",
        {"repo_id": "ada/parity-moved"},
        {"repo_id": "ada/none", "repo_type": "dataset", "missing_ok": True},
    ),
]

COMMITS = [
    *both(
        "create_commit",
        {"repo_id": MODEL, "operations": [add("config.json", "{}\n")], "commit_message": "Add the config"},
        {
            "repo_id": DATASET,
            "operations": [add("data/one.txt", "one\n"), add("data/two.txt", "two\n")],
            "commit_message": "Add data",
            "commit_description": "Two files.",
            "repo_type": "dataset",
            "revision": "main",
            "create_pr": False,
            "num_threads": 2,
            "parent_commit": HEAD,
        },
    ),
    Call(
        "create_commit",
        "adds, copies and deletes",
        {
            "repo_id": DATASET,
            "operations": [
                add("data/three.txt", "three\n"),
                {"copy": "data/one.txt", "to": "data/four.txt"},
                {"delete": "data/two.txt"},
            ],
            "commit_message": "Rearrange",
            "repo_type": "dataset",
        },
    ),
    Call(
        "create_commit",
        "as a pull request",
        {"repo_id": MODEL, "operations": [add("pr.txt", "please\n")], "commit_message": "Propose", "create_pr": True},
    ),
    *both(
        "upload_file",
        {"path_or_fileobj": text("hello\n"), "path_in_repo": "hello.txt", "repo_id": MODEL},
        {
            "path_or_fileobj": text("id,value\n"),
            "path_in_repo": "data/table.csv",
            "repo_id": DATASET,
            "repo_type": "dataset",
            "revision": "main",
            "commit_message": "Add a table",
            "commit_description": "With a head.",
            "create_pr": False,
            "parent_commit": HEAD,
        },
    ),
    Call(
        "upload_file", "unchanged", {"path_or_fileobj": text("hello\n"), "path_in_repo": "hello.txt", "repo_id": MODEL}
    ),
    Call(
        "upload_file",
        "a large file",
        {"path_or_fileobj": text(LARGE), "path_in_repo": "model.safetensors", "repo_id": MODEL},
    ),
    Call(
        "upload_file",
        "a model card",
        {"path_or_fileobj": text(FILES["README.md"]), "path_in_repo": "README.md", "repo_id": MODEL},
    ),
    *both(
        "upload_folder",
        {"repo_id": MODEL, "folder_path": FILES},
        {
            "repo_id": DATASET,
            "folder_path": FILES,
            "path_in_repo": "copy",
            "commit_message": "Add a copy",
            "commit_description": "Without logs.",
            "repo_type": "dataset",
            "revision": "main",
            "create_pr": False,
            "parent_commit": HEAD,
            "allow_patterns": ["*.md", "data/*"],
            "ignore_patterns": "*.log",
        },
    ),
    Call(
        "upload_folder",
        "deleting what is no longer there",
        {
            "repo_id": DATASET,
            "repo_type": "dataset",
            "folder_path": {"a.txt": "a\n"},
            "path_in_repo": "copy",
            "delete_patterns": "*",
        },
    ),
    *both(
        "delete_file",
        {"path_in_repo": "hello.txt", "repo_id": MODEL},
        {
            "path_in_repo": "data/three.txt",
            "repo_id": DATASET,
            "repo_type": "dataset",
            "revision": "main",
            "commit_message": "Drop three",
            "commit_description": "Unused.",
            "create_pr": False,
            "parent_commit": HEAD,
        },
    ),
    *both(
        "delete_folder",
        {"path_in_repo": "data", "repo_id": MODEL},
        {
            "path_in_repo": "copy",
            "repo_id": DATASET,
            "repo_type": "dataset",
            "revision": "main",
            "commit_message": "Drop the copy",
            "commit_description": "Unused.",
            "create_pr": False,
            "parent_commit": HEAD,
        },
    ),
]

REVISIONS = [
    *both(
        "create_branch",
        {"repo_id": MODEL, "branch": "next"},
        {"repo_id": DATASET, "branch": "feature/x", "revision": "main", "repo_type": "dataset", "exist_ok": True},
    ),
    Call("create_branch", "that exists", {"repo_id": MODEL, "branch": "next", "exist_ok": True}),
    *both(
        "create_tag",
        {"repo_id": MODEL, "tag": "v1"},
        {
            "repo_id": DATASET,
            "tag": "release/1",
            "tag_message": "The first",
            "revision": "feature/x",
            "repo_type": "dataset",
            "exist_ok": True,
        },
    ),
    *both(
        "list_repo_refs",
        {"repo_id": MODEL},
        {"repo_id": DATASET, "repo_type": "dataset", "include_pull_requests": True},
    ),
    *both(
        "list_repo_commits",
        {"repo_id": MODEL},
        {"repo_id": DATASET, "repo_type": "dataset", "revision": "feature/x", "formatted": True},
    ),
    *both(
        "revision_exists",
        {"repo_id": MODEL, "revision": "v1"},
        {"repo_id": DATASET, "revision": "feature/none", "repo_type": "dataset"},
    ),
    *both(
        "super_squash_history",
        {"repo_id": "analytical/parity-model"},
        {"repo_id": DATASET, "branch": "feature/x", "commit_message": "One commit", "repo_type": "dataset"},
    ),
    *both(
        "delete_branch",
        {"repo_id": MODEL, "branch": "next"},
        {"repo_id": DATASET, "branch": "feature/x", "repo_type": "dataset"},
    ),
    *both(
        "delete_tag", {"repo_id": MODEL, "tag": "v1"}, {"repo_id": DATASET, "tag": "release/1", "repo_type": "dataset"}
    ),
]
