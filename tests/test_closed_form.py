"""Leaving out each row of ridge regression: as fitting all of these models."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import sklearn
from sklearn.datasets import load_diabetes
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import LeaveOneOut

import sklreg.solvers.ridge
from sklreg import LinearRegressor, LinearRegressorCV
from sklreg.penalties import GroupElasticNet, Weighted
from sklreg.solvers import directions

ALPHAS = np.geomspace(1.0, 1e-4, 5)
SHAPES = {"tall": (30, 6), "wide": (15, 40), "square": (12, 12)}


def problem_of(shape, *, sparse=False, weighted=False, n_targets=1, seed=0):
    """Return X, y and weights, some of them zero, with means far from zero."""
    draw = np.random.default_rng(seed)
    X = np.where(draw.random(shape) < 0.5, draw.normal(3.0, 1.0, shape), 0.0)
    y = X[:, :n_targets] + draw.normal(10.0, 1.0, (shape[0], n_targets))
    weight = draw.exponential(size=shape[0]) * (np.arange(shape[0]) != 3)
    X = scipy.sparse.csr_array(X) if sparse else X
    return X, y, weight if weighted else np.ones(shape[0])


def ridge(X, y, weight, alpha, *, fit_intercept=True):
    """Return weights and intercept by the normal equations of augmented rows."""
    weight = weight / weight.sum()
    mean, level = (
        (weight @ X, weight @ y) if fit_intercept else (0.0 * X[0], 0.0 * y[0])
    )
    root = np.sqrt(weight)[:, None]
    rows = np.vstack([root * (X - mean), np.sqrt(alpha) * np.eye(X.shape[1])])
    targets = np.vstack([root * (y - level), np.zeros((X.shape[1], y.shape[1]))])
    w = np.linalg.lstsq(rows, targets)[0]
    return w, level - mean @ w


def left_out_in_a_loop(X, y, weight, alphas, *, fit_intercept=True):
    """Return the errors on each row by the model of all others."""
    X = X.toarray() if scipy.sparse.issparse(X) else X
    errors = np.empty((*y.shape, len(alphas)))
    for i in range(len(y)):
        others = weight * (np.arange(len(y)) != i)
        for a, alpha in enumerate(alphas):
            w, b = ridge(X, y, others, alpha, fit_intercept=fit_intercept)
            errors[i, :, a] = y[i] - X[i] @ w - b
    return errors[weight > 0.0]


def decomposed(X, y, weight, **settings):
    problem = LinearRegressor("l2", **settings).prepare(X, y, weight).problem
    return problem, directions(problem, ALPHAS.min())


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_curve_is_that_of_a_loop_over_rows(shape, sparse, weighted, fit_intercept):
    X, y, weight = problem_of(shape, sparse=sparse, weighted=weighted, n_targets=2)
    model = LinearRegressorCV("l2", ALPHAS, cv="loo", fit_intercept=fit_intercept)
    model.fit(X, y, weight)
    errors = left_out_in_a_loop(X, y, weight, ALPHAS, fit_intercept=fit_intercept)
    losses = 0.5 * (errors**2).sum(axis=1)
    np.testing.assert_allclose(model.fold_losses_, losses, rtol=1e-8)
    mean = np.average(losses, axis=0, weights=weight[weight > 0.0])
    np.testing.assert_allclose(model.mean_losses_, mean, rtol=1e-8)
    assert model.alpha_ == ALPHAS[mean.argmin()]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_generalised_curve_by_its_formula(shape):
    X, y, weight = problem_of(shape, weighted=True, n_targets=2)
    model = LinearRegressorCV("l2", ALPHAS, cv="gcv").fit(X, y, weight)
    some, q = weight > 0.0, weight / weight.sum()
    n = some.sum()
    for a, alpha in enumerate(ALPHAS):
        w, b = ridge(X, y, weight, alpha)
        square = (q @ (y - X @ w - b) ** 2).sum()
        units = [ridge(X, np.eye(len(y))[:, [i]], weight, alpha) for i in range(len(y))]
        trace = sum((X[i] @ w + b)[0] for i, (w, b) in enumerate(units))
        expected = 0.5 * square / (1.0 - trace / n) ** 2
        assert model.mean_losses_[a] == pytest.approx(expected, rel=1e-8)
    assert np.isnan(model.standard_errors_).all()


def test_generalised_is_leave_one_out_where_all_leverages_are_equal():
    rows = np.kron(np.eye(4), np.array([[1.0], [1.0], [1.0]])) - 0.25
    y = np.random.default_rng(0).normal(size=12)
    one = LinearRegressorCV("l2", [0.1], cv="loo", fit_intercept=False).fit(rows, y)
    all_ = LinearRegressorCV("l2", [0.1 * 11 / 12], cv="gcv", fit_intercept=False)
    all_.fit(rows, y)
    assert one.mean_losses_[0] == pytest.approx(all_.mean_losses_[0], rel=1e-12)


def test_as_the_splitter_that_leaves_one_out():
    X, y = load_diabetes(return_X_y=True)
    X, y = X[:60], y[:60]
    weight = np.random.default_rng(0).exponential(size=60)
    quick = LinearRegressorCV("l2", 20, cv="loo", rule="1se").fit(X, y, weight)
    slow = LinearRegressorCV("l2", 20, cv=LeaveOneOut(), rule="1se", tol=1e-12)
    slow.fit(X, y, weight)
    np.testing.assert_allclose(quick.fold_losses_, slow.fold_losses_, rtol=1e-7)
    np.testing.assert_allclose(quick.standard_errors_, slow.standard_errors_, rtol=1e-7)
    assert quick.alpha_ == slow.alpha_
    np.testing.assert_allclose(quick.coef_, slow.coef_, rtol=1e-5)
    np.testing.assert_array_equal(quick.path_.alphas, slow.path_.alphas)


@pytest.mark.parametrize("shape", [(442, 10), (60, 90)], ids=["tall", "wide"])
def test_as_scikit_learn(shape):
    X, y, weight = problem_of(shape, weighted=True, n_targets=2)
    weight = np.where(weight > 1.0, 2.0, 1.0)
    alphas = np.array([10.0, 1.0, 0.1])
    theirs = RidgeCV(alphas, store_cv_results=True).fit(X, y, weight)
    _, found = decomposed(X, y, weight)
    ours = found.left_out(alphas[None] / weight.sum())
    squares = weight[:, None, None] * ours**2
    np.testing.assert_allclose(squares, theirs.cv_results_, rtol=1e-8)


def test_strengths_of_scikit_learn_without_weights():
    X, y = load_diabetes(return_X_y=True)
    alphas = np.array([10.0, 1.0, 0.1, 0.01])
    theirs = RidgeCV(alphas, store_cv_results=True).fit(X, y)
    ours = LinearRegressorCV("l2", alphas / (len(y) - 1), cv="loo").fit(X, y)
    np.testing.assert_allclose(2.0 * ours.fold_losses_, theirs.cv_results_, rtol=1e-8)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("shape", [(40, 6), (15, 40)], ids=["tall", "wide"])
def test_without_squaring_as_with(shape, sparse, fit_intercept, monkeypatch):
    X, y, weight = problem_of(shape, sparse=sparse, weighted=True)
    settings = {"fit_intercept": fit_intercept}
    problem, squared = decomposed(X, y, weight, **settings)
    monkeypatch.setattr(sklreg.solvers.ridge, "_EXACT", 0.0)
    _, exact = decomposed(X, y, weight, **settings)
    strengths = np.outer(1.0 - problem.weight, ALPHAS)
    for ask in (
        lambda found: found.left_out(strengths),
        lambda found: found.mean_squares(ALPHAS),
        lambda found: found.freedom_left(ALPHAS),
    ):
        np.testing.assert_allclose(ask(exact), ask(squared), rtol=1e-9)


@pytest.mark.parametrize("shape", [(40, 6), (8, 40)], ids=["tall", "wide"])
def test_columns_nearly_dependent(shape):
    """Squares of the columns know nothing of the smallest directions."""
    draw = np.random.default_rng(0)
    small = draw.normal(size=shape)
    X = np.outer(small[:, 0], draw.normal(size=shape[1])) + 1e-6 * small
    y = small[:, [1]] + draw.normal(size=(shape[0], 1))
    alphas = np.array([1e-14])
    problem = LinearRegressor("l2").prepare(X, y).problem
    strengths = np.outer(1.0 - problem.weight, alphas)
    errors = directions(problem, strengths.min()).left_out(strengths)
    expected = left_out_in_a_loop(X, y, np.ones(len(y)), alphas)
    np.testing.assert_allclose(errors, expected, rtol=1e-6)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("sparse", [False, True])
def test_columns_that_do_not_vary(sparse, fit_intercept):
    X, y = np.ones((4, 6)), np.array([[1.0], [2.0], [3.0], [10.0]])
    errors = left_out_in_a_loop(X, y, np.ones(4), [1.0], fit_intercept=fit_intercept)
    X = scipy.sparse.csc_array(X) if sparse else X
    model = LinearRegressorCV("l2", [1.0], cv="loo", fit_intercept=fit_intercept)
    found = model.fit(X, y).fold_losses_
    np.testing.assert_allclose(found, 0.5 * errors[:, 0] ** 2, rtol=1e-9)


def test_refit_is_that_of_the_strength_chosen():
    X, y = load_diabetes(return_X_y=True)
    model = LinearRegressorCV("l2", ALPHAS, cv="gcv").fit(X, y)
    same = LinearRegressor("l2", model.alpha_).fit(X, y)
    np.testing.assert_allclose(model.coef_, same.coef_, rtol=1e-8)
    without = LinearRegressorCV("l2", ALPHAS, cv="gcv", refit=False).fit(X, y)
    assert without.alpha_ == model.alpha_
    assert not hasattr(without, "coef_")


def test_float32_and_integer_weights():
    X, y, _ = problem_of((30, 6))
    counts = np.random.default_rng(0).integers(1, 4, size=30)
    model = LinearRegressorCV("l2", ALPHAS, cv="loo")
    wide = model.fit(X, y[:, 0], counts).mean_losses_
    narrow = model.fit(X.astype(np.float32), y[:, 0], counts.astype(np.float32))
    assert narrow.coef_.dtype == np.float32
    np.testing.assert_allclose(narrow.mean_losses_, wide, rtol=1e-5)


REFUSED = {
    "penalty": {"penalty": "l1"},
    "elasticnet": {"penalty": "elasticnet"},
    "none": {"penalty": None},
    "weighted": {"penalty": Weighted("l2", weights=2.0)},
    "half": {"penalty": GroupElasticNet(l1_ratio=0.5, weights=0.0)},
    "loss": {"loss": "huber"},
    "positive": {"positive": True},
    "standardize": {"standardize": True},
    "scoring": {"scoring": "r2"},
    "zero": {"alphas": [0.1, 0.0]},
}


@pytest.mark.parametrize("cv", ["loo", "gcv"])
@pytest.mark.parametrize("setting", REFUSED.values(), ids=REFUSED)
def test_what_has_no_closed_form(setting, cv):
    X, y = load_diabetes(return_X_y=True)
    model = LinearRegressorCV(**{"penalty": "l2", "alphas": [0.1], "cv": cv} | setting)
    with pytest.raises(ValueError, match=r"closed form|above zero"):
        model.fit(X, y)


def test_what_else_is_refused():
    X, y = load_diabetes(return_X_y=True)
    model = LinearRegressorCV("l2", [0.1], cv="gcv", rule="1se")
    with pytest.raises(ValueError, match="two folds"):
        model.fit(X, y)
    with pytest.raises(ValueError, match="groups"):
        model.set_params(rule="min").fit(X, y, groups=y)
    with pytest.raises(ValueError, match="two rows"):
        model.fit(X, y, (np.arange(len(y)) == 3) * 1.0)
    with pytest.raises(ValueError, match="'cv' parameter"):
        model.set_params(cv="all").fit(X, y)


def test_with_metadata_routing():
    X, y = load_diabetes(return_X_y=True)
    model = LinearRegressorCV("l2", [0.1, 0.01], cv="loo")
    expected = model.fit(X, y).alpha_
    with sklearn.config_context(enable_metadata_routing=True):
        assert model.fit(X, y).alpha_ == expected
        assert model.get_metadata_routing().consumes("fit", ["groups"]) == set()
