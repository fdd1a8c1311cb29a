"""Relaxed fits: their limits, and what each is by itself."""

from __future__ import annotations

import numpy as np
import pytest
import tables
from sklearn import linear_model
from sklearn.base import clone

from sklreg import LinearClassifier, LinearRegressor, regularization_path
from sklreg.model_selection import relaxed_path
from sklreg.penalties import Bounded

TIGHT = 1e-12
SHARES = np.array([0.5, 0.2, 0.05])


def lasso_of(problem, **settings):
    data = tables.problem(problem)
    model = LinearRegressor("l1", tol=TIGHT, **settings)
    top = regularization_path(model, data.X, data.y, alphas=2).alphas[0]
    return model, data.X, data.y, top * SHARES


@pytest.mark.parametrize("problem", ["tall", "diabetes", "wide"])
def test_the_second_fit_is_least_squares_on_the_support(problem):
    model, X, y, alphas = lasso_of(problem)
    path = regularization_path(model, X, y, alphas=alphas)
    relaxed = relaxed_path(model, X, y, alphas=alphas)
    np.testing.assert_array_equal(relaxed.alphas, path.alphas)
    for a in range(len(alphas)):
        used = path.coefs[:, a] != 0.0
        if used.sum() >= len(y) - 1:
            continue
        plain = linear_model.LinearRegression().fit(X[:, used], y)
        size = np.abs(plain.coef_).max()
        np.testing.assert_allclose(
            relaxed.coefs[used, a], plain.coef_, atol=1e-7 * size
        )
        assert relaxed.intercepts[a] == pytest.approx(plain.intercept_, rel=1e-6)
        assert not relaxed.coefs[~used, a].any()


def test_a_penalised_second_fit_is_the_lasso_on_the_support():
    model, X, y, alphas = lasso_of("diabetes")
    path = regularization_path(model, X, y, alphas=alphas)
    relaxed = relaxed_path(model, X, y, alphas=alphas, refit=0.3)
    for a, alpha in enumerate(alphas):
        used = path.coefs[:, a] != 0.0
        theirs = linear_model.Lasso(0.3 * alpha, tol=TIGHT, max_iter=100_000)
        theirs.fit(X[:, used], y)
        np.testing.assert_allclose(relaxed.coefs[used, a], theirs.coef_, atol=1e-4)
    same = relaxed_path(model, X, y, alphas=alphas, refit=1.0)
    size = np.abs(path.coefs).max()
    np.testing.assert_allclose(same.coefs, path.coefs, atol=1e-8 * size)


def test_the_blend_is_linear_and_ends_at_both():
    model, X, y, alphas = lasso_of("tall")
    path = regularization_path(model, X, y, alphas=alphas)
    none, half, whole = (
        relaxed_path(model, X, y, alphas=alphas, relax=share)
        for share in (0.0, 0.5, 1.0)
    )
    np.testing.assert_array_equal(none.coefs, path.coefs)
    np.testing.assert_array_equal(none.intercepts, path.intercepts)
    np.testing.assert_allclose(half.coefs, 0.5 * (path.coefs + whole.coefs))
    middle = 0.5 * (path.intercepts + whole.intercepts)
    np.testing.assert_allclose(half.intercepts, middle)


def test_scales_do_not_matter_without_penalty_and_bounds_hold():
    model, X, y, alphas = lasso_of("tall")
    model.set_params(penalty=Bounded("l1", -0.05, 0.1))
    relaxed = relaxed_path(model, X, y, alphas=alphas)
    assert relaxed.coefs.max() == 0.1
    assert relaxed.coefs.min() >= -0.05
    model.set_params(standardize=True)
    scaled = relaxed_path(model, X, y, alphas=[1e-3])
    plain = LinearRegressor(Bounded(None, -0.05, 0.1), tol=TIGHT).fit(X, y)
    assert (scaled.coefs != 0.0).all()
    np.testing.assert_allclose(scaled.coefs[:, 0], plain.coef_, atol=1e-8)


def test_targets_have_supports_of_their_own_and_classes_share_theirs():
    data, rng = tables.problem("tall"), np.random.default_rng(0)
    Y = np.column_stack([data.y, data.X[:, 0] + rng.normal(size=len(data.y))])
    model = LinearRegressor("l1", tol=TIGHT)
    together = relaxed_path(model, data.X, Y, alphas=[0.3])
    for c in range(2):
        alone = relaxed_path(model, data.X, Y[:, c], alphas=[0.3])
        np.testing.assert_allclose(together.coefs[c], alone.coefs, atol=1e-8)
    classes = LinearClassifier("l1", tol=1e-10)
    path = regularization_path(classes, data.X, data.classes, alphas=[0.08])
    used = path.coefs[:, :, 0].any(axis=0)
    assert 0 < used.sum() < len(used)
    relaxed = relaxed_path(classes, data.X, data.classes, alphas=[0.08])
    plain = LinearClassifier(None, tol=1e-10).fit(data.X[:, used], data.classes)
    np.testing.assert_allclose(relaxed.coefs[:, used, 0], plain.coef_, atol=1e-5)
    assert not relaxed.coefs[:, ~used].any()


def test_counts_weights_and_offsets():
    data, rng = tables.problem("tall"), np.random.default_rng(1)
    model = LinearRegressor("l1", loss="poisson", tol=1e-11)
    s, o = rng.integers(0, 3, len(data.y)), rng.normal(size=len(data.y))
    path = regularization_path(
        model, data.X, data.counts, alphas=[0.3], sample_weight=s, offset=o
    )
    relaxed = relaxed_path(
        model, data.X, data.counts, alphas=[0.3], sample_weight=s, offset=o
    )
    used = path.coefs[:, 0] != 0.0
    plain = clone(model).set_params(penalty=None)
    plain.fit(data.X[:, used], data.counts, s, o)
    np.testing.assert_allclose(relaxed.coefs[used, 0], plain.coef_, atol=1e-6)


@pytest.mark.parametrize("name", ["relax", "refit"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), "half"])
def test_shares_out_of_range_are_refused(name, value):
    model, X, y, alphas = lasso_of("tall")
    with pytest.raises(ValueError, match=rf"{name} must be a number in \[0, 1\]"):
        relaxed_path(model, X, y, alphas=alphas, **{name: value})


@pytest.mark.shared_data
def test_glmnets_relaxed_lasso(shared_folder):
    def read(part):
        return np.loadtxt(shared_folder / "golden" / f"tall_{part}.csv", delimiter=",")

    theirs, lambdas = read("gauss_relax0"), read("lambdas")[0, :3]
    X, y = read("X"), read("y")[:, 0]
    ours = relaxed_path(LinearRegressor("l1", tol=TIGHT), X, y, alphas=lambdas)
    # glmnet's second fits keep a little of the penalty.
    np.testing.assert_allclose(ours.coefs, theirs[1:], atol=1e-5)
    np.testing.assert_allclose(ours.intercepts, theirs[0], atol=1e-4)
