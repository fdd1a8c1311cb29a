"""What fitting a network finds, and what the next fit may go on from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .folding import Moments
from .layers import Flat
from .objective import Array, Objective
from .optimizers import Memory
from .scales import Scales
from .training import Epoch


class Fit(NamedTuple):
    """What a way of training found."""

    theta: Flat
    n_iter: int
    history: list[Epoch]
    best_epoch: int
    shortfall: str = ""
    dual_gap: float = math.nan
    stops: Sequence[int] = ()  # epochs after which training went on more slowly
    rounding: Array | None = None  # what the polish made of kinks


class Progress(NamedTuple):
    """What the next `partial_fit` or warm start goes on from."""

    memory: Memory
    scales: Scales
    rng: np.random.RandomState
    key: np.uint64  # of the random numbers of all epochs
    theta: Flat | None = None  # parameters in training, where they are not `coefs_`
    moments: list[Moments] | None = None  # what was folded into `coefs_`


class Outcome(NamedTuple):
    """What was fitted, to which rows, and how it went."""

    objective: Objective
    fit: Fit
    progress: Progress
