"""Checks of the methods about Spaces."""

from driver import method
from world import ADA, raises

STAGES = {"NO_APP_FILE", "BUILDING", "APP_STARTING", "RUNNING", "RUNNING_BUILDING", "RUNNING_APP_STARTING"}


def runtime(d, repo):
    return d.ask(f"/api/spaces/{repo}/runtime")


def secrets(d, repo):
    return d.ask(f"/api/spaces/{repo}/secrets")


def variables(d, repo):
    return {key: entry["value"] for key, entry in d.ask(f"/api/spaces/{repo}/variables").items()}


def space(d, name):
    return d.fresh(name, "space", {"app.py": b"print('hello')\n"})


def refused(d, call, *arguments):
    """Who may read a Space may not run it."""
    with raises(d.errors.HfHubHTTPError, 403):
        call(*arguments)


@method("get_space_runtime")
def _(d):
    repo = space(d, "running")
    found = d.api.get_space_runtime(repo_id=repo, token=ADA)
    assert found.stage in STAGES and found.raw["stage"] == found.stage, found
    assert "cpu-basic" in (found.hardware, found.requested_hardware), found
    assert d.grace.get_space_runtime(repo).stage in STAGES
    with raises(d.errors.RepositoryNotFoundError):
        d.api.get_space_runtime("ada/none")


@method("request_space_hardware")
def _(d):
    repo = space(d, "faster")
    d.api.request_space_hardware(repo, hardware=d.client.SpaceHardware.T4_MEDIUM, token=ADA)
    found = runtime(d, repo)["hardware"]
    assert "t4-medium" in (found.get("current"), found.get("requested")), found
    refused(d, d.grace.request_space_hardware, repo, "t4-small")


@method("add_space_secret")
def _(d):
    repo = space(d, "secretive")
    d.api.add_space_secret(repo, key="API_KEY", value="hush", token=ADA)
    d.api.add_space_secret(repo, "API_KEY", "hush again")
    found = secrets(d, repo)
    assert found.keys() == {"API_KEY"} and "hush" not in str(found), found
    with raises(d.errors.HfHubHTTPError, 400):
        d.api.add_space_secret(repo, "not a key", "x")
    refused(d, d.grace.add_space_secret, repo, "OTHER", "x")


@method("delete_space_secret")
def _(d):
    repo = space(d, "open")
    d.bare.add_space_secret(repo, "API_KEY", "hush")
    d.bare.add_space_secret(repo, "OTHER", "hush")
    refused(d, d.grace.delete_space_secret, repo, "API_KEY")
    d.api.delete_space_secret(repo, key="API_KEY", token=ADA)
    d.api.delete_space_secret(repo, "API_KEY")
    assert secrets(d, repo).keys() == {"OTHER"}


@method("get_space_secrets")
def _(d):
    repo = space(d, "secrets")
    d.bare.add_space_secret(repo, "API_KEY", "hush", description="the key")
    found = d.api.get_space_secrets(repo, token=ADA)["API_KEY"]
    assert (found.key, found.description) == ("API_KEY", "the key") and found.updated_at, found
    refused(d, d.grace.get_space_secrets, repo)


@method("add_space_variable")
def _(d):
    repo = space(d, "variable")
    d.api.add_space_variable(repo, key="MODE", value="fast", description="how", token=ADA)
    found = d.api.add_space_variable(repo, "LEVEL", "1")
    assert {key: one.value for key, one in found.items()} == {"MODE": "fast", "LEVEL": "1"}, found
    assert found["MODE"].description == "how", found
    assert variables(d, repo) == {"MODE": "fast", "LEVEL": "1"}
    refused(d, d.grace.add_space_variable, repo, "MODE", "slow")


@method("delete_space_variable")
def _(d):
    repo = space(d, "constant")
    d.bare.add_space_variable(repo, "MODE", "fast")
    d.bare.add_space_variable(repo, "LEVEL", "1")
    left = d.api.delete_space_variable(repo, key="MODE", token=ADA)
    assert left.keys() == variables(d, repo).keys() == {"LEVEL"}, left


@method("get_space_variables")
def _(d):
    repo = space(d, "variables")
    d.bare.add_space_variable(repo, "MODE", "fast", description="how")
    found = d.api.get_space_variables(repo, token=ADA)["MODE"]
    assert (found.key, found.value, found.description) == ("MODE", "fast", "how") and found.updated_at, found


@method("set_space_sleep_time")
def _(d):
    repo = space(d, "sleepy")
    d.bare.request_space_hardware(repo, "t4-small")
    assert d.api.set_space_sleep_time(repo, sleep_time=600, token=ADA).sleep_time == 600
    assert runtime(d, repo)["gcTimeout"] == 600
    refused(d, d.grace.set_space_sleep_time, repo, 60)


@method("pause_space")
def _(d):
    repo = space(d, "paused")
    assert d.api.pause_space(repo, token=ADA).stage == "PAUSED"
    assert runtime(d, repo)["stage"] == "PAUSED"
    refused(d, d.grace.pause_space, repo)


@method("restart_space")
def _(d):
    repo = space(d, "restarted")
    d.bare.pause_space(repo)
    assert d.api.restart_space(repo, token=ADA).stage in STAGES
    assert runtime(d, repo)["stage"] in STAGES
    assert d.api.restart_space(repo, factory_reboot=True).stage in STAGES
    refused(d, d.grace.restart_space, repo)


@method("duplicate_repo")
def _(d):
    repo = space(d, "doubled")
    d.bare.add_space_secret(repo, "API_KEY", "hush")
    options = {"space_hardware": "t4-small", "space_sleep_time": 3600}
    options |= {"space_secrets": [{"key": "OWN", "value": "x"}], "space_variables": [{"key": "LEVEL", "value": "3"}]}
    given = {"from_id": repo, "to_id": "ada/double", "repo_type": "space", "private": True, "token": ADA}
    url = d.api.duplicate_repo(**given, exist_ok=True, **options)
    assert (url.repo_id, url.repo_type) == ("ada/double", "space"), url
    assert d.ask("/api/spaces/ada/double")["private"] is True
    assert d.read("ada/double", "app.py", kind="space") == b"print('hello')\n"
    assert secrets(d, "ada/double").keys() == {"OWN"} and variables(d, "ada/double") == {"LEVEL": "3"}
    with raises(d.errors.HfHubHTTPError, 409):
        d.api.duplicate_repo(**given)
    assert d.api.duplicate_repo(**given, exist_ok=True).repo_id == "ada/double"
