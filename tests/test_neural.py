"""The networks: laws of the estimators on small data."""

from __future__ import annotations

import functools
import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse
from scipy.special import expit, softmax
from sklearn import datasets
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from threadpoolctl import threadpool_limits
from user_penalties import LHalf

from sklreg import LinearClassifier, LinearRegressor, MLPClassifier, MLPRegressor
from sklreg.losses import Huber
from sklreg.neural.equal_rows import row_marks
from sklreg.penalties import Bounded, ElasticNet

PENALTIES = [
    {"penalty": "l1"},
    {"penalty": "l2"},
    {"penalty": "elasticnet"},
    {"penalty": None},
]
SOLVERS = ["adam", "lbfgs"]


@functools.cache
def cancer():
    X, y = datasets.load_breast_cancer(return_X_y=True)
    return scale(X), y


@functools.cache
def iris():
    X, y = datasets.load_iris(return_X_y=True)
    return scale(X), y


@functools.cache
def diabetes(n_targets=1):
    X, y = datasets.load_diabetes(return_X_y=True)
    X = scale(X)
    more = np.column_stack([y, y[::-1] + X[:, 0], 3 * y + 50 * X[:, 1]])
    return X, y if n_targets == 1 else more


def smooth(estimator, **params):
    """A small network that the polish can make stationary."""
    return estimator(
        hidden_layer_sizes=(6,), activation="tanh", random_state=0, max_iter=30
    ).set_params(**params)


def naive_objective(model, X, Y, weight, l1, l2):
    """Loss, penalty and violation of a tanh network, computed from its weights."""
    (W, V), (b, c) = model.coefs_, model.intercepts_
    a = np.tanh(X @ W + b)
    eta = a @ V + c
    q = weight / weight.sum()
    if model.out_activation_ == "identity":
        loss = q @ (0.5 * (Y - eta) ** 2).sum(axis=1)
        r = eta - Y
    elif model.out_activation_ == "softmax":
        p = softmax(eta, axis=1)
        loss, r = -q @ (Y * np.log(p)).sum(axis=1), p - Y
    else:
        loss, r = q @ (np.logaddexp(0, eta) - Y * eta).sum(axis=1), expit(eta) - Y
    r = q[:, None] * r
    d = (r @ V.T) * (1 - a**2)
    gradients = [X.T @ d, a.T @ r]
    biases = [d.sum(axis=0), r.sum(axis=0)]
    penalty = sum(l1 * np.abs(w).sum() + 0.5 * l2 * (w**2).sum() for w in (W, V))
    violations = [np.abs(g).max() for g in biases]
    for w, g in zip((W, V), gradients, strict=True):
        at_zero = np.maximum(np.abs(g) - l1, 0)
        elsewhere = np.abs(g + l1 * np.sign(w) + l2 * w)
        violations.append(np.where(w == 0, at_zero, elsewhere).max())
    return loss, penalty, max(violations)


# The linear limit -------------------------------------------------------------------


@pytest.mark.parametrize("n_targets", [1, 3])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("params", PENALTIES, ids=repr)
def test_without_hidden_layers_it_is_the_linear_regressor(params, solver, n_targets):
    X, y = diabetes(n_targets)
    alpha = 5.0
    linear = LinearRegressor(alpha=alpha, **params).fit(X, y)
    network = MLPRegressor(
        alpha=alpha, hidden_layer_sizes=(), solver=solver, **params
    ).fit(X, y)
    coef = network.coefs_[0].T.reshape(linear.coef_.shape)
    np.testing.assert_allclose(coef, linear.coef_, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(coef == 0, linear.coef_ == 0)
    np.testing.assert_allclose(network.intercepts_[0], linear.intercept_, rtol=1e-6)
    assert network.objective_ == pytest.approx(linear.objective_, rel=1e-8)
    assert network.predict(X).shape == y.shape


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("load", [cancer, iris])
@pytest.mark.parametrize("params", PENALTIES[:3], ids=repr)
def test_without_hidden_layers_it_is_the_linear_classifier(params, load, solver):
    X, y = load()
    linear = LinearClassifier(alpha=0.02, **params).fit(X, y)
    network = MLPClassifier(
        alpha=0.02, hidden_layer_sizes=(), solver=solver, **params
    ).fit(X, y)
    np.testing.assert_allclose(network.coefs_[0].T, linear.coef_, atol=1e-6)
    np.testing.assert_array_equal(network.coefs_[0].T == 0, linear.coef_ == 0)
    np.testing.assert_allclose(network.predict_proba(X), linear.predict_proba(X), 1e-5)


def test_lasso_of_breast_cancer_has_the_known_solution():
    X, y = cancer()
    model = MLPClassifier("l1", 0.02, hidden_layer_sizes=()).fit(X, y)
    assert (model.coefs_[0] != 0).sum() == 7
    assert model.objective_ == pytest.approx(0.21707230, abs=1e-7)


def test_an_identity_network_fits_no_worse_than_the_linear_model():
    X, y = diabetes()
    linear = LinearRegressor(penalty=None).fit(X, y)
    network = smooth(
        MLPRegressor, penalty=None, activation="identity", solver="lbfgs"
    ).fit(X, y)
    np.testing.assert_allclose(network.predict(X), linear.predict(X), rtol=1e-3)


# Optimality -------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("params", "l1", "l2"),
    [
        ({"penalty": "l1"}, 1.0, 0.0),
        ({"penalty": "l2"}, 0.0, 1.0),
        ({"penalty": ElasticNet(l1_ratio=0.3)}, 0.3, 0.7),
    ],
    ids=["l1", "l2", "elasticnet"],
)
@pytest.mark.parametrize("case", ["iris", "cancer", "diabetes"])
def test_the_network_returned_is_stationary(case, params, l1, l2, solver):
    X, y = {"iris": iris, "cancer": cancer, "diabetes": lambda: diabetes(3)}[case]()
    X, y = X[::3], y[::3]
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    estimator, alpha = (
        (MLPRegressor, 60.0) if case == "diabetes" else (MLPClassifier, 0.01)
    )
    model = smooth(estimator, alpha=alpha, solver=solver, polish=True, **params)
    model.fit(X, y, weight)
    if case == "iris":
        Y = (y[:, None] == np.arange(3)).astype(float)
    else:
        Y = y.reshape(len(y), -1).astype(float)
    loss, penalty, violation = naive_objective(
        model, X, Y, weight, alpha * l1, alpha * l2
    )
    assert model.loss_ == pytest.approx(loss, rel=1e-9)
    assert model.objective_ == pytest.approx(loss + penalty, rel=1e-9)
    assert model.violation_ == pytest.approx(violation, rel=1e-3, abs=1e-9)
    assert model.kkt_residual_ <= 1e-6
    q = weight / weight.sum()
    null = Y - (q @ Y)
    yardstick = np.abs(X.T @ (q[:, None] * null)).max()
    units = 1.0
    if case == "diabetes":  # hidden layers see gradients larger by the scale of y
        units = np.sqrt((q @ null**2).mean())
    assert violation <= 1e-6 * yardstick * units
    assert (model.sparsity_ > 0.1) == (l1 > 0)


def test_zeros_of_a_relu_network_are_exact():
    X, y = cancer()
    model = MLPClassifier("l1", 0.01, random_state=0).fit(X, y)
    zeros = np.mean([w == 0 for w in np.concatenate([w.ravel() for w in model.coefs_])])
    assert model.sparsity_ == pytest.approx(zeros)
    assert zeros > 0.9
    assert model.score(X, y) > 0.95


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "selu"])
def test_the_polish_makes_kinks_stationary(activation):
    X, y = cancer()
    model = MLPClassifier("l1", 0.003, activation=activation, random_state=0).fit(X, y)
    assert model.kkt_residual_ <= 1e-6
    assert model.sparsity_ > 0.9


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "selu"])
def test_the_polish_makes_kinks_stationary_where_all_units_are_used(activation):
    X, y = diabetes()
    model = smooth(MLPRegressor, alpha=10.0, polish=True, activation=activation)
    model.fit(X[::2], y[::2])
    assert model.kkt_residual_ <= 1e-6
    assert model.sparsity_ == 0.0


def test_the_polish_of_a_relu_network_without_penalty_on_sparse_rows():
    X, y = iris()
    sparse = scipy.sparse.csr_array(X)
    model = MLPClassifier(None, hidden_layer_sizes=(6,), random_state=0, polish=True)
    model.set_params(max_iter=3).fit(sparse, y)
    assert model.kkt_residual_ <= 1e-6


def test_the_polish_keeps_weights_of_features_within_their_bounds():
    X, y = diabetes()
    bounded = Bounded("l1", lower=-0.2, upper=0.2)
    model = MLPRegressor(bounded, 0.01, hidden_layer_sizes=(4,), activation="tanh")
    model.set_params(random_state=0, polish_tol=1e-3).fit(scale(X), scale(y))
    assert np.abs(model.coefs_[0]).max() == 0.2
    assert model.kkt_residual_ <= 1e-3


def test_proximal_steps_alone_make_zeros():
    X, y = cancer()
    model = MLPClassifier("l1", 0.01, random_state=0, polish=False).fit(X, y)
    assert model.sparsity_ > 0.3


def test_a_penalty_of_value_and_prox_trains_a_network():
    X, y = iris()
    model = MLPClassifier(LHalf(), 0.003, hidden_layer_sizes=(8,), random_state=0)
    model.set_params(activation="tanh", polish_tol=1e-4, max_fun=20000).fit(X, y)
    assert model.sparsity_ > 0.2
    assert model.score(X, y) > 0.9
    assert model.kkt_residual_ <= 1e-4


def test_an_unreached_tolerance_is_one_warning_that_says_what_to_do():
    X, y = iris()
    with pytest.warns(ConvergenceWarning, match="max_fun") as caught:
        model = smooth(MLPClassifier, solver="lbfgs", max_fun=5).fit(X, y)
    assert len(caught) == 1
    assert np.isfinite(model.loss_)


# alpha keeps its meaning --------------------------------------------------------------


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_scale_of_weights_and_repeated_rows_change_nothing(penalty):
    X, y = iris()
    times = np.random.default_rng(0).integers(0, 4, len(y))
    model = smooth(MLPClassifier, penalty=penalty, alpha=0.01, solver="lbfgs")
    weighted = clone(model).fit(X, y, times)
    scaled = clone(model).fit(X, y, 10.0 * times)
    repeated = clone(model).fit(X.repeat(times, axis=0), y.repeat(times))
    for other in (scaled, repeated):
        for w, v in zip(weighted.coefs_, other.coefs_, strict=True):
            np.testing.assert_array_equal(w, v)


@pytest.mark.parametrize("batch_size", [10, 50, 150])
def test_batch_size_changes_the_path_not_the_objective(batch_size):
    X, y = iris()
    model = smooth(
        MLPClassifier, alpha=0.05, batch_size=batch_size, polish=True, max_iter=50
    ).fit(X, y)
    reference = smooth(MLPClassifier, alpha=0.05, solver="lbfgs").fit(X, y)
    assert model.objective_ == pytest.approx(
        reference.objective_, rel=0.02
    )  # local minima


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_units_of_y_change_nothing_but_units(unit):
    X, y = diabetes()
    model = smooth(MLPRegressor, penalty=None).fit(X, y)
    other = smooth(MLPRegressor, penalty=None).fit(X, unit * y)
    np.testing.assert_allclose(other.predict(X), unit * model.predict(X), rtol=1e-6)
    assert model.score(X, y) > 0.1


def test_several_targets_sum_their_losses():
    X, y = diabetes(3)
    model = MLPRegressor(random_state=0).fit(X, y)
    residual = y - model.predict(X)
    assert model.loss_ == pytest.approx(0.5 * (residual**2).sum(axis=1).mean())


# Input ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csr_array", "csc_array", "coo_matrix"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_sparse_is_dense(kind, solver):
    X, y = iris()
    X = np.where(np.abs(X) > 0.8, X, 0.0)
    model = smooth(MLPClassifier, solver=solver, alpha=0.01)
    dense = clone(model).fit(X, y)
    sparse = clone(model).fit(getattr(scipy.sparse, kind)(X), y)
    np.testing.assert_allclose(
        sparse.predict_proba(scipy.sparse.csr_array(X)),
        dense.predict_proba(X),
        rtol=1e-5,
    )


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_float32_stays_and_is_close(penalty):
    X, y = iris()
    model = smooth(MLPClassifier, penalty=penalty, alpha=0.01, solver="lbfgs")
    double, single = clone(model).fit(X, y), clone(model).fit(X.astype(np.float32), y)
    assert {w.dtype for w in single.coefs_ + single.intercepts_} == {np.dtype("f4")}
    p = single.predict_proba(X.astype(np.float32))
    assert p.dtype == np.float32
    np.testing.assert_allclose(p, double.predict_proba(X), atol=1e-3)


def test_rows_without_weight_are_absent_and_so_are_their_classes():
    X, y = iris()
    weight = (y != 2).astype(float)
    model = MLPClassifier(random_state=0, max_iter=20)
    weighted = clone(model).fit(X, y, weight)
    subset = clone(model).fit(X[y != 2], y[y != 2])
    np.testing.assert_array_equal(weighted.classes_, [0, 1])
    np.testing.assert_array_equal(weighted.coefs_[0], subset.coefs_[0])


def test_multilabel_is_a_sum_over_labels():
    X, y = datasets.make_multilabel_classification(
        200, 8, n_classes=4, random_state=0, allow_unlabeled=True
    )
    X = scale(X)
    model = MLPClassifier(random_state=0).fit(X, y)
    p = model.predict_proba(X)
    assert p.shape == model.decision_function(X).shape == y.shape
    assert model.score(X, y) > 0.4
    total = sum(log_loss(y[:, k], p[:, k]) for k in range(4))
    assert model.loss_ == pytest.approx(total, rel=1e-6)
    sparse = MLPClassifier(random_state=0).fit(X, scipy.sparse.csr_array(y))
    np.testing.assert_array_equal(sparse.predict(X), model.predict(X))


def test_balanced_classes_weigh_the_same():
    X, y = cancer()
    counts = np.bincount(y)
    model = MLPClassifier(random_state=0, max_iter=10)
    balanced = clone(model).set_params(class_weight="balanced").fit(X, y)
    weighted = clone(model).fit(X, y, 1.0 / counts[y])
    np.testing.assert_allclose(balanced.coefs_[0], weighted.coefs_[0], rtol=1e-8)


@pytest.mark.parametrize("sizes", [5, [5], (5,), np.array([5])])
def test_hidden_layer_sizes_in_any_form(sizes):
    X, y = iris()
    model = MLPClassifier(hidden_layer_sizes=sizes, max_iter=2).fit(X, y)
    assert model.coefs_[0].shape == (4, 5)
    assert model.n_layers_ == 3


@pytest.mark.parametrize("sizes", [(0,), (5, -1), 2.5, (2.5,), "5", [[5]]])
def test_other_hidden_layer_sizes_are_refused(sizes):
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        MLPClassifier(hidden_layer_sizes=sizes).fit(*iris())


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("case", ["constant_y", "constant_X", "one_row", "huge_y"])
def test_degenerate_data_give_finite_answers(case, solver):
    X, y = diabetes()
    X, y = X[:40], y[:40]
    if case == "constant_y":
        y = np.full(40, 3.0)
    elif case == "constant_X":
        X = np.ones_like(X)
    elif case == "one_row":
        X, y = X[:1], y[:1]
    else:
        y = 1e30 * y
    model = MLPRegressor(random_state=0, solver=solver, polish_tol=1e-3).fit(X, y)
    predicted = model.predict(X)
    assert np.isfinite(predicted).all()
    if case != "huge_y":
        np.testing.assert_allclose(predicted.mean(), y.mean(), rtol=0.1)


def test_separable_classes_give_finite_weights():
    X = np.linspace(-1, 1, 40)[:, None]
    model = MLPClassifier(penalty=None, solver="lbfgs", random_state=0)
    model.fit(X, X[:, 0] > 0)
    assert all(np.isfinite(w).all() for w in model.coefs_)
    assert model.score(X, X[:, 0] > 0) == 1.0


def test_divergence_restarts_more_slowly():
    X, y = diabetes()
    model = MLPRegressor(random_state=0, learning_rate_init=1e4).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    assert model.loss_ < 10 * y.var()


def test_an_interrupted_fit_leaves_the_model_as_it_was(monkeypatch):
    X, y = iris()
    model = MLPClassifier(random_state=0, max_iter=3).fit(X, y)
    before = vars(model).copy()

    def interrupt(epoch):
        raise KeyboardInterrupt

    monkeypatch.setattr("sklreg.neural.training.Epoch.summary", interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(verbose=1).fit(X[:50], y[:50] + np.arange(50) % 2)
    assert vars(model) == before | {"verbose": 1}


def test_numbers_without_squares_are_refused_and_nothing_is_assigned():
    X, y = iris()
    model = MLPClassifier()
    with pytest.raises(ValueError, match="rescale X"):
        model.fit(1e200 * X, y)
    assert not hasattr(model, "coefs_")


# Epochs -----------------------------------------------------------------------------


def test_early_stopping_returns_the_best_epoch():
    X, y = diabetes()
    model = MLPRegressor(early_stopping=True, refit=False, random_state=3)
    model.set_params(learning_rate_init=0.01, max_iter=60).fit(X, y)
    curve = model.validation_loss_curve_
    assert len(curve) == len(model.loss_curve_) == model.n_iter_
    assert model.best_epoch_ == 1 + int(np.argmin(curve)) < model.n_iter_
    rng = np.random.RandomState(3)
    marks = row_marks(X, rng)
    order = np.argsort(marks)
    held_out = order[: round(0.1 * len(y))]
    loss = 0.5 * ((y - model.predict(X))[held_out] ** 2).mean()
    assert loss == pytest.approx(min(curve), rel=1e-10)
    again = clone(model).fit(X, y)
    np.testing.assert_array_equal(again.coefs_[0], model.coefs_[0])


def test_early_stopping_weighs_the_validation_rows():
    X, y = cancer()
    times = np.random.default_rng(0).integers(1, 4, len(y))
    model = MLPClassifier(early_stopping=True, random_state=0, batch_size=2000)
    weighted = clone(model).fit(X, y, times)
    repeated = clone(model).fit(X.repeat(times, axis=0), y.repeat(times))
    np.testing.assert_allclose(
        weighted.validation_loss_curve_, repeated.validation_loss_curve_, rtol=1e-5
    )


def test_early_stopping_needs_epochs():
    with pytest.raises(ValueError, match="adam"):
        MLPClassifier(early_stopping=True, solver="lbfgs").fit(*iris())


def test_patience_ends_training():
    X, y = iris()
    model = MLPClassifier(random_state=0, tol=0.1, n_iter_no_change=3).fit(X, y)
    assert model.n_iter_ < 100


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_partial_fit_repeated_is_fit(estimator):
    X, y = iris()
    whole = estimator(random_state=0, max_iter=5, shuffle=False, batch_size=20)
    parts = clone(whole)
    whole.fit(X, y)
    for _ in range(5):
        if estimator is MLPClassifier:
            parts.partial_fit(X, y, classes=[0, 1, 2])
        else:
            parts.partial_fit(X, y)
    np.testing.assert_allclose(parts.coefs_[0], whole.coefs_[0], rtol=1e-6)
    np.testing.assert_allclose(parts.loss_curve_, whole.loss_curve_)


def test_partial_fit_sees_classes_one_by_one():
    X, y = iris()
    model = MLPClassifier(random_state=0)
    with pytest.raises(ValueError, match="first call"):
        model.partial_fit(X, y)
    for k in (0, 1, 2):
        model.partial_fit(X[y == k], y[y == k], classes=[0, 1, 2])
    assert model.predict_proba(X).shape == (150, 3)
    with pytest.raises(ValueError, match="not in classes"):
        model.partial_fit(X, y + 1)
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")


def test_warm_start_goes_on():
    X, y = iris()
    model = MLPClassifier(random_state=0, max_iter=20, warm_start=True).fit(X, y)
    before = model.objective_
    model.fit(X, y)
    assert model.objective_ < before
    assert model.loss_curve_[0] < 1.05 * before
    cold = clone(model).set_params(warm_start=False).fit(X, y)
    assert cold.objective_ == pytest.approx(before, rel=1e-12)


def test_verbose_shows_one_line(capsys):
    model = MLPClassifier(max_iter=3, verbose=1, early_stopping=True, refit=False)
    model.fit(*iris())
    out, err = capsys.readouterr()
    assert not out
    assert err.count("\n") == 1
    assert "3/3" in err.rpartition("\r")[2]
    assert "validation loss" in err
    MLPClassifier(verbose=1, tol=10.0, n_iter_no_change=2).fit(*iris())
    assert capsys.readouterr().err.endswith("\n")
    MLPClassifier(max_iter=3).fit(*iris())
    assert capsys.readouterr() == ("", "")


# The rest ---------------------------------------------------------------------------


def test_the_same_for_any_number_of_threads():
    X, y = cancer()
    models = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            models.append(MLPClassifier("l1", 0.01, random_state=0).fit(X, y))
    for w, v in zip(*(model.coefs_ for model in models), strict=True):
        np.testing.assert_array_equal(w, v)


def test_pickled_networks_predict_and_go_on():
    X, y = iris()
    model = MLPClassifier(random_state=0, max_iter=3).fit(X, y)
    other = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(model.predict_proba(X), other.predict_proba(X))
    model.partial_fit(X, y)
    other.partial_fit(X, y)
    np.testing.assert_array_equal(model.coefs_[0], other.coefs_[0])


def test_loss_objects_and_their_parameters():
    X, y = diabetes()
    y = y.copy()
    y[::20] += 2000.0
    squared = MLPRegressor(random_state=0).fit(X, y)
    huber = MLPRegressor(loss=Huber(delta=20.0), random_state=0).fit(X, y)
    clean = np.arange(len(y)) % 20 != 0

    def error(model):
        return np.abs(model.predict(X) - y)[clean].mean()

    assert error(huber) < 0.7 * error(squared)


def test_grid_search_reaches_into_the_objects():
    grid = {
        "alpha": [1e-3, 1.0],
        "penalty__l1_ratio": [0.1, 0.9],
        "hidden_layer_sizes": [(), (3,)],
    }
    model = MLPClassifier(penalty=ElasticNet(), random_state=0, max_iter=5)
    model.set_params(polish=False)
    search = GridSearchCV(model, grid, cv=2).fit(*iris())
    assert search.best_params_["alpha"] == 1e-3


@pytest.mark.parametrize(
    ("load", "estimator", "bar"),
    [
        (datasets.load_breast_cancer, MLPClassifier, 0.97),
        (datasets.load_wine, MLPClassifier, 0.975),
        (datasets.load_digits, MLPClassifier, 0.975),
        (datasets.load_diabetes, MLPRegressor, 0.47),
    ],
)
def test_defaults_are_good_on_small_tables(load, estimator, bar):
    from sklearn.model_selection import KFold, StratifiedKFold

    X, y = load(return_X_y=True)
    kind = KFold if estimator is MLPRegressor else StratifiedKFold
    folds = kind(5, shuffle=True, random_state=0)
    model = make_pipeline(StandardScaler(), estimator(random_state=0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cross_val_score(model, X, y, cv=folds).mean() >= bar


@pytest.mark.parametrize("make", [MLPRegressor, MLPClassifier])
def test_without_hidden_layer_there_is_a_duality_gap(make):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 4))
    y = (X[:, 0] + rng.normal(size=50) > 0).astype(int)
    linear = make("l1", 0.01, hidden_layer_sizes=()).fit(X, y)
    null_objective = make("l1", 1e6, hidden_layer_sizes=()).fit(X, y).objective_
    assert 0.0 <= linear.dual_gap_ <= 1e-6 * null_objective
    deep = make("l2", 0.01, hidden_layer_sizes=(3,), max_iter=2).fit(X, y)
    assert np.isnan(deep.dual_gap_)


def test_duality_gap_is_that_of_the_rounded_weights():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 4)).astype(np.float32)
    y = X[:, 0] + rng.normal(size=50)
    network = MLPRegressor("l1", 0.1, hidden_layer_sizes=()).fit(X, y)
    linear = LinearRegressor("l1", 0.1).fit(X, y)
    np.testing.assert_allclose(network.coefs_[0][:, 0], linear.coef_, rtol=1e-6)
    np.testing.assert_allclose(network.dual_gap_, linear.dual_gap_, rtol=0.5)
    exact = LinearRegressor("l1", 0.1).fit(X.astype(float), y)
    assert network.dual_gap_ > exact.dual_gap_
