"""Problems that differ by the rows that count: one pass over X serves all of them.

The rows fall into blocks, those that the same problems count. Where least squares is
solved from its moments, each block's are summed once, about the means of all rows, and
every problem adds those of its blocks: nothing is subtracted, and nothing copied.
"""

from __future__ import annotations

import functools
import operator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..designs import Standardized, standardized, standardized_by
from .least_squares import LeastSquares
from .moments import Moments, centre_of, mean_squares
from .problem import Array, Problem
from .reduction import Reduction, by_moments, moments_pay

Mask = NDArray[np.bool_]

#: Numbers in the moments of all blocks, in units of those in X.
_ROOM = 1.0
#: A variance below this share of the second moment about the mean of all rows has lost
#: digits: the column hardly varies in the rows that count.
_LOST = 0.1
#: Sets of rows whose membership one integer holds.
_BITS = 30


class Counted(NamedTuple):
    """The problem over the rows that count, and a smaller one if it was found."""

    problem: Problem
    reduction: Reduction | None


class Blocks(NamedTuple):
    """Moments of disjoint sets of rows, in a problem's columns and y about `centre`."""

    problem: Problem
    centre: Array  # n_outputs
    owner: NDArray[np.intp]  # n_samples: the block of each row
    parts: list[Moments]

    def over(self, rows: Mask) -> Moments:
        """Add the moments of the blocks within `rows`, a union of blocks."""
        inside = np.flatnonzero(np.bincount(self.owner, rows))
        return functools.reduce(operator.add, (self.parts[block] for block in inside))

    def squared_errors(self, rows: Mask, w: Array, b: Array) -> tuple[Array, Array]:
        """Return half the mean squared errors over `rows` of several models.

        And how far off they may be. Weights and intercepts are those for the problem's
        columns, of shapes (n_features, n_outputs, n_models) and (n_outputs, n_models).
        """
        return mean_squares(self.over(rows), w, b - self.centre[:, None])


def in_blocks(
    problem: Problem, penalties: list[Any], sets: list[Mask]
) -> Blocks | None:
    """Sum the moments of each block of rows, once; None where that does not pay.

    Parameters
    ----------
    problem : Problem
        Over all rows.
    penalties : list of records
        What is to be solved for, all in all.
    sets : list of arrays of shape (n_samples,)
        The unions of blocks that will be asked for.
    """
    shape, k = problem.design.shape, problem.n_outputs
    if not moments_pay(problem.loss, shape, k, penalties):
        return None
    owner = _membership(sets)
    n_blocks, (n, p) = int(owner.max()) + 1, problem.design.shape
    if n_blocks * p * p > _ROOM * n * p:
        return None
    centre = centre_of(problem)
    small = owner.astype(np.min_scalar_type(n_blocks))  # of 16 bits: no comparisons
    order = np.argsort(small, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(owner, minlength=n_blocks))[:-1])
    y, weight = problem.y - centre, problem.weight
    parts = [Moments.of_rows(problem.design, y, weight, block) for block in rows]
    return Blocks(problem, centre, owner, parts)


def _membership(sets: list[Mask]) -> NDArray[np.intp]:
    """Number the rows so that those of the same sets have the same number."""
    owner = np.zeros(len(sets[0]), dtype=np.intp)
    for k, rows in enumerate(sets):
        owner = 2 * owner + rows
        if k % _BITS == _BITS - 1:
            owner = np.unique(owner, return_inverse=True)[1]
    return np.unique(owner, return_inverse=True)[1]


def over_rows(
    problem: Problem, weight: Array, blocks: Blocks | None, *, scale: bool
) -> Counted:
    """State the problem with other weights: rows of weight zero do not count.

    Parameters
    ----------
    problem : Problem
        Over all rows.
    weight : array of shape (n_samples,)
        Weights of sum 1.
    blocks : Blocks or None
        Moments that the weights agree with, up to a factor.
    scale : bool
        Whether columns are divided by their standard deviation.
    """
    if blocks is None and weight is problem.weight:
        return Counted(problem, None)
    if blocks is not None:
        counted = _from_blocks(problem, weight, blocks, scale)
        if counted is not None:
            return counted
    design, norms = standardized(
        problem.design.design, weight, centre=problem.fit_intercept, scale=scale
    )
    return Counted(problem._replace(design=design, weight=weight, norms=norms), None)


def _from_blocks(
    problem: Problem, weight: Array, blocks: Blocks, scale: bool
) -> Counted | None:
    """Centre and scale by the moments; None if these have lost digits."""
    moments = blocks.over(weight > 0.0).mean()
    square = np.diagonal(moments.xx)
    variance = square - moments.x**2
    if (variance < _LOST * square).any():
        return None
    whole: Standardized = problem.design
    finite = np.isfinite(whole.scale)
    unit = np.where(finite, whole.scale, 0.0)  # of constant columns nothing is left
    design, norms = standardized_by(
        whole.design,
        whole.mean + unit * moments.x,
        unit * np.sqrt(variance),
        centre=problem.fit_intercept,
        scale=scale,
    )
    centre = moments.x if problem.fit_intercept else np.zeros_like(unit)
    factor = np.divide(design.scale, unit, out=np.ones_like(unit), where=finite)
    moments = moments.about(centre, factor)
    part = problem._replace(design=design, weight=weight, norms=norms)
    known = LeastSquares.known(part, moments, blocks.centre)
    return Counted(part, by_moments(known))
