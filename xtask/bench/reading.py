"""What `cargo xtask bench` measures of the official client. Prints the seconds of the work and how many models it saw.

usage: reading.py list short|full N
       reading.py infos AT_ONCE N
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from huggingface_hub import HfApi

job, how, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
api = HfApi()
start = time.perf_counter()
if job == "list":
    count = sum(1 for _ in api.list_models(full=True if how == "full" else None))
else:
    names = [f"ada/model-{index:06}" for index in range(number)]
    if how == "1":
        count = sum(1 for name in names if api.model_info(name).id)
    else:
        with ThreadPoolExecutor(int(how)) as threads:
            count = sum(1 for info in threads.map(api.model_info, names) if info.id)
print(f"{time.perf_counter() - start:.4f} {count}")
