"""Weights and bounds of features: every model against its definition, and limits."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
import tables
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import gradients, row_losses
from sklearn import linear_model
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold

import sklreg
from sklreg import LinearClassifier, LinearRegressor, alpha_max, regularization_path
from sklreg.penalties import (
    L1,
    L2,
    MCP,
    Bounded,
    ElasticNet,
    GroupL1,
    Weighted,
    adaptive_weights,
    per_feature,
)
from sklreg.solvers import certificate_of

TIGHT = 1e-12
P = 7
WEIGHTS = np.array([1.0, 0.0, 2.5, np.inf, 0.3, 1.0, 0.7])
FINITE = np.where(np.isinf(WEIGHTS), 1.5, WEIGHTS)
POSITIVE = np.where(FINITE == 0.0, 0.4, FINITE)
LOWER = np.array([-0.1, -np.inf, 0.0, -0.02, -0.3, -0.05, -np.inf])
UPPER = np.array([0.1, 0.2, np.inf, 0.0, 0.02, 0.04, np.inf])
#: penalty, l1_ratio, weights, lower, upper
CASES = {
    "weighted": (Weighted("l1", WEIGHTS), 1.0, WEIGHTS, -np.inf, np.inf),
    "bounded": (Bounded("l1", LOWER, UPPER), 1.0, 1.0, LOWER, UPPER),
    "both": (
        Bounded(Weighted(ElasticNet(0.6), WEIGHTS), LOWER, UPPER),
        0.6,
        WEIGHTS,
        LOWER,
        UPPER,
    ),
    "ridge": (Weighted("l2", FINITE), 0.0, FINITE, -np.inf, np.inf),
}
every_task = pytest.mark.parametrize("task", tables.TASKS)
every_case = pytest.mark.parametrize("case", CASES)


def told(task):
    """Return an estimator, X, y and y as the naive losses want it."""
    row, data = tables.TASKS[task], tables.problem("tall")
    y = getattr(data, row.target)
    model = getattr(sklreg, row.estimator)(tol=TIGHT, **row.parameters)
    Y = np.eye(4)[y] if task == "multinomial" else np.asarray(y, float)[:, None]
    return model, data.X, y, Y


def violation_of(W, G, alpha, ratio, weights, lower, upper):
    """Return the distance of minus the gradient to the subdifferential, per weight."""
    weights, lower, upper = (
        np.broadcast_to(part, len(W))[:, None] for part in (weights, lower, upper)
    )
    out = np.isinf(weights)
    strength = alpha * np.where(out, 0.0, weights)
    slope = G + strength * (1 - ratio) * W
    up = slope + strength * ratio * np.where(W >= 0.0, 1.0, -1.0)
    down = slope + strength * ratio * np.where(W > 0.0, 1.0, -1.0)
    rises = np.where(~out & (upper > W), np.maximum(-up, 0.0), 0.0)
    falls = np.where(~out & (lower < W), np.maximum(down, 0.0), 0.0)
    return np.maximum(rises, falls)


def gradient_of(model, task, X, Y):
    """Return W, and the gradient of the data term."""
    W, b = np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_)
    r = gradients(tables.TASKS[task].naive, Y, X @ W + b) / len(X)
    return W, X.T @ r, np.abs(r.sum(axis=0)).max()


# Optimality ---------------------------------------------------------------------------


@every_case
@every_task
def test_solutions_satisfy_the_optimality_conditions(task, case):
    model, X, y, Y = told(task)
    penalty, ratio, weights, lower, upper = CASES[case]
    alpha = 0.02 * (1.0 if task != "squared_error" else Y.std())
    model.set_params(penalty=penalty, alpha=alpha).fit(X, y)
    W, G, imbalance = gradient_of(model, task, X, Y)
    scale = np.abs(X.T @ (Y - Y.mean(axis=0))).max() / len(X)
    found = violation_of(W, G, alpha, ratio, weights, lower, upper)
    assert found.max() <= 1e-6 * scale
    assert imbalance <= 1e-6 * scale
    low, high = (np.broadcast_to(part, P)[:, None] for part in (lower, upper))
    assert (low <= W).all()
    assert (high >= W).all()
    assert not W[np.isinf(np.broadcast_to(weights, P))].any()
    assert W[np.broadcast_to(weights, P) == 0.0].all()
    assert np.isnan(model.dual_gap_) == (
        bool(np.any(np.asarray(weights) == 0.0)) or task == "tweedie"
    )


@every_task
def test_the_gap_of_bounds_bounds_the_distance_to_the_optimum(task):
    model, X, y, Y = told(task)
    lower, upper = np.full(P, -0.1), np.linspace(0.0, 0.2, P)
    for penalty in (Bounded(None, lower, upper), Bounded("l1", -0.1, upper)):
        model.set_params(penalty=penalty, alpha=0.02)
        prepared = model.prepare(X, y)
        problem = prepared.problem
        model.fit(X, y)
        lowest, rng = model.objective_, np.random.default_rng(0)
        for distance in (0.0, 1e-3, 0.1, 1.0):
            w = np.atleast_2d(model.coef_).T
            w = w + distance * rng.normal(size=w.shape) * (rng.random(w.shape) < 0.5)
            w = np.clip(w, -0.1, upper[:, None])
            b = np.atleast_1d(model.intercept_)
            found = certificate_of(problem, *prepared.from_user(w, b))
            direct = row_losses(tables.TASKS[task].naive, Y, X @ w + b).mean()
            direct += 0.02 * np.abs(w).sum() * (penalty.penalty == "l1")
            assert found.objective == pytest.approx(direct, rel=1e-10)
            if task != "tweedie":  # which has no dual
                slack = 1e-12 * (1.0 + abs(found.objective))
                assert found.objective - lowest - slack <= found.dual_gap < np.inf
        if task != "tweedie":
            assert model.dual_gap_ <= 1e-9 * (1.0 + abs(lowest))


@pytest.mark.parametrize("size", [(60, 500), (30, 1200), (700, 60)])
@pytest.mark.parametrize("kind", ["weighted", "bounded", "both", "free"])
def test_large_problems_and_sparse_ones(size, kind):
    """Working sets, columns and moments; zeros are zeros and bounds are bounds."""
    (n, p), rng = size, np.random.default_rng(5)
    X = rng.normal(size=size) * (rng.random(size) < 0.4) + 0.1
    y = X[:, :20] @ rng.normal(size=20) + rng.normal(size=n)
    weights = rng.exponential(size=p) * (rng.random(p) < 0.995 if kind != "both" else 1)
    weights[rng.random(p) < 0.1] = np.inf
    lower, upper = -rng.uniform(0.0, 0.5, p), rng.uniform(0.0, 0.5, p)
    weights = np.ones(p) if kind == "bounded" else weights
    bounds = (lower, upper) if kind in {"bounded", "both"} else (-np.inf, np.inf)
    penalty = Bounded(Weighted("l1", weights), *bounds)
    model = LinearRegressor(penalty, tol=1e-10)
    alpha = 0.05 * alpha_max(model, X, y)
    model.set_params(alpha=alpha).fit(X, y)
    W, G, _ = gradient_of(model, "squared_error", X, y[:, None])
    found = violation_of(W, G, alpha, 1.0, weights, *bounds)
    assert found.max() <= 1e-5 * np.abs(G).max()
    assert model.violation_ == pytest.approx(found.max(), abs=1e-12)
    sparse = clone(model).fit(scipy.sparse.csr_array(X), y)
    np.testing.assert_allclose(sparse.coef_, model.coef_, atol=1e-4)
    assert sparse.objective_ == pytest.approx(model.objective_, rel=1e-8)


# Limits -------------------------------------------------------------------------------


@every_task
def test_weights_of_one_and_bounds_of_infinity_change_nothing(task):
    model, X, y, _ = told(task)
    for inner in (L1(), ElasticNet(0.3), L2()):
        plain = clone(model).set_params(penalty=inner, alpha=0.03).fit(X, y)
        for same in (
            Weighted(inner, np.ones(P)),
            Bounded(inner),
            Bounded(Weighted(Weighted(inner, 0.5), [2.0] * P), -1e9),
        ):
            ours = clone(model).set_params(penalty=same, alpha=0.03).fit(X, y)
            np.testing.assert_allclose(ours.coef_, plain.coef_, atol=1e-7)
            assert ours.objective_ == pytest.approx(plain.objective_, rel=1e-10)


@every_task
def test_bounds_from_zero_on_are_positive(task):
    model, X, y, _ = told(task)
    model.set_params(alpha=0.03)
    plain = clone(model).set_params(penalty="l1", positive=True).fit(X, y)
    ours = clone(model).set_params(penalty=Bounded("l1", lower=0.0)).fit(X, y)
    np.testing.assert_array_equal(ours.coef_, plain.coef_)
    both = Weighted(Bounded("l1", -0.3, 0.1), POSITIVE)
    ours = clone(model).set_params(penalty=both, positive=True).fit(X, y)
    both = Bounded(Weighted("l1", POSITIVE), 0.0, 0.1)
    theirs = clone(model).set_params(penalty=both).fit(X, y)
    np.testing.assert_array_equal(ours.coef_, theirs.coef_)


@every_task
def test_a_common_weight_is_a_factor_on_alpha(task):
    model, X, y, _ = told(task)
    for inner in (ElasticNet(0.4), None):
        one = clone(model).set_params(penalty=Weighted(inner, 0.25), alpha=0.08)
        two = clone(model).set_params(penalty=inner, alpha=0.02)
        np.testing.assert_allclose(one.fit(X, y).coef_, two.fit(X, y).coef_, atol=1e-7)


@pytest.mark.parametrize("problem", ["tall", "wide", "diabetes"])
def test_weights_of_the_lasso_are_scales_of_columns(problem):
    data = tables.problem(problem)
    weights = np.random.default_rng(0).uniform(0.2, 3.0, data.X.shape[1])
    alpha = 0.02 * data.X.std() * data.y.std()
    theirs = linear_model.Lasso(alpha, tol=TIGHT, max_iter=100_000)
    theirs.fit(data.X / weights, data.y)
    ours = LinearRegressor(Weighted("l1", weights), alpha, tol=TIGHT)
    ours.fit(data.X, data.y)
    size = np.abs(ours.coef_).max()
    np.testing.assert_allclose(ours.coef_, theirs.coef_ / weights, atol=1e-6 * size)


@every_task
def test_infinite_weights_leave_features_out(task):
    model, X, y, _ = told(task)
    X = X.copy()
    X[:, 4] *= 1e6  # of no concern to anything, tolerances included
    weights = np.ones(P)
    weights[[1, 4]] = np.inf
    kept = np.isfinite(weights)
    for inner in ("l1", "l2", None):
        ours = clone(model).set_params(penalty=Weighted(inner, weights), alpha=0.02)
        ours.fit(X, y)
        alone = clone(model).set_params(penalty=inner, alpha=0.02).fit(X[:, kept], y)
        np.testing.assert_allclose(ours.coef_[..., kept], alone.coef_, atol=1e-6)
        assert not ours.coef_[..., ~kept].any()
        assert ours.objective_ == pytest.approx(alone.objective_, rel=1e-9)


@pytest.mark.parametrize("problem", ["tall", "diabetes"])
def test_free_features_are_regressed_out(problem):
    """Frisch, Waugh and Lovell: the rest is the lasso on residuals."""
    data = tables.problem(problem)
    X, y = data.X - data.X.mean(axis=0), data.y - data.y.mean()
    free = np.isin(np.arange(X.shape[1]), [1, 3])
    weights = np.where(free, 0.0, 1.0)
    project = X[:, free] @ np.linalg.pinv(X[:, free])
    alpha = 0.05 * X.std() * y.std()
    ours = LinearRegressor(Weighted("l1", weights), alpha, tol=TIGHT).fit(X, y)
    rest = linear_model.Lasso(alpha, tol=TIGHT, max_iter=100_000, fit_intercept=False)
    rest.fit(X[:, ~free] - project @ X[:, ~free], y - project @ y)
    size = np.abs(ours.coef_).max()
    np.testing.assert_allclose(ours.coef_[~free], rest.coef_, atol=1e-7 * size)
    left = y - X[:, ~free] @ rest.coef_
    free_part = np.linalg.lstsq(X[:, free], left, rcond=None)[0]
    np.testing.assert_allclose(ours.coef_[free], free_part, atol=1e-7 * size)


@pytest.mark.parametrize("problem", ["tall", "wide", "diabetes"])
def test_bounds_alone_as_scipy_does(problem):
    data = tables.problem(problem)
    X, y = data.X - data.X.mean(axis=0), data.y - data.y.mean()
    reach = np.abs(np.linalg.lstsq(X, y, rcond=None)[0]).mean()
    theirs = scipy.optimize.lsq_linear(
        X, y, (-0.3 * reach, reach), method="bvls", tol=1e-14
    )
    ours = LinearRegressor(Bounded(None, -0.3 * reach, reach), tol=TIGHT)
    ours.fit(data.X, data.y)
    lowest = theirs.cost / len(y)
    assert ours.objective_ == pytest.approx(lowest, rel=1e-9, abs=1e-12)
    if len(y) > X.shape[1]:
        np.testing.assert_allclose(ours.coef_, theirs.x, atol=1e-7 * reach)


# Strengths and paths ------------------------------------------------------------------


@pytest.mark.parametrize("case", ["weighted", "bounded", "both"])
@every_task
def test_alpha_max_is_where_the_first_penalised_feature_enters(task, case):
    model, X, y, _ = told(task)
    penalty, _, weights, _, _ = CASES[case]
    penalised = np.broadcast_to(np.asarray(weights) > 0.0, P)
    model.set_params(penalty=penalty, tol=1e-11)
    strongest = alpha_max(model, X, y)
    for share in (1.0, 1.5):
        at = clone(model).set_params(alpha=share * strongest).fit(X, y)
        assert not at.coef_[..., penalised].any()
    below = clone(model).set_params(alpha=0.99 * strongest).fit(X, y)
    assert below.coef_[..., penalised].any()


@every_task
def test_the_null_model_holds_the_free_features(task):
    """`alpha_max` from its definition: the gradient where only those are fitted."""
    model, X, y, Y = told(task)
    weights = np.array([1.0, 0.0, 2.5, 1.0, 0.3, 0.0, 0.7])
    free = weights == 0.0
    alone = clone(model).set_params(penalty=None, tol=1e-14).fit(X[:, free], y)
    W = np.zeros((P, Y.shape[1]))
    W[free] = np.atleast_2d(alone.coef_).T
    eta = X @ W + np.atleast_1d(alone.intercept_)
    G = np.abs(X.T @ gradients(tables.TASKS[task].naive, Y, eta)) / len(X)
    expected = (G[~free] / weights[~free, None]).max()
    model.set_params(penalty=Weighted("l1", weights))
    assert alpha_max(model, X, y) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("task", ["squared_error", "log_loss", "multinomial"])
@pytest.mark.parametrize("standardize", [False, True])
@every_case
def test_paths_are_the_single_fits(case, task, standardize):
    model, X, y, _ = told(task)
    model.set_params(penalty=CASES[case][0], standardize=standardize)
    alphas = [0.3, 0.1, 0.03, 0.01, 0.003]
    path = regularization_path(model, X, y, alphas=alphas)
    for i, alpha in enumerate(alphas):
        alone = clone(model).set_params(alpha=alpha).fit(X, y)
        coef = alone.coef_ if task == "multinomial" else alone.coef_.ravel()
        np.testing.assert_allclose(path.coefs[..., i], coef, atol=2e-6)
        assert ((path.coefs[..., i] == UPPER) == (coef == UPPER)).all()


def test_strengths_share_what_is_alike():
    weights = np.linspace(0.0, 2.0, P)
    model = LinearRegressor(Weighted("l1", weights))
    one, two = (model.penalty_record(alpha, P) for alpha in (0.1, 0.2))
    assert (one.strength(), two.strength()) == (0.1, 0.2)
    assert one.lower is two.lower
    assert one.upper is two.upper
    assert one.weights is two.weights is weights
    positive = clone(model).set_params(positive=True)
    one, two = (positive.penalty_record(alpha, P) for alpha in (0.1, 0.2))
    assert one.lower is two.lower
    assert not one.lower.any()


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("task", ["squared_error", "log_loss"])
def test_cross_validation_is_the_loop_over_folds_and_strengths(task, standardize):
    model, X, y, Y = told(task)
    penalty = Bounded(Weighted("l1", WEIGHTS), LOWER, UPPER)
    model.set_params(penalty=penalty, standardize=standardize, tol=1e-11)
    folds = list(KFold(3, shuffle=True, random_state=0).split(X))
    alphas = np.array([0.1, 0.03, 0.01, 0.001])
    expected = np.empty((3, 4))
    for k, (train, test) in enumerate(folds):
        for a, alpha in enumerate(alphas):
            one = clone(model).set_params(alpha=alpha).fit(X[train], y[train])
            eta = X[test] @ np.atleast_2d(one.coef_).T + one.intercept_
            expected[k, a] = row_losses(tables.TASKS[task].naive, Y[test], eta).mean()
    chooser = getattr(sklreg, f"{type(model).__name__}CV")(
        penalty, alphas=alphas, cv=folds, standardize=standardize, tol=1e-11
    ).fit(X, y)
    np.testing.assert_allclose(chooser.fold_losses_, expected, rtol=1e-6)
    alone = clone(model).set_params(alpha=chooser.alpha_).fit(X, y)
    np.testing.assert_allclose(chooser.coef_, alone.coef_, atol=1e-7)
    found = getattr(sklreg, f"{type(model).__name__}CV")(
        penalty, alphas=5, cv=folds, standardize=standardize
    ).fit(X, y)
    assert found.alphas_[0] == pytest.approx(alpha_max(model, X, y))


# Units --------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["squared_error", "log_loss"])
def test_standardized_columns_keep_bounds_in_the_users_units(task):
    model, X, y, _ = told(task)
    X = np.column_stack([X, np.ones(len(X))])  # a constant column as well
    spread = X.std(axis=0)
    spread[-1] = 1.0
    weights, lower, upper = (
        np.append(part, last)
        for part, last in ((POSITIVE, 1.0), (LOWER, -1.0), (UPPER, 1.0))
    )
    penalty = Bounded(Weighted("l1", weights), lower, upper)
    ours = clone(model).set_params(penalty=penalty, alpha=0.02, standardize=True)
    ours.fit(X, y)
    scaled = Bounded(Weighted("l1", weights), lower * spread, upper * spread)
    theirs = clone(model).set_params(penalty=scaled, alpha=0.02).fit(X / spread, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_ / spread, atol=1e-7)
    assert (ours.coef_ <= upper).all()
    assert (ours.coef_ >= lower).all()
    at_bound = (ours.coef_ == upper) | (ours.coef_ == lower)
    assert (at_bound & (ours.coef_ != 0.0)).any()


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("task", ["squared_error", "log_loss"])
def test_bounds_hold_in_single_precision(task, standardize):
    model, X, y, _ = told(task)
    lower, upper = np.full(P, -0.03), np.full(P, 0.03)
    model.set_params(penalty=Bounded("l1", lower, upper), alpha=0.01, tol=1e-7)
    model.set_params(standardize=standardize).fit(X.astype(np.float32), y)
    assert model.coef_.dtype == np.float32
    assert (np.float64(model.coef_) <= upper).all()
    assert (np.float64(model.coef_) >= lower).all()
    assert (np.abs(model.coef_) > 0.0299999).any()
    assert np.isfinite(model.objective_)
    assert model.dual_gap_ <= 1e-5 * (1.0 + model.objective_)


@pytest.mark.parametrize("task", ["squared_error", "log_loss"])
def test_a_warm_start_beyond_the_bounds_is_pulled_back(task):
    model, X, y, _ = told(task)
    model.set_params(penalty=None, warm_start=True).fit(X, y)
    bounded = Bounded("l1", LOWER, UPPER)
    model.set_params(penalty=bounded, alpha=0.01).fit(X, y)
    cold = clone(model).set_params(warm_start=False).fit(X, y)
    np.testing.assert_allclose(model.coef_, cold.coef_, atol=1e-6)


def test_several_targets_and_weights_of_rows():
    data, rng = tables.problem("tall"), np.random.default_rng(1)
    Y = np.column_stack([data.y, data.X[:, 2] - data.y, rng.normal(size=len(data.y))])
    s = rng.integers(0, 3, len(Y)).astype(float)
    model = LinearRegressor(CASES["both"][0], 0.05, tol=TIGHT)
    together = clone(model).fit(data.X, Y, s)
    repeated = np.repeat(np.arange(len(Y)), s.astype(int))
    for c in range(3):
        alone = clone(model).fit(data.X[repeated], Y[repeated, c])
        np.testing.assert_allclose(together.coef_[c], alone.coef_, atol=1e-7)


# Not convex ---------------------------------------------------------------------------


def test_mcp_with_weights_and_bounds_is_stationary():
    data = tables.problem("diabetes")
    X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
    y = (data.y - data.y.mean()) / data.y.std()
    weights = np.where(np.arange(10) < 3, 0.5, 1.0)
    penalty = Bounded(Weighted(MCP(gamma=5.0), weights), -0.2, 0.25)
    model = LinearRegressor(penalty, 0.03, tol=1e-10).fit(X, y)
    G = -X.T @ (y - X @ model.coef_) / len(y)
    slope = weights * np.sign(model.coef_)
    slope *= np.maximum(0.03 - np.abs(model.coef_) / 5.0, 0.0)
    inside = (model.coef_ > -0.2) & (model.coef_ < 0.25) & (model.coef_ != 0.0)
    assert np.abs((G + slope)[inside]).max() <= 1e-8
    assert (np.abs(G[model.coef_ == 0.0]) <= 0.03 * weights[model.coef_ == 0.0]).all()
    assert ((G + slope)[model.coef_ == 0.25] <= 1e-9).all()
    assert (model.coef_ == 0.25).any()
    assert (model.coef_ == 0.0).any()


# Adaptive weights ---------------------------------------------------------------------


def test_adaptive_weights_spare_large_coefficients():
    coef = np.array([2.0, 0.0, -0.5])
    np.testing.assert_allclose(adaptive_weights(coef), [0.5, np.inf, 2.0])
    np.testing.assert_allclose(adaptive_weights(coef, 2.0), [0.25, np.inf, 4.0])
    several = np.array([[3.0, 0.0, 1.0], [4.0, 0.0, 0.0]])
    np.testing.assert_allclose(adaptive_weights(several), [0.2, np.inf, 1.0])
    for gamma in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="gamma must be a finite number above 0"):
            adaptive_weights(coef, gamma)


def test_the_adaptive_lasso_finds_what_the_lasso_cannot():
    """Zou 2006, model 0: the lasso is inconsistent, the adaptive lasso is not."""
    C = np.where(np.eye(4) == 1.0, 1.0, -0.39)
    C[:3, 3] = C[3, :3] = 0.23
    true = np.array([5.6, 5.6, 5.6, 0.0])

    def finds(model, X, y):
        path = regularization_path(model, X, y, alphas=50, alpha_min_ratio=1e-5)
        return ((path.coefs != 0.0) == (true != 0.0)[:, None]).all(axis=0).any()

    found = np.zeros(2)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X = rng.multivariate_normal(np.zeros(4), C, 500)
        y = X @ true + 3.0 * rng.normal(size=500)
        weights = adaptive_weights(LinearRegressor(None).fit(X, y).coef_, 2.0)
        found += [
            finds(LinearRegressor(penalty), X, y)
            for penalty in ("l1", Weighted("l1", weights))
        ]
    assert found[0] <= 14
    assert found[1] >= 19


# glmnet -------------------------------------------------------------------------------


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["pf", "box"])
def test_glmnets_penalty_factors_and_limits(shared_folder, name):
    def read(part):
        return np.loadtxt(shared_folder / "golden" / f"tall_{part}.csv", delimiter=",")

    X, y, factors = read("X"), read("y")[:, 0], read("pf")
    factors = factors * len(factors) / factors.sum()
    penalty = Weighted("l1", factors) if name == "pf" else Bounded("l1", -0.3, 0.4)
    theirs = read(f"gauss_lasso_{name}")
    for i, alpha in enumerate(read("lambdas")[0]):
        ours = LinearRegressor(penalty, alpha, tol=1e-13).fit(X, y)
        np.testing.assert_allclose(ours.coef_, theirs[1:, i], atol=1e-6)
        assert ours.intercept_ == pytest.approx(theirs[0, i], abs=1e-5)


# The objects --------------------------------------------------------------------------


def test_nested_parameters_are_cloned_pickled_set_and_searched():
    data = tables.problem("tall")
    inner = ElasticNet(0.5)
    model = LinearRegressor(Bounded(Weighted(inner, POSITIVE), -1.0, UPPER), 0.05)
    copy = clone(model)
    assert copy.penalty.penalty.penalty is not inner
    model.set_params(penalty__penalty__penalty__l1_ratio=0.9, penalty__lower=-2.0)
    assert inner.l1_ratio == 0.9
    assert model.penalty.lower == -2.0
    assert copy.penalty.get_params()["penalty__penalty__l1_ratio"] == 0.5
    model.fit(data.X, data.y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.fit(data.X, data.y).coef_, model.coef_)
    copy.set_params(penalty__penalty__penalty="l1", penalty__penalty__weights=2.0)
    assert copy.penalty.penalty.get_params() == {"penalty": "l1", "weights": 2.0}
    with pytest.raises(ValueError, match=r"penalty__gamma of Weighted.*'l1'"):
        copy.set_params(penalty__penalty__penalty__gamma=2.0)
    with pytest.raises(ValueError, match="Bounded has no parameter 'gamma'"):
        copy.set_params(penalty__gamma=2.0)
    grid = {
        "penalty__penalty__weights": [POSITIVE, np.ones(P), 0.5],
        "penalty__upper": [UPPER, 0.1],
    }
    search = GridSearchCV(clone(model), grid, cv=3, error_score="raise")
    search.fit(data.X, data.y)
    assert len(set(search.cv_results_["mean_test_score"].round(12))) == 6


def test_a_nested_parameter_and_its_owner_may_be_set_together():
    penalty = Weighted(L1())
    penalty.set_params(penalty__gamma=4.0, penalty=MCP())
    assert penalty.penalty.gamma == 4.0


def test_wrappers_in_any_order_make_one_record():
    one = Bounded(Weighted(Weighted("l1", 2.0), WEIGHTS), -1.0, UPPER)
    two = Weighted(Bounded(Bounded(Weighted("l1", WEIGHTS), -3.0, UPPER), -1.0), 2.0)
    one, two = one.record(0.1, P), two.record(0.1, P)
    assert type(one) is type(two)
    assert type(one.penalty) is type(L1().record(0.1, P))
    for mine, its in zip(one, two, strict=True):
        np.testing.assert_array_equal(mine, its)


def test_a_feature_both_free_and_left_out_is_left_out():
    for weights in ((0.0, np.inf), (np.inf, 0.0)):
        record = Weighted(Weighted("l1", weights[0]), weights[1]).record(1.0, 3)
        assert record.excluded(np.arange(3)).all()
        assert not record.unpenalised(np.arange(3)).any()


numbers = st.one_of(st.floats(0.0, 10.0), st.integers(0, 10), st.just(np.inf))
containers = st.sampled_from(
    [list, tuple, np.array, lambda v: np.array(v, np.float32), lambda v: np.array(v)[:]]
)


@settings(max_examples=30, deadline=None)
@given(weights=st.lists(numbers, min_size=P, max_size=P), make=containers)
def test_weights_of_any_kind_are_read_alike(weights, make):
    given_weights = make(weights)
    record = Weighted("l1", given_weights).record(0.5, P)
    expected = np.asarray(given_weights, dtype=np.float64)
    kept = np.isfinite(expected)
    np.testing.assert_array_equal(record.weights[kept], expected[kept])
    np.testing.assert_array_equal(record.excluded(np.arange(P)), ~kept)
    assert record.weights.dtype == record.lower.dtype == np.float64
    assert np.asarray(given_weights, dtype=np.float64).tolist() == expected.tolist()


@settings(max_examples=25, deadline=None)
@given(
    weights=st.lists(numbers, min_size=P, max_size=P),
    lower=st.lists(st.floats(0.0, 3.0), min_size=P, max_size=P),
    upper=st.lists(st.floats(0.0, 3.0), min_size=P, max_size=P),
)
def test_whatever_weights_and_bounds_the_conditions_hold(weights, lower, upper):
    data = tables.problem("tall")
    weights, lower, upper = np.array(weights), -np.array(lower), np.array(upper)
    penalty = Weighted(Bounded("l1", lower, upper), weights)
    model = LinearRegressor(penalty, 0.1, tol=1e-10).fit(data.X, data.y)
    W, G, _ = gradient_of(model, "squared_error", data.X, data.y[:, None])
    assert violation_of(W, G, 0.1, 1.0, weights, lower, upper).max() <= 1e-5
    assert (model.coef_ >= lower).all()
    assert (model.coef_ <= upper).all()


def test_positive_is_the_record_of_bounds():
    record = LinearRegressor("l1", positive=True).penalty_record(0.3, 4)
    same = per_feature(L1().record(0.3, 4), 4, lower=0.0)
    assert type(record) is type(same)
    for mine, its in zip(record, same, strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize("make", [Weighted, Bounded])
def test_groups_are_refused(make):
    data = tables.problem("tall")
    with pytest.raises(ValueError, match="must be one of single weights"):
        LinearRegressor(make(GroupL1())).fit(data.X, data.y)


# Networks -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_a_network_without_hidden_layers_is_the_linear_model(case):
    data = tables.problem("tall")
    X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
    penalty = CASES[case][0]
    linear = LinearClassifier(penalty, 0.02, tol=1e-10).fit(X, data.binary)
    network = sklreg.MLPClassifier(penalty, 0.02, hidden_layer_sizes=())
    network.fit(X, data.binary)
    np.testing.assert_allclose(network.coefs_[0][:, 0], linear.coef_[0], atol=1e-6)


def test_weights_and_bounds_are_those_of_a_networks_first_layer():
    data = tables.problem("tall")
    penalty = Weighted(Bounded("l1", lower=-0.1, upper=0.2), WEIGHTS)
    network = sklreg.MLPClassifier(
        penalty, 1e-3, hidden_layer_sizes=(3,), max_iter=5, polish=False, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(data.X, data.binary)
    first = network.coefs_[0]
    assert not first[np.isinf(WEIGHTS)].any()
    assert first.any()
    assert first.min() >= -0.1
    assert first.max() <= 0.2
