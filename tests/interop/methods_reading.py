"""Checks of the methods that read one repository, and of likes."""

import hashlib

from driver import method
from world import ADA, GRACE, raises

LARGE = b"weights " * 100


def filled(d, name, kind):
    """A repository with a small and a large file, and a branch at its first commit; gives its name, first and head."""
    repo = d.fresh(name, kind, {"small.txt": b"small", "sub/model.safetensors": LARGE})
    first = d.commits(repo, kind=kind)[-1]["id"]
    d.bare.create_branch(repo, branch="old/start", revision=first, repo_type=kind)
    return repo, first, d.head(repo, kind=kind)


def assert_info(info, repo, head):
    """The repository as one info call gives it with file metadata."""
    assert (getattr(info, "modelId", None) or info.id) == repo, info
    assert (info.author, info.private, info.sha) == ("ada", False, head), info
    assert info.lastModified if hasattr(info, "lastModified") else info.last_modified, info
    files = {file.rfilename: file for file in info.siblings}
    assert files.keys() >= {"small.txt", "sub/model.safetensors"}, files
    small, large = files["small.txt"], files["sub/model.safetensors"]
    assert small.size == 5 and small.blob_id and small.lfs is None, small
    assert large.size == len(LARGE) and large.lfs["sha256"] == hashlib.sha256(LARGE).hexdigest(), large


def check_info(d, name, kind, **others):
    """What the info methods have in common. Sizes are given only when they are asked for."""
    call = getattr(d.api, name)
    repo, first, head = filled(d, name.replace("_", "-"), kind)
    options = {"repo_type": kind} if name == "repo_info" else {}
    info = call(repo, revision="main", timeout=30.0, files_metadata=True, token=ADA, **options, **others)
    assert_info(info, repo, head)
    plain = call(repo_id=repo, **options)
    assert plain.sha == head and all(file.size is None for file in plain.siblings), plain
    assert call(repo, revision="old/start", **options).sha == first
    with raises(d.errors.RevisionNotFoundError):
        call(repo, revision="none", **options)
    with raises(d.errors.RepositoryNotFoundError):
        call("ada/none", **options)
    return info


@method("model_info")
def _(d):
    info = check_info(d, "model_info", "model", securityStatus=True)
    status = info.securityStatus if d.old else info.security_repo_status
    assert isinstance(status, dict), f"no security status: {info}"


@method("dataset_info")
def _(d):
    check_info(d, "dataset_info", "dataset")


@method("space_info")
def _(d):
    check_info(d, "space_info", "space")


@method("repo_info")
def _(d):
    info = check_info(d, "repo_info", "dataset")
    assert isinstance(info, d.client.hf_api.DatasetInfo), info
    model = d.fresh("repo-info")
    assert isinstance(d.api.repo_info(model), d.client.hf_api.ModelInfo)


@method("list_repo_files")
def _(d):
    repo, _, _ = filled(d, "listed", "dataset")
    timeout = {"timeout": 30.0} if d.old else {}
    found = d.api.list_repo_files(repo, revision="main", repo_type="dataset", token=ADA, **timeout)
    assert set(found) == {".gitattributes", "small.txt", "sub/model.safetensors"}, found
    assert list(d.api.list_repo_files(repo, revision="old/start", repo_type="dataset")) == [".gitattributes"]


@method("list_repo_refs")
def _(d):
    repo, first, head = filled(d, "refs", "dataset")
    d.bare.create_tag(repo, tag="v1", tag_message="Annotated", repo_type="dataset")
    refs = d.api.list_repo_refs(repo_id=repo, repo_type="dataset", token=ADA)
    branches = {(ref.name, ref.ref, ref.target_commit) for ref in refs.branches}
    assert branches == {("main", "refs/heads/main", head), ("old/start", "refs/heads/old/start", first)}, refs
    assert [(ref.name, ref.ref, ref.target_commit) for ref in refs.tags] == [("v1", "refs/tags/v1", head)], refs
    assert refs.converts == [], refs


@method("list_repo_tree")
def _(d):
    repo, first, head = filled(d, "tree", "dataset")
    every = list(
        d.api.list_repo_tree(repo, recursive=True, expand=True, revision="main", repo_type="dataset", token=ADA)
    )
    found = {entry.path: entry for entry in every}
    assert found.keys() == {".gitattributes", "small.txt", "sub", "sub/model.safetensors"}, found
    assert found["small.txt"].last_commit.oid == head and found[".gitattributes"].last_commit.oid == first, found
    below = [entry.path for entry in d.api.list_repo_tree(repo, path_in_repo="sub", repo_type="dataset")]
    assert below == ["sub/model.safetensors"], below
    with raises(d.errors.EntryNotFoundError):
        list(d.api.list_repo_tree(repo, "none", repo_type="dataset"))


@method("get_paths_info")
def _(d):
    repo, first, head = filled(d, "paths", "dataset")
    given = {"expand": True, "revision": "main", "repo_type": "dataset", "token": ADA}
    found = {entry.path: entry for entry in d.api.get_paths_info(repo, paths=["sub", "small.txt", "none"], **given)}
    assert found.keys() == {"sub", "small.txt"}, found
    assert (found["small.txt"].size, found["small.txt"].last_commit.oid) == (5, head), found
    assert d.api.get_paths_info(repo, "small.txt", revision=first, repo_type="dataset") == []


def like(d, repo, kind, token=ADA):
    d.request("POST", f"/api/{kind}s/{repo}/like", token)


@method("like")
def _(d):
    repo = d.fresh("liked", "dataset")
    d.api.like(repo, repo_type="dataset", token=ADA)
    d.grace.like(repo_id=repo, repo_type="dataset")
    d.grace.like(repo, repo_type="dataset")
    assert d.ask(f"/api/datasets/{repo}")["likes"] == 2, "a second like of one user counts"
    with raises(d.errors.RepositoryNotFoundError):
        d.api.like("ada/none")


@method("unlike")
def _(d):
    repo = d.fresh("unliked", "dataset")
    like(d, repo, "dataset")
    like(d, repo, "dataset", GRACE)
    d.api.unlike(repo, repo_type="dataset", token=ADA)
    assert d.ask(f"/api/datasets/{repo}")["likes"] == 1
    d.api.unlike(repo_id=repo, repo_type="dataset")
    assert d.ask(f"/api/datasets/{repo}")["likes"] == 1


@method("list_liked_repos")
def _(d):
    names = {kind: d.fresh("hers", kind) for kind in ("model", "dataset", "space")}
    before = d.api.list_liked_repos("grace").total
    for kind, repo in names.items():
        like(d, repo, kind, GRACE)
    likes = d.api.list_liked_repos(user="grace", token=ADA)
    assert (likes.user, likes.total) == ("grace", before + 3), likes
    found = {"model": likes.models, "dataset": likes.datasets, "space": likes.spaces}
    assert all(repo in found[kind] for kind, repo in names.items()), likes
    assert d.grace.list_liked_repos().total == before + 3


@method("list_repo_likers")
def _(d):
    repo = d.fresh("likers", "dataset")
    like(d, repo, "dataset", GRACE)
    found = [user.username for user in d.api.list_repo_likers(repo, repo_type="dataset", token=ADA)]
    assert found == ["grace"], found
