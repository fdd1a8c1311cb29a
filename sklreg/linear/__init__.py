"""Linear estimators."""

from __future__ import annotations

from ._base import Prepared
from .classifier import LinearClassifier
from .regressor import LinearRegressor

__all__ = ["LinearClassifier", "LinearRegressor", "Prepared"]
