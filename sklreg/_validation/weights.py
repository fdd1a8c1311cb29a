"""Sample weights and offsets."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

Array = NDArray[np.float64]


def checked_weights(sample_weight: Any, n_samples: int) -> Array:
    """Return the sample weights as float64 of sum 1.

    Parameters
    ----------
    sample_weight : None, number or array of shape (n_samples,)
        Finite, not negative, not all zero.
    """
    if isinstance(sample_weight, str):
        msg = (
            "sample_weight must be None, a number or one number for each row of X, "
            f"got {sample_weight!r}."
        )
        raise ValueError(msg)  # noqa: TRY004  # as for every other bad weight
    if sample_weight is None:
        return np.full(n_samples, 1.0 / n_samples)
    if isinstance(sample_weight, numbers.Number):
        sample_weight = np.full(n_samples, sample_weight)
    weight = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weight.ndim > 1:
        msg = (
            "Sample weights must be 1D array or scalar: sample_weight has shape "
            f"{weight.shape}; give one number for each row of X."
        )
        raise ValueError(msg)
    if weight.shape != (n_samples,):
        msg = (
            f"sample_weight must have shape ({n_samples},), one weight for each row "
            f"of X, got shape {weight.shape}."
        )
        raise ValueError(msg)
    if weight.min() < 0.0:
        msg = f"sample_weight must not be negative, got {weight.min():g}."
        raise ValueError(msg)
    if weight.max() == 0.0:
        msg = "sample_weight must contain at least one non-zero number, all are zero."
        raise ValueError(msg)
    weight = weight / weight.max()  # sums of huge weights would overflow
    return weight / weight.sum()


def weights_of_rows(sample_weight: Any) -> Any:
    """Return sample weights as metrics take them: one for all rows is none."""
    return sample_weight if np.ndim(sample_weight) > 0 else None


def total_weight(sample_weight: Any, n_samples: int) -> float:
    """Return the sum of sample weights that `checked_weights` accepts."""
    if sample_weight is None:
        return float(n_samples)
    each = np.broadcast_to(np.asarray(sample_weight, dtype=np.float64), n_samples)
    return float(each.sum())


def checked_offset(offset: Any, shape: tuple[int, ...]) -> Array | None:
    """Return the offset as float64 of shape (n_samples, n_outputs), or None.

    Parameters
    ----------
    offset : None or array of shape (n_samples,) or (n_samples, n_outputs)
        Finite numbers; one for each row only where there is one output.
    shape : tuple
        That of the linear predictor, (n_samples, n_outputs).
    """
    if offset is None:
        return None
    expected = f"{shape}" if shape[1] > 1 else f"{shape[:1]} or {shape}"
    if np.ndim(offset) == 0:
        msg = f"offset must be None or an array of shape {expected}, got {offset!r}."
        raise ValueError(msg)
    offset = check_array(
        offset, ensure_2d=False, dtype=np.float64, input_name="offset", allow_nd=True
    )
    if shape not in {offset.shape, (*offset.shape, 1)}:
        msg = (
            f"offset must have shape {expected}, as the linear predictor, got shape "
            f"{offset.shape}."
        )
        raise ValueError(msg)
    return np.ascontiguousarray(offset.reshape(shape))
