r"""More features than rows and a penalty by l2 or nothing: solve in the row space.

The minimiser is a combination of the rows that have weight, ``w = X_+' a`` (the
representer theorem; without a penalty this picks the solution of least norm). With
``X_+ X_+' = U L U'`` the substitution ``w = X_+' U L^{-1/2} v`` keeps ``|w| = |v|`` and
leaves a problem in at most n_samples features, ``Z = X X_+' U L^{-1/2}``.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from ..designs import Dense, Standardized
from .problem import Array, Point, Problem, start_point


def in_row_space(problem: Problem, point: Point) -> tuple[Problem, Point, Array]:
    """Return the small problem, the point in it, and ``U L^{-1/2}``.

    The point's weights are replaced by their projection on the row space.
    """
    outer, weighty = problem.design.outer(), problem.weight > 0.0
    values, vectors = scipy.linalg.eigh(
        outer[np.ix_(weighty, weighty)], check_finite=False
    )
    rounding = 10 * max(problem.design.shape) * np.finfo(np.float64).eps
    kept = values > rounding * max(values[-1], 0.0)
    back = np.zeros((len(outer), np.count_nonzero(kept)))
    back[weighty] = vectors[:, kept] / np.sqrt(values[kept])
    z = np.ascontiguousarray(outer @ back)
    r = z.shape[1]
    small = problem._replace(
        design=Standardized(Dense(z), np.zeros(r), np.ones(r)),
        columns=np.zeros(r, dtype=np.intp),
        norms=np.sqrt(problem.weight @ z**2),
    )
    v = back.T @ problem.design.matvec(point.w)
    return small, start_point(small, v, point.b), back


def from_row_space(problem: Problem, point: Point, back: Array) -> Point:
    """Return the point of the small problem in the features of the large one."""
    w = problem.design.rmatvec(back @ point.w)
    return Point(w, point.b, point.eta)
