"""What rows cost a gate of pairs of runs: the figures in docs/policy.md. Needs NumPy and SciPy."""

import numpy as np
from scipy import optimize, stats

PAIRS, ALPHA, POWER = 10, 0.05, 0.8


def detectable(rows: int) -> float:
    """Standard deviations of the differences that are found with POWER, by the first of so many rows (Holm)."""
    freedom, scale = PAIRS - 1, np.sqrt(PAIRS)
    critical = stats.t.isf(ALPHA / rows, freedom)
    return optimize.brentq(lambda d: stats.nct.sf(critical, freedom, d * scale) - POWER, 0, 20)


def passing(variations: list[float], margin: float = 0.05, trials: int = 100_000) -> float:
    """How often all rows of equal versions are shown to be no worse; rows are correlated by one half."""
    random = np.random.default_rng(1)
    shared = random.standard_normal((trials, PAIRS, 1))
    own = random.standard_normal((trials, PAIRS, len(variations)))
    differences = np.sqrt(0.5) * (shared + own) * np.array(variations) * np.sqrt(2)
    error = differences.std(axis=1, ddof=1) / np.sqrt(PAIRS)
    upper = differences.mean(axis=1) + stats.t.isf(ALPHA, PAIRS - 1) * error
    return (upper < np.log1p(margin)).all(axis=1).mean()


for rows in (1, 2, 3, 4, 12):
    print(f"{rows} rows: detectable {detectable(rows):.2f} standard deviations")
for variations in ([0.03], [0.03, 0.03], [0.03, 0.03, 0.06]):
    print(f"runs vary by {variations}: {passing(variations):.1%} pass")
