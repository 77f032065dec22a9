"""What the official client sends, as facts. Run by `cargo xtask interop`.

usage: record.py HUB FACTS [--record]

Makes the calls of calls.py and calls_reading.py against a server of its own (version 0.12 those of calls_removed.py),
listens to what the client sends, and compares that with the file FACTS; each difference is printed, and the exit status
is 1 then. With --record the file is written instead.
"""

import difflib
import json
import os
import re
import sys
import tempfile
import types
import warnings
from pathlib import Path
from urllib.parse import parse_qsl

import calls
import calls_reading
import calls_removed
from world import ADA, World

ABOUT = (
    "What huggingface_hub sends for each call, as recorded by `cargo xtask interop --record`. 'call' and 'arguments' "
    'are those of HfApi in Python; files are {"text": contents} or, for a folder, a map from path to contents; '
    'operations of a commit are {"add": path, "text": contents}, {"copy": path, "to": path} and '
    "{\"delete\": path}; a filter class is {class: arguments}. 'requests' are in the order in which they were sent. "
    "'path' is as sent, percent-encoded; 'query' maps each key to its decoded value, or to a list if the key is "
    "repeated; 'token' says whether the request has an authorization header. A request with a body has one of 'json' "
    "(the document), 'lines' (one document for each line of application/x-ndjson), 'form' (as 'query', but in the "
    "body) and 'bytes' (its length). <oid> stands for a commit, <id> for the id of a comment, <hub> for the address of "
    "the server, <server> for a path and query that the server chose."
)
GROUPS = [
    calls.ACCOUNT,
    calls.REPOSITORIES,
    calls.COMMITS,
    calls.REVISIONS,
    calls_reading.READING,
    calls_reading.SEARCH,
    calls_reading.DISCUSSIONS,
    calls_reading.SPACES,
]
GROUPS_OLD = [calls_removed.CALLS]
# Where the server told the client to send a large file to.
GIVEN_BY_SERVER = re.compile(r"/lfs/(?!objects/batch$)")


class Recorder:
    def __init__(self, world, client):
        self.world, self.client, self.api = world, client, client.HfApi(token=ADA)
        self.comment = None
        self.failed = []

    def record(self, call):
        if call.before:
            call.before(self)
        arguments = {name: self.value(name, value, call) for name, value in call.arguments.items()}
        with self.world.wire.recording() as requests:
            try:
                made = getattr(self.api, call.name)(**arguments)
                if isinstance(made, types.GeneratorType):
                    list(made)
            except Exception as error:
                self.failed.append(f"{call.name}, {call.case}: {type(error).__name__}: {error}")
        return {
            "call": call.name,
            "case": call.case,
            "arguments": call.arguments,
            "requests": [self.facts(request) for request in requests],
        }

    def value(self, name, value, call):
        """An argument as the client wants it."""
        if value == calls.COMMENT:
            return self.comment
        if value == calls.HEAD:
            options = {"repo_type": call.arguments.get("repo_type")}
            return self.api.repo_info(call.arguments["repo_id"], **options).sha
        if name == "filter" and isinstance(value, dict):
            return self.filter(value)
        if name == "path_or_fileobj":
            return value["text"].encode()
        if name == "folder_path":
            return self.folder(value)
        if name == "operations":
            return [self.operation(operation) for operation in value]
        return value

    def filter(self, said):
        [(kind, arguments)] = said.items()
        return getattr(self.client, kind)(**arguments)

    def folder(self, files):
        root = Path(tempfile.mkdtemp(dir=self.world.folder))
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content.encode())
        return root

    def operation(self, said):
        if "add" in said:
            return self.client.CommitOperationAdd(said["add"], said["text"].encode())
        if "copy" in said:
            return self.client.CommitOperationCopy(said["copy"], said["to"])
        return self.client.CommitOperationDelete(said["delete"])

    def facts(self, request):
        found = {"verb": request.verb, "path": self.settled(request.path), "query": self.pairs(request.query)}
        found["token"] = request.authorized
        if GIVEN_BY_SERVER.search(request.path):
            found |= {"path": "<server>", "query": {}}
        if not request.length:
            return found
        if request.content_type == "application/x-www-form-urlencoded":
            return found | {"form": self.pairs(parse_qsl(request.body.decode(), keep_blank_values=True))}
        if request.content_type == "application/x-ndjson":
            found["lines"] = self.settled(request.lines())
        elif request.content_type.endswith("json"):
            found["json"] = self.settled(request.json())
        else:
            found["bytes"] = request.length
        return found

    def pairs(self, pairs):
        """Decoded keys and values as a map; a key that is repeated has a list."""
        found = {}
        for key, value in pairs:
            value = self.settled(value)
            if key in found:
                earlier = found[key]
                value = [*(earlier if isinstance(earlier, list) else [earlier]), value]
            found[key] = value
        return found

    def settled(self, value):
        """Without what differs from run to run."""
        if isinstance(value, dict):
            return {key: self.settled(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.settled(entry) for entry in value]
        if not isinstance(value, str):
            return value
        value = value.replace(self.world.wire.url, "<hub>")
        value = re.sub(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])", calls.HEAD, value)
        return value.replace(self.comment, calls.COMMENT) if self.comment else value


def write(path, found):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written(found))


def written(found):
    """One request a line: short enough to read, and a change shows what changed."""
    lines = [
        "{",
        f'"about": {json.dumps(found["about"])},',
        f'"version": {json.dumps(found["version"])},',
        '"calls": [',
    ]
    for call in found["calls"]:
        head = {key: call[key] for key in ("call", "case", "arguments")}
        requests = ",\n".join(f"  {json.dumps(request, ensure_ascii=False)}" for request in call["requests"])
        body = f"\n{requests}\n" if requests else ""
        end = "" if call is found["calls"][-1] else ","
        lines.append(f'{json.dumps(head, ensure_ascii=False)[:-1]}, "requests": [{body}]}}{end}')
    return "\n".join([*lines, "]", "}"]) + "\n"


def compare(path, found):
    committed = path.read_text() if path.exists() else ""
    # A newer client that sends the same is no difference.
    version = re.compile(r'^"version": .*$', re.MULTILINE)
    before, now = (version.sub("", text).splitlines() for text in (committed, written(found)))
    return list(difflib.unified_diff(before, now, "committed", f"sent by {found['version']}", lineterm="", n=1))


def main():
    program, path, *options = sys.argv[1:]
    path = Path(path).resolve()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="hub-record-") as folder:
        world = World(Path(program).resolve(), None, Path(folder), xet=False)
        os.environ.clear()
        os.environ.update(world.environment)
        import huggingface_hub

        huggingface_hub.logging.set_verbosity_error()
        world.start()
        try:
            recorder = Recorder(world, huggingface_hub)
            groups = GROUPS_OLD if huggingface_hub.__version__.startswith("0.12.") else GROUPS
            done = [recorder.record(call) for group in groups for call in group]
        finally:
            world.process.kill()
    found = {"about": ABOUT, "version": huggingface_hub.__version__, "calls": done}
    assert ADA not in written(found), "a token is in the facts"
    count = sum(len(call["requests"]) for call in done)
    print(f"recorded {len(done)} calls of huggingface_hub {found['version']} with {count} requests")
    for failure in recorder.failed:
        print(f"FAILED  {failure}")
    if "--record" in options:
        write(path, found)
        print(f"written to {path}")
        sys.exit(1 if recorder.failed else 0)
    difference = compare(path, found)
    print("\n".join(difference) if difference else f"ok      these are the requests in {path.name}")
    sys.exit(1 if difference or recorder.failed else 0)


if __name__ == "__main__":
    main()
