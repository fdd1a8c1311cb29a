"""The drop-in replacements: scikit-learn's models in scikit-learn's words.

That they pass scikit-learn's own tests is in the files test_sklearn_*.
"""

from __future__ import annotations

import inspect
import pickle
import warnings

import joblib
import numpy as np
import pytest
import scipy.sparse
import scipy.special
import sklearn
import tables
from adopted import OURS, VERSION
from sklearn import linear_model
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import scale

import sklreg
from sklreg import (
    LinearClassifier,
    LinearRegressor,
    alpha_max,
    convert_alpha,
    regularization_path,
)
from sklreg.penalties import GroupElasticNet

IS_THEIR_VERSION = sklearn.__version__.startswith(VERSION)
SHARES = [0.5, 0.1, 0.01]
every_share = pytest.mark.parametrize("share", SHARES)


def theirs(name, **parameters):
    """Return scikit-learn's estimator; before 1.8 the penalty has a name."""
    if name == "LogisticRegression" and not IS_THEIR_VERSION:
        ratio = parameters.pop("l1_ratio", 0.0)
        named = {0.0: "l2", 1.0: "l1"}.get(ratio, "elasticnet")
        ratio = ratio if named == "elasticnet" else None
        parameters |= {"penalty": named, "l1_ratio": ratio}
    return getattr(linear_model, name)(**parameters)


def quietly(model, *data, **weights):
    """Fit a model that may say it has not converged, or will have other defaults."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)
        return model.fit(*data, **weights)


# Words --------------------------------------------------------------------------------


def test_signatures_are_those_of_scikit_learn():
    """Of the version whose words they are; with another one there is nothing to see."""
    for name, ours in OURS.items():
        if IS_THEIR_VERSION:
            own, other = (
                [
                    (p.name, p.kind, repr(p.default))
                    for p in signature.parameters.values()
                ]
                for signature in map(
                    inspect.signature, (ours, getattr(linear_model, name))
                )
            )
            assert own == other, name


ESTIMATORS = {name: thing for name, thing in OURS.items() if inspect.isclass(thing)}
CHOOSING = {name for name in ESTIMATORS if name.endswith("CV")}


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("n_targets", [0, 1, 3])
def test_attributes_have_the_names_types_and_shapes_of_scikit_learn(
    name, fit_intercept, n_targets
):
    data = tables.problem("tall")
    Y = np.column_stack([data.y, data.classes, data.binary])
    y = {0: data.y, 1: Y[:, :1], 3: Y}[n_targets]
    if "Logistic" in name:
        y = {0: data.binary, 1: data.binary == 1, 3: data.classes}[n_targets]
    elif "MultiTask" in name and n_targets == 0:
        y = Y[:, :2]
    elif name in CHOOSING - {"RidgeCV"}:
        y = data.y
    fitted = [
        quietly(each(fit_intercept=fit_intercept), data.X, y)
        for each in (ESTIMATORS[name], getattr(linear_model, name))
    ]
    ours, others = (
        {key: value for key, value in vars(model).items() if key.endswith("_")}
        for model in fitted
    )
    assert set(ours) >= set(others) - {"eps_", "n_iter_", "solver_"}
    for key in set(others) & set(ours) - {"n_iter_", "solver_"}:
        assert np.shape(ours[key]) == np.shape(others[key]), key
        assert np.asarray(ours[key]).dtype == np.asarray(others[key]).dtype, key
    rows = data.X[:5]
    assert fitted[0].predict(rows).shape == fitted[1].predict(rows).shape
    if "n_iter_" in others and others["n_iter_"] is not None:
        assert np.shape(ours["n_iter_"]) == np.shape(others["n_iter_"])


@pytest.mark.parametrize("name", [n for n in ESTIMATORS if n not in CHOOSING])
def test_they_are_cloned_pickled_and_searched(name):
    data = tables.problem("tall")
    model = ESTIMATORS[name](tol=1e-5)
    y = data.binary if name == "LogisticRegression" else data.y
    y = np.column_stack([y, y]) if "MultiTask" in name else y
    model.fit(data.X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(data.X), model.predict(data.X))
    strength = "C" if name == "LogisticRegression" else "alpha"
    search = GridSearchCV(clone(model), {strength: [0.01, 1.0]}, cv=3).fit(data.X, y)
    assert search.best_params_[strength] in {0.01, 1.0}


# Solutions ----------------------------------------------------------------------------


def objective(model, X, y, weight=None):
    """Return what a fitted model minimises, for a mean loss."""
    q = np.ones(len(X)) if weight is None else weight
    W = np.atleast_2d(model.coef_)
    absolute, square = np.abs(W).sum(), 0.5 * (W**2).sum()
    name = type(model).__name__
    if name == "LogisticRegression":
        k = np.searchsorted(model.classes_, y)
        eta = model.decision_function(X)
        eta = np.column_stack([0.0 * eta, eta]) if eta.ndim == 1 else eta
        loss = -scipy.special.log_softmax(eta, axis=1)[np.arange(len(y)), k]
        ratio, alpha = model.l1_ratio or 0.0, 1.0 / (model.C * q.sum())
    else:
        r = np.reshape(y - model.predict(X), (len(y), -1))
        loss = 0.5 * (r**2).sum(axis=1)
        ratio, alpha = getattr(model, "l1_ratio", 0.0), model.alpha
        if name == "Ridge":
            alpha = alpha / q.sum()
        elif "MultiTask" in name:
            absolute = np.sqrt((W**2).sum(axis=0)).sum()
    penalty = ratio * absolute + (1.0 - ratio) * square
    return np.average(loss, weights=q) + alpha * penalty


@every_share
@pytest.mark.parametrize("problem", ["tall", "wide", "diabetes", "digits"])
@pytest.mark.parametrize(
    "name", ["Lasso", "ElasticNet", "MultiTaskLasso", "MultiTaskElasticNet"]
)
def test_by_default_they_are_as_precise_as_scikit_learn(name, problem, share):
    data = tables.problem(problem)
    y = data.y
    if "MultiTask" in name:
        y = np.column_stack([data.y, data.y.std() * data.binary])
    alpha = share * alpha_max(ESTIMATORS[name](), data.X, y)
    best = objective(ESTIMATORS[name](alpha, tol=1e-11).fit(data.X, y), data.X, y)
    ours = objective(ESTIMATORS[name](alpha).fit(data.X, y), data.X, y) - best
    other = objective(quietly(theirs(name, alpha=alpha), data.X, y), data.X, y) - best
    null = np.var(y, axis=0).sum() / 2
    assert ours <= max(other, 1e-7 * null)


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("data", ["breast_cancer", "wine"])
@pytest.mark.parametrize(("solver", "l1_ratio"), [("lbfgs", 0.0), ("saga", 1.0)])
def test_by_default_logistic_regression_is_as_precise_as_scikit_learn(
    solver, l1_ratio, data, C
):
    load = {"breast_cancer": load_breast_cancer, "wine": load_wine}[data]
    X, y = load(return_X_y=True)
    X = scale(X)
    settings = {"C": C, "solver": solver, "l1_ratio": l1_ratio}
    precise = sklreg.LogisticRegression(**settings, tol=1e-7).fit(X, y)
    ours = sklreg.LogisticRegression(**settings).fit(X, y)
    other = quietly(theirs("LogisticRegression", **settings), X, y)
    other.l1_ratio = l1_ratio
    best = objective(precise, X, y)
    assert objective(ours, X, y) - best <= max(objective(other, X, y) - best, 1e-9)


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 1.0, 1: 3.0, 2: 0.5}])
@pytest.mark.parametrize("target", ["binary", "classes"])
def test_weights_mean_what_they_mean_in_scikit_learn(target, class_weight):
    data = tables.problem("tall")
    y = getattr(data, target)
    if isinstance(class_weight, dict):
        class_weight = {k: class_weight[k % 3] for k in np.unique(y)}
    s = np.random.default_rng(0).uniform(0.0, 3.0, size=len(y))
    settings = {"C": 0.3, "class_weight": class_weight}
    if not IS_THEIR_VERSION and class_weight == "balanced":
        s = np.ones(len(y))  # its class weights do not know sample weights
    ours = sklreg.LogisticRegression(**settings, tol=1e-6).fit(data.X, y, s)
    other = linear_model.LogisticRegression(**settings, tol=1e-10, max_iter=10_000)
    other.fit(data.X, y, s)
    np.testing.assert_allclose(ours.coef_, other.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.intercept_, other.intercept_, atol=1e-5)
    np.testing.assert_allclose(
        ours.predict_proba(data.X), other.predict_proba(data.X), atol=1e-6
    )


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg", "newton-cholesky", "saga"])
def test_the_name_of_a_solver_does_not_change_the_solution(solver):
    data = tables.problem("tall")
    first = sklreg.LogisticRegression().fit(data.X, data.classes)
    other = sklreg.LogisticRegression(solver=solver).fit(data.X, data.classes)
    np.testing.assert_array_equal(other.coef_, first.coef_)


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csr_matrix])
@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
@pytest.mark.parametrize("scaling", [1, 10.0])
def test_liblinear_penalises_the_intercept(scaling, l1_ratio, make):
    data = tables.problem("tall")
    X, y = make(data.X), data.binary
    settings = {"solver": "liblinear", "intercept_scaling": scaling, "C": 0.2}
    settings["l1_ratio"] = l1_ratio
    ours = sklreg.LogisticRegression(**settings, tol=1e-6).fit(X, y)
    other = theirs("LogisticRegression", **settings, tol=1e-12, max_iter=100_000)
    other.set_params(random_state=0).fit(X, y)
    np.testing.assert_allclose(ours.coef_, other.coef_, atol=1e-5)
    np.testing.assert_allclose(ours.intercept_, other.intercept_, atol=1e-5)
    free = sklreg.LogisticRegression(**(settings | {"solver": "saga"}), tol=1e-6).fit(
        X, y
    )
    assert abs(free.intercept_ - ours.intercept_) > 1e-3


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("problem", ["tall", "wide"])
def test_ridge_takes_a_strength_for_each_target(problem, fit_intercept):
    data = tables.problem(problem)
    Y = np.column_stack([data.y, data.classes, data.binary])
    s = np.random.default_rng(0).uniform(0.0, 3.0, size=len(Y))
    alpha = np.array([0.3, 20.0, 0.3])
    settings = {"alpha": alpha, "fit_intercept": fit_intercept}
    ours = sklreg.Ridge(**settings).fit(data.X, Y, s)
    other = linear_model.Ridge(**settings).fit(data.X, Y, s)
    np.testing.assert_allclose(ours.coef_, other.coef_, atol=1e-9)
    np.testing.assert_allclose(ours.intercept_, other.intercept_, atol=1e-9)
    with pytest.raises(ValueError, match="penalties do not correspond: 2 != 3"):
        sklreg.Ridge([1.0, 2.0]).fit(data.X, Y)
    with pytest.raises(ValueError, match="finite and at least 0"):
        sklreg.Ridge([1.0, -2.0, 1.0]).fit(data.X, Y)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("problem", ["tall", "wide"])
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("LassoCV", {}),
        ("LassoCV", {"positive": True, "fit_intercept": False}),
        ("ElasticNetCV", {"l1_ratio": [0.5, 0.95], "alphas": [3.0, 0.3, 0.1]}),
    ],
)
def test_cross_validation_is_that_of_scikit_learn(name, parameters, problem, weighted):
    data = tables.problem(problem)
    s = np.random.default_rng(0).uniform(0.5, 2.0, size=len(data.y))
    s = s if weighted else None
    if not IS_THEIR_VERSION:  # an int is news
        parameters = {"alphas": data.y.std() * np.geomspace(1, 1e-2, 20)} | parameters
    settings = {"cv": 4, "eps": 1e-2, **parameters}
    ours = ESTIMATORS[name](**settings, tol=1e-7).fit(data.X, data.y, s)
    other = theirs(name, **settings, tol=1e-9, max_iter=1_000_000)
    other.fit(data.X, data.y, s)
    np.testing.assert_allclose(ours.alphas_, other.alphas_)
    np.testing.assert_allclose(ours.mse_path_, other.mse_path_, rtol=1e-4)
    assert ours.alpha_ == pytest.approx(other.alpha_)
    assert getattr(ours, "l1_ratio_", 1.0) == getattr(other, "l1_ratio_", 1.0)
    np.testing.assert_allclose(ours.coef_, other.coef_, atol=1e-3)


RIDGES = [
    {},
    {"store_cv_results": True, "scoring": "r2"},
    {"store_cv_results": True, "gcv_mode": "svd", "fit_intercept": False},
    {"alpha_per_target": True},
    {"alpha_per_target": True, "scoring": "neg_mean_absolute_error"},
    {"cv": 4},
    {"cv": 4, "scoring": "neg_mean_absolute_error"},
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("problem", ["tall", "wide", "diabetes"])
@pytest.mark.parametrize("settings", RIDGES, ids=repr)
def test_ridge_cv_chooses_as_scikit_learn(settings, problem, weighted):
    data = tables.problem(problem)
    noise = np.random.default_rng(0).normal(size=len(data.y))
    Y = np.column_stack([data.y, noise, data.y + 10.0 * data.y.std() * noise])
    s = np.random.default_rng(0).uniform(0.5, 2.0, size=len(Y)) if weighted else None
    if "cv" in settings and not IS_THEIR_VERSION:
        s = None  # it did not weigh these scores
    alphas = [1.0, 100.0, 0.01, 1e-3, 10.0, 1e4]
    for y in (Y,) if "alpha_per_target" in settings else (data.y, Y):
        ours = sklreg.RidgeCV(alphas, **settings).fit(data.X, y, s)
        other = linear_model.RidgeCV(alphas, **settings).fit(data.X, y, s)
        np.testing.assert_array_equal(ours.alpha_, other.alpha_)
        np.testing.assert_allclose(ours.best_score_, other.best_score_, rtol=1e-7)
        size = np.abs(other.coef_).max()
        np.testing.assert_allclose(ours.coef_, other.coef_, atol=1e-8 * size)
        np.testing.assert_allclose(ours.intercept_, other.intercept_, rtol=1e-7)
        if "store_cv_results" in settings:
            kept = other.cv_results_
            close = {"rtol": 1e-6, "atol": 1e-8 * np.abs(kept).max()}
            np.testing.assert_allclose(ours.cv_results_, kept, **close)


def test_ridge_cv_does_without_rows_of_weight_zero():
    data = tables.problem("tall")
    s = np.arange(len(data.y)) % 3.0
    used = s > 0.0
    for settings in ({}, {"scoring": "r2"}, {"cv": 4, "scoring": "r2"}):
        if "cv" in settings:
            folds = np.array_split(np.arange(len(s)), 4)
            pairs = [(np.setdiff1d(np.arange(len(s)), rows), rows) for rows in folds]
            place = np.cumsum(used) - 1
            fewer = [tuple(place[part[used[part]]] for part in pair) for pair in pairs]
            whole, part = settings | {"cv": pairs}, settings | {"cv": fewer}
        else:
            whole = part = settings | {"store_cv_results": True}
        first = sklreg.RidgeCV(**whole).fit(data.X, data.y, s)
        again = sklreg.RidgeCV(**part).fit(data.X[used], data.y[used], s[used])
        np.testing.assert_allclose(first.coef_, again.coef_, rtol=1e-8)
        if "cv" not in settings:
            kept, others = first.cv_results_[used], first.cv_results_[~used]
            np.testing.assert_allclose(kept, again.cv_results_, rtol=1e-8)
            assert np.isnan(others).all() if settings else not others.any()


def test_ridge_cv_takes_undefined_scores_for_the_worst():
    data = tables.problem("tall")

    def scorer(model, X, y):
        size = np.abs(model.coef_).max()
        return np.nan if size > 1e-3 else size

    model = sklreg.RidgeCV([1e-3, 1e9, 1e8, 1.0], scoring=scorer, cv=3)
    with pytest.warns(UserWarning, match="2 of 4 scores are not finite"):
        model.fit(data.X, data.y)
    assert model.alpha_ == 1e8


LOGISTICS = [
    {},
    {"scoring": "neg_log_loss", "class_weight": "balanced"},
    {"scoring": "neg_brier_score", "fit_intercept": False},
    {"scoring": "balanced_accuracy", "refit": False, "class_weight": {0: 1.0, 1: 2.5}},
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
@pytest.mark.parametrize("settings", LOGISTICS, ids=repr)
def test_logistic_regression_cv_chooses_as_scikit_learn(settings, load, weighted):
    X, y = load(return_X_y=True)
    X = scale(X)
    s = np.random.default_rng(0).uniform(0.5, 2.0, size=len(y)) if weighted else None
    if isinstance(settings.get("class_weight"), dict):
        factors = settings["class_weight"]
        settings = settings | {"class_weight": {k: factors[k % 2] for k in set(y)}}
    if not IS_THEIR_VERSION and settings.get("class_weight") == "balanced":
        s = None  # its class weights do not know sample weights
    settings = settings | {"Cs": [1.0, 0.03, 0.3, 1e-3, 30.0], "cv": 4}
    ours = quietly(sklreg.LogisticRegressionCV(**settings, tol=1e-6), X, y, s)
    other = linear_model.LogisticRegressionCV(
        **settings, tol=1e-10, solver="newton-cholesky"
    )
    quietly(other, X, y, s)
    np.testing.assert_array_equal(ours.C_, other.C_)
    np.testing.assert_allclose(ours.coef_, other.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.intercept_, other.intercept_, atol=1e-6)
    for label, paths in other.coefs_paths_.items():
        np.testing.assert_allclose(ours.scores_[label], other.scores_[label], atol=1e-6)
        np.testing.assert_allclose(ours.coefs_paths_[label], paths, atol=1e-5)


#: What says all that the defaults of LogisticRegressionCV will say.
SAID = {"l1_ratios": (0,), "scoring": "neg_log_loss", "use_legacy_attributes": False}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("target", "parameters"),
    [
        ("classes", {"solver": "saga", "l1_ratios": (0.4, 1)}),
        (
            "binary",
            {"solver": "liblinear", "l1_ratios": (1,), "intercept_scaling": 9.0},
        ),
        ("binary", {"class_weight": {0: 0.5, 1: 2.0}}),
        ("classes", {"Cs": [np.inf, 1.0]}),
    ],
)
def test_a_fold_is_fitted_as_its_rows_alone(target, parameters, weighted):
    data = tables.problem("tall")
    y = getattr(data, target)
    s = np.random.default_rng(0).uniform(0.5, 2.0, size=len(y)) if weighted else None
    folds = list(StratifiedKFold(3).split(data.X, y))
    settings = SAID | {"Cs": [0.05, 1.0], "tol": 1e-6, "cv": folds} | parameters
    model = sklreg.LogisticRegressionCV(**settings).fit(data.X, y, s)
    of_one = {"solver", "intercept_scaling", "class_weight", "tol"}
    shared = {name: each for name, each in settings.items() if name in of_one}
    score = get_scorer("neg_log_loss")
    for i, (train, test) in enumerate(folds):
        weights = (None, None) if s is None else (s[train], s[test])
        for m, l1_ratio in enumerate(settings["l1_ratios"]):
            for k, C in enumerate(settings["Cs"]):
                one = sklreg.LogisticRegression(C=C, l1_ratio=l1_ratio, **shared)
                one.fit(data.X[train], y[train], weights[0])
                both = np.column_stack([one.coef_, one.intercept_])
                path = model.coefs_paths_[i, m, k]
                np.testing.assert_allclose(path, both, rtol=1e-4, atol=1e-4)
                scored = score(one, data.X[test], y[test], sample_weight=weights[1])
                assert model.scores_[i, m, k] == pytest.approx(scored, rel=1e-4)
    one = sklreg.LogisticRegression(C=model.C_, l1_ratio=model.l1_ratio_, **shared)
    np.testing.assert_allclose(
        model.coef_, one.fit(data.X, y, s).coef_, rtol=1e-4, atol=1e-4
    )


def test_folds_end_where_lbfgs_may_and_the_last_fit_does():
    """Where the largest derivative of the mean loss is at most `tol`."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 101)), rng.integers(3, size=120)
    folds, C = list(StratifiedKFold(3).split(X, y)), 0.5
    steps = []
    for tol in (1e-2, 1e-5):
        settings = SAID | {"Cs": [C], "cv": folds, "tol": tol}
        model = sklreg.LogisticRegressionCV(**settings).fit(X, y)
        fits = [
            (train, model.coefs_paths_[k, 0, 0]) for k, (train, _) in enumerate(folds)
        ]
        last = np.column_stack([model.coef_, model.intercept_])
        for rows, coef in [*fits, (slice(None), last)]:
            Z = np.column_stack([X[rows], np.ones(len(y[rows]))])
            residual = scipy.special.softmax(Z @ coef.T, axis=1) - np.eye(3)[y[rows]]
            gradient = (
                residual.T @ Z + np.pad(coef[:, :-1] / C, ((0, 0), (0, 1)))
            ) / len(Z)
            assert np.abs(gradient).max() <= tol
        steps.append(model.n_iter_.sum())
    assert 2 * steps[0] < steps[1]


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("target", ["binary", "classes"])
def test_both_layouts_hold_the_same(target, refit):
    data = tables.problem("tall")
    y = getattr(data, target)
    settings = SAID | {"solver": "saga", "l1_ratios": (0.5, 1), "Cs": [0.1, 0.5, 2.0]}
    model = sklreg.LogisticRegressionCV(**settings, cv=4, refit=refit)
    new = clone(model).fit(data.X, y)
    old = clone(model).set_params(use_legacy_attributes=True).fit(data.X, y)
    labels = new.classes_ if target == "classes" else new.classes_[1:]
    assert list(old.scores_) == list(old.coefs_paths_) == list(labels)
    for k, label in enumerate(labels):
        np.testing.assert_array_equal(old.scores_[label].swapaxes(1, 2), new.scores_)
        paths = old.coefs_paths_[label].swapaxes(1, 2)
        np.testing.assert_array_equal(paths, new.coefs_paths_[:, :, :, k])
    np.testing.assert_array_equal(old.n_iter_[0].swapaxes(1, 2), new.n_iter_)
    np.testing.assert_array_equal(old.C_, np.full(len(labels), new.C_))
    np.testing.assert_array_equal(old.l1_ratio_, np.full(len(labels), new.l1_ratio_))
    np.testing.assert_array_equal(old.coef_, new.coef_)


def test_of_equal_scores_the_first_one_is_taken():
    data = tables.problem("tall")
    settings = {"Cs": [1.0, 0.1, 10.0], "scoring": lambda *_: 1.0}
    model = sklreg.LogisticRegressionCV(**SAID | settings).fit(data.X, data.binary)
    assert model.C_ == 1.0
    ridge = sklreg.RidgeCV([1.0, 0.1, 10.0], cv=3, scoring=lambda *_: 1.0)
    assert ridge.fit(data.X, data.y).alpha_ == 1.0


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_folds_are_worked_on_in_threads_whatever_the_backend(backend):
    data = tables.problem("tall")
    alone = sklreg.LassoCV(alphas=5).fit(data.X, data.y)
    with joblib.parallel_backend(backend):
        together = sklreg.LassoCV(alphas=5, n_jobs=2).fit(data.X, data.y)
    np.testing.assert_array_equal(together.mse_path_, alone.mse_path_)


@pytest.mark.parametrize("n_targets", [1, 2])
def test_paths_are_those_of_scikit_learn(n_targets):
    data = tables.problem("tall")
    X, y = data.X - data.X.mean(axis=0), data.y - data.y.mean()
    y = y if n_targets == 1 else np.column_stack([y, scale(data.binary)])
    alphas = alpha_max(LinearRegressor("l1"), X, y) * np.geomspace(1.0, 0.01, 7)
    found = sklreg.enet_path(X, y, l1_ratio=0.7, alphas=alphas, return_n_iter=True)
    other = linear_model.enet_path(
        X, y, l1_ratio=0.7, alphas=alphas, tol=1e-12, max_iter=100_000
    )
    np.testing.assert_array_equal(found[0], other[0])
    np.testing.assert_allclose(found[1], other[1], atol=1e-5)
    assert found[2].max() <= 1e-7 * np.var(y, axis=0).sum()
    assert isinstance(found[3], list)
    assert len(found[3]) == 7
    single = sklreg.lasso_path(X, y, alphas=[alphas[3]], max_iter=500, tol=1e-9)
    again = sklreg.enet_path(X, y, l1_ratio=1.0, alphas=alphas[3:4], tol=1e-9)
    np.testing.assert_array_equal(single[1], again[1])


def test_paths_keep_single_precision():
    data = tables.problem("tall")
    X, y = data.X.astype(np.float32), data.y.astype(np.float32)
    assert sklreg.lasso_path(X, y, alphas=3)[1].dtype == np.float32


# Beside the general estimators --------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "source"),
    [
        (sklreg.Lasso(0.3), "Lasso"),
        (sklreg.ElasticNet(0.3, l1_ratio=0.2), "ElasticNet"),
        (sklreg.Ridge(7.0), "Ridge"),
        (sklreg.LogisticRegression(C=0.1), "LogisticRegression"),
        (
            sklreg.LogisticRegression(C=0.1, l1_ratio=0.4, solver="saga"),
            "LogisticRegression",
        ),
    ],
    ids=repr,
)
def test_convert_alpha_tells_the_general_estimator(model, source):
    data = tables.problem("tall")
    value = model.C if source == "LogisticRegression" else model.alpha
    alpha, l1_ratio = convert_alpha(
        value,
        f"sklearn.{source}",
        l1_ratio=getattr(model, "l1_ratio", None),
        sample_weight_sum=len(data.y),
    )
    logistic = source == "LogisticRegression"
    general = LinearClassifier if logistic else LinearRegressor
    y = data.binary if logistic else data.y
    general = general("elasticnet", alpha, l1_ratio=l1_ratio, tol=1e-12)
    model = clone(model).set_params(tol=1e-9).fit(data.X, y)
    coef = general.fit(data.X, y).coef_
    np.testing.assert_allclose(model.coef_, coef, atol=1e-6)


def test_convert_alpha_knows_several_tasks():
    data = tables.problem("tall")
    Y = np.column_stack([data.y, data.classes])
    source = "sklearn.MultiTaskElasticNet"
    alpha, l1_ratio = convert_alpha(0.3, source, l1_ratio=0.2)
    penalty = GroupElasticNet(l1_ratio=l1_ratio, weights=1.0)
    general = LinearRegressor(penalty, alpha, tol=1e-12).fit(data.X, Y)
    model = sklreg.MultiTaskElasticNet(0.3, l1_ratio=0.2, tol=1e-9).fit(data.X, Y)
    np.testing.assert_allclose(model.coef_, general.coef_, atol=1e-6)
    assert convert_alpha(0.3, "sklearn.MultiTaskLasso") == (0.3, 1.0)


def test_convert_alpha_knows_those_that_choose():
    data = tables.problem("tall")
    size = {"sample_weight_sum": len(data.y)}
    ridge = sklreg.RidgeCV([3.0, 30.0]).fit(data.X, data.y)
    alpha, _ = convert_alpha(ridge.alpha_, "sklearn.RidgeCV", **size)
    coef = LinearRegressor("l2", alpha, tol=1e-12).fit(data.X, data.y).coef_
    np.testing.assert_allclose(ridge.coef_, coef, atol=1e-6)
    model = sklreg.LogisticRegressionCV(**SAID | {"Cs": [0.1, 1.0], "tol": 1e-9})
    model.fit(data.X, data.binary)
    alpha, l1_ratio = convert_alpha(model.C_, "sklearn.LogisticRegressionCV", **size)
    assert l1_ratio == 0.0
    coef = LinearClassifier("l2", alpha, tol=1e-12).fit(data.X, data.binary).coef_
    np.testing.assert_allclose(model.coef_, coef, atol=1e-6)
    lasso = sklreg.LassoCV(alphas=5, tol=1e-9).fit(data.X, data.y)
    assert convert_alpha(lasso.alpha_, "sklearn.LassoCV") == (lasso.alpha_, 1.0)
    source = "sklearn.ElasticNetCV"
    assert convert_alpha(0.2, source) == (0.2, 0.5)
    assert convert_alpha(0.2, source, l1_ratio=0.9) == (0.2, 0.9)


def test_alpha_max_is_where_their_weights_become_zero():
    data = tables.problem("tall")
    Y = np.column_stack([data.y, data.classes])
    for model, y in (
        (sklreg.Lasso(), data.y),
        (sklreg.ElasticNet(l1_ratio=0.3), data.y),
        (sklreg.MultiTaskLasso(), Y),
    ):
        strongest = alpha_max(model, data.X, y)
        at = clone(model).set_params(alpha=strongest * (1.0 + 1e-9)).fit(data.X, y)
        below = clone(model).set_params(alpha=0.99 * strongest).fit(data.X, y)
        assert not at.coef_.any()
        assert below.coef_.any()
    sparse = sklreg.LogisticRegression(l1_ratio=1.0, solver="saga")
    C = 1.0 / (alpha_max(sparse, data.X, data.binary) * len(data.y))
    at = clone(sparse).set_params(C=C * (1.0 - 1e-9)).fit(data.X, data.binary)
    below = clone(sparse).set_params(C=1.01 * C).fit(data.X, data.binary)
    assert not at.coef_.any()
    assert below.coef_.any()
    for ridge in (sklreg.Ridge(), sklreg.RidgeCV()):
        assert alpha_max(ridge, data.X, data.y) == np.inf
    several = sklreg.LogisticRegressionCV(l1_ratios=(1,), solver="saga")
    strongest = alpha_max(several, data.X, data.binary)
    assert strongest == alpha_max(sparse, data.X, data.binary)
    several.set_params(l1_ratios=(0.5, 1))
    with pytest.raises(ValueError, match="of which a model has but one"):
        alpha_max(several, data.X, data.binary)


def test_a_path_of_theirs_is_a_path_of_the_general_estimator():
    data = tables.problem("tall")
    path = regularization_path(sklreg.Lasso(), data.X, data.y, alphas=5)
    general = LinearRegressor("l1", tol=1e-7)
    again = regularization_path(general, data.X, data.y, alphas=5)
    np.testing.assert_array_equal(path.coefs, again.coefs)


def test_a_penalised_intercept_has_no_general_estimator():
    data = tables.problem("tall")
    model = sklreg.LogisticRegression(solver="liblinear", l1_ratio=1.0)
    with pytest.raises(ValueError, match="penalises the intercept"):
        alpha_max(model, data.X, data.binary)
    model.set_params(fit_intercept=False)
    assert 0.0 < alpha_max(model, data.X, data.binary) < np.inf


# What is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (sklreg.Lasso(precompute=np.eye(3)), "precompute must have shape"),
        (sklreg.Lasso(precompute=np.eye(7), fit_intercept=False), "entry .* should be"),
        (sklreg.MultiTaskLasso(), "For mono-task outputs, use Lasso"),
        (sklreg.MultiTaskElasticNet(), "For mono-task outputs, use ElasticNet"),
        (sklreg.Ridge(solver="lbfgs"), "only when positive=True"),
        (sklreg.Ridge(solver="svd", positive=True), "does not support positive"),
        (sklreg.RidgeCV(cv=3, store_cv_results=True), "incompatible"),
        (sklreg.RidgeCV([1.0, 0.0]), r"alphas\[1\] == 0.0, must be > 0"),
        (sklreg.RidgeCV([1.0, -1.0], cv=3), r"alphas\[1\] == -1.0, must be >= 0"),
    ],
    ids=repr,
)
def test_what_scikit_learn_refuses_is_refused(model, message):
    data = tables.problem("tall")
    with pytest.raises(ValueError, match=message):
        model.fit(data.X, data.y)


def test_a_gram_matrix_beside_sparse_data_is_ignored():
    """As scikit-learn ignores it: no warning, the same coefficients."""
    data = tables.problem("tall")
    X = scipy.sparse.csc_array(data.X)
    given = sklreg.Lasso(0.1, precompute=data.X.T @ data.X).fit(X, data.y)
    np.testing.assert_array_equal(given.coef_, sklreg.Lasso(0.1).fit(X, data.y).coef_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"l1_ratio": 1.0}, "supports only 'l2' or None penalties"),
        ({"dual": True}, "supports only dual=False"),
        ({"solver": "liblinear", "l1_ratio": 0.5}, "Only 'saga' solver supports"),
        ({"solver": "liblinear", "C": np.inf}, "not supported for the liblinear"),
        ({"solver": "liblinear", "l1_ratio": 1.0, "dual": True}, "Unsupported set"),
    ],
    ids=repr,
)
def test_what_scikit_learns_solver_cannot_do_is_refused(parameters, message):
    data = tables.problem("tall")
    with pytest.raises(ValueError, match=message):
        sklreg.LogisticRegression(**parameters).fit(data.X, data.binary)


def test_three_classes_are_too_many_for_liblinear():
    data = tables.problem("tall")
    with pytest.raises(ValueError, match="does not support multiclass"):
        sklreg.LogisticRegression(solver="liblinear").fit(data.X, data.classes)


def test_a_warning_names_the_estimator_and_the_line_that_fitted():
    data = tables.problem("wide")
    model = sklreg.Lasso(1e-3, max_iter=1)
    with pytest.warns(ConvergenceWarning, match="^Lasso did not converge") as caught:
        model.fit(data.X, data.y)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"penalty": "l2"}, "'penalty' was deprecated"),
        ({"l1_ratio": None}, "'l1_ratio=None' was deprecated"),
        ({"n_jobs": 2}, "'n_jobs' has no effect"),
    ],
    ids=repr,
)
def test_what_is_deprecated_says_so(parameters, message):
    data = tables.problem("tall")
    plain = sklreg.LogisticRegression().fit(data.X, data.binary)
    with pytest.warns(FutureWarning, match=message) as caught:
        model = sklreg.LogisticRegression(**parameters).fit(data.X, data.binary)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(model.coef_, plain.coef_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"penalty": "l2", "l1_ratios": None}, "'penalty' was deprecated"),
        ({"l1_ratios": None}, "'l1_ratios=None' was deprecated"),
        ({"l1_ratios": "warn"}, "default value for l1_ratios"),
        ({"scoring": "warn"}, "default value of the parameter 'scoring'"),
        ({"use_legacy_attributes": "warn"}, "default value of use_legacy_attributes"),
    ],
    ids=repr,
)
def test_what_will_change_says_so(parameters, message):
    data = tables.problem("tall")
    settings = SAID | {"Cs": [0.1], "scoring": "accuracy"}
    plain = sklreg.LogisticRegressionCV(**settings).fit(data.X, data.binary)
    model = sklreg.LogisticRegressionCV(**settings | parameters)
    with pytest.warns(match=message) as caught:
        model.fit(data.X, data.binary)
    assert caught[0].filename == __file__
    assert caught[0].category is FutureWarning
    np.testing.assert_array_equal(model.coef_, plain.coef_)
    with pytest.warns(FutureWarning, match="sample_weight"):
        model.score(data.X, data.binary, np.ones(len(data.y)))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Cs": []}, "Cs must be a number of strengths or positive numbers"),
        ({"Cs": [1.0, 0.0]}, "Cs must be a number of strengths or positive numbers"),
        ({"l1_ratios": (0.5, 2.0), "solver": "saga"}, "numbers between 0 and 1"),
        ({"l1_ratios": (), "solver": "saga"}, "numbers between 0 and 1"),
        ({"l1_ratios": (1,)}, "supports only 'l2' or None penalties"),
        ({"l1_ratios": (0, 1), "solver": "liblinear"}, "Only 'saga' solver supports"),
    ],
    ids=repr,
)
def test_what_no_fold_can_do_is_refused(parameters, message):
    data = tables.problem("tall")
    model = sklreg.LogisticRegressionCV(**SAID | parameters)
    with pytest.raises(ValueError, match=message):
        model.fit(data.X, data.binary)


def test_sparsify_keeps_predictions_and_warm_starts():
    data = tables.problem("tall")
    model = sklreg.LogisticRegression(
        solver="saga", l1_ratio=1.0, C=0.05, warm_start=True
    )
    before = model.fit(data.X, data.classes).predict_proba(data.X)
    assert scipy.sparse.issparse(model.sparsify().coef_)
    np.testing.assert_allclose(model.predict_proba(data.X), before)
    again = model.fit(data.X, data.classes)
    np.testing.assert_allclose(again.predict_proba(data.X), before, atol=1e-6)
    assert isinstance(model.sparsify().densify().coef_, np.ndarray)


def test_paths_of_one_target_in_a_matrix_have_its_axis():
    X, y = load_diabetes(return_X_y=True)
    _, theirs, _ = linear_model.enet_path(X, y[:, None], alphas=[1.0, 0.1])
    _, ours, _ = sklreg.enet_path(X, y[:, None], alphas=[1.0, 0.1])
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-2, atol=1.0)


@pytest.mark.parametrize(
    "name",
    ["Lasso", "LassoCV", "ElasticNetCV", "MultiTaskLasso", "MultiTaskElasticNet"],
)
def test_their_path_is_the_function_of_that_name(name):
    theirs, ours = getattr(linear_model, name), getattr(sklreg, name)
    assert ours.path is getattr(sklreg, theirs.path.__name__)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (sklreg.ElasticNetCV(l1_ratio=[0.5, 2.0]), "from 0 to 1, got"),
        (sklreg.ElasticNetCV(l1_ratio=[]), "from 0 to 1, got"),
        (sklreg.RidgeCV([]), "at least one strength"),
        (sklreg.RidgeCV([np.nan, 1.0]), "must be finite"),
    ],
)
def test_grids_that_mean_nothing_are_refused(model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(*load_diabetes(return_X_y=True))


def test_a_criterion_of_a_drop_in_is_that_of_what_it_stands_for():
    X, y = load_diabetes(return_X_y=True)
    path = sklreg.regularization_path(sklreg.Lasso(), X, y, alphas=4)
    ours = sklreg.information_criterion(sklreg.Lasso(), X, y, path)
    general = sklreg.LinearRegressor("l1")
    same = sklreg.information_criterion(general, X, y, path)
    np.testing.assert_allclose(ours.values, same.values)
