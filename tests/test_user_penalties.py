"""Penalties written by a user with `value` and `prox` run in every linear model."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse
import tables
from naive import gradients, row_losses
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from user_penalties import MCP

import sklreg
from sklreg import alpha_max
from sklreg.penalties import Bounded, Penalty, Weighted

CASES = {
    "squared_error": ("squared_error", 1.0),
    "log_loss": ("log_loss", 0.25),
    "multinomial": ("softmax", 0.5),
}
ALPHAS = {"l_half": 0.08, "users_mcp": 0.12}

every_penalty = pytest.mark.parametrize("name", tables.USER_PENALTIES)
every_case = pytest.mark.parametrize("task", CASES)


def fitted(task, name, make=np.asarray):
    """Return a model of scaled columns, and the naive objective with its parts."""
    row = tables.TASKS[task]
    data = tables.problem("tall")
    X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
    y = getattr(data, row.target)
    if task == "squared_error":
        y = (y - y.mean()) / y.std()
    model = getattr(sklreg, row.estimator)(
        tables.USER_PENALTIES[name], alpha=ALPHAS[name], **row.parameters
    ).fit(make(X), y)
    Y = y[:, None].astype(float) if task != "multinomial" else np.eye(4)[y]
    return model, X, Y


def objective_of(task, name, X, Y):
    """Return F of weights (p, k) and intercepts, and its naive minimisation."""
    loss, bound = CASES[task]
    record = tables.USER_PENALTIES[name].record(ALPHAS[name], X.shape[1])

    def objective(W, b):
        penalty = sum(record.value(x, j) for j, row in enumerate(W) for x in row)
        return row_losses(loss, Y, X @ W + b).mean() + penalty

    def coordinate_descent(sweeps=300):
        W, b = np.zeros((X.shape[1], Y.shape[1])), np.zeros(Y.shape[1])
        for _ in range(sweeps):
            b -= gradients(loss, Y, X @ W + b).mean(axis=0) / bound
            for j in range(W.shape[0]):
                step = 1.0 / (bound * (X[:, j] ** 2).mean())
                for c in range(W.shape[1]):
                    g = X[:, j] @ gradients(loss, Y, X @ W + b)[:, c] / len(X)
                    W[j, c] = record.prox(W[j, c] - step * g, step, j)
        return W, b

    return objective, coordinate_descent


@every_penalty
@every_case
def test_not_worse_than_coordinate_descent_from_zero(task, name):
    model, X, Y = fitted(task, name)
    objective, coordinate_descent = objective_of(task, name, X, Y)
    reached = objective(np.atleast_2d(model.coef_).T, model.intercept_)
    assert model.objective_ == pytest.approx(reached, rel=1e-12)
    sweeps = 60 if task == "multinomial" else 300
    assert reached <= objective(*coordinate_descent(sweeps)) + 1e-6
    assert 0 < np.count_nonzero(model.coef_) < model.coef_.size


@every_penalty
@every_case
def test_no_small_move_of_one_weight_is_an_improvement(task, name):
    model, X, Y = fitted(task, name)
    objective, _ = objective_of(task, name, X, Y)
    W, b = np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_)
    reached = objective(W, b)
    for index in np.ndindex(*W.shape):
        for delta in (1e-5, 1e-4, 1e-3):
            for sign in (-1.0, 1.0):
                moved = W.copy()
                moved[index] += sign * delta
                assert objective(moved, b) >= reached - 1e-9


@every_penalty
def test_each_weight_of_a_squared_error_is_the_best_of_all(name):
    """The coordinate problem is the prox, so even far moves do not help."""
    model, X, Y = fitted("squared_error", name)
    objective, _ = objective_of("squared_error", name, X, Y)
    W, b = np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_)
    reached = objective(W, b)
    for j in range(len(W)):
        for value in np.linspace(-2.0, 2.0, 161):
            moved = W.copy()
            moved[j] = value
            assert objective(moved, b) >= reached - 1e-8


@every_penalty
@every_case
def test_dense_equals_sparse(task, name):
    dense, _, _ = fitted(task, name)
    sparse, _, _ = fitted(task, name, scipy.sparse.csc_array)
    np.testing.assert_allclose(dense.coef_, sparse.coef_, atol=1e-5)
    np.testing.assert_array_equal(dense.coef_ == 0.0, sparse.coef_ == 0.0)
    assert np.isnan(dense.dual_gap_)
    assert dense.violation_ <= 1e-6


@every_penalty
def test_alpha_max(name):
    data = tables.problem("tall")
    model = sklreg.LinearRegressor(tables.USER_PENALTIES[name])
    largest = alpha_max(model, data.X, data.y)
    above = clone(model).set_params(alpha=1.0001 * largest).fit(data.X, data.y)
    assert not above.coef_.any()
    below = clone(model).set_params(alpha=0.99 * largest).fit(data.X, data.y)
    assert below.coef_.any()


def test_a_parameter_of_a_user_is_searched():
    data = tables.problem("tall")
    model = sklreg.LinearRegressor(clone(tables.USER_PENALTIES["users_mcp"]), alpha=0.1)
    search = GridSearchCV(model, {"penalty__gamma": [1.5, 3.0, 30.0]}, cv=3)
    search.fit(data.X, data.y)
    assert search.best_estimator_.penalty.gamma == search.best_params_["penalty__gamma"]
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores.round(12))) == 3


class CappedL1(Penalty):
    """The lasso up to a cap: within bounds its best weight may lie between."""

    cap: float = 0.5

    def value(self, x, j):
        return self.alpha * min(abs(x), self.cap)

    def prox(self, x, step, j):
        near = min(max(abs(x) - step * self.alpha, 0.0), self.cap)
        far = max(abs(x), self.cap)
        at_near = 0.5 * (near - abs(x)) ** 2 + step * self.value(near, j)
        at_far = 0.5 * (far - abs(x)) ** 2 + step * self.value(far, j)
        return math.copysign(near if at_near < at_far else far, x)


class Declared(MCP):
    """MCP of a user's who knows that nothing lies between."""

    stops_at_bounds = True


def test_bounds_need_to_know_where_a_penalty_is_lowest_within():
    with pytest.raises(ValueError, match=r"^CappedL1 takes no bounds but 0: .*class C"):
        Bounded(CappedL1(), lower=-1.0, upper=0.55).record(1.0, 3)
    with pytest.raises(ValueError, match="takes no bounds but 0"):
        Bounded(Weighted(CappedL1(), weights=2.0), upper=[0.0, 1.0, 0.0]).record(1.0, 3)
    restricted = Bounded(Weighted(CappedL1(), [1.0, np.inf, 0.0]), 0.0).record(1.0, 3)
    assert restricted.prox(-1.2, 1.0, 0) == 0.0
    assert restricted.prox(1.2, 1.0, 0) == 1.2
    declared = Bounded(Declared(), lower=-1.0, upper=1.5).record(0.7, 1)
    for x in np.linspace(-4.0, 4.0, 41):
        for step in (0.1, 1.0, 5.0):
            expected = tables.COMPOSED["bounded_mcp"].record(0.7, 1).prox(x, step, 0)
            assert declared.prox(x, step, 0) == pytest.approx(expected, abs=1e-12)


class WithArrays(Penalty):
    """The lasso, by a user who takes the largest entry of an array."""

    convex = True

    def value(self, x, j):
        return self.alpha * np.array([x, -x]).max()

    def prox(self, x, step, j):
        size = np.array([abs(x) - step * self.alpha, 0.0]).max()
        return size if x > 0.0 else -size


@pytest.mark.parametrize("task", ["squared_error", "log_loss"])
def test_methods_may_make_arrays(task):
    row, data = tables.TASKS[task], tables.problem("tall")
    y = getattr(data, row.target)
    estimator = getattr(sklreg, row.estimator)
    model = estimator(WithArrays(), 0.05, tol=1e-9, **row.parameters).fit(data.X, y)
    lasso = estimator("l1", 0.05, tol=1e-9, **row.parameters).fit(data.X, y)
    np.testing.assert_allclose(model.coef_, lasso.coef_, atol=1e-4)
