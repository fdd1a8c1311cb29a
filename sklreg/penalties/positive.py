"""Non-negative weights: any penalty, infinite below zero."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from .._compile import record
from ._base import Penalty

C = TypeVar("C", bound=type)


def _one_by_one(cls: C) -> C:
    """Give a record of single weights the block methods of all such penalties."""
    for name, method in vars(Penalty).items():
        if name.startswith("block"):
            setattr(cls, name, method)
    return cls


@record
@_one_by_one
class Positive(NamedTuple):
    r"""The record `penalty` restricted to weights of at least zero.

    .. math:: Q(w) = P(w) \text{ if } w \ge 0, \quad \infty \text{ otherwise}

    For a `P` that is even and grows with ``|w|`` the minimiser of the proximal problem
    over ``w >= 0`` is the positive part of the unrestricted one.
    """

    penalty: Any  # a penalty's record

    @property
    def convex(self) -> bool:
        """The restriction keeps convexity."""
        return bool(self.penalty.convex)

    def strength(self) -> float:
        """Return the strength of `P`."""
        return float(self.penalty.strength())

    @property
    def separable(self) -> bool:
        """So does the sum over weights."""
        return bool(self.penalty.separable)

    def value(self, x: float, j: int) -> float:
        """Return P(x), infinite below zero."""
        return self.penalty.value(x, j) if x >= 0.0 else math.inf

    def prox(self, x: float, step: float, j: int) -> float:
        """Return the positive part of the prox of `P`."""
        return max(self.penalty.prox(x, step, j), 0.0)

    def derivative(self, x: float, j: int) -> float:
        """Return the derivative of `P`."""
        return self.penalty.derivative(x, j)

    def curvature(self, x: float, j: int) -> float:
        """Return the curvature of `P`; zero is a kink."""
        return self.penalty.curvature(x, j) if x > 0.0 else math.inf

    def violation(self, x: float, g: float, step: float, j: int) -> float:
        """At zero only a negative gradient asks for a move."""
        if x < 0.0:
            return math.inf
        if x == 0.0:
            return self.penalty.violation(x, min(g, 0.0), step, j)
        return self.penalty.violation(x, g, step, j)

    def conjugate(self, v: float, j: int) -> float:
        """Return sup over x >= 0 of v x - P(x)."""
        return self.penalty.conjugate(max(v, 0.0), j)

    def dual_scale(self, v: float, j: int) -> float:
        """Return the scale that `P` wants for the positive part."""
        return self.penalty.dual_scale(max(v, 0.0), j)

    def unpenalised(self, columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return those of `P`."""
        return np.asarray(self.penalty.unpenalised(columns))

    def has_dual(self) -> bool:
        """Return whether `P` has one."""
        return bool(self.penalty.has_dual())

    def is_smooth(self) -> bool:
        """Zero is a kink."""
        return False

    def is_ridge(self) -> bool:
        """Directions are not alike."""
        return False

    def nearest(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the positive part."""
        return np.maximum(w, 0.0)

    def convex_relative(self) -> Any:
        """Return that of `P`, restricted."""
        relative = self.penalty.convex_relative()
        return None if relative is None else Positive(relative)

    def softmax_shift(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Without a penalty the smallest weight of each row is made zero."""
        unpenalised = self.penalty.is_smooth() and not self.penalty.has_dual()
        return rows.min(axis=1) if unpenalised else np.zeros(len(rows))

    def critical_alpha(
        self, gradient: NDArray[np.float64], steps: NDArray[np.float64]
    ) -> float:
        """Only negative gradients count."""
        return float(self.penalty.critical_alpha(np.minimum(gradient, 0.0), steps))
