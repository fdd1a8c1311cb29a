"""What the parameters of both networks may be."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from .._validation import PENALTY_CONSTRAINTS, Interval, StrOptions
from ..augmentation import Augmentation
from .activations import CODES

CONSTRAINTS: dict[str, list[Any]] = {
    **PENALTY_CONSTRAINTS,
    "hidden_layer_sizes": [
        "array-like",
        Interval(numbers.Integral, 1, None, closed="left"),
    ],
    "activation": [StrOptions(set(CODES))],
    "solver": [StrOptions({"adam", "lbfgs"})],
    "batch_size": [
        StrOptions({"auto"}),
        Interval(numbers.Integral, 1, None, closed="left"),
    ],
    "learning_rate_init": [Interval(numbers.Real, 0, None, closed="neither")],
    "max_iter": [Interval(numbers.Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(numbers.Real, 0, None, closed="left")],
    "n_iter_no_change": [Interval(numbers.Integral, 1, None, closed="left")],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(numbers.Real, 0, 1, closed="neither")],
    "monitor": [str, callable],
    "start_from_epoch": [Interval(numbers.Integral, 0, None, closed="left")],
    "refit": ["boolean"],
    "augmentation": [Augmentation, list, tuple, None],
    "max_fun": [Interval(numbers.Integral, 1, None, closed="left")],
    "polish": [StrOptions({"auto"}), "boolean"],
    "polish_tol": [Interval(numbers.Real, 0, None, closed="neither")],
    "warm_start": ["boolean"],
    "verbose": ["verbose"],
}


def layer_sizes(hidden: Any) -> list[int]:
    """Return the hidden layers' sizes, given as a number or a sequence, as a list."""
    sizes = np.atleast_1d(np.asarray(hidden))
    whole = sizes.size == 0 or np.issubdtype(sizes.dtype, np.integer)
    if sizes.ndim != 1 or not whole or (sizes < 1).any():
        msg = (
            "hidden_layer_sizes must be whole numbers of at least 1, one for each "
            f"hidden layer, got {hidden!r}."
        )
        raise ValueError(msg)
    return [int(size) for size in sizes]
