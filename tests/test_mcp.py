"""MCP: its limits, its steps beyond gamma, and the models that use it."""

from __future__ import annotations

import numpy as np
import pytest
import tables
import user_penalties
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import scale

from sklreg import (
    LinearClassifier,
    LinearRegressor,
    MLPRegressor,
    alpha_max,
    regularization_path,
)
from sklreg.losses import Huber
from sklreg.penalties import L1, MCP

DIABETES = load_diabetes(return_X_y=True)
DIABETES = scale(DIABETES[0]), scale(DIABETES[1])
GAMMAS = [1.01, 1.5, 3.0, 10.0]
SHARES = [0.5, 0.1, 0.02]

every_gamma = pytest.mark.parametrize("gamma", GAMMAS)
every_share = pytest.mark.parametrize("share", SHARES)


def scaled(name):
    """Return the regression problem of that name with columns of unit mean square."""
    data = tables.problem(name)
    return scale(data.X), scale(data.y)


def penalty_of(w, alpha, gamma):
    size = np.abs(w)
    inside = alpha * size - size**2 / (2.0 * gamma)
    return np.where(size <= gamma * alpha, inside, 0.5 * gamma * alpha**2)


def objective_of(X, y, w, alpha, gamma):
    """Return F with the best intercept."""
    r = y - X @ w
    r = r - r.mean()
    return 0.5 * np.mean(r**2) + penalty_of(w, alpha, gamma).sum()


def violation_of(X, y, w, alpha, gamma):
    """Return the largest distance of minus the gradient to the subdifferential."""
    r = y - X @ w
    g = -(X - X.mean(axis=0)).T @ (r - r.mean()) / len(y)
    slope = np.sign(w) * np.maximum(alpha - np.abs(w) / gamma, 0.0)
    at_zero = np.maximum(np.abs(g) - alpha, 0.0)
    return np.where(w == 0.0, at_zero, np.abs(g + slope)).max()


# The penalty --------------------------------------------------------------------------


@every_gamma
@pytest.mark.parametrize("factor", [0.3, 0.99, 1.0, 1.01, 2.0, 9.0])
def test_prox_is_the_lowest_point_at_every_step(gamma, factor):
    """Steps below, at and beyond gamma, around both thresholds."""
    alpha, step = 0.7, factor * gamma
    record = MCP(gamma=gamma).record(alpha, 1)
    limit, hard = gamma * alpha, alpha * np.sqrt(step * gamma)
    near = np.array([0.5, 0.999, 1.001, 1.7])
    grid = np.linspace(-3.0 * max(limit, hard), 3.0 * max(limit, hard), 20001)
    for x in np.r_[0.0, step * alpha * near, limit * near, hard * near]:
        grid[0] = x
        lowest = (0.5 * (grid - x) ** 2 + step * penalty_of(grid, alpha, gamma)).min()
        for point in (x, -x):
            u = record.prox(point, step, 0)
            reached = 0.5 * (u - point) ** 2 + step * penalty_of(u, alpha, gamma)
            assert reached <= lowest * (1.0 + 1e-12)


@every_gamma
@given(x=st.floats(-50.0, 50.0), step=st.floats(0.01, 20.0))
def test_prox_is_that_of_the_users_class(gamma, x, step):
    own, users = (
        kind(gamma=gamma).record(0.7, 1).prox(x, step, 0)
        for kind in (MCP, user_penalties.MCP)
    )
    assert own == pytest.approx(users, rel=1e-9, abs=1e-12)


@given(x=st.floats(-50.0, 50.0), g=st.floats(-50.0, 50.0), step=st.floats(0.01, 20.0))
def test_a_large_gamma_is_l1(x, g, step):
    mcp, l1 = MCP(gamma=1e12).record(0.7, 1), L1().record(0.7, 1)
    assert mcp.value(x, 0) == pytest.approx(l1.value(x, 0), abs=1e-8)
    assert mcp.prox(x, step, 0) == pytest.approx(l1.prox(x, step, 0), abs=1e-8)
    assert mcp.violation(x, g, step, 0) == pytest.approx(
        l1.violation(x, g, step, 0), abs=1e-8
    )


@every_gamma
def test_slope_and_value_are_continuous_where_the_penalty_becomes_flat(gamma):
    record = MCP(gamma=gamma).record(0.7, 1)
    limit = 0.7 * gamma
    for inside, outside in [(1.0 - 1e-9, 1.0 + 1e-9), (1.0, 1.0)]:
        a, b = inside * limit, outside * limit
        assert record.value(a, 0) == pytest.approx(record.value(b, 0), rel=1e-12)
        assert record.derivative(a, 0) == pytest.approx(0.0, abs=1e-8)
    assert record.curvature(0.99 * limit, 0) == -1.0 / gamma
    assert record.curvature(limit, 0) == record.curvature(-1.01 * limit, 0) == 0.0


@every_gamma
@given(x=st.floats(-9.0, 9.0), z=st.floats(-9.0, 9.0), t=st.floats(0.0, 1.0))
def test_half_a_square_over_gamma_makes_it_convex(gamma, x, z, t):
    record = MCP(gamma=gamma).record(0.7, 1)

    def raised(u):
        return record.value(u, 0) + 0.5 * u * u / gamma

    between = raised(t * x + (1.0 - t) * z)
    assert between <= t * raised(x) + (1.0 - t) * raised(z) + 1e-12


# Models -------------------------------------------------------------------------------


@every_share
@every_gamma
@pytest.mark.parametrize("name", ["tall", "wide", "sparse", "breast_cancer"])
def test_no_weight_can_be_improved_alone(name, gamma, share):
    """On unit columns a stationary point is a minimum along every coordinate."""
    X, y = scaled(name)
    model = LinearRegressor(MCP(gamma=gamma))
    strongest = alpha_max(model, X, y)
    assert strongest == pytest.approx(np.abs(X.T @ y).max() / len(y))
    alpha = share * strongest
    model.set_params(alpha=alpha).fit(X, y)
    w, reached = model.coef_, model.objective_
    assert reached == pytest.approx(objective_of(X, y, w, alpha, gamma), rel=1e-10)
    assert violation_of(X, y, w, alpha, gamma) <= 1.01e-6 * strongest
    assert model.violation_ <= 1e-6 * strongest
    moves = np.r_[-np.geomspace(1e-6, 2.0, 20), np.geomspace(1e-6, 2.0, 20)]
    for j in np.flatnonzero(X.any(axis=0)):
        for value in np.r_[0.0, -w[j], w[j] + moves]:
            moved = w.copy()
            moved[j] = value
            assert objective_of(X, y, moved, alpha, gamma) >= reached - 1e-9


@every_share
@pytest.mark.parametrize(
    "model",
    [
        LinearRegressor(MCP(), tol=1e-9),
        LinearRegressor(MCP(gamma=10.0), tol=1e-9, loss=Huber(delta=0.7)),
        LinearRegressor(MCP(), tol=1e-9, fit_intercept=False),
        LinearRegressor(MCP(), tol=1e-9, positive=True),
        LinearClassifier(MCP(gamma=20.0), tol=1e-9),
    ],
    ids=repr,
)
def test_the_users_class_has_the_same_solutions(model, share):
    X, y = DIABETES
    y = (y > 0.0).astype(int) if isinstance(model, LinearClassifier) else y
    alpha = share * alpha_max(model, X, y)
    twin = user_penalties.MCP(gamma=model.penalty.gamma)
    own = type(model)(**model.get_params(deep=False) | {"alpha": alpha}).fit(X, y)
    users = type(model)(**own.get_params(deep=False) | {"penalty": twin}).fit(X, y)
    np.testing.assert_allclose(own.coef_, users.coef_, atol=1e-6)
    np.testing.assert_array_equal(own.coef_ == 0.0, users.coef_ == 0.0)
    assert own.objective_ == pytest.approx(users.objective_, rel=1e-9)


@every_share
@pytest.mark.parametrize("estimator", [LinearRegressor, LinearClassifier])
def test_models_of_a_large_gamma_are_lassos(estimator, share):
    X, y = DIABETES
    y = y if estimator is LinearRegressor else (y > 0.0).astype(int)
    alpha = share * alpha_max(estimator("l1"), X, y)
    mcp = estimator(MCP(gamma=1e9), alpha=alpha, tol=1e-9).fit(X, y)
    lasso = estimator("l1", alpha=alpha, tol=1e-12).fit(X, y)
    np.testing.assert_allclose(mcp.coef_, lasso.coef_, atol=1e-5)
    np.testing.assert_array_equal(mcp.coef_ == 0.0, lasso.coef_ == 0.0)


def test_orthogonal_columns_are_thresholded_firmly():
    rng = np.random.default_rng(0)
    Q, _ = np.linalg.qr(scale(rng.normal(size=(60, 9))))
    X = np.sqrt(60) * (Q - Q.mean(axis=0))
    w = np.linspace(-2.0, 2.0, 9)
    model = LinearRegressor(MCP(gamma=2.0), alpha=0.6).fit(X, X @ w)
    record = MCP(gamma=2.0).record(0.6, 9)
    expected = [record.prox(value, 1.0, 0) for value in w]
    np.testing.assert_allclose(model.coef_, expected, atol=1e-6)
    assert model.coef_[-1] == pytest.approx(2.0)  # large weights do not shrink


def test_alpha_max_is_where_a_fit_leaves_zero():
    X, y = scaled("wide")
    for model in (LinearRegressor("mcp"), LinearRegressor(MCP(gamma=1.2))):
        strongest = alpha_max(model, X, y)
        assert not model.set_params(alpha=strongest).fit(X, y).coef_.any()
        assert model.set_params(alpha=0.99 * strongest).fit(X, y).coef_.any()


@every_gamma
@pytest.mark.parametrize("name", ["tall", "wide", "breast_cancer"])
def test_a_path_continues_from_zero(name, gamma):
    X, y = scaled(name)
    path = regularization_path(
        LinearRegressor(MCP(gamma=gamma)), X, y, alphas=20, alpha_min_ratio=0.02
    )
    assert not path.coefs[:, 0].any()
    assert path.coefs[:, 1].any()
    assert np.isnan(path.dual_gaps).all()
    assert path.violations.max() <= 1e-6 * path.alphas[0]
    for alpha, w in zip(path.alphas, path.coefs.T, strict=True):
        assert violation_of(X, y, w, alpha, gamma) <= 1.01e-6 * path.alphas[0]


def test_without_strength_it_is_least_squares():
    X, y = scaled("tall")
    free = LinearRegressor(None).fit(X, y)
    mcp = LinearRegressor("mcp", alpha=0.0).fit(X, y)
    np.testing.assert_allclose(mcp.coef_, free.coef_, atol=1e-6)


def test_a_network_without_hidden_layer_is_the_linear_model():
    X, y = DIABETES
    linear = LinearRegressor("mcp", alpha=0.1).fit(X, y)
    network = MLPRegressor("mcp", alpha=0.1, hidden_layer_sizes=()).fit(X, y)
    np.testing.assert_allclose(network.coefs_[0].ravel(), linear.coef_, atol=1e-6)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_polish_of_a_network_keeps_weights_moderate(activation):
    """The flat part holds nothing back: a long step there would be for ever."""
    X, y = DIABETES
    model = MLPRegressor(
        "mcp", alpha=0.1, hidden_layer_sizes=(8,), activation=activation, random_state=0
    ).fit(X, y)
    trained = clone(model).set_params(polish=False).fit(X, y)
    assert max(np.abs(w).max() for w in model.coefs_) < 100.0
    assert model.objective_ < trained.objective_
    assert any((w == 0.0).any() for w in model.coefs_)


@pytest.mark.parametrize("seed", [747, 2695])
def test_the_objective_is_that_of_the_coefficients_where_moments_lose_it(seed):
    """Columns that differ in the seventh digit, rows of weights from 1e-8 to 1e4."""
    rng = np.random.default_rng(seed)
    X = np.eye(5)[rng.integers(5, size=20)] + 1e6
    y, weight, alpha = rng.normal(size=20), 10.0 ** rng.uniform(-8, 4, 20), 100.0
    model = LinearRegressor("mcp", alpha, fit_intercept=False)
    model.fit(X, y, sample_weight=weight)
    size = np.minimum(np.abs(model.coef_), 3.0 * alpha)
    penalty = float((alpha * size - size**2 / 6.0).sum())
    residual = y - X @ model.coef_
    objective = 0.5 * float(np.average(residual**2, weights=weight)) + penalty
    assert model.objective_ == pytest.approx(objective, rel=1e-6)
