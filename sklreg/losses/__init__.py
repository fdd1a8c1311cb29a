"""Losses ``f(y, eta)``: one file each, listed in `CATALOGUE`."""

from __future__ import annotations

from ._base import (
    Loss,
    null_intercept,
    weighted_dual,
    weighted_gradient,
    weighted_hessian,
    weighted_value,
)
from .huber import Huber
from .log_loss import LogLoss
from .softmax import Softmax
from .squared_error import SquaredError

#: What the strings of an estimator's ``loss`` stand for.
CATALOGUE: dict[str, type[Loss]] = {
    "huber": Huber,
    "log_loss": LogLoss,
    "squared_error": SquaredError,
}

__all__ = [
    "CATALOGUE",
    "Huber",
    "LogLoss",
    "Loss",
    "Softmax",
    "SquaredError",
    "null_intercept",
    "weighted_dual",
    "weighted_gradient",
    "weighted_hessian",
    "weighted_value",
]
