"""A Gram matrix that is given: compared with X, for it may belong to another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._estimator import warn_user

_PRECISION = {np.dtype(np.float32): 1e-4, np.dtype(np.float64): 1e-7}


def check_gram(
    gram: Any, X: Any, weight: NDArray[np.float64], *, centred: bool
) -> None:
    """Raise ValueError if an entry of `gram` is not that of X.

    Parameters
    ----------
    gram : array of shape (n_features, n_features)
        Sums of products of columns, rows weighted by `weight` times their number.
    X : array of shape (n_samples, n_features)
        Features.
    weight : array of shape (n_samples,)
        Sample weights of sum 1.
    centred : bool
        Whether columns will be centred: a Gram matrix of columns that are not centred
        is not used then, as a warning says.
    """
    gram, (n, p) = np.asarray(gram), X.shape
    if gram.shape != (p, p):
        msg = f"precompute must have shape ({p}, {p}), got {gram.shape}."
        raise ValueError(msg)
    if centred and not np.allclose(weight @ X, 0.0):
        msg = (
            "Gram matrix was provided but X was centered to fit intercept: recomputing "
            "Gram matrix."
        )
        warn_user(msg)
        return
    i, j = p // 2, min(p // 2 + 1, p - 1)
    expected = n * (weight * X[:, i]) @ X[:, j]
    if not np.isclose(expected, gram[i, j], rtol=_PRECISION[X.dtype], atol=1e-5):
        msg = (
            "Gram matrix passed in via 'precompute' parameter did not pass validation: "
            f"entry [{i}, {j}] should be {expected:g}, got {gram[i, j]:g}. Leave "
            "precompute out, it is not needed."
        )
        raise ValueError(msg)
