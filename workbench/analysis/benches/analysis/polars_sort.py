"""Polars reads the columns that the analysis reads and sorts them by label; prints seconds and peak memory in MiB.

`polars_sort.py RUN ENGINE`, the engine being `in-memory` or `streaming`.
"""

import resource
import sys
import time
from pathlib import Path

import polars as pl
from columns import COLUMNS

run, engine = Path(sys.argv[1]), sys.argv[2]
begun = time.perf_counter()
samples = pl.scan_parquet(run / "samples" / "part-*.parquet").select(COLUMNS)
assert samples.sort("request").collect(engine=engine).height > 0
seconds = time.perf_counter() - begun
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
