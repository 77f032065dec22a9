"""The store of contents that the repositories of a cache share, filled, read and cleaned by `hub` and by the official Python client. Run by
`cargo xtask interop`.

usage: shared.py HUB

What one client has shared, the other takes, checks and deletes: the folders are compared file by file (trees.py says what may differ),
and Python's own functions say what it thinks of the store.
"""

import contextlib
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

from both import Both, assert_same_scan, scanned_by_python
from checklist import check, run
from trees import assert_same_trees
from world import MINUTE, opened, sha256

# Large enough that both clients fetch it by Xet.
SIZE = 17_000_000
KILLS = 16


def noise(seed, size=SIZE):
    return random.Random(seed).randbytes(size)


def repos(world, name, contents, kind="model"):
    """Repositories of ada's, each with a small file of its own and these large ones."""
    made = [f"ada/{name}-{number}" for number in range(len(contents))]
    for repo, files in zip(made, contents):
        world.api.create_repo(repo, repo_type=kind)
        operations = [huggingface_hub.CommitOperationAdd(path, content) for path, content in files.items()]
        operations.append(huggingface_hub.CommitOperationAdd("own.txt", repo.encode()))
        world.api.create_commit(repo, operations, commit_message="Prepare", repo_type=kind)
    return made


def entries(cache):
    """The contents of the store, as Python finds them."""
    return sorted(shared_blobs.shared_store_blob_paths(cache))


def assert_sound(cache, users):
    """Python takes the store for one, and knows this many users of each content."""
    assert shared_blobs.is_shared_blobs_dir(cache / "blobs"), "the store has no mark"
    found = {path.name[:8]: len(shared_blobs._read_valid_manifest_references(path, cache)) for path in entries(cache)}
    assert sorted(found.values()) == sorted(users), found
    for path in entries(cache):
        assert stat.S_IMODE(path.stat().st_mode) == 0o444, oct(path.stat().st_mode)
    left = [path for path in cache.rglob("*") if path.name.endswith((".shared", ".tmp"))]
    assert not left, left


def fetched(requests):
    """The requests for contents: plain, or by Xet."""
    return [one.path for one in requests if one.verb == "GET" and ("/resolve/" in one.path or "/reconstructions/" in one.path)]


def python(world, cache, script, *arguments, **environment):
    """Runs a script in a process of its own, with other variables."""
    command = [sys.executable, "-c", f"import sys, huggingface_hub as h; {script}", *map(str, arguments)]
    variables = world.environment | {"HF_HUB_CACHE": str(cache)} | environment
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=10 * MINUTE)
    assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


@contextlib.contextmanager
def with_variables(world, **variables):
    """`hub` is told these."""
    ours, world.environment = world.environment, world.environment | variables
    try:
        yield
    finally:
        world.environment = ours


@check("a file of two repositories, and one of a dataset: both clients keep it once, in the same files")
def _(world):
    content = noise(1)
    one, two = repos(world, "twice", [{"w.bin": content}, {"d/copy.bin": content}])
    [data] = repos(world, "twice-data", [{"w.bin": content}], "dataset")
    both = Both(world, "twice")
    both.file(one, "w.bin")
    both.snapshot(two)
    both.file(data, "w.bin", repo_type="dataset")
    both.check(least=20)
    for cache in (both.by_hub, both.by_python):
        assert_sound(cache, [3])
        scanned = huggingface_hub.scan_cache_dir(cache)
        assert scanned.size_on_disk < SIZE + 10_000 and not scanned.warnings, scanned
        listed = huggingface_hub.get_cached_repo_tree(two, cache_dir=cache)
        [entry] = [file for file in listed if file.path == "d/copy.bin"]
        assert (entry.size, entry.xet_hash) == (SIZE, entries(cache)[0].name), entry
    for repo in (one, two):
        for cache in (both.by_hub, both.by_python):
            world.hub("download", repo, "--cache-dir", cache)
            said = world.hub("cache", "verify", repo, "--cache-dir", cache)
            assert said.endswith(": 0 wrong.\n"), said


@check("a repository that comes later is taken from the store of the other client without a request for bytes")
def _(world):
    content = noise(2)
    first, by_hub, by_python = repos(world, "later", [{"w.bin": content}] * 3)
    both = Both(world, "later")
    both.file(first, "w.bin")
    hub, python_client = both._clients()
    with world.wire.recording() as requests:
        hub.file(by_hub, "w.bin", both.by_python)
        python_client.file(by_python, "w.bin", both.by_hub)
    assert not fetched(requests), fetched(requests)
    for cache in (both.by_hub, both.by_python):
        assert_sound(cache, [2])
        assert_same_scan(world, cache)
    place = next(both.by_python.glob(f"models--{by_hub.replace('/', '--')}/snapshots/*/w.bin"))
    found = huggingface_hub.hf_hub_download(by_hub, "w.bin", cache_dir=both.by_python, local_files_only=True)
    assert Path(found) == place and sha256(place) == sha256(entries(both.by_python)[0])


@check("what one client deletes of the other's leaves what others use, and the content goes with the last user")
def _(world):
    content = noise(3)
    one, two = repos(world, "gone", [{"w.bin": content, "v.bin": noise(4)}, {"w.bin": content}])
    # Now and then Python takes a file by a plain GET, and keeps it for one repository alone.
    for attempt in range(5):
        both = Both(world, f"gone-{attempt}")
        both.snapshot(one)
        both.snapshot(two)
        assert_sound(both.by_hub, [1, 2])
        if len(entries(both.by_python)) == 2 and not any(
            path.is_file() and not path.is_symlink() and path.stat().st_size > 1_000_000
            for path in both.by_python.glob("models--*/blobs/*")
        ):
            break
    assert_sound(both.by_python, [1, 2])
    # Crosswise: what hub fetched is deleted by Python.
    strategy = huggingface_hub.scan_cache_dir(both.by_hub).delete_revisions(world.head(one))
    said = json.loads(world.hub("--json", "cache", "rm", f"model/{one}", "--yes", "--cache-dir", both.by_python))
    assert said["freed"] == strategy.expected_freed_size, (said, strategy)
    strategy.execute()
    assert_same_trees(both.by_hub, both.by_python)
    for cache in (both.by_hub, both.by_python):
        assert_sound(cache, [1])
        assert_same_scan(world, cache)
    # Each reads what the other left.
    both.fetches = both.fetches[1:]
    both.check()
    huggingface_hub.scan_cache_dir(both.by_hub).delete_revisions(world.head(two)).execute()
    world.hub("cache", "rm", f"model/{two}", "--yes", "--cache-dir", both.by_python)
    assert_same_trees(both.by_hub, both.by_python, least=0)
    assert not entries(both.by_hub) and not entries(both.by_python)


@check("what nobody uses any more is found and pruned by either, whoever has left it")
def _(world):
    [repo] = repos(world, "left", [{"w.bin": noise(5)}])
    both = Both(world, "left")
    both.snapshot(repo)
    for cache in (both.by_hub, both.by_python):
        shutil.rmtree(cache / f"models--{repo.replace('/', '--')}")
        assert len(shared_blobs.unreferenced_shared_blobs(cache)) == 1
    for path in shared_blobs.unreferenced_shared_blobs(both.by_hub):
        assert shared_blobs.sweep_shared_blob(path, cache_dir=both.by_hub) == SIZE
    said = json.loads(world.hub("--json", "cache", "prune", "--yes", "--cache-dir", both.by_python))
    assert (said["freed"], len(said["shared_blobs"])) == (SIZE, 1), said
    assert_same_trees(both.by_hub, both.by_python, least=1)


@check("beginnings of downloads are counted alike, and pruned")
def _(world):
    [repo] = repos(world, "begun", [{"w.bin": noise(6)}])
    both = Both(world, "begun")
    both.snapshot(repo)
    for cache in (both.by_hub, both.by_python):
        left = cache / f"models--{repo.replace('/', '--')}" / "blobs" / "abcd.1a2b3c4d.incomplete"
        left.write_bytes(bytes(500))
        assert huggingface_hub.scan_cache_dir(cache).incomplete_size_on_disk == 500
        said = json.loads(world.hub("--json", "cache", "prune", "--yes", "--cache-dir", cache))
        assert said["freed"] == 500 and not left.exists(), said
        assert_sound(cache, [1])


@check("a damaged content is mended by hub for both clients")
def _(world):
    content = noise(7)
    one, two = repos(world, "damaged", [{"w.bin": content}, {"w.bin": content}])
    both = Both(world, "damaged")
    both.snapshot(one)
    both.snapshot(two)
    for cache in (both.by_hub, both.by_python):
        [entry] = entries(cache)
        entry.chmod(0o644)
        entry.write_bytes(bytes(SIZE))
        entry.chmod(0o444)
        said = world.hub("cache", "verify", one, "--repair", "--cache-dir", cache)
        assert "repaired  w.bin" in said, said
        result = world.api.verify_repo_checksums(two, cache_dir=cache)
        assert not result.mismatches and not result.missing_paths, result
        assert_sound(cache, [2])


@check("with HF_HUB_DISABLE_SHARED_BLOBS each keeps its own, reads what is shared, and cleans it")
def _(world):
    content = noise(8)
    one, two = repos(world, "apart", [{"w.bin": content}, {"w.bin": content}])
    off = {"HF_HUB_DISABLE_SHARED_BLOBS": "1"}
    plain = Both(world, "apart-plain")
    with with_variables(world, **off):
        world.hub("download", one, "--cache-dir", plain.by_hub)
    python(world, plain.by_python, "h.snapshot_download(sys.argv[1])", one, **off)
    assert_same_trees(plain.by_hub, plain.by_python)
    assert not (plain.by_hub / "blobs").exists() and not (plain.by_python / "blobs").exists()

    # A cache in which the other repository is shared.
    mixed = Both(world, "apart-mixed")
    mixed.snapshot(two)
    with with_variables(world, **off):
        world.hub("download", one, "--cache-dir", mixed.by_python)
        world.hub("download", two, "w.bin", "--force-download", "--cache-dir", mixed.by_python)
    for repo, force in ((one, "False"), (two, "True")):
        script = f"h.hf_hub_download(sys.argv[1], 'w.bin', force_download={force}); h.snapshot_download(sys.argv[1])"
        python(world, mixed.by_hub, script, repo, **off)
    for cache in (mixed.by_hub, mixed.by_python):
        assert len(entries(cache)) == 1
        assert_sound(cache, [0])
        assert_same_scan(world, cache)
        for repo in (one, two):
            place = huggingface_hub.hf_hub_download(repo, "w.bin", cache_dir=cache, local_files_only=True)
            assert os.path.getsize(place) == SIZE
    # The line that is no longer true keeps nothing.
    world.hub("cache", "prune", "--yes", "--cache-dir", mixed.by_hub)
    for path in shared_blobs.unreferenced_shared_blobs(mixed.by_python):
        shared_blobs.sweep_shared_blob(path, cache_dir=mixed.by_python)
    assert_same_trees(mixed.by_hub, mixed.by_python)
    assert not entries(mixed.by_hub)


@check("both clients at once, in one cache: every line of every list is true, and nothing is lost")
def _(world):
    contents = [{f"{number}.bin": noise(10 + number, 17_000_000) for number in range(2)} for _ in range(6)]
    made = repos(world, "at-once", contents)
    cache = world.path("at-once")
    variables = world.environment | {"HF_HUB_CACHE": str(cache)}
    script = "import sys, huggingface_hub as h; [h.snapshot_download(repo) for repo in sys.argv[1:]]"
    processes = [subprocess.Popen([sys.executable, "-c", script, *reversed(made)], env=variables)]
    for repo in made:
        command = [world.program, "--endpoint", world.wire.url, "--quiet", "download", repo, "--cache-dir", cache]
        processes.append(subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL))
    assert all(process.wait(10 * MINUTE) == 0 for process in processes)
    users = {path.name: shared_blobs._read_valid_manifest_references(path, cache) for path in entries(cache)}
    links = [path for path in cache.glob("models--*/blobs/*") if path.is_symlink()]
    assert len(users) == 2 and sum(map(len, users.values())) == len(links), (users, links)
    for repo in made:
        said = world.hub("cache", "verify", repo, "--cache-dir", cache)
        assert said.endswith(": 0 wrong.\n"), said
    assert_same_scan(world, cache)
    # All of them deleted by both at once.
    strategy = huggingface_hub.scan_cache_dir(cache).delete_revisions(*map(world.head, made[3:]))
    deletions = [
        subprocess.Popen(
            [world.program, "cache", "rm", f"model/{repo}", "--yes", "--cache-dir", cache],
            env=variables,
            stdout=subprocess.DEVNULL,
        )
        for repo in made[:3]
    ]
    strategy.execute()
    assert all(process.wait(MINUTE) == 0 for process in deletions)
    assert not entries(cache) and not scanned_by_python(cache)[0], entries(cache)


@check(f"{KILLS} downloads killed at any moment leave a store that both clients read, and the next one completes it")
def _(world):
    content = noise(30)
    made = repos(world, "killed", [{"w.bin": content}, {"w.bin": content}])
    clean, cache = world.path("killed-clean"), world.path("killed-cache")

    def start(folder):
        command = [world.program, "--endpoint", world.wire.url, "--quiet", "download"]
        return [
            subprocess.Popen([*command, repo, "--cache-dir", folder], env=world.environment, stdout=subprocess.DEVNULL)
            for repo in made
        ]

    begun = time.monotonic()
    assert all(process.wait(MINUTE) == 0 for process in start(clean))
    whole, chance = time.monotonic() - begun, random.Random(30)
    assert entries(clean), "an undisturbed download shares nothing"
    for kill in range(KILLS):
        processes = start(cache)
        # Every part of a download has its kill, the beginning first.
        time.sleep((kill + chance.random()) / KILLS * whole)
        for process in processes:
            process.kill()
            process.wait(MINUTE)
        for entry in entries(cache):
            assert sha256(entry) == sha256(entries(clean)[0]), f"{entry} is not whole after {kill} kills"
            assert shared_blobs._read_valid_manifest_references(entry, cache) is not None, entry
        # Of a repository that has no folder of commits as yet Python says that it is damaged, also of one of its own.
        # Killed at once, nobody has even made the cache.
        folders = list(cache.glob("models--*"))
        # A store that has no mark yet Python takes for a repository.
        store = cache / "blobs"
        is_marked = not store.exists() or shared_blobs.is_shared_blobs_dir(store)
        if folders and is_marked and all((folder / "snapshots").is_dir() for folder in folders):
            assert_same_scan(world, cache)
        if kill % 4 == 3:
            assert all(process.wait(MINUTE) == 0 for process in start(cache))
            # The rest of a file may have come by a plain GET: then it is not shared.
            users = [shared_blobs._read_valid_manifest_references(entry, cache) for entry in entries(cache)]
            # A hidden name is a link that a killed process had not yet put in its place.
            links = [path for path in cache.glob("models--*/blobs/[!.]*") if path.is_symlink()]
            assert sum(map(len, users)) == len(links), (users, links)
            assert_same_scan(world, cache)
            for repo in made:
                said = world.hub("cache", "verify", repo, "--cache-dir", cache)
                assert said.endswith(": 0 wrong.\n"), said
                place = huggingface_hub.hf_hub_download(repo, "w.bin", cache_dir=cache, local_files_only=True)
                assert Path(place).read_bytes() == content
            shutil.rmtree(cache)


def main():
    global huggingface_hub, shared_blobs
    with opened(Path(sys.argv[1]).resolve(), xet=True) as world:
        import huggingface_hub
        from huggingface_hub.utils import _shared_blobs as shared_blobs

        world.api = huggingface_hub.HfApi()
        print(f"huggingface_hub {huggingface_hub.__version__}: the contents that repositories share")
        failed = run(world)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
