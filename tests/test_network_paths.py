"""Paths of networks over their strength, and choosing one by cross-validation."""

from __future__ import annotations

import functools
import pickle

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    make_friedman1,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sklreg import (
    LinearClassifierCV,
    LinearRegressor,
    LinearRegressorCV,
    MLPClassifier,
    MLPClassifierCV,
    MLPRegressor,
    MLPRegressorCV,
    mlp_path,
)
from sklreg.model_selection.adaptive import adapted
from sklreg.penalties import GroupL1, SparseGroupL1, Weighted

DIABETES = scale(load_diabetes().data), load_diabetes().target / 100.0
CANCER = scale(load_breast_cancer().data), load_breast_cancer().target
IRIS = scale(load_iris().data), load_iris().target
FOLDS = KFold(3, shuffle=True, random_state=0)
STRATIFIED = StratifiedKFold(3, shuffle=True, random_state=0)
#: Quick to train, and smooth, so that minimisation ends at its tolerance.
SMALL = {
    "hidden_layer_sizes": 4,
    "activation": "tanh",
    "max_iter": 5,
    "max_fun": 200,
    "random_state": 0,
}
QUICK = {**SMALL, "alphas": [0.3, 0.02, 0.001], "polish": False, "adaptive": 0}
ADAPTIVE = {**QUICK, "adaptive": "auto"}


def exponential(n, seed=0):
    return np.random.default_rng(seed).exponential(size=n)


def single(model):
    """Return the network of one strength with the same parameters."""
    names = set(model._model._get_param_names()) - {"refit"}
    shared = {k: v for k, v in model.get_params(deep=False).items() if k in names}
    return model._model(**shared, warm_start=True, refit=False)


def loss_of(fitted, X, y, weight):
    if hasattr(fitted, "classes_"):
        p = fitted.predict_proba(X)
        return log_loss(y, p, sample_weight=weight, labels=fitted.classes_)
    return np.average(0.5 * (fitted.predict(X) - y) ** 2, weights=weight)


def in_a_loop(model, X, y, weight, measure=loss_of):
    """Return the held-out losses as everybody would compute them."""
    losses = []
    for train, test in model.cv.split(X, y):
        fitted, row = single(model), []
        for alpha in sorted(model.alphas_):
            fitted.set_params(alpha=alpha).fit(X[train], y[train], weight[train])
            row.append(measure(fitted, X[test], y[test], weight[test]))
        losses.append(row[::-1])
    return np.array(losses)


@functools.cache
def chosen_of_iris(rule="min", n_jobs=None):
    """Return a network that chose, on data small enough for many laws."""
    model = MLPClassifierCV("l1", **QUICK, cv=STRATIFIED, rule=rule, n_jobs=n_jobs)
    return model.fit(*IRIS)


# Without hidden layer -----------------------------------------------------------------


@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
def test_without_hidden_layer_it_is_the_linear_regression(penalty):
    X, y = DIABETES
    same = {"penalty": penalty, "alphas": 6, "cv": FOLDS}
    weight = exponential(len(y))
    network = MLPRegressorCV(**same, hidden_layer_sizes=(), polish_tol=1e-9)
    network.fit(X, y, weight)
    linear = LinearRegressorCV(**same, tol=1e-9).fit(X, y, weight)
    np.testing.assert_allclose(network.alphas_, linear.alphas_, rtol=1e-12)
    np.testing.assert_allclose(network.fold_losses_, linear.fold_losses_, rtol=1e-5)
    np.testing.assert_allclose(network.coefs_[0][:, 0], linear.coef_, atol=1e-5)
    assert network.alpha_ == pytest.approx(linear.alpha_, rel=1e-12)
    for k, coefs in enumerate(network.path_.coefs):
        expected = linear.path_.coefs[:, k]
        np.testing.assert_allclose(coefs[0][:, 0], expected, atol=1e-5)


@pytest.mark.parametrize("data", [CANCER, IRIS], ids=["two classes", "three classes"])
def test_without_hidden_layer_it_is_the_linear_classification(data):
    same = {"penalty": "l1", "alphas": 5, "alpha_min_ratio": 0.02, "cv": STRATIFIED}
    network = MLPClassifierCV(**same, hidden_layer_sizes=(), polish_tol=1e-9)
    network.fit(*data)
    linear = LinearClassifierCV(**same, tol=1e-9).fit(*data)
    np.testing.assert_allclose(network.fold_losses_, linear.fold_losses_, rtol=1e-5)
    assert network.alpha_ == pytest.approx(linear.alpha_, rel=1e-12)


# With hidden layers -------------------------------------------------------------------


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_folds_are_a_loop_of_warm_starts(sparse):
    X, y = DIABETES
    X = scipy.sparse.csc_array(np.where(np.abs(X) < 0.5, 0.0, X)) if sparse else X
    weight = exponential(len(y))
    model = MLPRegressorCV("l1", **QUICK, cv=FOLDS).fit(X, y, weight)
    expected = in_a_loop(model, X.tocsr() if sparse else X, y, weight)
    np.testing.assert_allclose(model.fold_losses_, expected, rtol=1e-9)


def test_held_out_losses_are_plain():
    more = {"class_weight": "balanced", "label_smoothing": 0.1, "dropout": 0.1}
    model = MLPClassifierCV("l1", **QUICK, **more, cv=STRATIFIED)
    weight = exponential(len(IRIS[1]))
    expected = in_a_loop(model.fit(*IRIS, weight), *IRIS, weight)
    np.testing.assert_allclose(model.fold_losses_, expected, rtol=1e-9)


def test_scores_choose_if_asked():
    model = MLPClassifierCV("l1", **QUICK, cv=STRATIFIED, scoring="accuracy")
    weight = exponential(len(IRIS[1]))
    model.fit(*IRIS, weight)

    def loss(fitted, X, y, weight):
        return -fitted.score(X, y, weight)

    expected = in_a_loop(model, *IRIS, weight, loss)
    np.testing.assert_allclose(model.fold_losses_, expected, rtol=1e-12)
    assert model.score(*IRIS) == np.mean(model.predict(IRIS[0]) == IRIS[1])


def test_threads_change_nothing():
    one, several = chosen_of_iris(), chosen_of_iris(n_jobs=3)
    np.testing.assert_array_equal(one.fold_losses_, several.fold_losses_)
    for a, b in zip(one.coefs_, several.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("n_jobs", [None, 3])
def test_a_random_state_is_drawn_from_once(n_jobs):
    settings = {**QUICK, "random_state": np.random.RandomState(5), "n_jobs": n_jobs}
    model = MLPRegressorCV("l1", **settings, cv=FOLDS).fit(*DIABETES)
    seed = np.random.RandomState(5).randint(np.iinfo(np.int32).max)
    settings["random_state"] = int(seed)
    other = MLPRegressorCV("l1", **settings, cv=FOLDS).fit(*DIABETES)
    np.testing.assert_array_equal(model.fold_losses_, other.fold_losses_)


def test_early_stopping_goes_along():
    model = MLPClassifierCV("l1", **QUICK, cv=STRATIFIED, early_stopping=True)
    expected = in_a_loop(model.fit(*IRIS), *IRIS, np.ones(len(IRIS[1])))
    np.testing.assert_allclose(model.fold_losses_, expected, rtol=1e-9)
    assert len(model.validation_loss_curve_) == model.n_iter_


def test_several_targets_and_labels():
    X = IRIS[0]
    targets, labels = X[:, :2], (X > 0.0).astype(int)
    regressor = MLPRegressorCV("l1", **QUICK, cv=FOLDS).fit(X[:, 2:], targets)
    assert regressor.predict(X[:, 2:]).shape == targets.shape
    classifier = MLPClassifierCV("l1", **QUICK, cv=FOLDS).fit(X, labels)
    assert classifier.predict(X).shape == labels.shape


# The choice and the refit -------------------------------------------------------------


def test_rules():
    lowest, simple = chosen_of_iris("min"), chosen_of_iris("1se")
    curve = lowest.curve_
    assert lowest.alpha_ == lowest.alphas_[np.argmin(lowest.mean_losses_)]
    assert simple.alpha_ == simple.alpha_1se_ == lowest.alpha_1se_ >= lowest.alpha_
    limit = lowest.mean_losses_.min() + lowest.standard_errors_[curve.minimum()]
    within = lowest.mean_losses_ <= limit
    assert simple.alpha_ == lowest.alphas_[within].max()
    last = chosen_of_iris(lambda curve: len(curve.alphas) - 1)
    assert last.alpha_ == min(QUICK["alphas"])
    np.testing.assert_array_equal(last.fold_losses_, lowest.fold_losses_)


def test_the_refit_is_on_the_path_of_all_rows():
    model = chosen_of_iris()
    path = mlp_path(single(model), *IRIS, alphas=QUICK["alphas"])
    k = int(np.flatnonzero(path.alphas == model.alpha_)[0])
    for name in ("coefs", "intercepts"):
        chosen = getattr(path, name)[k]
        kept = getattr(model.path_, name)[k]
        for a, b, c in zip(getattr(model, f"{name}_"), chosen, kept, strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(a, c)
    assert model.loss_ == path.losses[k]
    assert model.sparsity_ == path.sparsities[k]


@pytest.mark.parametrize(
    ("network", "penalty", "later"),
    [
        (MLPClassifier, "l1", 25),  # 10 mini-batches a pass, and 250 steps
        (MLPClassifier, "group", 100),
        (MLPRegressor, "l1", 100),
    ],
)
def test_later_strengths_with_classes_have_fewer_epochs(network, penalty, later):
    X, y = IRIS
    model = network(penalty, hidden_layer_sizes=2, tol=0.0, n_iter_no_change=10**6)
    model.set_params(batch_size=15, max_iter=100, polish=False, random_state=0)
    path = mlp_path(model, X, y, alphas=[0.01, 0.003, 0.001])
    np.testing.assert_array_equal(path.n_iters, [later, later, 100])
    whole = mlp_path(model.set_params(max_iter=20), X, y, alphas=[0.01, 0.001])
    np.testing.assert_array_equal(whole.n_iters, [20, 20])


def test_without_refit_there_are_no_weights():
    model = MLPRegressorCV("l1", **QUICK, cv=FOLDS, refit=False).fit(*DIABETES)
    assert model.alpha_ in QUICK["alphas"]
    assert not hasattr(model, "coefs_")
    assert not hasattr(model, "path_")


def test_there_is_no_partial_fit():
    assert not hasattr(MLPRegressorCV(), "partial_fit")
    assert hasattr(MLPRegressor(), "partial_fit")


def test_groups_reach_the_splitter():
    X, y = IRIS
    groups = np.arange(len(y)) % 6
    model = MLPClassifierCV("l1", **QUICK, cv=GroupKFold(3)).fit(X, y, groups=groups)
    assert model.fold_losses_.shape == (3, 3)
    with pytest.raises(ValueError, match="fit got"):
        MLPClassifierCV("l1", **QUICK).fit(X, y, colours=groups)


def test_clone_pickle_and_pipeline():
    model = chosen_of_iris()
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        again.predict_proba(IRIS[0]), model.predict_proba(IRIS[0])
    )
    other = clone(model)
    assert not hasattr(other, "alpha_")
    piped = make_pipeline(StandardScaler(), other).fit(*IRIS)
    assert piped.score(*IRIS) == pytest.approx(model.score(*IRIS), abs=0.02)


def test_progress_counts_every_fit(capsys):
    MLPRegressorCV("l1", **QUICK, cv=FOLDS, verbose=1).fit(*DIABETES)
    assert "12/12" in capsys.readouterr().err


def test_one_warning_for_all_fits():
    settings = {**SMALL, "max_fun": 1, "alphas": [0.1, 0.01], "cv": FOLDS}
    settings |= {"adaptive": 0, "polish": True}
    with pytest.warns(ConvergenceWarning, match="8 of 8 fits") as caught:
        MLPRegressorCV("l1", **settings).fit(*DIABETES)
    assert len(caught) == 1


# Penalties that adapt -----------------------------------------------------------------

#: Enough to select features, and quick.
SELECTING = {
    "penalty": "group",
    "hidden_layer_sizes": 8,
    "alphas": 8,
    "alpha_min_ratio": 5e-3,
    "polish": False,
    "rule": "1se",
    "random_state": 0,
}


def with_noise(X, n_noise, seed=0):
    """Return standardised features beside as many columns of noise as asked for."""
    noise = np.random.default_rng(seed).standard_normal((len(X), n_noise))
    return scale(np.hstack([X, noise]))


def test_the_features_of_friedman1_are_found_among_noise():
    X, y = make_friedman1(400, n_features=45, noise=1.0, random_state=0)
    model = MLPRegressorCV(**SELECTING, cv=FOLDS).fit(scale(X), y)
    assert set(range(5)) <= set(model.selected_features_)
    assert len(model.selected_features_) <= 5 + 4


def test_noise_is_dropped_and_predictions_are_kept():
    X, y = CANCER
    train, test = next(STRATIFIED.split(X, y))
    found = {}
    for n_noise in (0, 30):
        Z = with_noise(X, n_noise)
        model = MLPClassifierCV(**SELECTING, cv=STRATIFIED).fit(Z[train], y[train])
        p = model.predict_proba(Z[test])[np.arange(len(test)), y[test]]
        found[n_noise] = -np.log(p)
        assert (model.selected_features_ >= 30).sum() <= 3
    error = found[0].std() / np.sqrt(len(test))
    assert found[30].mean() <= found[0].mean() + error


@pytest.mark.parametrize("penalty", ["group", "l1"])
def test_penalties_adapt_in_each_fold_to_its_own_rows(penalty):
    X, y = DIABETES
    model = MLPRegressorCV(penalty, **ADAPTIVE, cv=FOLDS).fit(X, y)
    once = clone(model).set_params(adaptive=0).fit(X, y)
    np.testing.assert_allclose(model.first_curve_.losses, once.fold_losses_)
    best, alphas, every = once.curve_.minimum(), QUICK["alphas"], np.arange(len(y))
    for k, (train, test) in enumerate([*FOLDS.split(X), (every, every)]):
        network = single(model)
        first = mlp_path(network, X[train], y[train], alphas=alphas).coefs[best]
        network.set_params(penalty=adapted(penalty, 0.5, first, 1.0))
        path = mlp_path(network, X[train], y[train], alphas=alphas)
        if k == len(model.fold_losses_):
            np.testing.assert_array_equal(path.coefs[0][0], model.path_.coefs[0][0])
            continue
        for alpha, loss in zip(alphas, model.fold_losses_[k], strict=True):
            i = int(np.flatnonzero(path.alphas == alpha)[0])
            hidden = np.tanh(X[test] @ path.coefs[i][0] + path.intercepts[i][0])
            eta = hidden @ path.coefs[i][1] + path.intercepts[i][1]
            assert loss == pytest.approx(0.5 * np.mean((eta[:, 0] - y[test]) ** 2))


@pytest.mark.parametrize("penalty", ["group", "l1"])
def test_the_penalty_that_adapted_states_the_problem(penalty):
    model = MLPRegressorCV(penalty, **ADAPTIVE, cv=FOLDS).fit(*DIABETES)
    network = single(model).set_params(penalty=model.penalty_)
    path = mlp_path(network, *DIABETES, alphas=QUICK["alphas"])
    for a, b in zip(path.coefs, model.path_.coefs, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
    assert MLPRegressorCV("l2", **ADAPTIVE, cv=FOLDS).fit(*DIABETES).penalty_ == "l2"


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(
    "penalty", ["group", GroupL1(groups=[0, 0, 1, 2], weights=[1.0, 0.0, 3.0])]
)
def test_factors_follow_the_norms(penalty, gamma):
    W = np.array([[3.0, 0.0], [0.0, 4.0], [1.0, 0.0], [0.0, 0.0]])
    made = adapted(penalty, 0.5, [W, np.ones((2, 1))], gamma)
    if penalty == "group":
        groups, before = np.arange(4), np.full(4, np.sqrt(2.0))
    else:
        groups, before = np.array([0, 0, 1, 2]), np.array([1.0, 0.0, 3.0])
    norms = np.sqrt(np.bincount(groups, (W**2).sum(axis=1)))
    typical = norms / np.sqrt(np.bincount(groups))
    ratio = before * np.maximum(typical, 1e-3 * typical.max()) ** -gamma
    np.testing.assert_allclose(made.weights * ratio.sum(), ratio * made.weights.sum())
    assert made.weights @ norms == pytest.approx(before @ norms)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_factors_follow_single_weights(gamma):
    coefs = [np.array([[3.0, -0.5], [0.0, 4.0]]), np.array([[2.0], [-1e-4]])]
    made = adapted("l1", 0.5, coefs, gamma)
    for w, factors in zip(coefs, made.weights, strict=True):
        ratio = np.maximum(np.abs(w), 1e-3 * np.abs(w).max()) ** -gamma
        np.testing.assert_allclose(factors * ratio.sum(), ratio * factors.sum())
        assert (factors * np.abs(w)).sum() == pytest.approx(np.abs(w).sum())
    assert adapted("elasticnet", 0.7, coefs, gamma).penalty.l1_ratio == 0.7


def test_what_adapts_keeps_its_other_parameters():
    made = adapted(SparseGroupL1(l1_ratio=0.2), 0.5, [np.eye(3)], 1.0)
    assert (type(made), made.l1_ratio) == (SparseGroupL1, 0.2)
    assert adapted("sparse_group", 0.7, [np.eye(3)], 1.0).l1_ratio == 0.7
    empty = adapted("group", 0.5, [np.zeros((3, 4))], 1.0)
    np.testing.assert_allclose(empty.weights, 2.0)


@pytest.mark.parametrize(
    ("penalty", "hidden"), [("l2", 4), ("mcp", 4), ("l1", ()), (Weighted("l1", 2.0), 4)]
)
def test_what_cannot_adapt_is_refused(penalty, hidden):
    model = MLPRegressorCV(penalty, **{**QUICK, "hidden_layer_sizes": hidden})
    with pytest.raises(ValueError, match="is for penalties of groups and"):
        model.set_params(adaptive=1.0).fit(*DIABETES)


@pytest.mark.parametrize("penalty", ["group", "l1"])
def test_linear_models_do_not_adapt(penalty):
    linear = MLPRegressorCV(penalty, hidden_layer_sizes=(), alphas=3, cv=FOLDS)
    assert not hasattr(linear.fit(*DIABETES), "first_curve_")


# A factor for each weight -------------------------------------------------------------


def by_layer(first, others):
    """Return factors of the weights of a network with a hidden layer of 4 units."""
    return Weighted("l1", weights=[np.tile(first, (4, 1)).T, np.full((4, 1), others)])


def fitted(penalty, alpha=0.02, **more):
    settings = {**SMALL, "max_fun": 3000, "polish_tol": 1e-4, **more}
    return MLPRegressor(penalty, alpha, **settings).fit(*DIABETES)


def test_factors_that_are_alike_in_a_row_are_those_of_features():
    features = np.linspace(0.5, 2.0, 10)
    network = fitted(by_layer(features, 1.0))
    other = fitted(Weighted("l1", weights=features))
    for ours, theirs in zip(network.coefs_, other.coefs_, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert network.objective_ == other.objective_


def test_factors_times_alpha_are_the_strengths():
    layers = fitted("l1", alpha=[0.04, 0.01])
    factors = fitted(by_layer(np.full(10, 2.0), 0.5))
    np.testing.assert_allclose(factors.objective_, layers.objective_, rtol=1e-9)
    for ours, theirs in zip(factors.coefs_, layers.coefs_, strict=True):
        np.testing.assert_array_equal(ours == 0.0, theirs == 0.0)


@pytest.mark.parametrize("polish", [True, False])
def test_a_weight_of_infinite_factor_is_left_out(polish):
    rng = np.random.default_rng(0)
    out = [rng.random((10, 4)) < 0.5, rng.random((4, 1)) < 0.5]
    penalty = Weighted("l1", weights=[np.where(each, np.inf, 1.0) for each in out])
    network = fitted(penalty, 1e-4, polish=polish)
    for w, excluded in zip(network.coefs_, out, strict=True):
        assert (w[excluded] == 0.0).all()
        assert (w[~excluded] != 0.0).any()


def test_factors_of_each_weight_have_the_shapes_of_the_weights():
    wrong = Weighted("l1", weights=[np.ones((10, 5)), np.ones((5, 1))])
    with pytest.raises(ValueError, match=r"shapes of its weights, \[\(10, 4\)"):
        fitted(wrong)
    linear = Weighted("l1", weights=[np.ones((10, 1))])
    with pytest.raises(ValueError, match="with hidden layers"):
        fitted(linear, hidden_layer_sizes=())
    with pytest.raises(ValueError, match="for each of the 10 features"):
        LinearRegressor(linear).fit(*DIABETES)


# The path -----------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [4, (4, 3)], ids=["one layer", "two layers"])
@pytest.mark.parametrize("penalty", ["l1", "group"])
def test_a_path_ends_at_the_constant(penalty, hidden):
    X, y = DIABETES
    settings = {"hidden_layer_sizes": hidden, "max_fun": 5000, "polish_tol": 1e-3}
    model = MLPRegressor(penalty, **SMALL | settings)
    path = mlp_path(model, X, y, alphas=4, alpha_min_ratio=1e-3)
    assert (np.diff(path.alphas) < 0.0).all()
    assert path.sparsities[0] == 1.0
    assert not path.selected_features[0].any()
    assert path.losses[0] == pytest.approx(0.5 * np.var(y), rel=1e-5)
    assert path.selected_features[-1].sum() > 3


@pytest.mark.parametrize("penalty", ["l1", "l2", "group"])
def test_no_network_beats_the_constant_at_the_largest_strength(penalty):
    X, y = IRIS
    model = MLPRegressor(penalty, **SMALL, polish=False)
    largest = mlp_path(model, X, y, alphas=1).alphas[0]
    norm = {
        "l1": lambda w: np.abs(w).sum(),
        "l2": lambda w: 0.5 * (w**2).sum(),
        "group": lambda w: np.sqrt(w.shape[1]) * np.linalg.norm(w, axis=1).sum(),
    }[penalty]
    slope = np.linalg.lstsq(X, y - y.mean())[0]
    for size in np.geomspace(1e-3, 10.0, 30):
        # Units in the almost linear part of tanh, along the least-squares solution.
        first, last = np.zeros((4, 4)), np.zeros((4, 1))
        first[:, 0] = size * slope
        last[0] = 1.0 / size
        loss = 0.5 * np.var(y - np.tanh(X @ first) @ last[:, 0])
        assert loss + largest * (norm(first) + norm(last)) >= 0.5 * np.var(y)


def test_sequences_are_the_same_dense_and_sparse():
    X, y = IRIS
    X = np.where(np.abs(X) < 0.5, 0.0, X)
    model = MLPClassifier("l1", **SMALL, polish=False)
    dense = mlp_path(model, X, y, alphas=2)
    sparse = mlp_path(model, scipy.sparse.csr_array(X), y, alphas=2)
    np.testing.assert_allclose(dense.alphas, sparse.alphas, rtol=1e-12)


def test_sequences_scale_with_the_penalty():
    X, y = IRIS
    plain = mlp_path(MLPRegressor("l1", **SMALL, polish=False), X, y, alphas=2)
    twice = Weighted("l1", weights=2.0)
    other = mlp_path(MLPRegressor(twice, **SMALL, polish=False), X, y, alphas=2)
    # Weights of features belong to one of the two layers.
    np.testing.assert_allclose(other.alphas, plain.alphas / np.sqrt(2.0), rtol=1e-6)
    shifted = mlp_path(MLPRegressor("l1", **SMALL, polish=False), X + 7, y, alphas=2)
    np.testing.assert_allclose(shifted.alphas, plain.alphas, rtol=1e-9)


def test_an_estimator_is_left_as_it_is():
    model = MLPRegressor("l1", **SMALL, polish=False, alpha=0.5)
    before = model.get_params()
    mlp_path(model, *DIABETES, alphas=[0.1])
    assert model.get_params() == before
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize(
    "estimator", [LinearRegressor(), MLPRegressorCV(), MLPRegressor]
)
def test_only_networks_have_such_paths(estimator):
    with pytest.raises(TypeError, match="must be an MLPRegressor"):
        mlp_path(estimator, *DIABETES)


@pytest.mark.parametrize(
    ("settings", "alphas", "message"),
    [
        ({}, [-1.0], "at least 0"),
        ({}, 0, "positive number"),
        ({"penalty": None}, 5, "give alphas as an array"),
        ({"max_iter": 0}, 5, "max_iter"),
    ],
)
def test_what_a_path_refuses(settings, alphas, message):
    with pytest.raises(ValueError, match=message):
        mlp_path(MLPRegressor(**settings), *DIABETES, alphas=alphas)
