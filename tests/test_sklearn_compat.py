"""scikit-learn's own checks on every public estimator: no failure, skip or xfail.

Linear models run at their default `alpha` and lightly penalised: at a strong `alpha`
all coefficients are zero, and the checks of sample weights would prove nothing.
Networks are penalised lightly by default.
"""

import os

import numpy as np
import pytest
from sklearn.feature_selection import SelectFromModel
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

import sklreg
from sklreg import (
    LinearClassifier,
    LinearClassifierCV,
    LinearRegressor,
    LinearRegressorCV,
    MLPClassifierCV,
    MLPRegressorCV,
)
from sklreg.losses import Huber, Tweedie
from sklreg.neural import MLPClassifier, MLPRegressor
from sklreg.penalties import L1, MCP, Bounded, ElasticNet, Weighted

if os.environ.get("SCIPY_ARRAY_API") != "1":
    msg = (
        "Set SCIPY_ARRAY_API=1 before running these tests (tools/test.py does): "
        "without it scikit-learn skips its array API checks."
    )
    raise RuntimeError(msg)

LIGHT = 1e-4

# LinearClassifier(None) is absent: the data of the weight-equivalence checks, 15 rows
# and 30 columns, are separable, so that the objective without penalty has no minimiser
# that two fits could agree on. `penalty=None` on data that are not separable is in
# test_linear.py.
LINEAR = {
    LinearRegressor: [
        {"penalty": "l1"},
        {"penalty": "l2"},
        {"penalty": "elasticnet"},
        {"penalty": None},
        {"penalty": ElasticNet(l1_ratio=0.8)},
        {"penalty": MCP()},
        {"penalty": Bounded(Weighted("l1", weights=0.5), upper=100.0)},
        {"penalty": "l1", "loss": "huber"},
        {"penalty": "l2", "loss": Huber(delta=0.5)},
        {"penalty": "l1", "loss": "poisson"},
        {"penalty": "l2", "loss": "gamma"},
        {"penalty": "elasticnet", "loss": Tweedie(power=1.5)},
        {"penalty": "l1", "positive": True},
        {"penalty": "l2", "positive": True},
        {"penalty": "l1", "standardize": True},
        {"penalty": "l1", "fit_intercept": False},
        {"penalty": "l1", "warm_start": True},
    ],
    LinearClassifier: [
        {"penalty": "l1"},
        {"penalty": "l2"},
        {"penalty": "elasticnet"},
        {"penalty": L1()},
        {"penalty": "l1", "positive": True},
        {"penalty": "l1", "standardize": True},
        {"penalty": "l1", "fit_intercept": False},
        {"penalty": "l1", "loss": "squared_hinge"},
        {"penalty": "l2", "loss": "squared_hinge"},
        {"penalty": "l2", "class_weight": "balanced"},
        {"penalty": "l1", "class_weight": "balanced", "warm_start": True},
    ],
}
#: With few strengths, to be quick; all of them mean something on any data.
CHOSEN = {"alphas": [0.1, LIGHT]}
CHOOSING = {
    LinearRegressorCV: [
        {"penalty": "l1"},
        {"penalty": "l1", **CHOSEN, "standardize": True, "rule": "1se"},
        {"penalty": "elasticnet", **CHOSEN, "l1_ratio": [0.3, 0.9]},
        {"penalty": "l2", **CHOSEN, "scoring": "neg_mean_absolute_error"},
    ],
    LinearClassifierCV: [
        {"penalty": "l1", "alphas": 10, "alpha_min_ratio": 0.01, "tol": 1e-8},
        {"penalty": "l2", **CHOSEN, "scoring": "accuracy"},
        {"penalty": "l1", **CHOSEN, "class_weight": "balanced", "n_jobs": 2},
    ],
}
FAST = {"learning_rate_init": 0.01}  # to learn something in a hundred epochs
SMALL = {"hidden_layer_sizes": (8,)}  # to be quick
LBFGS = {"solver": "lbfgs", "activation": "tanh", "max_fun": 500}
SMOOTH = {"activation": "tanh", "max_fun": 500}
NETWORK_SETTINGS = [
    {"penalty": "l2", **SMALL},
    {"penalty": "l1", **SMALL},
    {"penalty": "l1", "hidden_layer_sizes": ()},
    {"penalty": "l2", **SMALL, **LBFGS},
    {"penalty": "elasticnet", "early_stopping": True, **SMALL},
    {"penalty": "group", **SMALL, **SMOOTH},
    {"penalty": "l1", "dropout": 0.1, "input_dropout": 0.1, **SMALL, **FAST},
    {"penalty": "l1", "batch_norm": True, **SMALL, **FAST},
    {"penalty": "l2", "learning_rate": "one_cycle", **SMALL, **FAST},
    {"penalty": None, "solver": "sgd", "weight_decay": 0.1, "max_norm": 3.0, **SMALL},
]
LOSS_SETTINGS = [
    {"penalty": "l1", "loss": "quantile", **SMALL},
    {"penalty": "l2", "loss": "poisson", **SMALL, **FAST},
]
NETWORKS = {
    MLPRegressor: [*NETWORK_SETTINGS, *LOSS_SETTINGS],
    MLPClassifier: NETWORK_SETTINGS,
}
TINY = {**SMALL, "cv": 3, **CHOSEN}
NETWORKS_CHOOSING = {
    MLPRegressorCV: [
        {"penalty": "l2", **TINY},
        {"penalty": "l1", **TINY, "hidden_layer_sizes": ()},
        {"penalty": "l1", **TINY, "polish": False, "rule": "1se", "n_jobs": 2},
    ],
    MLPClassifierCV: [
        {"penalty": "l2", **TINY},
        {"penalty": "l1", **TINY, "polish": False, "scoring": "accuracy"},
    ],
}
#: What LogisticRegressionCV warns of unless it is said.
SAID = {"l1_ratios": (0,), "scoring": "neg_log_loss", "use_legacy_attributes": False}
#: With few folds: a check fits ten rows of two classes.
FEW = {**SAID, "Cs": [0.1, 1.0], "cv": 3}
DROP_INS = {
    sklreg.Lasso: [{}, {"alpha": LIGHT}, {"alpha": LIGHT, "positive": True}],
    sklreg.ElasticNet: [{}, {"alpha": LIGHT, "warm_start": True}],
    sklreg.LassoCV: [{"alphas": 5}],
    sklreg.ElasticNetCV: [{**CHOSEN, "l1_ratio": [0.3, 0.9]}],
    sklreg.MultiTaskLasso: [{}, {"alpha": LIGHT}],
    sklreg.MultiTaskElasticNet: [{}, {"alpha": LIGHT}],
    sklreg.Ridge: [{}, {"alpha": LIGHT}, {"solver": "lbfgs", "positive": True}],
    sklreg.RidgeCV: [
        {},
        {"alphas": [LIGHT, 1.0], "scoring": "r2"},
        {"alphas": [LIGHT, 1.0], "cv": 3},
    ],
    sklreg.LogisticRegressionCV: [
        {**FEW, "Cs": [0.1, 10.0]},
        {**FEW, "solver": "liblinear", "class_weight": "balanced"},
        {**FEW, "solver": "saga", "l1_ratios": (0.5, 1), "n_jobs": 2},
    ],
    sklreg.LogisticRegression: [
        {},
        {"solver": "liblinear"},
        {"solver": "liblinear", "l1_ratio": 1.0, "class_weight": "balanced"},
        {"solver": "saga", "l1_ratio": 0.5, "C": 10.0},
    ],
}
SETTINGS = LINEAR | CHOOSING | NETWORKS | NETWORKS_CHOOSING | DROP_INS
PUBLIC_ESTIMATORS = [
    getattr(sklreg, name)
    for name in sklreg.__all__
    if isinstance(getattr(sklreg, name), type)
]


def linear_models():
    """Every estimator in every setting, at its default alpha and lightly penalised."""
    for estimator, settings in LINEAR.items():
        for setting in settings:
            yield estimator(**setting)
            if setting["penalty"] is not None:  # alpha is of no account without one
                yield estimator(**setting, alpha=LIGHT)


def by_name(estimators):
    """Parametrize by a list of estimators."""
    return pytest.mark.parametrize("estimator", estimators, ids=repr)


def test_every_public_estimator_has_settings():
    assert set(PUBLIC_ESTIMATORS) == set(SETTINGS)


@parametrize_with_checks(list(linear_models()))
def test_checks_on_linear_models(estimator, check):
    check(estimator)


# Some checks of earlier versions have fewer rows of a class than there are folds.
@pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
@parametrize_with_checks(
    [each(**setting) for each, settings in CHOOSING.items() for setting in settings]
)
def test_checks_on_models_that_choose(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [each(**setting) for each, settings in DROP_INS.items() for setting in settings]
)
def test_checks_on_drop_in_replacements(estimator, check):
    check(estimator)


# Some checks give features of mean 100 and standard deviation 1, on which a network
# does not converge, and says so. The linear models above converge on everything.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(
    [
        network(**setting)
        for network, settings in NETWORKS.items()
        for setting in [{}, *settings]
    ]
)
def test_checks_on_networks(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [
        each(**setting)
        for each, settings in NETWORKS_CHOOSING.items()
        for setting in settings
    ]
)
def test_checks_on_networks_that_choose(estimator, check):
    check(estimator)


# What check_estimator leaves to scikit-learn's own test-suite -------------------------


@by_name(
    [
        estimator(**SAID if estimator is sklreg.LogisticRegressionCV else {})
        for estimator in PUBLIC_ESTIMATORS
    ]
)
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_dataframe_column_names_consistency,
        estimator_checks.check_param_validation,
        estimator_checks.check_inplace_ensure_writeable,
    ],
    ids=lambda check: check.__name__,
)
def test_checks_outside_check_estimator(estimator, check):
    check(type(estimator).__name__, estimator)


def selector(estimator):
    return SelectFromModel(estimator, threshold=-np.inf)


# The checks fit on a data frame and transform an array, and the reverse, on purpose.
@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
@pytest.mark.filterwarnings("ignore:X has feature names, but:UserWarning")
@by_name([estimator() for estimator in LINEAR | CHOOSING])
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_set_output_transform,
        estimator_checks.check_set_output_transform_pandas,
        estimator_checks.check_set_output_transform_polars,
        estimator_checks.check_global_output_transform_pandas,
        estimator_checks.check_global_set_output_transform_polars,
        estimator_checks.check_get_feature_names_out_error,
        estimator_checks.check_transformer_get_feature_names_out,
        estimator_checks.check_transformer_get_feature_names_out_pandas,
    ],
    ids=lambda check: check.__name__,
)
def test_checks_of_transformers_on_a_selector(estimator, check):
    check("SelectFromModel", selector(estimator))
