"""How time and memory grow with rows, columns and the number of strengths.

    python benchmarks/scaling.py [--models lasso,logistic] [--repeats 3]

First table: the seconds of a path of ten strengths down to a tenth of the strongest
on a base size, and how many times more it takes with ten times the rows, the columns or
the strengths. Second table: the peak memory of a fit at a tenth of the strongest
strength, beyond what was there before it (X, y, the libraries) and the coefficients, as
a share of the memory of X. Every number comes from a fresh process that has fitted a
small problem of the same kind before, for memory the same one, and has given back what
is free since. Memory is measured on Linux only.
"""

import argparse
import ctypes
import multiprocessing
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse

MODELS = ("lasso", "logistic")


class Size(NamedTuple):
    """Rows, columns and strengths."""

    n: int
    p: int
    alphas: int = 10


class Layout(NamedTuple):
    """How X lies in memory, the size to grow from, and the size to weigh."""

    order: str  # "F", "C", "csc" or "csr"
    base: Size
    heavy: Size
    density: float = 1.0


LAYOUTS = {
    "wide F": Layout("F", Size(100, 2_000), Size(200, 50_000)),
    "wide C": Layout("C", Size(100, 2_000), Size(200, 50_000)),
    "tall F": Layout("F", Size(5_000, 50), Size(200_000, 50)),
    "tall C": Layout("C", Size(5_000, 50), Size(200_000, 50)),
    "sparse CSC": Layout("csc", Size(1_000, 5_000), Size(20_000, 50_000), 0.005),
    "sparse CSR": Layout("csr", Size(1_000, 5_000), Size(20_000, 50_000), 0.005),
}
SMALL = Size(60, 40)
GROWTH = {
    "n x 10": lambda size: size._replace(n=10 * size.n),
    "p x 10": lambda size: size._replace(p=10 * size.p),
    "alphas x 10": lambda size: size._replace(alphas=10 * size.alphas),
}


def data(layout, size, model):
    """Return X in its layout, and y that twenty columns explain."""
    random = np.random.default_rng(0)
    if layout.density < 1.0:
        X = scipy.sparse.random_array(
            (size.n, size.p), density=layout.density, format=layout.order, rng=random
        )
    else:
        X = random.standard_normal(size[:2][::-1]).T  # in Fortran order, no copy
        X = np.asarray(X, order=layout.order)
    weights = np.zeros(size.p)
    weights[:20] = random.standard_normal(20)
    signal = X @ weights
    y = signal + 0.5 * max(signal.std(), 0.1) * random.standard_normal(size.n)
    return X, (y > np.median(y)).astype(float) if model == "logistic" else y


def estimator(model, alpha=1.0):
    """Return the l1 model."""
    from sklreg import LinearClassifier, LinearRegressor

    return {"lasso": LinearRegressor, "logistic": LinearClassifier}[model]("l1", alpha)


def seconds(pipe, model, layout, size, repeats):
    """Send the median seconds of a path."""
    from sklreg import regularization_path

    def path(size):
        X, y = data(layout, size, model)
        start = time.perf_counter()
        regularization_path(
            estimator(model), X, y, alphas=size.alphas, alpha_min_ratio=0.1
        )
        return time.perf_counter() - start

    path(SMALL)
    pipe.send(statistics.median(path(size) for _ in range(repeats)))


def memory(field):
    """Return VmRSS or VmHWM of this process in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return 1024 * int(line.split()[1])
    raise KeyError(field)


def share(pipe, model, layout, size, repeats):
    """Send the peak memory of a fit as a share of X."""
    from sklreg import alpha_max

    X, y = data(layout, size, model)
    alpha = 0.1 * alpha_max(estimator(model), X, y)
    estimator(model, alpha).fit(X, y)  # loads the kernels, which is memory as well
    ctypes.CDLL(None).malloc_trim(0)  # what is free goes back, to be counted anew
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
    before = memory("VmRSS")
    fitted = estimator(model, alpha).fit(X, y)
    extra = memory("VmHWM") - before - fitted.coef_.nbytes
    parts = [X.data, X.indices, X.indptr] if scipy.sparse.issparse(X) else [X]
    pipe.send(extra / sum(part.nbytes for part in parts))


def fresh(job, *arguments):
    """Return what `job` sends from a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=job, args=(sender, *arguments))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    finally:
        process.join()


def main():
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", default=",".join(MODELS), help="a,b")
    parser.add_argument("--layouts", default=",".join(LAYOUTS), help="a,b")
    parser.add_argument("--repeats", type=int, default=3, help="fits per time")
    options = parser.parse_args()
    wanted = [
        (model, name)
        for model in options.models.split(",")
        for name in options.layouts.split(",")
    ]
    print(f"{'path of 10 strengths':<24}{'base n x p':>16}{'seconds':>9}", end="")
    print(*(f"{title:>12}" for title in GROWTH), sep="")
    for model, name in wanted:
        layout = LAYOUTS[name]
        arguments = model, layout
        base = fresh(seconds, *arguments, layout.base, options.repeats)
        shape = f"{layout.base.n} x {layout.base.p}"
        print(f"{model + ', ' + name:<24}{shape:>16}{base:>9.3f}", end="", flush=True)
        for grown in GROWTH.values():
            taken = fresh(seconds, *arguments, grown(layout.base), options.repeats)
            print(f"{taken / base:>10.1f} x", end="", flush=True)
        print()
    print()
    print(f"{'peak memory of a fit':<24}{'n x p':>16}  beyond X, share of X")
    for model, name in wanted:
        layout = LAYOUTS[name]
        part = fresh(share, model, layout, layout.heavy, 1)
        shape = f"{layout.heavy.n} x {layout.heavy.p}"
        print(f"{model + ', ' + name:<24}{shape:>16}  {part:.2f}", flush=True)


if __name__ == "__main__":
    main()
