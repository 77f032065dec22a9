"""What `cargo xtask bench` measures of the official client. Prints the seconds of the work.

usage: uploads.py PATH REPO
"""

import sys
import time
from pathlib import Path

from huggingface_hub import HfApi

path, repo = Path(sys.argv[1]), sys.argv[2]
api = HfApi()
start = time.perf_counter()
if path.is_dir():
    api.upload_folder(folder_path=path, repo_id=repo)
else:
    api.upload_file(path_or_fileobj=path, path_in_repo=path.name, repo_id=repo)
print(f"{time.perf_counter() - start:.4f}")
