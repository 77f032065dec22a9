"""Folders that two clients filled, compared name by name and byte by byte; and what they may differ in, with the reason."""

import json
import os
import stat
from pathlib import Path

from world import sha256

# Names that are not compared at all.
NOT_COMPARED = {
    ".locks": "locks hold nothing; when one is made and removed is up to the client",
    ".gitignore": "for git; what is in it is up to the client",
    ".xet": "of which chunks blobs consist; Python keeps nothing like it",
}


def entries(root):
    """Everything below a folder: its kind with its content, by its path."""
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_COMPARED]
        for name in [*folders, *files]:
            path = Path(folder) / name
            if name not in NOT_COMPARED and not name.endswith(".lock"):
                found[path.relative_to(root).as_posix()] = entry(path)
    return found


def entry(path):
    if path.is_symlink():
        return ("link", os.readlink(path))
    mode = stat.S_IMODE(path.stat().st_mode)
    if path.is_dir():
        return ("folder", mode)
    if path.name == "CACHEDIR.TAG":
        # The signature is for backup programs; the words behind it are free.
        return ("tag", mode, path.read_text().splitlines()[0])
    if path.parent.name == "trees":
        # The same facts, in the order and with the spaces that the JSON library of the client likes.
        # Python's can be read by their owner alone, because of the temporary file that they were.
        return ("listing", json.loads(path.read_text()))
    if path.name.endswith(".metadata"):
        # Commit and etag; the third line is the time.
        return ("note", mode, path.read_text().splitlines()[:2])
    return ("file", mode, path.stat().st_size, sha256(path))


def assert_same_trees(one, other, least=1):
    found, expected = entries(one), entries(other)
    different = {
        name: (found.get(name), expected.get(name))
        for name in sorted(found.keys() | expected.keys())
        if found.get(name) != expected.get(name)
    }
    assert not different, "\n".join(f"{name}:\n  {one}\n  {other}" for name, (one, other) in different.items())
    assert len(found) >= least, f"only {sorted(found)} is there to be compared"
