"""A real model between `hub`, the embedded Hub and the official Python client. Run by `cargo xtask interop`.

usage: checks.py HUB MODEL [--no-xet]

HUB is the `hub` program, MODEL a folder with a model. The official client uses Xet as it does by default, unless told not to. Prints one line for each check; exits with 1 if one fails.
Checks run in order and later ones use the repositories of earlier ones.
"""

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import git as git_client
import templates  # noqa: F401
from checklist import check, run
from world import ADA, GRACE, MINUTE, assert_same, digests, opened, raises, sha256


@check("whoami names the user of the token, and refuses a wrong token")
def _(world):
    me = world.api.whoami()
    assert (me["name"], me["type"]) == ("ada", "user"), me
    assert world.grace.whoami()["name"] == "grace"
    with raises(errors.HfHubHTTPError, 401):
        world.api.whoami(token="hf_unknownToken")


@check("a model uploaded by hub arrives byte for byte in Python's snapshot_download")
def _(world):
    world.hub("upload", "ada/minilm", world.model, ".")
    assert world.sent(), "the large file did not pass the wire: what follows would prove nothing"
    assert_same(digests(huggingface_hub.snapshot_download("ada/minilm")), digests(world.model))


@check("a second hub upload of the same folder sends no file and makes no commit")
def _(world):
    head, history, puts = world.head("ada/minilm"), world.history("ada/minilm"), len(world.sent())
    world.hub("upload", "ada/minilm", world.model, ".")
    assert (world.head("ada/minilm"), world.history("ada/minilm")) == (head, history)
    assert len(world.sent()) == puts, "files were sent again"


@check("a model uploaded by Python's upload_folder arrives byte for byte in hub download")
def _(world):
    world.api.create_repo("ada/minilm-py")
    world.api.upload_folder(repo_id="ada/minilm-py", folder_path=world.model)
    world.hub("download", "ada/minilm-py", "--local-dir", world.path("downloaded"))
    assert_same(digests(world.path("downloaded")), digests(world.model))


@check("a second upload_folder of the same folder sends no file and makes no commit")
def _(world):
    head, history, puts = world.head("ada/minilm-py"), world.history("ada/minilm-py"), len(world.sent())
    world.api.upload_folder(repo_id="ada/minilm-py", folder_path=world.model)
    assert (world.head("ada/minilm-py"), world.history("ada/minilm-py")) == (head, history)
    assert len(world.sent()) == puts, "files were sent again"


@check("create_repo refuses a name that is taken, unless exist_ok is given")
def _(world):
    first = world.api.create_repo("ada/taken", repo_type="dataset")
    assert (first.repo_id, first.repo_type) == ("ada/taken", "dataset"), first
    with raises(errors.HfHubHTTPError, 409):
        world.api.create_repo("ada/taken", repo_type="dataset")
    assert world.api.create_repo("ada/taken", repo_type="dataset", exist_ok=True) == first
    world.api.create_repo("ada/taken")


@check("repo_info with files_metadata gives sizes, and sha256 of LFS files")
def _(world):
    info = world.api.repo_info("ada/minilm", files_metadata=True)
    assert (info.id, info.author, info.private) == ("ada/minilm", "ada", False), info
    expected = digests(world.model)
    assert {file.rfilename for file in info.siblings} == expected.keys()
    for file in info.siblings:
        assert file.size == (world.model / file.rfilename).stat().st_size, file
        assert file.lfs is None or file.lfs.sha256 == expected[file.rfilename], file
    assert any(file.lfs for file in info.siblings if file.rfilename == "model.safetensors"), "not in LFS"


@check("list_repo_tree gives files and folders, at the root and below")
def _(world):
    everything = list(world.api.list_repo_tree("ada/minilm", recursive=True))
    files = {entry.path for entry in everything if isinstance(entry, huggingface_hub.hf_api.RepoFile)}
    folders = {entry.path for entry in everything} - files
    assert files == digests(world.model).keys()
    assert folders == {parent.as_posix() for name in files for parent in Path(name).parents if parent.name}, folders
    root = {entry.path for entry in world.api.list_repo_tree("ada/minilm")}
    assert root == {Path(name).parts[0] for name in files}, root
    folder = sorted(folders)[0]
    below = {entry.path for entry in world.api.list_repo_tree("ada/minilm", folder)}
    assert below == {name for name in files if Path(name).parent.as_posix() == folder}, below


@check("get_paths_info gives what exists and leaves out the rest")
def _(world):
    folder = next(path.name for path in sorted(world.model.iterdir()) if path.is_dir())
    found = {entry.path: entry for entry in world.api.get_paths_info("ada/minilm", ["config.json", folder, "none"])}
    assert found.keys() == {"config.json", folder}, found
    assert found["config.json"].size == (world.model / "config.json").stat().st_size


@check("what hub ls prints are addresses to Python, and what Python prints are addresses to hub")
def _(world):
    printed = world.hub("ls", "-R", "--quiet", "hf://ada/minilm").split()
    read = [huggingface_hub.parse_hf_uri(address) for address in printed]
    assert [uri.to_uri() for uri in read] == printed, printed
    everything = {entry.path for entry in world.api.list_repo_tree("ada/minilm", recursive=True)}
    assert {uri.path_in_repo for uri in read} == everything, printed
    file = next(uri for uri in read if uri.path_in_repo == "config.json")
    content = (Path(world.model) / "config.json").read_text()
    for address in (file.to_uri(), file.to_url(endpoint=world.wire.url)):
        assert world.hub("cat", address) == content, address


@check("list_repo_refs and list_repo_commits agree with the head")
def _(world):
    refs, head = world.api.list_repo_refs("ada/minilm"), world.head("ada/minilm")
    main = [(branch.name, branch.ref, branch.target_commit) for branch in refs.branches]
    assert main == [("main", "refs/heads/main", head)], refs
    assert refs.tags == [], refs
    commits = world.api.list_repo_commits("ada/minilm")
    assert commits[0].commit_id == head and commits[0].authors == ["ada"], commits[0]


@check("hf_hub_download fetches one file, also at an older revision")
def _(world):
    path = Path(huggingface_hub.hf_hub_download("ada/minilm", "config.json", local_dir=world.path("one-file")))
    assert sha256(path) == sha256(world.model / "config.json")
    old = world.head("ada/minilm-py")
    world.api.upload_file(repo_id="ada/minilm-py", path_or_fileobj=b"new", path_in_repo="config.json")
    newest = huggingface_hub.hf_hub_download("ada/minilm-py", "config.json")
    before = huggingface_hub.hf_hub_download("ada/minilm-py", "config.json", revision=old)
    assert Path(newest).read_bytes() == b"new"
    assert sha256(Path(before)) == sha256(world.model / "config.json")


@check("create_commit adds and deletes at once, and a parent that is no longer the head is a conflict")
def _(world):
    repo, parent = "ada/minilm-py", world.head("ada/minilm-py")
    operations = [
        huggingface_hub.CommitOperationAdd("notes/a.txt", b"one"),
        huggingface_hub.CommitOperationDelete("vocab.txt"),
    ]
    done = world.api.create_commit(repo, operations, commit_message="Both at once", parent_commit=parent)
    assert done.oid == world.head(repo) != parent
    assert world.api.file_exists(repo, "notes/a.txt") and not world.api.file_exists(repo, "vocab.txt")
    late = [huggingface_hub.CommitOperationAdd("late.txt", b"too late")]
    with raises(errors.HfHubHTTPError, 412):
        world.api.create_commit(repo, late, commit_message="Late", parent_commit=parent)
    assert world.head(repo) == done.oid and not world.api.file_exists(repo, "late.txt")
    world.api.delete_folder("notes", repo)
    assert not world.api.file_exists(repo, "notes/a.txt")


@check("create_pr leaves main alone and makes a revision of its own")
def _(world):
    repo, head = "ada/minilm-py", world.head("ada/minilm-py")
    operations = [huggingface_hub.CommitOperationAdd("proposal.txt", b"please")]
    made = world.api.create_commit(repo, operations, commit_message="Proposal", create_pr=True)
    assert (made.pr_num, made.pr_revision) == (1, "refs/pr/1"), made
    assert world.head(repo) == head and not world.api.file_exists(repo, "proposal.txt")
    assert world.api.file_exists(repo, "proposal.txt", revision=made.pr_revision)
    assert world.head(repo, revision=made.pr_revision) == made.oid
    refs = world.api.list_repo_refs(repo, include_pull_requests=True)
    assert [(pull.ref, pull.target_commit) for pull in refs.pull_requests] == [("refs/pr/1", made.oid)], refs


@check("branches and tags are made, listed and deleted, and an existing one is a conflict unless exist_ok is given")
def _(world):
    repo, head = "ada/minilm-py", world.head("ada/minilm-py")
    first = world.history(repo)[-1]
    world.api.create_branch(repo, branch="feature/x", revision=first)
    with raises(errors.HfHubHTTPError, 409):
        world.api.create_branch(repo, branch="feature/x")
    world.api.create_branch(repo, branch="feature/x", exist_ok=True)
    world.api.create_tag(repo, tag="v1", tag_message="The first", revision=first)
    world.api.create_tag(repo, tag="v2")
    with raises(errors.HfHubHTTPError, 409):
        world.api.create_tag(repo, tag="v2")
    world.api.create_tag(repo, tag="v2", exist_ok=True)
    refs = world.api.list_repo_refs(repo)
    assert {branch.name: branch.target_commit for branch in refs.branches} == {"feature/x": first, "main": head}, refs
    assert {tag.name: tag.target_commit for tag in refs.tags} == {"v1": first, "v2": head}, refs
    assert world.api.revision_exists(repo, "v1") and not world.api.revision_exists(repo, "v9")
    with raises(errors.BadRequestError, 400):
        world.api.create_branch(repo, branch="refs/pr/5")
    with raises(errors.HfHubHTTPError, 403):
        world.api.delete_branch(repo, branch="main")
    world.api.delete_branch(repo, branch="feature/x")
    for tag in ("v1", "v2"):
        world.api.delete_tag(repo, tag=tag)
    with raises(errors.RevisionNotFoundError, 404):
        world.api.delete_tag(repo, tag="v1")
    refs = world.api.list_repo_refs(repo)
    assert ([branch.name for branch in refs.branches], refs.tags) == (["main"], []), refs


@check("super_squash_history leaves one commit with the same files")
def _(world):
    repo = "ada/squashed"
    world.api.create_repo(repo)
    for name in ("a.txt", "b.txt"):
        world.api.upload_file(repo_id=repo, path_or_fileobj=b"x", path_in_repo=name)
    files = world.api.list_repo_files(repo)
    world.api.super_squash_history(repo, commit_message="One")
    assert [commit.title for commit in world.api.list_repo_commits(repo)] == ["One"]
    assert world.api.list_repo_files(repo) == files


@check("a moved repository is read and written under its old name too")
def _(world):
    world.api.create_repo("ada/old-name")
    world.api.upload_file(repo_id="ada/old-name", path_or_fileobj=b"here", path_in_repo="a.txt")
    world.api.move_repo("ada/old-name", "ada/new-name")
    assert world.api.repo_info("ada/old-name").id == "ada/new-name"
    path = huggingface_hub.hf_hub_download("ada/old-name", "a.txt", local_dir=world.path("moved"))
    assert Path(path).read_bytes() == b"here"
    world.api.upload_file(repo_id="ada/old-name", path_or_fileobj=b"late", path_in_repo="b.txt")
    assert world.api.file_exists("ada/new-name", "b.txt")
    with raises(errors.HfHubHTTPError, 409):
        world.api.move_repo("ada/new-name", "ada/minilm")


@check("settings make a repository private, public and gated, and auth_check agrees")
def _(world):
    repo = "ada/new-name"
    world.api.update_repo_settings(repo, private=True)
    with raises(errors.RepositoryNotFoundError):
        world.grace.auth_check(repo)
    world.api.update_repo_settings(repo, private=False, gated="auto")
    assert world.grace.repo_info(repo).gated == "auto"
    for refused in (lambda: world.grace.auth_check(repo), lambda: world.grace.file_exists(repo, "a.txt")):
        with raises(errors.GatedRepoError, 403):
            refused()
    world.api.update_repo_settings(repo, gated=False)
    world.grace.auth_check(repo)
    world.api.auth_check(repo, write=True)
    with raises(errors.HfHubHTTPError, 403):
        world.grace.auth_check(repo, write=True)


@check("likes are counted, listed with those who made them, and taken back")
def _(world):
    # Today's client can take a like back but not make one.
    headers = {"authorization": f"Bearer {ADA}"}
    for _ in range(2):
        request = urllib.request.Request(f"{world.wire.url}/api/models/ada/minilm/like", headers=headers, method="POST")
        with urllib.request.urlopen(request, timeout=MINUTE) as answer:
            assert answer.status == 200
    assert world.api.repo_info("ada/minilm").likes == 1
    likes = world.grace.list_liked_repos("ada")
    assert (likes.total, likes.models, likes.datasets) == (1, ["ada/minilm"], []), likes
    assert [user.username for user in world.api.list_repo_likers("ada/minilm")] == ["ada"]
    world.api.unlike("ada/minilm")
    assert world.api.list_liked_repos().total == 0 == world.api.repo_info("ada/minilm").likes


@check("list_models, list_datasets and list_spaces find what the cards say, in order and page by page")
def _(world):
    def card(repo, text, repo_type):
        options = {"space_sdk": "static"} if repo_type == "space" else {}
        world.api.create_repo(repo, repo_type=repo_type, **options)
        world.api.upload_file(
            repo_id=repo, repo_type=repo_type, path_in_repo="README.md", path_or_fileobj=f"---\n{text}\n---\n".encode()
        )

    card("ada/tiny", "license: mit\npipeline_tag: fill-mask\nlanguage: fr\ndatasets: ada/words\nco2_eq_emissions: 7", "model")
    card("ada/tinier", "license: mit\nlibrary_name: timm", "model")
    card("ada/words", "language: [fr, de]\ntask_ids: [parsing]", "dataset")
    card("ada/show", "sdk: static\nmodels: [ada/tiny]", "space")

    def ids(items):
        return [item.id for item in items]

    api = world.api
    assert ids(api.list_models(filter="license:mit", sort="created_at")) == ["ada/tinier", "ada/tiny"]
    assert ids(api.list_models(filter=["license:mit", "fr"], trained_dataset="ada/words")) == ["ada/tiny"]
    assert ids(api.list_models(search="TINI", author="ada")) == ["ada/tinier"]
    assert ids(api.list_models(pipeline_tag="fill-mask", gated=False)) == ["ada/tiny"]
    assert ids(api.list_models(emissions_thresholds=(5, 10), cardData=True)) == ["ada/tiny"]
    assert ids(api.list_models(apps="ollama", inference="warm")) == []
    assert ids(api.list_datasets(language="de", task_ids="parsing")) == ["ada/words"]
    assert ids(api.list_datasets(dataset_name="words", full=True)) == ["ada/words"]
    assert ids(api.list_spaces(models="ada/tiny")) == ids(api.list_spaces(linked=True)) == ["ada/show"]
    every = ids(api.list_models(sort="last_modified"))
    assert len(every) >= 4 and ids(api.list_models(sort="last_modified", limit=2)) == every[:2]
    full = next(iter(api.list_models(search="ada/tin", full=True, cardData=True, fetch_config=True, sort="created_at")))
    assert (full.id, full.sha) == ("ada/tinier", world.head("ada/tinier")), full
    assert full.card_data.library_name == "timm", full
    assert [file.rfilename for file in full.siblings] == [".gitattributes", "README.md"], full
    short = next(iter(api.list_models(search="ada/tin", expand=["lastModified"], sort="created_at")))
    assert short.last_modified is not None and short.tags is None, short
    pages = list(huggingface_hub.utils._pagination.paginate(f"{world.wire.url}/api/models", {"limit": 1}, {}))
    assert sorted(item["id"] for item in pages) == sorted(every)
    assert "license:mit" in [tag["id"] for tag in api.get_model_tags()["license"]]
    assert {tag["id"] for tag in api.get_dataset_tags()["language"]} >= {"language:fr", "language:de"}
    with raises(errors.BadRequestError, 400):
        list(api.list_models(sort="beauty"))


@check("a discussion is opened, answered, edited, hidden, renamed and closed")
def _(world):
    repo = "ada/minilm"
    made = world.grace.create_discussion(repo, " A question ", description="how?")
    assert (made.num, made.title, made.status, made.author) == (1, "A question", "open", "grace"), made
    assert made.url == f"{world.wire.url}/{repo}/discussions/1" and not made.is_pull_request, made
    answer = world.api.comment_discussion(repo, 1, "like *this*")
    assert (answer.content, answer.author, answer.number_of_edits) == ("like *this*", "ada", 0), answer
    edited = world.api.edit_discussion_comment(repo, 1, answer.id, "like that")
    assert edited.edited and (edited.content, edited.last_edited_by) == ("like that", "ada"), edited
    assert edited.number_of_edits == 1, edited.edit_history
    with raises(errors.HfHubHTTPError, 403):
        world.grace.edit_discussion_comment(repo, 1, answer.id, "mine")
    hidden = world.api.hide_discussion_comment(repo, 1, answer.id)
    assert hidden.hidden and hidden.content == "", hidden
    renamed = world.grace.rename_discussion(repo, 1, "Solved")
    assert (renamed.old_title, renamed.new_title) == ("A question", "Solved"), renamed
    closed = world.grace.change_discussion_status(repo, 1, "closed", comment="thanks")
    assert closed.new_status == "closed", closed
    details = world.api.get_discussion_details(repo, 1)
    kinds = [event.type for event in details.events]
    assert kinds == ["comment", "comment", "title-change", "comment", "status-change"], kinds
    assert (details.status, details.diff, details.target_branch) == ("closed", None, None), details
    with raises(errors.HfHubHTTPError, 404):
        world.api.get_discussion_details(repo, 99)


@check("a pull request goes from draft to merged, with its diff and its commits")
def _(world):
    repo = "ada/minilm"
    made = world.grace.create_pull_request(repo, "Add notes")
    assert (made.num, made.status, made.git_reference) == (2, "draft", "refs/pr/2"), made
    assert (made.target_branch, made.conflicting_files, made.merge_commit_oid) == ("refs/heads/main", [], None), made
    upload = {"repo_id": repo, "path_or_fileobj": b"one\n", "path_in_repo": "notes.txt"}
    commit = world.grace.upload_file(**upload, revision="refs/pr/2")
    with raises(errors.HfHubHTTPError, 400):
        world.api.merge_pull_request(repo, 2)
    world.grace.change_discussion_status(repo, 2, "open")
    with raises(errors.HfHubHTTPError, 403):
        world.grace.merge_pull_request(repo, 2)
    details = world.api.get_discussion_details(repo, 2)
    assert "+++ b/notes.txt\n@@ -0,0 +1 @@\n+one\n" in details.diff, details.diff
    added = [event for event in details.events if event.type == "commit"]
    assert [(event.oid, event.author) for event in added] == [(commit.oid, "grace")], added
    world.api.merge_pull_request(repo, 2)
    details = world.api.get_discussion_details(repo, 2)
    assert (details.status, details.merge_commit_oid) == ("merged", world.head(repo)), details
    assert world.api.file_exists(repo, "notes.txt")
    with raises(errors.HfHubHTTPError, 400):
        world.api.change_discussion_status(repo, 2, "open")


@check("a pull request that does not fit is refused with its files named, and hub merges it once it fits")
def _(world):
    repo = "ada/minilm"
    upload = {"repo_id": repo, "path_in_repo": "notes.txt"}
    world.grace.upload_file(**upload, path_or_fileobj=b"grace\n", create_pr=True)
    world.api.upload_file(**upload, path_or_fileobj=b"ada\n")
    assert world.api.get_discussion_details(repo, 3).conflicting_files == ["notes.txt"]
    head = world.head(repo)
    with raises(errors.HfHubHTTPError, 409):
        world.api.merge_pull_request(repo, 3)
    assert world.head(repo) == head
    world.grace.upload_file(**upload, path_or_fileobj=b"ada\n", revision="refs/pr/3")
    world.grace.upload_file(repo_id=repo, path_or_fileobj=b"x", path_in_repo="grace.txt", revision="refs/pr/3")
    world.hub("discussions", "merge", repo, "3", "--yes", "--comment", "fits now")
    details = world.api.get_discussion_details(repo, 3)
    assert (details.status, details.conflicting_files) == ("merged", []), details
    assert world.api.file_exists(repo, "grace.txt")


@check("get_repo_discussions lists all pages, newest first, and filters")
def _(world):
    repo = "ada/discussed"
    world.api.create_repo(repo)
    for number in range(1, 26):
        world.api.create_discussion(repo, f"Topic {number}")
    world.grace.create_pull_request(repo, "Topic 26")
    world.api.change_discussion_status(repo, 1, "closed")

    def listed(**filters):
        return [one.num for one in world.api.get_repo_discussions(repo, **filters)]

    assert listed() == list(range(26, 0, -1)), listed()
    assert listed(author="grace") == [26]
    assert listed(discussion_type="pull_request") == [26]
    assert listed(discussion_type="discussion", discussion_status="closed") == [1]
    assert listed(discussion_status="open") == list(range(26, 1, -1))
    assert world.hub("discussions", "list", repo, "--quiet").split() == [str(n) for n in range(26, 1, -1)]


@check("a private repository does not exist for others")
def _(world):
    world.api.create_repo("ada/secret", private=True)
    world.api.upload_file(repo_id="ada/secret", path_or_fileobj=b"mine", path_in_repo="a.txt")
    assert world.api.repo_info("ada/secret").private
    for options in ({"token": GRACE}, {"token": False}):
        with raises(errors.RepositoryNotFoundError):
            world.api.repo_info("ada/secret", **options)
        assert "ada/secret" not in [model.id for model in world.api.list_models(author="ada", **options)]
        with raises(errors.RepositoryNotFoundError):
            huggingface_hub.hf_hub_download("ada/secret", "a.txt", local_dir=world.path("stolen"), **options)
    with raises(errors.RepositoryNotFoundError):
        world.grace.upload_file(repo_id="ada/secret", path_or_fileobj=b"x", path_in_repo="b.txt")


@check("nobody writes to the repository of another user")
def _(world):
    head = world.head("ada/minilm")
    with raises(errors.HfHubHTTPError, 403):
        world.grace.upload_file(repo_id="ada/minilm", path_or_fileobj=b"x", path_in_repo="b.txt")
    assert world.head("ada/minilm") == head


@check("what is missing is reported as exactly that")
def _(world):
    with raises(errors.RepositoryNotFoundError):
        world.api.repo_info("ada/none")
    with raises(errors.RevisionNotFoundError, 404):
        world.api.repo_info("ada/minilm", revision="none")
    with raises(errors.RevisionNotFoundError, 404):
        huggingface_hub.hf_hub_download("ada/minilm", "config.json", revision="none")
    with raises(errors.EntryNotFoundError, 404):
        huggingface_hub.hf_hub_download("ada/minilm", "none.txt")
    assert world.api.file_exists("ada/minilm", "config.json")
    assert not world.api.file_exists("ada/minilm", "none.txt")
    assert not world.api.file_exists("ada/none", "config.json")


@check("a deleted repository is gone")
def _(world):
    world.api.delete_repo("ada/taken", repo_type="dataset")
    assert not world.api.repo_exists("ada/taken", repo_type="dataset")
    assert world.api.repo_exists("ada/taken"), "the model of the same name went with it"


@check("git clones what the API made, and what it pushes is in the API")
def _(world):
    git_client.clone_edit_push(world.api, world.wire.url, ADA, "ada/by-git", world.path("by-git"))


@check("git-lfs pushes and pulls large files byte for byte")
def _(world):
    if git_client.has_lfs():
        git_client.lfs_both_ways(world.api, world.wire.url, ADA, "ada/by-git-lfs", world.path("by-git-lfs"))
    else:
        print("skipped: there is no git-lfs")


@check("git fsck finds nothing wrong in any repository")
def _(world):
    heads = (path.parent for path in world.data.rglob("HEAD") if (path.parent / "objects").is_dir())
    repositories = sorted(heads)
    assert len(repositories) >= 3, f"only {repositories} look like git repositories"
    for repository in repositories:
        command = ["git", "--git-dir", repository, "fsck", "--full", "--strict"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10 * MINUTE)
        bad = re.findall(r"^(?:error|warning|missing|broken|fatal).*", done.stdout + done.stderr, re.MULTILINE)
        assert done.returncode == 0 and not bad, f"{repository}: {done.stdout}{done.stderr}"


@check("hub and hf list, switch and forget each other's named tokens")
def _(world):
    home = world.path("tokens")
    home.mkdir()
    environment = {name: value for name, value in world.environment.items() if name != "HF_TOKEN"}
    environment |= {"HF_HOME": str(home), "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}

    def run(program, *arguments):
        command = [program, "auth", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=MINUTE)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def active(listing):
        return [line.split()[1] for line in listing.splitlines() if line.startswith("*")]

    hf = str(Path(sys.executable).parent / "hf")
    run(world.program, "login", "--token", ADA)
    names = run(world.program, "list", "--quiet").split()
    assert names == ["interop"], names
    assert run(hf, "token", "--quiet").strip() == ADA
    assert "ada" in run(hf, "whoami")
    stored = home / "stored_tokens"
    stored.write_text(stored.read_text() + f"[of grace]\nhf_token = {GRACE}\nexpires_at = 9999999999\n\n")
    assert "of grace" in run(hf, "list")
    run(world.program, "switch", "--token-name", "of grace")
    assert "grace" in run(hf, "whoami")
    run(hf, "switch", "--token-name", "interop")
    assert active(run(world.program, "list")) == ["interop"]
    assert run(world.program, "token").strip() == ADA
    # Python has written the file again in between.
    run(world.program, "logout", "--token-name", "of grace")
    assert "of grace" not in run(hf, "list")
    run(hf, "logout")
    assert run(world.program, "list") == ""


@check("the server ends cleanly on SIGTERM")
def _(world):
    status = world.stop()
    assert status == 0, f"exit status {status}"


def main():
    global huggingface_hub, errors
    program, model = (Path(argument).resolve() for argument in sys.argv[1:3])
    xet = "--no-xet" not in sys.argv[3:]
    assert shutil.which("git"), "git is needed"
    with opened(program, model, xet) as world:
        import huggingface_hub
        from huggingface_hub import errors

        world.api = huggingface_hub.HfApi()
        world.grace = huggingface_hub.HfApi(token=GRACE)
        print(f"huggingface_hub {huggingface_hub.__version__}, model {model.name} with {len(digests(model))} files")
        failed = run(world)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
