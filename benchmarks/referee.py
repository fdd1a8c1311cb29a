"""What counts as solved, and the processes that solvers run in.

The referee recomputes every objective in float64 from the coefficients it is given.
"""

import gc
import multiprocessing
import os
import pickle
import signal
import tempfile
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.special

# accuracy


def objective(problem, coef, intercept):
    """Return loss plus penalty of (outputs, features, alphas) for every alpha."""
    values = []
    for index, alpha in enumerate(problem.alphas):
        w, b = coef[:, :, index].T, intercept[:, index]
        eta = linear_predictor(problem.X, w) + b
        values.append(mean_loss(problem, eta) + penalty(problem, w, alpha))
    return np.array(values)


def linear_predictor(X, w):
    """Return `X w` in float64, from the columns in use if they are few."""
    used = np.flatnonzero(np.any(w, axis=1))
    if 2 * len(used) < X.shape[1]:
        X, w = X[:, used], w[used]
    return np.asarray(X.astype(np.float64, copy=False) @ w)


def mean_loss(problem, eta):
    """Return the mean loss at eta (samples, outputs)."""
    y = problem.y
    if problem.loss == "squared_error":
        return 0.5 * np.mean((y - eta[:, 0]) ** 2)
    if problem.n_outputs == 1:
        return np.mean(np.logaddexp(0.0, eta[:, 0]) - y * eta[:, 0])
    of_class = np.take_along_axis(eta, y.astype(int)[:, None], axis=1)[:, 0]
    return np.mean(scipy.special.logsumexp(eta, axis=1) - of_class)


def penalty(problem, w, alpha):
    """Return the penalty of w (features, outputs) times alpha."""
    size = np.abs(w)
    if problem.penalty == "l1":
        return alpha * size.sum()
    if problem.penalty == "l2":
        return alpha * 0.5 * (w * w).sum()
    if problem.penalty == "group":
        norms = np.sqrt(np.bincount(problem.groups, w[:, 0] ** 2))
        return alpha * (np.sqrt(problem.sizes) * norms).sum()
    inside = alpha * size - size**2 / (2.0 * problem.gamma)
    outside = 0.5 * problem.gamma * alpha**2
    return np.where(size < problem.gamma * alpha, inside, outside).sum()


def null_objective(problem):
    """Return the objective of the best constant prediction."""
    if problem.loss == "squared_error":
        return 0.5 * np.var(problem.y, dtype=np.float64)
    shares = np.bincount(problem.y.astype(int)) / len(problem.y)
    return -np.sum(shares * np.log(shares))


def mcp_violation(problem, coef, intercept):
    """Return the largest violation of the MCP's conditions, in units of alpha_max."""
    X, y, alpha = problem.X, problem.y, problem.alpha
    w = coef[0, :, 0]
    residual = linear_predictor(X, w[:, None])[:, 0] + intercept[0, 0] - y
    gradient = X.T @ residual / len(y)
    slope = np.sign(w) * np.maximum(alpha - np.abs(w) / problem.gamma, 0.0)
    at_zero = np.maximum(np.abs(gradient) - alpha, 0.0)
    violation = np.where(w == 0.0, at_zero, np.abs(gradient + slope))
    largest = np.abs(X.T @ (y - y.mean())).max() / len(y)
    return max(violation.max(), abs(residual.mean())) / largest


class Judge:
    """Keeps the best objective anyone found and compares with it."""

    def __init__(self, problem):
        self.problem = problem
        self.null = null_objective(problem)
        self.best = np.full(len(problem.alphas), self.null)
        self.reference = None  # a solution with a tight tolerance
        self.wanted = 1e-5 if len(problem.alphas) > 1 else 1e-6

    def see(self, solution):
        """Return the objectives of a solution, and remember them if they are best."""
        values = objective(self.problem, solution.coef, solution.intercept)
        self.best = np.fmin(self.best, values)
        return values

    def accuracy(self, solution):
        """Return `(F - F*) / (F_null - F*)`, the largest over alphas; mcp: violation.

        A few roundings of F_null are forgiven. Where there is nothing to gain, at the
        start of a path, the excess counts as a share of F_null.
        """
        if self.problem.penalty == "mcp":
            return mcp_violation(self.problem, solution.coef, solution.intercept)
        excess = solution.objectives - self.best - 1e-13 * self.null
        gain = self.null - self.best
        gain = np.where(gain > 1e-9 * self.null, gain, self.null)
        shares = np.where(excess > 0.0, excess / gain, 0.0)
        return np.inf if np.isnan(solution.objectives).any() else float(shares.max())

    def accepts(self, solution):
        """Return whether a solution is accurate enough."""
        return self.accuracy(solution) <= self.wanted


# processes


class Solution(NamedTuple):
    """What a solver returned for one tolerance."""

    tol: float
    seconds: list[float]
    coef: np.ndarray  # outputs, features, alphas
    intercept: np.ndarray  # outputs, alphas
    objectives: np.ndarray | None = None  # alphas

    @property
    def support(self):
        """Number of weights that are not zero, at the last alpha."""
        return int(np.count_nonzero(self.coef[:, :, -1]))


class Missing(Exception):
    """The solver cannot take part; says why."""


class Player:
    """One solver in a process of its own, which keeps the problem."""

    def __init__(self, name, file, n_threads):
        self.name = name
        self.arguments = name, str(file), n_threads
        self.process = None

    def start(self):
        """Start the process."""
        context = multiprocessing.get_context("spawn")
        self.pipe, other_end = context.Pipe()
        self.process = context.Process(
            target=serve, args=(other_end, *self.arguments), daemon=True
        )
        self.process.start()
        other_end.close()

    def ask(self, tol, limit, budget=0.0):
        """Return the solution for `tol`, fitted again and again for `budget` seconds.

        None if that takes longer than `limit`; then the process is gone.
        """
        if self.process is None:
            self.start()
        self.pipe.send((tol, budget))
        if not self.pipe.poll(max(limit, 0.0)):
            self.stop()
            return None
        try:
            answer = self.pipe.recv()
        except EOFError:
            raise Missing("the process ended") from None
        if isinstance(answer, str):
            raise Missing(answer)
        return answer

    def stop(self):
        """End the process and whatever it started."""
        if self.process is None:
            return
        if self.process.is_alive():
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                self.process.kill()
        self.process.join()


def serve(pipe, name, file, n_threads):
    """Answer requests: the life of a solver's process."""
    os.setpgid(0, 0)
    from peers import PEERS

    tempfile.tempdir = str(Path(file).parent)  # to be removed with the problem
    with Path(file).open("rb") as stream:
        problem = pickle.load(stream)
    make = PEERS[problem.kind][name]
    inputs = {}
    try:
        while True:
            tol, budget = pipe.recv()
            pipe.send(answer(make, problem, tol, budget, inputs, n_threads))
    except (EOFError, BrokenPipeError):  # the referee has gone
        return


def answer(make, problem, tol, budget, inputs, n_threads):
    """Return the solution, or why there is none."""
    import threadpoolctl
    from peers import Unsuited

    try:
        with warnings.catch_warnings(), threadpoolctl.threadpool_limits(n_threads):
            warnings.simplefilter("ignore")
            return timed_fits(make, problem, tol, budget, inputs)
    except ImportError as error:
        return f"not there: {error}"
    except Unsuited as error:
        return f"unsuited: {error}"
    except Exception as error:  # whatever a peer raises
        return f"{type(error).__name__}: {error}"[:72]


def timed_fits(make, problem, tol, budget, inputs):
    """Fit at least once, and until `budget` seconds are spent."""
    from peers import as_given

    seconds = []
    clock = getattr(time, os.environ.get("BENCHMARK_CLOCK", "perf_counter"))
    end = time.perf_counter() + 1.5 * budget
    gc.collect()
    gc.disable()  # as timeit does; to collect before each fit would empty the caches
    try:
        while not seconds or (sum(seconds) < budget and time.perf_counter() < end):
            model = make(problem, tol)
            layout = getattr(model, "layout", as_given)
            if layout not in inputs:
                inputs[layout] = layout(problem.X)
            start = clock()
            model.fit(inputs[layout], problem.y)
            taken = clock() - start
            seconds.append(getattr(model, "seconds_", taken))
    finally:
        gc.enable()
    k, m = problem.n_outputs, len(problem.alphas)
    coef = np.array(model.coef_, dtype=np.float64)
    intercept = np.array(model.intercept_, dtype=np.float64)
    if coef.size == 0:  # a yardstick
        return Solution(tol, seconds, coef, intercept)
    coef = coef.reshape(k, problem.X.shape[1], m)
    return Solution(tol, seconds, coef, intercept.reshape(k, m))
