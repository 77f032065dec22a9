"""git and git-lfs as clients of the embedded Hub; called by `checks.py`."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

MINUTE = 60
LARGE = 12 << 20


class Git:
    """git in one folder, without the settings of whoever runs the checks."""

    def __init__(self, folder, environment):
        self.folder = Path(folder)
        self.environment = environment

    def __call__(self, *arguments):
        person = ("-c", "user.name=Gil", "-c", "user.email=gil@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *person, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=10 * MINUTE,
        )
        assert done.returncode == 0, f"git {arguments} exited with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def at(self, name):
        return Git(self.folder / name, self.environment)


def git_in(folder):
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "gitconfig"
    settings.touch()
    return Git(
        folder,
        {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        | {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(settings),
            "GIT_TERMINAL_PROMPT": "0",
            "HOME": str(folder),
        },
    )


def address(endpoint, token, repo):
    scheme, rest = endpoint.split("://")
    return f"{scheme}://anybody:{token}@{rest}/{repo}"


def clone_edit_push(api, endpoint, token, repo, folder):
    """A clone has the files, and what is pushed from it is in the API."""
    api.create_repo(repo, private=True, exist_ok=True)
    api.upload_file(path_or_fileobj=b"from the API", path_in_repo="api.txt", repo_id=repo)
    git = git_in(folder)
    git("clone", "-q", address(endpoint, token, repo), "clone")
    clone = git.at("clone")
    assert (clone.folder / "api.txt").read_text() == "from the API"
    (clone.folder / "README.md").write_text("---\nlicense: mit\n---\n")
    clone("add", "README.md")
    clone("commit", "-q", "-m", "A card")
    clone("push", "-q")
    info = api.repo_info(repo)
    assert info.sha == clone("rev-parse", "HEAD")
    assert info.card_data.license == "mit", info.card_data
    api.upload_file(path_or_fileobj=b"later", path_in_repo="api.txt", repo_id=repo)
    clone("pull", "-q", "--rebase")
    assert (clone.folder / "api.txt").read_text() == "later"


def lfs_both_ways(api, endpoint, token, repo, folder):
    """Large files pushed with git-lfs are downloaded through the API, and the other way round, byte for byte."""
    api.create_repo(repo, private=True, exist_ok=True)
    git = git_in(folder)
    git("lfs", "install", "--skip-repo")
    git("clone", "-q", address(endpoint, token, repo), "clone")
    clone = git.at("clone")
    pushed = os.urandom(LARGE)
    (clone.folder / "pushed.bin").write_bytes(pushed)
    clone("add", "pushed.bin")
    clone("commit", "-q", "-m", "A large file")
    clone("push", "-q")
    entry = api.get_paths_info(repo, ["pushed.bin"])[0]
    assert entry.lfs and entry.lfs.sha256 == hashlib.sha256(pushed).hexdigest(), entry
    found = Path(api.hf_hub_download(repo, "pushed.bin")).read_bytes()
    assert found == pushed, "the download is not what was pushed"
    uploaded = os.urandom(LARGE)
    api.upload_file(path_or_fileobj=uploaded, path_in_repo="uploaded.bin", repo_id=repo)
    clone("pull", "-q")
    clone("lfs", "pull")
    assert (clone.folder / "uploaded.bin").read_bytes() == uploaded, "git lfs pull brought something else"
    clone("lfs", "push", "--all", "origin")
    git("clone", "-q", address(endpoint, token, repo), "again")
    for name, content in (("pushed.bin", pushed), ("uploaded.bin", uploaded)):
        assert (git.at("again").folder / name).read_bytes() == content, f"{name} differs in a new clone"


def has_lfs():
    return shutil.which("git-lfs") is not None
