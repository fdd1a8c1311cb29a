"""Minimise a penalised quadratic exactly: Newton steps past kinks, between epochs.

Where no weight has its kink at zero the objective is smooth, and one linear system
gives its minimiser over the weights in use; those that would change sign on the way
become zero. Epochs of coordinate descent in between find out which are in use.
(Lee, Battle, Raina and Ng 2006, Efficient sparse coding algorithms, NIPS 19, solve for
the signs in the same way, one at a time.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from .._compile import kernel
from ..penalties._base import TINY
from .problem import Array, penalty_violations
from .quadratic import GramQuadratic, coordinate_descent

_EPS = float(np.finfo(np.float64).eps)
#: The least number of epochs between Newton steps.
_EPOCHS = 50
#: A step of up to so many multiplications is tried first: about a millisecond.
_CHEAP = 2e6
_ROUNDS = 1000
_PATIENCE = 50
_SMOOTH_ROUNDS = 3  # the first Newton step is exact, the others refine it
#: On a unit diagonal: what is added to a matrix that is not positive definite.
_RIDGE = 1e-10
#: Up to this size a singular system without kinks is solved by eigenvalues.
_SMALL_SYSTEM = 500
#: Newton steps in a row, each of which drops coordinates.
_CROSSINGS, _LAST = 20, 3
#: A Newton step of less than this share of the weights leaves rounding alone.
_SETTLED = 1e-8
_HALVINGS = 5


def minimize_quadratic(
    quadratic: GramQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
) -> None:
    """Minimise in place until the largest violation is at most `tolerance`."""
    sizes = np.abs(np.diagonal(quadratic.hessian) * z) + np.abs(quadratic.gradient)
    tolerance = max(tolerance, 32 * _EPS * float(sizes.max(initial=0.0)))
    smooth = penalty.is_smooth()
    best, since_best, unsettled = np.inf, 0, False
    for _ in range(_SMOOTH_ROUNDS if smooth else _ROUNDS):
        cost = _newton_cost(z)
        epochs = max(_EPOCHS, int(cost / _epoch_cost(z)))
        cheap = cost <= _CHEAP
        if smooth or cheap or unsettled:
            _newton_steps(quadratic, penalty, columns, z, _CROSSINGS)
        violation = _largest_violation(quadratic, penalty, columns, z)
        if violation <= tolerance or since_best > _PATIENCE:
            return
        best, since_best = (
            (violation, 0) if violation < 0.9 * best else (best, since_best + 1)
        )
        enough = 0.3 * tolerance
        largest = coordinate_descent(
            quadratic, penalty, columns, z, epochs, enough, cheap
        )
        unsettled = largest > enough
        if _largest_violation(quadratic, penalty, columns, z) <= tolerance:
            if cheap:  # once the signs have settled, this is exact
                _newton_steps(quadratic, penalty, columns, z, _LAST)
            return


def _newton_cost(z: Array) -> float:
    """Return the time of a Newton step in multiplications.

    For `s` weights in use ``s^3 / 6``, about eight at a time, and some to get going.
    """
    return float(np.count_nonzero(z)) ** 3 / 48 + 5e4


def _epoch_cost(z: Array) -> float:
    """Return the multiplications of an epoch that moves the weights in use."""
    return float(z.size) * max(1, int(np.count_nonzero(z)))


def _largest_violation(
    quadratic: GramQuadratic, penalty: Any, columns: NDArray[np.intp], z: Array
) -> float:
    norms = np.sqrt(np.maximum(np.diagonal(quadratic.hessian), 0.0))
    found = np.zeros(len(z))
    penalty_violations(penalty, columns, norms, z, quadratic.gradient, found)
    return float(found[norms > 0.0].max(initial=0.0))


def _newton_steps(
    quadratic: GramQuadratic, penalty: Any, columns: NDArray[np.intp], z: Array, n: int
) -> None:
    """Take Newton steps until none meets a kink any more."""
    for _ in range(n):
        if not newton_step(quadratic, penalty, columns, z):
            break


def newton_step(
    quadratic: GramQuadratic, penalty: Any, columns: NDArray[np.intp], z: Array
) -> bool:
    """Minimise over the blocks where the penalty is smooth, in place.

    Solves ``(H_SS + P'') d = -(slope + P')`` and goes along `d`; coordinates that meet
    their kink at zero stay there. Kept only if the objective falls. Returns whether
    another step would go on: without the coordinates that met a kink, or with the
    curvature of where this one has led to.
    """
    n = len(z)
    derivatives = np.empty((3, n))
    ends, members = np.empty(n, np.intp), np.empty(n, np.intp)
    kinked = np.empty(n, np.bool_)
    count = _smooth(quadratic, penalty, columns, z, derivatives, ends, members, kinked)
    if count == 0:
        return False
    members, kinked = members[:count], kinked[:count]
    matrix, scale, right = np.empty((count, count)), np.empty(count), np.empty(count)
    _system(quadratic, derivatives, ends, members, matrix, scale, right)
    solution = _solve(matrix, right, bounded=bool(kinked.any()))
    if solution is None:
        return False
    step = scale * solution
    moved, met = _go(quadratic, penalty, columns, z, members, kinked, step)
    if penalty.separable:
        return bool(met)
    for _ in range(_HALVINGS):
        if moved:
            break
        step *= 0.5
        moved, _ = _go(quadratic, penalty, columns, z, members, kinked, step)
    return bool(moved and np.abs(step).max() > _SETTLED * np.abs(z).max())


@kernel
def _smooth(
    quadratic: Any,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    derivatives: Array,
    ends: NDArray[np.intp],
    members: NDArray[np.intp],
    kinked: NDArray[np.bool_],
) -> int:
    """List the coordinates that are smooth, and which have a kink of their own at zero.

    Those that are blocks of their own can have one. `derivatives` become the gradient
    of the penalty, and ``diag(second) - pull pull'`` its Hessian; `ends` those of the
    blocks. (Kernels write to arrays that they are given: an interrupt while one hands
    over an array of its own would be lost.)
    """
    n = z.shape[0]
    first, second, pull = derivatives[0], derivatives[1], derivatives[2]
    zeros, at_zero = np.zeros(n), np.empty(n)
    count, i = 0, 0
    while i < n:
        stop = penalty.block_end(columns, i)
        penalty.block_derivatives(zeros, columns, i, stop, first, at_zero, pull)
        penalty.block_derivatives(z, columns, i, stop, first, second, pull)
        for a in range(i, stop):
            ends[a] = stop
            if quadratic.diagonal(a) > TINY and np.isfinite(second[a]):
                members[count] = a
                kinked[count] = stop == i + 1 and not np.isfinite(at_zero[a])
                count += 1
        i = stop
    return count


@kernel
def _system(
    quadratic: Any,
    derivatives: Array,
    ends: NDArray[np.intp],
    members: NDArray[np.intp],
    matrix: Array,
    scale: Array,
    right: Array,
) -> None:
    """Write the Newton system, scaled to a unit diagonal: its pivots are comparable."""
    first, second, pull = derivatives[0], derivatives[1], derivatives[2]
    for a in range(members.shape[0]):
        i = members[a]
        added = second[i] - pull[i] * pull[i]
        pivot = abs(quadratic.hessian[i, i] + added)
        scale[a] = 1.0 / np.sqrt(pivot) if pivot > TINY else 0.0
        right[a] = -(quadratic.gradient[i] + first[i]) * scale[a]
        for b in range(a):
            matrix[a, b] = quadratic.hessian[i, members[b]] * scale[a] * scale[b]
            matrix[b, a] = matrix[a, b]
        b = a - 1
        while b >= 0 and ends[members[b]] == ends[i]:
            matrix[a, b] -= pull[i] * pull[members[b]] * scale[a] * scale[b]
            matrix[b, a] = matrix[a, b]
            b -= 1
        matrix[a, a] = (quadratic.hessian[i, i] + added) * scale[a] * scale[a]


def _go(
    quadratic: Any,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    members: NDArray[np.intp],
    kinked: NDArray[np.bool_],
    direction: Array,
) -> tuple[bool, bool]:
    """Go along `direction`, to its end or to the first kink, if that is lower.

    To its end means that coordinates which would change sign stay at zero. Returns
    whether there was a move, and whether any coordinate met its kink.
    """
    way = quadratic, penalty, columns, z, members, kinked, direction
    old = z[members]
    with np.errstate(over="ignore", invalid="ignore"):
        crossing = np.flatnonzero(kinked & ((old + direction) * old <= 0.0))
    if _moved(*way, 1.0):
        return True, crossing.size > 0
    if crossing.size == 0:
        return False, False
    reach = (np.abs(old[crossing]) / np.abs(direction[crossing])).min()
    moved = bool(_moved(*way, float(reach) * (1.0 - 1e-15)))
    return moved, moved


@kernel
def _moved(
    quadratic: Any,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    members: NDArray[np.intp],
    kinked: NDArray[np.bool_],
    direction: Array,
    length: float,
) -> bool:
    """Go `length` times `direction` if the objective does not rise by that."""
    n = z.shape[0]
    step, change, new = np.empty(members.shape[0]), np.empty(n), np.empty(n)
    for k in range(n):
        change[k], new[k] = 0.0, z[k]
    decrease, size, i = 0.0, 0.0, 0
    for a in range(members.shape[0]):
        i = members[a]
        new[i] = z[i] + length * direction[a]
        nearly = abs(new[i]) <= 1e-14 * abs(z[i])  # it is the kink that ends the way
        if kinked[a] and (new[i] * z[i] <= 0.0 or nearly):
            new[i] = 0.0
        step[a] = new[i] - z[i]
        for k in range(n):
            change[k] += step[a] * quadratic.hessian[i, k]
        decrease += quadratic.gradient[i] * step[a]
        size += abs(quadratic.gradient[i] * step[a])
    for a in range(members.shape[0]):
        decrease += 0.5 * step[a] * change[members[a]]
    i = 0
    while i < z.shape[0]:
        stop = penalty.block_end(columns, i)
        decrease += penalty.block_value(new, columns, i, stop)
        decrease -= penalty.block_value(z, columns, i, stop)
        i = stop
    if not decrease <= _EPS * size:  # also false for what is not a number
        return False
    for k in range(n):
        z[k] = new[k]
        quadratic.gradient[k] += change[k]
    return True


def _solve(matrix: Array, right: Array, *, bounded: bool) -> Array | None:
    """Solve a symmetric system of unit diagonal; nearly if it is singular.

    Along a flat direction in which the objective falls the solution goes far if it is
    `bounded` by kinks, and not at all otherwise, where only rounding makes it fall.
    None if the matrix is indefinite.
    """
    factor, solution, failed = dposv(matrix.T, right, lower=True)
    if not failed and np.abs(np.diagonal(factor)).min() >= 1e-7:
        return solution
    if not bounded and len(right) <= _SMALL_SYSTEM:
        return _solve_semidefinite(matrix, right)
    matrix.flat[:: len(right) + 1] += _RIDGE  # refined by the next step
    _, solution, failed = dposv(matrix.T, right, lower=True)
    return None if failed else solution


def _solve_semidefinite(matrix: Array, right: Array) -> Array | None:
    """Solve a semidefinite system by eigenvalues; None if one is negative."""
    values, vectors = scipy.linalg.eigh(matrix, check_finite=False)
    floor = len(values) * _EPS * values[-1]
    if values[0] < -1e3 * floor:
        return None
    inverse = np.where(values > floor, 1.0 / np.maximum(values, floor), 0.0)
    return vectors @ (inverse * (vectors.T @ right))
