"""Information criteria: likelihoods of others, degrees of freedom by differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse
import scipy.stats
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import LassoLarsIC
from sklearn.preprocessing import scale

from sklreg import (
    LinearClassifier,
    LinearRegressor,
    MLPRegressor,
    information_criterion,
    regularization_path,
)
from sklreg.penalties import L2, GroupElasticNet, GroupL1, Weighted

DIABETES = load_diabetes(return_X_y=True)
TIGHT = 1e-13


def small(shape, seed=0):
    draw = np.random.default_rng(seed)
    X = np.where(draw.random(shape) < 0.7, draw.normal(1.0, 1.0, shape), 0.0)
    y = X[:, :2].sum(axis=1) + 0.5 * draw.normal(size=shape[0])
    return X, y, draw.exponential(size=shape[0])


def freedom_by_differences(model, X, y, weight):
    """Return the trace of the derivative of predictions by targets, intercept apart.

    On the scale of eta; with a canonical link, times the derivative of the mean.
    """
    step, total, mean = 1e-4, 0.0, model.fit(X, y, weight).predict(X)
    factor = mean if model.loss == "poisson" else np.ones_like(mean)
    for i in np.ndindex(*y.shape):
        etas = []
        for sign in (1.0, -1.0):
            moved = y.copy()
            moved[i] += sign * step
            etas.append(model.fit(X, moved, weight)._linear_predictor(X)[i[0]])
        slope = np.ravel(etas[0] - etas[1])[-1 if len(i) == 1 else i[1]] / (2 * step)
        total += factor[i] * slope
    return total - model.fit_intercept * (y.size // len(y))


MODELS = {
    "l1": ("l1", {}),
    "l2": ("l2", {}),
    "elasticnet": ("elasticnet", {"l1_ratio": 0.6}),
    "group": (GroupL1(groups=[0, 0, 0, 1, 1, 1]), {}),
    "no_intercept": ("elasticnet", {"fit_intercept": False}),
    "standardized": ("elasticnet", {"standardize": True}),
    "positive": ("elasticnet", {"positive": True}),
    "poisson_l2": ("l2", {"loss": "poisson"}),
    "poisson": ("elasticnet", {"loss": "poisson"}),
}


@pytest.mark.parametrize("setting", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_freedom_is_the_trace_of_a_derivative(setting, sparse):
    penalty, settings = setting
    X, y, weight = small((25, 6))
    y = np.round(np.exp(0.3 * y)) + 1.0 if settings.get("loss") == "poisson" else y
    X = scipy.sparse.csc_array(X) if sparse else X
    model = LinearRegressor(penalty, 0.05, tol=TIGHT, **settings)
    path = regularization_path(model, X, y, alphas=[0.05], sample_weight=weight)
    found = information_criterion(model, X, y, path, sample_weight=weight)
    expected = freedom_by_differences(model, X, y, weight)
    assert found.freedom[0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("penalty", ["l2", "elasticnet"])
def test_freedom_of_few_rows(penalty, loss):
    X, y, weight = small((8, 20))
    y = np.abs(y) if loss == "poisson" else y
    model = LinearRegressor(penalty, 0.3, loss=loss, tol=TIGHT)
    path = regularization_path(model, X, y, alphas=[0.3], sample_weight=weight)
    found = information_criterion(model, X, y, path, sample_weight=weight)
    expected = freedom_by_differences(model, X, y, weight)
    assert found.freedom[0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("penalty", ["group", "elasticnet", "l2"])
def test_freedom_of_several_targets(penalty):
    X, y, weight = small((25, 6))
    Y = np.column_stack([y, X[:, 2] - X[:, 1]])
    model = LinearRegressor(penalty, 0.1, tol=TIGHT)
    path = regularization_path(model, X, Y, alphas=[0.1], sample_weight=weight)
    found = information_criterion(model, X, Y, path, sample_weight=weight)
    expected = freedom_by_differences(model, X, Y, weight)
    assert found.freedom[0] == pytest.approx(expected, rel=1e-4)


def test_freedom_of_the_lasso_is_the_number_of_coefficients():
    X, y = DIABETES
    model = LinearRegressor("l1")
    path = regularization_path(model, X, y, alphas=20)
    found = information_criterion(model, X, y, path, criterion="aic")
    np.testing.assert_array_equal(found.freedom, (path.coefs != 0.0).sum(axis=0))
    assert found.freedom[0] == 0.0


def test_freedom_of_softmax_by_its_formula():
    X, y = scale(load_wine().data[:, :4]), load_wine().target
    model = LinearClassifier("l2", 0.05, tol=1e-10)
    path = regularization_path(model, X, y, alphas=[0.05])
    found = information_criterion(model, X, y, path)
    probability = model.fit(X, y).predict_proba(X)
    Z = np.column_stack([X, np.ones(len(y))])
    hessian = np.zeros((15, 15))
    for x, p in zip(Z, probability, strict=True):
        hessian += np.kron(np.diag(p) - np.outer(p, p), np.outer(x, x)) / len(y)
    bent = hessian + np.diag(np.tile([0.05, 0.05, 0.05, 0.05, 0.0], 3))
    whole = np.trace(np.linalg.pinv(bent) @ hessian)
    assert found.freedom[0] == pytest.approx(
        whole - 2.0, rel=1e-6
    )  # intercepts: rank 2


def test_freedom_of_ridge_runs_from_nothing_to_all():
    X, y = DIABETES
    model = LinearRegressor("l2")
    path = regularization_path(model, X, y, alphas=[1e6, 1.0, 1e-12])
    freedom = information_criterion(model, X, y, path).freedom
    assert freedom[0] < 1e-4 < freedom[1] < freedom[2]
    assert freedom[2] == pytest.approx(10.0)


# The likelihood -----------------------------------------------------------------------


@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_as_scikit_learn_with_a_known_variance(criterion):
    X, y = DIABETES
    theirs = LassoLarsIC(criterion).fit(X, y)
    model = LinearRegressor("l1", tol=TIGHT)
    knots = theirs.alphas_[theirs.criterion_.argmin() + np.array([0, 1])]
    # Between two knots the criterion changes with the residuals alone.
    alphas = np.append(theirs.alphas_[0] * 1.5, knots[0] * (1.0 + 1e-6))
    path = regularization_path(model, X, y, alphas=alphas)
    variance = theirs.noise_variance_
    ours = information_criterion(
        model, X, y, path, criterion=criterion, dispersion=variance
    )
    assert ours.values[0] == pytest.approx(theirs.criterion_[0], rel=1e-12)
    assert ours.values[1] == pytest.approx(theirs.criterion_.min(), rel=1e-6)


def test_gaussian_likelihood_of_the_best_variance():
    X, y = DIABETES
    model = LinearRegressor("l1")
    path = regularization_path(model, X, y, alphas=3)
    found = information_criterion(model, X, y, path)
    for a in range(3):
        r = y - X @ path.coefs[:, a] - path.intercepts[a]
        expected = -2.0 * scipy.stats.norm.logpdf(r, scale=r.std()).sum()
        assert found.deviances[a] == pytest.approx(expected, rel=1e-10)
        bic = expected + math.log(len(y)) * (path.coefs[:, a] != 0.0).sum()
        assert found.values[a] == pytest.approx(bic, rel=1e-10)


def test_likelihood_of_counts():
    X, y = DIABETES
    y = np.random.default_rng(0).poisson(y / 50)
    model = LinearRegressor("l1", loss="poisson")
    path = regularization_path(model, X, y, alphas=3)
    found = information_criterion(model, X, y, path, criterion="aic")
    means = np.exp(X @ path.coefs + path.intercepts)
    expected = -2.0 * scipy.stats.poisson.logpmf(y[:, None], means).sum(axis=0)
    differences = np.diff(found.values - 2.0 * found.freedom)
    np.testing.assert_allclose(differences, np.diff(expected), rtol=1e-8)
    doubled = information_criterion(model, X, y, path, dispersion=2.0)
    np.testing.assert_allclose(doubled.deviances, found.deviances / 2.0)


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
def test_likelihood_of_classes(load):
    X, y = scale(load().data), load().target
    model = LinearClassifier("l1")
    path = regularization_path(model, X, y, alphas=[0.05])
    found = information_criterion(model, X, y, path)
    probability = model.set_params(alpha=0.05).fit(X, y).predict_proba(X)
    expected = -2.0 * np.log(probability[np.arange(len(y)), y]).sum()
    assert found.deviances[0] == pytest.approx(expected, rel=1e-5)
    assert found.freedom[0] == np.count_nonzero(path.coefs)


def test_extended_by_the_number_of_models():
    X, y = DIABETES
    model = LinearRegressor("l1")
    path = regularization_path(model, X, y, alphas=8)
    bic = information_criterion(model, X, y, path)
    same = information_criterion(model, X, y, path, criterion="ebic", gamma=0.0)
    np.testing.assert_array_equal(same.values, bic.values)
    ebic = information_criterion(model, X, y, path, criterion="ebic", gamma=0.5)
    sizes = (path.coefs != 0.0).sum(axis=0)
    choices = [math.log(math.comb(10, size)) for size in sizes]
    np.testing.assert_allclose(ebic.values - bic.values, choices, atol=1e-9)


def test_weights_repeat_rows():
    X, y = DIABETES
    counts = np.random.default_rng(0).integers(0, 4, size=len(y))
    model = LinearRegressor("elasticnet", tol=TIGHT)
    path = regularization_path(model, X, y, alphas=4, sample_weight=counts)
    weighted = information_criterion(model, X, y, path, sample_weight=counts)
    rows = np.repeat(np.arange(len(y)), counts)
    repeated = information_criterion(model, X[rows], y[rows], path)
    np.testing.assert_allclose(weighted.values, repeated.values, rtol=1e-10)
    doubled = information_criterion(model, X, y, path, sample_weight=2.0)
    plain = information_criterion(model, X, y, path)
    np.testing.assert_allclose(doubled.deviances, 2.0 * plain.deviances)


def test_true_features_are_found():
    draw = np.random.default_rng(0)
    X = draw.normal(size=(300, 50))
    y = X[:, :3] @ [1.0, -1.0, 1.0] + draw.normal(size=300)
    model = LinearRegressor("l1")
    path = regularization_path(model, X, y)
    sizes = {}
    for criterion in ("aic", "bic", "ebic"):
        found = information_criterion(model, X, y, path, criterion=criterion)
        sizes[criterion] = found.freedom[found.minimum()]
    assert sizes["aic"] >= sizes["bic"] >= sizes["ebic"] >= 3.0
    assert sizes["aic"] < 50.0
    assert (path.coefs[:3, found.minimum()] != 0.0).all()


# What is refused ----------------------------------------------------------------------

REFUSED = {
    "criterion": (LinearRegressor("l1"), {"criterion": "cp"}, "criterion"),
    "gamma": (LinearRegressor("l1"), {"gamma": 2.0}, "gamma"),
    "dispersion": (LinearRegressor("l1"), {"dispersion": 0.0}, "dispersion"),
    "gamma_loss": (LinearRegressor("l1", loss="gamma"), {}, "dispersion must be given"),
    "huber": (LinearRegressor("l1", loss="huber"), {}, "likelihood"),
    "mcp": (LinearRegressor("mcp"), {}, "convex"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_refused(case):
    model, options, message = case
    X, y = DIABETES
    path = regularization_path(model, X, y, alphas=[1.0])
    with pytest.raises(ValueError, match=message):
        information_criterion(model, X, y, path, **options)


def test_refused_with_classes_paths_and_networks():
    X, y = DIABETES
    labels = y > 100
    model = LinearClassifier("l1", class_weight="balanced")
    path = regularization_path(model, X, labels, alphas=[0.1])
    with pytest.raises(ValueError, match="class_weight"):
        information_criterion(model, X, labels, path)
    model = LinearRegressor("l1")
    with pytest.raises(ValueError, match="path of the same X"):
        information_criterion(model, X[:, :5], y, path)
    with pytest.raises(TypeError, match="LinearRegressor"):
        information_criterion(MLPRegressor(), X, y, path)


def test_freedom_is_that_of_the_ridge_a_penalty_is():
    """Half of one, none at all, and what is none of these."""
    X, y, weight = small((25, 6))
    no_groups = {"groups": [0, 0, 0, 1, 1, 1], "weights": 0.0}
    for penalty, same, alpha in (
        (GroupElasticNet(l1_ratio=0.5, **no_groups), L2(), 0.05),
        (GroupL1(**no_groups), L2(), 0.0),
        (Weighted("l2", weights=0.5), L2(), 0.05),
    ):
        found = []
        for each, strength in ((penalty, 0.1), (same, alpha)):
            model = LinearRegressor(each, tol=TIGHT)
            path = regularization_path(
                model, X, y, alphas=[strength], sample_weight=weight
            )
            freedom = information_criterion(model, X, y, path, sample_weight=weight)
            found.append(freedom.freedom[0])
        assert found[0] == pytest.approx(found[1], rel=1e-9)


@pytest.mark.parametrize("penalty", ["l1", "l2", None])
def test_freedom_without_strength_is_the_rank(penalty):
    X = np.random.default_rng(0).normal(size=(50, 5))
    X[:, 1], X[:, 3], X[:, 4] = X[:, 0], 5.0, X[:, 0] - X[:, 2]
    model = LinearRegressor(penalty, alpha=0.0)
    path = regularization_path(model, X, X.sum(axis=1), alphas=[0.0])
    found = information_criterion(model, X, X.sum(axis=1), path)
    assert found.freedom[0] == pytest.approx(2.0)
