"""Extreme data end in a right answer, an honest warning or one clear error."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest
import scipy.sparse
import tables
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import PolynomialFeatures

from sklreg import LinearClassifier, LinearRegressor, alpha_max
from sklreg.losses import Huber

PENALTIES = {name: row.parameters for name, row in tables.SETTINGS.items()}
every_penalty = pytest.mark.parametrize("penalty", PENALTIES)
SECONDS = 60.0  # of the processor, of which most would be for compiling


def fitted(estimator, X, y, sample_weight=None):
    """Fit and check that the end is one of the three; return the model or the error.

    No other warning than that of convergence is accepted, nor NaN, nor a long wait.
    """
    start, error = time.process_time(), None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            estimator.fit(X, y, sample_weight)
        except ValueError as raised:
            error = raised
    if error is not None:
        assert "\n" not in str(error)
        assert not caught
        return error
    assert time.process_time() - start < SECONDS
    assert {warning.category for warning in caught} <= {ConvergenceWarning}
    assert len(caught) <= 1
    for value in (estimator.coef_, estimator.intercept_, estimator.objective_):
        assert np.isfinite(value).all()
    assert np.isfinite(estimator.violation_)
    if caught:
        message = str(caught[0].message)
        reached = (f"{estimator.dual_gap_:.3g}", f"{estimator.violation_:.3g}")
        assert any(number in message for number in reached)
    elif np.isfinite(estimator.dual_gap_):
        assert estimator.dual_gap_ <= 1.01e-6 * null_objective(estimator, X, y)
    return estimator


def null_objective(estimator, X, y):
    """Return an upper bound of the null model's objective, and a rounding floor."""
    if is_classifier(estimator):
        return np.log(len(estimator.classes_))
    y = np.asarray(y, dtype=float)
    return 0.5 * ((y - y.mean(axis=0)) ** 2).mean() + 1e-9 * (y**2).mean() + 1e-290


def small(n=40, p=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + 1.0
    y = X @ np.r_[1.0, -2.0, np.zeros(p - 2)] + 0.3 * rng.normal(size=n)
    return X, y, (y > np.median(y)).astype(int)


# Scales -------------------------------------------------------------------------------


@every_penalty
@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1e-60, 1e60, 1e150, 1e200])
def test_scale_of_the_features(penalty, scale):
    X, y, _ = small()
    alpha = 0.1 * scale if PENALTIES[penalty].get("penalty") == "l1" else 0.0
    model = fitted(LinearRegressor(alpha=alpha, **PENALTIES[penalty]), scale * X, y)
    if isinstance(model, ValueError):
        assert "X" in str(model)
        assert "rescale" in str(model) or "overflow" in str(model)
        assert not 1e-70 < scale < 1e70
    elif alpha or "none" in penalty:
        alpha = alpha / scale
        expected = LinearRegressor(alpha=alpha, **PENALTIES[penalty]).fit(X, y).coef_
        if 1e-160 < scale < 1e160:
            np.testing.assert_allclose(model.coef_ * scale, expected, atol=1e-5)


@every_penalty
@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1e-60, 1e60, 1e150, 1e200])
def test_scale_of_the_target(penalty, scale):
    X, y, _ = small()
    l1 = PENALTIES[penalty].get("penalty") == "l1"
    alpha = 0.1 * scale if l1 else 0.1
    model = fitted(LinearRegressor(alpha=alpha, **PENALTIES[penalty]), X, scale * y)
    if isinstance(model, ValueError):
        assert "y" in str(model)
        assert "rescale" in str(model)
        assert not 1e-70 < scale < 1e70
    elif 1e-160 < scale < 1e160 and penalty not in {"elasticnet", "object"}:
        expected = LinearRegressor(alpha=0.1, **PENALTIES[penalty]).fit(X, y).coef_
        np.testing.assert_allclose(model.coef_ / scale, expected, atol=1e-5)


@every_penalty
@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_scale_of_the_features_of_a_classifier(penalty, scale):
    X, _, y = small()
    model = fitted(LinearClassifier(alpha=0.01, **PENALTIES[penalty]), scale * X, y)
    assert isinstance(model, ValueError) or set(model.predict(scale * X)) <= {0, 1}


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csc_array])
@every_penalty
def test_mixed_columns(penalty, make):
    X, y, labels = small(p=6)
    X = X * 10.0 ** np.array([-8, 8, 0, 4, -4, 2])
    for estimator, target in ((LinearRegressor, y), (LinearClassifier, labels)):
        fitted(estimator(alpha=0.01, **PENALTIES[penalty]), make(X), target)
        inside = estimator(alpha=0.01, standardize=True, **PENALTIES[penalty])
        outside = estimator(alpha=0.01, standardize=True, **PENALTIES[penalty])
        fitted(inside, make(X), target)
        outside.fit(X / 10.0 ** np.array([-8, 8, 0, 4, -4, 2]), target)
        assert inside.objective_ == pytest.approx(outside.objective_, rel=1e-6)


def test_float32_scales():
    X, y, labels = small()
    for scale in (1e-30, 1e-20, 1e18, 1e30):
        X32 = (scale * X).astype(np.float32)
        fitted(LinearRegressor("l1", alpha=0.1 * scale), X32, y)
        fitted(LinearClassifier("l2", alpha=0.1), X32, labels)


# Classes ------------------------------------------------------------------------------


@every_penalty
@pytest.mark.parametrize("alpha", [0.0, 1e-6, 0.01])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_perfectly_separable_classes(penalty, alpha, n_classes):
    rng = np.random.default_rng(0)
    y = np.arange(40) % n_classes
    X = 5.0 * np.eye(4)[y] + 0.1 * rng.normal(size=(40, 4))
    model = fitted(LinearClassifier(alpha=alpha, **PENALTIES[penalty]), X, y)
    if "positive" not in penalty:
        np.testing.assert_array_equal(model.predict(X), y)
    assert np.isfinite(model.predict_proba(X)).all()


@every_penalty
def test_one_row_of_each_class(penalty):
    model = LinearClassifier(alpha=0.01, **PENALTIES[penalty])
    fitted(model, [[1.0, 0.0], [0.0, 1.0]], ["a", "b"])
    assert model.predict([[1.0, 0.0], [0.0, 1.0]]).tolist() == ["a", "b"]


@pytest.mark.parametrize("penalty", ["l1", "l2", "none"])
def test_one_row_of_a_class_in_a_thousand(penalty):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(1000, 3))
    y = (np.arange(1000) == 17).astype(int)
    X[17] = 0.5
    model = fitted(LinearClassifier(alpha=1e-4, **PENALTIES[penalty]), X, y)
    assert model.predict_proba(X)[:, 1].mean() == pytest.approx(1e-3, rel=1e-2)
    balanced = LinearClassifier(
        alpha=1e-4, class_weight="balanced", **PENALTIES[penalty]
    )
    fitted(balanced, X, y)


def test_one_weight_carries_everything():
    X, y, labels = small()
    q = np.full(len(y), 1e-300)
    q[[3, 4, 5, 6]] = 1.0
    labels[[3, 4, 5, 6]] = [0, 1, 0, 1]
    for penalty in PENALTIES.values():
        fitted(LinearRegressor(alpha=0.1, **penalty), X, y, q)
        fitted(LinearClassifier(alpha=0.1, **penalty), X, labels, q)


# Small and degenerate -----------------------------------------------------------------


@every_penalty
@pytest.mark.parametrize("loss", ["squared_error", "huber"])
def test_one_row(penalty, loss):
    model = LinearRegressor(alpha=0.1, loss=loss, **PENALTIES[penalty])
    fitted(model, [[1.0, 2.0]], [3.0])
    np.testing.assert_array_equal(model.coef_, 0.0)
    assert model.intercept_ == pytest.approx(3.0, rel=1e-12)
    free = LinearRegressor(
        alpha=0.1, loss=loss, fit_intercept=False, **PENALTIES[penalty]
    )
    fitted(free, [[1.0, 2.0]], [3.0])


@every_penalty
def test_one_column(penalty):
    X, y, labels = small()
    fitted(LinearRegressor(alpha=0.1, **PENALTIES[penalty]), X[:, :1], y)
    fitted(LinearClassifier(alpha=0.1, **PENALTIES[penalty]), X[:, :1], labels)


@every_penalty
@pytest.mark.parametrize("constant", [0.0, 1e-9, 3.0, 1e9 + 0.1, -1e150])
@pytest.mark.parametrize("loss", ["squared_error", "huber"])
def test_constant_target(penalty, constant, loss):
    X, y, _ = small()
    model = LinearRegressor(alpha=0.1, loss=loss, **PENALTIES[penalty])
    fitted(model, X, np.full(len(y), constant))
    np.testing.assert_allclose(model.coef_, 0.0, atol=1e-9 * (1e-6 + abs(constant)))
    assert model.intercept_ == pytest.approx(constant, rel=1e-9)


@every_penalty
def test_constant_features(penalty):
    _, y, labels = small()
    X = np.tile([1.0, 0.0, 1e9 + 0.1], (len(y), 1))
    regressor = fitted(LinearRegressor(alpha=0.1, **PENALTIES[penalty]), X, y)
    np.testing.assert_array_equal(regressor.coef_, 0.0)
    assert regressor.intercept_ == pytest.approx(y.mean(), rel=1e-12)
    classifier = fitted(LinearClassifier(alpha=0.1, **PENALTIES[penalty]), X, labels)
    np.testing.assert_array_equal(classifier.coef_, 0.0)
    without = LinearRegressor(alpha=0.1, fit_intercept=False, **PENALTIES[penalty])
    fitted(without, X, y)


@pytest.mark.parametrize("loss", ["squared_error", "huber"])
@pytest.mark.parametrize("positive", [False, True])
def test_duplicate_columns_without_penalty(loss, positive):
    X, y, labels = small()
    X = np.hstack([X, X, 2.0 * X])
    regressor = LinearRegressor(None, loss=loss, positive=positive)
    fitted(regressor, X, y)
    assert np.abs(regressor.coef_).max() < 100.0
    fitted(LinearClassifier(None, positive=positive), X, labels)


@pytest.mark.parametrize("positive", [False, True])
def test_many_more_columns_than_rows_without_penalty(positive):
    rng = np.random.default_rng(2)
    X = rng.normal(size=(15, 300))
    y = rng.normal(size=15)
    regressor = fitted(LinearRegressor(None, positive=positive), X, y)
    np.testing.assert_allclose(regressor.predict(X), y, atol=1e-3)
    fitted(LinearRegressor(None, loss="huber", positive=positive), X, y)
    fitted(LinearClassifier(None, positive=positive), X, y > 0.0)


@pytest.mark.parametrize("penalty", ["l1", "elasticnet", "l2", "none", "l1_positive"])
@pytest.mark.parametrize("share", [0.1, 1e-4])
def test_collinear_polynomials(penalty, share):
    x = np.linspace(0.1, 1.0, 120)[:, None]
    X = PolynomialFeatures(12, include_bias=False).fit_transform(x)
    y = np.sin(6.0 * x[:, 0]) + 0.05 * np.random.default_rng(3).normal(size=120)
    strongest = alpha_max(LinearRegressor("l1"), X, y)
    model = LinearRegressor(alpha=share * strongest, **PENALTIES[penalty])
    fitted(model, X, y)
    assert model.objective_ <= 0.5 * y.var() * (1.0 + 1e-12)
    strongest = alpha_max(LinearClassifier("l1"), X, y > 0.0)
    fitted(LinearClassifier(alpha=share * strongest, **PENALTIES[penalty]), X, y > 0.0)


@pytest.mark.parametrize("delta", [1e-8, 1e-3, 1e8])
@pytest.mark.parametrize("penalty", ["l1", "l2", "none"])
def test_narrow_and_wide_huber(delta, penalty):
    X, y, _ = small()
    y = y + 1e4 * (np.arange(len(y)) % 9 == 0)
    alpha = 0.01 * min(1.0, delta)
    fitted(LinearRegressor(alpha=alpha, loss=Huber(delta), **PENALTIES[penalty]), X, y)


@pytest.mark.parametrize("alpha", [1e-300, 1e-12, 1e12, 1e300])
@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet", "l1_positive"])
def test_extreme_strengths(alpha, penalty):
    X, y, labels = small()
    for model, target in (
        (LinearRegressor(alpha=alpha, **PENALTIES[penalty]), y),
        (LinearClassifier(alpha=alpha, **PENALTIES[penalty]), labels),
    ):
        fitted(model, X, target)
        if alpha > 1.0:
            np.testing.assert_allclose(model.coef_, 0.0, atol=1e-10)


@pytest.mark.parametrize("penalty", ["l1", "elasticnet", "l2"])
@pytest.mark.parametrize("mean", [1e6, 1e8])
def test_a_target_far_from_zero_in_few_rows(penalty, mean):
    """With an intercept the mean of y changes nothing but the intercept."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 100))
    y = np.round(2.0 * X[:, 0] - X[:, 1] + 0.5 * rng.normal(size=40), 3)
    model = LinearRegressor(penalty, alpha=0.05, tol=1e-5)
    near, far = model.fit(X, y).coef_, model.fit(X, y + mean).coef_
    assert model.dual_gap_ <= 1e-5 * 0.5 * y.var() + 1e-15 * mean
    np.testing.assert_array_equal(far != 0.0, near != 0.0)
    np.testing.assert_allclose(far, near, atol=1e-2)


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csc_array])
@pytest.mark.parametrize("seed", range(4))
def test_softmax_without_penalty_far_from_zero(make, seed):
    """What all classes have in common does not drown what tells them apart."""
    rng = np.random.default_rng(seed + 4)
    X = rng.normal(size=(60, 2)) + 1e8
    labels = np.digitize((X - 1e8) @ [1, -1] + rng.normal(size=60), [-0.5, 0.5])
    model = LinearClassifier(None).fit(make(X), labels)
    centred = (X - 1e8).astype(np.longdouble)
    eta = centred @ model.coef_.T + (model.intercept_ + 1e8 * model.coef_.sum(axis=1))
    loss = np.log(np.exp(eta).sum(axis=1)) - eta[np.arange(60), labels]
    assert float(loss.mean()) == pytest.approx(model.objective_, abs=1e-6)
    expected = LinearClassifier(None).fit(X - 1e8, labels)
    assert model.objective_ == pytest.approx(expected.objective_, abs=1e-6)
