"""A real model between `hub`, the embedded Hub and version 0.12.1 of the official client. Run by `cargo xtask interop`.

usage: checks_old.py HUB MODEL

As checks.py, with the Python of the environment that has the old version. What single methods do is in methods.py.
"""

import sys
import warnings
from pathlib import Path

from checklist import check, run
from world import ADA, GRACE, assert_same, digests, opened, raises


@check("a model uploaded by hub arrives byte for byte in the old snapshot_download")
def _(world):
    world.hub("upload", "ada/minilm", world.model, ".", "--private")
    found = huggingface_hub.snapshot_download("ada/minilm", token=ADA)
    assert_same({name: digest for name, digest in digests(found).items() if name != ".gitattributes"}, expected(world))
    with raises(huggingface_hub.utils.RepositoryNotFoundError):
        huggingface_hub.snapshot_download("ada/minilm", token=GRACE, cache_dir=world.path("stolen"))


@check("a model uploaded by the old upload_folder arrives byte for byte in hub download")
def _(world):
    world.api.create_repo("ada/minilm-old", private=True)
    world.api.upload_folder(repo_id="ada/minilm-old", folder_path=world.model)
    world.hub("download", "ada/minilm-old", "--local-dir", world.path("downloaded"))
    found = digests(world.path("downloaded"))
    assert_same({name: digest for name, digest in found.items() if name != ".gitattributes"}, expected(world))


@check("hub upload finds nothing to do after the old upload_folder")
def _(world):
    head, puts = world.head("ada/minilm-old"), world.wire.count("PUT")
    world.hub("upload", "ada/minilm-old", world.model, ".")
    assert (world.head("ada/minilm-old"), world.wire.count("PUT")) == (head, puts), "something was sent again"


@check("the old hf_hub_download and cached_download follow a redirect to a large file")
def _(world):
    url = huggingface_hub.hf_hub_url("ada/minilm", "model.safetensors")
    found = [
        huggingface_hub.hf_hub_download("ada/minilm", "model.safetensors", token=ADA, cache_dir=world.path("one")),
        huggingface_hub.cached_download(url, use_auth_token=ADA, cache_dir=world.path("two")),
    ]
    sizes = {Path(path).stat().st_size for path in found}
    assert sizes == {(world.model / "model.safetensors").stat().st_size}, sizes


def expected(world):
    return {name: digest for name, digest in digests(world.model).items() if name != ".gitattributes"}


def main():
    global huggingface_hub
    program, model = (Path(argument).resolve() for argument in sys.argv[1:])
    warnings.simplefilter("ignore")
    with opened(program, model) as world:
        import huggingface_hub

        world.api = huggingface_hub.HfApi(token=ADA)
        print(f"huggingface_hub {huggingface_hub.__version__}, model {model.name} with {len(digests(model))} files")
        failed = run(world)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
