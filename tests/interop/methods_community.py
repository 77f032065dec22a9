"""Checks of the methods about discussions and pull requests."""

from driver import method
from world import ADA, GRACE, raises


def events(d, repo, number, kind="model"):
    return [(event["type"], event["author"]["name"]) for event in d.discussion(repo, number, kind)["events"]]


@method("create_discussion")
def _(d):
    repo = d.fresh("talked", "dataset")
    made = d.grace.create_discussion(repo, " A title ", description=" Words. ", repo_type="dataset", token=GRACE)
    assert (made.num, made.title, made.author, made.status) == (1, "A title", "grace", "open"), made
    assert not made.is_pull_request and (made.repo_id, made.repo_type) == (repo, "dataset"), made
    assert d.old or made.url == f"{d.world.wire.url}/datasets/{repo}/discussions/1", made
    found = d.discussion(repo, 1, "dataset")
    assert found["events"][0]["data"]["latest"]["raw"] == "Words.", found
    pull = d.api.create_discussion(repo, "A pull request", pull_request=True, repo_type="dataset")
    assert pull.num == 2 and pull.is_pull_request and pull.events[0].content, pull
    with raises(d.errors.HfHubHTTPError, 400):
        d.api.create_discussion(repo, "no", repo_type="dataset")


@method("create_pull_request")
def _(d):
    repo = d.fresh("pulled", "dataset", {"a.txt": b"a"})
    made = d.grace.create_pull_request(repo, "A change", description="Because.", repo_type="dataset", token=GRACE)
    assert made.is_pull_request and (made.num, made.author, made.status) == (1, "grace", "draft"), made
    assert d.files(repo, "refs/pr/1", "dataset") == ["a.txt"]
    d.api.create_pull_request(repo, "Without words", repo_type="dataset")
    assert d.discussion(repo, 2, "dataset")["events"][0]["data"]["latest"]["raw"], "no default description"


@method("get_repo_discussions")
def _(d):
    repo = d.fresh("topics", "dataset")
    for number in range(1, 13):
        d.bare.create_discussion(repo, f"Topic {number}", repo_type="dataset")
    found = list(d.api.get_repo_discussions(repo_id=repo, repo_type="dataset", token=ADA))
    assert [one.num for one in found] == list(range(12, 0, -1)), found
    first = found[-1]
    assert (first.title, first.author, first.status, first.repo_type) == ("Topic 1", "ada", "open", "dataset"), first
    assert list(d.api.get_repo_discussions(d.fresh("topics"))) == []


@method("get_discussion_details")
def _(d):
    repo = d.fresh("detailed", "dataset", {"a.txt": b"a\n"})
    d.commit(repo, {"a.txt": b"b\n"}, "dataset", create_pr=True)
    found = d.api.get_discussion_details(repo, 1, repo_type="dataset", token=ADA)
    assert (found.num, found.is_pull_request, found.target_branch) == (1, True, "refs/heads/main"), found
    assert found.conflicting_files == [] and "+b" in found.diff and "-a" in found.diff, found
    assert [event.type for event in found.events] == ["comment", "commit"], found.events
    assert found.events[1].oid == d.head(repo, "refs/pr/1", "dataset"), found.events
    with raises(d.errors.HfHubHTTPError, 404):
        d.api.get_discussion_details(repo, 9, repo_type="dataset")
    with raises(ValueError):
        d.api.get_discussion_details(repo, 0)


@method("comment_discussion")
def _(d):
    repo = d.fresh("commented", "dataset")
    d.bare.create_discussion(repo, "A question", repo_type="dataset")
    made = d.grace.comment_discussion(repo, 1, comment="An **answer**", repo_type="dataset", token=GRACE)
    assert (made.type, made.content, made.author, made.edited) == ("comment", "An **answer**", "grace", False), made
    assert events(d, repo, 1, "dataset") == [("comment", "ada"), ("comment", "grace")]


@method("edit_discussion_comment")
def _(d):
    repo, comment = commented(d, "edited")
    edited = d.api.edit_discussion_comment(repo, 1, comment, new_content="Second", repo_type="dataset", token=ADA)
    assert (edited.id, edited.content, edited.edited) == (comment, "Second", True), edited
    assert edited.number_of_edits == 1, edited
    with raises(d.errors.HfHubHTTPError, 403):
        d.grace.edit_discussion_comment(repo, 1, comment, new_content="Hers", repo_type="dataset")


@method("hide_discussion_comment")
def _(d):
    repo, comment = commented(d, "hidden")
    with raises(d.errors.HfHubHTTPError, 403):
        d.grace.hide_discussion_comment(repo, 1, comment, repo_type="dataset")
    hidden = d.api.hide_discussion_comment(repo, discussion_num=1, comment_id=comment, repo_type="dataset", token=ADA)
    assert hidden.id == comment and hidden.hidden, hidden
    found = d.discussion(repo, 1, "dataset")["events"][-1]
    assert found["data"]["hidden"] is True and "First" not in str(found), found


def commented(d, name):
    repo = d.fresh(name, "dataset")
    d.bare.create_discussion(repo, "A question", repo_type="dataset")
    return repo, d.bare.comment_discussion(repo, 1, "First", repo_type="dataset").id


@method("rename_discussion")
def _(d):
    repo = d.fresh("renamed", "dataset")
    d.bare.create_discussion(repo, "Old title", repo_type="dataset")
    change = d.api.rename_discussion(repo, 1, new_title="New title", repo_type="dataset", token=ADA)
    assert (change.type, change.old_title, change.new_title) == ("title-change", "Old title", "New title"), change
    assert d.discussion(repo, 1, "dataset")["title"] == "New title"
    with raises(d.errors.HfHubHTTPError, 403):
        d.grace.rename_discussion(repo, 1, new_title="Her title", repo_type="dataset")


@method("change_discussion_status")
def _(d):
    repo = d.fresh("closed", "dataset")
    d.bare.create_discussion(repo, "A question", repo_type="dataset")
    given = {"repo_type": "dataset", "token": ADA}
    change = d.api.change_discussion_status(repo, 1, "closed", comment=" Done. ", **given)
    assert (change.type, change.new_status) == ("status-change", "closed"), change
    found = d.discussion(repo, 1, "dataset")
    kinds = [event["type"] for event in found["events"]]
    assert found["status"] == "closed" and sorted(kinds) == ["comment", "comment", "status-change"], found
    assert d.api.change_discussion_status(repo, discussion_num=1, new_status="open", **given).new_status == "open"
    assert d.discussion(repo, 1, "dataset")["status"] == "open"
    with raises(ValueError):
        d.api.change_discussion_status(repo, 1, "merged", **given)


@method("merge_pull_request")
def _(d):
    repo = d.fresh("merged", "dataset", {"a.txt": b"a"})
    d.commit(repo, {"b.txt": b"b"}, "dataset", create_pr=True)
    with raises(d.errors.HfHubHTTPError, 403):
        d.grace.merge_pull_request(repo, 1, repo_type="dataset")
    d.api.merge_pull_request(repo, 1, comment="Thank you", repo_type="dataset", token=ADA)
    assert d.read(repo, "b.txt", kind="dataset") == b"b"
    found = d.discussion(repo, 1, "dataset")
    assert found["status"] == "merged" and "Thank you" in str(found["events"]), found
    with raises(d.errors.HfHubHTTPError, 400):
        d.api.merge_pull_request(repo, discussion_num=1, repo_type="dataset")
    # Both sides change one file.
    d.commit(repo, {"a.txt": b"theirs"}, "dataset", create_pr=True)
    d.commit(repo, {"a.txt": b"ours"}, "dataset")
    with raises(d.errors.HfHubHTTPError, 409):
        d.api.merge_pull_request(repo, 2, repo_type="dataset")
    assert d.read(repo, "a.txt", kind="dataset") == b"ours"
