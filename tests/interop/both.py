"""The same downloads made by `hub` and by the Python client, each in a folder of its own."""

import contextlib
import json
import subprocess
from pathlib import Path

from trees import assert_same_trees
from world import MINUTE


class Both:
    """What `hub` fetches goes to `by_hub`, what Python fetches to `by_python`: caches, or with `local_dir` plain folders.

    Every fetch is noted, and `check` makes each of them again with the folders exchanged and without the server."""

    def __init__(self, world, name, local_dir=False):
        self.world, self.local_dir = world, local_dir
        self.by_hub, self.by_python = world.path(f"{name}-by-hub"), world.path(f"{name}-by-python")
        self.fetches = []

    def file(self, repo, path, **options):
        return self._fetch(lambda client, folder: client.file(repo, path, folder, **options))

    def snapshot(self, repo, **options):
        return self._fetch(lambda client, folder: client.snapshot(repo, folder, **options))

    def missing(self, repo, path, **options):
        return self._fetch(lambda client, folder: client.missing(repo, path, folder, **options))

    def forget(self):
        """What was fetched so far need not be found any more."""
        self.fetches.clear()

    def _clients(self):
        return ByHub(self.world, self.local_dir), ByPython(self.world, self.local_dir)

    def _fetch(self, fetch):
        hub, python = self._clients()
        places = fetch(hub, self.by_hub), fetch(python, self.by_python)
        assert places[0] == places[1], f"hub says {places[0]}, Python {places[1]}"
        self.fetches.append((fetch, places[0]))
        return places[0]

    def check(self, least=1):
        """Both folders are the same, and each client finds in the other's what it fetched, without a request."""
        assert_same_trees(self.by_hub, self.by_python, least)
        hub, python = self._clients()
        with self.world.wire.recording() as requests, hub.offline(), python.offline():
            for fetch, place in self.fetches:
                assert fetch(hub, self.by_python) == place, f"hub does not find {place}"
                assert fetch(python, self.by_hub) == place, f"Python does not find {place}"
        assert not requests, f"asked without need: {requests}"
        if not self.local_dir:
            assert_same_scan(self.world, self.by_hub)
            assert_same_scan(self.world, self.by_python)


class Client:
    """Fetches, and says where in the folder the result is."""

    def __init__(self, world, local_dir):
        self.world, self.folder_argument = world, "local_dir" if local_dir else "cache_dir"
        self.local_only = False

    @contextlib.contextmanager
    def offline(self):
        self.local_only = True
        yield
        self.local_only = False


class ByHub(Client):
    def file(self, repo, path, folder, revision=None, repo_type=None):
        return self._download([repo, path], folder, revision, repo_type)

    def snapshot(self, repo, folder, revision=None, repo_type=None, allow=(), ignore=()):
        patterns = [f"--include={pattern}" for pattern in allow] + [f"--exclude={pattern}" for pattern in ignore]
        return self._download([repo, *patterns], folder, revision, repo_type)

    def missing(self, repo, path, folder):
        done = self._run([repo, path], folder)
        if self.local_only:
            assert done.returncode == 6 and "is not in the cache" in done.stderr, done
        else:
            assert done.returncode == 3 and f'"{path}" does not exist' in done.stderr, done
        return "missing"

    def _download(self, arguments, folder, revision, repo_type):
        if revision:
            arguments += ["--revision", revision]
        if repo_type:
            arguments += ["--repo-type", repo_type]
        done = self._run(arguments, folder)
        assert done.returncode == 0, done
        return Path(done.stdout.rstrip("\n")).relative_to(folder).as_posix()

    def _run(self, arguments, folder):
        option = "--" + self.folder_argument.replace("_", "-")
        command = [self.world.program, "--quiet", "download", *arguments, option, folder]
        environment = self.world.environment | ({"HF_HUB_OFFLINE": "1"} if self.local_only else {})
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=MINUTE)


class ByPython(Client):
    def file(self, repo, path, folder, **options):
        return self._place(self.world.api.hf_hub_download(repo, path, **self._where(folder), **options), folder)

    def snapshot(self, repo, folder, allow=None, ignore=None, **options):
        patterns = {"allow_patterns": allow, "ignore_patterns": ignore}
        return self._place(self.world.api.snapshot_download(repo, **self._where(folder), **patterns, **options), folder)

    def missing(self, repo, path, folder):
        from huggingface_hub import _CACHED_NO_EXIST, errors, try_to_load_from_cache

        if self.local_only:
            assert try_to_load_from_cache(repo, path, cache_dir=folder) is _CACHED_NO_EXIST
            return "missing"
        try:
            found = self.world.api.hf_hub_download(repo, path, **self._where(folder))
        except errors.EntryNotFoundError:
            return "missing"
        raise AssertionError(f"Python found {found}")

    def _where(self, folder):
        return {self.folder_argument: folder, "local_files_only": self.local_only}

    def _place(self, path, folder):
        return Path(path).relative_to(folder).as_posix()


def scanned_by_hub(world, cache):
    def listed(*options):
        return json.loads(world.hub("--json", "cache", "list", *options, "--cache-dir", cache))

    sizes = {repo["id"]: (repo["size_on_disk"], repo["revisions"]) for repo in listed()}
    revisions = {
        (one["id"], one["revision"]): (one["size_on_disk"], one["files"], sorted(one["refs"]))
        for one in listed("--revisions")
    }
    return sizes, revisions


def scanned_by_python(cache):
    from huggingface_hub import scan_cache_dir

    scanned = scan_cache_dir(cache)
    assert not scanned.warnings, scanned.warnings
    sizes, revisions = {}, {}
    for repo in scanned.repos:
        name = f"{repo.repo_type}/{repo.repo_id}"
        sizes[name] = (repo.size_on_disk, len(repo.revisions))
        for one in repo.revisions:
            revisions[name, one.commit_hash] = (one.size_on_disk, one.nb_files, sorted(one.refs))
    return sizes, revisions


def assert_same_scan(world, cache):
    """Repositories, revisions, refs, sizes and numbers of files."""
    by_hub, by_python = scanned_by_hub(world, cache), scanned_by_python(cache)
    assert by_hub == by_python, f"hub sees {by_hub}\nPython sees {by_python}"
