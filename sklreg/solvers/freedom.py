r"""Degrees of freedom: how far predictions follow the targets.

With `H` the Hessian of the data term and `S` that of the penalty, both in the weights
where the penalty is smooth,

.. math:: df = \mathrm{tr} [ (H + S)^{-1} H ]

is the trace of the derivative of predictions by targets; the intercept is not counted.
For l1 `S` is zero, and `df` the number of weights that are not zero (Zou, Hastie and
Tibshirani 2007, On the degrees of freedom of the lasso, Annals of Statistics 35(5)).
For the l2 part of an elastic net `S` is its strength (Tibshirani and Taylor 2012,
Degrees of freedom in lasso problems, Annals of Statistics 40(2)), and for groups a
matrix (Vaiter, Deledalle, Fadili, Peyre and Dossal 2017, The degrees of freedom of
partly smooth regularizers, Annals of the Institute of Statistical Mathematics 69(4)).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from .problem import Array, Problem, penalty_derivatives, start_point
from .reduction import reduce
from .ridge import directions
from .second_order import inverse_of, second_order

_EPS = float(np.finfo(np.float64).eps)


def degrees_of_freedom(
    problem: Problem, penalties: list[Any], points: list[tuple[Array, Array]]
) -> Array:
    """Return the degrees of freedom of each solution.

    Parameters
    ----------
    problem : Problem
        Design, targets, weights and loss.
    penalties : list of records
        Convex penalties.
    points : list of (weights, intercepts)
        The solutions, (n_features, n_outputs) and (n_outputs,).
    """
    alphas = np.array([penalty.ridge_strength() for penalty in penalties])
    if problem.loss.quadratic and (alphas > 0.0).all():
        left = directions(problem, float(alphas.min())).freedom_left(alphas)
        n_rows = (problem.weight > 0.0).sum()
        return problem.n_outputs * (n_rows - problem.fit_intercept - left)
    reduction = reduce(problem, penalties)
    if reduction is not None:  # rows and columns were rotated, which changes no trace
        problem = reduction.problem
        points = [reduction.down(*point) for point in points]
    pairs = zip(penalties, points, strict=True)
    return np.array([_freedom(problem._replace(penalty=p), *at) for p, at in pairs])


def _freedom(problem: Problem, w: Array, b: Array) -> float:
    penalty, layout = problem.penalty, problem.layout()
    z = layout.flat(w)
    first, second, pull = np.empty_like(z), np.empty_like(z), np.empty_like(z)
    penalty_derivatives(penalty, layout.columns, z, first, second, pull)
    smooth = np.flatnonzero(np.isfinite(second))
    second, pull = second[smooth], pull[smooth]
    bends = second.any() or pull.any()
    if not len(smooth) or not (bends or penalty.is_smooth()):
        return float(len(smooth))
    blocks = np.arange(len(z)) if penalty.separable else penalty.blocks(layout.columns)
    tied = blocks[smooth, None] == blocks[smooth]
    bent = np.diag(second) - tied * np.outer(pull, pull)
    places = layout.matrix(np.arange(float(len(z)))).astype(np.intp)
    curved = _curvature(problem, w, b, places, smooth)
    values, vectors = scipy.linalg.eigh(curved + bent)
    kept = values > len(values) * _EPS * values[-1]
    inside = vectors[:, kept]
    return float((np.einsum("ij,ij->j", inside, curved @ inside) / values[kept]).sum())


def _curvature(
    problem: Problem,
    w: Array,
    b: Array,
    places: NDArray[np.intp],
    chosen: NDArray[np.intp],
) -> Array:
    """Return the Hessian of the data term in some weights, for the best intercepts.

    Parameters
    ----------
    places : array of shape (n_features, n_outputs)
        Where each weight lies in the vector.
    chosen : array of shape (n_chosen,)
        Places of weights.
    """
    where = np.full(places.size, -1)
    where[chosen] = np.arange(len(chosen))
    h = problem.hessian(start_point(problem, w, b).eta, 0.0)
    at = [np.flatnonzero(where[places[:, c]] >= 0) for c in range(problem.n_outputs)]
    order = np.concatenate([where[places[each, c]] for c, each in enumerate(at)])
    hessian, coupling = second_order(problem.design, at, h)
    hessian -= coupling @ inverse_of(h.total(), problem.fit_intercept) @ coupling.T
    out = np.empty_like(hessian)
    out[np.ix_(order, order)] = hessian
    return out
