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

import operator
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg

from ..designs import Dense, Standardized
from .factor import pivoted_cholesky
from .problem import Array, Problem

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

    def __add__(self, other: Moments) -> Moments:  # type: ignore[override]
        """Return the moments of the rows of both."""
        return Moments(*map(operator.add, self, other))

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


class Compressed(NamedTuple):
    """A problem of few rows, and what it leaves out."""

    problem: Problem
    offset: Array  # n_outputs: to be added to the objective
    moments: Moments
    fit_intercept: bool

    def intercept(self, w: Array) -> Array:
        """Return the best intercepts for given weights."""
        if not self.fit_intercept:
            return np.zeros(w.shape[1])
        return (self.moments.y - self.moments.x @ w) / self.moments.total

    def rounding(self, w: Array) -> float:
        """Return how large an error of the gradient rounding of the moments makes."""
        sizes = np.abs(self.moments.xx) @ np.abs(w) + np.abs(self.moments.xy)
        return _ROUNDING * float(sizes.max(initial=0.0))


def compress(problem: Problem) -> Compressed | None:
    """Return a problem of at most n_features rows with the same solutions.

    None if all columns are zero.
    """
    moments = Moments.of(problem.design, problem.y, problem.weight)
    about = moments.centred() if problem.fit_intercept else moments
    lower, order = pivoted_cholesky(about.xx)
    p, rank = lower.shape
    if rank == 0:
        return None
    target = scipy.linalg.solve_triangular(
        lower[order], about.xy[order], lower=True, check_finite=False
    )
    root = np.sqrt(rank)  # the weights of the rows sum to one
    small = problem._replace(
        design=Standardized(Dense(root * lower.T), np.zeros(p), np.ones(p)),
        y=np.ascontiguousarray(root * target),
        weight=np.full(rank, 1.0 / rank),
        fit_intercept=False,
    )
    offset = 0.5 * np.maximum(about.yy - (target**2).sum(axis=0), 0.0)
    return Compressed(small, offset, moments, problem.fit_intercept)
