"""Tall least squares that wants few columns: the same answers without moments."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import tables
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sklreg import LinearRegressor, alpha_max
from sklreg.designs import Dense, standardized
from sklreg.linear import _base
from sklreg.losses import SquaredError
from sklreg.penalties import GroupL1, Weighted
from sklreg.solvers import Problem, solve

N, P = 6000, 200


def drawn(n=N, p=P, seed=0):
    """Return correlated columns and a target that some of them explain."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + rng.normal(size=(n, 1))
    X[:, 3] = 1.5
    w = rng.normal(size=p) * (rng.random(p) < 0.1)
    return X, 2.0 + X @ w + rng.normal(size=n)


@pytest.fixture
def data():
    return drawn()


@pytest.fixture
def in_moments(monkeypatch):
    """Record the fits that sum moments."""
    seen, before = [], _base.Sums.of

    def of(*arguments, **options):
        seen.append(arguments)
        return before(*arguments, **options)

    monkeypatch.setattr(_base.Sums, "of", of)
    return seen


@pytest.mark.parametrize("penalty", tables.CONVEX)
@pytest.mark.parametrize("strength", [0.3, 0.02])
def test_what_is_looked_for_in_columns_is_what_moments_give(penalty, strength):
    X, y = drawn(300, 12, seed=1)
    q = np.random.default_rng(2).dirichlet(np.ones(len(y)))
    record = tables.strong(tables.resized(tables.CONVEX[penalty], 12), strength)
    design, norms = standardized(Dense(X), q, centre=True, scale=False)
    problem = Problem(
        design,
        y[:, None],
        q,
        SquaredError().record(),
        record,
        True,
        np.arange(12),
        norms,
    )
    found = solve(problem, tol=1e-9, max_iter=100, in_moments=False)
    other = solve(problem, tol=1e-9, max_iter=100)
    assert not found.shortfall
    assert found.objective == pytest.approx(other.objective, rel=1e-8)


@pytest.mark.parametrize("penalty", ["l1", "elasticnet", GroupL1(np.arange(P) // 4)])
def test_a_strong_penalty_needs_no_moments(data, in_moments, penalty, monkeypatch):
    X, y = data
    model = LinearRegressor(penalty=penalty, tol=1e-8)
    model.set_params(alpha=alpha_max(model, X, y) / 5)
    model.fit(X, y)
    assert not in_moments
    monkeypatch.setattr(_base, "wants_few", lambda _: False)
    other = clone(model).fit(X, y)
    assert in_moments
    assert 0 < np.count_nonzero(model.coef_) < P / 2
    assert model.objective_ == pytest.approx(other.objective_, rel=1e-7)
    np.testing.assert_allclose(model.coef_, other.coef_, atol=1e-3)
    assert model.dual_gap_ <= 1e-8 * 0.5 * y.var()


@pytest.mark.parametrize("penalty", ["l1", "l2", None])
def test_a_weak_one_does(data, in_moments, penalty):
    X, y = data
    LinearRegressor(penalty=penalty, alpha=1e-3).fit(X, y)
    assert in_moments


def test_small_problems_do(in_moments):
    X, y = drawn(500, 20)
    model = LinearRegressor(penalty="l1")
    model.set_params(alpha=alpha_max(model, X, y) / 2).fit(X, y)
    assert in_moments


@pytest.mark.parametrize(
    "layout", [np.asfortranarray, np.float32, scipy.sparse.csr_array]
)
def test_rows_may_lie_in_any_order(data, in_moments, layout, monkeypatch):
    """Those that tell are from everywhere, and only tell how to search."""
    X, y = data
    order = np.argsort(y)
    model = LinearRegressor(penalty="l1", tol=1e-6)
    model.set_params(alpha=alpha_max(model, X, y) / 4)
    found = clone(model).fit(layout(X[order]), y[order]).objective_
    assert not in_moments
    monkeypatch.setattr(_base, "wants_few", lambda _: False)
    expected = model.fit(X, y).objective_
    assert in_moments
    assert found == pytest.approx(expected, rel=1e-5)


def test_weights_of_zero_do_not_tell(data, in_moments):
    """Nor do rows that have none, all of those that are looked at."""
    X, y = data
    q = np.ones(N)
    q[::8] = 0.0
    model = LinearRegressor(penalty="l1", tol=1e-8)
    model.set_params(alpha=alpha_max(model, X, y, sample_weight=q) / 4)
    model.fit(X, y, sample_weight=q)
    assert in_moments
    other = clone(model).fit(X[q > 0], y[q > 0])
    np.testing.assert_allclose(model.coef_, other.coef_, atol=1e-5)


@pytest.mark.parametrize("factor", [0.0, np.inf])
def test_features_that_are_not_penalised_or_left_out(data, factor, monkeypatch):
    X, y = data
    factors = np.ones(P)
    factors[[0, 7]] = factor
    model = LinearRegressor(penalty=Weighted("l1", factors), tol=1e-8)
    model.set_params(alpha=alpha_max(model, X, y) / 4)
    found = model.fit(X, y).objective_
    monkeypatch.setattr(_base, "wants_few", lambda _: True)
    forced = clone(model).fit(X, y)
    assert found == pytest.approx(forced.objective_, rel=1e-7)
    assert (forced.coef_[[0, 7]] == 0.0).all() == np.isinf(factor)


@pytest.mark.parametrize("row", [0, 1, N - 1])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e200])
def test_what_is_not_finite_is_told_wherever_it_is(data, row, value):
    X, y = data
    X[row, 5] = value
    with pytest.raises(ValueError, match="X") as told:
        LinearRegressor(penalty="l1", alpha=0.5).fit(X, y)
    with pytest.raises(ValueError, match="X") as expected:
        LinearRegressor(penalty="l1", alpha=1e-6).fit(X, y)
    assert str(told.value) == str(expected.value)


def test_a_target_that_varies_in_other_rows_alone(data):
    """Those that tell see a constant, and hence no strength."""
    X, _ = data
    y = np.zeros(N)
    y[1::8] = X[1::8, 0]
    model = LinearRegressor(penalty="l1", tol=1e-8)
    model.set_params(alpha=alpha_max(model, X, y) / 4).fit(X, y)
    assert model.coef_[0] != 0.0


def test_a_limit_of_steps_is_told(data):
    X, y = data
    model = LinearRegressor(penalty="l1", tol=1e-14, max_iter=1)
    model.set_params(alpha=alpha_max(model, X, y) / 10)
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        model.fit(X, y)
