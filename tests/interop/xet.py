"""Xet between the official client as it is by default, the embedded Hub, `hub`, and clients that know no Xet. Run by
`cargo xtask interop`.

usage: xet.py HUB [JAVASCRIPT]

HUB is the `hub` program, JAVASCRIPT a folder with the JavaScript client and transfer.mjs. Prints one line for each check; exits with 1 if one fails.
"""

import hashlib
import os
import random
import shutil
import struct
import subprocess
import sys
import urllib.request
from pathlib import Path

import git as git_client
from checklist import check, run
from world import ADA, GRACE, MINUTE, assert_same, digests, opened, sha256

MIB = 1 << 20
# Chunks have 8 to 128 KiB, xorbs 64 MiB.
SIZES = [1, 8191, 8192, 8193, 65_536, 131_071, 131_072, 131_073, 1_000_000, 70 * MIB + 1]


def noise(seed, size):
    return random.Random(seed).randbytes(size)


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def fresh(world, name):
    """The environment of a machine that has no cache."""
    return world.environment | {"HF_HOME": str(world.path(name)), "HF_XET_CACHE": str(world.path(name) / "xet")}


def python(world, name, script, *arguments):
    """Runs a script in a process with caches of its own."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, env=fresh(world, name), capture_output=True, text=True, timeout=10 * MINUTE)
    assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
    return done.stdout


def get(world, path, **headers):
    request = urllib.request.Request(f"{world.wire.url}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=10 * MINUTE) as answer:
        return answer.read()


def uploaded_bytes(requests):
    return sum(request.length for request in requests if "/v1/xorbs/" in request.path or request.path.endswith("/shards"))


DOWNLOAD = "import sys; from huggingface_hub import snapshot_download as d; d(sys.argv[1], local_dir=sys.argv[2])"
UPLOAD = "import sys; from huggingface_hub import upload_folder as u; u(repo_id=sys.argv[1], folder_path=sys.argv[2])"


@check("files of sizes around every boundary go up by Xet and come back by Xet, by hub and by a plain GET")
def _(world):
    files = {f"{size}.bin": noise(size, size) for size in SIZES} | {"empty.bin": b""}
    folder = write(world.path("sizes"), files)
    world.api.create_repo("ada/sizes")
    with world.wire.recording() as requests:
        world.api.upload_folder(repo_id="ada/sizes", folder_path=folder)
    assert any("/v1/xorbs/" in request.path for request in requests), "nothing went by Xet"
    assert not any(request.verb == "PUT" for request in requests), "something went by LFS"
    with world.wire.recording() as requests:
        python(world, "sizes-home", DOWNLOAD, "ada/sizes", world.path("sizes-by-xet"))
    assert any("/v2/reconstructions/" in request.path for request in requests), "nothing came by Xet"
    world.hub("download", "ada/sizes", "--local-dir", world.path("sizes-by-hub"))
    for found in ("sizes-by-xet", "sizes-by-hub"):
        names = digests(world.path(found))
        names.pop(".gitattributes")
        assert_same(names, digests(folder))
    for name, content in files.items():
        assert get(world, f"/ada/sizes/resolve/main/{name}") == content, name


@check("a range of a plain GET is that of the file")
def _(world):
    content = (world.path("sizes") / f"{SIZES[-1]}.bin").read_bytes()
    for start, end in [(0, 1), (65_530, 65_540), (67_000_000, 67_200_000), (SIZES[-1] - 1, SIZES[-1])]:
        part = get(world, f"/ada/sizes/resolve/main/{SIZES[-1]}.bin", Range=f"bytes={start}-{end - 1}")
        assert part == content[start:end], (start, end)


@check("zeros, text and weights are stored in fewer bytes and come back")
def _(world):
    source = random.Random(1)
    weights = b"".join(struct.pack("<f", source.gauss(0, 0.02))[2:] for _ in range(1_000_000))
    words = " ".join(source.choice(["model", "weights", "of", "a", "small", "size"]) for _ in range(400_000))
    files = {"zeros.bin": bytes(5 * MIB), "text.bin": words.encode(), "weights.bin": weights}
    folder = write(world.path("kinds"), files)
    world.api.create_repo("ada/kinds")
    with world.wire.recording() as requests:
        world.api.upload_folder(repo_id="ada/kinds", folder_path=folder)
    assert uploaded_bytes(requests) < 0.5 * sum(map(len, files.values()))
    python(world, "kinds-home", DOWNLOAD, "ada/kinds", world.path("kinds-back"))
    found = digests(world.path("kinds-back"))
    found.pop(".gitattributes")
    assert_same(found, digests(folder))


@check("a variation of a file that another machine uploaded sends less than 2 % of it, and the same file nothing")
def _(world):
    size = 100 * MIB
    content = bytearray(noise("variation", size))
    first = write(world.path("first"), {"w.bin": content})
    world.api.create_repo("ada/variation")
    python(world, "first-home", UPLOAD, "ada/variation", first)
    content[40 * MIB : 41 * MIB] = noise("changed", MIB)
    second = write(world.path("second"), {"w.bin": content})
    with world.wire.recording() as requests:
        python(world, "second-home", UPLOAD, "ada/variation", second)
    sent = uploaded_bytes(requests)
    assert MIB <= sent < 0.02 * size, f"{sent} bytes were sent"
    with world.wire.recording() as requests:
        world.api.create_repo("ada/variation-again")
        python(world, "third-home", UPLOAD, "ada/variation-again", second)
    assert not any("/v1/xorbs/" in request.path for request in requests), "known chunks were sent again"
    world.hub("download", "ada/variation-again", "w.bin", "--local-dir", world.path("variation-back"))
    assert sha256(world.path("variation-back") / "w.bin") == hashlib.sha256(content).hexdigest()


def by_hub(world, name, *arguments):
    """Runs `hub` with caches of its own."""
    world.environment, before = fresh(world, name), world.environment
    try:
        return world.hub(*arguments)
    finally:
        world.environment = before


@check("of a variation of what hub uploaded Python sends less than 2 %, and the other way round")
def _(world):
    size = 100 * MIB
    by_python = lambda home, repo, folder: python(world, home, UPLOAD, repo, folder)
    by_us = lambda home, repo, folder: by_hub(world, home, "upload", repo, folder, ".")
    for name, first, second in [("ours-then-theirs", by_us, by_python), ("theirs-then-ours", by_python, by_us)]:
        repo, content = f"ada/{name}", bytearray(noise(name, size))
        world.api.create_repo(repo)
        first(f"{name}-1", repo, write(world.path(f"{name}-first"), {"w.bin": content}))
        content[40 * MIB : 41 * MIB] = noise(f"{name} changed", MIB)
        folder = write(world.path(f"{name}-second"), {"w.bin": content})
        with world.wire.recording() as requests:
            second(f"{name}-2", repo, folder)
        sent = uploaded_bytes(requests)
        assert MIB <= sent < 0.02 * size, f"{name}: {sent} bytes were sent"
        expected = hashlib.sha256(content).hexdigest()
        back = world.path(f"{name}-back")
        by_hub(world, f"{name}-3", "download", repo, "w.bin", "--local-dir", back / "hub")
        python(world, f"{name}-3", DOWNLOAD, repo, back / "python")
        assert sha256(back / "hub/w.bin") == sha256(back / "python/w.bin") == expected, name


@check("the JavaScript client reads what came by Xet, and what it uploads by Xet others read")
def _(world):
    if len(sys.argv) < 3:
        print("skipped: there is no JavaScript client")
        return
    script = Path(sys.argv[2]) / "transfer.mjs"

    def javascript(*arguments):
        environment = world.environment | {"HF_ENDPOINT": world.wire.url, "HF_TOKEN": ADA, "PATH": os.environ["PATH"]}
        command = ["node", script, *map(str, arguments)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=10 * MINUTE)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"

    content = noise("javascript", 20 * MIB)
    folder = write(world.path("javascript"), {"w.bin": content, "from-js.bin": content[MIB:] + noise("more", MIB)})
    world.api.create_repo("ada/javascript")
    by_hub(world, "javascript-home", "upload", "ada/javascript", folder / "w.bin", "w.bin")
    with world.wire.recording() as requests:
        javascript("download", "ada/javascript", "w.bin", world.path("javascript-back"))
    assert any("/reconstructions/" in request.path for request in requests), "it did not come by Xet"
    assert world.path("javascript-back").read_bytes() == content
    with world.wire.recording() as requests:
        javascript("upload", "ada/javascript", "from-js.bin", folder / "from-js.bin")
    assert any(request.path.endswith("/shards") for request in requests), "it did not go by Xet"
    python(world, "javascript-python", DOWNLOAD, "ada/javascript", world.path("javascript-python-back"))
    by_hub(world, "javascript-hub", "download", "ada/javascript", "--local-dir", world.path("javascript-hub-back"))
    for back in ("javascript-python-back", "javascript-hub-back"):
        for name in ("w.bin", "from-js.bin"):
            assert sha256(world.path(back) / name) == sha256(folder / name), (back, name)


@check("what is private is named to nobody else, who uploads it again")
def _(world):
    folder = write(world.path("secret"), {"w.bin": noise("secret", 2 * MIB)})
    world.api.create_repo("ada/secret", private=True)
    world.api.upload_folder(repo_id="ada/secret", folder_path=folder)
    world.grace.create_repo("grace/same")
    environment = {"HF_TOKEN": GRACE}
    world.environment, ours = world.environment | environment, world.environment
    try:
        with world.wire.recording() as requests:
            python(world, "grace-home", UPLOAD, "grace/same", folder)
    finally:
        world.environment = ours
    assert uploaded_bytes(requests) > 2 * MIB, "somebody else was told of the chunks"


@check("files that came by LFS are downloaded by the official client, and changed ones go up by Xet")
def _(world):
    folder = write(world.path("plain"), {"w.bin": noise("plain", 3 * MIB)})
    world.api.create_repo("ada/plain")
    script = "import os; os.environ['HF_HUB_DISABLE_XET'] = '1'\n" + UPLOAD
    with world.wire.recording() as requests:
        python(world, "plain-home", script, "ada/plain", folder)
    assert any(request.verb == "PUT" for request in requests), "it did not go by LFS"
    python(world, "plain-back-home", DOWNLOAD, "ada/plain", world.path("plain-back"))
    assert sha256(world.path("plain-back") / "w.bin") == sha256(folder / "w.bin")


@check("git-lfs clones what came by Xet, and what it pushes is not sent again by Xet")
def _(world):
    if not git_client.has_lfs():
        print("skipped: there is no git-lfs")
        return
    content = noise("git", 3 * MIB)
    world.api.create_repo("ada/git-xet")
    world.api.upload_file(repo_id="ada/git-xet", path_in_repo="w.bin", path_or_fileobj=content)
    git = git_client.git_in(world.path("git-xet"))
    git("lfs", "install", "--skip-repo")
    git("clone", "-q", git_client.address(world.wire.url, ADA, "ada/git-xet"), "clone")
    clone = git.at("clone")
    assert (clone.folder / "w.bin").read_bytes() == content
    shutil.copy(clone.folder / "w.bin", clone.folder / "copy.bin")
    clone("add", "copy.bin")
    clone("commit", "-q", "-m", "A copy")
    clone("push", "-q")
    entries = world.api.get_paths_info("ada/git-xet", ["w.bin", "copy.bin"])
    assert len({entry.xet_hash for entry in entries}) == 1 and entries[0].xet_hash, entries


@check("a copy from another repository is made without its bytes")
def _(world):
    from huggingface_hub import CommitOperationCopy

    world.api.create_repo("ada/target")
    operation = CommitOperationCopy("w.bin", "copied.bin", src_repo_id="ada/variation-again", src_repo_type="model")
    with world.wire.recording() as requests:
        world.api.create_commit("ada/target", [operation], commit_message="Copy")
    assert any(request.path.endswith("/lfs-files/duplicate") for request in requests)
    assert uploaded_bytes(requests) == 0
    source = world.api.get_paths_info("ada/variation-again", ["w.bin"])[0]
    copied = world.api.get_paths_info("ada/target", ["copied.bin"])[0]
    assert (copied.xet_hash, copied.lfs.sha256) == (source.xet_hash, source.lfs.sha256)


@check("a stranger proposes a large file, which is in the pull request")
def _(world):
    content = noise("proposal", 2 * MIB)
    made = world.grace.upload_file(
        repo_id="ada/plain", path_in_repo="proposed.bin", path_or_fileobj=content, create_pr=True
    )
    assert made.pr_num == 1, made
    path = f"/ada/plain/resolve/refs%2Fpr%2F1/proposed.bin"
    assert get(world, path) == content


@check("--no-xet answers as a Hub without Xet does")
def _(world):
    from huggingface_hub import errors

    world.stop()
    world.start("--no-xet")
    entry = world.api.get_paths_info("ada/plain", ["w.bin"])[0]
    assert entry.xet_hash is None and entry.lfs is not None
    python(world, "no-xet-home", DOWNLOAD, "ada/sizes", world.path("no-xet-back"))
    assert sha256(world.path("no-xet-back") / "8193.bin") == sha256(world.path("sizes") / "8193.bin")
    script = "import os; os.environ['HF_HUB_DISABLE_XET'] = '1'\n" + UPLOAD
    python(world, "no-xet-up", script, "ada/plain", write(world.path("no-xet"), {"n.bin": noise("n", MIB)}))


def main():
    global huggingface_hub
    program = Path(sys.argv[1]).resolve()
    with opened(program, xet=True) as world:
        import huggingface_hub

        try:
            import hf_xet  # noqa: F401
        except ImportError:
            print("skipped: hf_xet has no wheel for this machine")
            return
        world.api = huggingface_hub.HfApi()
        world.grace = huggingface_hub.HfApi(token=GRACE)
        print(f"huggingface_hub {huggingface_hub.__version__} with Xet")
        failed = run(world)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
