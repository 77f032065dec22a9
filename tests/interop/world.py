"""What the checks share: a server of their own behind a wire, and a few assertions."""

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from wire import Wire

ADA, GRACE = "hf_adaInteropWrite", "hf_graceInteropWrite"
SEED = f"""
[[user]]
name = "ada"
fullname = "Ada L."
email = "ada@example.org"
orgs = [{{ name = "analytical", role = "admin" }}]
tokens = [{{ name = "interop", token = "{ADA}", role = "write" }}]

[[user]]
name = "grace"
tokens = [{{ name = "interop", token = "{GRACE}", role = "write" }}]

[[org]]
name = "analytical"

[tags]
metrics = "metrics.json"
"""
METRICS = [
    {"id": "accuracy", "description": "How many are right.", "citation": None, "key": "accuracy"},
    {"id": "f1", "description": "Of precision and recall.", "citation": None, "key": "f1"},
]
MINUTE = 60


class World:
    """The server, the wire before it, and both clients."""

    def __init__(self, program, model, folder, xet):
        self.program, self.model, self.folder = program, model, folder
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.wire = Wire()
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("HF_", "HUGGING")) and not name.lower().endswith("_proxy")
        }
        self.environment |= {
            "HF_ENDPOINT": self.wire.url,
            "HF_HOME": str(folder / "home"),
            "HF_TOKEN": ADA,
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        }
        if not xet:
            self.environment["HF_HUB_DISABLE_XET"] = "1"

    def start(self, *options):
        seed = self.folder / "seed.toml"
        seed.write_text(SEED)
        (self.folder / "metrics.json").write_text(json.dumps(METRICS))
        command = [self.program, "serve", "--listen", "127.0.0.1:0", "--data", self.data, "--seed", seed]
        self.process = subprocess.Popen(
            [*command, "--public-url", self.wire.url, *options],
            stdout=subprocess.PIPE,
            stderr=self.log.open("ab"),
            env=self.environment,
            text=True,
        )
        watchdog = threading.Timer(MINUTE, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        ready = re.fullmatch(r"listening on http://(127\.0\.0\.1):(\d+)\n", line)
        assert ready, f"the server said {line!r}; its log:\n{self.log.read_text()}"
        self.wire.start((ready[1], int(ready[2])))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(MINUTE)

    def hub(self, *arguments):
        command = [self.program, "--endpoint", self.wire.url, *map(str, arguments)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=10 * MINUTE)
        assert done.returncode == 0, f"{command} exited with {done.returncode}:\n{done.stdout}{done.stderr}"
        for secret in (ADA, GRACE):
            assert secret not in done.stdout + done.stderr, f"{command} printed a token"
        return done.stdout

    def path(self, name):
        return self.folder / name

    def sent(self, since=0):
        """The requests that brought contents of large files, by LFS or by Xet."""
        return [request for request in self.wire.requests[since:] if request.verb == "PUT" or "/v1/xorbs/" in request.path]

    def head(self, repo, **options):
        return self.api.repo_info(repo, **options).sha

    def history(self, repo):
        return [commit.commit_id for commit in self.api.list_repo_commits(repo)]


@contextlib.contextmanager
def opened(program, model=None, xet=False):
    """A world in a folder of its own. The Python client reads its settings when it is imported, so do that inside."""
    with tempfile.TemporaryDirectory(prefix="hub-interop-") as folder:
        world = World(program, model, Path(folder).resolve(), xet)
        os.environ.clear()
        os.environ.update(world.environment)
        yield world


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if sys.version_info >= (3, 11) else _sha256(file)


def _sha256(file):
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def digests(folder):
    """The sha256 of each file, by its path; without what clients note for themselves in `.cache`."""
    files = {path.relative_to(folder): path for path in Path(folder).rglob("*") if path.is_file()}
    return {name.as_posix(): sha256(path) for name, path in files.items() if name.parts[0] != ".cache"}


def assert_same(found, expected):
    different = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
    assert not different, f"these files differ or are missing on one side: {different}"


class raises:
    """Asserts that the block raises this error, and keeps it as `error`."""

    def __init__(self, kind, status=None):
        self.kind, self.status, self.error = kind, status, None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if error is None:
            raise AssertionError(f"no {self.kind.__name__} was raised")
        if not isinstance(error, self.kind):
            return False
        found = getattr(getattr(error, "response", None), "status_code", None)
        assert self.status in (None, found), f"{self.kind.__name__} with status {found}, not {self.status}"
        self.error = error
        return True
