"""Features, and the design that solvers read them as."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from ..designs import CSC, Dense

FLOATS = [np.float64, np.float32]
SPARSE = ("csr", "csc")
#: Smaller sums of squares are no measure of anything: they lose digits.
_LEAST_SQUARES = 1e-290


def checked_for_fit(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    reset: bool = True,
    multi_output: bool = False,
    finite: bool = True,
    **y_checks: Any,
) -> tuple[Any, Any]:
    """Validate X and y for fitting; X stays float32 or float64, dense or sparse.

    Arrays that scikit-learn would return as they are it is not asked about. Without
    `finite` the caller is to find out what is not finite in X: a pass over X less.
    """
    n_dims = {1, 2} if multi_output else {1}
    is_canonical = _is_canonical(X) and (not finite or _all_finite(_stored(X)))
    if reset and is_canonical and _are_targets(y, X.shape[0], n_dims):
        vars(estimator).pop("feature_names_in_", None)
        estimator.n_features_in_ = X.shape[1]
        return X, y
    X, y = validate_data(
        estimator,
        X,
        y,
        accept_sparse=SPARSE,
        dtype=FLOATS,
        reset=reset,
        multi_output=multi_output,
        **y_checks,
    )
    return X, y


def _is_canonical(X: Any) -> bool:
    """Tell whether X is a matrix of floats with some rows and columns."""
    is_sparse = scipy.sparse.issparse(X) and X.format in SPARSE
    return bool(
        (is_sparse or type(X) is np.ndarray)
        and X.ndim == 2
        and X.dtype in FLOATS
        and min(X.shape) > 0
    )


def _stored(X: Any) -> NDArray[Any]:
    """Return the numbers that a matrix stores."""
    return np.asarray(X.data if scipy.sparse.issparse(X) else X)


def _are_targets(y: Any, n_samples: int, n_dims: set[int]) -> bool:
    """Tell whether y is an array of so many finite numbers or names."""
    return bool(
        type(y) is np.ndarray
        and y.ndim in n_dims
        and y.dtype.kind in "biufU"
        and len(y) == n_samples
        and y.size > 0
        and y.flags.c_contiguous
        and (y.dtype.kind != "f" or _all_finite(y))
    )


def _all_finite(values: NDArray[Any]) -> bool:
    """Tell whether all numbers are finite; those with an infinite sum are not."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(values.sum())


def checked_for_predict(estimator: Any, X: Any) -> Any:
    """Validate X for prediction by a fitted estimator."""
    named = hasattr(estimator, "feature_names_in_")
    is_known = not named and _is_canonical(X) and _all_finite(_stored(X))
    if is_known and X.shape[1] == estimator.n_features_in_:
        return X
    return validate_data(estimator, X, accept_sparse=SPARSE, dtype=FLOATS, reset=False)


def as_design(X: Any) -> Dense | CSC:
    """Return the design of a validated X, without copying dense data."""
    X = in_order(X)
    return CSC.from_scipy(X) if scipy.sparse.issparse(X) else Dense.of(X)


def in_order(X: Any) -> Any:
    """Return X in C or Fortran order, or in canonical CSC; X itself if it is."""
    if not scipy.sparse.issparse(X):
        contiguous = X.flags.c_contiguous or X.flags.f_contiguous
        return X if contiguous else np.ascontiguousarray(X)
    columns = X.tocsc()
    if not columns.has_canonical_format:
        columns = columns.copy() if columns is X else columns
        columns.sum_duplicates()
    return columns


def check_magnitude(name: str, values: Any, squares_are_finite: bool) -> None:
    """Refuse numbers whose squares are not numbers any more.

    Parameters
    ----------
    name : str
        "X" or "y".
    values : array or sparse matrix
        The numbers.
    squares_are_finite : bool
        Whether sums of their squares are.
    """
    if not squares_are_finite:
        largest = max(abs(values.max()), abs(values.min()))
        msg = (
            f"{name} holds numbers as large as {largest:.3g}, whose squares overflow "
            f"float64; rescale {name}, for example with StandardScaler."
        )
        raise ValueError(msg)


def check_not_tiny(name: str, values: Any, squares: float) -> None:
    """Refuse numbers that are not all zero but whose squares nearly are.

    Parameters
    ----------
    name : str
        "X" or "y".
    values : array or sparse matrix
        The numbers.
    squares : float
        The sum of their squares.
    """
    if squares >= _LEAST_SQUARES:
        return
    largest = max(abs(values.max()), abs(values.min()))
    if 0.0 < largest < math.sqrt(_LEAST_SQUARES):
        msg = (
            f"{name} holds no number larger than {largest:.3g}, and their squares "
            f"underflow float64; rescale {name}, for example by its standard deviation."
        )
        raise ValueError(msg)
