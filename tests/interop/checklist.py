"""Checks that are sentences, made in order."""

import time
import traceback

CHECKS = []


def check(sentence):
    def register(function):
        CHECKS.append((sentence, function))
        return function

    return register


def run(world):
    """Starts the server and makes the checks, each with what the earlier ones left; gives how many failed."""
    failed = 0
    world.start()
    try:
        for sentence, function in CHECKS:
            start = time.monotonic()
            try:
                function(world)
            except Exception:
                failed += 1
                print(f"FAILED  {sentence}\n{traceback.format_exc()}", flush=True)
            else:
                print(f"ok      {sentence} ({time.monotonic() - start:.1f} s)", flush=True)
    finally:
        world.process.kill()
    if failed:
        print(f"{failed} of {len(CHECKS)} checks failed; the end of the server's log:")
        print("\n".join(world.log.read_text(errors="replace").splitlines()[-40:]))
    return failed
