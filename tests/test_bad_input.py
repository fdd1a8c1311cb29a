"""Bad input ends in one clear error, and leaves the estimator as it was."""

import re

import numpy as np
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import validate_data

from sklreg import Lasso, LinearClassifier, LinearRegressor, alpha_max, convert_alpha
from sklreg._validation import checked_for_fit, checked_for_predict
from sklreg.losses import Huber, LogLoss, Poisson, SquaredHinge, Tweedie
from sklreg.neural import MLPClassifier, MLPRegressor
from sklreg.penalties import L1, ElasticNet, Penalty

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((24, 3))
Y = X @ [1.0, -1.0, 0.5]
LABELS = np.array(["ash", "beech"])[(Y > 0).astype(int)]

LINEAR = [LinearRegressor("l1", alpha=0.01), LinearClassifier("l1", alpha=0.01)]
SMALL = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0}
NETWORKS = [MLPRegressor(**SMALL), MLPClassifier(**SMALL)]
ESTIMATORS = LINEAR + NETWORKS
EVERY = pytest.mark.parametrize(
    "estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__
)


def targets_for(estimator, rows=slice(None)):
    return (LABELS if is_classifier(estimator) else Y)[rows]


def state(estimator):
    """Everything an estimator holds: the same objects, not copies."""
    return dict(vars(estimator))


def assert_same_state(estimator, before):
    assert vars(estimator).keys() == before.keys()
    for name, value in before.items():
        assert vars(estimator)[name] is value, name


def assert_refused(estimator, message, *data, error=ValueError, **settings):
    """Refused with one message, unfitted and after a fit of other data."""
    data = data or (X, targets_for(estimator))
    for fitted_before in (False, True):
        candidate = clone(estimator)
        if fitted_before:
            candidate.fit(X[:, :2], targets_for(estimator))
        candidate.set_params(**settings)
        before = state(candidate)
        with pytest.raises(error, match=message) as refusal:
            candidate.fit(*data)
        assert isinstance(refusal.value, ValueError | TypeError)
        assert_same_state(candidate, before)


# Parameters ---------------------------------------------------------------------------

NOT_NUMBERS = ["0.1", None, [0.1], 1j]
BAD_PARAMETERS = [
    *(("alpha", value) for value in (-1.0, np.nan, np.inf, *NOT_NUMBERS)),
    *(("l1_ratio", value) for value in (-0.1, 1.1, np.nan, *NOT_NUMBERS)),
    *(("tol", value) for value in (-1.0, np.nan, "small", None)),
    *(("max_iter", value) for value in (0, -1, 2.5, np.nan, "many", None)),
]
BAD_PARAMETERS_OF_LINEAR = [
    ("fit_intercept", "yes"),
    ("positive", 2),
    ("standardize", "no"),
    ("warm_start", None),
    ("loss", "cubic"),
    ("loss", None),
    ("loss", 1.0),
]


def assert_names_parameter(estimator, name, value):
    """The message names the parameter, the value given and what is expected."""
    for fitted_before in (False, True):
        candidate = clone(estimator)
        if fitted_before:
            candidate.fit(X[:, :2], targets_for(estimator))
        candidate.set_params(**{name: value})
        before = state(candidate)
        with pytest.raises((ValueError, TypeError)) as refusal:
            candidate.fit(X, targets_for(estimator))
        message = str(refusal.value)
        assert re.search(rf"\b{name}\b", message), message
        assert repr(value) in message or str(value) in message, message
        assert "must be" in message, message
        assert_same_state(candidate, before)


@EVERY
@pytest.mark.parametrize(("name", "value"), BAD_PARAMETERS, ids=repr)
def test_parameter_out_of_range(estimator, name, value):
    assert_names_parameter(estimator, name, value)


@pytest.mark.parametrize("estimator", LINEAR, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize(("name", "value"), BAD_PARAMETERS_OF_LINEAR, ids=repr)
def test_parameter_of_linear_models_out_of_range(estimator, name, value):
    assert_names_parameter(estimator, name, value)


BAD_PARAMETERS_OF_NETWORKS = [
    ("hidden_layer_sizes", 0),
    ("hidden_layer_sizes", (4, -1)),
    ("hidden_layer_sizes", (4.5,)),
    ("hidden_layer_sizes", "large"),
    ("hidden_layer_sizes", None),
    ("activation", "swish"),
    ("solver", "newton"),
    ("solver", None),
    ("batch_size", 0),
    ("batch_size", "all"),
    ("learning_rate_init", 0.0),
    ("learning_rate_init", np.nan),
    ("learning_rate_init", np.inf),
    ("shuffle", "no"),
    ("random_state", "now"),
    ("n_iter_no_change", 0),
    ("early_stopping", "yes"),
    ("validation_fraction", 0.0),
    ("validation_fraction", 1.0),
    ("validation_fraction", np.nan),
    ("max_fun", 0),
    ("polish", "yes"),
    ("polish_tol", 0.0),
    ("polish_tol", np.nan),
    ("warm_start", None),
    ("loss", "cubic"),
    ("loss", None),
]


@pytest.mark.parametrize("estimator", NETWORKS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize(("name", "value"), BAD_PARAMETERS_OF_NETWORKS, ids=repr)
def test_parameter_of_networks_out_of_range(estimator, name, value):
    assert_names_parameter(estimator, name, value)


@pytest.mark.parametrize("estimator", NETWORKS, ids=lambda e: type(e).__name__)
def test_partial_fit_checks_and_leaves_the_network_alone(estimator):
    y = targets_for(estimator)
    classes = [np.unique(LABELS)] if is_classifier(estimator) else []
    for fitted_before in (False, True):
        network = clone(estimator)
        if fitted_before:
            network.partial_fit(X, y, *classes)
        before = state(network)
        copies = [w.copy() for w in before.get("coefs_", [])]
        for data, message in (
            ((spoiled(X, np.nan), y, *classes), "Input X contains NaN"),
            ((X[:-1], y, *classes), "inconsistent numbers of samples"),
            ((X, None, *classes), "requires y to be passed|y should be a 1d array"),
        ):
            with pytest.raises(ValueError, match=message):
                network.partial_fit(*data)
            assert_same_state(network, before)
        with pytest.raises(ValueError, match="sample_weight must not be negative"):
            network.partial_fit(X, y, *classes, sample_weight=-np.ones(24))
        assert_same_state(network, before)
        for weights, copy in zip(before.get("coefs_", []), copies, strict=True):
            np.testing.assert_array_equal(weights, copy)
        if fitted_before:
            with pytest.raises(ValueError, match="X has 2 features, but"):
                network.partial_fit(X[:, :2], y, *classes)


def test_classes_of_partial_fit():
    network = clone(NETWORKS[1])
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        network.partial_fit(X, LABELS)
    with pytest.raises(ValueError, match=r"not in classes.*beech"):
        network.partial_fit(X, LABELS, classes=["ash", "oak"])
    network.partial_fit(X, LABELS, classes=["ash", "beech"])
    with pytest.raises(ValueError, match=r"classes=.*oak.*differ"):
        network.partial_fit(X, LABELS, classes=["ash", "oak"])


def test_early_stopping_needs_epochs():
    for network in NETWORKS:
        message = "early_stopping.*solver='lbfgs'.*use solver='adam'"
        assert_refused(network, message, solver="lbfgs", early_stopping=True)


@EVERY
@pytest.mark.parametrize("penalty", ["lasso", "L1", "", "none"])
def test_unknown_penalty_is_answered_with_the_known_ones(estimator, penalty):
    for known in ("elasticnet", "l1", "l2"):
        message = rf"'penalty' parameter.*'{known}'.*Got '{penalty}' instead"
        assert_refused(estimator, message, penalty=penalty)


class LooksLikeOne:
    """Something that looks like a penalty until a solver asks for its prox."""

    def record(self, alpha, n_features):
        return (alpha, n_features)


class ValueMissing(Penalty):
    def prox(self, x, step, j):
        return x


class ProxMissing(Penalty):
    def value(self, x, j):
        return abs(x)


@EVERY
@pytest.mark.parametrize(
    "penalty",
    [0.1, 1, ["l1"], {"l1": 0.1}, object(), Huber(), print, LooksLikeOne()],
    ids=lambda penalty: type(penalty).__name__,
)
def test_object_that_is_no_penalty(estimator, penalty):
    assert_refused(estimator, "penalty", error=(ValueError, TypeError), penalty=penalty)


@EVERY
def test_class_instead_of_an_object_as_penalty(estimator):
    message = r"'penalty' parameter.*instance of .*Penalty.*Got <class .*\.L1'>"
    assert_refused(estimator, message, penalty=L1)


def test_class_instead_of_an_object_as_loss():
    message = r"'loss' parameter.*instance of .*Loss.*Got <class .*\.Huber'>"
    assert_refused(LINEAR[0], message, loss=Huber)


@EVERY
@pytest.mark.parametrize(
    "penalty",
    [ValueMissing(), ProxMissing()],
    ids=lambda p: str(type(p)),
)
def test_penalty_without_value_or_prox(estimator, penalty):
    name = type(penalty).__name__
    message = rf"(?s)penalty.*{name}.*(value|prox)|{name}.*(value|prox)"
    assert_refused(estimator, message, error=(ValueError, TypeError), penalty=penalty)


@EVERY
@pytest.mark.parametrize("l1_ratio", [-0.1, 1.5, np.nan, "0.5", None, True])
def test_penalty_object_with_a_bad_parameter(estimator, l1_ratio):
    message = r"l1_ratio of ElasticNet must be a number in \[0, 1\], got "
    message += re.escape(repr(l1_ratio))
    assert_refused(estimator, message, penalty=ElasticNet(l1_ratio=l1_ratio))


@pytest.mark.parametrize("delta", [0.0, -1.0, np.nan, np.inf, "1", None])
def test_loss_object_with_a_bad_parameter(delta):
    message = rf"delta of Huber must be .*got {re.escape(repr(delta))}"
    assert_refused(LINEAR[0], message, loss=Huber(delta=delta))


def test_zero_is_not_called_a_number_of_at_least_zero():
    with pytest.raises(ValueError, match=r"delta of Huber must be (?!.*at least 0)"):
        LinearRegressor(loss=Huber(delta=0.0)).fit(X, Y)


def test_loss_of_regression_in_a_classifier():
    for loss in ("huber", "squared_error", Huber()):
        for classifier in (LINEAR[1], NETWORKS[1]):
            assert_refused(classifier, "loss.*log_loss", loss=loss)


def test_loss_of_classification_in_a_regressor():
    for loss in ("log_loss", LogLoss(), "squared_hinge", SquaredHinge()):
        for regressor in (LINEAR[0], NETWORKS[0]):
            assert_refused(regressor, "loss.*(squared_error|numbers)", loss=loss)


@pytest.mark.parametrize(
    ("loss", "y", "words"),
    [
        (
            "poisson",
            Y,
            "at least zero: .* of 24 are not, the least is -.*squared_error",
        ),
        ("gamma", np.abs(Y) * (Y > 0), "above zero: .*the least is 0"),
        ("tweedie", Y, "at least zero"),
        (Tweedie(power=3), np.zeros(24), r"loss=Tweedie\(power=3\).*above zero"),
        ("poisson", np.zeros(24), "mean of y must be above zero.*fit_intercept=False"),
        (Tweedie(power=0), -np.abs(Y), "mean of y must be above zero.*got -"),
        ("poisson", np.c_[Y**2, Y**2], r"y should be a 1d array.*\(24, 2\)"),
    ],
)
def test_targets_out_of_the_domain_of_a_loss(loss, y, words):
    assert_refused(LINEAR[0], words, X, y, loss=loss)
    with pytest.raises(ValueError, match=words):
        alpha_max(LinearRegressor("l1", loss=loss), X, y)


def test_rows_without_weight_may_be_out_of_the_domain():
    y, weight = np.abs(Y) + 0.1, np.ones(24)
    expected = LinearRegressor(loss="gamma").fit(X[2:], y[2:]).coef_
    y[:2], weight[:2] = -1.0, 0.0
    model = LinearRegressor(loss="gamma").fit(X, y, weight)
    np.testing.assert_allclose(model.coef_, expected, atol=1e-10)


def test_zeros_throughout_are_fine_without_intercept():
    model = LinearRegressor("l2", loss="poisson", fit_intercept=False)
    assert (model.fit(X, np.zeros(24)).predict(X) > 0.0).all()


@pytest.mark.parametrize("power", [-1.0, 0.5, np.nan, np.inf, "1", None])
def test_tweedie_of_a_power_without_distribution(power):
    message = rf"power of Tweedie must be .*got {re.escape(repr(power))}"
    assert_refused(LINEAR[0], message, loss=Tweedie(power=power))


def test_squared_hinge_of_more_than_two_classes():
    words = "Only binary classification is supported.*got 3.*OneVsRestClassifier"
    labels = np.arange(24) % 3
    for loss in ("squared_hinge", SquaredHinge()):
        assert_refused(LINEAR[1], words, X, labels, loss=loss)


def test_a_network_has_no_link():
    for loss in ("poisson", Poisson()):
        assert_refused(NETWORKS[0], "loss.*(squared_error|logarithm)", loss=loss)


@EVERY
@pytest.mark.parametrize("penalty", ["elasticnet", "l1", None])
def test_nested_parameter_of_a_string(estimator, penalty):
    candidate = clone(estimator).set_params(penalty=penalty)
    before = state(candidate)
    message = rf"penalty__l1_ratio.*penalty is {penalty!r}.*ElasticNet\(l1_ratio=0.5\)"
    with pytest.raises(ValueError, match=message):
        candidate.set_params(alpha=3.0, penalty__l1_ratio=0.1)
    assert_same_state(candidate, before)


@EVERY
def test_unknown_parameters(estimator):
    candidate = clone(estimator).set_params(penalty=ElasticNet())
    before = state(candidate)
    with pytest.raises(ValueError, match=r"has no parameter 'gamma'.*l1_ratio"):
        candidate.set_params(penalty__gamma=3.0)
    with pytest.raises(ValueError, match="Invalid parameter 'strength'"):
        candidate.set_params(strength=3.0)
    with pytest.raises(TypeError, match="gamma"):
        ElasticNet(gamma=3.0)
    assert_same_state(candidate, before)


@EVERY
def test_refused_set_params_changes_nothing(estimator):
    penalty = ElasticNet(l1_ratio=0.2)
    candidate = clone(estimator).set_params(penalty=penalty)
    with pytest.raises(ValueError, match="gamma"):
        candidate.set_params(penalty__l1_ratio=0.7, penalty__gamma=3.0)
    assert penalty.l1_ratio == 0.2


@pytest.mark.parametrize(
    "class_weight",
    ["even", 3.0, {"ash": -1.0}, {"ash": np.nan}, {"ash": 0.0, "beech": 0.0}],
    ids=repr,
)
def test_bad_class_weight(class_weight):
    error = (ValueError, TypeError)
    assert_refused(LINEAR[1], "class_weight", error=error, class_weight=class_weight)


def test_class_weight_for_an_absent_class():
    weights = {"ash": 1.0, "oak": 2.0}
    assert_refused(LINEAR[1], r"beech.*not in class_weight", class_weight=weights)


# Numbers that are none ----------------------------------------------------------------


def spoiled(array, value):
    array = np.array(array, dtype=float)
    array.flat[1] = value
    return array


@EVERY
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_array])
def test_nan_and_infinity_in_X(estimator, value, kind):
    what = "NaN" if np.isnan(value) else "infinity"
    data = kind(spoiled(X, value)), targets_for(estimator)
    assert_refused(estimator, rf"Input X contains {what}", *data)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(50, 5), (20, 60), (3000, 20)])
@pytest.mark.parametrize(
    "make",
    [
        np.ascontiguousarray,
        np.asfortranarray,
        scipy.sparse.csc_array,
        scipy.sparse.csr_array,
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_pass_over_X_is_needed_to_find_what_is_not_finite(value, shape, make, dtype):
    what = "NaN" if np.isnan(value) else "infinity"
    data = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    y = data[:, 0] > 0.0
    row = shape[0] // 2
    data[row, 3] = value
    light = np.where(np.arange(shape[0]) == row, 0.0, 1.0)
    for estimator in LINEAR:
        for weight in (None, light):
            assert_refused(estimator, f"Input X contains {what}", make(data), y, weight)
    with pytest.raises(ValueError, match="LinearRegressor does not") as raised:
        LINEAR[0].fit(spoiled(X, np.nan), Y)
    assert "Input X contains NaN" in str(raised.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_in_y(value):
    what = "NaN" if np.isnan(value) else "infinity"
    for y in (spoiled(Y, value), spoiled(np.c_[Y, Y], value)):
        assert_refused(LINEAR[0], rf"Input y contains {what}", X, y)
    labels = spoiled(Y > 0, value)
    assert_refused(LINEAR[1], rf"Input y contains {what}", X, labels)


@EVERY
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_in_weights(estimator, value):
    what = "NaN" if np.isnan(value) else "infinity"
    weights = spoiled(np.ones(len(X)), value)
    data = X, targets_for(estimator), weights
    assert_refused(estimator, rf"Input sample_weight contains {what}", *data)


# Weights ------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros(24), "sample_weight.*non-zero.*all are zero"),
        (0.0, "sample_weight.*non-zero.*all are zero"),
        (-np.ones(24), "sample_weight must not be negative, got -1"),
        (spoiled(np.ones(24), -1e-300), "sample_weight must not be negative"),
        (-2, "sample_weight must not be negative, got -2"),
        (np.ones(23), r"sample_weight must have shape \(24,\).*got shape \(23,\)"),
        (np.ones((24, 1)), r"sample_weight.*shape.*\(24, 1\)"),
        (np.ones((24, 2)), r"sample_weight.*shape.*\(24, 2\)"),
        (["heavy"] * 24, "sample_weight|could not convert string"),
        (np.ones(24, dtype=complex), "[Cc]omplex"),
        ("balanced", "sample_weight"),
    ],
    ids=lambda value: value if isinstance(value, str) else np.shape(value),
)
def test_bad_weights(estimator, weights, message):
    data = X, targets_for(estimator), weights
    assert_refused(estimator, message, *data, error=(ValueError, TypeError))


# Shapes and kinds ---------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize(
    ("features", "message"),
    [
        (X[:, 0], "Expected 2D array, got 1D array instead"),
        (X[:, :, None], "Found array with dim 3"),
        (3.0, "Expected 2D array, got scalar array instead"),
        (np.empty((0, 3)), r"0 sample\(s\)"),
        (np.empty((24, 0)), r"0 feature\(s\)"),
        (X[:-1], "inconsistent numbers of samples"),
        (X + 1j, "Complex data not supported"),
        (np.full((24, 3), "text"), "could not convert string"),
        (np.full((24, 3), {}, dtype=object), "argument must be .* string.* number"),
        (np.full((24, 3), None), "contains NaN|NoneType"),
        ([[1.0], [2.0, 3.0]], "inhomogeneous"),
        (None, "Expected 2D array, got scalar array instead|None"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else type(value).__name__,
)
def test_bad_shapes_and_kinds_of_X(estimator, features, message):
    data = features, targets_for(estimator)
    assert_refused(estimator, message, *data, error=(ValueError, TypeError))


@EVERY
@pytest.mark.parametrize(
    ("target", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (Y[:-1], "inconsistent numbers of samples"),
        (np.ones((24, 2, 2)), "dim 3|should be a 1d array|shape"),
        (1.0, "y|scalar|len"),
        (np.full(24, {}, dtype=object), "y|label|number"),
        (Y + 1j, "[Cc]omplex|Unknown label type"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else np.shape(value),
)
def test_bad_shapes_and_kinds_of_y(estimator, target, message):
    assert_refused(estimator, message, X, target, error=(ValueError, TypeError))


def test_text_as_target_of_a_regressor():
    assert_refused(LINEAR[0], "could not convert string", X, LABELS)


def test_numbers_as_target_of_a_classifier():
    assert_refused(LINEAR[1], "Unknown label type: continuous", X, Y)


@pytest.mark.parametrize("target", [np.zeros(24), np.full(24, "ash"), [True] * 24])
def test_one_class_only(target):
    assert_refused(LINEAR[1], "at least 2 classes.*got 1 class", X, target)


@pytest.mark.parametrize("number", [0.5, 1.0 + 1e-12, 1e300])
def test_labels_that_are_no_whole_numbers(number):
    labels = number * (LABELS == "ash") + 0.0
    with np.errstate(invalid="ignore"):  # scikit-learn looks at them as int64
        assert_refused(LINEAR[1], "Unknown label type: continuous", X, labels)


def test_whole_numbers_in_floats_are_labels():
    for kind in (np.float64, np.float32, np.int8, bool):
        labels = (LABELS == "ash").astype(kind)
        classifier = clone(LINEAR[1]).fit(X, labels)
        assert classifier.classes_.dtype == labels.dtype
        np.testing.assert_array_equal(
            classifier.coef_, clone(LINEAR[1]).fit(X, labels.astype(int)).coef_
        )


def test_one_class_left_by_the_weights():
    weights = (LABELS == "ash").astype(float)
    message = r"at least 2 classes.*got 1 class: .*'ash'"
    assert_refused(LINEAR[1], message, X, LABELS, weights)


@EVERY
@pytest.mark.parametrize("number", [1e200, -1e200, 1e308])
def test_numbers_whose_squares_overflow(estimator, number):
    features = spoiled(X, number)
    assert_refused(estimator, "X.*rescale", features, targets_for(estimator))


@pytest.mark.parametrize("number", [1e200, -1e200])
def test_targets_whose_squares_overflow(number):
    assert_refused(LINEAR[0], "y holds numbers.*rescale y", X, spoiled(Y, number))


@pytest.mark.parametrize("number", [1e-150, 1e-155, 1e-200, 5e-324])
def test_targets_whose_squares_underflow(number):
    assert_refused(LINEAR[0], "y holds no number larger.*rescale y", X, number * Y)


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csr_array])
@pytest.mark.parametrize("number", [1e-152, 1e-200, 5e-324])
def test_features_whose_squares_underflow(number, make):
    for model in (LinearRegressor(None), LinearRegressor("l1", standardize=True)):
        assert_refused(
            model, "X holds no number larger.*rescale X", make(number * X), Y
        )


# Prediction ---------------------------------------------------------------------------


def predictions(estimator):
    yield estimator.predict
    if is_classifier(estimator):
        yield from (
            estimator.decision_function,
            estimator.predict_proba,
            estimator.predict_log_proba,
        )


@EVERY
def test_prediction_before_fit(estimator):
    for predict in predictions(clone(estimator)):
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            predict(X)
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        clone(estimator).score(X, targets_for(estimator))


@EVERY
def test_prediction_of_other_features(estimator):
    name = type(estimator).__name__
    model = clone(estimator).fit(X, targets_for(estimator))
    before = state(model)
    for features in (X[:, :2], np.c_[X, X], scipy.sparse.csc_array(X[:, :2])):
        count = features.shape[1]
        message = rf"X has {count} features, but {name} is expecting 3 features"
        for predict in predictions(model):
            with pytest.raises(ValueError, match=message):
                predict(features)
    for features, message in (
        (X[0], "Expected 2D array"),
        (spoiled(X, np.nan), "contains NaN"),
        (X + 1j, "Complex data"),
    ):
        for predict in predictions(model):
            with pytest.raises(ValueError, match=message):
                predict(features)
    assert_same_state(model, before)


# Functions ----------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", LINEAR, ids=lambda e: type(e).__name__)
def test_alpha_max_checks_like_fit(estimator):
    y = targets_for(estimator)
    for data, message in (
        ((spoiled(X, np.nan), y), "Input X contains NaN"),
        ((X, y, -np.ones(24)), "sample_weight must not be negative"),
        ((X[:-1], y), "inconsistent numbers of samples"),
    ):
        with pytest.raises(ValueError, match=message):
            alpha_max(estimator, *data)
    candidate = clone(estimator).set_params(penalty="lasso")
    with pytest.raises(ValueError, match=r"penalty.*'l1'.*Got 'lasso'"):
        alpha_max(candidate, X, y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0, "sklearn.Lars"), "source must be one of .*sklearn.Lasso.*sklearn.Lars"),
        ((-1.0, "sklearn.Lasso"), "value must be .*got -1.0"),
        ((np.nan, "sklearn.Lasso"), "value must be .*got nan"),
        ((np.inf, "glmnet"), "value must be .*got inf"),
        ((0.0, "sklearn.LogisticRegression"), "C must be positive, got 0.0"),
        (("1", "sklearn.Lasso"), "value must be .*got '1'"),
        ((None, "sklearn.Lasso"), "value must be .*got None"),
        (((1.0, 2.0), "sklearn.Lasso"), "value must be .*got"),
        ((1.0, "keras.l1_l2"), "value must be .*got 1.0"),
        (((1.0, 2.0, 3.0), "keras.l1_l2"), "value must be .*got"),
    ],
    ids=repr,
)
def test_convert_alpha_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        convert_alpha(*arguments)


@pytest.mark.parametrize(
    "settings",
    [{"sample_weight_sum": 0.0}, {"sample_weight_sum": -3}, {"sample_weight_sum": "n"}],
    ids=repr,
)
def test_convert_alpha_refuses_settings(settings):
    ((name, value),) = settings.items()
    with pytest.raises(ValueError, match=f"{name} must be .*got {value!r}"):
        convert_alpha(1.0, "sklearn.Ridge", **settings)


def test_convert_alpha_says_what_is_absent():
    with pytest.raises(TypeError, match="needs sample_weight_sum"):
        convert_alpha(1.0, "sklearn.Ridge")


# Whatever it is: finite coefficients or a ValueError ----------------------------------

DTYPES = st.sampled_from(["f2", ">f4", "f8", ">f8", "i1", ">i4", "u8", "?", "g"])


@st.composite
def features(draw):
    """A small array of any dtype, order, stride and writability."""
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 4)))
    dtype = np.dtype(draw(DTYPES))
    finite = {"allow_nan": False, "allow_infinity": False}
    elements = finite if dtype.kind == "f" else {}
    layout = draw(st.sampled_from("CFSNR"))
    stretched = (2 * shape[0], 2 * shape[1]) if layout == "S" else shape
    if dtype.char == "g":  # long double: hypothesis draws what float64 can hold
        array = draw(hnp.arrays("f8", stretched, elements=finite)).astype("g")
    else:
        array = draw(hnp.arrays(dtype, stretched, elements=elements))
    if layout == "F":
        array = np.asfortranarray(array)
    elif layout == "S":
        array = array[::2, ::2]
    elif layout == "N":
        array = array[::-1, ::-1]
    elif layout == "R":
        array.flags.writeable = False
    return array


@st.composite
def cases(draw):
    """Features with targets, labels and weights to match."""
    array = draw(features())
    n = len(array)
    y = draw(hnp.arrays("f8", n, elements=st.floats(-1e300, 1e300)))
    labels = draw(hnp.arrays("i8", n, elements=st.integers(0, 2)))
    weights = draw(st.none() | hnp.arrays("f8", n, elements=st.floats(0.0, 1e308)))
    return array, y, labels, weights


MODELS = [
    LinearRegressor("l1", alpha=0.01),
    LinearRegressor("l2", alpha=0.01),
    LinearRegressor("elasticnet", alpha=0.01, loss="huber"),
    LinearRegressor("l1", alpha=0.01, standardize=True, positive=True),
    LinearClassifier("l1", alpha=0.01),
    LinearClassifier("l2", alpha=0.01, class_weight="balanced"),
    MLPRegressor("l1", alpha=0.01, hidden_layer_sizes=(), random_state=0),
    MLPRegressor("l2", alpha=0.01, **SMALL),
    MLPClassifier("elasticnet", alpha=0.01, max_fun=20, **SMALL),
]


def learnt(model):
    if hasattr(model, "coefs_"):  # a network
        return [*model.coefs_, *model.intercepts_]
    return [model.coef_, model.intercept_]


@pytest.mark.filterwarnings("ignore:.*did not converge")
@pytest.mark.parametrize("model", MODELS, ids=repr)
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=cases())
def test_any_finite_array_gives_finite_coefficients_or_a_value_error(model, case):
    array, y, labels, weights = case
    content = array.copy()
    model = clone(model)
    before = state(model)
    try:
        model.fit(array, labels if is_classifier(model) else y, weights)
    except ValueError:
        assert_same_state(model, before)
    else:
        assert all(np.isfinite(numbers).all() for numbers in learnt(model))
        assert np.isfinite(model.objective_)
        assert model.violation_ >= 0.0
    np.testing.assert_array_equal(array, content)


# What scikit-learn is not asked about -------------------------------------------------

PLAIN_Y = {
    "floats": Y,
    "float32": Y.astype(np.float32),
    "integers": (Y > 0).astype(int),
    "booleans": Y > 0,
    "strings": LABELS,
    "a matrix": np.column_stack([Y, Y]),
}


@pytest.mark.parametrize("y", PLAIN_Y.values(), ids=PLAIN_Y)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", ["C", "F"])
def test_plain_arrays_are_taken_as_scikit_learn_returns_them(y, dtype, order):
    given = np.asarray(X, dtype=dtype, order=order)
    ours, theirs = LinearRegressor(), LinearRegressor()
    for estimator in (ours, theirs):
        estimator.feature_names_in_ = np.array(["of", "another", "fit"])
    found = checked_for_fit(ours, given, y, multi_output=True)
    expected = validate_data(
        theirs, given, y, dtype=[np.float64, np.float32], multi_output=True
    )
    for mine, its, same in zip(found, expected, (given, y), strict=True):
        assert mine is same
        np.testing.assert_array_equal(its, same, strict=True)
    assert vars(ours) == vars(theirs)
    assert checked_for_predict(ours, given) is given
    with pytest.raises(ValueError, match="features"):
        checked_for_predict(ours, given[:, :2])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["X", "y"])
def test_what_is_not_finite_is_not_plain(where, bad):
    data = {"X": X.copy(), "y": Y.copy()}
    data[where].flat[-1] = bad
    with pytest.raises(ValueError, match=f"Input {where} contains"):
        Lasso().fit(**data)


def test_sums_that_overflow_are_of_finite_numbers():
    large = np.full((4, 1), 1e308)
    assert checked_for_fit(LinearRegressor(), large, Y[:4])[0] is large


@pytest.mark.parametrize(
    ("name", "valid", "bad"),
    [
        ("fit_intercept", True, 1),
        ("max_iter", 1000, 1000.0),
        ("alpha", 1.0, -1.0),
        ("alpha", 1.0, np.nan),
        ("alpha", 1, "1"),
        ("selection", "cyclic", ["cyclic"]),
        ("random_state", 0, 0.0),
    ],
)
def test_what_was_valid_vouches_for_nothing_else(name, valid, bad):
    for _ in range(2):
        Lasso().set_params(**{name: valid}).fit(X, Y)
        with pytest.raises(ValueError, match=f"The '{name}' parameter of Lasso"):
            Lasso().set_params(**{name: bad}).fit(X, Y)
