"""Paths: each point is the fit at its strength; grids; warnings."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from sklreg import LinearClassifier, LinearRegressor, alpha_max, regularization_path
from sklreg.losses import Huber

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
    "multinomial": (LinearClassifier("elasticnet", tol=1e-10), DIGITS),
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
        (LinearRegressor("l2"), {"alphas": 5}, "give alphas as an array"),
        (LinearRegressor(None), {"alphas": 5}, "give alphas as an array"),
        (LinearRegressor("lasso"), {"alphas": 5}, "'penalty' parameter"),
    ],
)
def test_what_cannot_be_a_path_is_refused(estimator, settings, message):
    with pytest.raises(ValueError, match=message):
        regularization_path(estimator, *DIABETES, **settings)
