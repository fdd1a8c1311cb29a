"""Moments add up, and least squares is a function of them alone."""

from __future__ import annotations

import functools
import operator
from types import SimpleNamespace

import numpy as np
import pytest
import tables

from sklreg import LinearRegressor
from sklreg._validation import as_design, checked_for_fit
from sklreg.designs import Dense, Standardized, standardized
from sklreg.losses import SquaredError
from sklreg.penalties import L1, GroupElasticNet, GroupL1, SparseGroupL1
from sklreg.solvers import Problem, certificate_of, in_moments, solve, solve_path
from sklreg.solvers.blocks import Frame
from sklreg.solvers.least_squares import LeastSquares, compress
from sklreg.solvers.moments import Moments, Sums
from sklreg.solvers.problem import evaluate, start_point
from sklreg.solvers.tolerance import Null

N, P, K = 60, 7, 2


def drawn(seed=0, n=N, p=P):
    """Return X of several scales, exact in float32, y and weights of sum 1."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * 2.0 ** rng.integers(-3, 4, size=p) + rng.normal(
        size=p
    )
    X *= rng.random(X.shape) < 0.7
    y = rng.normal([1.0, -2.0], size=(n, K))
    return np.float32(X).astype(float), y, rng.dirichlet(np.ones(n))


def about(X, mean, scale=None):
    """Return the design of X with its columns shifted and scaled."""
    scale = np.ones(X.shape[1]) if scale is None else scale
    return Standardized(Dense(X), mean, scale)


# Moments ------------------------------------------------------------------------------


def test_moments_of_blocks_of_rows_add_up():
    X, y, q = drawn()
    shift, scale = X[0], np.linspace(0.5, 2.0, P)
    owner = np.random.default_rng(1).integers(0, 3, size=N)
    blocks = [
        Moments.of(about(X[owner == k], shift, scale), y[owner == k], q[owner == k])
        for k in range(3)
    ]
    whole = Moments.of(about(X, shift, scale), y, q)
    for part, expected in zip(
        functools.reduce(operator.add, blocks), whole, strict=True
    ):
        np.testing.assert_allclose(part, expected, rtol=1e-12, atol=1e-13)


def test_centred_moments_are_weighted_covariances():
    X, y, q = drawn()
    q = 3.0 * q  # of any sum
    centred = Moments.of(about(X, np.zeros(P)), y, q).centred()
    joint = q.sum() * np.cov(np.hstack([X, y]).T, aweights=q, ddof=0)
    np.testing.assert_allclose(centred.xx, joint[:P, :P], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(centred.xy, joint[:P, P:], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(centred.yy, np.diagonal(joint)[P:], rtol=1e-12)
    assert not centred.x.any()
    assert not centred.y.any()
    assert centred.total == pytest.approx(3.0)


def test_no_columns_have_moments_too():
    """Of the targets alone; a relaxed path begins there."""
    _, y, q = drawn()
    none, empty = Dense(np.empty((N, 0))), np.empty(0)
    moments = Moments.of(about(none.values, empty), y, q).about(empty, empty).centred()
    assert moments.xx.shape == (0, 0)
    expected = (q[:, None] * (y - q @ y) ** 2).sum(axis=0)
    np.testing.assert_allclose(moments.yy, expected, rtol=1e-12)


def test_centred_moments_do_not_depend_on_the_shift():
    X, y, q = drawn()
    one, two = (
        Moments.of(about(X, shift), y, q).centred() for shift in (q @ X, 5.0 * X[3])
    )
    for part, expected in zip(two, one, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-9, atol=1e-11)


def test_rows_of_weight_zero_do_not_count():
    X, y, q = drawn()
    q[::3] = 0.0
    some = Moments.of(about(X[q > 0.0], X[1]), y[q > 0.0], q[q > 0.0])
    for part, expected in zip(Moments.of(about(X, X[1]), y, q), some, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("far", [0.0, 1000.0])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_one_pass_gives_the_same(dtype, order, weighted, far, fit_intercept):
    """As two: one for means and norms, one for what follows about these."""
    X, y, q = drawn(n=3000)
    X = np.asarray(X + far, dtype=dtype, order=order)
    X[:, 2] = 0.1  # constant
    q = q if weighted else np.full_like(q, 1.0 / len(q))
    sums = Sums.of(Dense(X), y, q, fit_intercept=fit_intercept)
    for scale in (False, True):
        one = sums.standardized(centre=fit_intercept, scale=scale)
        two = standardized(Dense(X), q, centre=fit_intercept, scale=scale)
        np.testing.assert_allclose(one[0].mean, two[0].mean, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(one[0].scale, two[0].scale, rtol=1e-9)
        np.testing.assert_allclose(one[1], two[1], rtol=1e-9)
        problem = stated(X, y, q, fit_intercept=fit_intercept, scale=scale)
        moments = sums.of_columns(problem.design)
        whole = LeastSquares.known(problem, moments, sums.centre)
        small = compress(whole)
        expected = LeastSquares.of(problem)
        for name in ("xx", "xy", "yy"):
            np.testing.assert_allclose(
                getattr(whole.moments, name),
                getattr(expected.moments, name),
                rtol=1e-9,
                atol=1e-9,
            )
        w = np.ones((P, K))
        np.testing.assert_allclose(whole.intercept(w), expected.intercept(w), rtol=1e-9)
        value, slope = whole.null()
        null = Null.of(small.problem)
        value_there = null.evaluation.value + small.offset.sum()
        assert value == pytest.approx(value_there, rel=1e-9)
        assert slope == pytest.approx(null.gradient, rel=1e-9)


@pytest.mark.parametrize("far", [0.0, 100.0])
def test_dummies_that_do_not_vary_in_a_few_rows_are_not_shifted_for_that(far):
    """A column of mean zero that says the same in the few rows looked at first."""
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(640, 6)), rng.normal(size=(640, 1))
    X[:, 0] = np.arange(640) % 10 == 1
    X = X - X.mean(axis=0) + far * (np.arange(6) == 5)
    q = np.full(640, 1 / 640)
    shift, _ = Dense(X).shifted_products(np.ones((640, 1)), q)
    assert shift.any() == (far > 0.0)
    sums = Sums.of(Dense(X), y, q, fit_intercept=True)
    design, norms = sums.standardized(centre=True, scale=False)
    np.testing.assert_allclose(norms, X.std(axis=0), rtol=1e-12)
    xx = sums.of_columns(design).centred().xx
    np.testing.assert_allclose(xx, np.cov(X.T, bias=True), atol=1e-12)


def test_a_shift_that_is_far_from_the_means_is_noticed():
    """Where the few rows that it comes from are not like the others."""
    X, y, q = drawn(n=6400)
    X += 100.0
    assert Sums.of(Dense(X), y, q, fit_intercept=True) is not None
    X[:, 3] = 0.0
    X[::100, 3] = 1.0  # all of them, and nothing else
    assert Sums.of(Dense(X), y, q, fit_intercept=True) is None


# The compressed problem ---------------------------------------------------------------


def stated(X, y, q, *, fit_intercept=True, scale=False, centre=None):
    """Return the problem; `X` in whatever clothes."""
    X = checked_for_fit(LinearRegressor(), X, np.zeros(X.shape[0]))[0]
    design, norms = standardized(
        as_design(X), q, centre=fit_intercept if centre is None else centre, scale=scale
    )
    loss, penalty = SquaredError().record(), L1().record(0.1, X.shape[1])
    columns = np.arange(X.shape[1])
    return Problem(design, y, q, loss, penalty, fit_intercept, columns, norms)


def naive(X, y, q, w, *, fit_intercept):
    """Return objective and gradient at the best intercepts."""
    mean, level = (q @ X, q @ y) if fit_intercept else (0.0, 0.0)
    X, y = X - mean, y - level
    r = X @ w - y
    return 0.5 * (q @ r**2).sum(), X.T @ (q[:, None] * r)


def compressed(problem):
    """Return the problem of few rows."""
    return compress(LeastSquares.of(problem))


def check_the_same(problem, X, y, q, rtol=1e-11):
    """Compare objective and gradient of the compressed problem with NumPy's."""
    small = compressed(problem)
    p = X.shape[1]
    assert small.problem.design.shape[0] <= p
    rng = np.random.default_rng(2)
    for size in (0.0, 1.0, 100.0):
        w = (
            size
            * rng.normal(size=(p, y.shape[1]))
            / np.abs(X).max(axis=0).clip(1e-9)[:, None]
        )
        here = start_point(small.problem, w, np.zeros(y.shape[1]))
        found = evaluate(small.problem, here)
        value, gradient = naive(X, y, q, w, fit_intercept=problem.fit_intercept)
        assert found.value + small.offset.sum() == pytest.approx(value, rel=rtol)
        sizes = np.sqrt(q @ X**2)[:, None] * (np.sqrt(2.0 * value) + 1.0)
        assert (np.abs(found.gradient - gradient) <= rtol * sizes).all()
        b = small.whole.intercept(w)
        if problem.fit_intercept:  # where the whole problem's intercept is stationary
            eta = problem.design.matvec(w) + b
            np.testing.assert_allclose(q @ (eta - y), 0.0, atol=rtol * (1 + value))
        else:
            np.testing.assert_array_equal(b, 0.0)


#: What makes second moments singular, or badly scaled.
HARD = {
    "as_it_is": lambda X: X,
    "duplicates": lambda X: np.hstack([X, X[:, ::-1], 2.0 * X[:, :2]]),
    "constants": lambda X: np.hstack([X, np.ones((len(X), 1)), np.zeros((len(X), 1))]),
    "one_column": lambda X: X[:, :1],
    "few_rows_differ": lambda X: X[np.arange(len(X)) % 4],
    "scales": lambda X: X * 10.0 ** np.linspace(-8.0, 8.0, X.shape[1]),
}

with_and_without_intercept = pytest.mark.parametrize("fit_intercept", [True, False])


@with_and_without_intercept
@pytest.mark.parametrize("hard", HARD)
def test_same_objective_and_gradient(hard, fit_intercept):
    X, y, q = drawn()
    X = HARD[hard](X)
    check_the_same(stated(X, y, q, fit_intercept=fit_intercept), X, y, q)


@with_and_without_intercept
@pytest.mark.parametrize("design", tables.DESIGNS)
def test_same_objective_and_gradient_of_every_design(design, fit_intercept):
    X, y, q = drawn()
    problem = stated(tables.DESIGNS[design](X), y, q, fit_intercept=fit_intercept)
    check_the_same(problem, X, y, q)


@with_and_without_intercept
@pytest.mark.parametrize("design", tables.DESIGNS32)
def test_same_objective_and_gradient_of_float32(design, fit_intercept):
    X, y, q = drawn()
    problem = stated(tables.DESIGNS32[design](X), y, q, fit_intercept=fit_intercept)
    check_the_same(problem, X, y, q)


@with_and_without_intercept
def test_same_objective_and_gradient_with_weights_of_zero(fit_intercept):
    X, y, q = drawn()
    q[::3] = 0.0
    q /= q.sum()
    X[::3] = 1e3
    problem = stated(X, y, q, fit_intercept=fit_intercept)
    check_the_same(problem, X, y, q, rtol=1e-9)


def test_columns_need_not_be_centred_for_an_intercept():
    X, y, q = drawn()
    check_the_same(stated(X, y, q, centre=False), X, y, q)


def test_scaled_columns():
    X, y, q = drawn()
    problem = stated(X, y, q, scale=True)
    Z = problem.design.matvec(np.eye(P))
    check_the_same(problem, Z, y, q)


@with_and_without_intercept
def test_what_is_left_out_is_the_least_objective(fit_intercept):
    X, y, q = drawn()
    small = compressed(stated(X, y, q, fit_intercept=fit_intercept))
    ones = np.ones((N, int(fit_intercept)))
    root = np.sqrt(q)[:, None]
    A = root * np.hstack([X, ones])
    w = np.linalg.lstsq(A, root * y)[0]
    left = 0.5 * ((root * y - A @ w) ** 2).sum(axis=0)
    np.testing.assert_allclose(small.offset, left, rtol=1e-12)


def test_columns_of_zeros_leave_nothing_to_compress():
    _, y, q = drawn()
    assert compressed(stated(np.zeros((N, 3)), y, q)) is None
    assert compressed(stated(np.ones((N, 3)), y, q)) is None
    assert compressed(stated(np.ones((N, 3)), y, q, fit_intercept=False)) is not None


# Rounding -----------------------------------------------------------------------------


def true_gradient(X, y, q, w):
    """Return the gradient about the means in extended precision."""
    X, y, q, w = (np.asarray(part, dtype=np.longdouble) for part in (X, y, q, w))
    X, y = X - q @ X / q.sum(), y - q @ y / q.sum()
    return X.T @ (q[:, None] * (X @ w - y))


def excess_of_rounding(X, y, q):
    """Return the largest error of a gradient over the bound that it comes with."""
    small = compressed(stated(X, y, q))
    rng = np.random.default_rng(3)
    largest = 0.0
    for size in (0.0, 1e-3, 1.0, 1e3):
        w = size * rng.normal(size=(X.shape[1], y.shape[1]))
        w /= np.std(X, axis=0)[:, None]
        here = start_point(small.problem, w, np.zeros(y.shape[1]))
        found = evaluate(small.problem, here).gradient
        true = true_gradient(X, y, q, w)
        error = np.abs(found - true).max()
        largest = max(largest, float(error) / small.rounding(w)[0])
        direct = small.whole.moments.xx @ w - small.whole.moments.xy
        error = np.abs(direct - true).max()
        largest = max(largest, float(error) / small.whole.rounding(w)[0])
    return largest


extended = pytest.mark.skipif(
    np.finfo(np.longdouble).eps > 1e-18, reason="no extended precision here"
)


@extended
@pytest.mark.parametrize("spread", [0.0, 3.0, 8.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_bound_of_rounding_holds(seed, spread):
    X, y, q = drawn(seed, n=300, p=15)
    X = X * 10.0 ** np.random.default_rng(seed).uniform(-spread, spread, size=15)
    assert excess_of_rounding(X, y - q @ y, q) <= 1.0


@extended
@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6])
def test_the_bound_of_rounding_holds_for_collinear_columns(distance):
    X, y, q = drawn(n=300)
    X = np.hstack([X, X + distance * np.random.default_rng(4).normal(size=X.shape)])
    assert excess_of_rounding(X, y - q @ y, q) <= 1.0


@extended
def test_the_bound_of_rounding_holds_where_the_rank_ends():
    X, y, q = drawn(n=300)
    X = np.hstack([X, X + 1e-8 * np.random.default_rng(4).normal(size=X.shape)])
    assert excess_of_rounding(X, y - q @ y, q) <= 1.0


@extended
@pytest.mark.parametrize("level", [1e2, 1e4, 1e8])
def test_the_bound_of_rounding_holds_for_targets_far_from_zero(level):
    X, y, q = drawn(n=300)
    assert excess_of_rounding(X, y + level, q) <= 1.0


@pytest.mark.parametrize("penalty", [None, "l1", "l2"])
@pytest.mark.parametrize("level", [1e6, 1e10])
def test_a_fit_to_targets_far_from_zero_is_as_good_as_it_says(level, penalty):
    X, y, _ = drawn(n=300)
    y = y[:, 0] + level
    model = LinearRegressor(penalty, 0.01, tol=1e-10).fit(X, y)
    w, q = model.coef_[:, None], np.full(300, 1.0 / 300)
    g = np.float64(true_gradient(X, y[:, None], q, w))[:, 0]
    w = w[:, 0]
    if penalty == "l1":
        at_zero = np.maximum(np.abs(g) - 0.01, 0.0)
        found = np.where(w == 0.0, at_zero, np.abs(g + 0.01 * np.sign(w)))
    else:
        found = np.abs(g + 0.01 * w * (penalty == "l2"))
    floor = 1e-16 * level * np.std(X, axis=0).max()  # what eta itself is rounded to
    assert found.max() <= model.violation_ + floor


# Solutions ----------------------------------------------------------------------------


@with_and_without_intercept
@pytest.mark.parametrize("penalty", tables.CONVEX)
def test_what_is_solved_in_the_moments_is_certified_by_the_rows(penalty, fit_intercept):
    """Objective, duality gap and violation are those of the whole problem."""
    X, y, q = drawn(n=200, p=P)
    record = tables.strong(tables.resized(tables.CONVEX[penalty], P), 0.02)
    problem = stated(X, y[:, :1], q, fit_intercept=fit_intercept)
    problem = problem._replace(penalty=record)
    found = solve(problem, tol=1e-9, max_iter=50)
    assert not found.shortfall
    certificate = certificate_of(problem, found.coef, found.intercept)
    null = Null.of(problem)
    scale = null.evaluation.value
    assert found.objective == pytest.approx(certificate.objective, rel=1e-12)
    assert found.dual_gap == pytest.approx(
        certificate.dual_gap, abs=1e-12 * scale, nan_ok=True
    )
    assert found.violation == pytest.approx(
        certificate.violation, abs=1e-11 * null.gradient
    )
    (other,) = solve_path(problem, [record], tol=1e-9, max_iter=50)
    assert found.objective == pytest.approx(other.objective, rel=1e-8)


@with_and_without_intercept
@pytest.mark.parametrize("penalty", tables.CONVEX)
def test_any_weights_and_intercepts_are_certified_in_the_moments(
    penalty, fit_intercept
):
    X, y, q = drawn(n=200, p=P)
    record = tables.strong(tables.resized(tables.CONVEX[penalty], P), 0.02)
    problem = stated(X, y[:, :1], q, fit_intercept=fit_intercept)
    problem = problem._replace(penalty=record)
    solution, rng = solve(problem, tol=1e-9, max_iter=50), np.random.default_rng(3)
    w = np.float32(solution.coef) + 0.1 * rng.normal(size=solution.coef.shape)
    w = record.nearest(w, problem.columns)
    for b in (solution.intercept, solution.intercept + 0.1 * fit_intercept):
        found = certificate_of(problem, w, b, LeastSquares.of(problem))
        by_rows = certificate_of(problem, w, b)
        assert found.objective == pytest.approx(by_rows.objective, rel=1e-9)
        assert found.violation == pytest.approx(by_rows.violation, rel=1e-9)
        gap = pytest.approx(by_rows.dual_gap, rel=1e-9, nan_ok=True)
        assert found.dual_gap == gap


def test_outputs_in_the_moments_do_not_mind_each_other():
    X, y, q = drawn(n=200)
    start = np.full((P, K), 1e6), np.zeros(K)  # of no use
    for first in (None, start):
        both = solve(stated(X, y, q), tol=1e-12, max_iter=50, start=first)
        for c in range(K):
            one = solve(stated(X, y[:, c : c + 1], q), tol=1e-12, max_iter=50)
            np.testing.assert_allclose(both.coef[:, [c]], one.coef, atol=1e-12)
            np.testing.assert_allclose(both.intercept[[c]], one.intercept, atol=1e-12)


GROUPS = np.repeat(np.arange(60), np.arange(60) % 5 + 1)  # of 1 to 5 columns, scattered
GROUPS = np.random.default_rng(0).permutation(GROUPS)


def in_groups(share, penalty=GroupL1):
    """Return a problem in many groups, at a share of the strength that keeps none."""
    p = len(GROUPS)
    X, y, q = drawn(n=3 * p, p=p)
    w = np.random.default_rng(2).normal(size=(p, 1)) * (GROUPS < 9)[:, None]
    y = y[:, :1] + X @ w
    problem = stated(X, y, q)
    slopes = Null.of(problem).evaluation.gradient
    strong = penalty(GROUPS).record(1.0, p).critical_alpha(slopes, np.ones(p))
    return problem._replace(penalty=penalty(GROUPS).record(share * strong, p))


@pytest.mark.parametrize("penalty", [GroupL1, GroupElasticNet, SparseGroupL1])
@pytest.mark.parametrize("share", [0.9, 0.1, 0.001])
def test_many_groups_are_solved_for_a_few_at_a_time(penalty, share):
    """Whatever number is in use, from nothing or anywhere."""
    problem = in_groups(share, penalty)
    somewhere = np.random.default_rng(3).normal(size=(len(GROUPS), 1)), np.zeros(1)
    (expected,) = solve_path(problem, [problem.penalty], tol=1e-10, max_iter=100)
    for start in (None, somewhere, (expected.coef, expected.intercept)):
        found = solve(problem, tol=1e-10, max_iter=100, start=start)
        assert not found.shortfall
        by_rows = certificate_of(problem, found.coef, found.intercept)
        null = Null.of(problem)
        assert by_rows.dual_gap <= 1.1e-10 * null.evaluation.value
        size = np.abs(expected.coef).max()
        np.testing.assert_allclose(found.coef, expected.coef, atol=1e-4 * size)


def test_groups_that_stay_zero_are_not_rotated(monkeypatch):
    sizes = []

    def of(penalty, columns, hessian):
        sizes.append(len(columns))
        return Frame.of(penalty, columns, hessian)

    monkeypatch.setattr(in_moments, "Frame", SimpleNamespace(of=of))
    solution = solve(in_groups(0.5), tol=1e-10, max_iter=50)
    assert solution.coef.any()
    assert max(sizes) < len(GROUPS) / 2
    solve(in_groups(1e-3), tol=1e-10, max_iter=50)
    assert max(sizes) > len(GROUPS) / 2
