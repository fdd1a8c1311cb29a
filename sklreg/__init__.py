"""sklreg: penalised estimators for scikit-learn, one `penalty` and one `alpha`."""

from __future__ import annotations

from . import _memory
from .drop_in import (
    ElasticNet,
    ElasticNetCV,
    Lasso,
    LassoCV,
    LogisticRegression,
    LogisticRegressionCV,
    MultiTaskElasticNet,
    MultiTaskLasso,
    Ridge,
    RidgeCV,
    enet_path,
    lasso_path,
)
from .linear import LinearClassifier, LinearRegressor
from .model_selection import (
    LinearClassifierCV,
    LinearRegressorCV,
    MLPClassifierCV,
    MLPRegressorCV,
    alpha_max,
    convert_alpha,
    information_criterion,
    mlp_path,
    regularization_path,
)
from .neural import MLPClassifier, MLPRegressor

_memory.keep_freed_memory()

__version__ = "0.1.0"
__all__ = [
    "ElasticNet",
    "ElasticNetCV",
    "Lasso",
    "LassoCV",
    "LinearClassifier",
    "LinearClassifierCV",
    "LinearRegressor",
    "LinearRegressorCV",
    "LogisticRegression",
    "LogisticRegressionCV",
    "MLPClassifier",
    "MLPClassifierCV",
    "MLPRegressor",
    "MLPRegressorCV",
    "MultiTaskElasticNet",
    "MultiTaskLasso",
    "Ridge",
    "RidgeCV",
    "alpha_max",
    "convert_alpha",
    "enet_path",
    "information_criterion",
    "lasso_path",
    "mlp_path",
    "regularization_path",
]
