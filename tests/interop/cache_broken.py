"""Downloads that were broken off: by one client, and gone on with by the other."""

import contextlib
import os
import random
import shutil
import subprocess
import sys
import time

from both import assert_same_scan
from checklist import check
from trees import assert_same_trees
from world import MINUTE, digests

KILLS = 100
# After so many kills the cache is completed, compared and thrown away.
ROUND = 5
# Python writes ten mebibytes at a time: when an answer stops at STALL, they are on the disk.
STALL, SIZE, WRITTEN = 14_000_000, 24_000_000, 10 << 20
# More than any file of the repository but the large one has.
LARGE = 1_000_000


def start(world, client, repo, cache):
    """A download of everything, as a process."""
    script = "import sys, huggingface_hub as h; h.snapshot_download(sys.argv[1], cache_dir=sys.argv[2])"
    commands = {
        "hub": [world.program, "--endpoint", world.wire.url, "--quiet", "download", repo, "--cache-dir", cache],
        "python": [sys.executable, "-c", script, repo, cache],
    }
    quiet = subprocess.DEVNULL
    return subprocess.Popen(commands[client], env=world.environment, stdout=quiet, stderr=quiet)


def finish(world, client, repo, cache):
    status = start(world, client, repo, cache).wait(MINUTE)
    assert status == 0, f"{client} exited with {status}"


def size(path):
    """0 for a file that is gone: partial files of small files come and go while one looks."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def wait_for_partial(cache):
    """Until part of the large file is there."""
    end = time.monotonic() + MINUTE
    while time.monotonic() < end:
        if any(size(path) >= LARGE for path in cache.glob("*/blobs/*.incomplete")):
            return
        time.sleep(0.02)
    raise AssertionError(f"no partial file came to be in {cache}")


@check("a download that is killed is finished by the other client; hub goes on where Python was")
def _(world):
    repo, content = "ada/broken-off", os.urandom(SIZE)
    world.api.create_repo(repo)
    world.api.upload_file(repo_id=repo, path_or_fileobj=content, path_in_repo="w.bin")
    clean = world.path("broken-off-clean")
    finish(world, "python", repo, clean)
    for first, second in (("hub", "python"), ("python", "hub")):
        cache = world.path(f"broken-off-by-{first}")
        with world.wire.stalling(STALL):
            process = start(world, first, repo, cache)
            wait_for_partial(cache)
            # What has arrived is written before more is waited for.
            time.sleep(0.5)
            process.kill()
            process.wait(MINUTE)
        with world.wire.recording() as requests:
            finish(world, second, repo, cache)
        ranges = {request.headers["range"] for request in requests if "range" in request.headers}
        assert ranges == ({f"bytes={WRITTEN}-"} if second == "hub" else set()), f"{second} asked for {ranges}"
        # Python goes on with nothing, and leaves what it cannot use; the next download of hub removes it after a day.
        for left in cache.glob("*/blobs/*.incomplete"):
            assert second == "python", f"hub left {left}"
            left.unlink()
        assert_same_trees(cache, clean)


def check_whole(world, cache, repo, expected):
    """Both clients can read the cache, see the same in it, and find each file that is there; how many there are."""
    # Of a folder that is as yet empty Python says that it is damaged, also of one of its own.
    if not list(cache.glob("models--*/*")):
        return 0
    assert_same_scan(world, cache)
    found = {}
    for snapshot in cache.glob("*/snapshots/*"):
        found |= digests(snapshot)
    for path, digest in found.items():
        assert digest == expected[path], f"{path} is not whole"
        world.api.hf_hub_download(repo, path, cache_dir=cache, local_files_only=True)
    return len(found)


@check(f"{KILLS} downloads killed at any moment leave a cache that both clients read, and either completes it")
def _(world):
    repo = "ada/killed"
    files = {f"d/{number}.txt": os.urandom(2_000) for number in range(20)}
    files |= {"w.bin": os.urandom(3_000_000), "v.bin": os.urandom(400_000)}
    folder = world.path("killed")
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    world.api.create_repo(repo)
    world.api.upload_folder(repo_id=repo, folder_path=folder)
    clean, cache = world.path("killed-clean"), world.path("killed-cache")
    moment = time.monotonic()
    finish(world, "hub", repo, clean)
    whole = time.monotonic() - moment
    expected = digests(next(clean.glob("*/snapshots/*")))
    chance, partly = random.Random(82), 0
    for kill in range(KILLS):
        process = start(world, "hub", repo, cache)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.random() * whole)
        process.kill()
        process.wait(MINUTE)
        partly += 0 < check_whole(world, cache, repo, expected) < len(expected)
        if kill % ROUND == ROUND - 1:
            finish(world, "python" if kill % (2 * ROUND) == ROUND - 1 else "hub", repo, cache)
            assert check_whole(world, cache, repo, expected) == len(expected)
            # What a kill leaves where neither client looks: parts of contents, and notes and links not yet in their places.
            for left in (*cache.glob("*/blobs/*.incomplete"), *cache.glob("models--*/**/*.tmp")):
                left.unlink()
            assert_same_trees(cache, clean)
            shutil.rmtree(cache)
    assert partly, "no kill came in the middle"
