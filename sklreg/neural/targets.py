"""What the estimators make of y, and the rows that count."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
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
    weight: Array  # n_samples; only proportions matter
    loss: Any  # record
    has_link: bool  # the output is not in the units of y
    strata: NDArray[Any]  # n_samples: the classes, or all equal
    given_weight: Array | None = None  # n_samples, what scorers are given
    smoothing: float = 0.0  # share that is spread over all classes

    def smoothed(self) -> Array:
        """Return the targets to learn from: y, mixed with all classes alike.

        With softmax the outputs are the classes, else each is a yes or no.
        """
        n_classes = 2 if self.loss.separable else self.y.shape[1]
        return self.y + self.smoothing * (1.0 / n_classes - self.y)

    def take(self, rows: NDArray[Any]) -> Targets:
        """Return the targets of some rows."""
        return self._replace(
            y=self.y[rows],
            weight=self.weight[rows],
            strata=self.strata[rows],
            given_weight=_taken(self.given_weight, rows),
        )


class Sample(NamedTuple):
    """Rows and their targets."""

    X: Any  # array, or CSR
    targets: Targets

    def take(self, rows: NDArray[Any]) -> Sample:
        """Return some rows."""
        return Sample(self.X[rows], self.targets.take(rows))


def without_absent_rows(X: Any, targets: Targets) -> Sample:
    """Return the rows that have weight, X by rows if sparse."""
    for name, values in (("X", X), ("y", targets.y)):
        largest = float(max(abs(values.max()), abs(values.min())))
        check_magnitude(name, values, largest <= _LARGEST)
    if scipy.sparse.issparse(X):
        X = X.tocsr()
    present = targets.weight > 0.0
    sample = Sample(X, targets)
    return sample if present.all() else sample.take(present)


def with_equal_rows_merged(sample: Sample) -> Sample:
    """Return one row for all that are equal, of their total weight."""
    first, weight = merged(sample.X, sample.targets.y, sample.targets.weight)
    X, targets = sample.take(first)
    return Sample(X, targets._replace(weight=weight))


def together(one: Sample, other: Sample) -> Sample:
    """Return the rows of both, whose weights are in the same units."""
    stack = scipy.sparse.vstack if scipy.sparse.issparse(one.X) else np.concatenate
    y, weight, strata = (
        np.concatenate([getattr(part.targets, name) for part in (one, other)])
        for name in ("y", "weight", "strata")
    )
    targets = one.targets._replace(y=y, weight=weight, strata=strata, given_weight=None)
    return Sample(stack([one.X, other.X]), targets)


def _taken(values: Array | None, rows: NDArray[Any]) -> Array | None:
    return None if values is None else values[rows]
