"""A weight and bounds for each feature: one record around that of any penalty.

`Weighted`, `Bounded` and ``positive=True`` all lead here, in any order and together, so
that kernels meet one type more for each penalty and not one for each combination.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from .._compile import record
from ._base import Penalty
from ._named import names_of_single_weights, record_of

C = TypeVar("C", bound=type)

#: A weight this close to a bound, relative to it, is there: sums have been rounded.
_INNER, _OUTER = 1.0 - 1e-12, 1.0 + 1e-12
#: Scales of the dual point from here on cost nothing.
_NEARLY = 1.0 - 1e-8


def _one_by_one(cls: C) -> C:
    """Give a record of single weights the block methods of all such penalties."""
    for name, method in vars(Penalty).items():
        if name.startswith("block"):
            setattr(cls, name, method)
    return cls


@record
@_one_by_one
class PerFeature(NamedTuple):
    r"""The record `penalty`, weighted and restricted feature by feature.

    .. math:: Q_j(w) = \omega_j P(w) \text{ if } l_j \le w \le u_j,
        \quad \infty \text{ otherwise}, \qquad l_j \le 0 \le u_j

    `P` is even and grows with ``|w|``, as every penalty here does. A weight of zero
    leaves a feature unpenalised; bounds ``[0, 0]`` leave it out.
    """

    penalty: Any  # a penalty's record: P
    weights: NDArray[np.float64]  # n_features: omega, finite
    lower: NDArray[np.float64]  # n_features: l
    upper: NDArray[np.float64]  # n_features: u

    @property
    def convex(self) -> bool:
        """Weights and bounds keep convexity."""
        return bool(self.penalty.convex)

    @property
    def separable(self) -> bool:
        """It is a sum over weights."""
        return True

    def strength(self) -> float:
        """Return the strength of `P`."""
        return float(self.penalty.strength())

    # What kernels ask --------------------------------------------------------------

    def at_strength(self, alpha: float) -> Any:
        """Return the same with `P` at another strength."""
        inner = self.penalty.at_strength(alpha)
        return PerFeature(inner, self.weights, self.lower, self.upper)

    def value(self, x: float, j: int) -> float:
        """Return omega P(x), infinite outside the bounds."""
        if x > self.upper[j] * _OUTER or x < self.lower[j] * _OUTER:
            return math.inf
        if self.weights[j] == 0.0:
            return 0.0
        return self.weights[j] * self.penalty.value(x, j)

    def prox(self, x: float, step: float, j: int) -> float:
        """Return the prox of `P` with ``omega step``, or the bound that is in its way.

        Where `P` is not convex zero may be lower than that bound, and nothing else if
        it `stops_at_bounds`.
        """
        u, weight = x, self.weights[j]
        if weight > 0.0:
            u = self.penalty.prox(x, step * weight, j)
        bound = min(max(u, self.lower[j]), self.upper[j])
        if bound == u:
            return u
        gain = bound * (0.5 * bound - x) + step * self.value(bound, j)
        return bound if gain <= 0.0 else 0.0

    def derivative(self, x: float, j: int) -> float:
        """Return omega P'(x)."""
        if self.weights[j] == 0.0:
            return 0.0
        return self.weights[j] * self.penalty.derivative(x, j)

    def curvature(self, x: float, j: int) -> float:
        """Return omega P''(x); bounds are kinks."""
        if x >= self.upper[j] * _INNER or x <= self.lower[j] * _INNER:
            return math.inf
        if self.weights[j] == 0.0:
            return 0.0
        return self.weights[j] * self.penalty.curvature(x, j)

    def within(self, x: float, j: int) -> float:
        """Return `x`, or the bound it is at or beyond."""
        if x >= self.upper[j] * _INNER:
            return self.upper[j]
        if x <= self.lower[j] * _INNER:
            return self.lower[j]
        return x

    def violation(self, x: float, g: float, step: float, j: int) -> float:
        """At a bound only a slope that leads away from it asks for a move."""
        weight = self.weights[j]
        below = x < self.upper[j] * _INNER
        above = x > self.lower[j] * _INNER
        if x == 0.0:
            g = g if below else max(g, 0.0)
            g = g if above else min(g, 0.0)
        elif not (below and above):
            if self.value(x, j) == math.inf:
                return math.inf
            slope = g + self.derivative(x, j)
            if math.isnan(slope):  # P knows its prox only
                return abs(x - self.prox(x - step * g, step, j)) / step
            return max(slope if above else -slope, 0.0)
        if weight == 0.0:
            return abs(g)
        return weight * self.penalty.violation(x, g / weight, step * weight, j)

    def conjugate(self, v: float, j: int) -> float:
        """Return sup over the bounds of v x - omega P(x).

        It is at the bound if the slope of `P` does not hold `v` back there.
        """
        weight = self.weights[j]
        bound = self.upper[j] if v > 0.0 else self.lower[j]
        if v == 0.0 or bound == 0.0:
            return 0.0
        if math.isfinite(bound) and abs(v) >= abs(self.derivative(bound, j)):
            return v * bound - self.value(bound, j)
        if weight == 0.0:
            return math.inf
        return weight * self.penalty.conjugate(v / weight, j)

    def dual_scale(self, v: float, j: int) -> float:
        """Return the scale that `P` wants, if it is needed.

        Where a bound makes the conjugate finite it is not, unless it is next to 1: a
        far bound would make much of rounding.
        """
        weight = self.weights[j]
        bound = self.upper[j] if v > 0.0 else self.lower[j]
        if v == 0.0 or bound == 0.0:
            return 1.0
        scale = self.penalty.dual_scale(v / weight, j) if weight > 0.0 else 0.0
        return 1.0 if math.isfinite(bound) and scale < _NEARLY else scale

    # What is asked in Python -------------------------------------------------------

    def for_units(self, n_units: int) -> Any:
        """Return `P` itself: weights and bounds are those of the features."""
        return per_feature(self.penalty, n_units)

    def unpenalised(self, columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return the features of weight zero that may be used."""
        return (self.weights[columns] == 0.0) & ~self.excluded(columns)

    def excluded(self, columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return the features whose bounds leave nothing but zero."""
        return (self.lower[columns] == 0.0) & (self.upper[columns] == 0.0)

    def has_dual(self) -> bool:
        """Tell whether all conjugates are finite somewhere: by `P`, or by bounds."""
        bounded = np.isfinite(self.lower) & np.isfinite(self.upper)
        penalised = (self.weights > 0.0) & bool(self.penalty.has_dual())
        return bool((bounded | penalised).all())

    def _is_free(self) -> bool:
        """Tell whether there are no bounds."""
        return bool(np.isinf(self.lower).all() and np.isinf(self.upper).all())

    def is_smooth(self) -> bool:
        """Bounds are kinks, and those of `P` count where it does."""
        return self._is_free() and bool(
            self.penalty.is_smooth() or not self.weights.any()
        )

    def ridge_strength(self) -> float:
        """Return that of `P` at weights of 1; only there features are alike."""
        alike = self._is_free() and bool((self.weights == 1.0).all())
        return float(self.penalty.ridge_strength()) if alike else math.nan

    def nearest(
        self, w: NDArray[np.float64], columns: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the weights, those beyond a bound or as good as there at the bound."""
        lower, upper = self.lower[columns], self.upper[columns]
        below = np.where(upper * _INNER > w.T, w.T, upper)
        return np.where(lower * _INNER < below, below, lower).T

    def restated(self, scale: Any, dtype: Any) -> Any:
        """Return the same with bounds for weights times `scale`, the latter of `dtype`.

        Rounding to that is towards zero, so that no weight is beyond its bound.
        """
        scale = np.where(np.isinf(scale), 1.0, scale)
        with np.errstate(over="ignore"):
            rounded = np.array([self.lower, self.upper]).astype(dtype)
        beyond = np.abs(rounded.astype(np.float64)) > np.abs([self.lower, self.upper])
        rounded[beyond] = np.nextafter(rounded[beyond], np.zeros(1, dtype))
        lower, upper = rounded.astype(np.float64) * scale
        return self._replace(lower=lower, upper=upper)

    def convex_relative(self) -> Any:
        """Return that of `P`, weighted and restricted."""
        relative = self.penalty.convex_relative()
        return None if relative is None else self._replace(penalty=relative)

    def softmax_shift(
        self, rows: NDArray[np.float64], columns: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return what is best for `P` of what bounds allow; without `P` the mean."""
        free = self.weights[columns] == 0.0
        shift = self.penalty.softmax_shift(rows, columns)
        shift = np.where(free, rows.mean(axis=1), shift)
        least = rows.max(axis=1) - self.upper[columns]
        most = rows.min(axis=1) - self.lower[columns]
        return np.minimum(np.maximum(shift, least), most)

    def critical_alpha(
        self, gradient: NDArray[np.float64], steps: NDArray[np.float64]
    ) -> float:
        """Return that of `P` for gradients over weights, where weights may move."""
        everything, penalised = np.arange(len(steps)), self.weights > 0.0
        if not (penalised & ~self.excluded(everything)).any():
            free = self.unpenalised(everything)
            return math.inf if gradient[free].any() else 0.0
        weights = np.where(penalised, self.weights, 1.0)
        low = np.where(penalised & (self.upper > 0.0), -math.inf, 0.0)
        high = np.where(penalised & (self.lower < 0.0), math.inf, 0.0)
        moving = np.clip(gradient.T, low, high) / weights
        return float(self.penalty.critical_alpha(moving.T, steps * weights))


def per_feature(
    penalty: Any,
    n_features: int,
    *,
    weights: Any = 1.0,
    lower: Any = -math.inf,
    upper: Any = math.inf,
) -> Any:
    """Return the record `penalty` with weights and bounds, besides those it has.

    Parameters
    ----------
    penalty : record
        Of a penalty of single weights.
    n_features : int
        Number of features.
    weights, lower, upper : float or array of shape (n_features,)
        Factors, infinite ones to leave features out, and bounds.
    """
    if isinstance(penalty, PerFeature):
        with np.errstate(invalid="ignore"):
            weights = weights * penalty.weights
        weights = np.where(np.isnan(weights), math.inf, weights)  # free and left out
        lower = np.maximum(lower, penalty.lower)
        upper = np.minimum(upper, penalty.upper)
        penalty = penalty.penalty
    _check_bounds(penalty, np.append(lower, upper))
    out = np.isinf(weights) | (np.equal(lower, 0.0) & np.equal(upper, 0.0))
    if np.any(out):
        weights, lower, upper = (
            np.where(out, replaced, numbers)
            for replaced, numbers in ((1.0, weights), (0.0, lower), (0.0, upper))
        )
    return PerFeature(
        penalty, *(_full(part, n_features) for part in (weights, lower, upper))
    )


def _check_bounds(penalty: Any, bounds: NDArray[np.float64]) -> None:
    """Raise ValueError if bounds other than zero need what `penalty` does not say."""
    known = penalty.convex or penalty.stops_at_bounds
    if known or not (np.isfinite(bounds) & (bounds != 0.0)).any():
        return
    name = type(penalty).__qualname__.removesuffix(".Record")
    msg = (
        f"{name} takes no bounds but 0: it is not convex, so that the best weight "
        "within bounds may be neither a bound nor zero. If it is one of these "
        f"wherever the prox lies beyond, say so in the class {name}: "
        "stops_at_bounds = True."
    )
    raise ValueError(msg)


def _full(numbers: Any, n_features: int) -> NDArray[np.float64]:
    """Return a number for each feature; a path shares those that are all the same."""
    numbers = np.asarray(numbers, dtype=np.float64)
    if numbers.ndim and (numbers != numbers[:1]).any():
        return np.ascontiguousarray(numbers)
    return _constant(float(numbers.flat[0]) if numbers.size else 0.0, n_features)


@functools.lru_cache(maxsize=8)
def _constant(number: float, n_features: int) -> NDArray[np.float64]:
    return np.full(n_features, number)


# What Weighted and Bounded share ------------------------------------------------------


def inner_record(owner: Any, alpha: float, n_features: int) -> Any:
    """Return the record of ``owner.penalty``: a name, an object or None."""
    penalty, names = owner.penalty, names_of_single_weights()
    if not (penalty is None or isinstance(penalty, Penalty) or penalty in names):
        msg = (
            f"penalty of {type(owner).__name__} must be a penalty object such as "
            f"ElasticNet(l1_ratio=0.5), None or one of {names}, got {penalty!r}."
        )
        raise ValueError(msg)
    record = record_of(penalty, alpha, n_features)
    if not record.separable:
        msg = (
            f"penalty of {type(owner).__name__} must be one of single weights, got "
            f"{penalty!r}, which ties weights together."
        )
        raise ValueError(msg)
    return record


def numbers_of(
    owner: Any,
    name: str,
    n_features: int,
    expected: str,
    *,
    low: float = -math.inf,
    high: float = math.inf,
) -> NDArray[np.float64]:
    """Return ``owner.name``, a number or one for each feature, within a range."""
    given = getattr(owner, name)
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    known = not isinstance(given, bool | str)
    shaped = numbers.shape in {(), (n_features,)}
    if known and shaped and bool(((numbers >= low) & (numbers <= high)).all()):
        return numbers
    msg = (
        f"{name} of {type(owner).__name__} must be {expected}: a number, or one for "
        f"each of the {n_features} features, got {given!r}."
    )
    raise ValueError(msg)
