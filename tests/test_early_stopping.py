"""Early stopping: what is watched, when training ends, which weights are kept."""

from __future__ import annotations

import functools
import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from sklearn import datasets
from sklearn.base import clone
from sklearn.metrics import accuracy_score, get_scorer, log_loss, make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler, scale

from sklreg import MLPClassifier, MLPRegressor
from sklreg.neural.early_stopping import FixedLength, Patience


@functools.cache
def wine():
    """Noisy classes: training and validation rows."""
    X, y = datasets.load_wine(return_X_y=True)
    rng = np.random.default_rng(0)
    X, y = scale(X)[:, :4], np.where(rng.random(len(y)) < 0.1, 0, y)
    order = rng.permutation(len(y))
    return X[order[:120]], y[order[:120]], X[order[120:]], y[order[120:]]


@functools.cache
def diabetes(n_targets=1):
    X, y = datasets.load_diabetes(return_X_y=True)
    X = scale(X)
    y = y if n_targets == 1 else np.column_stack([y, y[::-1]])
    return X[:300], y[:300], X[300:], y[300:]


def classifier(**params):
    model = MLPClassifier(early_stopping=True, random_state=0, max_iter=60)
    return model.set_params(learning_rate_init=0.02, n_iter_no_change=5, **params)


def regressor(**params):
    model = MLPRegressor(early_stopping=True, random_state=0, max_iter=60)
    return model.set_params(learning_rate_init=0.02, n_iter_no_change=5, **params)


def fitted(model, data, **weights):
    X, y, X_val, y_val = data
    return clone(model).fit(X, y, X_val=X_val, y_val=y_val, **weights)


# The rule -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "start", "stops", "best"),
    [
        ([3, 2, 1, 2, 2], 0, 5, 3),
        ([1, 3, 2, 2, 2, 2], 1, 5, 5),  # the first epoch is not looked at
        ([1, 1, 1, 5, 4, 3, 3, 3], 3, 8, 8),  # of equals the last
        ([5, 4, 3], 3, None, 0),  # nothing was looked at
        ([float("nan"), 2, 2, 2], 0, 4, 4),
    ],
)
def test_sequences_replayed(values, start, stops, best):
    rule = Patience(0.0, 2, start)
    stopped = None
    for epoch, value in enumerate(values, start=1):
        if rule.update(value, np.array([float(epoch)])):
            stopped = epoch
            break
    assert stopped == stops
    assert rule.best_epoch == best
    assert rule.best_theta == (best or None)


def test_a_fixed_length_is_kept():
    rule = FixedLength(3)
    assert [rule.update(value, np.zeros(1)) for value in (1.0, 9.0, 5.0)] == [0, 0, 1]
    assert rule.best_epoch == 3


def test_a_fixed_length_slows_down_where_another_training_did():
    rule = FixedLength(3, stops=[2])
    found = [(rule.update(0.0, np.zeros(1)), rule.go_on()) for _ in range(3)]
    assert found == [(False, True), (True, True), (True, False)]


@pytest.mark.parametrize("monitor", ["loss", "accuracy"])
def test_the_fit_follows_the_rule(monitor):
    model = classifier(monitor=monitor, start_from_epoch=4, tol=0.0)
    model = fitted(model.set_params(learning_rate="constant"), wine())
    if monitor == "loss":
        values = model.validation_loss_curve_
    else:
        values = [-score for score in model.validation_scores_]
    rule = Patience(0.0, 5, 4)
    ends = [rule.update(value, np.zeros(1)) for value in values]
    assert ends.index(True) + 1 == len(ends) == model.n_iter_
    assert model.best_epoch_ == rule.best_epoch > 4


# What is watched ----------------------------------------------------------------------


def test_the_weights_are_those_of_the_lowest_validation_loss():
    *_, X_val, y_val = wine()
    model = fitted(classifier(), wine())
    curve = model.validation_loss_curve_
    assert model.best_epoch_ == 1 + int(np.argmin(curve)) < model.n_iter_ == len(curve)
    assert min(curve) == pytest.approx(log_loss(y_val, model.predict_proba(X_val)))
    assert len(model.penalty_curve_) == len(model.loss_curve_) == len(curve)


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 1, 1: 3, 2: 2}])
def test_validation_rows_weigh_as_training_rows_do(class_weight):
    _, y, X_val, y_val = wine()
    weight, weight_val = (
        np.random.default_rng(0).uniform(1, 5, len(v)) for v in (y, y_val)
    )
    model = classifier(class_weight=class_weight)
    model = fitted(model, wine(), sample_weight=weight, sample_weight_val=weight_val)
    if class_weight == "balanced":
        factors = 1 / np.bincount(y, weight)
    else:
        factors = np.array(list((class_weight or {0: 1, 1: 1, 2: 1}).values()))
    expected = log_loss(
        y_val, model.predict_proba(X_val), sample_weight=weight_val * factors[y_val]
    )
    assert min(model.validation_loss_curve_) == pytest.approx(expected)


@pytest.mark.parametrize("n_targets", [1, 2])
def test_regression_watches_its_loss(n_targets):
    *_, X_val, y_val = diabetes(n_targets)
    model = fitted(regressor(), diabetes(n_targets))
    residual = (model.predict(X_val) - y_val).reshape(len(y_val), -1)
    loss = 0.5 * (residual**2).sum(axis=1).mean()
    assert min(model.validation_loss_curve_) == pytest.approx(loss)


def test_several_labels_are_watched():
    X, y = datasets.make_multilabel_classification(200, 8, random_state=0)
    data = scale(X)[:150], y[:150], scale(X)[150:], y[150:]
    model = fitted(classifier(monitor="f1_micro"), data)
    best = get_scorer("f1_micro")(model, *data[2:])
    assert max(model.validation_scores_) == pytest.approx(best, rel=1e-12)


def test_without_early_stopping_the_curve_is_kept_and_changes_nothing():
    model = MLPClassifier("l1", 0.01, random_state=0, max_iter=7)
    watched, alone = fitted(model, wine()), clone(model).fit(*wine()[:2])
    assert len(watched.validation_loss_curve_) == watched.n_iter_ == 7
    assert not hasattr(alone, "validation_loss_curve_")
    np.testing.assert_array_equal(watched.coefs_[0], alone.coefs_[0])


def test_a_curve_does_not_outlive_its_fit():
    model = fitted(classifier(monitor="accuracy"), wine())
    model.set_params(early_stopping=False, max_iter=2).fit(*wine()[:2])
    assert not hasattr(model, "validation_loss_curve_")
    assert not hasattr(model, "validation_scores_")


def test_sparse_rows_are_watched():
    X, y, X_val, y_val = wine()
    sparse = scipy.sparse.csr_array(X), y, scipy.sparse.csc_array(X_val), y_val
    dense = fitted(classifier(refit=True), wine())
    np.testing.assert_allclose(
        fitted(classifier(refit=True), sparse).predict_proba(X_val),
        dense.predict_proba(X_val),
        rtol=1e-5,
    )


# Scorers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "monitor", ["accuracy", "neg_log_loss", make_scorer(accuracy_score)]
)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_weights_are_those_of_the_best_score(monitor, weighted):
    *_, X_val, y_val = wine()
    weight = np.random.default_rng(0).uniform(0, 2, len(y_val)) if weighted else None
    model = fitted(classifier(monitor=monitor), wine(), sample_weight_val=weight)
    scorer = get_scorer(monitor) if isinstance(monitor, str) else monitor
    options = {"sample_weight": weight} if weighted else {}
    score = scorer(model, X_val, y_val, **options)
    assert max(model.validation_scores_) == pytest.approx(score, rel=1e-12)
    scores = np.array(model.validation_scores_)
    assert model.best_epoch_ == 1 + np.flatnonzero(scores == scores.max())[-1]


def test_scorers_see_the_labels_of_the_user():
    X, y, X_val, y_val = wine()
    names = np.array(["barolo", "grignolino", "barbera"])
    seen = set()

    def score(model, X, y):
        seen.update(y)
        return (model.predict(X) == y).mean()

    model = fitted(classifier(monitor=score), (X, names[y], X_val, names[y_val]))
    assert seen == set(names)
    assert max(model.validation_scores_) > 0.5
    split = classifier(monitor=score).fit(pd.DataFrame(X), pd.Series(names[y]))
    assert max(split.validation_scores_) > 0.5
    assert split.n_features_in_ == 4


def test_scorers_of_regression():
    model = fitted(regressor(monitor="neg_median_absolute_error"), diabetes())
    *_, X_val, y_val = diabetes()
    best = -np.median(np.abs(model.predict(X_val) - y_val))
    assert max(model.validation_scores_) == pytest.approx(best)
    assert regressor(monitor="r2").fit(*diabetes()[:2]).score(*diabetes()[2:]) > 0.3


# All rows again -----------------------------------------------------------------------


@pytest.mark.parametrize("given", [False, True])
def test_refit_is_training_on_all_rows_for_the_best_number_of_epochs(given):
    X, y, X_val, y_val = wine()
    weight, weight_val = np.full(len(y), 2.0), np.full(len(y_val), 3.0)
    if given:
        model = fitted(
            classifier(refit=True, class_weight="balanced"),
            wine(),
            sample_weight=weight,
            sample_weight_val=weight_val,
        )
        factors = 1 / np.bincount(y)
        X, y = np.vstack([X, X_val]), np.hstack([y, y_val])
        weight = np.hstack([weight, weight_val]) * factors[y]
    else:
        model = classifier(refit=True).fit(X, y, weight)
    assert model.n_iter_ == model.best_epoch_ < len(model.validation_loss_curve_)
    plain = clone(model).set_params(early_stopping=False, class_weight=None)
    plain.set_params(max_iter=model.best_epoch_, tol=0.0, n_iter_no_change=1000)
    plain.fit(X, y, weight)
    np.testing.assert_allclose(model.coefs_[0], plain.coefs_[0], rtol=1e-10)


def test_a_training_that_never_stops_ends_as_one_without_early_stopping():
    settings = {"hidden_layer_sizes": 4, "max_iter": 7, "random_state": 0}
    X, y = datasets.load_wine(return_X_y=True)
    early = MLPClassifier(early_stopping=True, **settings).fit(X, y)
    plain = MLPClassifier(**settings).fit(X, y)
    for ours, theirs in zip(early.coefs_, plain.coefs_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_refit_slows_down_as_the_training_did():
    whole = {"shuffle": False, "batch_size": 200, "alpha": 1e-4}
    stopped = classifier(monitor="accuracy", refit=False, **whole)
    nothing = {"sample_weight_val": np.full(len(wine()[3]), 1e-12)}
    stopped = fitted(stopped, wine(), **nothing)
    rule = Patience(stopped.tol, 5)
    ends = [rule.update(-score, np.zeros(1)) for score in stopped.validation_scores_]
    assert ends.index(True) + 1 < stopped.best_epoch_
    again = fitted(clone(stopped).set_params(refit=True), wine(), **nothing)
    for a, b in zip(stopped.coefs_, again.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)


def test_by_default_rows_that_were_held_out_are_learned_from():
    X, y, *_ = wine()
    default, always = classifier().fit(X, y), classifier(refit=True).fit(X, y)
    np.testing.assert_array_equal(default.coefs_[0], always.coefs_[0])
    default, never = classifier(), classifier(refit=False)
    for a, b in zip(
        fitted(default, wine()).coefs_, fitted(never, wine()).coefs_, strict=True
    ):
        np.testing.assert_array_equal(a, b)


# With the rest of scikit-learn --------------------------------------------------------


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
def test_a_pipeline_transforms_the_validation_rows():
    X, y, X_val, y_val = wine()
    off = 100 * X + 5, 100 * X_val + 5
    network = classifier().set_fit_request(
        X_val=True, y_val=True, sample_weight=True, sample_weight_val=True
    )
    weight_val = np.arange(1.0, len(y_val) + 1)
    steps = [("scale", StandardScaler()), ("network", network)]
    model = Pipeline(steps, transform_input=["X_val"])
    model.fit(off[0], y, X_val=off[1], y_val=y_val, sample_weight_val=weight_val)
    scaler = StandardScaler().fit(off[0])
    inside = scaler.transform(off[0]), y, scaler.transform(off[1]), y_val
    alone = fitted(classifier(), inside, sample_weight_val=weight_val)
    np.testing.assert_array_equal(model[-1].coefs_[0], alone.coefs_[0])
    assert model[-1].validation_loss_curve_ == alone.validation_loss_curve_


def test_grid_search_over_ways_of_stopping():
    grid = {"monitor": ["loss", "accuracy"], "refit": [False, True]}
    grid["start_from_epoch"] = [0, 5]
    search = GridSearchCV(classifier(max_iter=10), grid, cv=2, n_jobs=2)
    assert search.fit(*wine()[:2]).best_score_ > 0.5


def test_stopped_networks_are_pickled():
    model = fitted(classifier(monitor="accuracy"), wine())
    again = pickle.loads(pickle.dumps(model))
    assert again.validation_scores_ == model.validation_scores_
    np.testing.assert_array_equal(again.predict(wine()[2]), model.predict(wine()[2]))


# Errors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X_val": None}, "X_val is missing"),
        ({"y_val": None}, "y_val is missing"),
        ({"X_val": np.ones((58, 3))}, "In the validation data: X has 3 features"),
        ({"X_val": np.full((58, 4), np.nan)}, "In the validation data: Input X"),
        ({"y_val": np.zeros(5)}, "In the validation data: .*inconsistent"),
        ({"y_val": np.full(58, 7)}, "labels that are not in classes"),
        ({"y_val": np.eye(2)[np.arange(58) % 2]}, "1 column"),
        ({"sample_weight_val": np.zeros(58)}, "In the validation data: sample_weight"),
        ({"X_val": scipy.sparse.csr_array(np.ones((58, 4)))}, "sparse if X is"),
    ],
)
def test_bad_validation_data_are_refused(change, message):
    X, y, X_val, y_val = wine()
    assert len(y_val) == 58
    given = {"X_val": X_val, "y_val": y_val} | change
    with pytest.raises(ValueError, match=message):
        classifier().fit(X, y, **given)


def test_an_unknown_monitor_is_refused():
    with pytest.raises(ValueError, match="monitor must be 'loss', a scorer"):
        classifier(monitor="los").fit(*wine()[:2])
