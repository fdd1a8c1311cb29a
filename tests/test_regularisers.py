"""The regularisers of the networks, as users meet them."""

from __future__ import annotations

import functools
import math
import pickle

import numpy as np
import pytest
import scipy.sparse
from sklearn import datasets
from sklearn.base import clone
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.preprocessing import scale
from threadpoolctl import threadpool_limits

from sklreg import LinearClassifier, LinearRegressor, MLPClassifier, MLPRegressor
from sklreg.losses import Quantile
from sklreg.penalties import GroupElasticNet, GroupL1, Penalty, SparseGroupL1, Weighted


@functools.cache
def iris():
    X, y = datasets.load_iris(return_X_y=True)
    return scale(X), y


@functools.cache
def diabetes():
    X, y = datasets.load_diabetes(return_X_y=True)
    return scale(X), y


@functools.cache
def digits():
    X, y = datasets.load_digits(return_X_y=True)
    return X / 16.0, y


def small(**params):
    model = MLPClassifier(hidden_layer_sizes=(8,), random_state=0, max_iter=20)
    return model.set_params(batch_size=20, learning_rate_init=0.01, **params)


RANDOM = {
    "dropout": {"dropout": 0.3},
    "input_dropout": {"input_dropout": 0.2},
    "batch_norm": {"batch_norm": True},
    "everything": {
        "dropout": [0.2],
        "input_dropout": 0.1,
        "batch_norm": True,
        "label_smoothing": 0.1,
        "weight_decay": 0.01,
        "max_norm": 2.0,
        "activity_alpha": 1e-3,
        "bias_alpha": 1e-3,
        "penalty": "l1",
        "learning_rate": "cosine",
    },
}


def same(one, other):
    """Tell whether two networks have the same weights to the last bit."""
    parts = zip(
        one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True
    )
    return all(np.array_equal(a, b) for a, b in parts)


# Reproducibility ----------------------------------------------------------------------


@pytest.mark.parametrize("params", RANDOM.values(), ids=RANDOM)
def test_random_state_alone_decides(params):
    X, y = iris()
    models = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            models.append(small(**params).fit(X, y))
    assert same(*models)
    other = small(**params, random_state=1).fit(X, y)
    assert not same(models[0], other)


@pytest.mark.parametrize("params", RANDOM.values(), ids=RANDOM)
def test_pickled_networks_go_on_as_the_original(params):
    X, y = iris()
    params = {**params, "learning_rate": "constant"}
    model = small(**params).fit(X, y)
    other = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(model.predict_proba(X), other.predict_proba(X))
    model.partial_fit(X, y)
    other.partial_fit(X, y)
    assert same(model, other)


def test_masks_change_from_step_to_step_and_with_warm_starts():
    X, y = iris()
    model = small(dropout=0.5, max_iter=3, warm_start=True, shuffle=False).fit(X, y)
    longer = small(dropout=0.5, max_iter=6, shuffle=False).fit(X, y)
    again = small(dropout=0.5, max_iter=3, shuffle=False).fit(X, y)
    assert same(model, again)
    assert not same(model.fit(X, y), longer)  # noise of its own, the same each time
    assert same(again.set_params(warm_start=True).fit(X, y), model)


# Batch normalisation ------------------------------------------------------------------


def test_normalisation_is_folded_into_the_weights():
    X, y = iris()
    model = small(batch_norm=True, activation="tanh").fit(X, y)
    (W, V), (b, c) = model.coefs_, model.intercepts_
    eta = np.tanh(X @ W + b) @ V + c
    np.testing.assert_allclose(model.decision_function(X), eta, rtol=1e-12)
    assert model.score(X, y) > 0.9


def test_the_curve_of_validation_is_that_of_folded_networks():
    X, y = iris()
    train, held = np.arange(0, 150, 2), np.arange(1, 150, 2)
    model = small(batch_norm=True, early_stopping=True, n_iter_no_change=50)
    model.fit(X[train], y[train], X_val=X[held], y_val=y[held])
    p = model.predict_proba(X[held])
    loss = -np.log(p[np.arange(len(held)), y[held]]).mean()
    assert loss == pytest.approx(min(model.validation_loss_curve_), rel=1e-10)


def test_normalised_networks_go_on_where_they_were():
    X, y = iris()
    whole = small(batch_norm=True, shuffle=False, max_iter=6).fit(X, y)
    parts = small(batch_norm=True, shuffle=False, max_iter=3, warm_start=True)
    assert same(whole, parts.fit(X, y).fit(X, y))
    steps = small(batch_norm=True, shuffle=False)
    for _ in range(6):
        steps.partial_fit(X, y, classes=[0, 1, 2])
    np.testing.assert_allclose(steps.loss_curve_, whole.loss_curve_)
    # Of few rows at a time the moments are a mean over calls.
    np.testing.assert_allclose(steps.predict_proba(X), whole.predict_proba(X), atol=0.1)


def test_a_single_row_can_be_normalised():
    X, y = diabetes()
    model = MLPRegressor(batch_norm=True, max_iter=2, random_state=0)
    assert np.isfinite(model.fit(X[:1], y[:1]).predict(X[:3])).all()
    assert np.isfinite(model.set_params(batch_size=9).fit(X[:10], y[:10]).loss_)
    with pytest.raises(ValueError, match="batch_size=1"):
        model.set_params(batch_size=1).fit(X, y)


# What the parameters do ---------------------------------------------------------------


def test_weight_decay_shrinks_and_max_norm_bounds():
    X, y = iris()
    free = small(penalty=None).fit(X, y)
    decayed = small(penalty=None, weight_decay=100.0).fit(X, y)
    assert np.abs(decayed.coefs_[0]).sum() < 0.7 * np.abs(free.coefs_[0]).sum()
    bounded = small(penalty=None, max_norm=0.5).fit(X, y)
    norms = np.linalg.norm(bounded.coefs_[0], axis=0)
    assert norms.max() == pytest.approx(0.5, rel=1e-6)
    assert np.linalg.norm(free.coefs_[0], axis=0).max() > 0.5


def test_label_smoothing_is_fitting_mixed_targets():
    X, y = iris()
    model = small(label_smoothing=0.3, activation="tanh", solver="lbfgs", alpha=1e-4)
    p = model.fit(X, y).predict_proba(X)
    target = 0.7 * (y[:, None] == np.arange(3)) + 0.1
    assert model.loss_ == pytest.approx(-(target * np.log(p)).sum(axis=1).mean())
    assert np.median(p.max(axis=1)) == pytest.approx(0.8, abs=0.01)
    binary = clone(model).fit(X, y == 2)
    p = binary.predict_proba(X).max(axis=1)
    assert np.median(p) == pytest.approx(0.85, abs=0.01)


def test_validation_targets_are_not_smoothed():
    X, y = iris()
    model = small(label_smoothing=0.5, early_stopping=True)
    model.fit(X, y, X_val=X, y_val=y)
    loss = -np.log(model.predict_proba(X)[np.arange(150), y]).mean()
    assert loss == pytest.approx(min(model.validation_loss_curve_), rel=1e-10)


@pytest.mark.parametrize("estimator", [MLPRegressor, MLPClassifier])
def test_bias_and_activity_alpha_are_terms_of_the_objective(estimator):
    X, y = iris()
    model = estimator(
        "l1",
        0.01,
        bias_alpha=0.2,
        activity_alpha=0.05,
        hidden_layer_sizes=(5,),
        activation="tanh",
        solver="lbfgs",
        random_state=0,
    ).fit(X, y)
    a = np.tanh(X @ model.coefs_[0] + model.intercepts_[0])
    penalty = sum(0.01 * np.abs(w).sum() for w in model.coefs_)
    penalty += sum(0.1 * (b**2).sum() for b in model.intercepts_)
    activity = 0.05 * np.abs(a).sum(axis=1).mean()
    assert model.objective_ == pytest.approx(model.loss_ + penalty + activity)
    free = clone(model).set_params(bias_alpha=0.0, activity_alpha=0.0).fit(X, y)
    assert (a**2).mean() < 0.9 * (
        np.tanh(X @ free.coefs_[0] + free.intercepts_[0]) ** 2
    ).mean()


def test_biases_alone_make_a_network_of_no_hidden_layer_iterate():
    X, y = diabetes()
    strong = MLPRegressor(None, hidden_layer_sizes=(), bias_alpha=1.0, solver="lbfgs")
    intercept = strong.fit(X, y).intercepts_[0][0]
    assert intercept == pytest.approx(y.mean() / 2, rel=1e-4)  # minimises (b-m)^2+b^2


def test_alpha_of_each_layer():
    X, y = iris()
    model = small(penalty="l1", alpha=[10.0, 1e-4]).fit(X, y)
    assert not model.coefs_[0].any()
    same_in_all = small(penalty="l1", alpha=[0.01, 0.01]).fit(X, y)
    assert same(same_in_all, small(penalty="l1", alpha=0.01).fit(X, y))


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"alpha": [0.1]}, "alpha must be"),
        ({"alpha": [0.1, -1.0]}, "alpha must be"),
        ({"dropout": [0.1, 0.2]}, "dropout must be"),
        ({"dropout": [1.0]}, "dropout must be"),
        ({"activation": ["relu", "relu"]}, "activation must be"),
        ({"dropout": 0.1, "solver": "lbfgs"}, "lbfgs"),
        ({"batch_norm": True, "solver": "lbfgs"}, "lbfgs"),
        ({"weight_decay": 0.1, "solver": "lbfgs"}, "lbfgs"),
        ({"max_norm": 1.0, "solver": "lbfgs"}, "lbfgs"),
    ],
    ids=repr,
)
def test_what_cannot_be_is_refused(params, match):
    with pytest.raises(ValueError, match=match):
        small(**params).fit(*iris())


def test_partial_fit_has_no_end_to_plan_for():
    assert not hasattr(small(learning_rate="cosine"), "partial_fit")
    assert hasattr(small(learning_rate="invscaling"), "partial_fit")


SEARCHED = {
    "alpha": [1e-3, [1e-3, 1e-4]],
    "activation": ["gelu", ["tanh"]],
    "dropout": [0.1, [0.2]],
    "input_dropout": [0.1],
    "batch_norm": [True],
    "label_smoothing": [0.1],
    "weight_decay": [0.1],
    "max_norm": [2.0],
    "activity_alpha": [0.01],
    "bias_alpha": [0.01],
    "solver": ["sgd", "lbfgs"],
    "learning_rate": ["invscaling", "adaptive", "cosine", "one_cycle"],
    "power_t": [0.3],
    "momentum": [0.5],
    "nesterovs_momentum": [False],
    "beta_1": [0.8],
    "beta_2": [0.9],
    "penalty": ["group", "sparse_group", SparseGroupL1(l1_ratio=0.2)],
}


def test_every_parameter_can_be_searched():
    grid = [{name: values} for name, values in SEARCHED.items()]
    model = small(max_iter=2, max_fun=5, polish=False)
    search = GridSearchCV(model, grid, cv=2, error_score="raise")
    with pytest.warns(Warning, match="converge"):
        search.fit(*iris())
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


# Solvers ------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("penalty", ["l1", "l2", "group"])
def test_every_way_leads_to_the_minimum(solver, penalty):
    """Epochs alone, with steps that get shorter, of a convex problem."""
    X, y = diabetes()
    alpha = {"l1": 10.0, "l2": 1.0, "group": 10.0}[penalty]
    exact = LinearRegressor(penalty, alpha).fit(X, y)
    model = MLPRegressor(
        penalty,
        alpha,
        hidden_layer_sizes=(),
        solver=solver,
        weight_decay=1e-12,  # so that epochs are asked for
        learning_rate="cosine",
        learning_rate_init=0.03 if solver == "adam" else 0.003,
        max_iter=200,
        tol=0.0,
        n_iter_no_change=200,
        random_state=0,
    ).fit(X, y)
    assert model.objective_ == pytest.approx(exact.objective_, rel=1e-4)
    assert model.n_iter_ > 1


@pytest.mark.parametrize("unit", [1e-4, 1e4])
def test_gradient_descent_does_not_mind_the_units_of_y(unit):
    X, y = diabetes()
    model = MLPRegressor(None, solver="sgd", max_iter=20, random_state=0)
    one, other = clone(model).fit(X, y), clone(model).fit(X, unit * y)
    np.testing.assert_allclose(other.predict(X), unit * one.predict(X), rtol=1e-6)
    assert one.score(X, y) > 0.3


def test_adaptive_learning_rates_end_training_late():
    X, y = iris()
    adaptive = small(tol=0.05, n_iter_no_change=2, max_iter=200).fit(X, y)
    constant = clone(adaptive).set_params(learning_rate="constant").fit(X, y)
    assert constant.n_iter_ < adaptive.n_iter_ < 200


# Groups -------------------------------------------------------------------------------


@pytest.mark.parametrize("penalty", ["group", "sparse_group", GroupL1(weights=1.0)])
def test_groups_without_hidden_layers_are_those_of_the_linear_model(penalty):
    X, y = iris()
    linear = LinearClassifier(penalty, alpha=0.05).fit(X, y)
    network = MLPClassifier(penalty, alpha=0.05, hidden_layer_sizes=()).fit(X, y)
    np.testing.assert_allclose(network.coefs_[0].T, linear.coef_, atol=1e-6)


@functools.cache
def friedman():
    """Five features that tell of y, the third but little, and ten that do not."""
    X, y = datasets.make_friedman1(300, 15, random_state=0)
    return scale(X), scale(y)


def selecting(penalty, alpha=0.03, **params):
    model = MLPRegressor(penalty, alpha, hidden_layer_sizes=(10,), activation="silu")
    model.set_params(learning_rate_init=0.01, random_state=0, max_iter=100)
    return model.set_params(**params).fit(*friedman())


def used_features(model):
    return np.flatnonzero(np.abs(model.coefs_[0]).sum(axis=1)).tolist()


def test_groups_select_features_and_units():
    steps = selecting("group", polish=False)
    assert used_features(steps) == [0, 1, 3, 4]
    rows = np.abs(steps.coefs_[1]).sum(axis=1) > 0
    assert 0 < rows.sum() < 10
    alive = steps.coefs_[0][[0, 1, 3, 4]][:, rows]
    assert (alive != 0).all()  # all weights of a feature, or none


def test_the_polish_makes_groups_stationary():
    model = selecting("group", alpha=0.05)
    assert model.kkt_residual_ <= 1e-6
    assert set(used_features(model)) <= {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    "penalty",
    ["group", "sparse_group", GroupElasticNet(groups=np.arange(15) // 3, weights=1.0)],
    ids=["group", "sparse_group", "group_elastic_net"],
)
def test_the_polish_makes_groups_stationary_where_units_are_on_kinks(penalty):
    model = selecting(penalty, alpha=0.05, activation="relu", batch_size=32)
    assert model.kkt_residual_ <= 1e-6
    assert model.sparsity_ > 0.2


def test_the_polish_of_groups_leaves_those_alone_that_are_not_penalised():
    free = GroupL1(weights=[0.0] + [1.0] * 14)
    model = selecting(free, alpha=10.0, hidden_layer_sizes=(3,), activation="tanh")
    assert model.kkt_residual_ <= 1e-6
    assert set(used_features(model)) <= {0}


def test_groups_of_the_user_go_together():
    groups = [3, 1, 3, 1, 3, 1, 0, 0, 2, 2, 4, 4, 5, 6, 6]
    model = selecting(GroupL1(groups=groups), polish=False)
    used = np.isin(np.arange(15), used_features(model))
    for g in range(7):
        members = used[np.array(groups) == g]
        assert members.all() or not members.any()
    assert used[:6].all()
    assert used[6:].sum() <= 2


def test_sparse_groups_have_zeros_within():
    model = selecting("sparse_group", alpha=0.02, l1_ratio=0.8, polish=False)
    used = used_features(model)
    assert {0, 1, 3, 4} <= set(used)
    assert len(used) <= 9
    rows = np.abs(model.coefs_[1]).sum(axis=1) > 0
    assert (model.coefs_[0][used][:, rows] == 0).any()


def test_weights_of_features_count_in_the_first_layer():
    X, y = diabetes()
    weights = np.where(np.arange(10) % 2, np.inf, 0.1)
    model = MLPRegressor(Weighted("l1", weights=weights), 1.0, max_iter=20)
    model.set_params(hidden_layer_sizes=(5,), random_state=0, polish=False).fit(X, y)
    assert not model.coefs_[0][1::2].any()
    assert model.coefs_[0][::2].any(axis=1).all()
    with pytest.raises(ValueError, match="a number for each feature"):
        model.set_params(penalty=OneByOne(factors=np.ones(10))).fit(X, y)


class OneByOne(Penalty):
    """Written for linear models: a factor for each feature."""

    factors: object = 1.0

    def value(self, x, j):
        return self.alpha * self.factors[j] * abs(x)

    def prox(self, x, step, j):
        return math.copysign(max(abs(x) - step * self.alpha * self.factors[j], 0.0), x)


# What is used ---------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "logistic", "gelu"])
@pytest.mark.parametrize("alpha", [0.003, 0.02, 10.0])
def test_pruned_networks_predict_the_same(alpha, activation):
    X, y = digits()
    X, y = X[::4], y[::4]
    model = MLPClassifier(
        "l1", alpha, hidden_layer_sizes=(16, 8), random_state=0, max_iter=20
    ).set_params(activation=activation, polish=False, learning_rate_init=0.005)
    model.fit(X, y)
    pruned = model.prune()
    difference = pruned.decision_function(X) - model.decision_function(X)
    assert np.abs(difference).max() <= 1e-12
    assert pruned.n_features_in_ == 64
    assert len(pruned.coefs_[0]) == max(len(model.selected_features_), 1) < 64
    assert pruned.hidden_layer_sizes == tuple(w.shape[1] for w in pruned.coefs_[:-1])
    assert sum(w.size for w in pruned.coefs_) < sum(w.size for w in model.coefs_)
    assert pruned.sparsity_ <= model.sparsity_
    assert model.hidden_layer_sizes == (16, 8)
    sparse = pruned.decision_function(scipy.sparse.csr_array(X))
    np.testing.assert_allclose(sparse, model.decision_function(X), atol=1e-9)
    twice = pruned.prune()
    np.testing.assert_allclose(
        twice.decision_function(X), model.decision_function(X), atol=1e-12
    )
    with pytest.raises(ValueError, match="pruned"):
        pruned.partial_fit(X, y)
    assert pruned.fit(X, y).coefs_[0].shape[0] == 64


def test_constant_units_go_into_the_biases():
    X, y = diabetes()
    model = MLPRegressor(hidden_layer_sizes=(4, 3), max_iter=1, random_state=0)
    model.fit(X, y)
    model.coefs_[0][:, 1] = 0.0  # a constant unit that is used
    model.coefs_[1][2] = 0.0  # a unit that is not used
    model.coefs_[0][5] = 0.0  # a feature that is not used
    model.coefs_[0][7, [0, 1, 3]] = 0.0  # one that only the unused unit sees
    pruned = model.prune()
    assert [w.shape for w in pruned.coefs_] == [(8, 2), (2, 3), (3, 1)]
    np.testing.assert_allclose(pruned.predict(X), model.predict(X), rtol=1e-12)


def test_selected_features_and_their_importances():
    model = selecting("group", polish=False)
    assert model.selected_features_.tolist() == used_features(model)
    norms = np.linalg.norm(model.coefs_[0], axis=1)
    alive = np.abs(model.coefs_[1]).sum(axis=1) > 0
    norms = np.linalg.norm(model.coefs_[0][:, alive], axis=1)
    np.testing.assert_allclose(model.feature_importances_, norms / norms.sum())
    selector = SelectFromModel(model, threshold=1e-30, prefit=True)
    np.testing.assert_array_equal(
        np.flatnonzero(selector.get_support()), model.selected_features_
    )
    nothing = selecting("group", alpha=100.0, polish=False)
    assert len(nothing.selected_features_) == 0
    assert not nothing.feature_importances_.any()


# Losses ---------------------------------------------------------------------------


@functools.cache
def skewed():
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, (1500, 2))
    return X, np.abs(X[:, 0]) + rng.exponential(1.0, 1500)


@pytest.mark.parametrize("q", [0.2, 0.5, 0.9])
def test_quantiles_of_the_target_are_met(q):
    X, y = skewed()
    model = MLPRegressor(
        "l1", 1e-4, loss=Quantile(q=q), random_state=0, learning_rate="cosine"
    ).set_params(learning_rate_init=0.01, max_iter=60)
    below = (y <= model.fit(X, y).predict(X)).mean()
    assert below == pytest.approx(q, abs=0.06)
    truth = np.abs(X[:, 0]) - np.log(1 - q)
    assert np.abs(model.predict(X) - truth).mean() < 0.25
    assert model.kkt_residual_ > 0.0


def test_absolute_error_is_twice_the_loss_of_the_median():
    X, y = skewed()
    common = {"random_state": 0, "max_iter": 5, "penalty": None}
    one = MLPRegressor(loss="absolute_error", **common).fit(X, y)
    other = MLPRegressor(loss=Quantile(q=0.5), **common).fit(X, y)
    np.testing.assert_allclose(one.predict(X), other.predict(X), rtol=1e-5)
    assert one.loss_ == pytest.approx(np.abs(y - one.predict(X)).mean())
    shallow = MLPRegressor(loss="absolute_error", hidden_layer_sizes=(), **common)
    assert shallow.fit(X, y).n_iter_ == 5  # epochs, not the linear solver
    with pytest.raises(ValueError, match="a loss with kinks"):
        one.set_params(solver="lbfgs").fit(X, y)


@pytest.mark.parametrize("loss", ["poisson", "gamma", "tweedie"])
def test_losses_with_a_link_predict_means(loss):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (800, 3))
    mean = 50 * np.exp(np.sin(3 * X[:, 0]) + X[:, 1] ** 2)
    y = rng.poisson(mean) + (loss == "gamma")
    model = MLPRegressor(
        loss=loss, random_state=0, learning_rate_init=0.01, max_iter=60
    ).fit(X, y)
    predicted = model.predict(X)
    assert predicted.min() > 0.0
    assert predicted.mean() == pytest.approx(y.mean(), rel=0.1)
    linear = LinearRegressor(loss=loss, alpha=1e-3).fit(X, y)
    assert model.score(X, y) > 0.9 > linear.score(X, y)
    shallow = MLPRegressor("l1", 0.01, loss=loss, hidden_layer_sizes=()).fit(X, y)
    linear = LinearRegressor("l1", 0.01, loss=loss).fit(X, y)
    np.testing.assert_allclose(shallow.predict(X), linear.predict(X), rtol=1e-4)
    assert shallow.score(X, y) == pytest.approx(linear.score(X, y), rel=1e-5)
    with pytest.raises(ValueError, match="out of the valid range"):
        model.fit(X, y - 1e4)


def test_counts_of_several_targets():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (300, 3))
    y = rng.poisson(np.exp(3 + X[:, :2]))
    model = MLPRegressor(loss="poisson", random_state=0, learning_rate_init=0.01)
    assert model.fit(X, y).predict(X).shape == (300, 2)
    assert model.score(X, y) > 0.7


# Quality ------------------------------------------------------------------------------


FASTER = {"learning_rate_init": 0.005}  # the peak of a cycle


@pytest.mark.parametrize(
    ("params", "bar"),
    [
        ({}, 0.965),
        ({"dropout": 0.2}, 0.965),
        ({"batch_norm": True}, 0.965),
        ({"batch_norm": True, "dropout": 0.2, "input_dropout": 0.1}, 0.965),
        ({"label_smoothing": 0.1, "learning_rate": "one_cycle", **FASTER}, 0.965),
        ({"solver": "sgd", "learning_rate_init": 0.05}, 0.965),
    ],
    ids=repr,
)
def test_regularised_networks_are_good_on_digits(params, bar):
    model = MLPClassifier(random_state=0, max_iter=60).set_params(**params)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    assert cross_val_score(model, *digits(), cv=folds).mean() >= bar


def test_sparse_rows_of_all_kinds():
    X, y = iris()
    X = np.where(np.abs(X) > 0.8, X, 0.0)
    model = small(dropout=0.3, input_dropout=0.2, batch_norm=True)
    dense, sparse = (
        clone(model).fit(X, y),
        clone(model).fit(scipy.sparse.csr_array(X), y),
    )
    np.testing.assert_allclose(sparse.predict_proba(X), dense.predict_proba(X), 1e-4)


def test_float32_is_kept():
    X, y = iris()
    for params in RANDOM.values():
        model = small(**params).fit(X.astype(np.float32), y)
        assert {w.dtype for w in model.coefs_} == {np.dtype("f4")}
        assert model.score(X, y) > 0.7
