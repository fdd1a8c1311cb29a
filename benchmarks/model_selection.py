"""How fast strengths are chosen, beside every other library that is installed.

    python benchmarks/model_selection.py [--cases 'lasso leukemia' ...] [--solvers ...]

Everyone gets the same data, folds, strengths, intercept and number of threads, fits all
rows with the strength chosen, and takes the loosest tolerance of 1e-1, 1e-2, ... 1e-15
with which every mean loss on held-out rows is within a relative 1e-4 of the exact one.
That is sklreg's with a tight tolerance; the mean over folds is a plain one, or by their
sizes, whichever a solver takes. A time is the median of the runs in a process that has
done the same before; solvers take turns in two rounds. What a first run took more,
compiling, is "first". The ratio is a solver's time over sklreg's.

Data: the folder given by --data, or `data` in the folder named by SKLREG_SHARED.
"""

import argparse
import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import problems
from sklearn.model_selection import GridSearchCV, KFold

WANTED = 1e-4
TOLERANCES = [10.0**-k for k in range(1, 16)]
TIGHT = 1e-10
STARTING = 60.0  # seconds more that an answer may take: data are made, kernels compiled
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
)


class Case(NamedTuple):
    """One line of the table."""

    name: str
    build: object  # what makes the problem, with its path, from the folder of data
    n_folds: int = 5
    l1_ratios: tuple[float, ...] = (1.0,)
    search: bool = False  # by GridSearchCV, each fit from the start
    target: float = 1.0

    def folds(self, y):
        """Return pairs of row numbers."""
        return list(KFold(self.n_folds, shuffle=True, random_state=0).split(y))


def tall(n_samples, n_features):
    """Return what builds a lasso path on random numbers."""

    def build(folder):
        del folder
        random = np.random.default_rng(0)
        X = np.asfortranarray(random.standard_normal((n_samples, n_features)))
        y = X[:, :20] @ random.standard_normal(20) + random.standard_normal(n_samples)
        return problems.stated(X, y, "squared_error", "l1", fraction=1e-3, n_alphas=100)

    return build


CALIFORNIA = problems.lasso(
    "california_housing", problems.cubic, fraction=1e-3, n_alphas=100
)
LEUKEMIA = problems.lasso("leukemia_golub", fraction=0.01, n_alphas=100)
CASES = [
    Case("lasso california 5 folds", CALIFORNIA, target=6.0),
    Case("lasso california 10 folds", CALIFORNIA, n_folds=10, target=6.0),
    Case(
        "elastic net california, 7 ratios",
        CALIFORNIA,
        l1_ratios=(0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 1.0),
        target=10.0,
    ),
    Case("lasso leukemia", LEUKEMIA, target=3.0),
    Case("lasso text", problems.lasso_text(fraction=0.01, n_alphas=100), target=2.0),
    Case(
        "logistic leukemia",
        problems.logistic("leukemia_golub", fraction=0.01, n_alphas=100),
        target=3.0,
    ),
    Case(
        "search lasso leukemia, 30 strengths",
        problems.lasso("leukemia_golub", fraction=0.01, n_alphas=30),
        search=True,
        target=2.0,
    ),
    Case("lasso 1e6 x 100, 5 folds", tall(10**6, 100)),
    Case("lasso 1e6 x 100, 10 folds", tall(10**6, 100), n_folds=10),
]


# Solvers: (case, problem, folds, tolerance) to a function that returns the mean losses;
# ours returns them in both ways.


def sklreg(case, problem, folds, tol):
    """Choose by our own estimators, or by a search over them."""
    from sklreg import (
        LinearClassifierCV,
        LinearRegressor,
        LinearRegressorCV,
    )

    if case.search:
        return searched(LinearRegressor("l1", tol=tol), problem, folds)
    of_classes = problem.loss == "log_loss"
    ratios = case.l1_ratios
    model = (LinearClassifierCV if of_classes else LinearRegressorCV)(
        "l1" if ratios == (1.0,) else "elasticnet",
        problem.alphas,
        l1_ratio=0.5 if ratios == (1.0,) else list(ratios),
        cv=folds,
        tol=tol,
    )

    def choose():
        model.fit(problem.X, problem.y)
        return model.fold_losses_.mean(axis=-2), model.mean_losses_

    return choose


def scikit_learn(case, problem, folds, tol):
    """Choose by scikit-learn."""
    from sklearn.linear_model import ElasticNetCV, Lasso, LassoCV, LogisticRegressionCV

    many = 10**6
    if case.search:
        return searched(Lasso(tol=tol, max_iter=many), problem, folds)
    if problem.loss == "log_loss":
        model = LogisticRegressionCV(
            Cs=1.0 / (problem.alphas * len(problem.y) * (1 - 1 / case.n_folds)),
            l1_ratios=(1.0,),
            cv=folds,
            solver="liblinear",
            intercept_scaling=100.0,
            scoring="neg_log_loss",
            tol=tol,
            max_iter=many,
            use_legacy_attributes=True,
        )
        return lambda: (
            -np.ravel(model.fit(problem.X, problem.y).scores_[1.0].mean(axis=0))
        )
    more = {"alphas": problem.alphas, "cv": folds, "tol": tol, "max_iter": many}
    if case.l1_ratios == (1.0,):
        model = LassoCV(**more)
    else:
        model = ElasticNetCV(l1_ratio=list(case.l1_ratios), **more)
    return lambda: 0.5 * model.fit(problem.X, problem.y).mse_path_.mean(axis=-1)


def celer(case, problem, folds, tol):
    """Choose by celer."""
    from celer import ElasticNetCV, Lasso, LassoCV

    if problem.loss == "log_loss":
        raise NotImplementedError("squared error only")
    if case.search:
        return searched(Lasso(tol=tol, max_iter=100), problem, folds)
    more = {"alphas": problem.alphas, "cv": folds, "tol": tol}
    if case.l1_ratios == (1.0,):
        model = LassoCV(**more)
    else:
        model = ElasticNetCV(l1_ratio=list(case.l1_ratios), **more)
    return lambda: 0.5 * model.fit(problem.X, problem.y).mse_path_.mean(axis=-1)


def skglm(case, problem, folds, tol):
    """Choose by a search over skglm, which has no paths of its own with folds."""
    from skglm import Lasso

    if not case.search:
        raise NotImplementedError("no cross-validation of its own")
    return searched(Lasso(tol=tol), problem, folds)


def searched(model, problem, folds):
    """Return the search over the strengths of a model."""
    search = GridSearchCV(  # which takes the plain mean over folds
        model,
        {"alpha": list(problem.alphas)},
        cv=folds,
        scoring="neg_mean_squared_error",
    )

    def choose():
        search.fit(problem.X, problem.y)
        return -0.5 * search.cv_results_["mean_test_score"]

    return choose


class Glmnet:
    """One R process that keeps the data."""

    process = None

    def __init__(self, case, problem, folds, tol):
        from peers import write_for_r

        if case.search or case.l1_ratios != (1.0,):
            raise NotImplementedError("one l1_ratio, and no search")
        self.tol = tol
        if Glmnet.process is None:
            folder = Glmnet.folder = Path(tempfile.mkdtemp(prefix="glmnet-"))
            write_for_r(problem, folder)
            number = np.empty(len(problem.y))
            for k, (_, test) in enumerate(folds):
                number[test] = k
            number.tofile(folder / "fold")
            family = "gaussian" if problem.loss == "squared_error" else "binomial"
            script = str(Path(__file__).with_name("cv_glmnet.R"))
            Glmnet.process = subprocess.Popen(
                ["Rscript", script, str(folder), family],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )

    def __call__(self):
        """Let R work; what counts is the time it takes itself."""
        self.process.stdin.write(f"{self.tol}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise ImportError("R or glmnet")
        self.seconds = float(line)
        return 0.5 * np.fromfile(self.folder / "curve")


SOLVERS = {
    "sklreg": sklreg,
    "scikit-learn": scikit_learn,
    "celer": celer,
    "skglm": skglm,
    "glmnet": Glmnet,
}


# A solver's process: reads requests, answers each by a line of JSON.


def serve(solver, name, folder):
    """Answer [tolerance, runs] by the seconds of each run and the curve."""
    warnings.simplefilter("ignore")
    case = next(case for case in CASES if case.name == name)
    problem = case.build(folder)
    folds = case.folds(problem.y)
    clock = getattr(time, os.environ["BENCHMARK_CLOCK"])
    answers = os.fdopen(os.dup(1), "w")  # whatever is printed goes elsewhere
    os.dup2(2, 1)
    for line in sys.stdin:
        tol, runs = json.loads(line)
        try:
            choose = SOLVERS[solver](case, problem, folds, tol)
            seconds = []
            for _ in range(runs):
                start = clock()
                curve = choose()
                seconds.append(getattr(choose, "seconds", clock() - start))
            curves = curve if isinstance(curve, tuple) else (curve,)
            answer = {"seconds": seconds, "curves": [each.tolist() for each in curves]}
        except Exception as reason:  # whatever a peer raises
            answer = {"reason": f"{type(reason).__name__}: {reason}"[:72]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


class Solver:
    """A process that chooses, and what it took."""

    def __init__(self, name, case, options):
        self.name, self.limit, self.left = name, options.limit, options.limit
        self.seconds, self.first, self.tol = [], None, None
        self.reason, self.accuracy = "", np.inf
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", name, case.name, options.data],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, tol, runs=1):
        """Return the answer, None if there is none; then `reason` says why.

        One that takes longer than the limit for each run ends the process.
        """
        if self.process.poll() is not None:
            return None
        start = time.perf_counter()
        self.process.stdin.write(json.dumps([tol, runs]) + "\n")
        self.process.stdin.flush()
        answers, answer = self.process.stdout, {"reason": "the process ended"}
        if not select.select([answers], [], [], STARTING + runs * self.limit)[0]:
            self.process.kill()
            answer = {"reason": f"no answer in {self.limit:.0f} seconds"}
        elif line := answers.readline():
            answer = json.loads(line)
        self.left -= time.perf_counter() - start
        self.reason = answer.get("reason", "")
        return None if self.reason else answer

    def calibrate(self, exact):
        """Find the loosest tolerance whose curve is as wanted."""
        for tol in TOLERANCES:
            answer = self.ask(tol)
            if answer is None:
                return
            once = answer["seconds"][0]
            if self.first is None or once > 1.0:
                again = self.ask(tol)
                if again is None:
                    return
                self.first = (self.first or 0.0) + max(once - again["seconds"][0], 0.0)
            curve = np.array(answer["curves"][0])
            self.accuracy = min(np.abs(curve / each - 1.0).max() for each in exact)
            if self.accuracy <= WANTED:
                self.tol = tol
                return
            if self.left < 0.0:
                break
        self.reason = f"accuracy {self.accuracy:.0e} within the limit of time"

    def race(self, runs):
        """Run again."""
        if self.tol is not None:
            answer = self.ask(self.tol, runs)
            self.seconds += answer["seconds"] if answer else []

    @property
    def time(self):
        """Median seconds, None if there are none."""
        return statistics.median(self.seconds) if self.seconds else None


def play(case, options):
    """Return the solvers of a case, timed."""
    names = [name for name in SOLVERS if name in (options.solvers or SOLVERS)]
    solvers = [Solver(name, case, options) for name in names]
    try:
        exact = [np.array(curve) for curve in solvers[0].ask(TIGHT)["curves"]]
        for solver in solvers:
            solver.left = options.limit
            solver.calibrate(exact)
        for _ in range(2):
            for solver in solvers:
                solver.race(options.runs)
    finally:
        for solver in solvers:
            solver.process.kill()
            solver.process.wait()
    return solvers


def text(value, form):
    """Return a number as text, '-' for None."""
    return "-" if value is None else format(value, form)


HEAD = f"  {'solver':<14}{'s':>9}{'/ sklreg':>10}{'tol':>8}{'error':>10}{'first':>8}"
SUMMARY_HEAD = (
    f"{'case':<36}{'sklreg':>8}  {'fastest peer':<14}{'s':>8}{'ratio':>7}{'target':>7}"
)


def line(solver, ours):
    """Return what there is to say about a solver."""
    ratio = solver.time / ours if solver.time and ours else None
    return (
        f"  {solver.name:<14}{text(solver.time, '.3f'):>9}{text(ratio, '.2f'):>10}"
        f"{text(solver.tol, '.0e'):>8}{solver.accuracy:>10.1e}"
        f"{text(solver.first, '.1f'):>8}  {solver.reason}"
    ).rstrip()


def arguments():
    """Return the options of the command line."""
    shared = os.environ.get("SKLREG_SHARED", "../shared")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", default=f"{shared}/data", help="folder of the real data")
    add("--cases", nargs="*", help="only those whose names start so")
    add("--solvers", type=lambda text: text.split(","), help="such as sklreg,celer")
    add("--threads", type=int, default=1, help="for every solver")
    add("--runs", type=int, default=3, help="in each of two rounds")
    add("--processor-time", action="store_true", help="instead of elapsed time")
    add("--limit", type=float, default=120.0, help="seconds to find a tolerance")
    return parser.parse_args()


def main():
    """Measure and print the table."""
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:])
        return
    options = arguments()
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(options.threads)
    clock = "process_time" if options.processor_time else "perf_counter"
    os.environ["BENCHMARK_CLOCK"] = clock
    summaries = []
    for case in CASES:
        if options.cases and not any(map(case.name.startswith, options.cases)):
            continue
        print(case.name, flush=True)
        solvers = play(case, options)
        ours = solvers[0].time
        print(HEAD)
        print(*(line(solver, ours) for solver in solvers), "", sep="\n", flush=True)
        peers = [solver for solver in solvers[1:] if solver.time]
        best = min(peers, key=lambda solver: solver.time, default=None)
        ratio = best.time / ours if best and ours else None
        summaries.append(
            f"{case.name:<36}{text(ours, '.3f'):>8}  {best.name if best else '-':<14}"
            f"{text(best and best.time, '.3f'):>8}{text(ratio, '.1f'):>7}"
            f"{case.target:>7.1f}"
        )
    print(SUMMARY_HEAD, *summaries, sep="\n")


if __name__ == "__main__":
    main()
