r"""Least squares in its moments, and as a problem of few rows.

With the second moments `S` of the columns and `s` of columns and targets, both about
the means, the data term is

.. math:: \tfrac{1}{2} w' S w - s' w + const,

and a problem of at most n_features rows has the same one: with ``S = R' R``,

.. math:: \tfrac{1}{2} \sum_i q_i (y_i - x_i' w)^2
    = \tfrac{1}{2} \|R^{-T} s - R w\|^2 + const, \qquad s = \sum_i q_i x_i y_i .
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg

from ..designs import Dense, Standardized
from .factor import pivoted_cholesky
from .moments import Moments, centre_of
from .problem import Array, Problem

_ROUNDING = 16 * float(np.finfo(np.float64).eps)


class LeastSquares(NamedTuple):
    """A problem of squared error, and all that solutions need of its rows."""

    problem: Problem
    moments: Moments  # of the design and y, about the means if there is an intercept
    mean: Array  # n_features + 1, n_outputs: of y last, what the intercept is made of

    @classmethod
    def of(cls, problem: Problem) -> LeastSquares:
        """Sum over the rows of `problem`."""
        centre = centre_of(problem)
        moments = Moments.of(problem.design, problem.y - centre, problem.weight)
        return cls.known(problem, moments, centre)

    @classmethod
    def known(cls, problem: Problem, moments: Moments, centre: Array) -> LeastSquares:
        """Take the moments of the design and ``y - centre``."""
        mean = np.zeros((problem.design.shape[1] + 1, problem.n_outputs))
        if problem.fit_intercept:
            mean[:-1] = moments.x[:, None] / moments.total
            mean[-1] = centre + moments.y / moments.total
            moments = moments.centred()
        return cls(problem, moments, mean)

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
        gradient = _ROUNDING * float(norm.max(initial=0.0) * size.max())
        return gradient, _ROUNDING * float((size**2).sum())


class Compressed(NamedTuple):
    """A problem of few rows, and what it leaves out."""

    problem: Problem
    offset: Array  # n_outputs: to be added to the objective
    beyond: float  # by how much the targets' squares exceed those of y
    whole: LeastSquares
    dropped: Array  # n_features x n_features: what the rank leaves, empty if nothing
    dropped_y: Array  # n_features x n_outputs

    def rounding(self, w: Array) -> tuple[float, float]:
        """Return how far gradient and objective may be off, by what is dropped too."""
        slope, value = self.whole.rounding(w)
        value += 0.5 * self.beyond
        if not self.dropped.size:
            return slope, value
        dropped, size = self.dropped @ np.abs(w), np.abs(w)
        slope += float((dropped + self.dropped_y).max(initial=0.0))
        return slope, value + float((size * (dropped + self.dropped_y)).sum())


def compress(whole: LeastSquares) -> Compressed | None:
    """Return a problem of at most n_features rows with the same solutions.

    None if all columns are zero.
    """
    problem, moments = whole.problem, whole.moments
    p, k = problem.design.shape[1], problem.n_outputs
    lower, order = pivoted_cholesky(moments.xx)
    rank = lower.shape[1]
    if rank == 0:
        return None
    target = scipy.linalg.solve_triangular(
        lower[order], moments.xy[order], lower=True, check_finite=False
    )
    root = np.sqrt(rank)  # the weights of the rows sum to one
    small = problem._replace(
        design=Standardized(Dense.of(root * lower.T), np.zeros(p), np.ones(p)),
        y=np.ascontiguousarray(root * target),
        weight=np.full(rank, 1.0 / rank),
        fit_intercept=False,
    )
    left = moments.yy - (target**2).sum(axis=0)
    beyond, offset = float(-left.min(initial=0.0)), 0.5 * np.maximum(left, 0.0)
    dropped, dropped_y = np.empty((0, 0)), np.empty((0, k))
    if rank < p:
        dropped = np.abs(moments.xx - lower @ lower.T)
        dropped_y = np.abs(moments.xy - lower @ target)
    return Compressed(small, offset, beyond, whole, dropped, dropped_y)
