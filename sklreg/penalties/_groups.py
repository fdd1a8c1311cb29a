"""Groups of features: what penalties that tie their weights together share."""

from __future__ import annotations

import math
import numbers
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from .._parameters import check_number
from ._base import Penalty

#: Newton steps in one number, at most: they converge from one side.
NEWTON_STEPS = 50
#: What rounding makes of a norm at the border of the dual ball, relative to it.
BORDER = 1e-14


class Grouped(Penalty):
    """Base of penalties of groups and something else, shared out by `l1_ratio`.

    In the record `groups` and `weights` are the number of each feature's group and the
    factor of each group, to be multiplied by its size, features times outputs, to the
    `exponent`.
    """

    _extra_fields: ClassVar[tuple[str, ...]] = ("alpha", "exponent")
    exponent: ClassVar[float]  # a field of the record

    groups: Any = None
    weights: Any = "sqrt"
    l1_ratio: float = 0.5
    convex = True
    separable = False

    def validate(self) -> None:
        """Raise ValueError unless `l1_ratio` lies in [0, 1]."""
        check_number(self, "l1_ratio", low=0.0, high=1.0)

    def record(self, alpha: float, n_features: int) -> Any:
        """Validate the parameters and return the record that kernels see.

        Parameters
        ----------
        alpha : float
            Strength of the penalty.
        n_features : int
            Number of features.
        """
        self.validate()
        name, share = type(self).__name__, float(self.l1_ratio)
        fields = group_fields(name, self.groups, self.weights, n_features)
        return self.Record(alpha=float(alpha), l1_ratio=share, **fields)

    # What kernels ask --------------------------------------------------------------

    def block_end(self, columns: NDArray[np.intp], i: int) -> int:
        """Return where the group that begins at `i` ends."""
        stop = i + 1
        while (
            stop < columns.shape[0]
            and self.groups[columns[stop]] == self.groups[columns[i]]
        ):
            stop += 1
        return stop

    def block_factor(self, columns: NDArray[np.intp], i: int, stop: int) -> float:
        """Return the factor omega_g of the group's norm."""
        return self.weights[self.groups[columns[i]]] * float(stop - i) ** self.exponent

    def block_norm(self, z: NDArray[np.float64], i: int, stop: int) -> float:
        """Return the l2 norm of the block."""
        total = 0.0
        for a in range(i, stop):
            total += z[a] * z[a]
        return math.sqrt(total)

    def block_distance(
        self,
        z: NDArray[np.float64],
        slopes: NDArray[np.float64],
        columns: NDArray[np.intp],
        i: int,
        stop: int,
    ) -> float:
        """Return the distance of minus the slopes to the subdifferential."""
        raise NotImplementedError

    def block_violation(
        self,
        z: NDArray[np.float64],
        slopes: NDArray[np.float64],
        norms: NDArray[np.float64],
        columns: NDArray[np.intp],
        i: int,
        stop: int,
        out: NDArray[np.float64],
    ) -> None:
        """Write the distance of the group, the same for each of its weights."""
        distance = self.block_distance(z, slopes, columns, i, stop)
        for a in range(i, stop):
            out[a] = distance

    # What is asked in Python -------------------------------------------------------

    def for_units(self, n_units: int) -> Any:
        """Return the record in which every unit is a group, weighted as all were."""
        alike = bool((self.weights == self.weights[:1]).all())
        weights = np.full(n_units, self.weights[0] if alike else 1.0)
        replaced = {"groups": np.arange(n_units), "weights": weights}
        return cast("Any", self)._replace(**replaced)

    def blocks(self, columns: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the groups' numbers."""
        return self.groups[columns]

    def factors(self, n_outputs: int) -> NDArray[np.float64]:
        """Return the factor omega_g of each group. Python only."""
        return self.weights * (np.bincount(self.groups) * n_outputs) ** self.exponent


def group_fields(
    owner: str, groups: Any, weights: Any, n_features: int
) -> dict[str, Any]:
    """Return exponent, groups and weights as the record of penalty `owner` has them."""
    numbered = _numbered(owner, groups, n_features)
    n_groups = int(numbered.max(initial=-1)) + 1
    by_size = isinstance(weights, str) and weights == "sqrt"
    factors = np.ones(n_groups) if by_size else _factors(owner, weights, n_groups)
    return {
        "exponent": 0.5 if by_size else 0.0,
        "groups": numbered,
        "weights": factors,
    }


def _numbered(owner: str, groups: Any, n_features: int) -> NDArray[np.intp]:
    """Return the groups as numbers from zero on, in the order of what they were."""
    if groups is None:
        return np.arange(n_features)
    labels = np.asarray(groups)
    if labels.shape != (n_features,):
        msg = (
            f"groups of {owner} must be None or one number or name for each of the "
            f"{n_features} features, got {groups!r}."
        )
        raise ValueError(msg)
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        msg = f"groups of {owner} must be numbers or names, got {groups!r}."
        raise ValueError(msg)
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)


def _factors(owner: str, weights: Any, n_groups: int) -> NDArray[np.float64]:
    """Return a factor for each group, from one number or one for each."""
    usable = isinstance(weights, numbers.Real | list | tuple | np.ndarray)
    factors = np.asarray(weights if usable else "", dtype=object)
    try:
        factors = factors.astype(np.float64)
    except (TypeError, ValueError):
        factors = np.array(np.nan)
    if not (np.isfinite(factors).all() and (factors >= 0.0).all()):
        msg = (
            f'weights of {owner} must be "sqrt", a finite number of at least 0 or one '
            f"for each group, got {weights!r}."
        )
        raise ValueError(msg)
    if factors.shape not in {(), (n_groups,)}:
        msg = (
            f"weights of {owner} must be one number for each of the {n_groups} groups, "
            f"got {weights!r}."
        )
        raise ValueError(msg)
    return np.array(np.broadcast_to(factors, n_groups))
