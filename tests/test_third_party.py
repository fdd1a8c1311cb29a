"""The same coefficients as scikit-learn and R's glmnet, once alpha is converted."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import scipy.special
import tables
from sklearn import linear_model, svm
from sklearn.base import clone
from sklearn.preprocessing import scale

from sklreg import LinearClassifier, LinearRegressor, convert_alpha
from sklreg.losses import Huber, Tweedie
from sklreg.model_selection.convert import SOURCES
from sklreg.penalties import ElasticNet

TIGHT = 1e-12

regression = pytest.mark.parametrize("problem", ["tall", "wide", "diabetes"])
weighting = pytest.mark.parametrize(
    "weighted", [False, True], ids=["equal", "weighted"]
)


def weights(n, weighted):
    return np.random.default_rng(0).exponential(size=n) if weighted else None


def total(n, s):
    return n if s is None else s.sum()


def assert_same(ours, theirs, atol=1e-6):
    """Compare coefficients relative to the largest, and intercepts."""
    size = max(np.abs(theirs.coef_).max(), 1e-12)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=atol * size)
    reach = max(size, np.abs(theirs.intercept_).max())
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=atol * reach)


# scikit-learn -------------------------------------------------------------------------


@weighting
@regression
@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_lasso(problem, weighted, positive, fit_intercept):
    data = tables.problem(problem)
    s = weights(len(data.y), weighted)
    more = {"positive": positive, "fit_intercept": fit_intercept}
    value = 0.02 * data.X.std() * data.y.std()
    theirs = linear_model.Lasso(value, tol=TIGHT, max_iter=100_000, **more)
    theirs.fit(data.X, data.y, s)
    alpha, l1_ratio = convert_alpha(value, "sklearn.Lasso")
    assert l1_ratio == 1.0
    ours = LinearRegressor("l1", alpha, tol=TIGHT, **more).fit(data.X, data.y, s)
    assert_same(ours, theirs)
    np.testing.assert_array_equal(ours.coef_ == 0.0, theirs.coef_ == 0.0)


@weighting
@regression
@pytest.mark.parametrize("l1_ratio", [0.1, 0.9])
def test_elastic_net(problem, weighted, l1_ratio):
    data = tables.problem(problem)
    s = weights(len(data.y), weighted)
    value = 0.02 * data.X.std() * data.y.std()
    theirs = linear_model.ElasticNet(
        value, l1_ratio=l1_ratio, tol=TIGHT, max_iter=100_000
    ).fit(data.X, data.y, s)
    alpha, ratio = convert_alpha(value, "sklearn.ElasticNet", l1_ratio=l1_ratio)
    ours = LinearRegressor("elasticnet", alpha, l1_ratio=ratio, tol=TIGHT)
    assert_same(ours.fit(data.X, data.y, s), theirs)


@weighting
@regression
def test_ridge(problem, weighted):
    data = tables.problem(problem)
    s = weights(len(data.y), weighted)
    theirs = linear_model.Ridge(0.7, solver="svd").fit(data.X, data.y, s)
    alpha, l1_ratio = convert_alpha(
        0.7, "sklearn.Ridge", sample_weight_sum=total(len(data.y), s)
    )
    assert l1_ratio == 0.0
    assert_same(LinearRegressor("l2", alpha, tol=TIGHT).fit(data.X, data.y, s), theirs)


@weighting
@pytest.mark.parametrize("problem", ["tall", "diabetes"])
def test_linear_regression(problem, weighted):
    data = tables.problem(problem)
    s = weights(len(data.y), weighted)
    theirs = linear_model.LinearRegression().fit(data.X, data.y, s)
    assert_same(LinearRegressor(None).fit(data.X, data.y, s), theirs)


def logistic(C, l1_ratio, **more):
    """Return scikit-learn's estimator; `penalty` went away in version 1.8."""
    if linear_model.LogisticRegression().penalty == "deprecated":
        return linear_model.LogisticRegression(C=C, l1_ratio=l1_ratio, **more)
    if l1_ratio in {0.0, 1.0}:
        penalty = "l1" if l1_ratio else "l2"
        return linear_model.LogisticRegression(C=C, penalty=penalty, **more)
    return linear_model.LogisticRegression(
        C=C, penalty="elasticnet", l1_ratio=l1_ratio, **more
    )


@weighting
@pytest.mark.parametrize("target", ["binary", "classes"])
@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky"])
def test_logistic_regression_l2(target, solver, weighted):
    data = tables.problem("tall")
    y = getattr(data, target)
    s = weights(len(y), weighted)
    tol = 1e-8 if solver == "lbfgs" else 1e-12
    theirs = logistic(0.3, 0.0, solver=solver, tol=tol, max_iter=10_000).fit(
        data.X, y, s
    )
    alpha, l1_ratio = convert_alpha(
        0.3, "sklearn.LogisticRegression", sample_weight_sum=total(len(y), s)
    )
    assert l1_ratio == 0.0
    ours = LinearClassifier("l2", alpha, tol=TIGHT).fit(data.X, y, s)
    if target == "classes":  # ours has mean zero; theirs, nearly
        theirs.intercept_ = theirs.intercept_ - theirs.intercept_.mean()
    assert_same(ours, theirs, atol=1e-5 if solver == "lbfgs" else 1e-6)


@weighting
@pytest.mark.parametrize("problem", ["tall", "breast_cancer"])
def test_logistic_regression_l1_of_liblinear(problem, weighted):
    """It penalises the intercept, hence without."""
    data = tables.problem(problem)
    s = weights(len(data.y), weighted)
    theirs = logistic(
        0.5, 1.0, solver="liblinear", tol=1e-11, max_iter=20_000, fit_intercept=False
    ).fit(data.X, data.binary, s)
    alpha, l1_ratio = convert_alpha(
        0.5,
        "sklearn.LogisticRegression",
        l1_ratio=1.0,
        sample_weight_sum=total(len(data.y), s),
    )
    assert l1_ratio == 1.0
    ours = LinearClassifier("l1", alpha, fit_intercept=False, tol=TIGHT)
    assert_same(ours.fit(data.X, data.binary, s), theirs)


@pytest.mark.parametrize("target", ["binary", "classes"])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_logistic_regression_l1_of_saga(target, l1_ratio):
    data = tables.problem("tall")
    X, y = scale(data.X), getattr(data, target)
    theirs = logistic(
        0.2, l1_ratio, solver="saga", tol=1e-9, max_iter=20_000, random_state=0
    ).fit(X, y)
    alpha, ratio = convert_alpha(
        0.2, "sklearn.LogisticRegression", l1_ratio=l1_ratio, sample_weight_sum=len(y)
    )
    ours = LinearClassifier(ElasticNet(ratio), alpha, tol=TIGHT).fit(X, y)

    def objective(model):
        log_p = model.predict_log_proba(X)[np.arange(len(y)), y]
        penalty = ratio * np.abs(model.coef_) + 0.5 * (1 - ratio) * model.coef_**2
        return -log_p.mean() + alpha * penalty.sum()

    assert objective(ours) == pytest.approx(ours.objective_, rel=1e-12)
    assert ours.objective_ <= objective(theirs) + 1e-14
    assert ours.objective_ == pytest.approx(objective(theirs), rel=1e-7)
    np.testing.assert_allclose(
        ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5
    )


def huber_regressor_objective(X, y, model, w, b):
    """Return scikit-learn's objective at the scale its model found."""
    z = np.abs(y - X @ w - b) / model.scale_
    outside = 2.0 * model.epsilon * z - model.epsilon**2
    H = np.where(z < model.epsilon, z**2, outside)
    return model.scale_ * (len(y) + H.sum()) + model.alpha * w @ w


@pytest.mark.parametrize("problem", ["tall", "diabetes"])
@pytest.mark.parametrize("epsilon", [1.1, 1.35, 3.0])
def test_huber_regressor(problem, epsilon):
    r"""Its objective, ``n sigma + sum_i sigma H(r_i / sigma) + a |w|^2``.

    With ``H(z) = z^2`` up to epsilon and ``2 epsilon |z| - epsilon^2`` beyond, a sum of
    twice our Huber losses of ``delta = epsilon sigma``, over sigma. At its sigma the
    weights minimise ``mean huber(r) + (a sigma / n) |w|^2 / 2``.
    """
    data = tables.problem(problem)
    X, y = scale(data.X), data.y / data.y.std()
    y = y + 5.0 * (np.arange(len(y)) % 13 == 0)
    theirs = linear_model.HuberRegressor(
        epsilon=epsilon, alpha=2.0, tol=1e-11, max_iter=10_000, warm_start=True
    )
    with contextlib.suppress(ValueError):  # raised where no step improves any more
        for _ in range(20):  # each run of its L-BFGS stops early
            theirs.fit(X, y)
    ours = LinearRegressor(
        "l2",
        2.0 * theirs.scale_ / len(y),
        loss=Huber(delta=epsilon * theirs.scale_),
        tol=TIGHT,
    ).fit(X, y)
    # collinear columns leave its coefficients at 1e-5 of ours, which reach lower
    assert_same(ours, theirs, atol=1e-6 if problem == "tall" else 1e-4)
    reached, other = (
        huber_regressor_objective(X, y, theirs, model.coef_, model.intercept_)
        for model in (ours, theirs)
    )
    assert other * (1.0 - 1e-9) <= reached <= other * (1.0 + 1e-14)


#: theirs, our loss, target
DEVIANCES = {
    "poisson": (linear_model.PoissonRegressor(), "poisson", "counts"),
    "gamma": (linear_model.GammaRegressor(), "gamma", "sizes"),
} | {
    f"tweedie_{power}": (
        linear_model.TweedieRegressor(power=power, link="log"),
        Tweedie(power=power),
        "amounts" if 1 < power < 2 else "sizes",
    )
    for power in (0, 1, 1.2, 1.5, 1.9, 2, 3)
}


@weighting
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("name", DEVIANCES)
def test_generalised_linear_models(name, weighted, fit_intercept):
    theirs, loss, target = DEVIANCES[name]
    data = tables.problem("tall")
    X, y = scale(data.X), getattr(data, target)
    s = weights(len(y), weighted)
    more = {"alpha": 0.05, "fit_intercept": fit_intercept}
    # Newton's method gives up where the loss is not convex
    solver = "newton-cholesky" if 1 <= getattr(theirs, "power", 1) <= 2 else "lbfgs"
    theirs = clone(theirs).set_params(solver=solver, tol=1e-10, max_iter=10_000, **more)
    theirs.fit(X, y, s)
    ours = LinearRegressor("l2", loss=loss, tol=TIGHT, **more).fit(X, y, s)
    assert_same(ours, theirs)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6)
    assert ours.score(X, y, s) == pytest.approx(theirs.score(X, y, s), abs=1e-8)


@weighting
@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("problem", ["tall", "breast_cancer"])
def test_linear_svc(problem, penalty, weighted):
    """``C sum(s f) + P(w)``; liblinear penalises the intercept, hence without."""
    data = tables.problem(problem)
    X, s = scale(data.X), weights(len(data.y), weighted)
    theirs = svm.LinearSVC(
        penalty, C=0.3, dual=False, fit_intercept=False, tol=1e-9, max_iter=100_000
    ).fit(X, data.binary, s)
    alpha = 1.0 / (0.3 * total(len(data.y), s))
    ours = LinearClassifier(
        penalty, alpha, loss="squared_hinge", fit_intercept=False, tol=TIGHT
    ).fit(X, data.binary, s)
    assert_same(ours, theirs)
    np.testing.assert_array_equal(ours.coef_ == 0.0, theirs.coef_ == 0.0)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


# convert_alpha ------------------------------------------------------------------------


def half_squared(y, eta):
    return 0.5 * (y - eta) ** 2


def log_loss(y, eta):
    return np.logaddexp(0.0, eta) - y * eta


def half_poisson(y, eta):
    return scipy.special.xlogy(y, y) - y * eta - y + np.exp(eta)


def half_gamma(y, eta):
    return eta - np.log(y) + y * np.exp(-eta) - 1.0


def half_tweedie(y, eta, power=1.5):
    a, b = 1.0 - power, 2.0 - power
    there = np.exp(eta)
    return y**b / (a * b) - y * there**a / a + there**b / b


def l1(W):
    return np.abs(W).sum()


def rows(W):
    return np.linalg.norm(W, axis=1).sum()


def l2(W):
    return (W**2).sum()


N, K = 20, 2
S = np.random.default_rng(1).exponential(size=N)

#: source, loss of one number, what the library adds up, keyword arguments.
#: `f` are its losses of shape (N, K), `v` the strength, the last column the weights.
OBJECTIVES = {
    "sklearn.Lasso": (
        half_squared,
        lambda f, W, v: S @ f.sum(1) / S.sum() + v * l1(W),
        {},
    ),
    "sklearn.ElasticNet": (
        half_squared,
        lambda f, W, v: S @ f.sum(1) / S.sum() + v * (0.3 * l1(W) + 0.35 * l2(W)),
        {"l1_ratio": 0.3},
    ),
    "sklearn.Ridge": (
        half_squared,
        lambda f, W, v: 2 * S @ f.sum(1) + v * l2(W),
        {"sample_weight_sum": S.sum()},
    ),
    "sklearn.LogisticRegression": (
        log_loss,
        lambda f, W, v: v * S @ f.sum(1) + 0.4 * l1(W) + 0.3 * l2(W),
        {"sample_weight_sum": S.sum(), "l1_ratio": 0.4},
    ),
    "sklearn.MultiTaskLasso": (
        half_squared,
        lambda f, W, v: S @ f.sum(1) / S.sum() + v * rows(W),
        {},
    ),
    "sklearn.MultiTaskElasticNet": (
        half_squared,
        lambda f, W, v: S @ f.sum(1) / S.sum() + v * (0.4 * rows(W) + 0.3 * l2(W)),
        {"l1_ratio": 0.4},
    ),
    "sklearn.PoissonRegressor": (
        half_poisson,
        lambda f, W, v: S @ f.sum(1) / S.sum() + v / 2 * l2(W),
        {},
    ),
    "sklearn.GammaRegressor": (
        half_gamma,
        lambda f, W, v: S @ f.sum(1) / S.sum() + v / 2 * l2(W),
        {},
    ),
    "sklearn.TweedieRegressor": (
        half_tweedie,
        lambda f, W, v: S @ f.sum(1) / S.sum() + v / 2 * l2(W),
        {},
    ),
    # one step weighs a row's gradient by s_i and adds that of the whole penalty
    "sklearn.SGD": (
        log_loss,
        lambda f, W, v: S @ f.sum(1) / N + v * (0.15 * l1(W) + 0.425 * l2(W)),
        {"sample_weight_sum": S.sum(), "batch_size": N, "l1_ratio": 0.15},
    ),
    "sklearn.MLP": (
        log_loss,
        lambda f, W, v: f.sum(1).mean() + v / 2 * l2(W) / N,
        {"batch_size": N},
    ),
    "keras.l1": (log_loss, lambda f, W, v: f.sum(1).mean() + v * l1(W), {}),
    "keras.l2": (log_loss, lambda f, W, v: f.sum(1).mean() + v * l2(W), {}),
    "keras.l1_l2": (
        log_loss,
        lambda f, W, v: f.sum(1).mean() + v[0] * l1(W) + v[1] * l2(W),
        {},
    ),
    "keras.l1+mse": (
        half_squared,
        lambda f, W, v: 2 * f.mean() + v * l1(W),
        {"n_outputs": K},
    ),
    "keras.l2+mse": (
        half_squared,
        lambda f, W, v: 2 * f.mean() + v * l2(W),
        {"n_outputs": K},
    ),
    "keras.l1_l2+mse": (
        half_squared,
        lambda f, W, v: 2 * f.mean() + v[0] * l1(W) + v[1] * l2(W),
        {"n_outputs": K},
    ),
    "torch.weight_decay": (
        log_loss,
        lambda f, W, v: f.sum(1).mean() + v / 2 * l2(W),
        {},
    ),
    "torch.weight_decay+mse": (
        half_squared,
        lambda f, W, v: 2 * f.mean() + v / 2 * l2(W),
        {"n_outputs": K},
    ),
    "glmnet": (
        half_squared,
        lambda f, W, v: S @ f.sum(1) / S.sum() + v * (0.6 * l1(W) + 0.2 * l2(W) / 1.7),
        {"l1_ratio": 0.6, "target_std": 1.7},
    ),
}
#: Sources whose objective above does not weigh rows.
OBJECTIVES |= {
    f"sklearn.{name}{kind}": OBJECTIVES[f"sklearn.{name}"]
    for name in ("MLP", "SGD")
    for kind in ("Classifier", "Regressor")
}
OBJECTIVES |= {
    f"sklearn.{name}CV": OBJECTIVES[f"sklearn.{name}"]
    for name in ("Lasso", "ElasticNet", "Ridge", "LogisticRegression")
}
UNWEIGHTED = ("keras", "torch", "sklearn.MLP")


def test_every_source_has_its_objective():
    assert set(OBJECTIVES) == set(SOURCES)


@pytest.mark.parametrize("source", OBJECTIVES)
@pytest.mark.parametrize("strength", [0.0, 0.03, 2.0])
def test_convert_alpha_states_the_same_problem(source, strength):
    """Their objective is ours times a constant, whatever the weights."""
    if source.startswith("sklearn.LogisticRegression") and strength == 0.0:
        strength = 1e-3  # C is positive
    loss, theirs, arguments = OBJECTIVES[source]
    value = (strength, 0.7) if source.startswith("keras.l1_l2") else strength
    alpha, ratio = convert_alpha(value, source, **arguments)
    assert isinstance(alpha, float)
    assert isinstance(ratio, float)
    s = np.ones(N) if source.startswith(UNWEIGHTED) else S
    rng = np.random.default_rng(2)
    y, X = rng.integers(0, 2, size=(N, K)) + 0.5, rng.normal(size=(N, 3))
    pairs = []
    for _ in range(6):
        W = rng.normal(size=(3, K))
        f = loss(y, X @ W)
        data = s @ f.sum(axis=1) / s.sum()
        first = rows if source.startswith("sklearn.MultiTask") else l1
        penalty = ratio * first(W) + 0.5 * (1.0 - ratio) * l2(W)
        pairs.append((data + alpha * penalty, theirs(f, W, value)))
    ours, other = np.array(pairs).T
    np.testing.assert_allclose(other / ours, other[0] / ours[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("value", "source", "more", "error", "words"),
    [
        (1.0, "sklearn.Laso", {}, ValueError, "sklearn.Lasso.*got 'sklearn.Laso'"),
        (-1.0, "sklearn.Lasso", {}, ValueError, "value must be .*got -1.0"),
        (float("nan"), "sklearn.Lasso", {}, ValueError, "value must be .*got nan"),
        ("1", "sklearn.Lasso", {}, ValueError, "value must be .*got '1'"),
        (0.0, "sklearn.LogisticRegression", {}, ValueError, "C must be positive"),
        (1.0, "sklearn.Ridge", {}, TypeError, "needs sample_weight_sum.*n_samples"),
        (1.0, "sklearn.SGD", {"sample_weight_sum": 3}, TypeError, "needs batch_size"),
        (1.0, "sklearn.MLP", {}, TypeError, "needs batch_size.*lbfgs"),
        (1.0, "glmnet", {"l1_ratio": 0.5}, TypeError, "needs target_std"),
        (1.0, "keras.l1_l2", {}, ValueError, r"pair \(l1, l2\).*got 1.0"),
        ((1.0, 2.0), "keras.l1", {}, ValueError, r"got \(1.0, 2.0\)"),
        (1.0, "glmnet", {"l1_ratio": 1.5}, ValueError, "l1_ratio must .*got 1.5"),
        (
            1.0,
            "sklearn.Ridge",
            {"sample_weight_sum": 0.0},
            ValueError,
            "sample_weight_sum must be .*got 0.0",
        ),
        (
            1.0,
            "keras.l1+mse",
            {"n_outputs": 0},
            ValueError,
            "n_outputs must be .*got 0",
        ),
    ],
)
def test_convert_alpha_says_what_is_wrong(value, source, more, error, words):
    with pytest.raises(error, match=words):
        convert_alpha(value, source, **more)


# glmnet -------------------------------------------------------------------------------

#: file, family, how the estimator is set, rows of weights
GOLDEN = {
    "gauss_lasso": ("gaussian", {}, False),
    "gauss_enet05": ("gaussian", {"l1_ratio": 0.5}, False),
    "gauss_lasso_noint": ("gaussian", {"fit_intercept": False}, False),
    "gauss_lasso_std": ("gaussian", {"standardize": True}, False),
    "gauss_lasso_pos": ("gaussian", {"positive": True}, False),
    "gauss_lasso_w": ("gaussian", {}, True),
    "binom_lasso": ("binomial", {}, False),
    "binom_enet05": ("binomial", {"l1_ratio": 0.5}, False),
    "binom_lasso_w": ("binomial", {}, True),
    "multinom_ungrouped": ("multinomial", {}, False),
    "poisson_lasso": ("poisson", {"loss": "poisson"}, False),
}


@pytest.mark.shared_data
@pytest.mark.parametrize("name", GOLDEN)
def test_glmnet(shared_folder, name):
    def read(part):
        path = shared_folder / "golden" / f"tall_{part}.csv"
        return np.loadtxt(path, delimiter=",")

    family, settings, weighted = GOLDEN[name]
    X, table, expected = read("X"), read("y"), read(name)
    families = ["gaussian", "binomial", "multinomial", "poisson"]
    y = table[:, families.index(family)]
    lambdas = read("lambdas")[{"gaussian": 0, "poisson": 2}.get(family, 1)]
    of_numbers = family in {"gaussian", "poisson"}
    estimator = LinearRegressor if of_numbers else LinearClassifier
    ratio = settings.get("l1_ratio", 1.0)
    spread = y.std() if family == "gaussian" else 1.0
    for i, value in enumerate(lambdas):
        alpha, l1_ratio = convert_alpha(
            value, "glmnet", l1_ratio=ratio, target_std=spread
        )
        model = estimator("elasticnet", alpha, tol=1e-13)
        model.set_params(**settings | {"l1_ratio": l1_ratio})
        model.fit(X, y, table[:, 4] if weighted else None)
        theirs = expected[:, i :: len(lambdas)].T  # a row a class
        coef = np.atleast_2d(model.coef_)
        np.testing.assert_allclose(coef, theirs[:, 1:], atol=1e-6)
        intercept = np.atleast_1d(model.intercept_)
        np.testing.assert_allclose(intercept, theirs[:, 0], atol=1e-5)
        np.testing.assert_array_equal(coef == 0.0, np.abs(theirs[:, 1:]) < 1e-9)
