"""Losses ``f(y, eta)``: one file each, listed in `CATALOGUE`."""

from __future__ import annotations

from ._base import (
    Loss,
    null_intercept,
    share_explained,
    weighted_dual,
    weighted_gradient,
    weighted_hessian,
    weighted_value,
)
from .absolute_error import AbsoluteError
from .gamma import Gamma
from .huber import Huber
from .log_loss import LogLoss
from .poisson import Poisson
from .quantile import Quantile
from .softmax import Softmax
from .squared_error import SquaredError
from .squared_hinge import SquaredHinge
from .tweedie import Tweedie

#: What the strings of an estimator's ``loss`` stand for.
CATALOGUE: dict[str, type[Loss]] = {
    "absolute_error": AbsoluteError,
    "gamma": Gamma,
    "huber": Huber,
    "log_loss": LogLoss,
    "poisson": Poisson,
    "quantile": Quantile,
    "squared_error": SquaredError,
    "squared_hinge": SquaredHinge,
    "tweedie": Tweedie,
}

__all__ = [
    "CATALOGUE",
    "AbsoluteError",
    "Gamma",
    "Huber",
    "LogLoss",
    "Loss",
    "Poisson",
    "Quantile",
    "Softmax",
    "SquaredError",
    "SquaredHinge",
    "Tweedie",
    "null_intercept",
    "share_explained",
    "weighted_dual",
    "weighted_gradient",
    "weighted_hessian",
    "weighted_value",
]
