r"""Least squares from sufficient statistics: one pass over X, whatever comes after.

The squared error is a function of the weighted moments

.. math::
    \sum_i q_i, \quad \sum_i q_i x_i, \quad \sum_i q_i y_i, \quad
    \sum_i q_i x_i x_i', \quad \sum_i q_i x_i y_i', \quad \sum_i q_i y_i^2

alone. They add up over disjoint rows, and a problem of at most n_features rows has the
same ones: with the Cholesky factor of the centred second moments, ``S = R' R``,

.. math:: \tfrac{1}{2} \sum_i q_i (y_i - x_i' w)^2
    = \tfrac{1}{2} \|R^{-T} s - R w\|^2 + const, \qquad s = \sum_i q_i x_i y_i .
"""

from __future__ import annotations

import functools
import operator
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..designs import Dense, Standardized, is_constant, standardized_by
from .factor import pivoted_cholesky
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
        sums = design.rmatvec(np.column_stack([weight, weighted]))
        return cls(
            float(weight.sum()),
            sums[:, 0],
            weighted.sum(axis=0),
            design.cross(design, weight),
            sums[:, 1:],
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
        xx = self.xx - np.outer(mean, self.x) - np.outer(x, mean)
        xy = self.xy - np.outer(mean, self.y)
        column = scale[:, None]
        return self._replace(x=x / scale, xx=xx / column / scale, xy=xy / column)

    def centred(self) -> Moments:
        """Return the moments about the means."""
        x, y = self.x / self.total, self.y / self.total
        return Moments(
            self.total,
            np.zeros_like(self.x),
            np.zeros_like(self.y),
            self.xx - np.outer(self.x, x),
            self.xy - np.outer(self.x, y),
            np.maximum(self.yy - self.y * y, 0.0),
        )


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
            lost &= ~is_constant(np.sqrt(square), self.shift)
        return not lost.any()

    def standardized(self, *, centre: bool, scale: bool) -> tuple[Standardized, Array]:
        """Wrap the design and return it with the norms of its columns."""
        with np.errstate(over="ignore", invalid="ignore"):
            variance = np.diagonal(self.moments.xx) - self.moments.x**2
            deviation = np.sqrt(np.maximum(variance, 0.0))
        mean = self.shift + self.moments.x
        return standardized_by(self.design, mean, deviation, centre=centre, scale=scale)

    def compressed(self, problem: Problem) -> Compressed | None:
        """Return the problem of few rows for columns centred and scaled."""
        columns: Standardized = problem.design
        moments = self.moments.about(columns.mean - self.shift, columns.scale)
        return compressed(problem, moments, self.centre)


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


class Compressed(NamedTuple):
    """A problem of few rows, and what it leaves out."""

    problem: Problem
    offset: Array  # n_outputs: to be added to the objective
    moments: Moments  # about the means if there is an intercept
    mean: Array  # n_features + 1, n_outputs: of y last, what the intercept is made of
    dropped: Array  # n_features x n_features: what the rank leaves of the moments
    dropped_y: Array  # n_features x n_outputs

    def intercept(self, w: Array) -> Array:
        """Return the best intercepts for given weights."""
        return self.mean[-1] - (self.mean[:-1] * w).sum(axis=0)

    def null(self) -> tuple[float, float]:
        """Return the objective and the largest derivative at weights of zero."""
        slope = float(np.abs(self.moments.xy).max(initial=0.0))
        return 0.5 * float(self.moments.yy.sum()), slope

    def rounding(self, w: Array) -> tuple[float, float]:
        """Return how far gradient and objective may be off by rounding of the moments.

        Sums of products are known to the precision of the products' norms.
        """
        norm = np.sqrt(np.diagonal(self.moments.xx))
        size = np.sqrt(self.moments.yy) + norm @ np.abs(w)  # of y and X w, at most
        gradient = np.outer(norm, _ROUNDING * size)
        gradient += self.dropped @ np.abs(w) + self.dropped_y
        objective = _ROUNDING * size**2
        objective += (np.abs(w) * (self.dropped @ np.abs(w))).sum(axis=0)
        objective += (np.abs(w) * self.dropped_y).sum(axis=0)
        return float(gradient.max(initial=0.0)), float(objective.sum())


def compress(problem: Problem) -> Compressed | None:
    """Return a problem of at most n_features rows with the same solutions.

    None if all columns are zero.
    """
    centre = centre_of(problem)
    moments = Moments.of(problem.design, problem.y - centre, problem.weight)
    return compressed(problem, moments, centre)


def centre_of(problem: Problem) -> Array:
    """Return what to subtract from y: far from zero its products would lose digits."""
    if problem.fit_intercept:
        return problem.weight @ problem.y
    return np.zeros(problem.n_outputs)


def compressed(problem: Problem, moments: Moments, centre: Array) -> Compressed | None:
    """Return the problem of few rows from the moments of the design and y - centre."""
    p, k = problem.design.shape[1], problem.n_outputs
    mean = np.zeros((p + 1, k))
    if problem.fit_intercept:
        mean[:-1] = moments.x[:, None] / moments.total
        mean[-1] = centre + moments.y / moments.total
        moments = moments.centred()
    lower, order = pivoted_cholesky(moments.xx)
    rank = lower.shape[1]
    if rank == 0:
        return None
    target = scipy.linalg.solve_triangular(
        lower[order], moments.xy[order], lower=True, check_finite=False
    )
    root = np.sqrt(rank)  # the weights of the rows sum to one
    small = problem._replace(
        design=Standardized(Dense(root * lower.T), np.zeros(p), np.ones(p)),
        y=np.ascontiguousarray(root * target),
        weight=np.full(rank, 1.0 / rank),
        fit_intercept=False,
    )
    offset = 0.5 * np.maximum(moments.yy - (target**2).sum(axis=0), 0.0)
    dropped, dropped_y = np.zeros((p, p)), np.zeros((p, k))
    if rank < p:
        dropped = np.abs(moments.xx - lower @ lower.T)
        dropped_y = np.abs(moments.xy - lower @ target)
    return Compressed(small, offset, moments, mean, dropped, dropped_y)
