"""One call of the official client for each line of input: `ADDRESS JOB`. Prints what the call said, as a line of JSON.

Waits between attempts are left out, so that a thousand calls take minutes.
"""

import json
import os
import sys
import time

os.environ["HF_HUB_DISABLE_XET"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
time.sleep = lambda _: None

import huggingface_hub  # noqa: E402
from huggingface_hub import CommitOperationAdd, HfApi  # noqa: E402


def call(api, job):
    if job in ("commit", "pull request with a commit"):
        add = CommitOperationAdd("a.txt", b"once")
        api.create_commit(
            "ada/demo", [add], commit_message="Add a", create_pr=job != "commit"
        )
    elif job == "repository":
        api.create_repo("ada/new")
    elif job == "branch":
        api.create_branch("ada/demo", branch="feature")
    elif job == "tag":
        api.create_tag("ada/demo", tag="v1")
    elif job == "discussion":
        api.create_discussion("ada/demo", title="A question", description="Why?")
    elif job == "comment":
        api.comment_discussion("ada/demo", discussion_num=1, comment="Because.")
    elif job == "deletion of a repository":
        api.delete_repo("ada/demo")
    else:
        raise SystemExit(f"unknown job {job!r}")


print(json.dumps(huggingface_hub.__version__), flush=True)
for line in sys.stdin:
    address, job = line.rstrip("\n").split(" ", 1)
    try:
        call(HfApi(endpoint=address, token="hf_ada"), job)
        said = "done"
    except Exception as error:  # Whatever it says, it is not "done".
        said = type(error).__name__
    print(json.dumps(said), flush=True)
