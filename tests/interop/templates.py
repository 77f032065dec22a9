"""Spaces that begin as a template, made by both clients."""

import json

from checklist import check
from world import raises

CARD = b"---\ntitle: Starter\ntags: [template, template-private]\n---\n"


@check("a Space begins as a template that either client lists, made by Python and by hub")
def _(world):
    world.api.create_repo("ada/starter", repo_type="space", space_sdk="gradio")
    for path, content in (("README.md", CARD), ("app.py", b"print()\n")):
        world.api.upload_file(
            repo_id="ada/starter", repo_type="space", path_or_fileobj=content, path_in_repo=path
        )
    [template] = world.api.list_space_templates()
    assert (template.name, template.repo_id, template.sdk) == ("Starter", "ada/starter", "gradio"), template
    [same] = json.loads(world.hub("spaces", "templates", "--format", "json"))
    assert (same["repoId"], same["preferredPrivate"]) == (template.repo_id, template.preferred_private), same

    world.grace.create_repo("grace/by-python", repo_type="space", space_template="starter")
    world.hub("repos", "create", "ada/by-hub", "--type", "space", "--template", "starter")
    for api, repo in ((world.grace, "grace/by-python"), (world.api, "ada/by-hub")):
        found = api.space_info(repo)
        assert found.private and found.sdk == "gradio", found
        assert api.list_repo_files(repo, repo_type="space") == [".gitattributes", "README.md", "app.py"]
    with raises(ValueError):
        world.api.create_repo("ada/other", repo_type="space", space_template="ender")
    world.api.delete_repo("ada/starter", repo_type="space")
    assert world.api.list_space_templates() == []
