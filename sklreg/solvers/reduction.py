"""A problem with the same solutions and fewer rows or columns, and the way back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .least_squares import LeastSquares, compress
from .problem import Array, Problem
from .row_space import in_row_space


class Reduction(NamedTuple):
    """A smaller problem; weights and intercepts go `down` to it and come `up`."""

    problem: Problem
    offset: Array  # n_outputs: what its objective leaves out
    down: Callable[[Array, Array], tuple[Array, Array]]
    up: Callable[[Array, Array], tuple[Array, Array]]
    #: Objective and largest derivative where all weights are zero.
    null: tuple[float, float]
    #: How far rounding may put gradient and objective from those of the large problem.
    rounding: Callable[[Array], tuple[float, float]]


#: Up to so many weights a smooth problem's Hessian is formed: of one output, and of
#: several, where it has a block for each pair of outputs.
NEWTON_SIZE, NEWTON_SIZE_OF_SEVERAL = 2000, 300
#: Rows for each column that make least squares worth compressing.
_TALL = 2
#: Columns up to which one solution pays for all second moments, and more for each
#: further one: a solution reads X some ten times, a point on a path twice.
_COLUMNS, _COLUMNS_PER_SOLUTION = 400, 16


def reduce(problem: Problem, penalties: list[Any]) -> Reduction | None:
    """Return a smaller problem for all `penalties`, if there is one that pays."""
    (n, p), k = problem.design.shape, problem.n_outputs
    ridge = all(penalty.ridge_strength() >= 0.0 for penalty in penalties)
    size = NEWTON_SIZE if k == 1 else NEWTON_SIZE_OF_SEVERAL
    if moments_pay(problem.loss, problem.design.shape, k, penalties):
        return by_moments(LeastSquares.of(problem))
    rank = np.count_nonzero(problem.weight) - problem.fit_intercept  # at most
    if ridge and rank < p and n * k <= size:
        return _in_row_space(problem)
    return None


def moments_pay(
    loss: Any, shape: tuple[int, int], n_outputs: int, penalties: list[Any]
) -> bool:
    """Tell whether least squares is solved for all `penalties` from its moments."""
    (n, p), k = shape, n_outputs
    columns = _COLUMNS + _COLUMNS_PER_SOLUTION * len(penalties) * k
    if all(penalty.is_smooth() for penalty in penalties):
        columns = max(NEWTON_SIZE, columns)
    return is_tall(loss, n, p) and p <= columns


def is_tall(loss: Any, n: int, p: int) -> bool:
    """Tell whether a problem is least squares with more rows than columns by far."""
    return bool(loss.quadratic and n > _TALL * p)


def by_moments(whole: LeastSquares) -> Reduction | None:
    """Return the reduction to a problem of few rows, if there is one."""
    small = compress(whole)
    if small is None:
        return None
    return Reduction(
        small.problem,
        small.offset,
        lambda w, b: (w, np.zeros_like(b)),
        lambda w, _: (w, whole.intercept(w)),
        whole.null(),
        small.rounding,
    )


def _in_row_space(problem: Problem) -> Reduction | None:
    small = in_row_space(problem)
    if small is None:
        return None
    return Reduction(
        small.problem,
        problem.weight[:0],
        lambda w, b: (small.down(w), b),
        lambda v, b: (small.up(v), b),
        (math.nan, math.nan),
        lambda _: (math.inf, math.inf),
    )
