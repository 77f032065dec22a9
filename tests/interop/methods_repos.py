"""Checks of the methods about accounts and whole repositories."""

import subprocess

from driver import method
from world import ADA, GRACE, raises


@method("whoami")
def _(d):
    assert d.api.whoami()["name"] == "ada"
    other = d.api.whoami(token=GRACE)
    assert (other["name"], other["type"]) == ("grace", "user"), other
    assert [org["name"] for org in d.api.whoami(token=ADA)["orgs"]] == ["analytical"]
    # The old version raises an error of its transport here.
    with raises(Exception) as refused:
        d.api.whoami(token="hf_unknownToken")
    assert "hf_unknownToken" not in str(refused.error) and "token" in str(refused.error), refused.error


@method("get_full_repo_name")
def _(d):
    assert d.api.get_full_repo_name("mini") == "ada/mini"
    assert d.api.get_full_repo_name(model_id="mini", organization="analytical") == "analytical/mini"
    assert d.api.get_full_repo_name("mini", token=GRACE) == "grace/mini"


@method("create_repo")
def _(d):
    url = d.api.create_repo("ada/made", token=ADA, private=True)
    assert (str(url), url.repo_id, url.repo_type) == (f"{d.world.wire.url}/ada/made", "ada/made", "model"), url
    assert d.ask("/api/models/ada/made")["private"] is True
    assert d.status("/api/models/ada/made", token=None) == 401
    assert d.api.create_repo("made", repo_type="dataset").repo_id == "ada/made"
    assert d.ask("/api/datasets/ada/made", token=None)["private"] is False
    with raises(d.errors.HfHubHTTPError, 409):
        d.api.create_repo("ada/made", repo_type="dataset")
    assert d.api.create_repo("ada/made", repo_type="dataset", exist_ok=True).repo_type == "dataset"
    assert d.api.create_repo("analytical/made").repo_id == "analytical/made"
    with raises(d.errors.HfHubHTTPError, 403):
        d.grace.create_repo("analytical/hers")
    space = d.api.create_repo("ada/made", repo_type="space", space_sdk="gradio", space_hardware="t4-medium")
    assert str(space) == f"{d.world.wire.url}/spaces/ada/made", space
    found = d.ask("/api/spaces/ada/made")
    assert found["sdk"] == "gradio", found
    with raises(ValueError):
        d.api.create_repo("ada/no-sdk", repo_type="space")


@method("delete_repo")
def _(d):
    repo = d.fresh("to-delete")
    d.fresh("to-delete", "dataset")
    with raises(d.errors.HfHubHTTPError, 403):
        d.grace.delete_repo(repo)
    d.api.delete_repo(repo, repo_type="dataset", token=ADA)
    assert d.status(f"/api/datasets/{repo}") == 404 and d.status(f"/api/models/{repo}") == 200
    d.api.delete_repo(repo_id=repo)
    assert d.status(f"/api/models/{repo}") == 404
    with raises(d.errors.RepositoryNotFoundError):
        d.api.delete_repo(repo)


@method("move_repo")
def _(d):
    d.fresh("to-move", "dataset", {"a.txt": b"moved"})
    d.api.move_repo(from_id="ada/to-move", to_id="analytical/moved", repo_type="dataset", token=ADA)
    assert d.read("analytical/moved", "a.txt", kind="dataset") == b"moved"
    # The old name leads to the new one.
    assert d.ask("/api/datasets/ada/to-move")["id"] == "analytical/moved"
    d.fresh("in-the-way", "dataset")
    with raises(d.errors.HfHubHTTPError, 409):
        d.api.move_repo("analytical/moved", "ada/in-the-way", repo_type="dataset")
    with raises(ValueError):
        d.api.move_repo("moved", "ada/else")


@method("update_repo_visibility")
def _(d):
    repo = d.fresh("seen", "dataset")
    assert d.api.update_repo_visibility(repo, True, repo_type="dataset", token=ADA)["private"] is True
    assert d.status(f"/api/datasets/{repo}", token=None) == 401
    assert d.api.update_repo_visibility("seen", private=False, repo_type="dataset")["private"] is False
    assert d.status(f"/api/datasets/{repo}", token=None) == 200
    # Documented, without effect.
    d.api.update_repo_visibility(repo, private=True, repo_type="dataset", organization="analytical", name="other")
    assert d.ask(f"/api/datasets/{repo}")["private"] is True
    with raises(d.errors.RepositoryNotFoundError):
        d.grace.update_repo_visibility(repo, repo_type="dataset")


@method("set_access_token")
def _(d):
    d.api.set_access_token(access_token=ADA)
    assert credential(d) == ADA
    d.api.set_access_token(GRACE)
    assert credential(d) == GRACE, "the newer token does not replace the older one"
    d.bare.unset_access_token()


@method("unset_access_token")
def _(d):
    d.bare.set_access_token(ADA)
    assert credential(d) == ADA
    d.api.unset_access_token()
    assert credential(d) is None


def credential(d):
    """What git would use for the server."""
    command = ["git", "credential-store", "get"]
    done = subprocess.run(command, input=f"url={d.world.wire.url}\n\n", capture_output=True, text=True, check=True)
    found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return found.get("password")


@method("update_repo_settings")
def _(d):
    repo = d.fresh("settled", "dataset")
    d.api.update_repo_settings(repo, private=True, repo_type="dataset", token=ADA)
    assert d.ask(f"/api/datasets/{repo}")["private"] is True
    d.api.update_repo_settings(repo, visibility="public", gated="manual", repo_type="dataset")
    found = d.ask(f"/api/datasets/{repo}")
    assert (found["private"], found["gated"]) == (False, "manual"), found
    d.api.update_repo_settings(repo, gated=False, repo_type="dataset")
    assert d.ask(f"/api/datasets/{repo}")["gated"] is False
    with raises(d.errors.HfHubHTTPError, 403):
        d.grace.update_repo_settings(repo, private=True, repo_type="dataset")


@method("repo_exists")
def _(d):
    repo = d.fresh("here", "dataset", private=True)
    assert d.api.repo_exists(repo_id=repo, repo_type="dataset", token=ADA)
    assert not d.api.repo_exists(repo)
    assert not d.grace.repo_exists(repo, repo_type="dataset")


@method("auth_check")
def _(d):
    repo = d.fresh("guarded", "dataset")
    d.api.auth_check(repo, repo_type="dataset", token=ADA, write=True)
    d.grace.auth_check(repo, repo_type="dataset")
    with raises(d.errors.HfHubHTTPError, 403):
        d.grace.auth_check(repo, repo_type="dataset", write=True)
    with raises(d.errors.RepositoryNotFoundError):
        d.api.auth_check("ada/none")
