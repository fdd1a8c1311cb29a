"""Choosing the strength of a penalty."""

from __future__ import annotations

from .alpha_max import alpha_max
from .classifier_cv import LinearClassifierCV
from .convert import convert_alpha
from .curve import Curve
from .information import Information, information_criterion
from .network_classifier_cv import MLPClassifierCV
from .network_path import NetworkPath, mlp_path
from .network_regressor_cv import MLPRegressorCV
from .path import Path, regularization_path
from .regressor_cv import LinearRegressorCV
from .relaxed import relaxed_path
from .stability import Stability, stability_selection

__all__ = [
    "Curve",
    "Information",
    "LinearClassifierCV",
    "LinearRegressorCV",
    "MLPClassifierCV",
    "MLPRegressorCV",
    "NetworkPath",
    "Path",
    "Stability",
    "alpha_max",
    "convert_alpha",
    "information_criterion",
    "mlp_path",
    "regularization_path",
    "relaxed_path",
    "stability_selection",
]
