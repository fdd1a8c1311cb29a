"""Fits beside each other, in other processes, and interrupted."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

import sklreg
from sklreg import LinearClassifier, LinearRegressor, regularization_path
from sklreg._threads import blas_threads_for, n_own_threads
from sklreg.designs import Dense, _sums, dense
from sklreg.neural import MLPClassifier, MLPRegressor
from sklreg.solvers import Sums

ROOT = Path(sklreg.__file__).parents[1]

FITS = {
    "l1": (LinearRegressor("l1", alpha=0.5), load_diabetes),
    "huber": (LinearRegressor("elasticnet", alpha=0.5, loss="huber"), load_diabetes),
    "positive": (LinearRegressor("l1", alpha=0.5, positive=True), load_diabetes),
    "binary": (LinearClassifier("l1", alpha=0.01), load_breast_cancer),
    "multinomial": (LinearClassifier("elasticnet", alpha=0.01), load_wine),
    "ridge": (LinearClassifier("l2", alpha=0.1), load_wine),
    "network": (MLPRegressor(random_state=0, max_iter=5), load_diabetes),
    "sparse network": (
        MLPClassifier("l1", alpha=0.1, hidden_layer_sizes=(8,), random_state=0),
        load_wine,
    ),
}
TIMEOUT = 120  # seconds; nothing here takes more than a few


def fitted(name):
    """Fit a row of the table; return what was learnt."""
    estimator, load = FITS[name]
    X, y = load(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    return learnt(clone(estimator).fit(X, y))


def learnt(estimator):
    if hasattr(estimator, "coefs_"):  # a network
        return [*estimator.coefs_, *estimator.intercepts_]
    return [estimator.coef_, np.atleast_1d(estimator.intercept_)]


@pytest.fixture(scope="module")
def in_sequence():
    return {name: fitted(name) for name in FITS}


def assert_same(found, expected):
    for name, arrays in found.items():
        for array, wanted in zip(arrays, expected[name], strict=True):
            # Where memory is aligned decides the last digit of a sum.
            np.testing.assert_allclose(
                array, wanted, rtol=1e-8, atol=1e-10, err_msg=name
            )


# Side by side -------------------------------------------------------------------------


def test_threads_give_the_same_results_as_a_sequence(in_sequence):
    names = list(FITS) * 3
    with ThreadPoolExecutor(4) as pool:
        for name, arrays in zip(names, pool.map(fitted, names), strict=True):
            assert_same({name: arrays}, in_sequence)


@pytest.mark.parametrize("name", FITS)
def test_same_fit_in_two_threads_that_start_together(name, in_sequence):
    barrier = threading.Barrier(2)

    def fit(_):
        barrier.wait(TIMEOUT)
        return fitted(name)

    with ThreadPoolExecutor(2) as pool:
        for arrays in pool.map(fit, range(2)):
            assert_same({name: arrays}, in_sequence)


def test_first_calls_in_two_threads_compile_once_each_or_wait():
    code = """
    import threading
    import numpy as np
    from sklreg import LinearClassifier, LinearRegressor
    X = np.random.default_rng(0).standard_normal((30, 4))
    barrier = threading.Barrier(4)
    results = [None] * 4

    def fit(i):
        barrier.wait()
        y = X[:, 0] > 0 if i % 2 else X[:, 0]
        estimator = LinearClassifier("l1") if i % 2 else LinearRegressor("l1")
        results[i] = estimator.fit(X, y).coef_

    threads = [threading.Thread(target=fit, args=[i]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(results[0], results[2])
    assert np.array_equal(results[1], results[3])
    print("equal")
    """
    assert in_a_process(code, NUMBA_DISABLE_JIT="0").strip() == "equal"


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_joblib_backends(backend, in_sequence):
    tasks = (joblib.delayed(fitted)(name) for name in FITS)
    found = joblib.Parallel(n_jobs=2, backend=backend, timeout=TIMEOUT)(tasks)
    assert_same(dict(zip(FITS, found, strict=True)), in_sequence)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_started_after_a_fit(method, in_sequence):
    context = multiprocessing.get_context(method)
    with context.Pool(1) as pool:
        results = [pool.apply_async(fitted, [name]) for name in ("l1", "multinomial")]
        found = [result.get(TIMEOUT) for result in results]
    assert_same(dict(zip(("l1", "multinomial"), found, strict=True)), in_sequence)


# BLAS ---------------------------------------------------------------------------------


def in_a_process(code, **environment):
    """Run Python and return what it printed."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=os.environ | {"PYTHONPATH": path} | environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=TIMEOUT,
    ).stdout


def test_results_do_not_depend_on_the_number_of_blas_threads():
    code = """
    import numpy as np
    from sklreg import LinearClassifier, LinearRegressor
    random = np.random.default_rng(0)
    X = random.standard_normal((400, 300))
    y = X[:, :5].sum(axis=1) + random.standard_normal(400)
    for model in (
        LinearRegressor("l1", alpha=0.1, tol=1e-12),
        LinearRegressor("l2", alpha=0.1, tol=1e-12),
        LinearClassifier("l1", alpha=0.02, tol=1e-12),
    ):
        model.fit(X, y > 0 if isinstance(model, LinearClassifier) else y)
        print(*model.coef_.ravel().tolist())
    """
    one, two = (
        [line.split() for line in in_a_process(code, **threads(n)).splitlines()]
        for n in (1, 2)
    )
    assert len(one) == 3
    np.testing.assert_allclose(
        np.array(one, dtype=float), np.array(two, dtype=float), atol=1e-10, rtol=0
    )


def threads(n):
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    return dict.fromkeys(names, str(n))


# Ctrl-C -------------------------------------------------------------------------------

LONG_FITS = {
    "coordinate descent": """
        random = np.random.default_rng(0)
        common = random.standard_normal((400, 1))
        X = common + 1e-3 * random.standard_normal((400, 1500))
        y = X @ random.standard_normal(1500)
        model = LinearRegressor("l1", alpha=1e-9, tol=0.0, max_iter=10**6)
    """,
    "huber": """
        random = np.random.default_rng(0)
        common = random.standard_normal((3000, 1))
        X = common + 1e-2 * random.standard_normal((3000, 1500))
        y = X @ random.standard_normal(1500) + random.standard_cauchy(3000)
        model = LinearRegressor(
            "l1", alpha=1e-8, loss="huber", tol=0.0, max_iter=10**6
        )
    """,
    "multinomial": """
        random = np.random.default_rng(0)
        X = random.standard_normal((1000, 300)).cumsum(axis=1)
        y = random.integers(0, 8, 1000)
        model = LinearClassifier("l1", alpha=1e-8, tol=0.0, max_iter=10**6)
    """,
    "l-bfgs": """
        random = np.random.default_rng(0)
        X = random.standard_normal((3000, 2500)).cumsum(axis=1)
        y = random.integers(0, 3, 3000)
        model = LinearClassifier("l2", alpha=1e-12, tol=0.0, max_iter=10**6)
    """,
    "network": """
        random = np.random.default_rng(0)
        X = random.standard_normal((5000, 200))
        y = random.integers(0, 3, 5000)
        model = MLPClassifier(max_iter=10**6, tol=0.0, n_iter_no_change=10**6)
    """,
    "polish": """
        random = np.random.default_rng(0)
        X = random.standard_normal((5000, 200))
        y = random.integers(0, 3, 5000)
        model = MLPClassifier(
            "l1", alpha=1e-6, max_iter=1, tol=0.0, polish_tol=1e-300, max_fun=10**6
        )
    """,
}
INTERRUPTED = """
import signal
import sys
import time
import numpy as np
from sklearn.base import clone
from sklreg import LinearClassifier, LinearRegressor
from sklreg.neural import MLPClassifier

signal.signal(signal.SIGINT, signal.default_int_handler)
{problem}
limits = model.get_params()
other = model if {refit} else clone(model)  # load the machine code, on other data
quick = {{"tol": 1e-3, "alpha": 1.0, "max_iter": 100}}
if isinstance(model, MLPClassifier):
    quick |= {{"polish_tol": 0.1, "max_fun": 100, "n_iter_no_change": 2}}
other.set_params(**quick).fit(X[::10, :3], y[::10])
other.set_params(**limits)
before = dict(vars(model))
print("started", flush=True)
try:
    model.fit(X, y)
except KeyboardInterrupt:
    print(time.time())
    after = vars(model)
    print(set(after) == set(before) and all(after[k] is before[k] for k in before))
else:
    print("ended by itself")
"""


@pytest.mark.parametrize("refit", [False, True], ids=["unfitted", "fitted"])
@pytest.mark.parametrize("problem", LONG_FITS.values(), ids=LONG_FITS.keys())
def test_interrupt_returns_promptly_and_leaves_the_estimator_alone(problem, refit):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    code = INTERRUPTED.format(problem=textwrap.dedent(problem), refit=refit)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout.readline() == "started\n"
            time.sleep(1.5)
            assert process.poll() is None, process.communicate()
            sent = time.time()
            process.send_signal(signal.SIGINT)
            printed, complaints = process.communicate(timeout=30)
        finally:
            process.kill()
    lines = printed.splitlines()
    assert len(lines) == 2, (printed, complaints)
    assert float(lines[0]) - sent < 5.0
    assert lines[1] == "True"


@pytest.mark.parametrize(
    ("shape", "limited"),
    [
        ((442, 10), False),  # BLAS takes one thread by itself
        ((2000, 6), True),
        ((90, 90), True),
        ((10_000, 400), True),
        ((100_000, 100), False),  # threads pay
        ((0, 3), False),
    ],
)
def test_blas_is_limited_where_threads_would_not_pay(shape, limited):
    context = blas_threads_for(shape)
    assert isinstance(context, contextlib.nullcontext) != limited


def test_least_squares_from_moments_limits_blas_whatever_the_size(monkeypatch):
    """Its threads take chunks of rows; those of BLAS would be in their way."""
    assert not isinstance(
        blas_threads_for((100_000, 100), in_moments=True), contextlib.nullcontext
    )
    seen, part_of = set(), _sums.sum_over_rows

    def watched(part, n, q):
        seen.add(n_own_threads())
        return part_of(part, n, q)

    monkeypatch.setattr(dense, "sum_over_rows", watched)
    X = np.random.default_rng(0).standard_normal((90_000, 50))
    y = X[:, 0] + 1.0
    with threadpool_limits(2, "blas"):
        LinearRegressor("l1", alpha=0.1).fit(X, y)
        regularization_path(LinearRegressor("l1"), X, y, alphas=3)
    assert seen == {2}


@pytest.mark.parametrize("order", ["C", "F"])
def test_sums_in_threads_are_those_in_sequence_to_the_last_bit(monkeypatch, order):
    random = np.random.default_rng(0)
    X = np.asarray(random.standard_normal((20_000, 100)), order=order)
    design, beside, weight = Dense.of(X), np.ones((20_000, 1)), random.random(20_000)
    for shift in (0.0, 0.5):
        for h in (weight, np.ones(20_000)):
            found = []
            for n_threads in (1, 2, 7):
                monkeypatch.setattr(_sums, "n_own_threads", lambda n=n_threads: n)
                found.append(design._products(np.full(100, shift), beside, h))
            Z = np.hstack([X - shift, beside])
            expected = Z.T @ (h[:, None] * Z)
            np.testing.assert_allclose(found[0], expected, rtol=0.0, atol=1e-8)
            assert np.array_equal(found[0], found[1])
            assert np.array_equal(found[0], found[2])


def test_errors_and_how_numpy_treats_them_pass_between_threads(monkeypatch):
    monkeypatch.setattr(_sums, "n_own_threads", lambda: 2)

    def part(rows):
        if rows.start > 0:
            msg = f"from {rows.start}"
            raise ValueError(msg)
        return np.full(1, 1e300) * 1e300

    with np.errstate(over="ignore"), pytest.raises(ValueError, match="from"):
        _sums.sum_over_rows(part, 1_000_000, 50)


def test_moments_are_summed_within_that_limit(monkeypatch):
    """They take most of the time of a tall fit, in blocks of a few hundred rows."""
    seen, of = [], Sums.of

    def threads():
        return {
            library["num_threads"]
            for library in threadpool_info()
            if library["user_api"] == "blas"
        }

    def watched(*args, **kwargs):
        seen.append(threads())
        return of(*args, **kwargs)

    monkeypatch.setattr(Sums, "of", watched)
    X, y = np.eye(2000, 6), np.arange(2000.0)
    LinearRegressor("l1", alpha=0.1).fit(X, y)  # the libraries are loaded
    with threadpool_limits(2, "blas"):
        LinearRegressor("l1", alpha=0.1).fit(X, y)
        assert threads() == {2}
    assert seen == [{1}, {1}]
