"""How long until the first fit: fresh processes, beside skglm if it is installed.

    python benchmarks/cold_start.py [--repeats 5] [--processor-time] [--no-skglm]

Every number is the median over fresh processes, as a difference to a process that only
imports `sklearn.linear_model`; the processes take turns, so that a busy machine slows
all of them alike. "empty cache" gives each process a kernel cache folder of its own.
The limits of the fits are multiples of the time that `import numba` takes by itself.

On a machine that is busy with other work take --processor-time. Do not edit the
package's sources meanwhile: an edit leads to another, empty cache.
"""

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

DATA = """
import numpy as np
random = np.random.default_rng(0)
X = random.standard_normal((200, 50))
y = X[:, :3].sum(axis=1) + random.standard_normal(200)
"""
FIRST_FIT = f"""{DATA}
from sklreg import LinearRegressor
assert LinearRegressor("l1", alpha=0.1).fit(X, y).coef_.any()
"""
NOTHING_COMPILED = """
import sys
import sklreg
assert not {"numba", "llvmlite"} & set(sys.modules), "importing sklreg imports numba"
"""
FIRST_SKGLM_FIT = f"""{DATA}
from skglm import Lasso
assert Lasso(alpha=0.1).fit(X, y).coef_.any()
"""
IMPORT_SKLEARN = "import sklearn.linear_model"


class Job(NamedTuple):
    """What a fresh process does, and its limit (None: for comparison)."""

    title: str
    code: str
    cache: str  # "warm" or "empty"
    seconds: float | None = None  # limit in seconds
    multiples: float | None = None  # limit in multiples of numba's import


BASE = Job("import sklearn.linear_model", IMPORT_SKLEARN, "warm")
NUMBA = Job("import numba", f"{IMPORT_SKLEARN}, numba", "warm")
SKLREG = [
    Job("import sklreg", NOTHING_COMPILED, "warm", seconds=0.15),
    Job("import and first l1 fit, warm cache", FIRST_FIT, "warm", multiples=3),
    Job("import and first l1 fit, empty cache", FIRST_FIT, "empty", multiples=30),
]
SKGLM = [
    Job("skglm: import", "import skglm", "warm"),
    Job("skglm: import and first l1 fit", FIRST_SKGLM_FIT, "warm"),
]


def processor_time():
    """Return the seconds that all processes ended so far have computed."""
    times = os.times()
    return times.children_user + times.children_system


def seconds(job, warm_folder, clock):
    """Run `job` in a fresh process and return how long that took by `clock`."""
    with tempfile.TemporaryDirectory() as empty_folder:
        folder = warm_folder if job.cache == "warm" else empty_folder
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        environment = os.environ | {"SKLREG_CACHE_DIR": folder, "PYTHONPATH": path}
        start = clock()
        subprocess.run([sys.executable, "-c", job.code], env=environment, check=True)
        return clock() - start


def measure(jobs, repeats, clock):
    """Return the median seconds of each job; the first round only warms caches up."""
    times = {job: [] for job in jobs}
    with tempfile.TemporaryDirectory() as warm_folder:
        for round_number in range(repeats + 1):
            for job in jobs:
                taken = seconds(job, warm_folder, clock)
                if round_number > 0:
                    times[job].append(taken)
            print(f"round {round_number} of {repeats} done", file=sys.stderr)
    return {job: statistics.median(taken) for job, taken in times.items()}


def row(job, extra, numba_import):
    """Return one line of the table."""
    limit = verdict = ""
    if job.seconds is not None:
        limit = f"{job.seconds:.2f} s"
        verdict = "holds" if extra <= job.seconds else "MISSED"
    if job.multiples is not None:
        limit = f"{job.multiples:g} x numba"
        verdict = "holds" if extra <= job.multiples * numba_import else "MISSED"
    in_multiples = extra / numba_import
    return f"{job.title:<38}{extra:8.2f} s{in_multiples:8.1f} x  {limit:>11}  {verdict}"


def main():
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5, help="processes per number")
    parser.add_argument(
        "--processor-time", action="store_true", help="instead of elapsed time"
    )
    parser.add_argument("--no-skglm", action="store_true", help="leave skglm out")
    options = parser.parse_args()
    jobs = [BASE, NUMBA, *SKLREG]
    if importlib.util.find_spec("skglm") and not options.no_skglm:
        jobs += SKGLM
    clock = processor_time if options.processor_time else time.perf_counter
    medians = measure(jobs, options.repeats, clock)
    numba_import = medians[NUMBA] - medians[BASE]
    print(f"Median of {options.repeats} fresh processes, more than the")
    print(f"{medians[BASE]:.2f} s of `{BASE.title}`; x: multiples of `import numba`")
    print()
    print(f"{'':<38}{'extra':>10}{'':>9}  {'limit':>11}")
    for job in jobs[1:]:
        print(row(job, medians[job] - medians[BASE], numba_import))


if __name__ == "__main__":
    main()
