"""Ridge regression by conjugate gradients and by a system: the same minimum."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse
from scipy.sparse.linalg import lsqr
from sklearn.exceptions import ConvergenceWarning

from sklreg import LinearRegressor
from sklreg.designs import CSC, Dense, standardized
from sklreg.losses import SquaredError
from sklreg.penalties import L2, ElasticNet
from sklreg.solvers import Problem, certificate_of, silent
from sklreg.solvers.certificate import certify
from sklreg.solvers.conjugate_gradients import conjugate_gradients
from sklreg.solvers.large_ridge import Forecast, large_ridge
from sklreg.solvers.metric import metric
from sklreg.solvers.problem import evaluate, start_point
from sklreg.solvers.tolerance import Null

MAKE = {"dense": Dense, "csc": lambda X: CSC.from_scipy(scipy.sparse.csc_array(X))}
#: Rows and columns; of 2 outputs if the penalty ties them.
SHAPES = {"tall": (40, 12), "square": (15, 15), "wide": (12, 30)}


def drawn(shape, seed=0):
    rng = np.random.default_rng(seed)
    n, p = SHAPES.get(shape, shape)
    X = rng.normal(size=(n, p)) * 10.0 ** rng.integers(-1, 2, size=p) + 1.0
    return X * (rng.random((n, p)) < 0.6), rng.dirichlet(np.ones(n))


def stated(X, q, make=Dense, *, centre=True, strength=0.1, k=1):
    """Return the problem, and its columns as NumPy sees them."""
    y = 3.0 + np.random.default_rng(1).normal(size=(len(X), k))
    design, norms = standardized(make(X), q, centre=centre, scale=False)
    penalty = L2().record(strength, X.shape[1])
    columns = np.arange(X.shape[1])
    loss = SquaredError().record()
    problem = Problem(design, y, q, loss, penalty, centre, columns, norms)
    return problem, X - q @ X if centre else X


def solved(problem, Z):
    """Return weights and intercepts of the minimum, by NumPy."""
    q, alpha = problem.weight[:, None], problem.penalty.strength()
    b = (q * problem.y).sum(axis=0) * problem.fit_intercept
    root = np.sqrt(q)
    stack = np.vstack([root * Z, np.sqrt(alpha) * np.eye(Z.shape[1])])
    right = np.vstack([root * (problem.y - b), np.zeros((Z.shape[1], len(b)))])
    return np.linalg.lstsq(stack, right)[0], b


def started(problem, w=None):
    """Return a start, certified, and the limits of a tolerance of 1e-12."""
    null = Null.of(problem)
    w = null.point.w if w is None else w
    point = start_point(problem, w, null.point.b + 1.0 * problem.fit_intercept)
    found = certify(problem, point, evaluate(problem, point))
    return found, null.tolerance(problem, 1e-12)


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("solver", [conjugate_gradients, large_ridge])
def test_the_minimum_is_found_from_anywhere(solver, shape, make, centre, k):
    problem, Z = stated(*drawn(shape), make, centre=centre, k=k)
    expected, b = solved(problem, Z)
    for far in (None, 10.0 * np.sign(expected), expected):
        found, limits = started(problem, far)
        found, n_iter = solver(problem, found, limits, 500, silent)
        assert 0 < n_iter < 500
        assert limits.met(found.certificate)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found.point.w, expected, atol=1e-4 * scale)
        np.testing.assert_allclose(found.point.b, b, rtol=1e-10)
        certificate = certificate_of(problem, found.point.w, found.point.b)
        assert found.certificate.objective == pytest.approx(
            certificate.objective, rel=1e-12
        )


def test_so_many_steps_as_the_hessian_has_eigenvalues():
    """One where columns are orthogonal and alike, three where there are three sizes."""
    rng = np.random.default_rng(2)
    orthogonal = np.linalg.qr(rng.normal(size=(30, 12)))[0]
    for n_sizes in (1, 3):
        X = orthogonal * np.resize(np.geomspace(1.0, 5.0, n_sizes), 12)
        problem, Z = stated(X, np.full(30, 1 / 30), centre=False)
        found, limits = started(problem)
        found, n_iter = conjugate_gradients(problem, found, limits, 100, silent)
        assert n_iter == n_sizes
        np.testing.assert_allclose(found.point.w, solved(problem, Z)[0], atol=1e-12)


def test_steps_do_not_depend_on_the_units_of_columns():
    """Where the ridge is small beside them."""
    X, q = drawn((60, 20))
    steps = []
    for units in (1.0, np.geomspace(1e-1, 1e3, 20)):
        X_scaled = np.where(X == 0.0, 0.1, X / np.linalg.norm(X, axis=0)) * units
        problem, _ = stated(X_scaled, q, strength=1e-9)
        found, limits = started(problem)
        found, n_iter = conjugate_gradients(problem, found, limits, 1000, silent)
        assert limits.met(found.certificate)
        steps.append(n_iter)
    assert steps[1] <= 3 * steps[0]


def test_what_is_slow_is_left_to_a_system():
    """Columns that are nearly one and the same, and the last digits."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(60, 1)) + 1e-3 * rng.normal(size=(60, 12))
    problem, Z = stated(X, np.full(60, 1 / 60), strength=1e-9)
    found, limits = started(problem)
    slow, _ = conjugate_gradients(problem, found, limits, 5, silent)
    assert not limits.met(slow.certificate)
    found, n_iter = large_ridge(problem, found, limits, 5, silent)
    assert n_iter <= 5
    assert limits.met(found.certificate)
    expected = solved(problem, Z)[0]
    np.testing.assert_allclose(found.point.w, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("per_step", "n_steps"), [(0.5, math.inf), (0.2, math.inf), (0.1, 8), (0.0, 8)]
)
def test_steps_are_given_up_where_a_system_is_faster(per_step, n_steps):
    """Five decades to go; a system takes 32 steps, and a quarter is waited for."""
    forecast = Forecast(32.0)
    excess = 10.0 ** (5.0 - per_step * np.arange(1, 101))
    told = [forecast.gives_up(each) for each in excess]
    first = told.index(True) + 1 if True in told else math.inf
    assert first == n_steps


@pytest.mark.parametrize("shape", SHAPES)
def test_without_penalty_nor_full_rank_the_residual_is_the_least(shape):
    X, q = drawn(shape)
    X = np.c_[X, X[:, :3], np.zeros(len(X))]
    problem, Z = stated(X, q, strength=0.0)
    found, limits = started(problem)
    found, _ = large_ridge(problem, found, limits, 2000, silent)
    assert limits.met(found.certificate)
    w, b = solved(problem, Z)
    least = problem.objective(w, Z @ w + b)
    null = 0.5 * float(q @ (problem.y[:, 0] - b) ** 2)
    assert found.certificate.objective - least <= 1e-9 * null


def test_at_the_minimum_nothing_is_left_to_do():
    problem, _ = stated(*drawn("tall"), strength=1.0)
    for level in (0.0, 2.0):
        constant = problem._replace(y=np.full_like(problem.y, level))
        found, limits = started(constant)
        found, _ = conjugate_gradients(constant, found, limits, 10, silent)
        assert found.certificate.violation <= 1e-14
        np.testing.assert_allclose(found.point.w, 0.0, atol=1e-14)
        np.testing.assert_allclose(found.point.b, level, atol=1e-14)


def test_a_limit_on_steps_is_kept_and_certified():
    problem, _ = stated(*drawn("wide"), strength=1e-6)
    for limit in (1, 2, 3):
        found, limits = started(problem)
        found, n_iter = large_ridge(problem, found, limits, limit, silent)
        assert n_iter <= limit
        again = certificate_of(problem, found.point.w, found.point.b)
        assert found.certificate == pytest.approx(again, rel=1e-9, abs=1e-12)


def test_columns_of_few_entries_are_levelled():
    """By the mean of all, or the median of entries: a few columns in large units."""
    X = np.diag(np.r_[np.ones(20), 1e4])
    problem, _ = stated(X, np.full(21, 1 / 21), strength=0.0, centre=False)
    m = metric(problem, np.zeros(1))[:-1, 0]
    np.testing.assert_allclose(m[:-1], 2.0 / 21.0)
    X = np.c_[np.eye(21), np.full(21, 1e1)]
    problem, _ = stated(X, np.full(21, 1 / 21), make=MAKE["csc"], strength=0.0)
    m = metric(problem, np.zeros(1))[:-1, 0]
    np.testing.assert_allclose(m, problem.norms**2 + (problem.norms**2)[:-1].mean())


@pytest.mark.parametrize("alpha", [1e-1, 1e-4])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sparse_ridge_is_that_of_lsqr(alpha, dtype):
    """More rows and columns than any system is made for."""
    rng = np.random.default_rng(5)
    X = scipy.sparse.random(2100, 2300, 0.005, format="csr", rng=rng, dtype=dtype)
    y = X @ rng.normal(size=2300) + rng.normal(size=2100)
    model = LinearRegressor("l2", alpha, fit_intercept=False, tol=1e-9).fit(X, y)
    assert 1 < model.n_iter_ < 1000
    damp = np.sqrt(alpha * len(y))
    expected = lsqr(X, y, damp=damp, atol=1e-14, btol=1e-14, iter_lim=10_000)[0]
    tolerance = 1e-4 if dtype == np.float64 else 1e-3
    size = np.abs(expected).max()
    np.testing.assert_allclose(model.coef_, expected, atol=tolerance * size)


def test_numbers_whose_products_underflow_are_solved_for():
    """Limit on the gap times strength: 1e-286 times 1e-40."""
    rng = np.random.default_rng(7)
    X = scipy.sparse.random(2100, 2300, 0.005, format="csc", rng=rng)
    y = X @ rng.normal(size=2300)
    fits = [LinearRegressor("l2", 1e-40, max_iter=30) for _ in range(2)]
    for fit, scale in zip(fits, (1e-140, 1.0), strict=True):
        with pytest.warns(ConvergenceWarning, match="duality gap"):  # 30 steps: too few
            fit.fit(X, scale * y)
    small, usual = fits
    assert small.objective_ == pytest.approx(1e-280 * usual.objective_, rel=1e-3)


def test_a_path_of_large_ridges_starts_where_the_last_ended():
    rng = np.random.default_rng(6)
    X = scipy.sparse.random(2100, 2300, 0.005, format="csc", rng=rng)
    y = X @ rng.normal(size=2300)
    cold = LinearRegressor(ElasticNet(l1_ratio=0.0), 1e-4, tol=1e-6).fit(X, y)
    warm = LinearRegressor("l2", 1.1e-4, tol=1e-6, warm_start=True).fit(X, y)
    first = warm.n_iter_
    warm.set_params(alpha=1e-4).fit(X, y)
    assert warm.n_iter_ < min(first, cold.n_iter_)
    assert warm.objective_ == pytest.approx(cold.objective_, rel=1e-5)
