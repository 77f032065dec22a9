"""Every documented method, called from one version of the official Python client. Run by `cargo xtask interop`.

usage: methods.py HUB [METHOD...]

Run it with the Python of the environment in which that version is installed. HUB is the `hub` program, whose server is
started for this. Prints one line for each method; exits with 1 if one fails. A method that the version does not have is
listed as absent, with the reason. With METHODs, only these are checked.
"""

import os
import sys
import tempfile
import warnings
from pathlib import Path

# Each of these registers its checks.
import methods_commits  # noqa: F401
import methods_community  # noqa: F401
import methods_reading  # noqa: F401
import methods_repos  # noqa: F401
import methods_search  # noqa: F401
import methods_spaces  # noqa: F401
from documented import DOCUMENTED, TODAY
from driver import CHECKS, Driver
from world import World


def main():
    program, *names = sys.argv[1:]
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="hub-methods-") as folder:
        world = World(Path(program).resolve(), None, Path(folder), xet=False)
        os.environ.clear()
        os.environ.update(world.environment)
        # Git's credentials of these checks, and nobody else's.
        os.environ |= {"HOME": folder, "GIT_CONFIG_NOSYSTEM": "1", "XDG_CONFIG_HOME": folder}
        import huggingface_hub

        huggingface_hub.logging.set_verbosity_error()
        unchecked = sorted((DOCUMENTED.keys() | TODAY.keys()) - CHECKS.keys())
        assert not unchecked, f"no check for {unchecked}"
        world.start()
        try:
            driver = Driver(world, huggingface_hub)
            failed = 0
            for title, methods in (("documented methods", DOCUMENTED), ("methods of today", TODAY)):
                chosen = {name: arguments for name, arguments in methods.items() if not names or name in names}
                fine, absent = driver.drive(chosen)
                failed += len(chosen) - fine - absent
                absences = f": {fine} ok, {absent} not in this version" if absent else ""
                print(
                    f"huggingface_hub {driver.version}: {fine + absent} of {len(chosen)} {title}{absences}", flush=True
                )
        finally:
            world.process.kill()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
