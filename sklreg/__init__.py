"""sklreg: penalised estimators for scikit-learn, one `penalty` and one `alpha`."""

from __future__ import annotations

from .linear import LinearClassifier, LinearRegressor
from .model_selection import (
    LinearClassifierCV,
    LinearRegressorCV,
    alpha_max,
    convert_alpha,
    information_criterion,
    regularization_path,
)
from .neural import MLPClassifier, MLPRegressor

__version__ = "0.1.0"
__all__ = [
    "LinearClassifier",
    "LinearClassifierCV",
    "LinearRegressor",
    "LinearRegressorCV",
    "MLPClassifier",
    "MLPRegressor",
    "alpha_max",
    "convert_alpha",
    "information_criterion",
    "regularization_path",
]
