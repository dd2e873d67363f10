"""The summary of a run as one would write it with pandas and SciPy; prints seconds and peak memory in MiB.

Tables by label and in total, errors by reason, the run second by second, the histogram, and of the steady part
the mean with an interval by 30 batch means, quantiles with intervals by order statistics, and the error rate with
Wilson's. What the analysis does beyond that (the choice of the batch size, effective sample sizes of quantiles, MSER-5)
has no function in either.
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from columns import COLUMNS
from scipy import stats

BATCHES = 30


def table(samples, groups):
    """Counts, moments, quantiles and rates, by label or of all."""
    elapsed = groups["elapsed_ns"]
    rows = elapsed.agg(["count", "mean", "min", "max"])
    rows["std"] = elapsed.std(ddof=0)
    quantiles = elapsed.quantile([0.5, 0.9, 0.95, 0.99]).unstack()
    rows = rows.join(quantiles)
    rows["errors"] = groups["failed"].sum()
    duration = (groups["end"].max() - groups["start"].min()) / 1e9
    rows["throughput"] = rows["count"] / duration
    for column in ["bytes_sent", "bytes_received"]:
        rows[column] = groups[column].sum() / 1024 / duration
    return rows


def steady(times, failed):
    """Estimates with 95% intervals from times in order of time."""
    size = len(times) // BATCHES
    means = times[-BATCHES * size :].reshape(BATCHES, size).mean(axis=1)
    error = means.std(ddof=1) / np.sqrt(BATCHES)
    stats.t.interval(0.95, BATCHES - 1, loc=times.mean(), scale=error)
    factor = max(1.0, size * means.var(ddof=1) / times.var(ddof=1))
    effective = int(len(times) / factor)
    ordered = np.sort(times)
    for p in [0.5, 0.95, 0.99]:
        np.quantile(ordered, p)
        low, high = stats.binom.ppf([0.025, 0.975], effective, p) / effective
        ordered[int(low * (len(ordered) - 1))], ordered[int(high * (len(ordered) - 1))]
    stats.binomtest(int(failed.sum()), len(failed)).proportion_ci(method="wilson")
    for part in [times[failed], times[~failed]]:
        if len(part) > 0:
            part.mean(), np.quantile(part, [0.5, 0.95, 0.99])


def summary(run):
    samples = pd.read_parquet(run / "samples", columns=COLUMNS)
    samples["start"] = samples["started_at"].astype("int64")
    samples["end"] = samples["start"] + samples["elapsed_ns"].astype("int64")
    samples["failed"] = samples["error"].notna()
    origin = samples["start"].min()
    print(table(samples, samples.groupby("request", observed=True)))
    print(table(samples, samples.groupby(lambda _: "TOTAL")))
    failures = samples[samples["failed"]]
    failures.groupby(["request", "error", "status"], observed=True, dropna=False).size()
    seconds = samples.groupby((samples["start"] - origin) // 1_000_000_000)
    seconds["elapsed_ns"].quantile([0.5, 0.95, 0.99])
    seconds["elapsed_ns"].mean(), seconds["failed"].sum(), seconds["active_users"].mean()
    complete = samples[~samples["failed"] | (samples["error"] == "status")]
    complete.groupby((complete["end"] - origin) // 1_000_000_000).size()
    np.histogram(samples["elapsed_ns"], bins=10 ** np.arange(0, 12, 0.05))
    hold = samples[samples["phase"] == "hold"].sort_values("start", kind="stable")
    steady(hold["elapsed_ns"].to_numpy(float), hold["failed"].to_numpy())
    for _, label in hold.groupby("request", observed=True):
        steady(label["elapsed_ns"].to_numpy(float), label["failed"].to_numpy())


begun = time.perf_counter()
summary(Path(sys.argv[1]))
seconds = time.perf_counter() - begun
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
