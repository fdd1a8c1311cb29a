"""Paths: each point is the fit at its strength; grids; warnings."""

import importlib
import math

import numpy as np
import pytest
import scipy.sparse
import tables
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from sklreg import (
    LinearClassifier,
    LinearClassifierCV,
    LinearRegressor,
    LinearRegressorCV,
    alpha_max,
    regularization_path,
)
from sklreg.designs import CSC, Dense, standardized
from sklreg.losses import Huber
from sklreg.penalties import Bounded, Weighted
from sklreg.solvers import Problem, certificate_of, critical_alpha, solve, solve_path
from sklreg.solvers.reduction import reduce
from sklreg.solvers.ridge import InColumns, directions
from sklreg.solvers.tolerance import Null

DIABETES = load_diabetes(return_X_y=True)
CANCER = load_breast_cancer(return_X_y=True)
CANCER = StandardScaler().fit_transform(CANCER[0]), CANCER[1]
DIGITS = load_digits(return_X_y=True)
DIGITS = DIGITS[0][:200] / 16, DIGITS[1][:200]
TWO_TARGETS = DIABETES[0], np.column_stack([DIABETES[1], -(DIABETES[1] ** 2) / 100])

CASES = {
    "l1": (LinearRegressor("l1", tol=1e-10), DIABETES),
    "elasticnet": (LinearRegressor("elasticnet", tol=1e-10), DIABETES),
    "positive": (LinearRegressor("l1", positive=True, tol=1e-10), DIABETES),
    "standardize": (LinearRegressor("l1", standardize=True, tol=1e-10), DIABETES),
    "huber": (LinearRegressor("l1", loss=Huber(delta=50.0), tol=1e-10), DIABETES),
    "poisson": (LinearRegressor("l1", loss="poisson", tol=1e-10), DIABETES),
    "gamma": (LinearRegressor("l1", loss="gamma", tol=1e-10), DIABETES),
    "two targets": (LinearRegressor("l1", tol=1e-10), TWO_TARGETS),
    "binary": (LinearClassifier("l1", tol=1e-10), CANCER),
    "balanced": (LinearClassifier("l1", class_weight="balanced", tol=1e-10), CANCER),
    "multinomial": (LinearClassifier("elasticnet", tol=1e-12), DIGITS),
}


@pytest.mark.parametrize("name", CASES)
def test_each_point_is_the_fit_at_its_strength(name):
    estimator, (X, y) = CASES[name]
    path = regularization_path(estimator, X, y, alphas=4, alpha_min_ratio=0.05)
    assert np.all(np.diff(path.alphas) < 0)
    np.testing.assert_allclose(path.alphas[0], alpha_max(estimator, X, y))
    for k, alpha in enumerate(path.alphas):
        model = clone(estimator).set_params(alpha=alpha).fit(X, y)
        several = path.coefs.ndim == 3
        coef = np.squeeze(model.coef_) if not several else model.coef_
        scale = np.abs(coef).max() + 1.0
        np.testing.assert_allclose(path.coefs[..., k], coef, atol=1e-6 * scale)
        intercept = np.squeeze(model.intercept_)
        np.testing.assert_allclose(
            path.intercepts[..., k], intercept, atol=1e-5 * scale
        )
    assert not path.coefs[..., 0].any()
    assert path.coefs[..., -1].any()


def test_shapes_put_outputs_first():
    estimator, (X, y) = CASES["multinomial"]
    path = regularization_path(estimator, X, y, alphas=[0.1, 0.01])
    assert path.coefs.shape == (10, 64, 2)
    assert path.intercepts.shape == (10, 2)
    assert path.dual_gaps.shape == path.violations.shape == path.n_iters.shape == (2,)


def test_given_strengths_are_solved_from_the_largest_down():
    X, y = DIABETES
    path = regularization_path(LinearRegressor("l2"), X, y, alphas=[0.01, 1.0, 0.1])
    np.testing.assert_array_equal(path.alphas, [1.0, 0.1, 0.01])
    assert np.all(np.diff(np.linalg.norm(path.coefs, axis=0)) > 0)


def test_weights_are_repetitions_and_sparse_is_dense():
    X, y = DIABETES
    weight = np.arange(len(y)) % 3
    estimator = LinearRegressor("l1", tol=1e-12)
    dense = regularization_path(estimator, X, y, alphas=5, sample_weight=weight)
    repeated = regularization_path(
        estimator, np.repeat(X, weight, axis=0), np.repeat(y, weight), alphas=5
    )
    sparse = regularization_path(
        estimator, scipy.sparse.csr_array(X), y, alphas=5, sample_weight=weight
    )
    for other in (repeated, sparse):
        np.testing.assert_allclose(dense.alphas, other.alphas, rtol=1e-10)
        np.testing.assert_allclose(dense.coefs, other.coefs, atol=1e-7)


def test_the_estimator_stays_as_it_is():
    X, y = DIABETES
    estimator = LinearRegressor("l1", alpha=0.3)
    before = dict(vars(estimator))
    regularization_path(estimator, X, y, alphas=3)
    assert vars(estimator) == before


def test_one_warning_says_how_many_strengths_were_missed():
    X, y = CANCER
    estimator = LinearClassifier("l1", max_iter=1, tol=1e-12)
    with pytest.warns(ConvergenceWarning, match=r"for \d of 4 strengths") as caught:
        regularization_path(estimator, X, y, alphas=4)
    assert len(caught) == 1
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("estimator", "settings", "message"),
    [
        (LinearRegressor("l1"), {"alphas": [0.1, -1.0]}, "alphas must be finite"),
        (LinearRegressor("l1"), {"alphas": []}, "alphas must be finite"),
        (LinearRegressor("l1"), {"alphas": [np.nan]}, "alphas must be finite"),
        (LinearRegressor("l1"), {"alphas": 0}, "alphas must be a positive number"),
        (LinearRegressor("l1"), {"alpha_min_ratio": 1.0}, "alpha_min_ratio"),
        (LinearRegressor(None), {"alphas": 5}, "give alphas as an array"),
        (LinearRegressor("lasso"), {"alphas": 5}, "'penalty' parameter"),
    ],
)
def test_what_cannot_be_a_path_is_refused(estimator, settings, message):
    with pytest.raises(ValueError, match=message):
        regularization_path(estimator, *DIABETES, **settings)


# Every loss, every convex penalty -----------------------------------------------------

TOL = 1e-11
#: Rows, columns, density. Beyond 400 weights a working set does not hold them all.
SIZES = {"tall": (50, 4, 1.0), "wide": (14, 20, 1.0), "sparse": (40, 6, 0.3)}
LARGE = {"many": (30, 450, 1.0), "many_sparse": (40, 450, 0.1)}
CONVEX = tables.CONVEX

every_loss = pytest.mark.parametrize("loss", tables.LOSSES)


def stated(loss, penalty, size="tall", *, fit_intercept=True):
    """Return a small problem; its penalty without strength yet."""
    n, p, density = (SIZES | LARGE)[size]
    rng = np.random.default_rng(0)
    row = tables.LOSSES[loss]
    y = np.ascontiguousarray(row.targets(rng, n))
    X = rng.normal(size=(n, p)) + 0.5 * rng.normal(size=p)
    X[:, 0] += 0.3 * y[:, 0]
    X *= rng.random((n, p)) < density
    q = rng.dirichlet(np.full(n, 5.0))
    made = CSC.from_scipy(scipy.sparse.csc_array(X)) if density < 1.0 else Dense(X)
    design, norms = standardized(made, q, centre=fit_intercept, scale=False)
    columns, penalty = np.arange(p), tables.resized(penalty, p)
    record = row.loss.record()
    return Problem(design, y, q, record, penalty, fit_intercept, columns, norms)


def strengths(problem, *shares):
    """Return penalties of these shares of the strength at which all is zero."""
    largest = critical_alpha(problem)
    largest = largest if math.isfinite(largest) else 1.0
    return [tables.strong(problem.penalty, share * largest) for share in shares]


def check_path(problem, penalties, solutions, *, alone=True):
    """Check certificates anew, and each point against the solution of its own."""
    null = Null.of(problem)
    objective, slope = null.evaluation.value, np.abs(null.evaluation.gradient).max()
    floor = 1e-12 * null.slope * problem.norms.max()
    for penalty, solution in zip(penalties, solutions, strict=True):
        here = problem._replace(penalty=penalty)
        found = certificate_of(here, solution.coef, solution.intercept)
        assert solution.shortfall == ""
        assert solution.n_iter >= 1
        assert found.objective == pytest.approx(solution.objective, rel=1e-10)
        gap = pytest.approx(solution.dual_gap, abs=1e-11 * objective, nan_ok=True)
        assert found.dual_gap == gap
        assert abs(found.violation - solution.violation) <= 1e-9 * slope + floor
        # the limits of a problem of several outputs: each output has its own
        assert not found.dual_gap > TOL * objective + 1e-14
        if math.isnan(found.dual_gap):
            assert found.violation <= TOL * slope + floor
        if alone:
            one = solve(here, tol=TOL, max_iter=1000)
            assert solution.objective == pytest.approx(one.objective, rel=1e-9)
            if problem.design.shape[0] > problem.design.shape[1]:
                size = 1.0 + np.abs(one.coef).max()
                np.testing.assert_allclose(solution.coef, one.coef, atol=1e-6 * size)


@every_loss
@pytest.mark.parametrize("penalty", CONVEX.values(), ids=CONVEX)
def test_every_loss_and_penalty_along_a_path(loss, penalty):
    problem = stated(loss, penalty)
    penalties = strengths(problem, 1.0, 0.5, 0.5, 0.1, 0.01)
    solutions = solve_path(problem, penalties, tol=TOL, max_iter=1000)
    check_path(problem, penalties, solutions, alone=tables.LOSSES[loss].convex)


@every_loss
@pytest.mark.parametrize("name", ["l1", "l2", "elasticnet", "positive_l1"])
@pytest.mark.parametrize("size", ["wide", "sparse"])
def test_wide_and_sparse_paths(loss, name, size):
    problem = stated(loss, CONVEX[name], size, fit_intercept=size == "wide")
    penalties = strengths(problem, 0.5, 0.1)
    solutions = solve_path(problem, penalties, tol=TOL, max_iter=1000)
    check_path(problem, penalties, solutions, alone=tables.LOSSES[loss].convex)


@pytest.mark.parametrize(
    "loss", ["squared_error", "log_loss", "softmax", "squared_hinge", "gamma"]
)
@pytest.mark.parametrize("name", ["l1", "positive_l1"])
@pytest.mark.parametrize("size", LARGE)
def test_paths_of_working_sets(loss, name, size):
    problem = stated(loss, CONVEX[name], size)
    penalties = strengths(problem, 0.9, 0.5, 0.3, 0.2)
    solutions = solve_path(problem, penalties, tol=TOL, max_iter=1000)
    check_path(problem, penalties, solutions)


@every_loss
@pytest.mark.parametrize("name", ["l1", "l2", "positive_l2", "none"])
@pytest.mark.parametrize("scale", [0.1, 3.0])
def test_paths_from_anywhere(loss, name, scale):
    problem = stated(loss, CONVEX[name])
    rng = np.random.default_rng(1)
    shape = problem.design.shape[1], problem.n_outputs
    start = scale * rng.normal(size=shape), scale * rng.normal(size=shape[1])
    penalties = strengths(problem, 0.3, 0.03)
    solutions = solve_path(problem, penalties, tol=TOL, max_iter=1000, start=start)
    check_path(problem, penalties, solutions, alone=tables.LOSSES[loss].convex)


@every_loss
@pytest.mark.parametrize("name", ["l1", "positive_l1", "elasticnet", "l2"])
def test_a_path_that_ends_without_penalty(loss, name):
    problem = stated(loss, CONVEX[name])
    penalties = strengths(problem, 0.1, 0.0)
    solutions = solve_path(problem, penalties, tol=TOL, max_iter=1000)
    check_path(problem, penalties, solutions, alone=tables.LOSSES[loss].convex)
    none = solve(problem._replace(penalty=penalties[-1]), tol=TOL, max_iter=1000)
    assert none.objective <= solutions[0].objective


@every_loss
@pytest.mark.parametrize("size", SIZES)
def test_equal_strengths_give_equal_points(loss, size):
    problem = stated(loss, CONVEX["l1"], size)
    penalties = strengths(problem, 0.2, 0.2, 0.2, 0.05, 0.05)
    solutions = solve_path(problem, penalties, tol=TOL, max_iter=1000)
    check_path(problem, penalties, solutions, alone=False)
    for first, again in ((0, 1), (0, 2), (3, 4)):
        np.testing.assert_allclose(
            solutions[again].coef, solutions[first].coef, atol=1e-6
        )


@every_loss
def test_strengths_in_any_order(loss):
    """The strongest first is a matter of speed."""
    problem = stated(loss, CONVEX["l1"])
    penalties = strengths(problem, 0.02, 0.5, 0.0, 1.0, 0.1)
    solutions = solve_path(problem, penalties, tol=TOL, max_iter=1000)
    check_path(problem, penalties, solutions, alone=tables.LOSSES[loss].convex)


# Strengths as a user gives them -------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_one_strength_is_a_fit(name):
    estimator, (X, y) = CASES[name]
    alpha = 0.1 * alpha_max(estimator, X, y)
    path = regularization_path(estimator, X, y, alphas=[alpha])
    model = clone(estimator).set_params(alpha=alpha).fit(X, y)
    coef = np.reshape(model.coef_, path.coefs.shape[:-1])
    size = np.abs(coef).max()
    np.testing.assert_allclose(path.coefs[..., 0], coef, rtol=0, atol=1e-12 * size)
    np.testing.assert_array_equal(path.coefs[..., 0] == 0.0, coef == 0.0)
    reached = path.dual_gaps[0], path.violations[0]
    rounding = 1e-14 * (1.0 + np.square(y).mean())
    assert reached == pytest.approx((model.dual_gap_, model.violation_), abs=rounding)


@pytest.mark.parametrize("name", CASES)
def test_equal_and_unsorted_strengths(name):
    estimator, (X, y) = CASES[name]
    largest = alpha_max(estimator, X, y)
    shares = np.array([0.1, 0.5, 0.1, 2.0, 0.5])
    path = regularization_path(estimator, X, y, alphas=shares * largest)
    np.testing.assert_allclose(path.alphas, largest * np.sort(shares)[::-1])
    assert not path.coefs[..., 0].any()
    size = np.abs(path.coefs).max()
    for one, two in ((1, 2), (3, 4)):
        np.testing.assert_allclose(
            path.coefs[..., one], path.coefs[..., two], atol=1e-6 * size
        )


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csr_array])
def test_the_end_of_a_path_may_be_without_penalty(make):
    X, y = DIABETES
    path = regularization_path(
        LinearRegressor("l1", tol=1e-10), make(X), y, alphas=[1.0, 0.0]
    )
    free = LinearRegressor(None, tol=1e-10).fit(X, y)
    np.testing.assert_allclose(path.coefs[:, 1], free.coef_, rtol=1e-6)
    assert np.isfinite(path.dual_gaps[0])
    assert np.isnan(path.dual_gaps[1])


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csc_array])
def test_many_targets_along_a_path(make):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 12)) * (rng.random((60, 12)) < 0.5)
    Y = X @ rng.normal(size=(12, 25)) + rng.normal(size=(60, 25)) + rng.normal(size=25)
    estimator = LinearRegressor("l1", tol=1e-10)
    alphas = alpha_max(estimator, X, Y) * np.array([0.5, 0.1, 0.01])
    path = regularization_path(estimator, make(X), Y, alphas=alphas)
    assert path.coefs.shape == (25, 12, 3)
    assert path.intercepts.shape == (25, 3)
    for c in (0, 7, 24):
        alone = regularization_path(estimator, X, Y[:, c], alphas=alphas)
        np.testing.assert_allclose(path.coefs[c], alone.coefs, atol=1e-8)
        np.testing.assert_allclose(path.intercepts[c], alone.intercepts, atol=1e-8)


# Ridge regression ---------------------------------------------------------------------


def of_shape(shape, sparse, n_targets):
    draw = np.random.default_rng(0)
    X = np.where(draw.random(shape) < 0.4, draw.normal(2.0, 1.0, shape), 0.0)
    y = X[:, :n_targets] + draw.normal(5.0, 1.0, (shape[0], n_targets))
    weight = draw.exponential(size=shape[0]) * (np.arange(shape[0]) != 3)
    return scipy.sparse.csr_array(X) if sparse else X, y, weight


def decompositions(monkeypatch):
    """Count the decompositions that paths make."""
    made = []

    def counted(*args):
        made.append(args)
        return directions(*args)

    monkeypatch.setattr("sklreg.solvers.ridge_path.directions", counted)
    return made


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("shape", [(200, 10), (30, 25), (20, 60)], ids=str)
def test_ridge_by_one_decomposition(shape, sparse, fit_intercept, monkeypatch):
    made = decompositions(monkeypatch)
    X, y, weight = of_shape(shape, sparse, 2)
    ridge = LinearRegressor("l2", tol=1e-10, fit_intercept=fit_intercept)
    path = regularization_path(ridge, X, y, alphas=30, sample_weight=weight)
    assert len(made) == 2  # one for each target
    for k in (0, 11, 29):
        model = clone(ridge).set_params(alpha=path.alphas[k]).fit(X, y, weight)
        np.testing.assert_allclose(
            path.coefs[..., k], model.coef_, rtol=1e-5, atol=1e-8
        )
        np.testing.assert_allclose(path.intercepts[:, k], model.intercept_, rtol=1e-5)
    assert path.n_iters.max() <= 2
    assert len(made) == 2


def test_ridge_where_a_decomposition_does_not_pay(monkeypatch):
    made = decompositions(monkeypatch)
    X, y = DIABETES
    regularization_path(LinearRegressor("l2"), X, y, alphas=10)
    regularization_path(LinearRegressor("l2", loss="poisson"), X, y, alphas=30)
    grid = np.linspace(0.0, 1.0, 30)
    regularization_path(LinearRegressor("l2", positive=True), X, y, alphas=grid)
    regularization_path(LinearRegressor("elasticnet"), X, y, alphas=30)
    regularization_path(LinearRegressor("l2"), X, y, alphas=grid)
    assert made == []


def test_ridge_goes_on_where_the_decomposition_misses_the_tolerance(monkeypatch):
    X, y = DIABETES
    ridge = LinearRegressor("l2", tol=1e-10)
    exact = regularization_path(ridge, X, y, alphas=30)
    weights = InColumns.weights
    rough = lambda self, alphas: 0.9 * weights(self, alphas)  # noqa: E731
    monkeypatch.setattr(InColumns, "weights", rough)
    path = regularization_path(ridge, X, y, alphas=30)
    np.testing.assert_allclose(path.coefs, exact.coefs, rtol=1e-5, atol=1e-6)
    assert path.dual_gaps.max() <= 1e-10 * y.var() / 2


def test_a_problem_is_reduced_once_for_a_penalty_and_its_convex_relative(monkeypatch):
    X, y = load_diabetes(return_X_y=True)
    reduced = []

    def recorded(*arguments):
        reduced.append(reduce(*arguments))
        return reduced[-1]

    module = importlib.import_module("sklreg.solvers.solve")  # not the function
    monkeypatch.setattr(module, "reduce", recorded)
    problem = LinearRegressor("mcp", 0.5).prepare(X, y).problem
    (found,) = solve_path(problem, [problem.penalty], tol=1e-9, max_iter=1000)
    assert len(reduced) == 1
    assert reduced[0] is not None
    alone = LinearRegressor("mcp", 0.5, tol=1e-9).fit(X, y)
    np.testing.assert_allclose(found.coef[:, 0], alone.coef_, rtol=1e-6)


@pytest.mark.parametrize("penalty", [None, Bounded(None, lower=-1.0), Weighted(None)])
@pytest.mark.parametrize(
    ("estimator", "cross_validated"),
    [(LinearRegressor(), LinearRegressorCV), (LinearClassifier(), LinearClassifierCV)],
)
def test_no_penalty_is_none_at_any_strength(estimator, cross_validated, penalty):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    y = X @ [1.0, -2.0, 3.0] + 3.0 * rng.normal(size=100)
    y = (y > 0.0).astype(int) if hasattr(estimator, "decision_function") else y
    model = clone(estimator).set_params(penalty=penalty, alpha=1.0, tol=1e-8).fit(X, y)
    path = regularization_path(model, X, y, alphas=[10.0, 1.0])
    assert np.isnan(path.dual_gaps[0]) == np.isnan(model.dual_gap_)
    for coef in path.coefs.T:
        np.testing.assert_allclose(coef, model.coef_.ravel(), atol=1e-5)
    chosen = cross_validated(penalty, alphas=[10.0, 1.0], tol=1e-8).fit(X, y)
    np.testing.assert_allclose(chosen.coef_, model.coef_, atol=1e-5)


@pytest.mark.parametrize("X", [np.ones((30, 4)), np.zeros((30, 4)), np.ones((2, 4))])
@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
def test_columns_that_do_not_vary_have_paths_of_zeros(X, penalty):
    y = np.arange(float(len(X)))
    for alphas in ([0.1, 0.0], [0.0, 0.0], 3):
        path = regularization_path(LinearRegressor(penalty), X, y, alphas=alphas)
        np.testing.assert_array_equal(path.coefs, 0.0)
        np.testing.assert_allclose(path.intercepts, y.mean())
    if len(X) > 2:
        model = LinearRegressorCV(penalty).fit(X, y)
        np.testing.assert_array_equal(model.coef_, 0.0)
