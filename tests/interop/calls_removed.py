"""Documented calls that the newest client no longer has, or without some arguments: recorded from the old one."""

from calls import ALL, DATASET, MINIMAL, MODEL, SPACE, Call, both


def repositories(state):
    state.api.create_repo(MODEL)
    state.api.create_repo(DATASET, repo_type="dataset")
    state.api.create_repo(SPACE, repo_type="space", space_sdk="gradio")


CALLS = [
    Call("like", MINIMAL, {"repo_id": MODEL}, repositories),
    Call("like", ALL, {"repo_id": DATASET, "repo_type": "dataset"}),
    Call("list_metrics", MINIMAL),
    *both(
        "update_repo_visibility",
        {"repo_id": "parity-model"},
        {"repo_id": DATASET, "private": True, "organization": "analytical", "repo_type": "dataset", "name": "other"},
    ),
    Call(
        "list_models",
        "with the direction",
        {"author": "ada", "sort": "lastModified", "direction": -1, "limit": 3, "cardData": True},
    ),
    Call(
        "list_models",
        "with a filter",
        {
            "filter": {
                "ModelFilter": {
                    "author": "ada",
                    "library": ["pytorch", "keras"],
                    "language": "fr",
                    "model_name": "parity",
                    "task": "fill-mask",
                    "trained_dataset": "glue",
                    "tags": "small",
                }
            }
        },
    ),
    Call(
        "list_datasets",
        "with the direction",
        {"author": "ada", "sort": "lastModified", "direction": -1, "limit": 3, "cardData": True},
    ),
    Call(
        "list_datasets",
        "with a filter",
        {
            "filter": {
                "DatasetFilter": {
                    "author": "ada",
                    "benchmark": "raft",
                    "dataset_name": "parity",
                    "language_creators": "found",
                    "language": ["fr", "de"],
                    "multilinguality": "multilingual",
                    "size_categories": "n<1K",
                    "task_categories": "text-classification",
                    "task_ids": "task_ids:parsing",
                }
            }
        },
    ),
    Call("list_spaces", "with the direction", {"sort": "lastModified", "direction": -1, "linked": True, "full": True}),
    Call("list_repo_files", ALL, {"repo_id": MODEL, "revision": "main", "repo_type": "model", "timeout": 5}),
    Call("create_repo", "private", {"repo_id": "ada/parity-private", "private": True}),
    Call("request_space_hardware", MINIMAL, {"repo_id": SPACE, "hardware": "t4-medium"}),
]
