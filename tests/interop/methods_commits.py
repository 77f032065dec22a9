"""Checks of the methods that write files, branches and tags."""

from driver import method
from world import ADA, raises


@method("create_commit")
def _(d):
    add, delete = d.client.CommitOperationAdd, d.client.CommitOperationDelete
    repo = d.fresh("committed", "dataset", {"a.txt": b"a", "b/one.txt": b"1", "b/two.txt": b"2"})
    parent = d.head(repo, kind="dataset")
    operations = [
        add("c.txt", b"c"),
        add("weights.safetensors", b"large"),
        delete("a.txt"),
        delete("b/", is_folder=True),
    ]
    made = d.api.create_commit(
        repo,
        operations,
        commit_message="All at once",
        commit_description="In one commit.",
        token=ADA,
        repo_type="dataset",
        revision="main",
        create_pr=False,
        num_threads=2,
        parent_commit=parent,
    )
    newest = d.commits(repo, kind="dataset")[0]
    assert made.oid == newest["id"] != parent, (made, newest)
    assert made.commit_url == f"{d.world.wire.url}/datasets/{repo}/commit/{made.oid}", made
    assert (newest["title"], newest["message"]) == ("All at once", "In one commit."), newest
    assert d.files(repo, kind="dataset") == ["c.txt", "weights.safetensors"]
    assert d.read(repo, "weights.safetensors", kind="dataset") == b"large"
    with raises(d.errors.HfHubHTTPError, 412):
        d.api.create_commit(repo, [add("d", b"d")], commit_message="Late", repo_type="dataset", parent_commit=parent)
    proposed = d.api.create_commit(
        repo, [add("d.txt", b"d")], commit_message="Please", repo_type="dataset", create_pr=True
    )
    assert (proposed.pr_num, proposed.pr_revision) == (1, "refs/pr/1"), proposed
    assert proposed.pr_url == f"{d.world.wire.url}/datasets/{repo}/discussions/1", proposed
    assert "d.txt" in d.files(repo, "refs/pr/1", "dataset") and "d.txt" not in d.files(repo, kind="dataset")
    with raises(ValueError):
        d.api.create_commit(repo, [], commit_message="")


def common(parent, **others):
    """The arguments that the shorter ways to a commit share."""
    return {
        "token": ADA,
        "repo_type": "dataset",
        "revision": "main",
        "commit_message": "By a wrapper",
        "commit_description": "With a description.",
        "create_pr": False,
        "parent_commit": parent,
        **others,
    }


def assert_newest(d, repo, parent):
    newest, before = d.commits(repo, kind="dataset")[:2]
    assert (newest["title"], newest["message"]) == ("By a wrapper", "With a description."), newest
    assert before["id"] == parent, "more than one commit was made"


@method("upload_file")
def _(d):
    repo = d.fresh("uploaded", "dataset")
    parent = d.head(repo, kind="dataset")
    given = common(parent, repo_id=repo, path_in_repo="data/table.csv")
    done = d.api.upload_file(path_or_fileobj=b"id\n1\n", **given)
    assert_newest(d, repo, parent)
    assert d.read(repo, "data/table.csv", kind="dataset") == b"id\n1\n"
    if d.old:
        assert done == f"{d.world.wire.url}/datasets/{repo}/blob/main/data/table.csv", done
    else:
        assert done.oid == d.head(repo, kind="dataset"), done
    path = d.folder("uploaded", {"local.bin": b"\0\1\2"}) / "local.bin"
    d.api.upload_file(path_or_fileobj=str(path), path_in_repo="local.bin", repo_id=repo, repo_type="dataset")
    with path.open("rb") as file:
        d.api.upload_file(path_or_fileobj=file, path_in_repo="opened.bin", repo_id=repo, repo_type="dataset")
    assert d.read(repo, "local.bin", kind="dataset") == d.read(repo, "opened.bin", kind="dataset") == b"\0\1\2"
    assert d.commits(repo, kind="dataset")[0]["title"] == "Upload opened.bin with huggingface_hub"
    with raises(d.errors.HfHubHTTPError, 403):
        d.grace.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=repo, repo_type="dataset")


@method("upload_folder")
def _(d):
    files = {"README.md": b"# Folder\n", "data/a.txt": b"a", "data/b.log": b"log", "c.bin": b"\0" * 64, "d.tmp": b"t"}
    folder = d.folder("to-upload", files)
    repo = d.fresh("from-folder", "dataset")
    parent = d.head(repo, kind="dataset")
    given = common(parent, repo_id=repo, path_in_repo="copy")
    patterns = {"allow_patterns": ["*.md", "*.txt", "*.log"], "ignore_patterns": "*.log"}
    d.api.upload_folder(folder_path=str(folder), **given, **patterns)
    assert_newest(d, repo, parent)
    assert d.files(repo, kind="dataset") == ["copy/README.md", "copy/data/a.txt"]
    d.api.upload_folder(repo_id=repo, folder_path=folder, repo_type="dataset")
    assert set(files) <= set(d.files(repo, kind="dataset"))
    assert all(d.read(repo, name, kind="dataset") == content for name, content in files.items())
    before = d.head(repo, kind="dataset")
    d.api.upload_folder(repo_id=repo, folder_path=folder, path_in_repo="pr", repo_type="dataset", create_pr=True)
    assert d.head(repo, kind="dataset") == before
    assert "pr/c.bin" in d.files(repo, "refs/pr/1", "dataset")


@method("delete_file")
def _(d):
    repo = d.fresh("less", "dataset", {"a.txt": b"a", "b.txt": b"b"})
    parent = d.head(repo, kind="dataset")
    made = d.api.delete_file(path_in_repo="a.txt", repo_id=repo, **common(parent))
    assert_newest(d, repo, parent)
    assert made.oid == d.head(repo, kind="dataset") and d.files(repo, kind="dataset") == ["b.txt"]
    assert d.read(repo, "a.txt", parent, "dataset") == b"a", "the old commit lost the file"
    proposed = d.api.delete_file("b.txt", repo, repo_type="dataset", create_pr=True)
    assert proposed.pr_num == 1 and d.files(repo, "refs/pr/1", "dataset") == []
    assert d.files(repo, kind="dataset") == ["b.txt"]


@method("delete_folder")
def _(d):
    repo = d.fresh("lesser", "dataset", {"f/a.txt": b"a", "f/g/b.txt": b"b", "fa.txt": b"c"})
    parent = d.head(repo, kind="dataset")
    made = d.api.delete_folder(path_in_repo="f", repo_id=repo, **common(parent))
    assert_newest(d, repo, parent)
    assert made.oid == d.head(repo, kind="dataset") and d.files(repo, kind="dataset") == ["fa.txt"]
    with raises(d.errors.HfHubHTTPError):
        d.api.delete_folder("f", repo, repo_type="dataset")


@method("create_branch")
def _(d):
    repo = d.fresh("branched", "dataset", {"a.txt": b"a"})
    first = d.commits(repo, kind="dataset")[-1]["id"]
    d.api.create_branch(repo, branch="feature/x", revision=first, token=ADA, repo_type="dataset")
    d.api.create_branch(repo_id=repo, branch="plain", repo_type="dataset")
    expected = {"main": d.head(repo, kind="dataset"), "plain": d.head(repo, kind="dataset"), "feature/x": first}
    assert d.refs(repo, "dataset")["branches"] == expected
    with raises(d.errors.HfHubHTTPError, 409):
        d.api.create_branch(repo, branch="plain", repo_type="dataset")
    d.api.create_branch(repo, branch="plain", repo_type="dataset", exist_ok=True)
    with raises(d.errors.RevisionNotFoundError):
        d.api.create_branch(repo, branch="nowhere", revision="none", repo_type="dataset")


@method("delete_branch")
def _(d):
    repo = d.fresh("unbranched", "dataset")
    d.bare.create_branch(repo, branch="feature/x", repo_type="dataset")
    d.api.delete_branch(repo, branch="feature/x", token=ADA, repo_type="dataset")
    assert d.refs(repo, "dataset")["branches"].keys() == {"main"}
    with raises(d.errors.RevisionNotFoundError):
        d.api.delete_branch(repo, branch="feature/x", repo_type="dataset")
    with raises(d.errors.HfHubHTTPError, 403):
        d.api.delete_branch(repo, branch="main", repo_type="dataset")


@method("create_tag")
def _(d):
    repo = d.fresh("tagged", "dataset", {"a.txt": b"a"})
    first, head = d.commits(repo, kind="dataset")[-1]["id"], d.head(repo, kind="dataset")
    d.api.create_tag(repo, tag="v0", tag_message="The start", revision=first, token=ADA, repo_type="dataset")
    d.api.create_tag(repo, tag="release/1", repo_type="dataset")
    assert d.refs(repo, "dataset")["tags"] == {"v0": first, "release/1": head}
    with raises(d.errors.HfHubHTTPError, 409):
        d.api.create_tag(repo, tag="v0", repo_type="dataset")
    d.api.create_tag(repo, tag="v0", repo_type="dataset", exist_ok=True)
    assert d.refs(repo, "dataset")["tags"]["v0"] == first, "exist_ok moved the tag"
    assert d.files(repo, "v0", "dataset") == []


@method("delete_tag")
def _(d):
    repo = d.fresh("untagged", "dataset")
    d.bare.create_tag(repo, tag="release/1", repo_type="dataset")
    d.api.delete_tag(repo, tag="release/1", token=ADA, repo_type="dataset")
    assert d.refs(repo, "dataset")["tags"] == {}
    with raises(d.errors.RevisionNotFoundError):
        d.api.delete_tag(repo, tag="release/1", repo_type="dataset")


@method("list_repo_commits")
def _(d):
    repo = d.fresh("history", "dataset", {"a.txt": b"a"})
    d.bare.create_branch(repo, branch="side", repo_type="dataset")
    d.commit(repo, {"b.txt": b"b"}, "dataset")
    titles = [commit.title for commit in d.api.list_repo_commits(repo, repo_type="dataset")]
    assert titles[:2] == ["Prepare", "Prepare"] and len(titles) == 3, titles
    side = d.api.list_repo_commits(repo, repo_type="dataset", revision="side", formatted=True, token=ADA)
    assert side[0].commit_id == d.head(repo, "side", "dataset") and len(side) == 2, side
    assert side[0].authors == ["ada"] and "Prepare" in side[0].formatted_title, side[0]


@method("revision_exists")
def _(d):
    repo = d.fresh("revisions", "dataset")
    d.bare.create_tag(repo, tag="v1", repo_type="dataset")
    assert d.api.revision_exists(repo, "v1", repo_type="dataset", token=ADA)
    assert not d.api.revision_exists(repo, "v2", repo_type="dataset")
    assert not d.api.revision_exists("ada/none", "main")


@method("file_exists")
def _(d):
    repo = d.fresh("exists", "dataset", {"a.txt": b"a"})
    first = d.commits(repo, kind="dataset")[-1]["id"]
    assert d.api.file_exists(repo, "a.txt", repo_type="dataset", revision="main", token=ADA)
    assert not d.api.file_exists(repo, "a.txt", repo_type="dataset", revision=first)
    assert not d.api.file_exists(repo, "b.txt", repo_type="dataset")


@method("super_squash_history")
def _(d):
    repo = d.fresh("squashed", "dataset", {"a.txt": b"a"})
    d.commit(repo, {"b.txt": b"b"}, "dataset")
    d.bare.create_branch(repo, branch="side", repo_type="dataset")
    before = d.commits(repo, kind="dataset")
    d.api.super_squash_history(repo, branch="side", commit_message="One", repo_type="dataset", token=ADA)
    only = d.commits(repo, "side", "dataset")
    assert [commit["title"] for commit in only] == ["One"], only
    assert d.files(repo, "side", "dataset") == ["a.txt", "b.txt"]
    assert d.commits(repo, kind="dataset") == before, "main was squashed too"
