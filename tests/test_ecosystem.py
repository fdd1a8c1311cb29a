"""The estimators inside scikit-learn's tools, on the real data it ships with."""

import pickle
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import sklearn
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_linnerud,
    load_wine,
)
from sklearn.ensemble import (
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import RFE, SelectFromModel, SequentialFeatureSelector
from sklearn.inspection import permutation_importance
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.utils import estimator_html_repr
from sklearn.utils.fixes import parse_version

from sklreg import LinearClassifier, LinearRegressor, alpha_max
from sklreg.losses import Huber
from sklreg.neural import MLPClassifier, MLPRegressor
from sklreg.penalties import L1, L2, ElasticNet, Penalty

DIABETES = load_diabetes(as_frame=True)
CANCER = load_breast_cancer(as_frame=True)
WINE = load_wine(as_frame=True)
DIGITS = load_digits()

REGRESSOR = LinearRegressor("l1", alpha=0.5)
CLASSIFIER = LinearClassifier("l1", alpha=0.01)
SMALL = {"hidden_layer_sizes": (8,), "max_iter": 5, "random_state": 0}
LINEAR = {
    "regression": (REGRESSOR, DIABETES),
    "classification": (CLASSIFIER, CANCER),
    "several classes": (CLASSIFIER, WINE),
}
TABLE = LINEAR | {
    "network for regression": (MLPRegressor(**SMALL), DIABETES),
    "network for classes": (MLPClassifier(**SMALL), WINE),
}
EVERY_LINEAR = pytest.mark.parametrize(
    ("estimator", "data"), LINEAR.values(), ids=LINEAR.keys()
)
EVERY = pytest.mark.parametrize(("estimator", "data"), TABLE.values(), ids=TABLE.keys())


def scaled(data):
    """Return standardised features and the target."""
    return StandardScaler().fit_transform(data.data), np.asarray(data.target)


def pipe(estimator):
    return make_pipeline(StandardScaler(), estimator)


def learnt(estimator):
    """Everything a fit found that predictions depend on."""
    if hasattr(estimator, "coefs_"):  # a network
        return [*estimator.coefs_, *estimator.intercepts_]
    return [estimator.coef_, np.asarray(estimator.intercept_)]


def assert_same_fit(one, two):
    for a, b in zip(learnt(one), learnt(two), strict=True):
        # Where memory is aligned decides the last digit of a sum.
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


# Searching ----------------------------------------------------------------------------

REGRESSION_GRIDS = {
    "alpha": {"alpha": [0.01, 1.0, 100.0]},
    "l1_ratio": {"penalty": ["elasticnet"], "l1_ratio": [0.1, 0.9]},
    "names and objects": {"penalty": ["l1", L2(), ElasticNet(l1_ratio=0.2)]},
    "inside an object": {
        "penalty": [ElasticNet()],
        "penalty__l1_ratio": [0.0, 0.5, 1.0],
    },
    "loss": {"loss": [Huber(), Huber(delta=10.0), "squared_error"]},
    "inside the loss": {"loss": [Huber()], "loss__delta": [1.0, 10.0, 100.0]},
}


@pytest.mark.parametrize("grid", REGRESSION_GRIDS.values(), ids=REGRESSION_GRIDS.keys())
def test_grid_search_of_a_regressor(grid):
    grid = {f"linearregressor__{name}": values for name, values in grid.items()}
    X, y = DIABETES.data, DIABETES.target
    search = GridSearchCV(pipe(REGRESSOR), grid, cv=3, n_jobs=2).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert len(np.unique(scores.round(12))) == len(scores)  # each setting took effect
    assert search.best_score_ > 0.35
    for values, score in zip(search.cv_results_["params"], scores, strict=True):
        alone = clone(pipe(REGRESSOR)).set_params(**values)
        found = np.mean(cross_validate(alone, X, y, cv=3)["test_score"])
        assert found == pytest.approx(score, rel=1e-12)  # in other processes
    best = clone(pipe(REGRESSOR)).set_params(**search.best_params_).fit(X, y)
    assert_same_fit(search.best_estimator_[-1], best[-1])


def test_grid_search_of_a_classifier():
    grid = {
        "linearclassifier__penalty": [L1(), ElasticNet(l1_ratio=0.5)],
        "linearclassifier__alpha": [0.001, 0.3],
        "linearclassifier__class_weight": [None, "balanced"],
    }
    search = GridSearchCV(
        pipe(CLASSIFIER), grid, cv=3, n_jobs=2, scoring="neg_log_loss"
    ).fit(CANCER.data, CANCER.target)
    assert search.best_params_["linearclassifier__alpha"] == 0.001
    assert search.score(CANCER.data, CANCER.target) > -0.1


def test_grid_search_does_not_change_the_objects_of_the_grid():
    penalty = ElasticNet(l1_ratio=0.5)
    grid = {"penalty": [penalty], "penalty__l1_ratio": [0.1, 0.9]}
    search = GridSearchCV(REGRESSOR, grid, cv=2).fit(*scaled(DIABETES))
    assert penalty.l1_ratio == 0.5
    assert search.best_estimator_.penalty is not penalty


def test_digits_with_a_pipeline_that_selects():
    X, y = DIGITS.data[:600], DIGITS.target[:600]
    select = SelectFromModel(LinearClassifier("l1", alpha=0.02))
    model = make_pipeline(StandardScaler(), select, LinearClassifier(alpha=0.01))
    scores = cross_validate(model, X, y, cv=3)["test_score"]
    assert scores.mean() > 0.85
    assert 0 < model.fit(X, y)[1].get_support().sum() < 64


def test_learning_curve():
    sizes, train, test = learning_curve(
        pipe(CLASSIFIER),
        CANCER.data,
        CANCER.target,
        train_sizes=[0.1, 1.0],
        cv=3,
        shuffle=True,
        random_state=0,
    )
    assert sizes[0] < sizes[1]
    assert test[1].mean() > 0.9
    assert train.shape == (2, 3)


def test_cross_val_predict_with_probabilities():
    p = cross_val_predict(
        pipe(CLASSIFIER), WINE.data, WINE.target, cv=3, method="predict_proba"
    )
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-12)
    assert accuracy_score(WINE.target, p.argmax(axis=1)) > 0.9


# Weights ------------------------------------------------------------------------------


@EVERY
def test_weights_reach_fit_and_score_through_routing(estimator, data):
    X, y = scaled(data)
    weights = np.random.default_rng(0).integers(0, 4, len(y)).astype(float)
    folds = [(np.arange(len(y)) % 3 != k, np.arange(len(y)) % 3 == k) for k in range(3)]
    with config_context(enable_metadata_routing=True):
        routed = clone(estimator).set_fit_request(sample_weight=True)
        routed.set_score_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, routed)
        pipeline.set_score_request(sample_weight=True)  # scikit-learn 1.7 asks for it
        found = cross_validate(
            pipeline,
            X,
            y,
            cv=[tuple(map(np.flatnonzero, fold)) for fold in folds],
            params={"sample_weight": weights},
        )["test_score"]
    for (train, test), score in zip(folds, found, strict=True):
        model = pipe(clone(estimator))
        step = model.steps[-1][0]
        model.fit(X[train], y[train], **{f"{step}__sample_weight": weights[train]})
        metric = accuracy_score if is_classifier(estimator) else r2_score
        expected = metric(y[test], model.predict(X[test]), sample_weight=weights[test])
        assert score == pytest.approx(expected, rel=1e-12)
    unweighted = cross_validate(pipe(estimator), X, y, cv=3)["test_score"]
    assert not np.allclose(found, unweighted)


@EVERY
def test_score_takes_weights(estimator, data):
    X, y = scaled(data)
    model = clone(estimator).fit(X, y)
    weights = (np.arange(len(y)) % 5).astype(float)
    repeats = np.repeat(np.arange(len(y)), weights.astype(int))
    expected = model.score(X[repeats], y[repeats])
    assert model.score(X, y, sample_weight=weights) == pytest.approx(expected)


# Selecting features -------------------------------------------------------------------

#: Above zero in float32 too, below any coefficient that means something. scikit-learn
#: knows by name which of its models give zeros; of ours it knows ``penalty="l1"``
#: alone, takes 1e-5 there, and for every other penalty the mean coefficient.
ABOVE_ZERO = 1e-30


class CappedL1(Penalty):
    """A sparse penalty that is not convex, written with value and prox alone."""

    cap: float = 100.0

    def value(self, x, j):
        return self.alpha * min(abs(x), self.cap)

    def prox(self, x, step, j):
        size = abs(x)
        near = min(max(size - step * self.alpha, 0.0), self.cap)
        far = max(size, self.cap)
        value_near = 0.5 * (near - size) ** 2 + step * self.alpha * near
        value_far = 0.5 * (far - size) ** 2 + step * self.alpha * self.cap
        best = near if value_near < value_far else far
        return best if x > 0.0 else -best


SPARSE = {
    "l1": "l1",
    "elasticnet": "elasticnet",
    "L1()": L1(),
    "ElasticNet(0.9)": ElasticNet(l1_ratio=0.9),
    "CappedL1()": CappedL1(),
}


def nonzero(model):
    """Which features have a weight that is not zero, in any output."""
    return np.atleast_2d(model.coef_).any(axis=0)


@pytest.mark.parametrize("penalty", SPARSE.values(), ids=SPARSE.keys())
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@EVERY_LINEAR
def test_selection_above_zero_keeps_exactly_the_nonzero(
    penalty, dtype, estimator, data
):
    X, y = scaled(data)
    alpha = 5.0 if data is DIABETES else 0.05
    model = clone(estimator).set_params(penalty=penalty, alpha=alpha)
    selector = SelectFromModel(model, threshold=ABOVE_ZERO).fit(X.astype(dtype), y)
    support = nonzero(selector.estimator_)
    assert 0 < support.sum() < len(support)
    np.testing.assert_array_equal(selector.get_support(), support)


@EVERY_LINEAR
def test_default_selection_keeps_the_nonzero_of_l1_on_scaled_features(estimator, data):
    X, y = scaled(data)
    for strength in (0.5, 0.1, 0.01):
        alpha = strength * alpha_max(estimator, X, y)
        model = clone(estimator).set_params(penalty="l1", alpha=alpha, tol=1e-10)
        selector = SelectFromModel(model).fit(X, y)
        assert selector.threshold_ == 1e-5
        support = nonzero(selector.estimator_)
        assert support.any()
        np.testing.assert_array_equal(selector.get_support(), support)


def test_default_selection_misses_small_coefficients_of_large_features():
    X = DIABETES.data.to_numpy() * 1e9
    model = LinearRegressor("l1", alpha=0.5 * 1e9)
    selector = SelectFromModel(model).fit(X, DIABETES.target)
    assert nonzero(selector.estimator_).any()
    assert not selector.get_support().any()
    exact = SelectFromModel(model, threshold=ABOVE_ZERO).fit(X, DIABETES.target)
    np.testing.assert_array_equal(exact.get_support(), nonzero(exact.estimator_))


@pytest.mark.parametrize("penalty", ["elasticnet", L1()], ids=repr)
def test_default_selection_of_other_penalties_is_the_mean(penalty):
    X, y = scaled(DIABETES)
    model = LinearRegressor(penalty, alpha=1.0)
    selector = SelectFromModel(model).fit(X, y)
    size = np.abs(selector.estimator_.coef_)
    assert selector.threshold_ == size.mean()
    assert selector.get_support().sum() < nonzero(selector.estimator_).sum()


@EVERY_LINEAR
def test_recursive_elimination(estimator, data):
    X, y = scaled(data)
    selector = RFE(clone(estimator), n_features_to_select=3, step=0.5).fit(X, y)
    assert selector.support_.sum() == 3
    assert selector.estimator_.n_features_in_ == 3


def test_sequential_selection():
    X, y = scaled(DIABETES)
    selector = SequentialFeatureSelector(REGRESSOR, n_features_to_select=2, cv=2)
    selector.fit(X, y)
    names = DIABETES.data.columns[selector.get_support()]
    assert set(names) == {"bmi", "s5"}


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_selected_columns_as_data_frame(library):
    X = DIABETES.data if library == "pandas" else pl.from_pandas(DIABETES.data)
    selector = SelectFromModel(LinearRegressor("l1", alpha=0.5))
    selected = selector.set_output(transform=library).fit_transform(X, DIABETES.target)
    kept = nonzero(selector.estimator_)
    assert isinstance(selected, pd.DataFrame if library == "pandas" else pl.DataFrame)
    assert list(selected.columns) == list(DIABETES.data.columns[kept])
    assert list(selector.get_feature_names_out()) == list(selected.columns)


# Meta-estimators ----------------------------------------------------------------------


METHODS = ["sigmoid", "isotonic"]
if parse_version(sklearn.__version__) >= parse_version("1.8"):
    METHODS.append("temperature")


@pytest.mark.parametrize("method", METHODS)
def test_calibration(method):
    X, y = scaled(CANCER)
    uneven = LinearClassifier("l1", alpha=0.05, class_weight={0: 1.0, 1: 9.0})
    calibrated = CalibratedClassifierCV(uneven, method=method, cv=3).fit(X, y)
    improved = log_loss(y, calibrated.predict_proba(X))
    assert improved < log_loss(y, clone(uneven).fit(X, y).predict_proba(X))


def test_stacking_and_voting_of_regressors():
    X, y = scaled(DIABETES)
    models = [(name, LinearRegressor(name, alpha=1.0)) for name in ("l1", "l2")]
    stack = StackingRegressor(models, final_estimator=LinearRegressor("l2"), cv=3)
    assert stack.fit(X, y).score(X, y) > 0.45
    vote = VotingRegressor(models).fit(X, y)
    mean = np.mean([model.predict(X) for model in vote.estimators_], axis=0)
    np.testing.assert_allclose(vote.predict(X), mean, rtol=1e-12)


def test_stacking_and_voting_of_classifiers():
    X, y = scaled(WINE)
    models = [(name, LinearClassifier(name, alpha=0.01)) for name in ("l1", "l2")]
    stack = StackingClassifier(models, final_estimator=LinearClassifier("l2"), cv=3)
    assert stack.fit(X, y).score(X, y) > 0.95
    vote = VotingClassifier(models, voting="soft").fit(X, y)
    mean = np.mean([model.predict_proba(X) for model in vote.estimators_], axis=0)
    np.testing.assert_allclose(vote.predict_proba(X), mean, rtol=1e-12)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bagging(n_jobs):
    X, y = scaled(DIABETES)
    bag = BaggingRegressor(REGRESSOR, n_estimators=4, n_jobs=n_jobs, random_state=0)
    assert bag.fit(X, y).score(X, y) > 0.45


def test_one_versus_rest_is_one_binary_model_a_class():
    X, y = scaled(WINE)
    model = OneVsRestClassifier(CLASSIFIER).fit(X, y)
    assert model.score(X, y) > 0.95
    for label, part in zip(model.classes_, model.estimators_, strict=True):
        alone = clone(CLASSIFIER).fit(X, (y == label).astype(int))
        assert_same_fit(part, alone)


def test_multi_output_wrapper_equals_several_targets():
    linnerud = load_linnerud()
    X, Y = StandardScaler().fit_transform(linnerud.data), linnerud.target
    wrapped = MultiOutputRegressor(REGRESSOR).fit(X, Y)
    model = clone(REGRESSOR).fit(X, Y)
    np.testing.assert_allclose(wrapped.predict(X), model.predict(X), rtol=1e-9)
    assert model.coef_.shape == (3, 3)


def test_transformed_target():
    X, y = scaled(DIABETES)
    model = TransformedTargetRegressor(REGRESSOR, func=np.log, inverse_func=np.exp)
    model.set_params(regressor__alpha=0.01).fit(X, y)
    alone = clone(REGRESSOR).set_params(alpha=0.01).fit(X, np.log(y))
    np.testing.assert_allclose(model.predict(X), np.exp(alone.predict(X)))


@EVERY_LINEAR
def test_permutation_importance_of_unused_features_is_zero(estimator, data):
    X, y = scaled(data)
    alpha = 0.3 * alpha_max(estimator, X, y)
    model = clone(estimator).set_params(alpha=alpha).fit(X, y)
    found = permutation_importance(model, X, y, n_repeats=3, random_state=0)
    unused = ~nonzero(model)
    assert unused.any()
    assert not found.importances[unused].any()
    assert found.importances_mean.max() > 0.0


def test_column_transformer_in_front():
    columns = ColumnTransformer(
        [("body", StandardScaler(), ["bmi", "bp"]), ("blood", "passthrough", ["s5"])]
    )
    model = make_pipeline(columns, PolynomialFeatures(2), REGRESSOR)
    assert (
        model.fit(DIABETES.data, DIABETES.target).score(DIABETES.data, DIABETES.target)
        > 0.4
    )


# Data frames --------------------------------------------------------------------------

FRAMES = {"pandas": lambda frame: frame, "polars": pl.from_pandas}


@pytest.mark.parametrize("convert", FRAMES.values(), ids=FRAMES.keys())
@EVERY
def test_data_frames_give_names_and_the_same_fit(convert, estimator, data):
    frame = (data.data - data.data.mean()) / data.data.std()
    model = clone(estimator).fit(
        convert(frame), convert(data.target.to_frame()).to_numpy()[:, 0]
    )
    assert list(model.feature_names_in_) == list(frame.columns)
    plain = clone(estimator).fit(frame.to_numpy(), data.target.to_numpy())
    for a, b in zip(learnt(model), learnt(plain), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8)
    assert not hasattr(plain, "feature_names_in_")
    np.testing.assert_array_equal(
        model.predict(convert(frame)), model.predict(convert(frame))
    )
    swapped = convert(frame[frame.columns[::-1]])
    with pytest.raises(ValueError, match="same order"):
        model.predict(swapped)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(frame.to_numpy())


@pytest.mark.parametrize("series", [pd.Series, pl.Series], ids=["pandas", "polars"])
@EVERY
def test_series_as_target_and_weights(series, estimator, data):
    X, y = scaled(data)
    weights = np.linspace(0.5, 2.0, len(y))
    model = clone(estimator).fit(X, series(y), series(weights))
    assert_same_fit(model, clone(estimator).fit(X, y, weights))
    assert model.score(X, series(y), series(weights)) == model.score(X, y, weights)


def test_text_labels_of_a_data_frame():
    labels = pd.Series(CANCER.target_names[CANCER.target], dtype="string")
    for y in (labels, labels.astype("category"), labels.astype(object), list(labels)):
        model = clone(CLASSIFIER).fit(scaled(CANCER)[0], y)
        assert list(model.classes_) == ["benign", "malignant"]
        assert set(model.predict(scaled(CANCER)[0])) == {"benign", "malignant"}


def test_refit_without_names_forgets_them():
    model = clone(REGRESSOR).fit(DIABETES.data, DIABETES.target)
    model.fit(DIABETES.data.to_numpy(), DIABETES.target)
    assert not hasattr(model, "feature_names_in_")


# Networks -----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_grid_search_of_a_network():
    grid = {
        "mlpclassifier__penalty": ["l2", ElasticNet()],
        "mlpclassifier__hidden_layer_sizes": [(), (8,)],
        "mlpclassifier__alpha": [1e-3, 10.0],
    }
    model = pipe(MLPClassifier(random_state=0, max_iter=50, polish=False))
    search = GridSearchCV(model, grid, cv=3, n_jobs=2).fit(WINE.data, WINE.target)
    assert search.best_params_["mlpclassifier__alpha"] == 1e-3
    assert search.best_score_ > 0.95


def test_permutation_importance_of_a_network():
    X, y = scaled(WINE)
    model = MLPClassifier(random_state=0).fit(X, y)
    found = permutation_importance(model, X, y, n_repeats=3, random_state=0)
    assert found.importances_mean.max() > 0.02


def test_stacking_and_calibration_of_networks():
    X, y = scaled(CANCER)
    network = MLPClassifier(hidden_layer_sizes=(8,), random_state=0)
    stack = StackingClassifier([("network", network), ("l1", CLASSIFIER)], cv=2)
    assert stack.fit(X, y).score(X, y) > 0.97
    assert CalibratedClassifierCV(network, cv=2).fit(X, y).score(X, y) > 0.97


# Copies -------------------------------------------------------------------------------


@EVERY
def test_pickle_and_joblib_give_the_same_predictions(estimator, data, tmp_path):
    X, y = scaled(data)
    model = clone(estimator).fit(X, y)
    expected = model.predict(X)
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    copies = {
        "pickle": pickle.loads(pickle.dumps(model)),
        "joblib": joblib.load(path),
        "memory map": joblib.load(path, mmap_mode="r"),
    }
    assert len(pickle.dumps(model)) < 20_000  # no training data inside
    for copy in copies.values():
        np.testing.assert_array_equal(copy.predict(X), expected)
        assert_same_fit(copy, model)
    model.set_params(warm_start=True).fit(X, y)  # goes on from where it was
    for copy in copies.values():
        copy.set_params(warm_start=True).fit(X, y)
        np.testing.assert_allclose(copy.predict(X), model.predict(X), rtol=1e-7)


@EVERY
def test_memory_mapped_data(estimator, data, tmp_path):
    X, y = scaled(data)
    joblib.dump((X, y, scipy.sparse.csc_array(X)), tmp_path / "data.joblib")
    mapped, target, columns = joblib.load(tmp_path / "data.joblib", mmap_mode="r")
    assert not mapped.flags.writeable
    model = clone(estimator).fit(X, y)
    assert_same_fit(clone(estimator).fit(mapped, target), model)
    sparse = clone(estimator).fit(columns, target)
    for a, b in zip(learnt(sparse), learnt(model), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


PENALTIES = ["l1", None, L1(), L2(), ElasticNet(l1_ratio=0.3)]


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
@EVERY
def test_clone_copies_parameters_and_nothing_else(penalty, estimator, data):
    model = clone(estimator).set_params(penalty=penalty, alpha=10.0)
    model.fit(*scaled(data))
    copy = clone(model)
    assert repr(copy) == repr(model)
    assert not [name for name in vars(copy) if name.endswith("_")]
    if not isinstance(penalty, str | None):
        assert copy.penalty is not model.penalty
        assert copy.penalty.get_params() == penalty.get_params()
        assert type(copy.penalty) is type(penalty)


def test_setting_a_parameter_of_a_clone_leaves_the_original_alone():
    model = LinearRegressor(ElasticNet(l1_ratio=0.3), loss=Huber(delta=2.0))
    copy = clone(model).set_params(penalty__l1_ratio=0.9, loss__delta=5.0)
    assert (copy.penalty.l1_ratio, copy.loss.delta) == (0.9, 5.0)
    assert (model.penalty.l1_ratio, model.loss.delta) == (0.3, 2.0)
    assert model.get_params()["penalty__l1_ratio"] == 0.3
    assert "penalty__l1_ratio" not in model.get_params(deep=False)


def test_repr_is_short_and_can_be_evaluated():
    model = LinearRegressor(ElasticNet(l1_ratio=0.3), alpha=0.1, loss=Huber(delta=2.0))
    expected = (
        "LinearRegressor(alpha=0.1, loss=Huber(delta=2.0),\n"
        "                penalty=ElasticNet(l1_ratio=0.3))"
    )
    assert repr(model) == expected
    assert repr(eval(repr(model))) == expected
    assert repr(LinearClassifier()) == "LinearClassifier()"
    assert repr(LinearClassifier("l1")) == "LinearClassifier(penalty='l1')"


@EVERY
def test_html(estimator, data):
    unfitted = estimator_html_repr(pipe(clone(estimator).set_params(penalty=L1())))
    fitted = estimator_html_repr(pipe(clone(estimator)).fit(data.data, data.target))
    for html in (unfitted, fitted):
        assert type(estimator).__name__ in html
        assert "alpha" in html
    assert "L1()" in unfitted
    assert "Not fitted" in unfitted
    assert "Fitted" in fitted


# Warnings -----------------------------------------------------------------------------


@EVERY_LINEAR
def test_one_warning_that_points_at_the_line_of_the_user(estimator, data):
    X, y = data.data, data.target  # unscaled
    model = clone(estimator).set_params(alpha=1e-6, max_iter=1, tol=1e-14)
    if estimator is REGRESSOR:  # one Newton step solves least squares
        model.set_params(loss="huber")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y)
    (warning,) = caught
    assert warning.category is ConvergenceWarning
    assert Path(warning.filename) == Path(__file__)
    message = str(warning.message)
    assert message.startswith(f"{type(estimator).__name__} did not converge: ")
    assert "max_iter" in message
