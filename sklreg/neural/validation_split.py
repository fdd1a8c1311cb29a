"""The rows held out for early stopping, chosen by what they contain.

Equal rows stay together: a row that is also in the training set would not measure how
well the network generalises. The choice does not depend on the order of the rows
either, nor on whether a row is repeated or has a larger weight.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .equal_rows import row_marks


def split(
    X: Any,
    strata: NDArray[Any],
    weight: NDArray[np.float64],
    fraction: float,
    rng: np.random.RandomState,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows to train on and those to validate on.

    Within each stratum distinct rows are put in a random order, and the first go to
    validation as long as their weight stays below the fraction of the stratum's.

    Parameters
    ----------
    X : array or CSR matrix of shape (n_samples, n_features)
        Features.
    strata : array of shape (n_samples,)
        Classes, or all equal.
    weight : array of shape (n_samples,)
        Sample weights.
    fraction : float
        Share of the weight to hold out.
    rng : RandomState
        Where the order comes from.
    """
    marks = row_marks(X, rng)
    held_out = np.zeros(len(strata), dtype=bool)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        distinct, group = np.unique(marks[members], return_inverse=True)
        share = np.bincount(group, weights=weight[members], minlength=len(distinct))
        middle = np.cumsum(share) - 0.5 * share
        held_out[members] = (middle < fraction * share.sum())[group]
    if not held_out.any():  # too few rows in every stratum: hold out one of them
        held_out = marks == marks.min()
    if held_out.all():
        msg = (
            "early_stopping needs distinct rows to train on besides those held out, "
            f"got n_samples={len(np.unique(marks))}; pass early_stopping=False."
        )
        raise ValueError(msg)
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
