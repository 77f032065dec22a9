"""What `cargo xtask bench` measures of the official client. Prints the seconds of the work.

usage: downloads.py REPO [FILE]
"""

import sys
import time

from huggingface_hub import hf_hub_download, snapshot_download

repo, file = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
start = time.perf_counter()
if file:
    hf_hub_download(repo, file)
else:
    snapshot_download(repo)
print(f"{time.perf_counter() - start:.4f}")
