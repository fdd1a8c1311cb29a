"""Choosing the strength of a penalty."""

from __future__ import annotations

from .alpha_max import alpha_max
from .classifier_cv import LinearClassifierCV
from .convert import convert_alpha
from .curve import Curve
from .path import Path, regularization_path
from .regressor_cv import LinearRegressorCV

__all__ = [
    "Curve",
    "LinearClassifierCV",
    "LinearRegressorCV",
    "Path",
    "alpha_max",
    "convert_alpha",
    "regularization_path",
]
