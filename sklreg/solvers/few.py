"""Least squares that wants few of its columns: it is not worth all their moments.

These take a product of all columns with all. To look for the few in X takes some ten
products of one vector with it, which is less where the penalty is strong. How strong it
is, beside the strength at which no weight is wanted, some of the rows tell.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .certificate import violations
from .problem import Problem
from .tolerance import Null

#: By what factor the strength at which no weight is wanted may exceed the penalty's.
_FAR = 24.0
#: How many rows tell, and of how many each is one.
_ROWS, _OF_SO_MANY = 1024, 8
#: Products of a vector with X that the search takes, and multiplications besides.
_PRODUCTS, _OVERHEAD = 16.0, 4e6


def telling_rows(n: int) -> slice:
    """Return which of `n` rows tell."""
    return slice(None, None, max(n // _ROWS, _OF_SO_MANY))


def may_want_few(design: Any, loss: Any, penalty: Any, n_outputs: int) -> bool:
    """Tell whether a search in X would be faster than moments, if it finds few."""
    zeros = penalty.convex and not penalty.is_smooth()
    if not (zeros and loss.quadratic and n_outputs == 1):
        return False
    search = _PRODUCTS * design.epoch_work() + _OVERHEAD
    return bool(design.cross_work(search) > search)


def wants_few(sample: Problem) -> bool:
    """Tell by the problem of some rows whether few weights will be in use."""
    penalty, null = sample.penalty, Null.of(sample)
    far = penalty.at_strength(_FAR * penalty.strength())
    scores = violations(
        sample._replace(penalty=far), null.point.w, null.evaluation.gradient
    )
    return not np.any(scores > 0.0)
