"""Hard data, every loss: the answer is optimal as we check it, or a warning says not.

What `test_extremes.py` does for squared errors and log-loss, for all losses, for the
reductions (few columns, few rows) and for quadratics in their columns.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest
import scipy.sparse
import tables
from sklearn.exceptions import ConvergenceWarning

import sklreg
from sklreg import alpha_max
from sklreg.solvers import certificate_of, model
from sklreg.solvers.tolerance import Null

SETTINGS = {
    name: tables.SETTINGS[name].parameters
    for name in ("none", "l1", "l2", "elasticnet", "l1_positive")
}
SECONDS = 60.0  # of the processor, of which most would be for compiling

every_task = pytest.mark.parametrize("task", tables.TASKS)
every_setting = pytest.mark.parametrize("setting", SETTINGS)
classifiers = pytest.mark.parametrize("task", ["log_loss", "squared_hinge"])


def made(task, setting, alpha=0.0, **more):
    """Return an unfitted estimator."""
    row = tables.TASKS[task]
    parameters = SETTINGS[setting] | row.parameters | more
    return getattr(sklreg, row.estimator)(alpha=alpha, **parameters)


def checked(estimator, X, y, sample_weight=None, *, may_warn=False):
    """Fit; recompute the certificate; return the model.

    It meets the tolerance, or a warning says by how much not.
    """
    start = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(X, y, sample_weight)
    assert time.process_time() - start < SECONDS
    assert {warning.category for warning in caught} <= {ConvergenceWarning}
    assert may_warn or not caught, caught[0].message
    assert np.isfinite(estimator.coef_).all()
    assert np.isfinite(estimator.intercept_).all()
    stated = estimator.prepare(X, y, sample_weight)
    W = np.atleast_2d(estimator.coef_).T
    w, b = stated.from_user(W, np.atleast_1d(estimator.intercept_))
    found = certificate_of(stated.problem, w, b)
    assert found.objective == pytest.approx(estimator.objective_, rel=1e-8)
    null = Null.of(stated.problem)
    assert found.objective <= null.evaluation.value * (1.0 + 1e-12) + 1e-30
    if not caught:
        assert null.tolerance(stated.problem, 1.001 * estimator.tol).met(found)
    return estimator


def data(task, n=60, p=4, seed=0):
    """Return features and the target of that task."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + rng.normal(size=p)
    y = X @ rng.normal(size=p) + 0.5 * rng.normal(size=n)
    drawn = tables.Data(
        X, y, (y > np.median(y)).astype(int), np.digitize(y, [-1, 0, 1])
    )
    return X, getattr(drawn, tables.TASKS[task].target)


def alpha_for(task, X, y, share=0.05, **more):
    return share * alpha_max(made(task, "l1", **more), X, y)


# Classes ------------------------------------------------------------------------------


@classifiers
@every_setting
@pytest.mark.parametrize("share", [0.1, 1e-4])
@pytest.mark.parametrize("p", [1, 40])
def test_separable_classes(task, setting, share, p):
    rng = np.random.default_rng(0)
    y = np.arange(30) % 2
    X = rng.normal(size=(30, p))
    X[:, 0] = 4.0 * y + 0.1 * X[:, 0]
    model = made(task, setting, share * alpha_for(task, X, y, 1.0))
    checked(model, X, y, may_warn=setting == "none")
    np.testing.assert_array_equal(model.predict(X), y)


@every_setting
@pytest.mark.parametrize("share", [0.1, 1e-3])
@pytest.mark.parametrize("task", ["log_loss", "squared_hinge", "multinomial"])
def test_one_row_in_a_thousand(task, setting, share):
    X, _ = data(task, n=1000)
    y = (np.arange(1000) == 500).astype(int)
    y = y + 2 * (np.arange(1000) % 2) if task == "multinomial" else y
    X[500] += 1.0
    model = checked(made(task, setting, alpha_for(task, X, y, share)), X, y)
    balanced = made(task, setting, model.alpha, class_weight="balanced")
    checked(balanced, X, y)
    if task != "multinomial":
        scores = balanced.decision_function(X)
        assert (scores < scores[500]).mean() > 0.5


@pytest.mark.parametrize("task", ["poisson", "tweedie"])
@every_setting
def test_targets_almost_all_zero(task, setting):
    X, _ = data(task, n=1000)
    y = 3.0 * (np.arange(1000) % 500 == 0)
    checked(made(task, setting, alpha_for(task, X, y, 0.1)), X, y, may_warn=True)


@pytest.mark.parametrize("task", ["poisson", "gamma", "tweedie"])
@every_setting
def test_one_target_a_million_times_the_others(task, setting):
    X, y = data(task)
    y = y + 1.0
    y[7] *= 1e6
    checked(made(task, setting, alpha_for(task, X, y, 0.1)), X, y, may_warn=True)


# Columns ------------------------------------------------------------------------------


@every_task
@every_setting
@pytest.mark.parametrize("n", [3, 60])
def test_one_column(task, setting, n):
    X, y = data(task, p=1)
    if n == 3:
        X, y = (
            X[:3],
            np.array([0, 1, 0 if task != "multinomial" else 2])
            + (0.5 * (task in {"gamma", "tweedie"})),
        )
    model = made(task, setting, alpha_for(task, X, y))
    checked(model, X, y, may_warn=setting == "none")


def _duplicates(X):
    return np.hstack([X, X, -2.0 * X])


def _nearly_collinear(X):
    """Correlations of about 1 - 1e-12."""
    noise = np.random.default_rng(1).normal(size=X.shape)
    return np.hstack([X, X + 1.4e-6 * X.std() * noise])


def _with_zeros(X):
    return np.insert(X, [0, 2, X.shape[1]], 0.0, axis=1)


def _of_all_scales(X):
    return X * 10.0 ** np.resize([-8.0, 8.0, 0.0, 4.0], X.shape[1])


def _low_rank(X):
    return X[:, :2] @ np.random.default_rng(2).normal(size=(2, X.shape[1] + 2))


COLUMNS = {
    "duplicates": _duplicates,
    "nearly_collinear": _nearly_collinear,
    "with_zeros": _with_zeros,
    "low_rank": _low_rank,
}
every_columns = pytest.mark.parametrize("columns", COLUMNS)


@every_task
@every_setting
@every_columns
@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csc_array])
def test_columns_that_say_the_same(task, setting, columns, make):
    if (task, setting, columns) == ("squared_error", "none", "nearly_collinear"):
        return  # has a test of its own
    X, y = data(task)
    X = COLUMNS[columns](X)
    estimator = made(task, setting, alpha_for(task, X, y))
    checked(estimator, make(X), y)
    if columns in {"duplicates", "with_zeros"}:  # nothing goes far along what is flat
        plain = made(task, setting, estimator.alpha).fit(data(task)[0], y)
        if setting != "none":  # weights are as precise as the tolerance
            estimator.set_params(tol=1e-8).fit(make(X), y)
        size, alone = np.abs(estimator.coef_), np.abs(plain.coef_)
        if columns == "duplicates" and setting == "l1_positive":  # copies free the sign
            assert estimator.objective_ <= plain.objective_ * (1.0 + 1e-6)
            assert estimator.alpha * size.sum() < plain.objective_
        else:
            assert size.max() < 1.001 * alone.max() + 1e-3
    if columns == "with_zeros":
        assert not np.atleast_2d(estimator.coef_)[:, ~X.any(axis=0)].any()


def test_the_objective_is_that_of_the_coefficients_when_those_are_huge():
    X, y = data("squared_error")
    checked(made("squared_error", "none"), _nearly_collinear(X), y)


@every_task
@pytest.mark.parametrize("setting", ["l1", "l2"])
@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csc_array])
def test_columns_of_all_scales(task, setting, make):
    X, y = data(task)
    alpha = alpha_for(task, X, y, standardize=True)
    plain = made(task, setting, alpha, standardize=True, tol=1e-9).fit(X, y)
    X = _of_all_scales(X)
    estimator = made(task, setting, alpha, standardize=True, tol=1e-9)
    checked(estimator, make(X), y)
    assert estimator.objective_ == pytest.approx(plain.objective_, rel=1e-8)
    alpha = alpha_for(task, X, y, 1e-3)  # the largest column alone matters
    checked(made(task, setting, alpha), make(X), y, may_warn=True)


# Few rows, or few columns: the reductions ---------------------------------------------


@every_task
@pytest.mark.parametrize("penalty", ["none", "l2", "l1"])
@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csr_array])
def test_more_columns_than_rows_without_strength(task, penalty, make):
    """Interpolation, which for classes and counts may lie at infinity."""
    X, y = data(task, n=12, p=50)
    if task in {"poisson", "tweedie"}:
        y = y + 1.0
    bounded = not hasattr(made(task, penalty), "predict_proba")
    bounded &= task not in {"log_loss", "multinomial"}
    estimator = checked(made(task, penalty, 0.0), make(X), y, may_warn=not bounded)
    assert estimator.score(X, y) > 0.999


@every_task
@pytest.mark.parametrize("shape", [(30, 3), (12, 50)], ids=["tall", "wide"])
@every_columns
def test_ridge_in_a_reduction(task, shape, columns):
    X, y = data(task, *shape)
    X = COLUMNS[columns](X)
    alpha = alpha_for(task, X, y)
    dense = checked(made(task, "l2", alpha, tol=1e-10), X, y)
    sparse = made(task, "l2", alpha, tol=1e-10).fit(scipy.sparse.csc_array(X), y)
    np.testing.assert_allclose(sparse.coef_, dense.coef_, atol=1e-7)


@every_task
@pytest.mark.parametrize("setting", ["l1", "l2", "none"])
def test_repeated_rows_of_few_kinds(task, setting):
    """Three hundred rows that are but six."""
    X, y = data(task, n=6, p=3)
    y = np.resize([0, 1, 2, 3], 6) if task == "multinomial" else y
    many = np.arange(300) % 6
    whole = made(task, setting, 0.05, tol=1e-10)
    few = made(task, setting, 0.05, tol=1e-10)
    checked(whole, X[many], y[many], may_warn=setting == "none")
    checked(few, X, y, may_warn=setting == "none")
    assert whole.objective_ == pytest.approx(few.objective_, rel=1e-8, abs=1e-8)


# Columns kept as they are -------------------------------------------------------------


@pytest.fixture
def in_columns(monkeypatch):
    """Make small models keep to their columns too."""
    monkeypatch.setattr(model, "prefers_columns", lambda *_: True)


@pytest.mark.usefixtures("in_columns")
@every_task
@pytest.mark.parametrize("setting", ["l1", "l2", "l1_positive"])
@pytest.mark.parametrize("columns", ["duplicates", "with_zeros", "low_rank"])
def test_hard_columns_in_columns(task, setting, columns):
    X, y = data(task, n=40)
    X = COLUMNS[columns](X)
    checked(made(task, setting, alpha_for(task, X, y)), scipy.sparse.csc_array(X), y)


@pytest.mark.usefixtures("in_columns")
@pytest.mark.parametrize("task", ["squared_error", "log_loss"])
def test_nearly_collinear_columns_in_columns(task):
    X, y = data(task, n=40)
    X = _nearly_collinear(X)
    checked(made(task, "l1", alpha_for(task, X, y)), scipy.sparse.csc_array(X), y)


@pytest.mark.usefixtures("in_columns")
@classifiers
@pytest.mark.parametrize("setting", ["l1", "l2", "elasticnet"])
def test_separable_classes_in_columns(task, setting):
    rng = np.random.default_rng(0)
    y = np.arange(30) % 2
    X = rng.normal(size=(30, 40))
    X[:, 0] = 4.0 * y + 0.1 * X[:, 0]
    estimator = checked(made(task, setting, alpha_for(task, X, y, 1e-3)), X, y)
    np.testing.assert_array_equal(estimator.predict(X), y)


@pytest.mark.usefixtures("in_columns")
def test_rows_without_weight_in_columns():
    X, y = data("poisson")
    q = (np.arange(len(y)) % 3 > 0).astype(float)
    X[q == 0.0] = 1e6
    for task in ("poisson", "huber"):
        one = made(task, "l1", 0.01, tol=1e-9).fit(X, y, q)
        two = made(task, "l1", 0.01, tol=1e-9).fit(X[q > 0.0], y[q > 0.0])
        np.testing.assert_allclose(one.coef_, two.coef_, atol=1e-6)


# One weight, one class, one row -------------------------------------------------------


@pytest.mark.parametrize("task", ["poisson", "gamma", "tweedie", "squared_hinge"])
@every_setting
def test_one_weight_carries_almost_everything(task, setting):
    X, y = data(task)
    q = np.full(len(y), 1e-12)
    q[[3, 4, 5, 6]] = 1.0
    if task == "squared_hinge":
        y[[3, 4, 5, 6]] = [0, 1, 0, 1]
    checked(made(task, setting, 0.05), X, y, q, may_warn=True)


@pytest.mark.parametrize("task", ["poisson", "gamma", "tweedie"])
@every_setting
def test_a_constant_target_has_the_null_model(task, setting):
    X, y = data(task)
    for constant in (1e-6, 1.0, 1e9):
        estimator = checked(made(task, setting, 0.05), X, np.full(len(y), constant))
        np.testing.assert_allclose(estimator.coef_, 0.0, atol=1e-7)
        assert estimator.intercept_ == pytest.approx(np.log(constant), abs=1e-6)


@pytest.mark.parametrize("task", ["huber", "log_loss", "squared_hinge"])
def test_few_rows_take_few_steps(task):
    """The weights in use depend on each other; epochs alone would go on for ever."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        X = np.round(rng.normal(size=(10, 40)), 2)
        y = rng.normal(size=10) if task == "huber" else np.arange(10) % 2
        model = checked(made(task, "l1", alpha=1e-4), X, y)
        assert model.n_iter_ <= 40


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_full_column_of_a_large_mean_among_sparse_ones(setting):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 60)) * (rng.random((1000, 60)) < 0.02)
    X[:, 7] = 1e7 + rng.normal(size=1000)
    y = X[:, 7] - 1e7 + X[:, 0] + 0.1 * rng.normal(size=1000)
    dense, sparse = (
        made("squared_error", setting, alpha=0.01, tol=1e-10).fit(each, y)
        for each in (X, scipy.sparse.csc_array(X))
    )
    np.testing.assert_allclose(sparse.coef_, dense.coef_, atol=1e-6)
