r"""Least squares from sufficient statistics: one pass over X, whatever comes after.

The squared error is a function of the weighted moments

.. math::
    \sum_i q_i, \quad \sum_i q_i x_i, \quad \sum_i q_i y_i, \quad
    \sum_i q_i x_i x_i', \quad \sum_i q_i x_i y_i', \quad \sum_i q_i y_i^2

alone, which add up over disjoint rows.
"""

from __future__ import annotations

import functools
import operator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dger

from ..designs import Standardized, is_constant, standardized_by
from .problem import Array, Problem

Indices = NDArray[np.intp]

#: A variance below this share of the mean square has lost digits.
_LOST = 0.1
_ROUNDING = 16 * float(np.finfo(np.float64).eps)


class Moments(NamedTuple):
    """Weighted sums over rows; `+` joins disjoint rows about the same shift."""

    total: float
    x: Array  # n_features
    y: Array  # n_outputs
    xx: Array  # n_features x n_features
    xy: Array  # n_features x n_outputs
    yy: Array  # n_outputs

    @classmethod
    def of(cls, design: Any, y: Array, weight: Array) -> Moments:
        """Sum over the rows of a design, its columns shifted and scaled as it says."""
        weighted = weight[:, None] * y
        square, sums = design.gram(weight)
        return cls(
            float(weight.sum()),
            sums,
            weighted.sum(axis=0),
            square,
            design.rmatvec(weighted),
            (weighted * y).sum(axis=0),
        )

    @classmethod
    def of_rows(cls, design: Any, y: Array, weight: Array, rows: Indices) -> Moments:
        """Sum over some of the rows, which are never copied all at once."""
        parts = (
            cls.of(part, y[some], weight[some]) for part, some in design.parts(rows)
        )
        return functools.reduce(operator.add, parts)

    def __add__(self, other: Moments) -> Moments:  # type: ignore[override]
        """Return the moments of the rows of both."""
        return Moments(*map(operator.add, self, other))

    def mean(self) -> Moments:
        """Return the moments divided by the total weight."""
        x, y, xx, xy, yy = (part / self.total for part in self[1:])
        return Moments(1.0, x, y, xx, xy, yy)

    def about(self, mean: Array, scale: Array) -> Moments:
        """Return the moments of the columns ``(x - mean) / scale``."""
        x = self.x - self.total * mean
        xx = self.xx.copy()
        _subtract_outer(xx, mean, self.x)
        _subtract_outer(xx, x, mean)
        xy = self.xy - np.outer(mean, self.y)
        if (scale != 1.0).any():
            xx /= scale[:, None]
            xx /= scale
            xy /= scale[:, None]
        return self._replace(x=x / scale, xx=xx, xy=xy)

    def centred(self) -> Moments:
        """Return the moments about the means."""
        x, y, xx = self.x / self.total, self.y / self.total, self.xx.copy()
        _subtract_outer(xx, self.x, x)
        return Moments(
            self.total,
            np.zeros_like(self.x),
            np.zeros_like(self.y),
            xx,
            self.xy - np.outer(self.x, y),
            np.maximum(self.yy - self.y * y, 0.0),
        )


def _subtract_outer(square: Array, u: Array, v: Array) -> None:
    """Subtract ``u v'`` in place, from a matrix in C order; BLAS refuses empty ones."""
    if square.size == 0:
        return
    dger(-1.0, v, u, a=square.T, overwrite_a=True, overwrite_x=False, overwrite_y=False)


class Sums(NamedTuple):
    """Moments of the columns as they are, less `shift`, and of y less `centre`."""

    design: Any
    shift: Array  # n_features
    centre: Array  # n_outputs
    moments: Moments

    @classmethod
    def of(
        cls, design: Any, y: Array, weight: Array, *, fit_intercept: bool
    ) -> Sums | None:
        """Sum in one pass over X; None if that is not precise enough."""
        p = design.shape[1]
        centre = weight @ y if fit_intercept else np.zeros(y.shape[1])
        beside = np.column_stack([np.ones(len(y)), y - centre])
        with np.errstate(over="ignore", invalid="ignore"):  # infinite is told later
            found = design.shifted_products(beside, weight)
        if found is None:
            return None
        shift, products = found
        moments = Moments(
            float(products[p, p]),
            products[p, :p],
            products[p, p + 1 :],
            products[:p, :p],
            products[:p, p + 1 :],
            np.diagonal(products)[p + 1 :],
        )
        sums = cls(design, shift, centre, moments)
        return sums if sums._precise() else None

    def _precise(self) -> bool:
        """Tell whether the shifts are near the means, or all there is, or no number."""
        square, mean = np.diagonal(self.moments.xx), self.moments.x
        with np.errstate(over="ignore", invalid="ignore"):
            lost = square - mean**2 < _LOST * square
            if lost.any():
                lost &= ~is_constant(np.sqrt(square), self.shift)
        return not lost.any()

    def standardized(self, *, centre: bool, scale: bool) -> tuple[Standardized, Array]:
        """Wrap the design and return it with the norms of its columns."""
        with np.errstate(over="ignore", invalid="ignore"):
            variance = np.diagonal(self.moments.xx) - self.moments.x**2
            deviation = np.sqrt(np.maximum(variance, 0.0))
        mean = self.shift + self.moments.x
        return standardized_by(self.design, mean, deviation, centre=centre, scale=scale)

    def of_columns(self, columns: Standardized) -> Moments:
        """Return the moments of the columns centred and scaled."""
        return self.moments.about(columns.mean - self.shift, columns.scale)


def mean_squares(moments: Moments, w: Array, b: Array) -> tuple[Array, Array]:
    r"""Return the mean squared error of several models, halved, from the moments alone.

    .. math:: \tfrac{1}{2} (\bar y - \bar x' w - b)^2
        + \tfrac{1}{2} (S_{yy} - 2 s_{xy}' w + w' S_{xx} w) / \textstyle\sum_i q_i

    with `S` and `s` about the means; summed over outputs.

    Parameters
    ----------
    w, b : arrays of shape (n_features, n_outputs, n_models) and (n_outputs, n_models)
        Weights and intercepts.

    Returns
    -------
    values, rounding : arrays of shape (n_models,)
        And how far these may be off where most of the squares cancels.
    """
    mean, about = moments.mean(), moments.centred()
    values, rounding = np.zeros(w.shape[2]), np.zeros(w.shape[2])
    norms = np.sqrt(np.diagonal(moments.xx))  # not about the means: what was summed
    for c in range(w.shape[1]):
        wc = w[:, c]
        level = mean.y[c] - mean.x @ wc - b[c]
        bent = (wc * (about.xx @ wc)).sum(axis=0) - 2.0 * about.xy[:, c] @ wc
        values += 0.5 * (level**2 + (about.yy[c] + bent) / moments.total)
        size = np.sqrt(moments.yy[c]) + norms @ np.abs(wc)
        rounding += _ROUNDING * (size**2 / moments.total + level**2)
    return values, rounding


def centre_of(problem: Problem) -> Array:
    """Return what to subtract from y: far from zero its products would lose digits."""
    if problem.fit_intercept:
        return problem.weight @ problem.y
    return np.zeros(problem.n_outputs)
