"""Drives the methods of one version of the official client and notes which arguments were given to each."""

import inspect
import json
import time
import traceback
import urllib.error
import urllib.request

from documented import DOCUMENTED, NOT_YET, REMOVED, REMOVED_ARGUMENTS, TODAY
from world import ADA, GRACE, MINUTE

CHECKS = {}


def method(name):
    """Registers a function that calls the method and asserts on what it gives and on the state afterwards."""
    assert name in DOCUMENTED or name in TODAY, name
    assert name not in CHECKS, f"{name} has a check already"

    def register(function):
        CHECKS[name] = function
        return function

    return register


class Noted:
    """A client that notes the arguments which its methods are given."""

    def __init__(self, api, given):
        self._api, self._given = api, given

    def __getattr__(self, name):
        function = getattr(self._api, name)
        if not callable(function):
            return function

        def call(*positional, **named):
            bound = inspect.signature(function).bind(*positional, **named)
            self._given.setdefault(name, set()).update(bound.arguments)
            return function(*positional, **named)

        return call


class Driver:
    """`api` is ada's client and `grace` that of another user; `ask` and `read` look at the server without a client."""

    def __init__(self, world, client):
        self.world, self.client = world, client
        self.version = client.__version__
        self.old = self.version.startswith("0.12.")
        self.errors = client.utils
        self.given = {}
        self.bare = client.HfApi(endpoint=world.wire.url, token=ADA)
        self.api = Noted(self.bare, self.given)
        self.grace = Noted(client.HfApi(endpoint=world.wire.url, token=GRACE), self.given)

    def request(self, verb, path, token=ADA, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if data else {}
        if token:
            headers["authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.world.wire.url + path, data, headers, method=verb)
        with urllib.request.urlopen(request, timeout=MINUTE) as answer:
            return answer.read()

    def ask(self, path, token=ADA):
        return json.loads(self.request("GET", path, token))

    def status(self, path, token=ADA):
        try:
            self.request("GET", path, token)
        except urllib.error.HTTPError as error:
            return error.code
        return 200

    def read(self, repo, path, revision="main", kind="model"):
        prefix = "" if kind == "model" else f"{kind}s/"
        return self.request("GET", f"/{prefix}{repo}/resolve/{revision.replace('/', '%2F')}/{path}")

    def files(self, repo, revision="main", kind="model"):
        entries = self.ask(f"/api/{kind}s/{repo}/tree/{revision.replace('/', '%2F')}?recursive=true")
        return sorted(
            entry["path"] for entry in entries if entry["type"] == "file" and entry["path"] != ".gitattributes"
        )

    def commits(self, repo, revision="main", kind="model"):
        return self.ask(f"/api/{kind}s/{repo}/commits/{revision.replace('/', '%2F')}")

    def head(self, repo, revision="main", kind="model"):
        return self.commits(repo, revision, kind)[0]["id"]

    def refs(self, repo, kind="model"):
        found = self.ask(f"/api/{kind}s/{repo}/refs")
        return {sort: {ref["name"]: ref["targetCommit"] for ref in found[sort]} for sort in ("branches", "tags")}

    def discussion(self, repo, number, kind="model"):
        return self.ask(f"/api/{kind}s/{repo}/discussions/{number}")

    def fresh(self, name, kind="model", files=None, **options):
        """A new repository of ada's with these files, made without the client."""
        body = {"name": name, "organization": "ada", "type": kind, **options}
        if kind == "space":
            body.setdefault("sdk", "gradio")
        self.request("POST", "/api/repos/create", body=body)
        if files:
            self.commit(f"ada/{name}", files, kind)
        return f"ada/{name}"

    def commit(self, repo, files, kind="model", **options):
        operations = [self.client.CommitOperationAdd(path, content) for path, content in files.items()]
        return self.bare.create_commit(repo, operations, commit_message="Prepare", repo_type=kind, **options)

    def folder(self, name, files):
        root = self.world.path(name)
        for path, content in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        return root

    def absent(self, name):
        """Why this version does not have the method; nothing if it has it, or if nobody said why: then the check fails."""
        return None if hasattr(self.bare, name) else (NOT_YET if self.old else REMOVED).get(name)

    def assert_arguments(self, name, expected):
        takes = inspect.signature(getattr(self.bare, name)).parameters
        gone = {argument for argument in expected if argument not in takes}
        unknown = sorted(argument for argument in gone if self.old or (name, argument) not in REMOVED_ARGUMENTS)
        assert not unknown, f"{name} has no argument {unknown}, and nobody said why"
        missing = sorted(set(expected) - gone - self.given.get(name, set()))
        assert not missing, f"the check never gives {missing}"

    def drive(self, methods):
        """Runs the checks of these methods; how many are ok, and which this version does not have."""
        fine, absent = 0, 0
        for name, arguments in methods.items():
            if reason := self.absent(name):
                absent += 1
                print(f"absent  {self.version} {name}: {reason}", flush=True)
                continue
            start = time.monotonic()
            try:
                with self.world.wire.recording() as requests:
                    CHECKS[name](self)
                self.assert_arguments(name, arguments.split())
            except Exception:
                print(f"FAILED  {self.version} {name}\n{traceback.format_exc()}The last requests:", flush=True)
                for request in requests[-5:]:
                    print(f"  {request}", flush=True)
            else:
                fine += 1
                print(f"ok      {self.version} {name} ({time.monotonic() - start:.1f} s)", flush=True)
        return fine, absent
