"""The row space: same objective, same norm, and the least norm without a penalty."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import tables
from sklearn.linear_model import LinearRegression

from sklreg import LinearClassifier, LinearRegressor, Ridge, regularization_path
from sklreg.designs import CSC, Dense, standardized
from sklreg.penalties import L2
from sklreg.solvers import Problem, certificate_of, silent, solve
from sklreg.solvers.problem import start_point
from sklreg.solvers.ridge_system import is_ridge_in_rows, solve_in_rows
from sklreg.solvers.row_space import in_row_space

N, P = 12, 40


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, P)) * 10.0 ** rng.integers(-2, 3, size=P) + 1.0
    return X * (rng.random((N, P)) < 0.6), rng.dirichlet(np.ones(N))


def _duplicate_rows(X, q):
    return X[np.arange(N) % 5], q


def _rows_of_zero_weight(X, q):
    q = q * (np.arange(N) % 3 > 0)
    return np.where(q[:, None] > 0.0, X, 1e3 * X), q / q.sum()


def _zero_rows(X, q):
    return X * (np.arange(N) % 4 > 0)[:, None], q


def _small_rows(X, q):
    return X * 10.0 ** np.linspace(-3.0, 0.0, N)[:, None], q


KINDS = {
    "as_it_is": lambda X, q: (X, q),
    "duplicate_rows": _duplicate_rows,
    "rows_of_zero_weight": _rows_of_zero_weight,
    "zero_rows": _zero_rows,
    "small_rows": _small_rows,
}
DENSE = {"dense": Dense, "csc": lambda X: CSC.from_scipy(scipy.sparse.csc_array(X))}

every_kind = pytest.mark.parametrize("kind", KINDS)
every_design = pytest.mark.parametrize("make", DENSE.values(), ids=DENSE)
centred_or_not = pytest.mark.parametrize("centre", [True, False])


def stated(kind, make=Dense, *, centre=True, loss="squared_error", strength=0.1):
    """Return the problem, and its columns as NumPy sees them."""
    X, q = KINDS[kind](*drawn())
    row = tables.LOSSES[loss]
    y = row.targets(np.random.default_rng(1), N)
    design, norms = standardized(make(X), q, centre=centre, scale=False)
    penalty = L2().record(strength, P)
    problem = Problem(
        design, y, q, row.loss.record(), penalty, centre, np.arange(P), norms
    )
    return problem, X - q @ X if centre else X


@centred_or_not
@every_design
@every_kind
def test_coordinates_keep_norm_and_predictions(kind, make, centre):
    problem, Z = stated(kind, make, centre=centre)
    small = in_row_space(problem)
    rank = small.problem.design.shape[1]
    weighty = problem.weight > 0.0
    scaled = Z[weighty] / np.linalg.norm(Z[weighty], axis=1).clip(1e-9)[:, None]
    assert rank == np.linalg.matrix_rank(scaled, tol=1e-7)
    v = np.random.default_rng(2).normal(size=(rank, 3))
    w = small.up(v)
    np.testing.assert_allclose(w.T @ w, v.T @ v, rtol=1e-7, atol=1e-7)
    eta = small.problem.design.matvec(v)
    np.testing.assert_allclose(eta, Z @ w, atol=1e-9 * np.abs(eta).max())
    np.testing.assert_allclose(small.down(w), v, atol=1e-7)


@centred_or_not
@every_kind
def test_down_projects_on_the_rows_that_count(kind, centre):
    problem, Z = stated(kind, centre=centre)
    small = in_row_space(problem)
    w = np.random.default_rng(3).normal(size=(P, 2))
    near = small.up(small.down(w))
    rows = Z[problem.weight > 0.0]
    np.testing.assert_allclose(rows @ near, rows @ w, atol=1e-8 * np.abs(rows).max())
    assert (np.linalg.norm(near, axis=0) <= np.linalg.norm(w, axis=0)).all()


@pytest.mark.parametrize("loss", tables.LOSSES)
@every_kind
def test_the_objective_is_the_same(loss, kind):
    problem, _ = stated(kind, loss=loss)
    small = in_row_space(problem)
    k = problem.n_outputs
    rng = np.random.default_rng(4)
    v = 0.1 * rng.normal(size=(small.problem.design.shape[1], k))
    b = rng.normal(size=k)
    inside, w = start_point(small.problem, v, b), small.up(v)
    whole = start_point(problem, w, b)
    expected = problem.objective(w, whole.eta)
    found = small.problem.objective(v, inside.eta)
    assert found == pytest.approx(expected, rel=1e-7)


def test_rows_of_zeros_leave_nothing():
    problem, _ = stated("as_it_is")
    design, norms = standardized(
        Dense(np.zeros((N, P))), problem.weight, centre=True, scale=False
    )
    assert in_row_space(problem._replace(design=design, norms=norms)) is None


# Least norm ---------------------------------------------------------------------------


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("kind", ["as_it_is", "duplicate_rows", "rows_of_zero_weight"])
@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csr_array])
def test_without_penalty_the_answer_has_least_norm(make, kind, fit_intercept):
    X, q = KINDS[kind](*drawn())
    X = X / np.abs(X).max(axis=0).clip(1e-9)
    y = np.random.default_rng(5).normal(size=(N, 2))
    model = LinearRegressor(None, fit_intercept=fit_intercept, tol=1e-10)
    model.fit(make(X), y, q)
    mean, level = (q @ X, q @ y) if fit_intercept else (np.zeros(P), np.zeros(2))
    root = np.sqrt(q)[:, None]
    expected = np.linalg.pinv(root * (X - mean), rcond=1e-10) @ (root * (y - level))
    np.testing.assert_allclose(model.coef_.T, expected, atol=1e-9)
    np.testing.assert_allclose(model.intercept_, level - mean @ expected, atol=1e-9)


@pytest.mark.parametrize("loss", ["squared_error", "huber", "poisson", "gamma"])
def test_ridge_lies_in_the_row_space(loss):
    X, q = drawn()
    X = X / np.abs(X).max(axis=0).clip(1e-9)
    y = np.exp(np.random.default_rng(6).normal(size=N))
    model = LinearRegressor("l2", 0.05, loss=loss, tol=1e-12).fit(X, y, q)
    Z = X - q @ X
    inside = np.linalg.pinv(Z) @ (Z @ model.coef_)
    np.testing.assert_allclose(inside, model.coef_, atol=1e-10)


def test_ridge_of_several_classes_lies_in_the_row_space():
    X, q = drawn()
    X = X / np.abs(X).max(axis=0).clip(1e-9)
    model = LinearClassifier("l2", 0.05, tol=1e-12).fit(X, np.arange(N) % 3, q)
    Z = X - q @ X
    inside = np.linalg.pinv(Z) @ (Z @ model.coef_.T)
    np.testing.assert_allclose(inside, model.coef_.T, atol=1e-10)


@pytest.mark.parametrize("penalty", [None, "l2"])
def test_a_row_twice_is_a_row_of_twice_the_weight(penalty):
    X, _ = drawn()
    X = X / np.abs(X).max(axis=0).clip(1e-9)
    y = np.random.default_rng(7).normal(size=N)
    times = np.arange(N) % 3
    weighted = LinearRegressor(penalty, 0.1, tol=1e-12).fit(X, y, times)
    repeated = LinearRegressor(penalty, 0.1, tol=1e-12)
    repeated.fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-10)


# Least squares with a ridge penalty: one system ---------------------------------------


@pytest.mark.parametrize("strength", [1e-3, 1.0, 1e3])
@centred_or_not
@every_design
@every_kind
def test_one_system_solves_ridge(kind, make, centre, strength):
    """For all outputs, and the certificate is that of the columns."""
    problem, Z = stated(kind, make, centre=centre, strength=strength)
    y = np.column_stack([problem.y[:, 0], 1e3 + problem.y[:, 0] ** 2])
    problem = problem._replace(y=y)
    assert is_ridge_in_rows(problem)
    found = solve_in_rows(problem, 1e-8, silent)
    q = problem.weight
    level = q @ y if centre else np.zeros(2)
    hessian = Z.T @ (q[:, None] * Z) + strength * np.eye(P)
    expected = np.linalg.solve(hessian, Z.T @ (q[:, None] * (y - level)))
    size = np.abs(expected).max(axis=0)
    assert (np.abs(found.coef - expected) <= 1e-6 * size).all()
    np.testing.assert_allclose(found.intercept, level, rtol=1e-12)
    certificate = certificate_of(problem, found.coef, found.intercept)
    assert found.objective == pytest.approx(certificate.objective, rel=1e-12)
    null = 0.5 * (q @ (y - level) ** 2).sum()
    assert found.dual_gap <= 1e-8 * null
    assert found.dual_gap == pytest.approx(certificate.dual_gap, abs=1e-12 * null)


def test_what_the_system_does_not_give_is_found_otherwise():
    problem, _ = stated("small_rows", strength=1e-14)
    assert solve_in_rows(problem, 1e-16, silent) is None
    assert not solve(problem, tol=1e-6, max_iter=50).shortfall


def test_one_system_is_for_ridge_of_few_rows():
    problem, _ = stated("as_it_is")
    assert is_ridge_in_rows(problem)
    assert not is_ridge_in_rows(problem._replace(penalty=L2().record(0.0, P)))
    assert not is_ridge_in_rows(problem.take(np.arange(N)))
    assert not is_ridge_in_rows(stated("as_it_is", loss="log_loss")[0])


def dependent(kind):
    """Return X whose columns depend on each other, y and sample weights."""
    rng = np.random.default_rng(0)
    T, weight = rng.normal(size=(60, 4)), np.ones(60)
    if kind == "repeated":
        X = np.c_[T, T[:, 0], 2.0 * T[:, 1]]
    elif kind == "a sum":
        X = np.c_[T, T[:, 0] + T[:, 1]]
    elif kind == "all dummies":
        X = np.c_[np.eye(3)[rng.integers(0, 3, 60)], T]
    elif kind == "as many rows":
        X = rng.normal(size=(60, 60))
    else:  # few rows that count
        X, weight[6:] = rng.normal(size=(60, 8)), 0.0
    return X, X[:, 0] + rng.normal(size=60), weight


@pytest.mark.parametrize(
    "kind", ["repeated", "a sum", "all dummies", "as many rows", "few rows that count"]
)
def test_without_penalty_the_solution_of_least_norm_is_found_whatever_the_shape(kind):
    X, y, weight = dependent(kind)
    expected = LinearRegression().fit(X, y, weight).coef_
    for model in (LinearRegressor(None), LinearRegressor("l1", alpha=0.0), Ridge(0.0)):
        found = model.fit(X, y, weight).coef_
        np.testing.assert_allclose(found, expected, atol=1e-9)
    path = regularization_path(
        LinearRegressor("l2"), X, y, alphas=[1.0, 0.1, 0.0], sample_weight=weight
    )
    np.testing.assert_allclose(path.coefs[:, -1], expected, atol=1e-9)
    known = weight > 0.0
    alone = Ridge(0.0).fit(X[known], y[known])
    np.testing.assert_allclose(alone.coef_, expected, atol=1e-9)
