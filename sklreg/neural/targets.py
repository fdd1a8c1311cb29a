"""What the estimators make of y, and the rows that count."""

from __future__ import annotations

from typing import Any, NamedTuple

import scipy.sparse
from numpy.typing import NDArray

from .._validation import check_magnitude
from .equal_rows import merged
from .objective import Array

#: Sums of products of smaller numbers do not overflow.
_LARGEST = 1e100


class Targets(NamedTuple):
    """What a subclass makes of y."""

    y: Array  # n_samples x n_outputs
    weight: Array  # n_samples, sum 1
    loss: Any  # record
    has_link: bool  # the output is not in the units of y
    strata: NDArray[Any]  # n_samples, for the validation split

    def take(self, rows: NDArray[Any]) -> Targets:
        """Return the targets of some rows."""
        return self._replace(
            y=self.y[rows], weight=self.weight[rows], strata=self.strata[rows]
        )


def without_absent_rows(X: Any, targets: Targets) -> tuple[Any, Targets]:
    """Return X, by rows if sparse, and the targets of the rows that have weight."""
    for name, values in (("X", X), ("y", targets.y)):
        largest = float(max(abs(values.max()), abs(values.min())))
        check_magnitude(name, values, largest <= _LARGEST)
    if scipy.sparse.issparse(X):
        X = X.tocsr()
    present = targets.weight > 0.0
    return (X, targets) if present.all() else (X[present], targets.take(present))


def with_equal_rows_merged(X: Any, targets: Targets) -> tuple[Any, Targets]:
    """Return X and targets with one row for all that are equal."""
    first, weight = merged(X, targets.y, targets.weight)
    return X[first], targets.take(first)._replace(weight=weight)
