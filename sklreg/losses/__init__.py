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
from .gamma import Gamma
from .huber import Huber
from .log_loss import LogLoss
from .poisson import Poisson
from .softmax import Softmax
from .squared_error import SquaredError
from .squared_hinge import SquaredHinge
from .tweedie import Tweedie

#: What the strings of an estimator's ``loss`` stand for.
CATALOGUE: dict[str, type[Loss]] = {
    "gamma": Gamma,
    "huber": Huber,
    "log_loss": LogLoss,
    "poisson": Poisson,
    "squared_error": SquaredError,
    "squared_hinge": SquaredHinge,
    "tweedie": Tweedie,
}

__all__ = [
    "CATALOGUE",
    "Gamma",
    "Huber",
    "LogLoss",
    "Loss",
    "Poisson",
    "Softmax",
    "SquaredError",
    "SquaredHinge",
    "Tweedie",
    "null_intercept",
    "weighted_dual",
    "weighted_gradient",
    "weighted_hessian",
    "weighted_value",
]
