"""The cache and local folders, filled by `hub` and by the official Python client. Run by `cargo xtask interop`.

usage: cache.py HUB

Each scenario is fetched by both, each into a folder of its own. The folders are compared file by file (trees.py says what
may differ), and then each client finds in the other's folder what it fetched, while the server is asked nothing.
"""

import os
import sys
from pathlib import Path

import cache_broken  # noqa: F401  its checks come first
from both import Both, assert_same_scan
from checklist import check, run
from trees import assert_same_trees
from world import opened

LARGE = os.urandom(300_000)


def repo(world, name, files, kind="model"):
    """A repository of ada's with these files."""
    made = f"ada/{name}"
    options = {"space_sdk": "static"} if kind == "space" else {}
    world.api.create_repo(made, repo_type=kind, **options)
    commit(world, made, files, kind)
    return made


def commit(world, repo, files, kind="model", **options):
    """Adds these files; those without content are deleted."""
    operations = [
        huggingface_hub.CommitOperationDelete(path)
        if content is None
        else huggingface_hub.CommitOperationAdd(path, content)
        for path, content in files.items()
    ]
    return world.api.create_commit(repo, operations, commit_message="Prepare", repo_type=kind, **options).oid


@check("one small file of main")
def _(world):
    both = Both(world, "small")
    both.file(repo(world, "small", {"a.txt": b"small\n"}), "a.txt")
    # A blob, a link, a ref, and the folders that they are in.
    both.check(least=8)


@check("a file in a nested folder")
def _(world):
    both = Both(world, "nested")
    both.file(repo(world, "nested", {"a/b/c/d.txt": b"deep\n"}), "a/b/c/d.txt")
    both.check()


@check("a large file in LFS storage")
def _(world):
    both, made = Both(world, "large"), repo(world, "large", {"w.bin": LARGE})
    entry = world.api.get_paths_info(made, ["w.bin"])[0]
    assert entry.lfs, f"not in LFS: {entry}"
    both.file(made, "w.bin")
    both.check()


@check("two files with one content are one blob")
def _(world):
    both, made = Both(world, "twins"), repo(world, "twins", {"a.bin": LARGE, "b.bin": LARGE, "c": b"c", "d": b"c"})
    for path in ("a.bin", "b.bin", "c", "d"):
        both.file(made, path)
    both.check()
    assert len(list(both.by_hub.glob("*/blobs/*"))) == 2


@check("a file at a tag, and at a branch with a slash in its name")
def _(world):
    both, made = Both(world, "tag"), repo(world, "tag", {"a.txt": b"one\n"})
    world.api.create_tag(made, tag="v1")
    world.api.create_branch(made, branch="feature/x")
    commit(world, made, {"a.txt": b"two\n"})
    for revision in ("v1", "feature/x", None):
        both.file(made, "a.txt", revision=revision)
    both.check()


@check("a file at a full commit id, and then at a branch")
def _(world):
    both, made = Both(world, "by-id"), repo(world, "by-id", {"a.txt": b"one\n"})
    first = world.head(made)
    commit(world, made, {"a.txt": b"two\n"})
    both.file(made, "a.txt", revision=first)
    both.check()
    both.file(made, "a.txt", revision="main")
    both.check()


@check("a file of a pull request")
def _(world):
    both, made = Both(world, "pull"), repo(world, "pull", {"a.txt": b"one\n"})
    commit(world, made, {"a.txt": b"proposed\n"}, create_pr=True)
    both.file(made, "a.txt", revision="refs/pr/1")
    both.check()


@check("a file that is not there, noted as missing")
def _(world):
    both, made = Both(world, "absent"), repo(world, "absent", {"a.txt": b"one\n"})
    both.file(made, "a.txt")
    both.missing(made, "none/b.txt")
    both.check()
    assert len([path for path in both.by_hub.glob("*/.no_exist/*/none/b.txt")]) == 1


@check("a snapshot")
def _(world):
    files = {"a.txt": b"a\n", "d/b.txt": b"b\n", "d/e/c.txt": b"a\n", "w.bin": LARGE, "d/v.bin": LARGE[1:]}
    both = Both(world, "whole")
    both.snapshot(repo(world, "whole", files))
    both.check(least=20)


@check("a snapshot of what matches")
def _(world):
    files = {f"{folder}{name}": name.encode() for folder in ("", "d/", "d/e/") for name in ("a.txt", "b.txt", "c.json")}
    both, made = Both(world, "patterns"), repo(world, "patterns", files)
    both.snapshot(made, allow=["*.txt"], ignore=["d/e/*", "b.*"])
    both.check()
    found = {path.relative_to(next(both.by_hub.glob("*/snapshots/*"))).as_posix() for path in both.by_hub.rglob("*.txt")}
    assert found == {"a.txt", "d/a.txt", "d/b.txt"}, found


@check("a snapshot after a second commit: shared blobs, a ref that moved")
def _(world):
    both, made = Both(world, "second"), repo(world, "second", {"a.txt": b"a\n", "b.txt": b"b\n", "w.bin": LARGE})
    both.snapshot(made)
    first = world.head(made)
    commit(world, made, {"b.txt": b"new\n"})
    both.forget()
    both.snapshot(made)
    both.snapshot(made, revision=first)
    both.check()
    assert len(list(both.by_hub.glob("*/snapshots/*"))) == 2


@check("a dataset and a Space")
def _(world):
    both = Both(world, "kinds")
    for kind in ("dataset", "space"):
        made = repo(world, "kinds", {"a.txt": kind.encode(), "w.bin": LARGE}, kind)
        both.file(made, "a.txt", repo_type=kind)
        both.snapshot(made, repo_type=kind)
    both.check()


@check("names with spaces, other letters and characters that addresses use")
def _(world):
    names = ["a b/c d.txt", "日本語/ü.txt", "50%.txt", "a+b&c=d.txt", "x#y.txt", "e\u0301.txt", "q?.txt", "[0].txt"]
    files = {name: name.encode() for name in names}
    both, made = Both(world, "names"), repo(world, "names", files)
    for name in names:
        both.file(made, name)
    both.snapshot(made)
    both.check()


@check("an empty file")
def _(world):
    both, made = Both(world, "empty"), repo(world, "empty", {"none.txt": b"", "a.txt": b"a\n"})
    both.file(made, "none.txt")
    both.snapshot(made)
    both.check()


@check("a file that was renamed: the blob stays")
def _(world):
    both, made = Both(world, "renamed"), repo(world, "renamed", {"old.bin": LARGE})
    first = world.head(made)
    both.file(made, "old.bin")
    commit(world, made, {"old.bin": None, "new.bin": LARGE})
    both.forget()
    both.file(made, "old.bin", revision=first)
    both.file(made, "new.bin")
    both.check()
    assert len(list(both.by_hub.glob("*/blobs/*"))) == 1


@check("one file into a local folder")
def _(world):
    both = Both(world, "local-file", local_dir=True)
    both.file(repo(world, "local-file", {"d/a.txt": b"a\n", "w.bin": LARGE}), "d/a.txt")
    both.file("ada/local-file", "w.bin")
    both.check()


@check("a snapshot into a local folder, and again after the remote changed")
def _(world):
    files = {"a.txt": b"a\n", "d/b.txt": b"b\n", "w.bin": LARGE, "gone.txt": b"gone\n"}
    both, made = Both(world, "local", local_dir=True), repo(world, "local", files)
    both.snapshot(made)
    both.check()
    commit(world, made, {"d/b.txt": b"new\n", "gone.txt": None, "w.bin": LARGE[2:]})
    both.snapshot(made)
    both.check()
    assert (both.by_hub / "d/b.txt").read_bytes() == b"new\n"
    # Each client goes on in the other's folder as in its own.
    commit(world, made, {"a.txt": b"newest\n"})
    both.by_hub, both.by_python = both.by_python, both.by_hub
    with world.wire.recording() as requests:
        both.snapshot(made)
    contents = [request.path for request in requests if request.verb == "GET" and "/resolve/" in request.path]
    assert all(path.endswith("/a.txt") for path in contents), f"fetched again: {contents}"
    both.check()


@check("a revision deleted by one client, and by the other")
def _(world):
    both, made = Both(world, "deleted"), repo(world, "deleted", {"a.txt": b"a\n", "b.txt": b"b\n", "w.bin": LARGE})
    first = world.head(made)
    both.snapshot(made)
    commit(world, made, {"b.txt": b"new\n", "v.bin": LARGE[1:]})
    both.snapshot(made)
    # Crosswise: what hub fetched is deleted by Python.
    huggingface_hub.scan_cache_dir(both.by_hub).delete_revisions(first).execute()
    world.hub("cache", "rm", first, "--yes", "--cache-dir", both.by_python)
    assert_same_trees(both.by_hub, both.by_python)
    assert_same_scan(world, both.by_hub)
    assert_same_scan(world, both.by_python)
    assert len(list(both.by_hub.glob("*/snapshots/*"))) == 1
    huggingface_hub.scan_cache_dir(both.by_python).delete_revisions(world.head(made)).execute()
    world.hub("cache", "rm", f"model/{made}", "--yes", "--cache-dir", both.by_hub)
    assert_same_trees(both.by_hub, both.by_python, least=0)


def main():
    global huggingface_hub
    with opened(Path(sys.argv[1]).resolve()) as world:
        import huggingface_hub

        world.api = huggingface_hub.HfApi()
        print(f"huggingface_hub {huggingface_hub.__version__}: the cache")
        failed = run(world)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
