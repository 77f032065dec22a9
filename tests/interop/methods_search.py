"""Checks of the methods that search, and of the lists of tags and metrics."""

from driver import method
from world import ADA

CARD = """---
license: mit
library_name: keras
pipeline_tag: fill-mask
datasets: [ada/sought-data]
language: [fr]
tags: [sought-{number}]
co2_eq_emissions: {number}
---
# Sought
"""
DATA_CARD = """---
license: apache-2.0
language: [fr, de]
task_categories: [text-classification]
size_categories: [n<1K]
tags: [sought-{number}]
---
# Sought
"""
SPACE_CARD = """---
sdk: gradio
models: [ada/sought-1]
datasets: [ada/sought-data]
tags: [sought-{number}]
---
# Sought
"""


def names(found):
    return [(getattr(one, "modelId", None) or one.id) for one in found]


def sought(d, kind, card):
    """Three repositories, oldest first, the last of them private and the first liked."""
    made = []
    for number in (1, 2, 3):
        files = {"README.md": card.format(number=number).encode()}
        if kind == "model":
            files["config.json"] = b'{"model_type": "sought", "architectures": ["SoughtForMaskedLM"]}'
        made.append(d.fresh(f"sought-{number}", kind, files, private=number == 3))
    d.request("POST", f"/api/{kind}s/{made[0]}/like")
    return made


def newest_first(d):
    return {"sort": "lastModified", "direction": -1} if d.old else {"sort": "last_modified"}


@method("list_models")
def _(d):
    one, two, three = sought(d, "model", CARD)
    search = {"author": "ada", "search": "sought-"}
    assert names(d.api.list_models(**search, **newest_first(d), token=ADA)) == [three, two, one]
    assert set(names(d.grace.list_models(**search))) == {one, two}, "others see what is private"
    assert names(d.api.list_models(**search, **newest_first(d), limit=2)) == [three, two]
    assert names(d.api.list_models(**search, sort="likes"))[0] == one
    assert names(d.api.list_models(filter="sought-2")) == [two]
    assert names(d.api.list_models(filter=["fill-mask", "keras", "license:mit", "sought-1"])) == [one]
    assert names(d.api.list_models(**search, filter="dataset:ada/sought-data", limit=1)) != []
    assert names(d.api.list_models(author="grace", search="sought-")) == []
    everything = list(d.api.list_models(filter="sought-1", full=True, cardData=True, fetch_config=True))[0]
    card = everything.cardData if d.old else everything.card_data
    assert card["license"] == "mit" and everything.config["model_type"] == "sought", everything
    assert "README.md" in [file.rfilename for file in everything.siblings], everything
    clean = d.api.list_models(**search, cardData=True, emissions_thresholds=(1.5, 2.5))
    assert names(clean) == [two], "the thresholds of emissions do not hold"
    if d.old:
        chosen = d.client.ModelFilter(task="fill-mask", library="keras", language="fr", tags="sought-2")
        assert names(d.api.list_models(filter=chosen)) == [two]
        named = d.client.ModelFilter(author="ada", model_name="sought-1", trained_dataset="ada/sought-data")
        assert names(d.api.list_models(filter=named)) == [one]


@method("list_datasets")
def _(d):
    one, two, three = sought(d, "dataset", DATA_CARD)
    search = {"author": "ada", "search": "sought-"}
    assert names(d.api.list_datasets(**search, **newest_first(d), token=ADA)) == [three, two, one]
    assert set(names(d.grace.list_datasets(**search))) == {one, two}, "others see what is private"
    assert names(d.api.list_datasets(**search, **newest_first(d), limit=2)) == [three, two]
    assert names(d.api.list_datasets(filter="sought-2")) == [two]
    assert names(d.api.list_datasets(filter=["language:de", "sought-1"])) == [one]
    card_data = {"cardData": True} if d.old else {}
    everything = list(d.api.list_datasets(filter="sought-1", full=True, **card_data))[0]
    card = everything.cardData if d.old else everything.card_data
    assert card["license"] == "apache-2.0", everything
    assert "README.md" in [file.rfilename for file in everything.siblings], everything
    if d.old:
        chosen = d.client.DatasetFilter(
            author="ada", dataset_name="sought-1", language=["fr", "de"], task_categories="text-classification"
        )
        assert names(d.api.list_datasets(filter=chosen)) == [one]
        assert names(d.api.list_datasets(filter=d.client.DatasetFilter(author="ada", task_ids="none"))) == []
        small = d.client.DatasetFilter(author="ada", dataset_name="sought-", size_categories="n<1K")
        assert set(names(d.api.list_datasets(filter=small))) == {one, two, three}
    else:
        assert names(d.api.list_datasets(dataset_name="sought-1", language=["fr", "de"], author="ada")) == [one]


@method("list_spaces")
def _(d):
    one, two, three = sought(d, "space", SPACE_CARD)
    search = {"author": "ada", "search": "sought-"}
    assert names(d.api.list_spaces(**search, **newest_first(d), token=ADA)) == [three, two, one]
    assert set(names(d.grace.list_spaces(**search))) == {one, two}, "others see what is private"
    assert names(d.api.list_spaces(**search, **newest_first(d), limit=2)) == [three, two]
    assert names(d.api.list_spaces(filter="sought-2")) == [two]
    assert set(names(d.api.list_spaces(models="ada/sought-1"))) == {one, two, three}
    assert names(d.api.list_spaces(models=["ada/none"])) == []
    assert set(names(d.api.list_spaces(datasets="ada/sought-data"))) == {one, two, three}
    plain = d.fresh("sought-plain", "space", private=True)
    assert plain in names(d.api.list_spaces(**search)), "the next line would prove nothing"
    linked = {space.id: space for space in d.api.list_spaces(**search, linked=True, full=True)}
    assert linked.keys() == {one, two, three}, linked
    assert "README.md" in [file.rfilename for file in linked[one].siblings], linked[one]


def check_tags(d, tags, expected):
    for group, name in expected.items():
        if d.old:
            found = getattr(tags, group).values()
        else:
            found = [tag["id"] for tag in tags[group]]
        assert name in found, f"no {name} among {found}"


@method("get_model_tags")
def _(d):
    d.fresh("model-tags", "model", {"README.md": CARD.format(number=0).encode()})
    expected = {"library": "keras", "language": "fr", "license": "license:mit", "pipeline_tag": "fill-mask"}
    check_tags(d, d.api.get_model_tags(), expected)


@method("get_dataset_tags")
def _(d):
    d.fresh("dataset-tags", "dataset", {"README.md": DATA_CARD.format(number=0).encode()})
    expected = {"language": "language:de", "license": "license:apache-2.0", "size_categories": "size_categories:n<1K"}
    check_tags(d, d.api.get_dataset_tags(), expected)


@method("list_metrics")
def _(d):
    found = [(metric.id, metric.description) for metric in d.api.list_metrics()]
    assert found == [("accuracy", "How many are right."), ("f1", "Of precision and recall.")], found
